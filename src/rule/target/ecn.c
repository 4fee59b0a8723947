/* -j ECN: takes congestion notification out of a packet. RFC 3168. The flags of TCP it clears are not rewritten, so that
 * -m ecn cannot know them afterwards. */
#include "rule/target/header.h"

enum { REMOVE, CWR, ECE, ECT };
#define SETS (PH_BIT(CWR) | PH_BIT(ECE))

struct target_ecn {
	uint8_t cwr, ece, ect;
};

static bool check(struct ph_check *c)
{
	if (!c->part->given)
		return ph_check_error(c, -1, "says nothing: give it --ecn-tcp-remove");
	if ((c->part->given & (SETS | PH_BIT(REMOVE))) && !ph_check_proto(c, PH_PROTO_TCP))
		return ph_check_error(c, -1, "the flags of TCP need -p tcp in the same rule, not negated");
	return true;
}

static enum ph_target_verdict target(const struct ph_part *part, struct ph_rule_ctx *ctx, const struct ph_rule_ref *ref)
{
	(void)ref;
	if (ph_part_has(part, ECT))
		ph_change_tos(ctx, ((const struct target_ecn *)(const void *)part->data)->ect, 3);
	if (part->given & (SETS | PH_BIT(REMOVE)))
		ctx->unsure |= PH_TOUCH_TCP;
	return PH_TARGET_CONTINUE;
}

#define FLAG(option, which, member) \
	{ .name = option, .what = "0 or 1", .type = PH_ARG_UINT, .id = which, .excludes = PH_BIT(REMOVE), \
	  PH_OPT_FIELD(struct target_ecn, member), .max = 1 }

static const struct ph_opt options[] = {
	{ .name = "ecn-tcp-remove", .type = PH_ARG_FLAG, .id = REMOVE, .excludes = SETS },
	FLAG("ecn-tcp-ece", ECE, ece), FLAG("ecn-tcp-cwr", CWR, cwr),
	{ .name = "ecn-ip-ect", .what = "a number from 0 to 3", .type = PH_ARG_UINT, .id = ECT,
	  PH_OPT_FIELD(struct target_ecn, ect), .max = 3 },
};

const struct ph_ext ph_target_ecn = {
	.name = "ECN", .what = "remove congestion notification", .kind = PH_EXT_TARGET, .families = PH_FAMILY_4,
	.tables = PH_IN_MANGLE, .touches = PH_TOUCH_HEADER | PH_TOUCH_TCP, .size = sizeof(struct target_ecn),
	PH_EXT_OPTIONS(options), .check = check, PH_SAYS(PH_TARGET_CONTINUE), .target = target,
};
