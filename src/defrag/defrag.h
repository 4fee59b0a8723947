/* Fragments kept until their datagram is whole. spec/tracking.md 1.3 to 1.5; RFC 791 3.2, RFC 8200 4.5, RFC 5722;
 * where these leave a choice it is Linux 6.18's.
 *
 * One caller at a time. Nothing here allocates after ph_defrag_new: each family has a store of fixed size, and what
 * does not fit is discarded and counted. Times are milliseconds of the caller's clock and may not run backwards.
 *
 * Life of a fragment: it waits in the queue of its datagram; it leaves when the last missing one comes (joined), when
 * the queue's time is up, or when another fragment contradicts it (discarded). Every fragment seen has one fate. */
#ifndef PH_DEFRAG_DEFRAG_H
#define PH_DEFRAG_DEFRAG_H

#include <pinhole/defrag.h>
#include "net/packet.h"

struct ph_defrag;

/* The limits of one family. */
struct ph_defrag_limits {
	uint32_t timeout_s;             /* from the first fragment that came, of whatever offset */
	uint32_t memory;                /* bytes, of the waiting fragments and all that is known of them; Linux counts the
	                                 * buffers of its network cards and comes to its limit sooner */
};

struct ph_defrag_config {
	struct ph_defrag_limits limits[2];      /* IPv4, IPv6 */
	uint32_t max_distance;          /* fragments that one IPv4 source may send between two of a datagram; 0: any */
	uint64_t hash_key[2];
	/* A datagram whose fragments wait is given up: its time is over, others came in between, or a fragment that goes on alone broke it.
	 * Not of one that ends with the fragment at work, whose answer says so. NULL: nobody wants to know. */
	void (*given_up)(void *arg, uint64_t number);
	void *arg;
};

/* NULL without memory. */
struct ph_defrag *ph_defrag_new(const struct ph_defrag_config *config);
void ph_defrag_free(struct ph_defrag *defrag);

/* Other limits for what is at work, between two packets: _prepare first, which allocates if something must be; false: no memory, and
 * nothing has changed. Memory can be limited to less than at the start, not to more: ph_defrag_room says which
 * is the most that can be asked for. */
PH_MUST_CHECK bool ph_defrag_prepare(struct ph_defrag *defrag, const struct ph_defrag_config *config);
void ph_defrag_limit(struct ph_defrag *defrag, const struct ph_defrag_config *config, uint64_t now_ms);
size_t ph_defrag_room(const struct ph_defrag *defrag, uint8_t family);

/* Where a fragment is met. Those met at different places never make one datagram. */
struct ph_defrag_place {
	uint32_t user;                  /* hook and zone, as the caller numbers them */
	int iface;                      /* counts for IPv6 destinations that are link-local or multicast */
	uint64_t now_ms;
};

enum ph_defrag_answer {
	PH_DEFRAG_DISCARDED = 0,        /* the caller drops it */
	PH_DEFRAG_HELD,                 /* kept: the caller is done with it */
	PH_DEFRAG_PASS,                 /* not a fragment, or one that is not put together: goes on as it is */
	PH_DEFRAG_WHOLE,                /* its datagram goes on in its place */
};

/* What became of a fragment's datagram. The bytes are valid until the next call. */
struct ph_datagram {
	uint64_t number;                /* of the datagram, from 1, never given twice, if this fragment's answer concerns those that wait:
	                                 * HELD with them, WHOLE, or DISCARDED together with them; otherwise 0 */
	/* WHOLE: */
	const uint8_t *ip;              /* the first fragment's header, lengths and IPv4 checksum made right */
	uint32_t len;
	uint32_t n_fragments;
};

/* False: certainly no fragment, without a closer look. */
static inline bool ph_defrag_concerns(const struct ph_pkt *pkt)
{
	/* The upper-layer header right behind the fixed one: no other header stands between. */
	return pkt->family == PH_IPV4 ? pkt->is_frag : !pkt->l4_found || pkt->ip_hdr_len > 40;
}

/* One packet of a parsed header (PH_PKT_OK). *out is always set. */
PH_MUST_CHECK enum ph_defrag_answer ph_defrag_put(struct ph_defrag *defrag, const struct ph_pkt *pkt,
                                                  const struct ph_defrag_place *place, struct ph_datagram *out);

/* Discards every queue whose time is up. Work by their number: not for the packet path, which does it a few at a time. */
void ph_defrag_advance(struct ph_defrag *defrag, uint64_t now_ms);

/* The counters as of now_ms: also queues that are still to be discarded are counted as expired. */
void ph_defrag_stats(const struct ph_defrag *defrag, uint64_t now_ms, struct ph_frag_stats *out);

/* Bytes in use and at most, of one family. */
size_t ph_defrag_memory(const struct ph_defrag *defrag, uint8_t family);

#endif
