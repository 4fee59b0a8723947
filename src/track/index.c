/* The keyed index of connections; see index.h. */
#include "track/index.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <stdlib.h>

bool ph_index_init(struct ph_index *index, uint32_t max, const uint64_t key[2])
{
	uint64_t size = 64;

	while (size < (uint64_t)max * 2)
		size *= 2;
	*index = (struct ph_index){ .mask = (uint32_t)(size - 1) };
	XXH3_generateSecret(index->secret, sizeof(index->secret), key, 2 * sizeof(key[0]));
	index->slots = calloc(size, sizeof(*index->slots));
	return index->slots != NULL;
}

void ph_index_fini(struct ph_index *index)
{
	free(index->slots);
	index->slots = NULL;
}

uint32_t ph_index_hash_bytes(const struct ph_index *index, const void *data, size_t len)
{
	return (uint32_t)XXH3_64bits_withSecret(data, len, index->secret, sizeof(index->secret));
}

/* ICMP requests and their answers share the smaller of the two types; the others are as they are. */
static uint16_t either_type(const struct ph_tuple *tuple)
{
	struct ph_tuple back;

	if (!ph_tuple_invert(tuple, &back))
		return tuple->dport;
	return back.dport < tuple->dport ? back.dport : tuple->dport;
}

uint32_t ph_index_hash(const struct ph_index *index, const struct ph_tuple *tuple)
{
	struct ph_tuple sorted = *tuple;
	int order = memcmp(&tuple->src, &tuple->dst, sizeof(tuple->src));

	if (order > 0) {
		sorted.src = tuple->dst;
		sorted.dst = tuple->src;
	}
	if (tuple->proto == PH_PROTO_ICMP || tuple->proto == PH_PROTO_ICMPV6) {
		sorted.dport = either_type(tuple);
	} else if (order > 0 || (order == 0 && tuple->sport > tuple->dport)) {
		sorted.sport = tuple->dport;
		sorted.dport = tuple->sport;
	}
	return ph_index_hash_bytes(index, &sorted, sizeof(sorted));
}

void ph_index_add(struct ph_index *index, uint32_t hash, uint32_t record)
{
	uint32_t at = hash & index->mask;

	while (index->slots[at].record)
		at = (at + 1) & index->mask;
	index->slots[at] = (struct ph_index_slot){ hash, record + 1 };
}

/* Closes the gap at `hole`: whatever was pushed over it by probing moves back. */
static void close_gap(struct ph_index *index, uint32_t hole)
{
	uint32_t at = hole;

	for (;;) {
		uint32_t home;

		at = (at + 1) & index->mask;
		if (!index->slots[at].record)
			break;
		home = index->slots[at].tag & index->mask;
		if (((at - home) & index->mask) < ((at - hole) & index->mask))
			continue;       /* its home lies behind the hole */
		index->slots[hole] = index->slots[at];
		hole = at;
	}
	index->slots[hole] = (struct ph_index_slot){ 0, 0 };
}

void ph_index_remove(struct ph_index *index, uint32_t hash, uint32_t record)
{
	uint32_t at = hash & index->mask;

	while (index->slots[at].record) {
		if (index->slots[at].record == record + 1) {
			close_gap(index, at);
			return;
		}
		at = (at + 1) & index->mask;
	}
}
