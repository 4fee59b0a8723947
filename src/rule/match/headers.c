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

/* One step of the walk. */
struct step {
	struct ph_cur c;
	uint8_t this, next;
	uint32_t len;
	bool later;             /* the fragment header of a later fragment */
};

/* Reads what the walk needs of the header at s->c. */
static bool read_step(struct step *s)
{
	uint8_t high, low;

	if (!ph_header6_len(s->this, &s->c, &s->len) || !ph_cur_peek(&s->c, 0, &s->next))
		return false;
	s->later = false;
	if (s->this != PH_EXT_FRAGMENT)
		return true;
	if (!ph_cur_peek(&s->c, 2, &high) || !ph_cur_peek(&s->c, 3, &low))
		return false;
	s->later = high || low >> 3;
	return true;
}

/* Goes to the next header. One that is longer than the packet is told only by who reads on. */
static void go_on(struct step *s)
{
	s->this = s->next;
	if (!ph_cur_skip(&s->c, s->len))
		s->c.at = s->c.end;
}

static bool first_step(const struct ph_pkt *pkt, struct step *s)
{
	s->c = ph_cur_of(pkt->ip, pkt->len);
	return ph_cur_peek(&s->c, IPV6_NEXT_HEADER, &s->this) && ph_cur_skip(&s->c, IPV6_HEADER);
}

enum ph_header6 ph_header6_find(const struct ph_pkt *pkt, uint8_t which, struct ph_cur *out)
{
	struct step s;

	if (!first_step(pkt, &s))
		return PH_HEADER6_BROKEN;
	while (is_extension(s.this)) {
		if (!read_step(&s))
			return PH_HEADER6_BROKEN;
		if (s.this == which) {
			*out = s.c;
			return PH_HEADER6_FOUND;
		}
		if (s.later)
			return PH_HEADER6_ABSENT;
		go_on(&s);
	}
	return PH_HEADER6_ABSENT;
}

bool ph_header6_last(const struct ph_pkt *pkt, uint8_t *out)
{
	struct step s;

	if (!first_step(pkt, &s))
		return false;
	while (is_extension(s.this)) {
		if (!read_step(&s) || (s.later && is_extension(s.next)))
			return false;
		go_on(&s);
		if (s.later)
			break;
	}
	*out = s.this;
	return true;
}
