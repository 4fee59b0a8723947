/* -m helper: which helper expected this connection (spec/tracking.md 9.3). The control connection itself never matches. */
#include "rule/ext.h"

#include <string.h>

enum { HELPER };

struct match_helper {
	char name[30];
};

/* The comparison runs over the length of the master's helper: "ftpx" matches helper "ftp". An empty name is any helper. */
static enum ph_match match(struct ph_part *part, struct ph_rule_ctx *ctx)
{
	const struct match_helper *m = (const void *)part->data;
	bool hit;

	if (!ctx->conn || !ctx->master_helper)
		return ph_match_if(ph_part_inverted(part, HELPER));
	hit = m->name[0] == '\0' || strncmp(m->name, ctx->master_helper, strlen(ctx->master_helper)) == 0;
	return ph_match_if(hit != ph_part_inverted(part, HELPER));
}

static const struct ph_opt options[] = {
	{ .name = "helper", .what = "a helper's name such as ftp", .type = PH_ARG_STRING,
	  .flags = PH_OPT_NEEDED | PH_OPT_INVERT, .id = HELPER, PH_OPT_FIELD(struct match_helper, name), .max = 29 },
};

const struct ph_ext ph_match_helper = {
	.name = "helper", .what = "the helper that expected the connection", .kind = PH_EXT_MATCH,
	.families = PH_FAMILY_ANY, .size = sizeof(struct match_helper), PH_EXT_OPTIONS(options),
	.touches = PH_TOUCH_TRACK, .match = match,
};
