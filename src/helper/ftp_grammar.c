/* The four FTP announcements. Each reader says what Linux 6.18 takes, which is wider than the RFCs: spec of helpers,
 * 3.3. */
#include "helper/ftp_grammar.h"
#include "helper/address.h"

/* Decimal digits, possibly none, which then is 0. Within max, or its low 32 bits when numbers wrap. */
static bool read_number(const struct ph_ftp_grammar *grammar, struct ph_cur *c, uint32_t max, uint32_t *out)
{
	uint32_t value = 0;
	uint8_t b;

	while (ph_cur_peek(c, 0, &b) && ph_is_digit(b)) {
		value = value * 10 + (uint32_t)(b - '0');
		if ((!grammar->wraps && value > max) || !ph_cur_skip(c, 1))
			return false;
	}
	*out = value;
	return true;
}

/* n numbers of one byte each, with a separator between them. */
static bool read_numbers(const struct ph_ftp_grammar *grammar, struct ph_cur *c, char separator, uint32_t *number, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((i > 0 && !ph_cur_byte(c, separator)) || !read_number(grammar, c, UINT8_MAX, &number[i]))
			return false;
	return true;
}

/* Four numbers joined as the kernel does: high bits of one run into the next. */
static void join_ipv4(const uint32_t number[4], struct ph_addr *addr)
{
	uint32_t word = number[0] << 24 | number[1] << 16 | number[2] << 8 | number[3];

	for (unsigned i = 0; i < 4; i++)
		addr->b[i] = (uint8_t)(word >> (24 - 8 * i));
}

/* h1,h2,h3,h4,p1,p2. On IPv6 the reference overwrites the first four bytes of the speaker's address: spec 3.4. */
static bool read_host_port(const struct ph_ftp_grammar *grammar, struct ph_cur *c, struct ph_addr *addr, uint16_t *port)
{
	uint32_t number[6];

	if (!read_numbers(grammar, c, ',', number, 6))
		return false;
	join_ipv4(number, addr);
	*port = (uint16_t)(number[4] << 8 | number[5]);
	return true;
}

/* PORT ends in CR, right behind the last digit. */
static bool read_port(const struct ph_ftp_grammar *grammar, uint8_t family, struct ph_cur *c,
                      struct ph_addr *addr, uint16_t *port)
{
	uint8_t after;

	(void)family;
	return read_host_port(grammar, c, addr, port) && ph_cur_peek(c, 0, &after) && after == '\r';
}

/* 227: the numbers start at the first digit and end in front of anything that is neither digit nor comma. */
static bool read_227(const struct ph_ftp_grammar *grammar, uint8_t family, struct ph_cur *c,
                     struct ph_addr *addr, uint16_t *port)
{
	uint8_t b;

	(void)family;
	while (ph_cur_peek(c, 0, &b) && !ph_is_digit(b))
		if (!ph_cur_skip(c, 1))
			return false;
	return read_host_port(grammar, c, addr, port) && ph_cur_peek(c, 0, &b) && b != ',';
}

/* RFC 2428 2: any printable character but a digit, the same in all places. */
static bool read_delimiter(struct ph_cur *c, uint8_t *out)
{
	return ph_cur_u8(c, out) && *out >= '!' && *out <= '~' && !ph_is_digit(*out);
}

/* A port other than 0, and the delimiter. */
static bool read_pnum(const struct ph_ftp_grammar *grammar, struct ph_cur *c, uint8_t delimiter, uint16_t *port)
{
	uint32_t number;

	if (!read_number(grammar, c, UINT16_MAX, &number) || !ph_cur_byte(c, (char)delimiter))
		return false;
	*port = (uint16_t)number;
	return *port != 0;
}

/* An IPv4 address up to the delimiter, which cannot be the dot. */
static bool read_addr4(const struct ph_ftp_grammar *grammar, struct ph_cur *c, uint8_t delimiter, struct ph_addr *addr)
{
	uint32_t number[4];

	if (delimiter == '.' || !read_numbers(grammar, c, '.', number, 4))
		return false;
	join_ipv4(number, addr);
	return true;
}

/* An IPv6 address in any text form, up to the delimiter. The reference takes any number of leading zeros in its parts,
 * the dotted ones too (checked on 6.18). */
static bool read_addr6(const struct ph_ftp_grammar *grammar, struct ph_cur *c, uint8_t delimiter, struct ph_addr *addr)
{
	struct ph_cur text = *c;

	if (!ph_cur_find(c, (char)delimiter))
		return false;
	text.end = c->at;
	if (!grammar->wraps)
		return ph_addr_parse(PH_IPV6, (const char *)text.at, ph_cur_left(&text), addr);
	return ph_text_addr(&text, PH_IPV6, addr) && ph_cur_left(&text) == 0;
}

/* EPRT |1|addr|port|: the family must be the connection's. */
static bool read_eprt(const struct ph_ftp_grammar *grammar, uint8_t family, struct ph_cur *c,
                      struct ph_addr *addr, uint16_t *port)
{
	uint8_t d;
	bool ok;

	if (!read_delimiter(c, &d) || !ph_cur_byte(c, family == PH_IPV4 ? '1' : '2') || !ph_cur_byte(c, (char)d))
		return false;
	ok = family == PH_IPV4 ? read_addr4(grammar, c, d, addr) : read_addr6(grammar, c, d, addr);
	return ok && ph_cur_byte(c, (char)d) && read_pnum(grammar, c, d, port);
}

/* 229 text (|||port|): no address, it is the speaker's. */
static bool read_229(const struct ph_ftp_grammar *grammar, uint8_t family, struct ph_cur *c,
                     struct ph_addr *addr, uint16_t *port)
{
	uint8_t d;

	(void)family;
	(void)addr;
	return read_delimiter(c, &d) && ph_cur_byte(c, (char)d) && ph_cur_byte(c, (char)d) && read_pnum(grammar, c, d, port);
}

/* Characters between verb and blank, or between "229 " and the parenthesis, are not looked at and may be line ends. */
static const struct ph_ftp_verb verbs[] = {
	{ "PORT", PH_ORIG, ' ', read_port },
	{ "EPRT", PH_ORIG, ' ', read_eprt },
	{ "227 ", PH_REPLY, 0, read_227 },
	{ "229 ", PH_REPLY, '(', read_229 },
	{ NULL, PH_ORIG, 0, NULL },
};

const struct ph_ftp_grammar ph_ftp_kernel = { .verb = verbs, .wraps = true };
const struct ph_ftp_grammar ph_ftp_ranged = { .verb = verbs, .wraps = false };

/* Does the text begin with the verb, or is it nothing but the beginning (or all) of the verb? */
static enum ph_ftp_said match_verb(const struct ph_ftp_verb *verb, struct ph_cur *c)
{
	size_t len = strlen(verb->text), left = ph_cur_left(c);

	if (left <= len)
		return ph_cur_word_nocase(c, verb->text, left) ? PH_FTP_CUT : PH_FTP_NOTHING;
	return ph_cur_word_nocase(c, verb->text, len) ? PH_FTP_HOST : PH_FTP_NOTHING;
}

/* Everything behind the verb. */
static enum ph_ftp_said read_rest(const struct ph_ftp_grammar *grammar, const struct ph_ftp_verb *verb, uint8_t family,
                                  struct ph_cur *c, struct ph_ftp_host *host)
{
	struct ph_ftp_host got = *host;

	if (verb->until && (!ph_cur_find(c, verb->until) || !ph_cur_byte(c, verb->until)))
		return PH_FTP_BROKEN;
	got.spot.at = c->at;
	if (!verb->read(grammar, family, c, &got.addr, &got.port))
		return PH_FTP_BROKEN;
	got.spot.end = c->at;
	*host = got;
	return PH_FTP_HOST;
}

enum ph_ftp_said ph_ftp_read(const struct ph_ftp_grammar *grammar, enum ph_dir dir, uint8_t family, struct ph_cur text,
                             struct ph_ftp_host *host)
{
	for (const struct ph_ftp_verb *verb = grammar->verb; verb->text; verb++) {
		struct ph_cur c = text;
		enum ph_ftp_said said;

		if (verb->dir != dir)
			continue;
		said = match_verb(verb, &c);
		if (said == PH_FTP_HOST)
			return read_rest(grammar, verb, family, &c, host);
		if (said == PH_FTP_CUT)
			return said;
	}
	return PH_FTP_NOTHING;
}
