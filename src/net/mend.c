/* Mending of captured packets: see ph_packet_mend() in <pinhole/net.h>.
 *
 * The order matters: lengths first, for without them nothing else can be found; the header checksum before the one
 * of the upper layer, which is sought only in packets that are good so far. */
#include "net/packet.h"

#define IPV4_HEADER 20u
#define IPV6_HEADER 40u
#define MENDED_TTL 64
#define IPV4_SUM_AT 10

static uint16_t get16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static void put16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

/* Changes a 16-bit word of an IPv4 header so that its checksum stays right if it was, and wrong if it was (RFC 1624 3):
 * a header that was damaged otherwise must not be healed by the way. */
static void change_ipv4(uint8_t *ip, size_t at, uint16_t value)
{
	uint64_t sum = (uint16_t)~get16(ip + IPV4_SUM_AT);

	sum += (uint16_t)~get16(ip + at);
	sum += value;
	put16(ip + IPV4_SUM_AT, ph_sum_fold(sum));
	put16(ip + at, value);
}

static unsigned mend_ipv4_sum(uint8_t *ip, size_t header_len)
{
	if (ph_sum_fold(ph_sum_add(0, ip, header_len)) == 0)
		return 0;
	put16(ip + IPV4_SUM_AT, 0);
	put16(ip + IPV4_SUM_AT, ph_sum_fold(ph_sum_add(0, ip, header_len)));
	return PH_MEND_IPSUM;
}

/* Whether the packet reaches to the end of the frame as it was on the wire: only then does the frame's length say
 * what a missing length was, within the bounds of an IP length field. */
static bool wire_says(uint32_t len, uint32_t wire_len, size_t least)
{
	return wire_len >= least && wire_len <= len && wire_len <= UINT16_MAX;
}

/* Packets to these never pass a router: what their hop limit says is what their sender meant. */
static bool stays_on_link(uint8_t family, const uint8_t *dst)
{
	static const uint8_t broadcast[4] = { 255, 255, 255, 255 };

	if (family == PH_IPV6)
		return dst[0] == 0xff || (dst[0] == 0xfe && (dst[1] & 0xc0) == 0x80);
	return dst[0] >> 4 == 14 || memcmp(dst, broadcast, 4) == 0;
}

/* *whole: the packet is all there and may be mended further. */
static unsigned mend_ipv4(uint8_t *ip, uint32_t len, uint32_t wire_len, unsigned what, bool *whole)
{
	size_t header_len = (size_t)(ip[0] & 15) * 4;
	unsigned done = 0;

	if (header_len < IPV4_HEADER || header_len > len)
		return 0;
	if (what & PH_MEND_LENGTH && get16(ip + 2) == 0 && wire_says(len, wire_len, header_len)) {
		change_ipv4(ip, 2, (uint16_t)wire_len);
		done |= PH_MEND_LENGTH;
	}
	if (get16(ip + 2) < header_len || get16(ip + 2) > len)
		return done;
	*whole = true;
	if (what & PH_MEND_TTL && ip[8] <= 1 && !stays_on_link(PH_IPV4, ip + 16)) {
		change_ipv4(ip, 8, (uint16_t)(MENDED_TTL << 8 | ip[9]));
		done |= PH_MEND_TTL;
	}
	if (what & PH_MEND_IPSUM)
		done |= mend_ipv4_sum(ip, header_len);
	return done;
}

static unsigned mend_ipv6(uint8_t *ip, uint32_t len, uint32_t wire_len, unsigned what, bool *whole)
{
	unsigned done = 0;

	/* Before hop-by-hop options 0 may mean a jumbogram, before "nothing" it is the truth. */
	if (what & PH_MEND_LENGTH && get16(ip + 4) == 0 && ip[6] != 0 && ip[6] != 59 &&
	    wire_says(len, wire_len, IPV6_HEADER + 1)) {
		put16(ip + 4, (uint16_t)(wire_len - IPV6_HEADER));
		done |= PH_MEND_LENGTH;
	}
	if (IPV6_HEADER + get16(ip + 4) > len)
		return done;
	*whole = true;
	if (what & PH_MEND_TTL && ip[7] <= 1 && !stays_on_link(PH_IPV6, ip + 24)) {
		ip[7] = MENDED_TTL;
		done |= PH_MEND_TTL;
	}
	return done;
}

/* Cuts the view to what the UDP header says. False: it says nothing sensible. */
static bool cut_to_udp_length(struct ph_pkt *pkt)
{
	struct ph_cur c = pkt->l4, all = pkt->l4;
	uint16_t len;

	return ph_cur_skip(&c, 4) && ph_cur_u16(&c, &len) && len >= 8 && ph_cur_sub(&all, len, &pkt->l4);
}

/* Computes the Internet checksum of pkt->l4 anew. field: where it stands. */
static void renew_sum(const struct ph_pkt *pkt, uint8_t *field)
{
	uint32_t len = (uint32_t)ph_cur_left(&pkt->l4);
	uint64_t sum = pkt->l4_proto == PH_PROTO_ICMP ? 0 : ph_pkt_sum_pseudo(pkt, pkt->l4_proto, len);
	uint16_t value;

	put16(field, 0);
	value = ph_sum_fold(ph_sum_add(sum, pkt->l4.at, len));
	/* RFC 768: 0 would say that there is none. */
	put16(field, pkt->l4_proto == PH_PROTO_UDP && value == 0 ? 0xffff : value);
}

static void renew_crc(const struct ph_pkt *pkt, uint8_t *field)
{
	uint32_t crc;

	memset(field, 0, 4);
	crc = ph_crc32c(0, pkt->l4.at, ph_cur_left(&pkt->l4));
	for (int i = 0; i < 4; i++)
		field[i] = (uint8_t)(crc >> 8 * i);
}

static unsigned mend_l4_sum(uint8_t *ip, uint32_t len)
{
	struct ph_pkt pkt;
	uint8_t *l4;

	if (ph_pkt_parse(ip, len, &pkt) != PH_PKT_OK || pkt.is_frag || pkt.source_routed || !pkt.l4_complete)
		return 0;
	if (pkt.l4_proto == PH_PROTO_UDP && !cut_to_udp_length(&pkt))
		return 0;
	if (ph_pkt_checksum_ok(&pkt))
		return 0;
	l4 = ip + (pkt.l4.at - ip);
	switch (pkt.l4_proto) {
	case PH_PROTO_TCP: renew_sum(&pkt, l4 + 16); break;
	case PH_PROTO_UDP: renew_sum(&pkt, l4 + 6); break;
	case PH_PROTO_ICMP: case PH_PROTO_ICMPV6: renew_sum(&pkt, l4 + 2); break;
	case PH_PROTO_SCTP: renew_crc(&pkt, l4 + 8); break;
	default: return 0;
	}
	return PH_MEND_L4SUM;
}

unsigned ph_packet_mend(uint8_t *ip, uint32_t len, uint32_t wire_len, unsigned what)
{
	bool whole = false;
	unsigned done = 0;

	if (len >= IPV4_HEADER && ip[0] >> 4 == PH_IPV4)
		done = mend_ipv4(ip, len, wire_len, what, &whole);
	else if (len >= IPV6_HEADER && ip[0] >> 4 == PH_IPV6)
		done = mend_ipv6(ip, len, wire_len, what, &whole);
	if (whole && what & PH_MEND_L4SUM)
		done |= mend_l4_sum(ip, len);
	return done;
}
