/* -m connlabel: labels of a connection, by number. They are not kept here: a packet that has a connection cannot be told;
 * one that has none has no label. Names would come from a file of the machine and are not taken. */
#include "rule/ext.h"

enum { LABEL, SET };

struct match_connlabel {
	uint8_t label;
};

static void print_label(const struct ph_part *part, uint8_t family, struct ph_writer *w)
{
	const struct match_connlabel *m = (const void *)part->data;

	(void)family;
	ph_put_format(w, "\"%u\"", m->label);
}

static enum ph_match match(struct ph_part *part, struct ph_rule_ctx *ctx)
{
	return ctx->conn ? PH_MATCH_UNKNOWN : ph_match_if(ph_part_inverted(part, LABEL));
}

static const struct ph_opt options[] = {
	{ .name = "label", .what = "a number to 127", .type = PH_ARG_UINT, .flags = PH_OPT_NEEDED | PH_OPT_INVERT,
	  .id = LABEL, PH_OPT_FIELD(struct match_connlabel, label), .max = 127, .print = print_label },
	{ .name = "set", .type = PH_ARG_FLAG, .id = SET },
};

const struct ph_ext ph_match_connlabel = {
	.name = "connlabel", .what = "labels of the connection", .kind = PH_EXT_MATCH, .families = PH_FAMILY_ANY,
	.touches = PH_TOUCH_TRACK, .size = sizeof(struct match_connlabel), PH_EXT_OPTIONS(options), .match = match,
};
