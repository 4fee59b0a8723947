/* Addresses in the text of a payload; helper/address.h. The forms taken are those that Linux 6.18 takes. */
#include "helper/address.h"

#define PARTS 8                 /* of an IPv6 address */
#define NO_GAP SIZE_MAX

static bool hex_value(uint8_t b, unsigned *value)
{
	b = ph_lower(b);
	if (ph_is_digit(b))
		*value = (unsigned)(b - '0');
	else if (b >= 'a' && b <= 'f')
		*value = (unsigned)(b - 'a') + 10;
	else
		return false;
	return true;
}

/* Does an address go on here? */
static bool goes_on(const struct ph_cur *c, bool with_colon)
{
	unsigned value;
	uint8_t b;

	return ph_cur_peek(c, 0, &b) && (hex_value(b, &value) || b == '.' || (with_colon && b == ':'));
}

/* Four numbers below 256 with dots between them. */
static bool read_ipv4(struct ph_cur *c, uint8_t out[4])
{
	struct ph_cur at = *c;
	uint32_t number;

	for (size_t i = 0; i < 4; i++) {
		if ((i > 0 && !ph_cur_byte(&at, '.')) || !ph_cur_dec(&at, 255, &number))
			return false;
		out[i] = (uint8_t)number;
	}
	if (goes_on(&at, false))
		return false;
	*c = at;
	return true;
}

/* Up to four digits that count. */
static bool read_part(struct ph_cur *c, uint16_t *out)
{
	const uint8_t *begin = c->at;
	unsigned value = 0, digit;

	while (ph_cur_left(c) > 0 && hex_value(*c->at, &digit)) {
		value = value << 4 | digit;
		if (value > UINT16_MAX)
			return false;
		c->at++;
	}
	*out = (uint16_t)value;
	return c->at > begin;
}

/* What is being read of an IPv6 address. */
struct reading {
	uint8_t byte[2 * PARTS];
	size_t n;               /* bytes read */
	size_t gap;             /* where "::" stands */
};

/* The last four bytes may be written with dots. */
static bool read_tail(struct ph_cur *c, struct reading *r)
{
	bool may = r->n == 12 || (r->gap != NO_GAP && r->n < 12);

	if (!may || !read_ipv4(c, r->byte + r->n))
		return false;
	r->n += 4;
	return true;
}

static bool read_ipv6_text(struct ph_cur *c, struct reading *r)
{
	struct ph_cur part;
	uint16_t value;

	if (ph_cur_word(c, "::", 2))
		r->gap = 0;
	if (r->gap == 0 && !goes_on(c, true))
		return true;
	for (;;) {
		part = *c;
		if (!read_part(&part, &value) || r->n == sizeof(r->byte))
			return false;
		if (ph_cur_left(&part) > 0 && *part.at == '.')
			return read_tail(c, r);
		*c = part;
		r->byte[r->n++] = (uint8_t)(value >> 8);
		r->byte[r->n++] = (uint8_t)value;
		if (r->gap == NO_GAP && r->n < sizeof(r->byte) && ph_cur_word(c, "::", 2)) {
			r->gap = r->n;
			if (!goes_on(c, true))
				return true;
		} else if (!ph_cur_byte(c, ':')) {
			return !goes_on(c, true);
		}
	}
}

static bool read_ipv6(struct ph_cur *c, uint8_t out[2 * PARTS])
{
	struct reading r = { .gap = NO_GAP };
	struct ph_cur at = *c;
	size_t behind;

	/* A gap stands for at least one part. */
	if (!read_ipv6_text(&at, &r) || (r.gap == NO_GAP) != (r.n == sizeof(r.byte)))
		return false;
	if (r.gap == NO_GAP)
		r.gap = r.n;
	behind = r.n - r.gap;
	memset(out, 0, 2 * PARTS);
	memcpy(out, r.byte, r.gap);
	memcpy(out + 2 * PARTS - behind, r.byte + r.gap, behind);
	*c = at;
	return true;
}

bool ph_text_addr(struct ph_cur *c, uint8_t family, struct ph_addr *out)
{
	struct ph_addr addr = { { 0 } };

	if (!(family == PH_IPV4 ? read_ipv4(c, addr.b) : read_ipv6(c, addr.b)))
		return false;
	*out = addr;
	return true;
}
