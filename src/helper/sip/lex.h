/* The words of SIP and SDP as Linux 6.18 reads them: header fields, addresses, parameters, numbers.
 * spec of helpers 1.4, 1.5; RFC 3261 7.3. Nothing is remembered between calls. */
#ifndef PH_HELPER_SIP_LEX_H
#define PH_HELPER_SIP_LEX_H

#include <pinhole/net.h>
#include "base/cursor.h"

enum ph_sip_field {
	PH_SIP_CALL_ID = 0,
	PH_SIP_CSEQ,            /* digits */
	PH_SIP_EXPIRES,         /* digits */
	PH_SIP_CONTENT_LENGTH,  /* digits */
	PH_SIP_CONTACT,         /* a list: ph_sip_next_contact() */
};

/* What the first field of that name in the message says: the digits its value begins with, or the rest of the line.
 * False: there is none, or it does not say that. */
PH_MUST_CHECK bool ph_sip_first(struct ph_cur message, enum ph_sip_field field, struct ph_cur *value);

/* A contact that can be used: behind "sip:" an address, and perhaps a port. */
struct ph_sip_contact {
	struct ph_cur text;             /* address and port */
	const uint8_t *begin;           /* of the entry */
	struct ph_addr addr;
	uint16_t port;
};

#define PH_SIP_PORT 5060        /* where none is given */

/* A walk through the contacts of a message. Entries of a list and folded lines let one message name the same bytes again and again:
 * work is what may still be looked at. */
struct ph_sip_contacts {
	struct ph_cur from;             /* behind the last one */
	uint32_t work;                  /* bytes; 0: the walk has ended, whatever follows */
	uint8_t family;
	bool in_list;
};
#define PH_SIP_WORK (1u << 20)  /* contacts as people write them take their own length a few times */

struct ph_sip_contacts ph_sip_contacts_of(struct ph_cur message, uint8_t family);

/* The next usable Contact: in the list at hand, else in further fields. */
PH_MUST_CHECK bool ph_sip_next_contact(struct ph_sip_contacts *contacts, struct ph_sip_contact *contact);

/* The first parameter of that name ("expires=") behind the contact found last, as its value begins; false: none, or no work left. */
PH_MUST_CHECK bool ph_sip_parameter(struct ph_sip_contacts *contacts, const char *name, struct ph_cur *value);

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
