/* Expectations: connections that a helper says will come. What one is; the table is in track/track.h.
 *
 * Helpers include this header and track/tuple.h, nothing else of this room: they report, they do not act. */
#ifndef PH_TRACK_EXPECT_H
#define PH_TRACK_EXPECT_H

#include <pinhole/track.h>

#define PH_EXPECT_CLASSES 4
#define PH_CONN_HELP_STATE 96   /* bytes a helper may keep for one connection */
#define PH_HELPER_NONE 0        /* helper numbers count from 1; helper/registry.h says what they stand for */

/* What a helper wants expected. The destination, family and protocol are always exact.
 * mask_src all zero: any source; mask_sport 0: any source port. */
struct ph_expect_want {
	struct ph_tuple tuple;
	struct ph_addr mask_src;
	uint16_t mask_sport;
	uint8_t class_;         /* below PH_EXPECT_CLASSES */
	uint8_t flags;          /* PH_EXPECT_* */
	uint8_t child_helper;   /* for the connection that comes, or PH_HELPER_NONE */
	bool any_master;        /* an equal one of another connection counts as "already there" (SIP media) */
	bool ends_inverse;      /* when it is used, the one of the inverse tuple goes too (PPTP) */
	uint32_t tag;           /* the helper's own word to find it again (REMOVE, RETIME) */
};

/* Limits of one class, from the helper's declaration and options. */
struct ph_expect_policy {
	uint16_t max;           /* alive per master; 0 = no limit */
	uint32_t timeout_s;
};

#endif
