/* The bit cursor, see per.h. Section numbers are X.691's. */
#include "helper/h323/per.h"

bool ph_per_bits(struct ph_per *p, unsigned n, uint32_t *out)
{
	uint64_t value = 0;
	unsigned shift = p->at % 8 + n;

	if (n > 32 || ph_per_left(p) < n)
		return false;
	for (unsigned i = 0; i * 8 < shift; i++)
		value = value << 8 | p->octets[p->at / 8 + i];
	/* What stands behind the n bits in the last octet, then what stands in front of them in the first. */
	value >>= (8 - shift % 8) % 8;
	*out = (uint32_t)(value & ((UINT64_C(1) << n) - 1));
	p->at += n;
	return true;
}

bool ph_per_bool(struct ph_per *p, bool *out)
{
	uint32_t bit;

	if (!ph_per_bits(p, 1, &bit))
		return false;
	*out = bit;
	return true;
}

bool ph_per_uint(struct ph_per *p, unsigned n, uint32_t *out)
{
	struct ph_per ahead = *p;

	ph_per_align(&ahead);
	if (n < 1 || n > 4 || !ph_per_bits(&ahead, n * 8, out))
		return false;
	*p = ahead;
	return true;
}

bool ph_per_length(struct ph_per *p, struct ph_per_lengths how, uint32_t *out)
{
	struct ph_per ahead = *p;
	uint32_t first, second;

	ph_per_align(&ahead);
	if (how.wants_two && ph_per_left(&ahead) < 16)
		return false;
	if (!ph_per_bits(&ahead, 8, &first))
		return false;
	if (first & 0x80) {
		if ((first & 0x40 && !how.long_as_is) || !ph_per_bits(&ahead, 8, &second))
			return false;
		first = (first & 0x3f) << 8 | second;
	}
	*out = first;
	*p = ahead;
	return true;
}

/* Bits that the numbers 0 to max need. */
static unsigned width_of(uint32_t max)
{
	unsigned n = 0;

	while (n < 32 && max >> n)
		n++;
	return n;
}

bool ph_per_int(struct ph_per *p, uint32_t lo, uint32_t hi, uint32_t *out)
{
	struct ph_per ahead = *p;
	uint32_t max = hi - lo, field, octets;
	bool fits;

	if (max < 255) {                /* 10.5.7.1: as few bits as will do */
		fits = ph_per_bits(&ahead, width_of(max), &field);
	} else if (max == 255) {        /* 10.5.7.2 */
		fits = ph_per_uint(&ahead, 1, &field);
	} else if (max <= 65535) {      /* 10.5.7.3 */
		fits = ph_per_uint(&ahead, 2, &field);
	} else {                        /* 10.5.7.4: three or four lengths are possible, which takes two bits */
		fits = ph_per_bits(&ahead, 2, &octets) && ph_per_uint(&ahead, octets + 1, &field);
	}
	if (!fits)
		return false;
	*out = lo + field;
	*p = ahead;
	return true;
}
