/* -j CHECKSUM: fills in a checksum that was left to the card. Captured packets stay as they are. */
#include "rule/target/simple.h"

static const struct ph_opt options[] = {
	{ .name = "checksum-fill", .type = PH_ARG_FLAG, .flags = PH_OPT_NEEDED, .id = 0 },
};

const struct ph_ext ph_target_checksum = {
	.name = "CHECKSUM", .what = "fill in the checksum", .kind = PH_EXT_TARGET, .families = PH_FAMILY_ANY,
	.tables = PH_IN_MANGLE, PH_EXT_OPTIONS(options), PH_SAYS(PH_TARGET_CONTINUE), .target = ph_target_continue,
};
