/* One packet in the few facts that a line about it shows. See <pinhole/net.h>. */
#include "net/packet.h"

/* RFC 2637 4.1: version 1, and the call id behind the payload's length. */
static void brief_gre(const struct ph_pkt *pkt, struct ph_brief *out)
{
	struct ph_cur c = pkt->l4;
	uint16_t flags;

	out->has_call = ph_cur_u16(&c, &flags) && (flags & 7) == 1 && ph_cur_skip(&c, 4) && ph_cur_u16(&c, &out->call);
}

static void brief_l4(const struct ph_pkt *pkt, struct ph_brief *out)
{
	out->has_ports = pkt->has_ports;
	if (pkt->has_ports) {
		out->sport = pkt->sport;
		out->dport = pkt->dport;
	}
	if (pkt->l4_proto == PH_PROTO_GRE)
		brief_gre(pkt, out);
	if (!pkt->l4_complete)
		return;
	out->payload_len = (uint32_t)ph_cur_left(&pkt->payload);
	if (pkt->l4_proto == PH_PROTO_TCP) {
		out->has_flags = true;
		out->tcp_flags = pkt->tcp_flags;
	}
	if (pkt->l4_proto == (pkt->family == PH_IPV4 ? PH_PROTO_ICMP : PH_PROTO_ICMPV6)) {
		out->has_icmp = true;
		out->icmp_type = pkt->icmp_type;
		out->icmp_code = pkt->icmp_code;
	}
}

bool ph_packet_brief(const uint8_t *ip, uint32_t len, struct ph_brief *out)
{
	struct ph_pkt pkt = { .family = 0 };
	enum ph_pkt_error error = ph_pkt_parse(ip, len, &pkt);

	*out = (struct ph_brief){ .family = 0 };
	/* A packet that the stack discards is still worth a line, as long as its addresses were there to be read. */
	if (error == PH_PKT_HEADER || (pkt.family != PH_IPV4 && pkt.family != PH_IPV6) ||
	    len < (pkt.family == PH_IPV4 ? 20u : 40u))
		return false;
	out->src = pkt.src;
	out->dst = pkt.dst;
	out->family = pkt.family;
	out->proto = pkt.l4_proto;
	out->len = pkt.len;
	out->is_frag = pkt.is_frag;
	out->frag_off = pkt.frag_off;
	if (pkt.l4_found && error == PH_PKT_OK)
		brief_l4(&pkt, out);
	return true;
}
