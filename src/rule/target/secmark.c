/* -j SECMARK: a security context for the packet. No rule reads it. */
#include "rule/target/simple.h"

enum { SELCTX };

struct target_secmark {
	char context[256];
};

static const struct ph_opt options[] = {
	{ .name = "selctx", .what = "a security context", .type = PH_ARG_STRING, .flags = PH_OPT_NEEDED | PH_OPT_BARE,
	  .id = SELCTX, PH_OPT_FIELD(struct target_secmark, context), .min = 1, .max = 255 },
};

const struct ph_ext ph_target_secmark = {
	.name = "SECMARK", .what = "give the packet a security context", .kind = PH_EXT_TARGET, .families = PH_FAMILY_ANY,
	.tables = PH_IN_MANGLE | 1 << PH_TABLE_SECURITY, .size = sizeof(struct target_secmark), PH_EXT_OPTIONS(options),
	PH_SAYS(PH_TARGET_CONTINUE), .target = ph_target_continue,
};
