/* The words of SIP and SDP; helper/sip/lex.h. */
#include "helper/sip/lex.h"
#include "helper/address.h"

static const struct {
	const char *name;
	char compact;                   /* 0: it has no short form */
	bool digits;                    /* that is its value; else the rest of the line */
} fields[] = {
	[PH_SIP_CALL_ID] = { "Call-ID", 'i', false },
	[PH_SIP_CSEQ] = { "CSeq", 0, true },
	[PH_SIP_EXPIRES] = { "Expires", 0, true },
	[PH_SIP_CONTENT_LENGTH] = { "Content-Length", 'l', true },
	[PH_SIP_CONTACT] = { "Contact", 'm', false },
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

/* Takes what was looked at off the work that is left. */
static bool spend(uint32_t *work, size_t bytes)
{
	*work = bytes < *work ? *work - (uint32_t)bytes : 0;
	return *work > 0;
}

/* Moves to where text stands, without regard to case, in a value that may go on in folded lines. At least one byte must
 * follow the text. False and nothing moved if it is not there, or if that is more work than may be done. */
static bool search(struct ph_cur *c, const char *text, uint32_t *work)
{
	size_t len = strlen(text);
	struct ph_cur at = *c;
	bool found = false;

	if (ph_cur_left(c) < len)
		return false;
	at.end -= len;
	while (ph_cur_left(&at) > 0 && (size_t)(at.at - c->at) < *work) {
		struct ph_cur here = { at.at, c->end };

		found = ph_cur_word_nocase(&here, text, len);
		/* The first byte of a folded line is stepped over unread, as in the reference. */
		if (found || (is_line_end(*at.at) && !unfold(&at)) || !ph_cur_skip(&at, 1))
			break;
	}
	if (!spend(work, (size_t)(at.at - c->at)) || !found)
		return false;
	c->at = at.at;
	return true;
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

/* To behind the user part, if there is an '@' in the rest of the line. */
static bool skip_user(struct ph_cur *c, uint32_t *work)
{
	struct ph_cur at = *c;

	while (ph_cur_left(&at) > 0 && *at.at != '@' && !is_line_end(*at.at))
		at.at++;
	if (!spend(work, (size_t)(at.at - c->at)))
		return false;
	if (ph_cur_byte(&at, '@'))
		*c = at;
	return true;
}

/* An address, IPv6 in brackets, with its port. */
static bool read_uri(struct ph_cur *c, uint8_t family, struct ph_sip_contact *contact, uint32_t *work)
{
	if (!skip_user(c, work))
		return false;
	contact->text.at = c->at;
	if ((family == PH_IPV6 && !ph_cur_byte(c, '[')) || !ph_text_addr(c, family, &contact->addr) ||
	    (family == PH_IPV6 && !ph_cur_byte(c, ']')) || !read_port(c, &contact->port))
		return false;
	contact->text.end = c->at;
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

/* At the beginning of a line: takes the name off. The long name need only begin so. */
static bool take_name(struct ph_cur *c, enum ph_sip_field field)
{
	uint8_t first, second;

	if (ph_cur_word_nocase(c, fields[field].name, strlen(fields[field].name)))
		return true;
	return fields[field].compact && ph_cur_peek(c, 0, &first) && ph_cur_peek(c, 1, &second) &&
	       ph_lower(first) == (uint8_t)fields[field].compact && !ph_sip_is_letter(second) && ph_cur_skip(c, 1);
}

/* To where the value of the next field of that name begins, behind the next line end. */
static bool find_field(struct ph_cur *from, enum ph_sip_field field)
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
			return false;
		*from = c;
		return true;
	}
	return false;
}

bool ph_sip_first(struct ph_cur message, enum ph_sip_field field, struct ph_cur *value)
{
	if (!find_field(&message, field))
		return false;
	if (fields[field].digits)
		return read_digits(message, value);
	*value = ph_sip_line(message);
	return ph_cur_left(value) > 0;
}

struct ph_sip_contacts ph_sip_contacts_of(struct ph_cur message, uint8_t family)
{
	return (struct ph_sip_contacts){ .from = message, .work = PH_SIP_WORK, .family = family };
}

/* The next entry of the list at hand, usable or not. */
static bool next_in_list(struct ph_sip_contacts *contacts, struct ph_cur *uri)
{
	struct ph_cur c = contacts->from;

	if (!contacts->in_list || !search(&c, ",", &contacts->work) || !search(&c, URI, &contacts->work))
		return false;
	contacts->from = *uri = c;
	return ph_cur_skip(&contacts->from, sizeof(URI) - 1);
}

/* The next field, usable or not. False: there is none. */
static bool next_field(struct ph_sip_contacts *contacts, struct ph_cur *uri)
{
	contacts->in_list = false;
	if (!find_field(&contacts->from, PH_SIP_CONTACT))
		return false;
	*uri = contacts->from;
	return true;
}

bool ph_sip_next_contact(struct ph_sip_contacts *contacts, struct ph_sip_contact *contact)
{
	struct ph_cur c;

	while (contacts->work > 0 && (next_in_list(contacts, &c) || next_field(contacts, &c))) {
		contact->begin = c.at;
		if (!search(&c, URI, &contacts->work) || !ph_cur_skip(&c, sizeof(URI) - 1) ||
		    !read_uri(&c, contacts->family, contact, &contacts->work))
			continue;
		contacts->in_list = true;
		contacts->from.at = contact->text.end;
		return true;
	}
	return false;
}

bool ph_sip_parameter(struct ph_sip_contacts *contacts, const char *name, struct ph_cur *value)
{
	struct ph_cur entry = contacts->from, comma = entry;

	if (search(&comma, ",", &contacts->work))
		entry.end = comma.at;
	*value = entry;
	return search(value, name, &contacts->work) && ph_cur_skip(value, strlen(name));
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
