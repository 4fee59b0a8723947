/* -m tcpmss: the maximum segment size a SYN offers. RFC 9293 3.2. */
#include "rule/match/headers.h"
#include "rule/match/ports.h"
#include "rule/match/tcpmss.h"

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

enum ph_mss_found ph_rule_mss(const struct ph_rule_ctx *ctx, uint16_t *mss)
{
	struct ph_cur header = ph_match_l4(ctx->pkt), options;
	uint8_t offset;

	if (!ph_cur_peek(&header, 12, &offset))
		return PH_MSS_BROKEN;
	offset = (uint8_t)(offset >> 4 << 2);
	if (offset < 20 || !ph_cur_skip(&header, 20) || !ph_cur_sub(&header, offset - 20u, &options))
		return PH_MSS_BROKEN;
	if (ctx->mss_set) {
		*mss = ctx->mss;
		return PH_MSS_FOUND;
	}
	return find_mss(options, mss) ? PH_MSS_FOUND : PH_MSS_ABSENT;
}

/* A segment without the option matches the negated test only. */
static enum ph_match match(struct ph_part *part, struct ph_rule_ctx *ctx)
{
	const struct match_tcpmss *m = (const void *)part->data;
	bool inverted = ph_part_inverted(part, MSS);
	uint16_t mss;

	switch (ph_rule_mss(ctx, &mss)) {
	case PH_MSS_ABSENT:
		return ph_match_if(inverted);
	case PH_MSS_FOUND:
		return ph_match_if(ph_range16_has(&m->mss, mss, inverted));
	case PH_MSS_BROKEN:
		break;
	}
	return ph_match_unreadable(ctx);
}

static const struct ph_opt options[] = {
	{ .name = "mss", .what = "a number or a range of them, to 65535", .type = PH_ARG_RANGE,
	  .flags = PH_OPT_NEEDED | PH_OPT_INVERT, .id = MSS, PH_OPT_FIELD(struct match_tcpmss, mss), .max = 65535 },
};

const struct ph_ext ph_match_tcpmss = {
	.name = "tcpmss", .what = "maximum segment size of a SYN", .kind = PH_EXT_MATCH, .families = PH_FAMILY_ANY,
	.proto = PH_PROTO_TCP, .touches = PH_TOUCH_MSS, .size = sizeof(struct match_tcpmss), PH_EXT_OPTIONS(options), .match = match,
};
