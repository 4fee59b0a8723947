/* Sources of fragments; see sources.h. */
#include "defrag/sources.h"

#include <stdlib.h>
#include <string.h>

struct source {
	uint32_t next;                  /* of the bucket; slot + 1, 0 ends */
	uint32_t bucket;
	uint32_t refs, count;
	struct ph_addr addr;
};

static struct source *at(const struct ph_frag_sources *sources, uint32_t slot)
{
	return ph_slab_at(&sources->slab, slot);
}

bool ph_frag_sources_init(struct ph_frag_sources *sources, uint32_t max)
{
	uint32_t buckets = 64;

	while (buckets < max)
		buckets *= 2;
	sources->mask = buckets - 1;
	sources->buckets = calloc(buckets, sizeof(*sources->buckets));
	return ph_slab_init(&sources->slab, sizeof(struct source), max) && sources->buckets;
}

void ph_frag_sources_fini(struct ph_frag_sources *sources)
{
	ph_slab_fini(&sources->slab);
	free(sources->buckets);
	sources->buckets = NULL;
}

uint32_t ph_frag_source_get(struct ph_frag_sources *sources, const struct ph_addr *addr, uint64_t hash)
{
	uint32_t bucket = (uint32_t)hash & sources->mask, slot = sources->buckets[bucket];

	while (slot && memcmp(&at(sources, slot - 1)->addr, addr, sizeof(*addr)) != 0)
		slot = at(sources, slot - 1)->next;
	if (!slot) {
		uint32_t made = ph_slab_take(&sources->slab);

		if (made == PH_SLAB_NONE)
			return made;
		*at(sources, made) = (struct source){ .next = sources->buckets[bucket], .bucket = bucket, .addr = *addr };
		slot = sources->buckets[bucket] = made + 1;
	}
	at(sources, slot - 1)->refs++;
	return slot - 1;
}

void ph_frag_source_put(struct ph_frag_sources *sources, uint32_t slot)
{
	uint32_t *link;

	if (slot == PH_SLAB_NONE || --at(sources, slot)->refs > 0)
		return;
	link = &sources->buckets[at(sources, slot)->bucket];
	while (*link != slot + 1)
		link = &at(sources, *link - 1)->next;
	*link = at(sources, slot)->next;
	ph_slab_give(&sources->slab, slot);
}

uint32_t ph_frag_source_count(struct ph_frag_sources *sources, uint32_t slot)
{
	return ++at(sources, slot)->count;
}
