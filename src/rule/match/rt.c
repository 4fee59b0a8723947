/* -m rt: the routing header of IPv6. RFC 8200 4.4; its type 0, RFC 2460 4.4, is no longer used. */
#include "rule/match/headers.h"
#include "rule/text/word.h"

enum { TYPE, SEGSLEFT, LEN, RESERVED, ADDRS, NOT_STRICT };
#define ADDRS_MAX 16

struct match_rt {
	uint32_t type, len;             /* len: bytes of the whole header */
	struct ph_range32 segsleft;
	uint32_t n;
	struct ph_addr addr[ADDRS_MAX];
};

static void init(void *data, uint8_t family)
{
	struct match_rt *m = data;

	(void)family;
	m->segsleft.hi = 0xffffffff;
}

static bool after_type_0(struct ph_arg *arg)
{
	const struct match_rt *m = (const void *)arg->part->data;

	if (!ph_part_has(arg->part, TYPE) || ph_part_inverted(arg->part, TYPE) || m->type != 0)
		return ph_arg_error(arg, "needs --rt-type 0 before it");
	return true;
}

static bool parse_addrs(struct ph_arg *arg)
{
	struct match_rt *m = (void *)arg->part->data;
	struct ph_cur rest = ph_word_cur(arg->word), piece;
	bool more = true;

	if (!after_type_0(arg))
		return false;
	while (ph_cur_piece(&rest, ',', &more, &piece)) {
		if (m->n == ADDRS_MAX)
			return ph_arg_error(arg, "more than %d addresses", ADDRS_MAX);
		if (!ph_addr_parse(PH_IPV6, (const char *)piece.at, ph_cur_left(&piece), &m->addr[m->n++]))
			return ph_arg_error(arg, "\"%.*s\" is not an IPv6 address", PH_CUR_SHOWN(&piece));
	}
	return true;
}

static bool parse_not_strict(struct ph_arg *arg)
{
	return ph_part_has(arg->part, ADDRS) ? true : ph_arg_error(arg, "needs --rt-0-addrs before it");
}

static void print_addrs(const struct ph_part *part, uint8_t family, struct ph_writer *w)
{
	const struct match_rt *m = (const void *)part->data;
	char text[PH_ADDR_TEXT];

	for (uint32_t i = 0; i < m->n; i++)
		ph_put_format(w, "%s%s", i ? "," : "", ph_addr_format(text, family, &m->addr[i]));
}

/* The addresses of the header: all of them, or (not strict) among others in this order. */
static bool match_addrs(const struct ph_part *part, const struct match_rt *m, struct ph_cur addrs)
{
	struct ph_addr addr;
	uint32_t i = 0;

	if (!ph_part_has(part, NOT_STRICT) && ph_cur_left(&addrs) / sizeof(addr) != m->n)
		return false;
	while (i < m->n && ph_cur_bytes(&addrs, addr.b, sizeof(addr))) {
		if (memcmp(&addr, &m->addr[i], sizeof(addr)) == 0)
			i++;
		else if (!ph_part_has(part, NOT_STRICT))
			return false;
	}
	return i == m->n;
}

static bool match_type_0(const struct ph_part *part, const struct match_rt *m, struct ph_cur rest)
{
	uint32_t reserved;

	if (!ph_cur_u32(&rest, &reserved))
		return false;
	if (ph_part_has(part, RESERVED) && reserved != 0)
		return false;
	return !ph_part_has(part, ADDRS) || match_addrs(part, m, rest);
}

static enum ph_match match(struct ph_part *part, struct ph_rule_ctx *ctx)
{
	const struct match_rt *m = (const void *)part->data;
	struct ph_cur header, rest;
	uint8_t type, left;
	uint32_t len;

	switch (ph_header6_find(ctx->pkt, PH_EXT_ROUTING, &header)) {
	case PH_HEADER6_ABSENT:
		return PH_MATCH_NO;
	case PH_HEADER6_BROKEN:
		return ph_match_unreadable(ctx);
	case PH_HEADER6_FOUND:
		break;
	}
	rest = header;
	if (!ph_header6_len(PH_EXT_ROUTING, &header, &len) || !ph_cur_skip(&rest, 2) || !ph_cur_u8(&rest, &type) ||
	    !ph_cur_u8(&rest, &left))
		return ph_match_unreadable(ctx);
	if (!ph_cur_sub(&header, len, &rest) || !ph_cur_skip(&rest, 4))
		return ph_match_unreadable(ctx);
	if (!ph_range32_has(&m->segsleft, left, ph_part_inverted(part, SEGSLEFT)))
		return PH_MATCH_NO;
	if (ph_part_has(part, LEN) && (len == m->len) == ph_part_inverted(part, LEN))
		return PH_MATCH_NO;
	if (ph_part_has(part, TYPE) && (type == m->type) == ph_part_inverted(part, TYPE))
		return PH_MATCH_NO;
	return ph_match_if(!(part->given & (PH_BIT(RESERVED) | PH_BIT(ADDRS))) || match_type_0(part, m, rest));
}

static const struct ph_opt options[] = {
	{ .name = "rt-type", .what = "a number", .type = PH_ARG_UINT, .flags = PH_OPT_INVERT, .id = TYPE,
	  PH_OPT_FIELD(struct match_rt, type), .max = 0xffffffff },
	{ .name = "rt-segsleft", .what = "a number or a range such as 1:5", .type = PH_ARG_RANGE,
	  .flags = PH_OPT_INVERT | PH_OPT_DEFAULT, .id = SEGSLEFT, PH_OPT_FIELD(struct match_rt, segsleft), .max = 0xffffffff },
	{ .name = "rt-len", .what = "a number of bytes", .type = PH_ARG_UINT, .flags = PH_OPT_INVERT, .id = LEN,
	  PH_OPT_FIELD(struct match_rt, len), .max = 0xffffffff },
	{ .name = "rt-0-res", .type = PH_ARG_FLAG, .id = RESERVED, .parse = after_type_0 },
	{ .name = "rt-0-addrs", .what = "up to 16 addresses with commas between", .type = PH_ARG_CUSTOM, .id = ADDRS,
	  .parse = parse_addrs, .print = print_addrs },
	{ .name = "rt-0-not-strict", .type = PH_ARG_FLAG, .id = NOT_STRICT, .parse = parse_not_strict },
};

const struct ph_ext ph_match_rt = {
	.name = "rt", .what = "the routing header of IPv6", .kind = PH_EXT_MATCH, .families = PH_FAMILY_6,
	.size = sizeof(struct match_rt), PH_EXT_OPTIONS(options), .init = init, .match = match,
};
