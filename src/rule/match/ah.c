/* -m ah: the authentication header (RFC 4302 2). In IPv4 it is the packet's protocol; in IPv6 an extension header, looked
 * for anywhere in the chain, and there is more to ask. */
#include "rule/match/headers.h"

enum { SPI, LEN, RES };
#define AH_FIXED 12u

/* len: bytes of the whole header; 0: not asked. */
struct match_ah {
	struct ph_range32 spi;
	uint32_t len;
};

static void init(void *data, uint8_t family)
{
	struct match_ah *m = data;

	(void)family;
	m->spi.hi = 0xffffffff;
}

/* Reserved bytes and SPI of the header at c. */
static bool read_ah(struct ph_cur c, uint16_t *reserved, uint32_t *spi)
{
	return ph_cur_left(&c) >= AH_FIXED && ph_cur_skip(&c, 2) && ph_cur_u16(&c, reserved) && ph_cur_u32(&c, spi);
}

static enum ph_match match4(struct ph_part *part, struct ph_rule_ctx *ctx)
{
	const struct match_ah *m = (const void *)part->data;
	uint16_t reserved;
	uint32_t spi;

	if (ctx->pkt->frag_off)
		return PH_MATCH_NO;
	if (!read_ah(ph_match_l4(ctx->pkt), &reserved, &spi))
		return ph_match_unreadable(ctx);
	return ph_match_if(ph_range32_has(&m->spi, spi, ph_part_inverted(part, SPI)));
}

static enum ph_match match6(struct ph_part *part, struct ph_rule_ctx *ctx)
{
	const struct match_ah *m = (const void *)part->data;
	struct ph_cur header;
	enum ph_header6 found = ph_header6_find(ctx->pkt, PH_EXT_AUTH, &header);
	uint16_t reserved;
	uint32_t spi, len;

	if (found == PH_HEADER6_ABSENT)
		return PH_MATCH_NO;
	if (found == PH_HEADER6_BROKEN || !read_ah(header, &reserved, &spi) || !ph_header6_len(PH_EXT_AUTH, &header, &len))
		return ph_match_unreadable(ctx);
	if (!ph_range32_has(&m->spi, spi, ph_part_inverted(part, SPI)))
		return PH_MATCH_NO;
	if (m->len && (m->len == len) == ph_part_inverted(part, LEN))
		return PH_MATCH_NO;
	return ph_match_if(!ph_part_has(part, RES) || reserved == 0);
}

#define SPI_ENTRY \
	{ .name = "ahspi", .what = "an SPI or a range of them", .type = PH_ARG_RANGE, \
	  .flags = PH_OPT_INVERT | PH_OPT_DEFAULT, .id = SPI, PH_OPT_FIELD(struct match_ah, spi), .max = 0xffffffff }

static const struct ph_opt options4[] = { SPI_ENTRY };
static const struct ph_opt options6[] = {
	SPI_ENTRY,
	{ .name = "ahlen", .what = "bytes of the whole header", .type = PH_ARG_UINT, .flags = PH_OPT_INVERT | PH_OPT_DEFAULT,
	  .id = LEN, PH_OPT_FIELD(struct match_ah, len), .max = 0xffffffff },
	{ .name = "ahres", .type = PH_ARG_FLAG, .id = RES },
};

const struct ph_ext ph_match_ah4 = {
	.name = "ah", .what = "SPI of the authentication header", .kind = PH_EXT_MATCH, .families = PH_FAMILY_4,
	.proto = PH_PROTO_AH, .implied = true, .size = sizeof(struct match_ah), PH_EXT_OPTIONS(options4), .init = init,
	.match = match4,
};

const struct ph_ext ph_match_ah6 = {
	.name = "ah", .what = "the authentication header", .kind = PH_EXT_MATCH, .families = PH_FAMILY_6,
	.implied_by = PH_PROTO_AH, .size = sizeof(struct match_ah), PH_EXT_OPTIONS(options6), .init = init, .match = match6,
};
