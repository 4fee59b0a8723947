/* -m dccp: ports, packet types and options of DCCP. RFC 4340 5. */
#include "rule/match/headers.h"
#include "rule/match/ports.h"

enum { SPORT, DPORT, TYPES, OPTION };
#define PROTO_DCCP 33

struct match_dccp {
	struct ph_range16 sport, dport;
	uint16_t types;                 /* a bit for each */
	uint8_t option;
};

static const struct ph_name types[] = {
	{ "REQUEST", 1 << 0 }, { "RESPONSE", 1 << 1 }, { "DATA", 1 << 2 }, { "ACK", 1 << 3 }, { "DATAACK", 1 << 4 },
	{ "CLOSEREQ", 1 << 5 }, { "CLOSE", 1 << 6 }, { "RESET", 1 << 7 }, { "SYNC", 1 << 8 }, { "SYNCACK", 1 << 9 },
	{ "INVALID", 1 << 10 }, { NULL, 0 },
};

/* Types above this one are taken for it. */
#define TYPE_INVALID 10
/* Bytes between the generic header and the options, by type. */
static const uint8_t extra[TYPE_INVALID + 1] = { 4, 12, 0, 8, 8, 8, 8, 12, 8, 8, 12 };

struct dccp {
	uint16_t sport, dport;
	uint8_t offset, type;
	bool long_seq;
};

static bool read_dccp(struct ph_cur c, struct dccp *out)
{
	uint8_t type;

	if (ph_cur_left(&c) < 12 || !ph_cur_u16(&c, &out->sport) || !ph_cur_u16(&c, &out->dport) ||
	    !ph_cur_u8(&c, &out->offset) || !ph_cur_skip(&c, 3) || !ph_cur_u8(&c, &type))
		return false;
	out->type = (type >> 1 & 15) < TYPE_INVALID ? type >> 1 & 15 : TYPE_INVALID;
	out->long_seq = type & 1;
	return true;
}

static bool list_has(struct ph_cur list, uint8_t want)
{
	uint8_t kind, len;

	while (ph_cur_peek(&list, 0, &kind)) {
		len = 1;
		if (kind == want)
			return true;
		if (kind >= 2 && !ph_cur_peek(&list, 1, &len))
			return false;
		if (!ph_cur_skip(&list, len ? len : 1))
			return false;
	}
	return false;
}

/* Where the lengths do not fit the packet is dropped, and the option is not there: negated, that counts as a match. */
static bool has_option(const struct match_dccp *m, const struct dccp *dccp, struct ph_cur header, struct ph_rule_ctx *ctx)
{
	unsigned all = dccp->offset * 4u, fixed = (dccp->long_seq ? 16u : 12u) + extra[dccp->type];
	struct ph_cur list;

	if (all < fixed || !ph_cur_skip(&header, fixed) || !ph_cur_sub(&header, all - fixed, &list)) {
		ctx->hotdrop = true;
		return false;
	}
	return list_has(list, m->option);
}

static enum ph_match match(struct ph_part *part, struct ph_rule_ctx *ctx)
{
	const struct match_dccp *m = (const void *)part->data;
	struct ph_cur header = ph_match_l4(ctx->pkt);
	struct dccp dccp;

	if (ctx->pkt->frag_off)
		return PH_MATCH_NO;
	if (!read_dccp(header, &dccp))
		return ph_match_unreadable(ctx);
	if (!ph_range16_has(&m->sport, dccp.sport, ph_part_inverted(part, SPORT)) ||
	    !ph_range16_has(&m->dport, dccp.dport, ph_part_inverted(part, DPORT)))
		return PH_MATCH_NO;
	if (ph_part_has(part, TYPES) && ((m->types >> dccp.type & 1) != 0) == ph_part_inverted(part, TYPES))
		return PH_MATCH_NO;
	return ph_match_if(!ph_part_has(part, OPTION) ||
	                   has_option(m, &dccp, header, ctx) != ph_part_inverted(part, OPTION));
}

static void init(void *data, uint8_t family)
{
	struct match_dccp *m = data;

	(void)family;
	m->sport.hi = m->dport.hi = 65535;
}

#define PORT(option, which, field, more) \
	{ .name = option, .what = "a port or a range of ports, each a number to 65535 or a service's name", \
	  .type = PH_ARG_PORTS, .flags = PH_OPT_INVERT | (more), .id = which, PH_OPT_FIELD(struct match_dccp, field) }

static const struct ph_opt options[] = {
	PORT("sport", SPORT, sport, 0), PORT("source-port", SPORT, sport, PH_OPT_SPELLING),
	PORT("dport", DPORT, dport, 0), PORT("destination-port", DPORT, dport, PH_OPT_SPELLING),
	{ .name = "dccp-types", .what = "a packet type", .type = PH_ARG_SET, .flags = PH_OPT_INVERT | PH_OPT_NOCASE,
	  .id = TYPES, PH_OPT_FIELD(struct match_dccp, types), .names = types },
	{ .name = "dccp-option", .what = "the number of an option, 1 to 255", .type = PH_ARG_UINT, .flags = PH_OPT_INVERT,
	  .id = OPTION, PH_OPT_FIELD(struct match_dccp, option), .min = 1, .max = 255 },
};

const struct ph_ext ph_match_dccp = {
	.name = "dccp", .what = "ports, types and options of DCCP", .kind = PH_EXT_MATCH, .families = PH_FAMILY_ANY,
	.proto = PROTO_DCCP, .implied = true, .size = sizeof(struct match_dccp), PH_EXT_OPTIONS(options), .init = init,
	.match = match,
};
