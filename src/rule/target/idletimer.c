/* -j IDLETIMER: tells when no packet has come for a while. Rules do not see it. */
#include "rule/target/simple.h"

enum { TIMEOUT, LABEL, ALARM };

struct target_idletimer {
	uint32_t timeout;
	char label[28];
};

static const struct ph_opt options[] = {
	{ .name = "timeout", .what = "a number of seconds from 1 to 2147483", .type = PH_ARG_UINT, .flags = PH_OPT_NEEDED,
	  .id = TIMEOUT, PH_OPT_FIELD(struct target_idletimer, timeout), .min = 1, .max = 2147483 },
	{ .name = "label", .what = "a name", .type = PH_ARG_STRING, .flags = PH_OPT_NEEDED | PH_OPT_BARE, .id = LABEL,
	  PH_OPT_FIELD(struct target_idletimer, label), .min = 1, .max = 27 },
	{ .name = "alarm", .type = PH_ARG_FLAG, .id = ALARM },
};

const struct ph_ext ph_target_idletimer = {
	.name = "IDLETIMER", .what = "tell when no packet has come for a while", .kind = PH_EXT_TARGET,
	.families = PH_FAMILY_ANY, .size = sizeof(struct target_idletimer), PH_EXT_OPTIONS(options),
	PH_SAYS(PH_TARGET_CONTINUE), .target = ph_target_continue,
};
