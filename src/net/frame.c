/* From a captured frame to the IP packet in it. One reader per kind of link; each leaves the cursor behind its header
 * and says which family follows. */
#include <pinhole/net.h>
#include "base/cursor.h"

enum {
	ETHERTYPE_IPV4 = 0x0800, ETHERTYPE_IPV6 = 0x86dd,
	ETHERTYPE_VLAN = 0x8100, ETHERTYPE_QINQ = 0x88a8, ETHERTYPE_QINQ_OLD = 0x9100,
	PPP_IPV4 = 0x21, PPP_IPV6 = 0x57,
};

#define TAGS_MAX 4              /* two are usual; more than four is somebody playing */
#define VLAN_ID 0x0fffu

static bool is_tag(uint16_t type)
{
	return type == ETHERTYPE_VLAN || type == ETHERTYPE_QINQ || type == ETHERTYPE_QINQ_OLD;
}

/* Skips VLAN tags (IEEE 802.1Q 9.6: 16 bits of which 12 are the id, then the next EtherType). */
static bool read_tags(struct ph_cur *c, uint16_t type, struct ph_l3 *out)
{
	uint16_t tag;

	for (int i = 0; i < TAGS_MAX && is_tag(type); i++) {
		if (!ph_cur_u16(c, &tag) || !ph_cur_u16(c, &type))
			return false;
		if (out->vlan < 0)
			out->vlan = tag & VLAN_ID;
	}
	out->family = type == ETHERTYPE_IPV4 ? PH_IPV4 : type == ETHERTYPE_IPV6 ? PH_IPV6 : 0;
	return out->family != 0;
}

/* Two addresses of 6 bytes, EtherType. A length (802.3) instead of a type is no IP. */
static bool read_ethernet(struct ph_cur *c, struct ph_l3 *out)
{
	uint16_t type;

	return ph_cur_skip(c, 12) && ph_cur_u16(c, &type) && read_tags(c, type, out);
}

/* Cisco HDLC: address, control, EtherType. */
static bool read_chdlc(struct ph_cur *c, struct ph_l3 *out)
{
	uint16_t type;

	return ph_cur_skip(c, 2) && ph_cur_u16(c, &type) && read_tags(c, type, out);
}

/* Linux cooked v1: packet type, ARPHRD, address length, address of 8, protocol. */
static bool read_sll(struct ph_cur *c, struct ph_l3 *out)
{
	uint16_t type;

	return ph_cur_skip(c, 14) && ph_cur_u16(c, &type) && read_tags(c, type, out);
}

/* Linux cooked v2: protocol, reserved 2, interface index 4, ARPHRD 2, packet type 1, address length 1, address 8. */
static bool read_sll2(struct ph_cur *c, struct ph_l3 *out)
{
	uint16_t type;
	uint32_t ifindex;

	if (!ph_cur_u16(c, &type) || !ph_cur_skip(c, 2) || !ph_cur_u32(c, &ifindex) || !ph_cur_skip(c, 12))
		return false;
	out->ifindex = ifindex <= INT32_MAX ? (int32_t)ifindex : -1;
	return read_tags(c, type, out);
}

static bool read_raw(struct ph_cur *c, struct ph_l3 *out)
{
	uint8_t first;

	if (!ph_cur_peek(c, 0, &first))
		return false;
	out->family = first >> 4;
	return out->family == PH_IPV4 || out->family == PH_IPV6;
}

/* PPP in HDLC-like framing (RFC 1662 3.1, 6): address and control may be left out, and the protocol (RFC 1332 2,
 * RFC 5072 2) may be cut to its second byte, which is the odd one. */
static bool read_ppp(struct ph_cur *c, struct ph_l3 *out)
{
	uint8_t high, low;

	if (ph_cur_byte(c, '\xff') && !ph_cur_byte(c, '\x03'))
		return false;
	if (!ph_cur_u8(c, &high))
		return false;
	if (high & 1)
		low = high;
	else if (high != 0 || !ph_cur_u8(c, &low))
		return false;
	out->family = low == PPP_IPV4 ? PH_IPV4 : low == PPP_IPV6 ? PH_IPV6 : 0;
	return out->family != 0;
}

/* AF_INET is 2 everywhere; AF_INET6 is 10 on Linux, 24 on NetBSD and OpenBSD, 28 on FreeBSD, 30 on Darwin. */
static uint8_t family_of_af(uint32_t af)
{
	switch (af) {
	case 2: return PH_IPV4;
	case 10: case 24: case 28: case 30: return PH_IPV6;
	default: return 0;
	}
}

/* BSD loopback of OpenBSD: the address family in network order. */
static bool read_loop(struct ph_cur *c, struct ph_l3 *out)
{
	uint32_t af;

	if (!ph_cur_u32(c, &af))
		return false;
	out->family = family_of_af(af);
	return out->family != 0;
}

/* BSD loopback: the address family in the order of the host that captured, which nobody wrote down. All families
 * are below 256, so that the two readings cannot be mistaken for each other. */
static bool read_null(struct ph_cur *c, struct ph_l3 *out)
{
	uint32_t af;

	if (!ph_cur_u32(c, &af))
		return false;
	out->family = family_of_af(af);
	if (out->family == 0)
		out->family = family_of_af(__builtin_bswap32(af));
	return out->family != 0;
}

bool ph_frame_l3(const struct ph_frame *frame, struct ph_l3 *out)
{
	static bool (*const readers[])(struct ph_cur *c, struct ph_l3 *out) = {
		[PH_LINK_NONE] = NULL,
		[PH_LINK_ETHERNET] = read_ethernet,
		[PH_LINK_RAW] = read_raw,
		[PH_LINK_NULL] = read_null,
		[PH_LINK_LOOP] = read_loop,
		[PH_LINK_SLL] = read_sll,
		[PH_LINK_SLL2] = read_sll2,
		[PH_LINK_PPP] = read_ppp,
		[PH_LINK_CHDLC] = read_chdlc,
	};
	struct ph_cur c = ph_cur_of(frame->data, frame->len);
	struct ph_l3 l3 = { .vlan = -1, .ifindex = -1 };

	if ((size_t)frame->link >= sizeof(readers) / sizeof(readers[0]) || !readers[frame->link])
		return false;
	if (!readers[frame->link](&c, &l3))
		return false;
	l3.len = (uint32_t)ph_cur_left(&c);
	l3.at = frame->len - l3.len;
	*out = l3;
	return true;
}
