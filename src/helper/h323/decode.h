/* Walks a message along the tables of types.h and notes what helpers ask for: addresses, a lifetime, a few choices that were made.
 * Iterative, with a stack of fixed depth and a fixed number of steps for a message's length; allocates nothing. */
#ifndef PH_HELPER_H323_DECODE_H
#define PH_HELPER_H323_DECODE_H

#include "helper/h323/per.h"
#include "helper/h323/types.h"

/* Where a decoder may leave X.691. All false is the standard. */
struct ph_h323_rules {
	bool goes_on_behind_stop;       /* a type left at its stop ends there, and the one around it reads on at that bit */
	bool unknown_always_there;      /* additions beyond those known are stepped over even if their bit says they are absent */
	bool time_to_live_twice;        /* the octets of timeToLive are stepped over once more */
	bool short_bitmaps;             /* more than 32 additions, not 64, are refused */
	bool oid_length_octet;          /* the length of an OBJECT IDENTIFIER is one octet, whatever its top bits */
	bool small_is_seven_bits;       /* a normally small number is seven bits, also where the first says it is none */
	bool single_octets_have_length; /* Q.931: elements of one octet are read as having a length and contents */
	bool none_is_broken;            /* Q.931: a message without a user-user element ends its segment */
	bool contents_run_over;         /* what an open type holds may go on behind its end, up to the end of the message */
	bool aligns_behind_bitmap;      /* also if none of the additions is there */
	bool open_field_as_is;          /* the length of a field that is an open type is read without alignment */
	bool bitmap_from_octet;         /* a bitmap that ends with the fourth octet it touches is read from the start of the first */
	bool any_value;                 /* numbers and lengths are not held to their upper bound */
	struct ph_per_lengths lengths;
};

/* Linux 6.18, as measured, and the standards as they are written. */
extern const struct ph_h323_rules ph_h323_rules_kernel, ph_h323_rules_standard;

#define H323_DEPTH 16
#define H323_NOTES 256          /* 34 channels of six notes, and the few of the message around them */

struct ph_h323_note {
	uint32_t marks;         /* set of enum ph_h323_mark */
	uint32_t value;         /* IP4, IP6: the octet in the message where the address begins; NUMBER: the number */
	uint16_t item;          /* which channel of the message, from 1; 0: none */
};

struct ph_h323_said {
	enum ph_h323_message message;
	uint32_t n;
	struct ph_h323_note note[H323_NOTES];
	const char *reached;    /* the field that was read last: where a message broke */
};

/* Reads a whole message of this type. False: it breaks the rules, nothing of it may be used. said is filled in in any case. */
PH_MUST_CHECK bool ph_h323_decode(const struct ph_h323_rules *rules, const struct ph_h323_type *type, struct ph_cur message,
                                  struct ph_h323_said *said);

#endif
