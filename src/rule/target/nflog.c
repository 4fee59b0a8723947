/* -j NFLOG: tell a listener about the packet and go on. */
#include "rule/ext.h"

enum { PREFIX, GROUP, RANGE, SIZE, THRESHOLD };

struct target_nflog {
	char prefix[64];
	uint32_t range, size;
	uint16_t group, threshold;
};

static enum ph_target_verdict target(const struct ph_part *part, struct ph_rule_ctx *ctx, const struct ph_rule_ref *ref)
{
	if (ctx->log)
		ctx->log(ctx->log_arg, ref, ((const struct target_nflog *)(const void *)part->data)->prefix);
	return PH_TARGET_CONTINUE;
}

static const struct ph_opt options[] = {
	{ .name = "nflog-prefix", .what = "1 to 63 characters", .type = PH_ARG_STRING, .id = PREFIX,
	  PH_OPT_FIELD(struct target_nflog, prefix), .min = 1, .max = 63 },
	{ .name = "nflog-group", .what = "a number to 65535", .type = PH_ARG_UINT, .flags = PH_OPT_DEFAULT, .id = GROUP,
	  PH_OPT_FIELD(struct target_nflog, group), .max = 65535 },
	{ .name = "nflog-range", .what = "a number of bytes", .type = PH_ARG_UINT, .id = RANGE, .excludes = PH_BIT(SIZE),
	  PH_OPT_FIELD(struct target_nflog, range), .max = 0xffffffff },
	{ .name = "nflog-size", .what = "a number of bytes", .type = PH_ARG_UINT, .id = SIZE, .excludes = PH_BIT(RANGE),
	  PH_OPT_FIELD(struct target_nflog, size), .max = 0xffffffff },
	{ .name = "nflog-threshold", .what = "a number of packets to 65535", .type = PH_ARG_UINT, .flags = PH_OPT_DEFAULT,
	  .id = THRESHOLD, PH_OPT_FIELD(struct target_nflog, threshold), .max = 65535 },
};

const struct ph_ext ph_target_nflog = {
	.name = "NFLOG", .what = "tell a listener about the packet and go on", .kind = PH_EXT_TARGET,
	.families = PH_FAMILY_ANY, .size = sizeof(struct target_nflog), PH_EXT_OPTIONS(options), .answers = 1 << PH_TARGET_CONTINUE,
	.target = target,
};
