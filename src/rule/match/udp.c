/* -m udp: ports of the UDP header. RFC 768. */
#include "rule/match/ports.h"

enum { SPORT, DPORT };

struct match_udp {
	struct ph_range16 sport, dport;
};

static void init(void *data, uint8_t family)
{
	struct match_udp *m = data;

	(void)family;
	m->sport.hi = m->dport.hi = 65535;
}

static enum ph_match match(struct ph_part *part, struct ph_rule_ctx *ctx)
{
	const struct match_udp *m = (const void *)part->data;
	const struct ph_pkt *pkt = ctx->pkt;

	if (pkt->frag_off)
		return PH_MATCH_NO;
	if (ph_cur_left(&pkt->l4) < 8) {
		ctx->hotdrop = true;
		return PH_MATCH_NO;
	}
	return ph_match_if(ph_range16_has(&m->sport, pkt->sport, ph_part_inverted(part, SPORT)) &&
	                   ph_range16_has(&m->dport, pkt->dport, ph_part_inverted(part, DPORT)));
}

#define PORT_WHAT "a port or a range of ports, each a number to 65535 or a service's name"

static const struct ph_opt options[] = {
	{ .name = "sport", .what = PORT_WHAT, .type = PH_ARG_PORTS, .flags = PH_OPT_INVERT | PH_OPT_DEFAULT, .id = SPORT,
	  PH_OPT_FIELD(struct match_udp, sport) },
	{ .name = "source-port", .what = PORT_WHAT, .type = PH_ARG_PORTS, .flags = PH_OPT_INVERT | PH_OPT_SPELLING,
	  .id = SPORT, PH_OPT_FIELD(struct match_udp, sport) },
	{ .name = "dport", .what = PORT_WHAT, .type = PH_ARG_PORTS, .flags = PH_OPT_INVERT | PH_OPT_DEFAULT, .id = DPORT,
	  PH_OPT_FIELD(struct match_udp, dport) },
	{ .name = "destination-port", .what = PORT_WHAT, .type = PH_ARG_PORTS, .flags = PH_OPT_INVERT | PH_OPT_SPELLING,
	  .id = DPORT, PH_OPT_FIELD(struct match_udp, dport) },
};

const struct ph_ext ph_match_udp = {
	.name = "udp", .what = "ports of UDP", .kind = PH_EXT_MATCH, .families = PH_FAMILY_ANY, .proto = PH_PROTO_UDP,
	.implied = true, .size = sizeof(struct match_udp), PH_EXT_OPTIONS(options), .init = init, .match = match,
};
