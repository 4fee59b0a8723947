/* Reading a fragment; see piece.h. */
#include "defrag/piece.h"

enum { NEXT_HOP_BY_HOP = 0, NEXT_ROUTING = 43, NEXT_FRAGMENT = 44, NEXT_NONE = 59, NEXT_DESTINATION = 60 };

#define IPV6_HEADER 40u
#define IPV6_NEXT_AT 6u                 /* where the fixed header says what follows */

static void start(const struct ph_pkt *pkt, const struct ph_defrag_place *place, struct ph_piece *out)
{
	*out = (struct ph_piece){ .tos = pkt->tos };
	out->key.src = pkt->src;
	out->key.dst = pkt->dst;
	out->key.user = place->user;
}

static bool read_ipv4(const struct ph_pkt *pkt, const struct ph_defrag_place *place, struct ph_piece *out)
{
	struct ph_cur c = ph_cur_of(pkt->ip, pkt->len), fields = c;
	uint16_t id, flags;

	if (!pkt->is_frag)
		return false;
	start(pkt, place, out);
	if (!ph_cur_skip(&fields, 4) || !ph_cur_u16(&fields, &id) || !ph_cur_u16(&fields, &flags) ||
	    !ph_cur_sub(&c, pkt->ip_hdr_len, &out->head))
		return false;
	out->key.id = id;
	out->key.proto = pkt->l4_proto;
	out->dont_fragment = flags & 0x4000;
	out->more = pkt->frag_more;
	out->offset = pkt->frag_off;
	out->data = c;
	out->end = out->offset + (uint32_t)ph_cur_left(&c);
	return true;
}

static bool is_extension(uint8_t next)
{
	return next == NEXT_HOP_BY_HOP || next == NEXT_ROUTING || next == NEXT_DESTINATION || next == NEXT_FRAGMENT ||
	       next == PH_PROTO_AH;
}

/* One extension header. False: it is not all there; *next is what it names if that much is. */
static bool skip_extension(struct ph_cur *c, uint8_t *next)
{
	uint8_t this = *next, units;
	size_t len;

	if (!ph_cur_peek(c, 0, next) || !ph_cur_peek(c, 1, &units))
		return false;
	/* AH counts words of 4 bytes (RFC 4302 2.2), the others 8 (RFC 8200 4.2); neither counts the first 8. */
	len = this == PH_PROTO_AH ? (units + 2u) * 4 : (units + 1u) * 8;
	return ph_cur_skip(c, this == NEXT_FRAGMENT ? 8 : len);
}

/* Moves to the fragment header. False: there is none to be found. *next_at: the byte that announces it. */
static bool find_fragment_header(const struct ph_pkt *pkt, struct ph_cur *c, uint16_t *next_at)
{
	uint8_t next;

	*next_at = IPV6_NEXT_AT;
	if (!ph_cur_peek(c, IPV6_NEXT_AT, &next) || !ph_cur_skip(c, IPV6_HEADER))
		return false;
	while (next != NEXT_FRAGMENT) {
		*next_at = (uint16_t)(c->at - pkt->ip);
		if (!is_extension(next) || !skip_extension(c, &next))
			return false;
	}
	return true;
}

/* Bytes of the upper-layer header that the first fragment must have (RFC 8200 4.5); of other protocols, any. */
static size_t upper_header_len(uint8_t proto)
{
	switch (proto) {
	case PH_PROTO_TCP: return 20;
	case PH_PROTO_UDP: case PH_PROTO_ICMPV6: return 8;
	default: return 1;
	}
}

/* Does the fragment header that begins here say that there is no upper-layer header behind it, or end too soon to tell? */
static bool is_later_piece(const struct ph_cur *c)
{
	uint8_t high, low;

	return !ph_cur_peek(c, 2, &high) || !ph_cur_peek(c, 3, &low) || high || low >> 3;
}

/* Does a first fragment end before its upper-layer header does? Asked at the fragment header, behind which there may be
 * more of them. A chain of extension headers that ends early, or in none at all, is no such case: Linux then waits for the
 * rest. */
static bool lacks_upper(struct ph_cur c, uint8_t next)
{
	while (is_extension(next)) {
		if (next == NEXT_FRAGMENT && is_later_piece(&c))
			return false;
		if (!skip_extension(&c, &next))
			return ph_cur_left(&c) >= 2 && !is_extension(next) && next != NEXT_NONE;
	}
	return next != NEXT_NONE && ph_cur_left(&c) < upper_header_len(next);
}

static bool is_bound_to_link(const struct ph_addr *dst)
{
	return dst->b[0] == 0xff || (dst->b[0] == 0xfe && (dst->b[1] & 0xc0) == 0x80);
}

/* A payload length of 0: nothing follows, or a jumbogram does, which is never cut (RFC 2675 3). */
static bool has_no_length(const struct ph_pkt *pkt)
{
	struct ph_cur c = ph_cur_of(pkt->ip, pkt->len);
	uint16_t payload_len;

	return !ph_cur_skip(&c, 4) || !ph_cur_u16(&c, &payload_len) || payload_len == 0;
}

static bool read_ipv6(const struct ph_pkt *pkt, const struct ph_defrag_place *place, struct ph_piece *out)
{
	struct ph_cur c = ph_cur_of(pkt->ip, pkt->len), header;
	uint16_t next_at, place_in;
	uint8_t next;
	uint32_t id;

	if (has_no_length(pkt) || !find_fragment_header(pkt, &c, &next_at))
		return false;
	start(pkt, place, out);
	out->head = ph_cur_of(pkt->ip, (size_t)(c.at - pkt->ip));
	out->lacks_upper = lacks_upper(c, NEXT_FRAGMENT);
	if (!ph_cur_sub(&c, 8, &header) || !ph_cur_u8(&header, &next) || !ph_cur_skip(&header, 1) ||
	    !ph_cur_u16(&header, &place_in) || !ph_cur_u32(&header, &id)) {
		out->is_cut = true;
		return true;
	}
	out->key.id = id;
	out->key.iface = is_bound_to_link(&pkt->dst) ? (uint16_t)place->iface : 0;
	out->next = next;
	out->next_at = next_at;
	out->more = place_in & 1;
	out->offset = place_in & 0xfff8;
	out->data = c;
	out->end = out->offset + (uint32_t)ph_cur_left(&c);
	return true;
}

bool ph_piece_read(const struct ph_pkt *pkt, const struct ph_defrag_place *place, struct ph_piece *out)
{
	return pkt->family == PH_IPV4 ? read_ipv4(pkt, place, out) : read_ipv6(pkt, place, out);
}
