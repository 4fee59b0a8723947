/* -m length: bytes of the packet, as its IP header says. */
#include "rule/match/ports.h"

enum { LENGTH };

struct match_length {
	struct ph_range16 length;
};

static enum ph_match match(struct ph_part *part, struct ph_rule_ctx *ctx)
{
	const struct match_length *m = (const void *)part->data;
	bool hit = ctx->pkt->len >= m->length.lo && ctx->pkt->len <= m->length.hi;

	return ph_match_if(hit != ph_part_inverted(part, LENGTH));
}

static const struct ph_opt options[] = {
	{ .name = "length", .what = "bytes or a range of them, to 65535", .type = PH_ARG_RANGE,
	  .flags = PH_OPT_NEEDED | PH_OPT_INVERT, .id = LENGTH, PH_OPT_FIELD(struct match_length, length), .max = 65535 },
};

const struct ph_ext ph_match_length = {
	.name = "length", .what = "length of the packet", .kind = PH_EXT_MATCH, .families = PH_FAMILY_ANY,
	.size = sizeof(struct match_length), PH_EXT_OPTIONS(options), .match = match,
};
