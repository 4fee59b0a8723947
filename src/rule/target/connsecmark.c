/* -j CONNSECMARK: copies the security context from or to the connection. No rule reads it. */
#include "rule/target/simple.h"

enum { SAVE, RESTORE };

static bool check(struct ph_check *c)
{
	return c->part->given || ph_check_error(c, -1, "says not what to do: give it --save or --restore");
}

static const struct ph_opt options[] = {
	{ .name = "save", .type = PH_ARG_FLAG, .id = SAVE, .excludes = PH_BIT(RESTORE) },
	{ .name = "restore", .type = PH_ARG_FLAG, .id = RESTORE, .excludes = PH_BIT(SAVE) },
};

const struct ph_ext ph_target_connsecmark = {
	.name = "CONNSECMARK", .what = "copy the security context of packet or connection", .kind = PH_EXT_TARGET,
	.families = PH_FAMILY_ANY, .tables = PH_IN_MANGLE | 1 << PH_TABLE_SECURITY, PH_EXT_OPTIONS(options), .check = check,
	PH_SAYS(PH_TARGET_CONTINUE), .target = ph_target_continue,
};
