/* What is told of fragments. */
#ifndef PINHOLE_DEFRAG_H
#define PINHOLE_DEFRAG_H

#include <pinhole/base.h>

/* Why a fragment was discarded. */
enum ph_frag_cause {
	PH_FRAG_REPEATED = 0,   /* it, or all its bytes, had come before */
	PH_FRAG_OVERLAP,        /* it covers a part of another one: its datagram is discarded (RFC 5722) */
	PH_FRAG_MALFORMED,      /* empty, cut short, or contradicts another about where the datagram ends */
	PH_FRAG_TOO_LONG,       /* of a datagram longer than 65535 bytes */
	PH_FRAG_ECN,            /* of a datagram marked for ECN in part (RFC 3168 5.3) */
	PH_FRAG_DISTANCE,       /* its source sent too many others before the next one (net.ipv4.ipfrag_max_dist) */
	PH_FRAG_EXPIRED,        /* the rest did not come in time */
	PH_FRAG_FULL,           /* no room */
	PH_FRAG_CAUSES
};

/* A few words for people. Never NULL. */
PH_API const char *ph_frag_cause_text(enum ph_frag_cause cause);

/* Counters since the start, of fragments but for the second. seen = joined + passed + waiting + all that were discarded. */
struct ph_frag_stats {
	uint64_t seen;
	uint64_t datagrams;     /* put together */
	uint64_t joined;        /* of which they were made */
	uint64_t passed;        /* IPv6: cannot be put together, went on as they were */
	uint64_t waiting;       /* now */
	uint64_t discarded[PH_FRAG_CAUSES];
};

#endif
