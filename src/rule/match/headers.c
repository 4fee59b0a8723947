/* The walk along IPv6's extension headers (RFC 8200 4); see headers.h. */
#include "rule/match/headers.h"

#define IPV6_HEADER 40u
#define IPV6_NEXT_HEADER 6u

static bool is_extension(uint8_t next)
{
	return next == PH_EXT_HOP || next == PH_EXT_ROUTING || next == PH_EXT_FRAGMENT || next == PH_EXT_AUTH ||
	       next == PH_EXT_DEST;
}

bool ph_header6_len(uint8_t which, const struct ph_cur *c, uint32_t *len)
{
	uint8_t units;

	if (!ph_cur_peek(c, 1, &units))
		return false;
	/* AH counts words of 4 bytes (RFC 4302 2.2), the others 8; neither counts the first 8 bytes. */
	if (which == PH_EXT_FRAGMENT)
		*len = 8;
	else
		*len = which == PH_EXT_AUTH ? (units + 2u) * 4 : (units + 1u) * 8;
	return true;
}

enum ph_header6 ph_header6_find(const struct ph_pkt *pkt, uint8_t which, struct ph_cur *out)
{
	struct ph_cur c = ph_cur_of(pkt->ip, pkt->len);
	uint8_t next, high, low, after;
	uint32_t len;

	if (!ph_cur_peek(&c, IPV6_NEXT_HEADER, &next) || !ph_cur_skip(&c, IPV6_HEADER))
		return PH_HEADER6_BROKEN;
	while (is_extension(next)) {
		if (!ph_header6_len(next, &c, &len) || !ph_cur_peek(&c, 0, &after))
			return PH_HEADER6_BROKEN;
		if (next == PH_EXT_FRAGMENT && (!ph_cur_peek(&c, 2, &high) || !ph_cur_peek(&c, 3, &low)))
			return PH_HEADER6_BROKEN;
		if (next == which) {
			*out = c;
			return PH_HEADER6_FOUND;
		}
		if (next == PH_EXT_FRAGMENT && (high || low >> 3))
			return PH_HEADER6_ABSENT;
		next = after;
		/* A last header that says it is longer than the packet is told only by who reads on. */
		if (!ph_cur_skip(&c, len))
			c.at = c.end;
	}
	return PH_HEADER6_ABSENT;
}
