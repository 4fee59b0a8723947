/* The words of SIP and SDP; helper/sip/lex.h. */
#include "helper/sip/lex.h"
#include "helper/address.h"

/* What stands in a field's value. */
enum content { CONTENT_LINE = 0, CONTENT_DIGITS, CONTENT_URI };

static const struct {
	const char *name;
	char compact;                   /* 0: it has no short form */
	enum content content;
} fields[] = {
	[PH_SIP_CALL_ID] = { "Call-ID", 'i', CONTENT_LINE },
	[PH_SIP_CSEQ] = { "CSeq", 0, CONTENT_DIGITS },
	[PH_SIP_EXPIRES] = { "Expires", 0, CONTENT_DIGITS },
	[PH_SIP_CONTENT_LENGTH] = { "Content-Length", 'l', CONTENT_DIGITS },
	[PH_SIP_CONTACT] = { "Contact", 'm', CONTENT_URI },
};

#define URI "sip:"
#define DIGITS_MAX 11

bool ph_sip_is_letter(uint8_t b)
{
	return (ph_lower(b) >= 'a' && ph_lower(b) <= 'z') || (b >= 0xc0 && b != 0xd7 && b != 0xf7);
}

static bool is_line_end(uint8_t b)
{
	return b == '\r' || b == '\n';
}

static bool is_blank(uint8_t b)
{
	return b == ' ' || b == '\t';
}

static void skip_blanks(struct ph_cur *c)
{
	while (ph_cur_left(c) > 0 && is_blank(*c->at))
		c->at++;
}

struct ph_cur ph_sip_line(struct ph_cur from)
{
	struct ph_cur end = from;

	while (ph_cur_left(&end) > 0 && !is_line_end(*end.at))
		end.at++;
	from.end = end.at;
	return from;
}

/* To the first byte of the next line. */
static bool next_line(struct ph_cur *c)
{
	uint8_t b;

	while (ph_cur_u8(c, &b)) {
		if (!is_line_end(b))
			continue;
		if (b == '\r' && ph_cur_left(c) > 0 && *c->at == '\n')
			c->at++;
		return ph_cur_left(c) > 0;
	}
	return false;
}

/* Stands on a line end: to behind the blanks of the next line, if it goes on there (RFC 3261 7.3.1). */
static bool unfold(struct ph_cur *c)
{
	struct ph_cur at = *c;

	if (!next_line(&at) || !is_blank(*at.at))
		return false;
	skip_blanks(&at);
	*c = at;
	return true;
}

/* Blanks, and one folded line end among them. False: the line ends here. */
static bool skip_space(struct ph_cur *c)
{
	skip_blanks(c);
	return ph_cur_left(c) > 0 && (!is_line_end(*c->at) || unfold(c));
}

bool ph_sip_search(struct ph_cur *c, const char *text)
{
	size_t len = strlen(text);
	struct ph_cur at = *c;

	if (ph_cur_left(c) < len)
		return false;
	at.end -= len;
	while (ph_cur_left(&at) > 0) {
		struct ph_cur here = { at.at, c->end };

		if (ph_cur_word_nocase(&here, text, len)) {
			c->at = at.at;
			return true;
		}
		/* The first byte of a folded line is stepped over unread, as in the reference. */
		if ((is_line_end(*at.at) && !unfold(&at)) || !ph_cur_skip(&at, 1))
			return false;
	}
	return false;
}

bool ph_sip_number(struct ph_cur *c, uint32_t *number)
{
	const uint8_t *digits = c->at;

	return ph_cur_dec(c, UINT32_MAX, number) && c->at - digits <= DIGITS_MAX;
}

/* Behind an address: the port, 5060 without one. One byte must follow, with or without (checked on 6.18). */
static bool read_port(struct ph_cur *c, uint16_t *port)
{
	const uint8_t *digits;
	uint32_t number;

	*port = PH_SIP_PORT;
	if (!ph_cur_byte(c, ':'))
		return ph_cur_left(c) > 0;
	digits = c->at;
	if (!ph_cur_dec(c, UINT16_MAX, &number) || c->at - digits > 5 || number < 1024 || ph_cur_left(c) == 0)
		return false;
	*port = (uint16_t)number;
	return true;
}

/* Behind a user part, if there is an '@' in the rest of the line. IPv6 stands in brackets. */
static bool read_uri(struct ph_cur *c, uint8_t family, struct ph_sip_value *value)
{
	struct ph_cur line = ph_sip_line(*c);

	if (ph_cur_find(&line, '@'))
		c->at = line.at + 1;
	value->text.at = c->at;
	if ((family == PH_IPV6 && !ph_cur_byte(c, '[')) || !ph_text_addr(c, family, &value->addr) ||
	    (family == PH_IPV6 && !ph_cur_byte(c, ']')) || !read_port(c, &value->port))
		return false;
	value->text.end = c->at;
	return true;
}

static bool read_digits(struct ph_cur c, struct ph_cur *text)
{
	*text = c;
	while (ph_cur_left(&c) > 0 && ph_is_digit(*c.at))
		c.at++;
	text->end = c.at;
	return c.at > text->at;
}

/* The value that begins here. */
static bool read_value(struct ph_cur c, enum content content, uint8_t family, struct ph_sip_value *value)
{
	value->line = value->text = ph_sip_line(c);
	switch (content) {
	case CONTENT_LINE:
		return ph_cur_left(&value->text) > 0;
	case CONTENT_DIGITS:
		return read_digits(c, &value->text);
	case CONTENT_URI:
		return ph_sip_search(&c, URI) && ph_cur_skip(&c, sizeof(URI) - 1) && read_uri(&c, family, value);
	}
	return false;
}

/* At the beginning of a line: takes the name off. The long name need only begin so. */
static bool take_name(struct ph_cur *c, enum ph_sip_field field)
{
	uint8_t first, second;

	if (ph_cur_word_nocase(c, fields[field].name, strlen(fields[field].name)))
		return true;
	return fields[field].compact && ph_cur_peek(c, 0, &first) && ph_cur_peek(c, 1, &second) &&
	       ph_lower(first) == (uint8_t)fields[field].compact && !ph_sip_is_letter(second) && ph_cur_skip(c, 1);
}

enum ph_sip_look ph_sip_find(struct ph_cur *from, enum ph_sip_field field, uint8_t family, struct ph_sip_value *value)
{
	struct ph_cur c = *from;

	while (next_line(&c)) {
		if (is_blank(*c.at) || !take_name(&c, field)) {
			/* A line end that a line begins with begins no further line. */
			c.at++;
			continue;
		}
		/* Without a colon, the reference looks no further. */
		if (!skip_space(&c) || !ph_cur_byte(&c, ':') || !skip_space(&c))
			return PH_SIP_NONE;
		if (read_value(c, fields[field].content, family, value))
			return PH_SIP_FOUND;
		*from = c;
		return PH_SIP_UNUSABLE;
	}
	return PH_SIP_NONE;
}

bool ph_sip_first(struct ph_cur message, enum ph_sip_field field, uint8_t family, struct ph_sip_value *value)
{
	return ph_sip_find(&message, field, family, value) == PH_SIP_FOUND;
}

/* The next entry of a list, behind a comma. */
static enum ph_sip_look next_in_list(struct ph_cur *from, uint8_t family, struct ph_sip_value *value)
{
	struct ph_cur c = *from;

	if (!ph_sip_search(&c, ",") || !ph_sip_search(&c, URI))
		return PH_SIP_NONE;
	value->line = ph_sip_line(c);
	c.at += sizeof(URI) - 1;
	*from = c;
	return read_uri(&c, family, value) ? PH_SIP_FOUND : PH_SIP_UNUSABLE;
}

bool ph_sip_next_contact(struct ph_cur *from, bool *in_list, uint8_t family, struct ph_sip_value *value)
{
	enum ph_sip_look look = *in_list ? PH_SIP_UNUSABLE : PH_SIP_NONE;

	while (look == PH_SIP_UNUSABLE)
		look = next_in_list(from, family, value);
	*in_list = look == PH_SIP_FOUND;
	if (!*in_list)
		look = PH_SIP_UNUSABLE;
	while (look == PH_SIP_UNUSABLE)
		look = ph_sip_find(from, PH_SIP_CONTACT, family, value);
	*in_list = look == PH_SIP_FOUND;
	if (*in_list)
		from->at = value->text.end;
	return *in_list;
}

bool ph_sip_parameter(struct ph_cur from, const char *name, struct ph_cur *value)
{
	struct ph_cur comma = from;

	if (ph_sip_search(&comma, ","))
		from.end = comma.at;
	*value = from;
	return ph_sip_search(value, name) && ph_cur_skip(value, strlen(name));
}

static bool begins_with(const struct ph_cur *c, char letter)
{
	uint8_t first, second;

	return ph_cur_peek(c, 0, &first) && ph_cur_peek(c, 1, &second) && ph_lower(first) == (uint8_t)letter && second == '=';
}

bool ph_sdp_line(struct ph_cur *from, char letter, char until)
{
	struct ph_cur c = *from;

	while (next_line(&c)) {
		if (until && begins_with(&c, until))
			return false;
		if (begins_with(&c, letter)) {
			from->at = c.at + 2;
			return true;
		}
		c.at++;
	}
	return false;
}

bool ph_sdp_search(struct ph_cur *c, const char *text)
{
	size_t len = strlen(text);
	struct ph_cur at = *c;

	while (ph_cur_left(&at) > len && !is_line_end(*at.at)) {
		struct ph_cur here = at;

		if (ph_cur_word(&here, text, len)) {
			*c = here;
			return true;
		}
		at.at++;
	}
	return false;
}
