/* One IP packet: read, quoted, verified, mended. What parsing says must lie inside the packet, and what mending
 * made right must verify. Input: two bytes of wire length, one of what to mend, the packet. */
#include <stdlib.h>

#include "net/packet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool so)
{
	if (!so)
		abort();
}

static bool inside(const struct ph_cur *c, const uint8_t *ip, uint32_t len)
{
	return c->at >= ip && c->at <= c->end && c->end <= ip + len;
}

static void check_view(const struct ph_pkt *pkt, const uint8_t *ip, uint32_t len)
{
	check(pkt->ip == ip && pkt->len <= len);
	check(inside(&pkt->l4, ip, len) && inside(&pkt->payload, ip, len));
	check(pkt->l4_found || !pkt->l4_complete);
	check(!pkt->l4_found || (pkt->l4.at == ip + pkt->ip_hdr_len && pkt->payload.at >= pkt->l4.at));
	check(!pkt->is_frag || pkt->frag_more || pkt->frag_off);
	check(pkt->l4_complete || !ph_pkt_checksum_ok(pkt));
}

static void check_mending(uint8_t *ip, uint32_t len, uint32_t wire_len, unsigned what)
{
	struct ph_pkt before, after;
	enum ph_pkt_error error = ph_pkt_parse(ip, len, &before);
	unsigned done = ph_packet_mend(ip, len, wire_len, what);

	check((done & ~what) == 0);
	check(ph_pkt_parse(ip, len, &after) == PH_PKT_OK || error != PH_PKT_OK);
	if (done & PH_MEND_L4SUM && after.l4_proto != PH_PROTO_UDP)
		check(ph_pkt_checksum_ok(&after));
	check(ph_packet_mend(ip, len, wire_len, what) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ph_cur c = ph_cur_of(data, size);
	struct ph_pkt pkt;
	uint16_t wire_len;
	uint8_t what, *ip;
	uint32_t len;

	if (!ph_cur_u16(&c, &wire_len) || !ph_cur_u8(&c, &what))
		return 0;
	len = (uint32_t)ph_cur_left(&c);
	/* A piece of memory of its own, so that reading past its end is seen. */
	ip = malloc(len ? len : 1);
	check(ip);
	memcpy(ip, c.at, len);
	if (ph_pkt_parse(ip, len, &pkt) != PH_PKT_OK)
		check(!pkt.l4_found);
	check_view(&pkt, ip, len);
	(void)!ph_pkt_bad_address(&pkt);
	(void)!ph_pkt_parse_quoted(PH_IPV4, ip, len, &pkt);
	check_view(&pkt, ip, len);
	(void)!ph_pkt_parse_quoted(PH_IPV6, ip, len, &pkt);
	check_view(&pkt, ip, len);
	check_mending(ip, len, wire_len, what & 15);
	free(ip);
	return 0;
}
