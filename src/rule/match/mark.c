/* -m mark: the packet's mark. */
#include "rule/ext.h"

enum { MARK };

struct match_mark {
	struct ph_masked mark;
};

static enum ph_match match(struct ph_part *part, struct ph_rule_ctx *ctx)
{
	const struct match_mark *m = (const void *)part->data;

	return ph_match_if(((*ctx->mark & m->mark.mask) == m->mark.value) != ph_part_inverted(part, MARK));
}

static const struct ph_opt options[] = {
	{ .name = "mark", .what = "VALUE or VALUE/MASK, numbers of 32 bits", .type = PH_ARG_MASKED,
	  .flags = PH_OPT_NEEDED | PH_OPT_INVERT, .id = MARK, PH_OPT_FIELD(struct match_mark, mark) },
};

const struct ph_ext ph_match_mark = {
	.name = "mark", .what = "the packet's mark", .kind = PH_EXT_MATCH, .families = PH_FAMILY_ANY,
	.size = sizeof(struct match_mark), PH_EXT_OPTIONS(options), .touches = PH_TOUCH_MARK,
	.match = match,
};
