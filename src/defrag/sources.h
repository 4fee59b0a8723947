/* How many fragments each IPv4 source has sent, of those that fragments are waiting from (net.ipv4.ipfrag_max_dist). */
#ifndef PH_DEFRAG_SOURCES_H
#define PH_DEFRAG_SOURCES_H

#include <pinhole/net.h>
#include "base/slab.h"

struct ph_frag_sources {
	struct ph_slab slab;
	uint32_t *buckets;
	uint32_t mask;
};

/* max: sources at a time. False without memory. */
PH_MUST_CHECK bool ph_frag_sources_init(struct ph_frag_sources *sources, uint32_t max);
void ph_frag_sources_fini(struct ph_frag_sources *sources);

/* A reference to the source, made if it is new; PH_SLAB_NONE: too many. hash: keyed, of the address. */
uint32_t ph_frag_source_get(struct ph_frag_sources *sources, const struct ph_addr *addr, uint64_t hash);
/* Gives a reference back; PH_SLAB_NONE is fine. */
void ph_frag_source_put(struct ph_frag_sources *sources, uint32_t slot);
/* Counts one fragment more; the count (wraps around). */
uint32_t ph_frag_source_count(struct ph_frag_sources *sources, uint32_t slot);

#endif
