/* Fixed-size record store; see slab.h. */
#include "base/slab.h"

#include <stdlib.h>
#include <string.h>

bool ph_slab_init(struct ph_slab *slab, size_t size, uint32_t max)
{
	*slab = (struct ph_slab){ .size = size, .max = max, .free_head = PH_SLAB_NONE };
	/* Large zeroed areas come straight from the system: pages nobody touches are never made. */
	slab->records = calloc(max ? max : 1, size);
	return slab->records != NULL;
}

void ph_slab_fini(struct ph_slab *slab)
{
	free(slab->records);
	slab->records = NULL;
}

uint32_t ph_slab_take(struct ph_slab *slab)
{
	uint32_t slot = slab->free_head;
	void *record;

	if (slot == PH_SLAB_NONE) {
		if (slab->fresh == slab->max)
			return PH_SLAB_NONE;
		slot = slab->fresh++;
		slab->used++;
		return slot;
	}
	record = ph_slab_at(slab, slot);
	memcpy(&slab->free_head, record, sizeof(slab->free_head));
	memset(record, 0, slab->size);
	slab->used++;
	return slot;
}

void ph_slab_give(struct ph_slab *slab, uint32_t slot)
{
	memcpy(ph_slab_at(slab, slot), &slab->free_head, sizeof(slab->free_head));
	slab->free_head = slot;
	slab->used--;
}
