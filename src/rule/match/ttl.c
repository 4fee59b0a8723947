/* -m ttl: the time to live of IPv4. RFC 791 3.2. */
#include "rule/match/hops.h"

static bool check(struct ph_check *c)
{
	return c->part->given ? true : ph_check_error(c, -1, "says nothing: give it --ttl-eq, --ttl-lt or --ttl-gt");
}

static const struct ph_opt options[] = {
	PH_HOPS_OPT("ttl-eq", PH_HOPS_EQ, PH_OPT_INVERT), PH_HOPS_OPT("ttl", PH_HOPS_EQ, PH_OPT_INVERT | PH_OPT_SPELLING),
	PH_HOPS_OPT("ttl-lt", PH_HOPS_LT, 0), PH_HOPS_OPT("ttl-gt", PH_HOPS_GT, 0),
};

const struct ph_ext ph_match_ttl = {
	.name = "ttl", .what = "the time to live of IPv4", .kind = PH_EXT_MATCH, .families = PH_FAMILY_4,
	.touches = PH_TOUCH_HEADER, .size = sizeof(struct ph_match_hops), PH_EXT_OPTIONS(options), .check = check,
	.match = ph_hops_match,
};
