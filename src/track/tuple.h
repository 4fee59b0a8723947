/* Tuples: building, inverting, comparing. spec/tracking.md 2 gives the facts. */
#ifndef PH_TRACK_TUPLE_H
#define PH_TRACK_TUPLE_H

#include <pinhole/track.h>
#include <string.h>

/* The tuple of the answers. False: ICMP type without an answer; *out unchanged. out may not be in. */
PH_MUST_CHECK bool ph_tuple_invert(const struct ph_tuple *in, struct ph_tuple *out);

static inline bool ph_addr_equal(const struct ph_addr *a, const struct ph_addr *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

static inline bool ph_tuple_equal(const struct ph_tuple *a, const struct ph_tuple *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

_Static_assert(sizeof(struct ph_tuple) == 38, "tuples are compared and hashed as bytes: no padding");

#endif
