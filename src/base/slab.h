/* Records of one size, counted from the start: an array and a stack of free slots. Records are named by slot number, so
 * that references take four bytes and never dangle into freed memory. Untouched slots cost no real memory.
 * Taking and giving back never allocates; full is an answer, not an error. */
#ifndef PH_BASE_SLAB_H
#define PH_BASE_SLAB_H

#include <pinhole/base.h>

#define PH_SLAB_NONE 0xffffffffu

struct ph_slab {
	uint8_t *records;
	size_t size;                    /* bytes of a record */
	uint32_t max, used, fresh;      /* slots in all; taken; never taken so far start here */
	uint32_t free_head;             /* chain through the first four bytes of free records */
};

/* size: at least 4. False without memory. */
PH_MUST_CHECK bool ph_slab_init(struct ph_slab *slab, size_t size, uint32_t max);
void ph_slab_fini(struct ph_slab *slab);

/* A zeroed record, or PH_SLAB_NONE when all are taken. */
uint32_t ph_slab_take(struct ph_slab *slab);
void ph_slab_give(struct ph_slab *slab, uint32_t slot);

static inline void *ph_slab_at(const struct ph_slab *slab, uint32_t slot)
{
	return slab->records + (size_t)slot * slab->size;
}

#endif
