/* -j HL: changes the hop limit of IPv6. Where forwarding comes behind it, the new value is what counts there. */
#include "rule/target/hops.h"

static bool check(struct ph_check *c)
{
	return c->part->given || ph_check_error(c, -1, "says nothing: give it --hl-set, --hl-dec or --hl-inc");
}

static const struct ph_opt options[] = {
	PH_HOPS_ACTION("hl-set", PH_HOPS_SET, 0), PH_HOPS_ACTION("hl-dec", PH_HOPS_DEC, 1),
	PH_HOPS_ACTION("hl-inc", PH_HOPS_INC, 1),
};

const struct ph_ext ph_target_hl = {
	.name = "HL", .what = "change the hop limit of IPv6", .kind = PH_EXT_TARGET, .families = PH_FAMILY_6,
	.tables = PH_IN_MANGLE, .touches = PH_TOUCH_HEADER, .size = sizeof(struct ph_target_hops), PH_EXT_OPTIONS(options),
	.check = check, PH_SAYS(PH_TARGET_CONTINUE), .target = ph_target_hops,
};
