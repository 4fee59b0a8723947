/* -j DSCP: the differentiated services code point, the upper six bits of TOS or traffic class. RFC 2474. */
#include "rule/match/dscp.h"
#include "rule/target/header.h"

enum { DSCP };

struct target_dscp {
	uint8_t dscp;
};

static void print_dscp(const struct ph_part *part, uint8_t family, struct ph_writer *w)
{
	(void)family;
	ph_put_format(w, "0x%02x", ((const struct target_dscp *)(const void *)part->data)->dscp);
}

static bool check(struct ph_check *c)
{
	return c->part->given || ph_check_error(c, -1, "says nothing: give it --set-dscp or --set-dscp-class");
}

static enum ph_target_verdict target(const struct ph_part *part, struct ph_rule_ctx *ctx, const struct ph_rule_ref *ref)
{
	(void)ref;
	ph_change_tos(ctx, (uint8_t)(((const struct target_dscp *)(const void *)part->data)->dscp << 2), 0xfc);
	return PH_TARGET_CONTINUE;
}

static const struct ph_opt options[] = {
	{ .name = "set-dscp", .what = "a number to 63", .type = PH_ARG_UINT, .id = DSCP,
	  PH_OPT_FIELD(struct target_dscp, dscp), .max = 63, .print = print_dscp },
	{ .name = "set-dscp-class", .what = "a class", .type = PH_ARG_ENUM, .flags = PH_OPT_NOCASE | PH_OPT_SPELLING,
	  .id = DSCP, PH_OPT_FIELD(struct target_dscp, dscp), .names = ph_dscp_classes },
};

const struct ph_ext ph_target_dscp = {
	.name = "DSCP", .what = "set the differentiated services code point", .kind = PH_EXT_TARGET,
	.families = PH_FAMILY_ANY, .tables = PH_IN_MANGLE, .touches = PH_TOUCH_HEADER, .size = sizeof(struct target_dscp),
	PH_EXT_OPTIONS(options), .check = check, PH_SAYS(PH_TARGET_CONTINUE), .target = target,
};
