/* Small reads of one word; see word.h. */
#include "rule/text/word.h"

bool ph_word_copy(const struct ph_word *word, char *out, size_t size)
{
	if (word->len >= size || (word->len && memchr(word->text, '\0', word->len)))
		return false;
	if (word->len)
		memcpy(out, word->text, word->len);
	out[word->len] = '\0';
	return true;
}

bool ph_word_is_plain(const struct ph_word *word)
{
	for (size_t i = 0; i < word->len; i++)
		if ((unsigned char)word->text[i] <= ' ' || word->text[i] == '"' || word->text[i] == '\'' || word->text[i] == 127)
			return false;
	return true;
}

static unsigned digit_value(uint8_t b)
{
	if (ph_is_digit(b))
		return (unsigned)(b - '0');
	b = ph_lower(b);
	return b >= 'a' && b <= 'f' ? (unsigned)(b - 'a') + 10 : 99;
}

/* The base of the number that stands there, its prefix consumed. */
static unsigned number_base(struct ph_cur *c)
{
	uint8_t first, second, third;

	if (!ph_cur_peek(c, 0, &first) || first != '0')
		return 10;
	if (!ph_cur_peek(c, 1, &second))
		return 10;
	if (ph_lower(second) == 'x' && ph_cur_peek(c, 2, &third) && digit_value(third) < 16)
		return ph_cur_skip(c, 2) ? 16 : 0;
	return 8;
}

static bool number(struct ph_cur *c, uint64_t max, uint64_t *out)
{
	struct ph_cur at = *c;
	unsigned base = number_base(&at);
	const uint8_t *start = at.at;
	uint64_t value = 0;

	while (at.at < at.end && digit_value(*at.at) < base) {
		unsigned digit = digit_value(*at.at);

		if (digit > max || value > (max - digit) / base)
			return false;
		value = value * base + digit;
		at.at++;
	}
	if (at.at == start)
		return false;
	*c = at;
	*out = value;
	return true;
}

bool ph_cur_number(struct ph_cur *c, uint32_t max, uint32_t *out)
{
	uint64_t value;

	if (!number(c, max, &value))
		return false;
	*out = (uint32_t)value;
	return true;
}

bool ph_cur_number64(struct ph_cur *c, uint64_t *out)
{
	return number(c, UINT64_MAX, out);
}

bool ph_cur_piece(struct ph_cur *c, char separator, bool *more, struct ph_cur *piece)
{
	if (!*more)
		return false;
	*piece = *c;
	if (ph_cur_find(c, separator)) {
		piece->end = c->at;
		*more = ph_cur_skip(c, 1);
		return true;
	}
	c->at = c->end;
	*more = false;
	return true;
}

bool ph_cur_is(const struct ph_cur *c, const char *name)
{
	size_t len = ph_cur_left(c);

	return len == strlen(name) && memcmp(c->at, name, len) == 0;
}

bool ph_cur_begins_nocase(const struct ph_cur *c, const char *name)
{
	size_t len = ph_cur_left(c);

	if (len > strlen(name))
		return false;
	for (size_t i = 0; i < len; i++)
		if (ph_lower(c->at[i]) != ph_lower((uint8_t)name[i]))
			return false;
	return true;
}

/* An IPv4 address of one to four numbers; missing ones are zero: "10.1" is 10.1.0.0. */
static bool addr4_parse(struct ph_cur c, struct ph_addr *out)
{
	struct ph_addr a = { { 0 } };
	size_t count = 0;
	bool more = true;
	struct ph_cur piece;
	uint32_t n;

	while (ph_cur_piece(&c, '.', &more, &piece)) {
		if (count == 4 || !ph_cur_number(&piece, 255, &n) || ph_cur_left(&piece))
			return false;
		a.b[count++] = (uint8_t)n;
	}
	*out = a;
	return true;
}

/* RFC 6761 6.3: localhost is the loopback address for everybody; other names are not looked up. */
static bool addr_parse(uint8_t family, struct ph_cur c, struct ph_addr *out)
{
	static const struct ph_addr loopback[2] = { { { 127, 0, 0, 1 } }, { { [15] = 1 } } };

	if (ph_cur_is(&c, "localhost")) {
		*out = loopback[family == PH_IPV6];
		return true;
	}
	if (family == PH_IPV4)
		return addr4_parse(c, out);
	return ph_addr_parse(family, (const char *)c.at, ph_cur_left(&c), out);
}

static void mask_of_len(uint32_t len, struct ph_addr *mask)
{
	memset(mask, 0, sizeof(*mask));
	for (uint32_t i = 0; i < len; i++)
		mask->b[i / 8] |= (uint8_t)(0x80 >> (i % 8));
}

static bool mask_parse(uint8_t family, struct ph_cur c, struct ph_addr *mask)
{
	struct ph_cur at = c;
	uint32_t len;

	if (ph_cur_number(&at, family == PH_IPV4 ? 32 : 128, &len) && !ph_cur_left(&at)) {
		mask_of_len(len, mask);
		return true;
	}
	/* A mask of IPv4 has all its four numbers, and one without dots is a length that is too long. */
	at = c;
	if (family == PH_IPV4 && !ph_cur_find(&at, '.'))
		return false;
	return ph_addr_parse(family, (const char *)c.at, ph_cur_left(&c), mask);
}

const char *ph_addr_test_parse(uint8_t family, struct ph_cur text, bool keep_host, struct ph_addr_test *out)
{
	static const struct ph_addr zero;
	struct ph_addr_test t = { .addr = zero };
	struct ph_cur address = text;

	mask_of_len(family == PH_IPV4 ? 32 : 128, &t.mask);
	if (ph_cur_find(&text, '/')) {
		address.end = text.at;
		if (!ph_cur_skip(&text, 1) || !mask_parse(family, text, &t.mask))
			return family == PH_IPV4 ? "the mask is neither a length from 0 to 32 nor an address" :
			       "the mask is neither a length from 0 to 128 nor an address";
	}
	/* "any/0": behind a mask of zero the name does not matter. */
	if (!addr_parse(family, address, &t.addr) && memcmp(&t.mask, &zero, sizeof(zero)) != 0)
		return family == PH_IPV4 ? "not an IPv4 address (names are not looked up)" :
		       "not an IPv6 address (names are not looked up)";
	for (size_t i = 0; !keep_host && i < sizeof(t.addr.b); i++)
		t.addr.b[i] &= t.mask.b[i];
	*out = t;
	return NULL;
}

/* Levenshtein's distance of short words; 99 for long ones. */
static unsigned distance(const char *a, size_t na, const char *b, size_t nb)
{
	unsigned row[33];

	if (na > 32 || nb > 32)
		return 99;
	for (unsigned j = 0; j <= nb; j++)
		row[j] = j;
	for (size_t i = 0; i < na; i++) {
		unsigned corner = row[0];

		row[0] = (unsigned)i + 1;
		for (size_t j = 0; j < nb; j++) {
			unsigned best = corner + (ph_lower((uint8_t)a[i]) != ph_lower((uint8_t)b[j]));

			corner = row[j + 1];
			best = corner + 1 < best ? corner + 1 : best;
			row[j + 1] = row[j] + 1 < best ? row[j] + 1 : best;
		}
	}
	return row[nb];
}

const char *ph_nearest(const char *const *names, const char *text, size_t len)
{
	const char *best = NULL;
	unsigned limit = len <= 3 ? 1 : len <= 6 ? 2 : 3;

	for (; *names; names++) {
		unsigned d = distance(text, len, *names, strlen(*names));

		if (d <= limit) {
			limit = d ? d - 1 : 0;
			best = *names;
			if (d <= 1)
				break;
		}
	}
	return best;
}
