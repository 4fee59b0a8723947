/* -m comment: words for people; always true. */
#include "rule/ext.h"

enum { COMMENT };

struct match_comment {
	char text[256];
};

static enum ph_match match(struct ph_part *part, struct ph_rule_ctx *ctx)
{
	(void)part;
	(void)ctx;
	return PH_MATCH_YES;
}

static const struct ph_opt options[] = {
	{ .name = "comment", .what = "up to 255 characters", .type = PH_ARG_STRING, .flags = PH_OPT_NEEDED, .id = COMMENT,
	  PH_OPT_FIELD(struct match_comment, text), .max = 255 },
};

const struct ph_ext ph_match_comment = {
	.name = "comment", .what = "a remark", .kind = PH_EXT_MATCH, .families = PH_FAMILY_ANY,
	.size = sizeof(struct match_comment), PH_EXT_OPTIONS(options), .match = match,
};
