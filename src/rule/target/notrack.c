/* -j NOTRACK: as CT --notrack. The first rule that says anything about tracking wins. */
#include "rule/ext.h"

static enum ph_target_verdict target(const struct ph_part *part, struct ph_rule_ctx *ctx, const struct ph_rule_ref *ref)
{
	(void)part;
	(void)ref;
	if (!ctx->conn && !ctx->template_)
		ctx->untracked = true;
	return PH_TARGET_CONTINUE;
}

const struct ph_ext ph_target_notrack = {
	.name = "NOTRACK", .what = "no connection tracking for the packet", .kind = PH_EXT_TARGET,
	.families = PH_FAMILY_ANY, .tables = 1 << PH_TABLE_RAW, .touches = PH_TOUCH_TRACK,
	.answers = 1 << PH_TARGET_CONTINUE, .target = target,
};
