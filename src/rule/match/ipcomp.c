/* -m ipcomp: the compression parameter index. RFC 3173 3.3. */
#include "rule/match/headers.h"

enum { SPI, RES };
#define PROTO_IPCOMP 108

struct match_ipcomp {
	struct ph_range32 spi;
};

/* Without the option it is index 0 that is asked for, as in iptables; so the whole range is printed, which iptables leaves
 * away. --compres is kept, and asks nothing: so does the
 * kernel's match. */
static enum ph_match match(struct ph_part *part, struct ph_rule_ctx *ctx)
{
	const struct match_ipcomp *m = (const void *)part->data;
	struct ph_cur header = ph_match_l4(ctx->pkt);
	uint16_t index;

	if (ctx->pkt->frag_off)
		return PH_MATCH_NO;
	if (!ph_cur_skip(&header, 2) || !ph_cur_u16(&header, &index))
		return ph_match_unreadable(ctx);
	return ph_match_if(ph_range32_has(&m->spi, index, ph_part_inverted(part, SPI)));
}

static const struct ph_opt options[] = {
	{ .name = "ipcompspi", .what = "an index or a range of them", .type = PH_ARG_RANGE, .flags = PH_OPT_INVERT | PH_OPT_ALWAYS,
	  .id = SPI, PH_OPT_FIELD(struct match_ipcomp, spi), .max = 0xffffffff },
	{ .name = "compres", .type = PH_ARG_FLAG, .id = RES },
};

const struct ph_ext ph_match_ipcomp = {
	.name = "ipcomp", .what = "index of IP payload compression", .kind = PH_EXT_MATCH, .families = PH_FAMILY_ANY,
	.proto = PROTO_IPCOMP, .implied = true, .size = sizeof(struct match_ipcomp),
	PH_EXT_OPTIONS(options), .match = match,
};
