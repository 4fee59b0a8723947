/* Reading one IP packet, front to back: network header, extension headers, upper-layer header. */
#include "net/packet.h"

enum {
	EXT_HOP_BY_HOP = 0, EXT_ROUTING = 43, EXT_FRAGMENT = 44, EXT_NONE = 59, EXT_DESTINATION = 60,
};

#define IPV4_HEADER 20u
#define IPV6_HEADER 40u

/* The upper-layer headers. Each reads what is there and moves the start of the payload, which is empty before;
 * false: the header is not complete. */

static bool read_ports(struct ph_pkt *pkt, struct ph_cur *c)
{
	struct ph_cur ports;

	pkt->has_ports = ph_cur_sub(c, 4, &ports) && ph_cur_u16(&ports, &pkt->sport) && ph_cur_u16(&ports, &pkt->dport);
	return pkt->has_ports;
}

static bool read_tcp(struct ph_pkt *pkt, struct ph_cur c)
{
	uint8_t offset;

	if (!read_ports(pkt, &c) || ph_cur_left(&c) < 16)
		return false;
	if (!ph_cur_u32(&c, &pkt->seq) || !ph_cur_u32(&c, &pkt->ack) || !ph_cur_u8(&c, &offset) ||
	    !ph_cur_u8(&c, &pkt->tcp_flags) || !ph_cur_u16(&c, &pkt->win))
		return false;
	pkt->tcp_off = (uint8_t)(offset >> 4 << 2);
	/* 16 bytes are behind us; checksum, urgent pointer and options are not. */
	if (pkt->tcp_off >= 20 && ph_cur_skip(&c, pkt->tcp_off - 16u))
		pkt->payload.at = c.at;
	return true;
}

/* UDP and UDP-Lite. The payload is all that the IP packet holds, also behind the length that the header claims: helpers of the
 * reference read it (checked on 6.18), and its checksum of UDP covers it. */
static bool read_udp(struct ph_pkt *pkt, struct ph_cur c)
{
	if (!read_ports(pkt, &c) || !ph_cur_skip(&c, 4))
		return false;
	pkt->payload.at = c.at;
	return true;
}

static bool read_sctp(struct ph_pkt *pkt, struct ph_cur c)
{
	if (!read_ports(pkt, &c) || !ph_cur_skip(&c, 8))
		return false;
	pkt->payload.at = c.at;
	return true;
}

static bool read_icmp(struct ph_pkt *pkt, struct ph_cur c)
{
	struct ph_cur header;

	if (!ph_cur_sub(&c, 8, &header))
		return false;
	pkt->payload.at = c.at;
	return ph_cur_u8(&header, &pkt->icmp_type) && ph_cur_u8(&header, &pkt->icmp_code) &&
	       ph_cur_skip(&header, 2) && ph_cur_u16(&header, &pkt->icmp_id);
}

static bool read_other(struct ph_pkt *pkt, struct ph_cur c)
{
	pkt->payload.at = c.at;
	return true;
}

static bool read_l4_header(struct ph_pkt *pkt, struct ph_cur c)
{
	switch (pkt->l4_proto) {
	case PH_PROTO_TCP: return read_tcp(pkt, c);
	case PH_PROTO_UDP:
	case PH_PROTO_UDPLITE: return read_udp(pkt, c);
	case PH_PROTO_SCTP: return read_sctp(pkt, c);
	case PH_PROTO_ICMP: case PH_PROTO_ICMPV6: return read_icmp(pkt, c);
	default: return read_other(pkt, c);
	}
}

static void read_l4(struct ph_pkt *pkt, struct ph_cur c)
{
	pkt->l4_found = true;
	pkt->l4 = ph_cur_of(c.at, ph_cur_left(&c));
	pkt->payload = ph_cur_of(c.end, 0);
	pkt->l4_complete = read_l4_header(pkt, c);
}

/* What the fixed part of an IPv4 header says besides the fields of the view. */
struct ipv4_head {
	uint16_t total;
	uint8_t version, header_len;
};

static bool read_ipv4_head(struct ph_pkt *pkt, struct ipv4_head *head)
{
	struct ph_cur c = ph_cur_of(pkt->ip, pkt->len);
	uint16_t id, frag, sum;
	uint8_t first;

	pkt->family = PH_IPV4;
	if (ph_cur_left(&c) < IPV4_HEADER)
		return false;
	if (!ph_cur_u8(&c, &first) || !ph_cur_u8(&c, &pkt->tos) || !ph_cur_u16(&c, &head->total) ||
	    !ph_cur_u16(&c, &id) || !ph_cur_u16(&c, &frag) || !ph_cur_u8(&c, &pkt->ttl) ||
	    !ph_cur_u8(&c, &pkt->l4_proto) || !ph_cur_u16(&c, &sum) ||
	    !ph_cur_bytes(&c, pkt->src.b, 4) || !ph_cur_bytes(&c, pkt->dst.b, 4))
		return false;
	head->version = first >> 4;
	head->header_len = (uint8_t)((first & 15) << 2);
	pkt->ip_hdr_len = head->header_len;
	pkt->frag_off = (uint16_t)((frag & 0x1fff) << 3);
	pkt->frag_more = frag & 0x2000;
	pkt->is_frag = pkt->frag_off || pkt->frag_more;
	return true;
}

/* Behind the options, which are not looked at. */
static void find_ipv4_l4(struct ph_pkt *pkt)
{
	struct ph_cur c = ph_cur_of(pkt->ip, pkt->len);

	if (pkt->frag_off == 0 && ph_cur_skip(&c, pkt->ip_hdr_len))
		read_l4(pkt, c);
}

static enum ph_pkt_error parse_ipv4(struct ph_pkt *pkt)
{
	struct ipv4_head head;

	if (!read_ipv4_head(pkt, &head))
		return PH_PKT_SHORT;
	if (head.version != PH_IPV4 || head.header_len < IPV4_HEADER)
		return PH_PKT_HEADER;
	if (head.header_len > pkt->len)
		return PH_PKT_SHORT;
	if (ph_sum_fold(ph_sum_add(0, pkt->ip, head.header_len)) != 0 || head.total < head.header_len)
		return PH_PKT_HEADER;
	if (head.total > pkt->len)
		return PH_PKT_SHORT;
	pkt->len = head.total;
	find_ipv4_l4(pkt);
	return PH_PKT_OK;
}

static bool read_ipv6_head(struct ph_pkt *pkt, uint16_t *payload_len)
{
	struct ph_cur c = ph_cur_of(pkt->ip, pkt->len);
	uint32_t first;

	pkt->family = PH_IPV6;
	pkt->ip_hdr_len = IPV6_HEADER;
	if (ph_cur_left(&c) < IPV6_HEADER)
		return false;
	if (!ph_cur_u32(&c, &first) || !ph_cur_u16(&c, payload_len) || !ph_cur_u8(&c, &pkt->l4_proto) ||
	    !ph_cur_u8(&c, &pkt->ttl) || !ph_cur_bytes(&c, pkt->src.b, 16) || !ph_cur_bytes(&c, pkt->dst.b, 16))
		return false;
	pkt->tos = (uint8_t)(first >> 20);
	return true;
}

static bool is_extension(uint8_t next)
{
	return next == EXT_HOP_BY_HOP || next == EXT_ROUTING || next == EXT_DESTINATION || next == PH_PROTO_AH ||
	       next == EXT_FRAGMENT;
}

/* A fragment header, RFC 8200 4.5. False: cut short, or this is a later piece and no upper-layer header follows. */
static bool read_fragment(struct ph_pkt *pkt, struct ph_cur *c)
{
	uint8_t next, reserved;
	uint16_t offset;
	struct ph_cur header;

	if (!ph_cur_sub(c, 8, &header))
		return false;
	if (!ph_cur_u8(&header, &next) || !ph_cur_u8(&header, &reserved) || !ph_cur_u16(&header, &offset))
		return false;
	pkt->frag_off = offset & 0xfff8;
	pkt->frag_more = offset & 1;
	pkt->is_frag = pkt->frag_off || pkt->frag_more;
	pkt->l4_proto = next;
	return pkt->frag_off == 0;
}

/* Any other extension header: next header, length, body. False: cut short. */
static bool read_extension(struct ph_pkt *pkt, struct ph_cur *c)
{
	uint8_t this = pkt->l4_proto, next, units, segments_left;
	struct ph_cur header;

	if (!ph_cur_peek(c, 0, &next) || !ph_cur_peek(c, 1, &units))
		return false;
	/* AH counts words of 4 bytes (RFC 4302 2.2), the others 8 (RFC 8200 4.2); neither counts the first 8. */
	if (!ph_cur_sub(c, this == PH_PROTO_AH ? (units + 2u) * 4 : (units + 1u) * 8, &header))
		return false;
	if (this == EXT_ROUTING && ph_cur_peek(&header, 3, &segments_left) && segments_left > 0)
		pkt->source_routed = true;
	pkt->l4_proto = next;
	return true;
}

/* Walks the extension headers. Each step takes at least 8 bytes, and the walk ends where a
 * packet that is no jumbogram would: that bounds the number of steps. */
static void find_ipv6_l4(struct ph_pkt *pkt)
{
	struct ph_cur c = ph_cur_of(pkt->ip, pkt->len);

	if (!ph_cur_skip(&c, IPV6_HEADER))
		return;
	while (is_extension(pkt->l4_proto)) {
		bool go_on = pkt->l4_proto == EXT_FRAGMENT ? read_fragment(pkt, &c) : read_extension(pkt, &c);

		if (!go_on || c.at - pkt->ip > UINT16_MAX)
			return;
		pkt->ip_hdr_len = (uint16_t)(c.at - pkt->ip);
	}
	if (pkt->l4_proto != EXT_NONE)
		read_l4(pkt, c);
}

/* Hop-by-hop options right behind the IPv6 header are read before anything else is done with the packet.
 * payload_len 0: they may announce a jumbogram (RFC 2675 3), whose length is then cut to; without one, the packet is
 * as long as it is. */
static enum ph_pkt_error check_hop_options(struct ph_pkt *pkt, uint16_t payload_len)
{
	struct ph_cur c = ph_cur_of(pkt->ip, pkt->len), header;
	uint32_t jumbo_len;
	uint8_t units;

	if (!ph_cur_skip(&c, IPV6_HEADER) || !ph_cur_peek(&c, 1, &units) || !ph_cur_sub(&c, (units + 1u) * 8, &header))
		return PH_PKT_SHORT;
	if (!ph_pkt_hop_options_ok(&header, &jumbo_len) || (jumbo_len > 0 && payload_len > 0))
		return PH_PKT_OPTIONS;
	if (jumbo_len == 0)
		return PH_PKT_OK;
	if (jumbo_len > pkt->len - IPV6_HEADER)
		return PH_PKT_SHORT;
	pkt->len = IPV6_HEADER + jumbo_len;
	return PH_PKT_OK;
}

static enum ph_pkt_error parse_ipv6(struct ph_pkt *pkt)
{
	enum ph_pkt_error error;
	uint16_t payload_len;

	if (!read_ipv6_head(pkt, &payload_len))
		return PH_PKT_SHORT;
	if (payload_len > 0 || pkt->l4_proto != EXT_HOP_BY_HOP) {
		if (payload_len > pkt->len - IPV6_HEADER)
			return PH_PKT_SHORT;
		pkt->len = IPV6_HEADER + payload_len;
	}
	if (pkt->l4_proto == EXT_HOP_BY_HOP) {
		error = check_hop_options(pkt, payload_len);
		if (error)
			return error;
	}
	find_ipv6_l4(pkt);
	return PH_PKT_OK;
}

static void start(struct ph_pkt *pkt, const uint8_t *ip, uint32_t len)
{
	static const struct ph_pkt blank;

	/* Copied: gcc 12 would clear it with "rep stos", which takes longer than all the rest. */
	*pkt = blank;
	pkt->ip = ip;
	pkt->len = len;
	pkt->l4 = pkt->payload = (struct ph_cur){ ip + len, ip + len };
}

enum ph_pkt_error ph_pkt_parse(const uint8_t *ip, uint32_t len, struct ph_pkt *pkt)
{
	start(pkt, ip, len);
	if (len == 0)
		return PH_PKT_SHORT;
	switch (ip[0] >> 4) {
	case PH_IPV4: return parse_ipv4(pkt);
	case PH_IPV6: return parse_ipv6(pkt);
	default: return PH_PKT_HEADER;
	}
}

bool ph_pkt_parse_quoted(uint8_t family, const uint8_t *ip, uint32_t len, struct ph_pkt *pkt)
{
	struct ipv4_head head;
	uint16_t payload_len;

	start(pkt, ip, len);
	if (family == PH_IPV6) {
		if (read_ipv6_head(pkt, &payload_len))
			find_ipv6_l4(pkt);
	} else if (read_ipv4_head(pkt, &head)) {
		find_ipv4_l4(pkt);
	}
	return pkt->l4_found;
}

bool ph_pkt_bad_address(const struct ph_pkt *pkt)
{
	static const struct ph_addr loopback = { { [15] = 1 } };
	const uint8_t *src = pkt->src.b, *dst = pkt->dst.b;

	if (pkt->family != PH_IPV6)
		return false;
	if (memcmp(src, loopback.b, 16) == 0 || memcmp(dst, loopback.b, 16) == 0 || src[0] == 0xff)
		return true;
	return dst[0] == 0xff && (dst[1] & 15) <= 1;
}
