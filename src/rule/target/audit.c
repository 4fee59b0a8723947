/* -j AUDIT: a record for the audit system. */
#include "rule/target/simple.h"

enum { TYPE };

struct target_audit {
	uint8_t type;
};

static const struct ph_name types[] = { { "accept", 0 }, { "drop", 1 }, { "reject", 2 }, { NULL, 0 } };

static const struct ph_opt options[] = {
	{ .name = "type", .what = "what is recorded", .type = PH_ARG_ENUM, .flags = PH_OPT_NEEDED | PH_OPT_NOCASE, .id = TYPE,
	  PH_OPT_FIELD(struct target_audit, type), .names = types },
};

const struct ph_ext ph_target_audit = {
	.name = "AUDIT", .what = "record the packet for the audit system", .kind = PH_EXT_TARGET,
	.families = PH_FAMILY_ANY, .size = sizeof(struct target_audit), PH_EXT_OPTIONS(options),
	PH_SAYS(PH_TARGET_CONTINUE), .target = ph_target_continue,
};
