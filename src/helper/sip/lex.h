/* The words of SIP and SDP as Linux 6.18 reads them: header fields, addresses, parameters, numbers.
 * spec of helpers 1.4, 1.5; RFC 3261 7.3. Nothing is remembered between calls. */
#ifndef PH_HELPER_SIP_LEX_H
#define PH_HELPER_SIP_LEX_H

#include <pinhole/net.h>
#include "base/cursor.h"

enum ph_sip_field {
	PH_SIP_CALL_ID = 0,     /* the rest of the line */
	PH_SIP_CSEQ,            /* digits */
	PH_SIP_EXPIRES,         /* digits */
	PH_SIP_CONTENT_LENGTH,  /* digits */
	PH_SIP_CONTACT,         /* behind "sip:", an address and perhaps a port; a list */
};

enum ph_sip_look {
	PH_SIP_NONE = 0,
	PH_SIP_FOUND,
	PH_SIP_UNUSABLE,        /* it is there, but does not say what it should */
};

/* What a field says. */
struct ph_sip_value {
	struct ph_cur text;             /* the digits, the address with its port, or the word */
	struct ph_cur line;             /* from the beginning of the value to the end of its line */
	struct ph_addr addr;            /* CONTACT */
	uint16_t port;
};

#define PH_SIP_PORT 5060

/* The first field of that name behind the next line end of *from. FOUND: *value is filled. UNUSABLE: *from has moved to the
 * beginning of the value. family: of addresses. */
enum ph_sip_look ph_sip_find(struct ph_cur *from, enum ph_sip_field field, uint8_t family, struct ph_sip_value *value);

/* The first field of that name in the message that is usable, or none. */
bool ph_sip_first(struct ph_cur message, enum ph_sip_field field, uint8_t family, struct ph_sip_value *value);

/* The next usable Contact: in the list at *from (*in_list: there is one, at first not), else in further fields. Moves *from
 * behind what it found. */
bool ph_sip_next_contact(struct ph_cur *from, bool *in_list, uint8_t family, struct ph_sip_value *value);

/* Moves to where text stands, without regard to case, in a value that may go on in folded lines. At least one byte must
 * follow the text. False and nothing moved if it is not there. */
PH_MUST_CHECK bool ph_sip_search(struct ph_cur *c, const char *text);

/* The first parameter of that name ("expires=") of the entry that begins at `from`, as its value begins; false: none. */
PH_MUST_CHECK bool ph_sip_parameter(struct ph_cur from, const char *name, struct ph_cur *value);

/* The next line of a session description, behind the next line end of *from, that begins with `letter` and '=', before any that
 * begins with `until` (0: none) and '='. Moves *from behind the '='. */
PH_MUST_CHECK bool ph_sdp_line(struct ph_cur *from, char letter, char until);

/* To behind text, in this line, in this case of letters; at least one byte must follow. */
PH_MUST_CHECK bool ph_sdp_search(struct ph_cur *c, const char *text);

/* Takes a decimal number off; at most 11 digits count as one, zeros in front among them (checked on 6.18). */
PH_MUST_CHECK bool ph_sip_number(struct ph_cur *c, uint32_t *number);

/* What a line is, from here to its end. */
struct ph_cur ph_sip_line(struct ph_cur from);

/* A letter, as the reference knows them: those of Latin-1 are some. */
bool ph_sip_is_letter(uint8_t b);

#endif
