/* -m hl: the hop limit of IPv6. RFC 8200 3. */
#include "rule/match/hops.h"

static bool check(struct ph_check *c)
{
	return c->part->given ? true : ph_check_error(c, -1, "says nothing: give it --hl-eq, --hl-lt or --hl-gt");
}

static const struct ph_opt options[] = {
	PH_HOPS_OPT("hl-eq", PH_HOPS_EQ, PH_OPT_INVERT), PH_HOPS_OPT("hl", PH_HOPS_EQ, PH_OPT_INVERT | PH_OPT_SPELLING),
	PH_HOPS_OPT("hl-lt", PH_HOPS_LT, 0), PH_HOPS_OPT("hl-gt", PH_HOPS_GT, 0),
};

const struct ph_ext ph_match_hl = {
	.name = "hl", .what = "the hop limit of IPv6", .kind = PH_EXT_MATCH, .families = PH_FAMILY_6,
	.touches = PH_TOUCH_HEADER, .size = sizeof(struct ph_match_hops), PH_EXT_OPTIONS(options), .check = check,
	.match = ph_hops_match,
};
