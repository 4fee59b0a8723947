/* -m esp: the SPI of an encapsulated packet. RFC 4303 2. */
#include "rule/match/headers.h"

enum { SPI };

struct match_esp {
	struct ph_range32 spi;
};

static void init(void *data, uint8_t family)
{
	struct match_esp *m = data;

	(void)family;
	m->spi.hi = 0xffffffff;
}

static enum ph_match match(struct ph_part *part, struct ph_rule_ctx *ctx)
{
	const struct match_esp *m = (const void *)part->data;
	struct ph_cur header = ph_match_l4(ctx->pkt);
	uint32_t spi;

	if (ctx->pkt->frag_off)
		return PH_MATCH_NO;
	/* SPI and sequence number. */
	if (ph_cur_left(&header) < 8 || !ph_cur_u32(&header, &spi))
		return ph_match_unreadable(ctx);
	return ph_match_if(ph_range32_has(&m->spi, spi, ph_part_inverted(part, SPI)));
}

static const struct ph_opt options[] = {
	{ .name = "espspi", .what = "an SPI or a range of them", .type = PH_ARG_RANGE,
	  .flags = PH_OPT_INVERT | PH_OPT_DEFAULT, .id = SPI, PH_OPT_FIELD(struct match_esp, spi), .max = 0xffffffff },
};

const struct ph_ext ph_match_esp = {
	.name = "esp", .what = "SPI of ESP", .kind = PH_EXT_MATCH, .families = PH_FAMILY_ANY, .proto = PH_PROTO_ESP,
	.implied = true, .size = sizeof(struct match_esp), PH_EXT_OPTIONS(options), .init = init, .match = match,
};
