/* How H.323's TCP channels wrap a message: TPKT (RFC 1006) around Q.931 with its user-user element, or around H.245. */
#ifndef PH_HELPER_H323_FRAMING_H
#define PH_HELPER_H323_FRAMING_H

#include "helper/h323/decode.h"

/* The TPKTs of one segment, one after the other. */
struct ph_h323_tpkts {
	struct ph_cur rest;
	uint32_t *remembered;   /* length of a message whose header came in a segment of its own; 0: none. Of one direction */
	bool begun;
};

/* The next message in the segment. False: no more, or no TPKT. A header that stands alone is remembered, one that was is forgotten
 * with the next segment, whether it was of use or not, and be it empty. */
PH_MUST_CHECK bool ph_h323_tpkt_next(struct ph_h323_tpkts *t, struct ph_cur *message);

enum ph_h323_q931 {
	H323_Q931_BROKEN = 0,
	H323_Q931_NONE,         /* well-formed, without a user-user element */
	H323_Q931_FOUND,
};

/* The contents of the first user-user element (Q.931 4.5.30, H.225.0 7.2): an H323-UserInformation. */
enum ph_h323_q931 ph_h323_q931_read(const struct ph_h323_rules *rules, struct ph_cur message, struct ph_cur *user);

#endif
