/* -j SNPT: another prefix for the source. Noted, not done; see npt.h. */
#include "rule/target/npt.h"

static const struct ph_opt options[] = { PH_NPT_OPTIONS };

const struct ph_ext ph_target_snpt = {
	.name = "SNPT", .what = "another prefix for the source", .kind = PH_EXT_TARGET, .families = PH_FAMILY_6,
	.tables = PH_IN_MANGLE, .hooks = 1 << PH_HOOK_INPUT | 1 << PH_HOOK_POSTROUTING, .size = sizeof(struct ph_target_npt),
	PH_EXT_OPTIONS(options), PH_SAYS(PH_TARGET_CONTINUE), .target = ph_target_continue,
};
