/* A bounded view of bits: what ASN.1's packed encoding rules (X.691), aligned variant, are read with. The companion of
 * base/cursor.h, under the same contract: every read checks, one that does not fit returns false and changes nothing. The octets are borrowed.
 *
 * Positions count bits from the first octet of the message; the most significant bit of an octet comes first. Open types begin on
 * whole octets, so that one count serves a message and everything inside it. */
#ifndef PH_HELPER_H323_PER_H
#define PH_HELPER_H323_PER_H

#include "base/cursor.h"

struct ph_per {
	const uint8_t *octets;
	uint32_t at, end;               /* bits; end is a multiple of 8 */
};

/* How lengths are read. All false: X.691. */
struct ph_per_lengths {
	bool wants_two;                 /* a length is read only where two octets are left, also one of one octet */
	bool long_as_is;                /* the two bits in front of a long length are not looked at: fragments read as 14 bits */
};

#define PH_PER_MAX 0x1fffffffu          /* octets; more are not looked at */

static inline struct ph_per ph_per_of(struct ph_cur c)
{
	size_t octets = ph_cur_left(&c) < PH_PER_MAX ? ph_cur_left(&c) : PH_PER_MAX;

	return (struct ph_per){ .octets = c.at, .end = (uint32_t)octets * 8 };
}

static inline uint32_t ph_per_left(const struct ph_per *p)
{
	return p->end - p->at;
}

PH_MUST_CHECK static inline bool ph_per_skip(struct ph_per *p, uint32_t bits)
{
	if (ph_per_left(p) < bits)
		return false;
	p->at += bits;
	return true;
}

/* To the next whole octet. There always is one: ends are whole octets. */
static inline void ph_per_align(struct ph_per *p)
{
	p->at = (p->at + 7) & ~7u;
}

/* n bits as a number, n <= 32; 0 bits are 0. */
PH_MUST_CHECK bool ph_per_bits(struct ph_per *p, unsigned n, uint32_t *out);

/* One bit. */
PH_MUST_CHECK bool ph_per_bool(struct ph_per *p, bool *out);

/* Aligns, then n octets as a number, 1 <= n <= 4. */
PH_MUST_CHECK bool ph_per_uint(struct ph_per *p, unsigned n, uint32_t *out);

/* Aligns, then a length: X.691 10.9.3.5 to 10.9.3.8, at most 16 383. Fragments are refused. */
PH_MUST_CHECK bool ph_per_length(struct ph_per *p, struct ph_per_lengths how, uint32_t *out);

/* INTEGER (lo..hi), X.691 10.5.7, lo <= hi. Sets the number, which may be above hi: the field has room for more. More than 65 536
 * values: the octets are read up to four, whatever hi needs, and the number is modulo 2^32. */
PH_MUST_CHECK bool ph_per_int(struct ph_per *p, uint32_t lo, uint32_t hi, uint32_t *out);

#endif
