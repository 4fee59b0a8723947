/* -m tcpmss: the maximum segment size a SYN offers. RFC 9293 3.2. */
#include "rule/match/headers.h"
#include "rule/match/ports.h"

enum { MSS };
#define KIND_MSS 2
#define LEN_MSS 4

struct match_tcpmss {
	struct ph_range16 mss;
};

/* Walks the options; those of kind 0 and 1 are one byte long, and a length of 0 counts as 1. */
static bool find_mss(struct ph_cur options, uint16_t *mss)
{
	uint8_t kind, len;

	while (ph_cur_peek(&options, 0, &kind)) {
		len = 1;
		if (kind >= 2 && !ph_cur_peek(&options, 1, &len))
			return false;
		if (kind == KIND_MSS && len == LEN_MSS)
			return ph_cur_skip(&options, 2) && ph_cur_u16(&options, mss);
		if (!ph_cur_skip(&options, len ? len : 1))
			return false;
	}
	return false;
}

/* A segment without the option matches the negated test only. */
static enum ph_match match(struct ph_part *part, struct ph_rule_ctx *ctx)
{
	const struct match_tcpmss *m = (const void *)part->data;
	struct ph_cur header = ph_match_l4(ctx->pkt), options;
	bool inverted = ph_part_inverted(part, MSS);
	uint8_t offset;
	uint16_t mss;

	if (!ph_cur_peek(&header, 12, &offset))
		return ph_match_unreadable(ctx);
	offset = (uint8_t)(offset >> 4 << 2);
	if (offset < 20 || !ph_cur_skip(&header, 20) || !ph_cur_sub(&header, offset - 20u, &options))
		return ph_match_unreadable(ctx);
	if (!find_mss(options, &mss))
		return ph_match_if(inverted);
	return ph_match_if(ph_range16_has(&m->mss, mss, inverted));
}

static const struct ph_opt options[] = {
	{ .name = "mss", .what = "a number or a range of them, to 65535", .type = PH_ARG_RANGE,
	  .flags = PH_OPT_NEEDED | PH_OPT_INVERT, .id = MSS, PH_OPT_FIELD(struct match_tcpmss, mss), .max = 65535 },
};

const struct ph_ext ph_match_tcpmss = {
	.name = "tcpmss", .what = "maximum segment size of a SYN", .kind = PH_EXT_MATCH, .families = PH_FAMILY_ANY,
	.proto = PH_PROTO_TCP, .touches = PH_TOUCH_TCP, .size = sizeof(struct match_tcpmss), PH_EXT_OPTIONS(options), .match = match,
};
