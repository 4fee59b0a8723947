/* -m ipv6header: which extension headers an IPv6 packet has (RFC 8200 4); exactly these, or (--soft) these among others. */
#include "rule/match/headers.h"

enum { HEADER, SOFT };
#define PROTO_ESP 50
#define IPV6_HEADER 40u

enum {
	HAS_HOP = 1, HAS_DEST = 2, HAS_ROUTING = 4, HAS_FRAGMENT = 8, HAS_AUTH = 16, HAS_ESP = 32, HAS_NONE = 64,
	HAS_PROTO = 128,
};

struct match_ipv6header {
	uint8_t headers;
};

static const struct ph_name names[] = {
	{ "hop-by-hop", HAS_HOP }, { "hop", HAS_HOP }, { "0", HAS_HOP }, { "hopopt", HAS_HOP }, { "ip", HAS_HOP },
	{ "ipv6-opts", HAS_DEST }, { "dst", HAS_DEST }, { "60", HAS_DEST },
	{ "ipv6-route", HAS_ROUTING }, { "route", HAS_ROUTING }, { "43", HAS_ROUTING },
	{ "ipv6-frag", HAS_FRAGMENT }, { "frag", HAS_FRAGMENT }, { "44", HAS_FRAGMENT },
	{ "ah", HAS_AUTH }, { "auth", HAS_AUTH }, { "51", HAS_AUTH },
	{ "esp", HAS_ESP }, { "50", HAS_ESP },
	{ "ipv6-nonxt", HAS_NONE }, { "none", HAS_NONE }, { "59", HAS_NONE },
	{ "protocol", HAS_PROTO }, { "prot", HAS_PROTO }, { "255", HAS_PROTO },
	{ NULL, 0 },
};

static uint8_t bit_of(uint8_t next)
{
	switch (next) {
	case PH_EXT_HOP: return HAS_HOP;
	case PH_EXT_DEST: return HAS_DEST;
	case PH_EXT_ROUTING: return HAS_ROUTING;
	case PH_EXT_FRAGMENT: return HAS_FRAGMENT;
	case PH_EXT_AUTH: return HAS_AUTH;
	case PROTO_ESP: return HAS_ESP;
	case PH_EXT_NONE: return HAS_NONE;
	default: return HAS_PROTO;
	}
}

/* The headers there are, up to ESP, 59 or the upper-layer protocol. False: one is cut within its first two bytes. */
static bool headers_of(const struct ph_pkt *pkt, uint8_t *out)
{
	struct ph_cur c = ph_cur_of(pkt->ip, pkt->len);
	uint8_t next, has = 0, bit;
	uint32_t len;

	if (!ph_cur_peek(&c, 6, &next) || !ph_cur_skip(&c, IPV6_HEADER))
		return false;
	for (;;) {
		bit = bit_of(next);
		has |= bit;
		if (bit == HAS_NONE || bit == HAS_PROTO)
			break;
		if (!ph_header6_len(next, &c, &len))
			return false;
		if (bit == HAS_ESP)
			break;
		if (!ph_cur_u8(&c, &next))
			return false;
		if (!ph_cur_skip(&c, len - 1)) {
			/* What follows is not there: it counts as a protocol. */
			has |= HAS_PROTO;
			break;
		}
	}
	*out = has;
	return true;
}

static enum ph_match match(struct ph_part *part, struct ph_rule_ctx *ctx)
{
	const struct match_ipv6header *m = (const void *)part->data;
	bool inverted = ph_part_inverted(part, HEADER);
	uint8_t has;

	if (!headers_of(ctx->pkt, &has))
		return PH_MATCH_NO;
	if (!ph_part_has(part, SOFT))
		return ph_match_if((has == m->headers) != inverted);
	/* Negated: none of them. */
	return ph_match_if(inverted ? (has & m->headers) == 0 : (has & m->headers) == m->headers);
}

static const struct ph_opt options[] = {
	{ .name = "header", .what = "a header", .type = PH_ARG_SET, .flags = PH_OPT_NEEDED | PH_OPT_INVERT, .id = HEADER,
	  PH_OPT_FIELD(struct match_ipv6header, headers), .names = names },
	{ .name = "soft", .type = PH_ARG_FLAG, .id = SOFT },
};

const struct ph_ext ph_match_ipv6header = {
	.name = "ipv6header", .what = "extension headers of IPv6", .kind = PH_EXT_MATCH, .families = PH_FAMILY_6,
	.size = sizeof(struct match_ipv6header), PH_EXT_OPTIONS(options), .match = match,
};
