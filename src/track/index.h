/* The index of confirmed connections: which record has this tuple, and in which direction.
 *
 * One slot a connection serves both directions, because the hash is the same for a tuple and its inverse. (When NAT
 * makes the two differ, the second tuple gets a slot of its own.) Open addressing, linear probing, at most half full;
 * the hash is keyed, so that nobody outside can choose the slot.
 *
 *   slot: | upper half of the hash | record number |      home = hash & mask
 */
#ifndef PH_TRACK_INDEX_H
#define PH_TRACK_INDEX_H

#include <pinhole/base.h>
#include "track/tuple.h"

#define PH_INDEX_SECRET 192

struct ph_index_slot {
	uint32_t tag;                   /* low 32 bits of the hash: the home is in it */
	uint32_t record;                /* number + 1; 0: empty */
};

struct ph_index {
	struct ph_index_slot *slots;
	uint32_t mask;
	uint8_t secret[PH_INDEX_SECRET];
};

/* max: records that may be in it at once, at most 2^30. False without memory. */
PH_MUST_CHECK bool ph_index_init(struct ph_index *index, uint32_t max, const uint64_t key[2]);
void ph_index_fini(struct ph_index *index);

/* Equal for a tuple and its inverse. */
uint32_t ph_index_hash(const struct ph_index *index, const struct ph_tuple *tuple);
/* Any other bytes under the same key. */
uint32_t ph_index_hash_bytes(const struct ph_index *index, const void *data, size_t len);

void ph_index_add(struct ph_index *index, uint32_t hash, uint32_t record);
void ph_index_remove(struct ph_index *index, uint32_t hash, uint32_t record);

/* Walks the records that may have this hash: start with *at = hash & index->mask. Returns the next record, or PH_SLAB_NONE. */
static inline uint32_t ph_index_next(const struct ph_index *index, uint32_t hash, uint32_t *at)
{
	for (;;) {
		const struct ph_index_slot *s = &index->slots[*at];

		if (!s->record)
			return 0xffffffffu;
		*at = (*at + 1) & index->mask;
		if (s->tag == hash)
			return s->record - 1;
	}
}

static inline void ph_index_prefetch(const struct ph_index *index, uint32_t hash)
{
	__builtin_prefetch(&index->slots[hash & index->mask]);
}

#endif
