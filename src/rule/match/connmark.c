/* -m connmark: the connection's mark. A packet without a connection never matches, negated or not.
 * spec/tracking.md 9.6 */
#include "rule/ext.h"

enum { MARK };

struct match_connmark {
	struct ph_masked mark;
};

static enum ph_match match(struct ph_part *part, struct ph_rule_ctx *ctx)
{
	const struct match_connmark *m = (const void *)part->data;

	if (!ctx->conn)
		return PH_MATCH_NO;
	return ph_match_if(((ctx->conn->mark & m->mark.mask) == m->mark.value) != ph_part_inverted(part, MARK));
}

static const struct ph_opt options[] = {
	{ .name = "mark", .what = "VALUE or VALUE/MASK, numbers of 32 bits", .type = PH_ARG_MASKED,
	  .flags = PH_OPT_NEEDED | PH_OPT_INVERT, .id = MARK, PH_OPT_FIELD(struct match_connmark, mark) },
};

const struct ph_ext ph_match_connmark = {
	.name = "connmark", .what = "the connection's mark", .kind = PH_EXT_MATCH, .families = PH_FAMILY_ANY,
	.size = sizeof(struct match_connmark), PH_EXT_OPTIONS(options),
	.touches = PH_TOUCH_CONNMARK | PH_TOUCH_TRACK, .match = match,
};
