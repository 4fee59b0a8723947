/* -m dscp: the differentiated services code point, the upper six bits of TOS or traffic class. RFC 2474; the classes'
 * names are those of RFC 2474, RFC 2597 and RFC 3246. */
#include "rule/match/dscp.h"

enum { DSCP };

struct match_dscp {
	uint8_t dscp;
};

const struct ph_name ph_dscp_classes[] = {
	{ "CS0", 0x00 }, { "BE", 0x00 }, { "CS1", 0x08 }, { "CS2", 0x10 }, { "CS3", 0x18 }, { "CS4", 0x20 }, { "CS5", 0x28 },
	{ "CS6", 0x30 }, { "CS7", 0x38 }, { "AF11", 0x0a }, { "AF12", 0x0c }, { "AF13", 0x0e }, { "AF21", 0x12 },
	{ "AF22", 0x14 }, { "AF23", 0x16 }, { "AF31", 0x1a }, { "AF32", 0x1c }, { "AF33", 0x1e }, { "AF41", 0x22 },
	{ "AF42", 0x24 }, { "AF43", 0x26 }, { "EF", 0x2e }, { NULL, 0 },
};

static enum ph_match match(struct ph_part *part, struct ph_rule_ctx *ctx)
{
	const struct match_dscp *m = (const void *)part->data;

	return ph_match_if((ctx->pkt->tos >> 2 == m->dscp) != ph_part_inverted(part, DSCP));
}

static void print_dscp(const struct ph_part *part, uint8_t family, struct ph_writer *w)
{
	const struct match_dscp *m = (const void *)part->data;

	(void)family;
	ph_put_format(w, "0x%02x", m->dscp);
}

static bool check(struct ph_check *c)
{
	return ph_part_has(c->part, DSCP) || ph_check_error(c, -1, "says nothing: give it --dscp or --dscp-class");
}

static const struct ph_opt options[] = {
	{ .name = "dscp", .what = "a number to 63", .type = PH_ARG_UINT, .flags = PH_OPT_INVERT, .id = DSCP,
	  PH_OPT_FIELD(struct match_dscp, dscp), .max = 63, .print = print_dscp },
	{ .name = "dscp-class", .what = "a class", .type = PH_ARG_ENUM,
	  .flags = PH_OPT_INVERT | PH_OPT_NOCASE | PH_OPT_SPELLING, .id = DSCP, PH_OPT_FIELD(struct match_dscp, dscp),
	  .names = ph_dscp_classes },
};

const struct ph_ext ph_match_dscp = {
	.name = "dscp", .what = "differentiated services code point", .kind = PH_EXT_MATCH, .families = PH_FAMILY_ANY,
	.touches = PH_TOUCH_HEADER, .size = sizeof(struct match_dscp), PH_EXT_OPTIONS(options), .check = check,
	.match = match,
};
