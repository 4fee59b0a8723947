/* Are the tables of a tracker what they claim to be? Every list, count and reference is followed; for tests and fuzz targets. */
#ifndef TEST_TRACK_TABLES_H
#define TEST_TRACK_TABLES_H

#include <stdlib.h>
#include <string.h>

#include "track/table.h"

struct tables {
	const struct ph_track *t;
	bool *is_free;                  /* by slot of a connection */
	uint32_t *children;
	uint32_t n_alive, n_one_sided, n_expects, n_keymaps, n_helps;
};

static inline bool tables_alive(const struct ph_conn *conn)
{
	return (conn->status & PH_CT_CONFIRMED) && !(conn->status & PH_CT_DYING);
}

static inline uint32_t tables_indexed(const struct ph_track *t, uint32_t slot)
{
	uint32_t hash = ph_index_hash(&t->index, &ph_conn_at(t, slot)->tuple), at = hash & t->index.mask, record, n = 0;

	while ((record = ph_index_next(&t->index, hash, &at)) != PH_SLAB_NONE)
		n += record == slot;
	return n;
}

static inline const char *tables_conn(struct tables *x, uint32_t slot)
{
	const struct ph_conn *conn = ph_conn_at(x->t, slot);
	bool alive = tables_alive(conn);

	if (!(conn->status & PH_CT_EXPECTED) != (conn->master == PH_NO_SLOT))
		return "a child without a master, or a master's without the mark of a child";
	if (conn->master != PH_NO_SLOT) {
		if (conn->master >= x->t->conns.fresh || x->is_free[conn->master] || ph_conn_at(x->t, conn->master)->id >= conn->id)
			return "a master that cannot be";
		x->children[conn->master]++;
	}
	if (conn->id == 0 || conn->id > x->t->next_conn_id || conn->zone_dir > PH_ZONE_BOTH)
		return "an id or zone that cannot be";
	if ((conn->timer.prev != PH_WHEEL_NONE) != alive || tables_indexed(x->t, slot) != alive)
		return "a living one not in the wheel and the index, or a dead one there";
	if (conn->help != PH_NO_SLOT)
		x->n_helps++;
	if (alive && (conn->helper != PH_HELPER_NONE) != (conn->help != PH_NO_SLOT))
		return "a helper without room for its state, or room without a helper";
	x->n_alive += alive;
	x->n_one_sided += alive && conn->zone_dir != PH_ZONE_BOTH;
	return NULL;
}

static inline const struct ph_expect *tables_expect(const struct ph_track *t, uint32_t slot)
{
	return ph_slab_at(&t->expects, slot);
}

/* A master's expectations by class, newest first, and its keys. */
static inline const char *tables_help(struct tables *x, uint32_t slot)
{
	const struct ph_conn_help *help = ph_conn_help(x->t, ph_conn_at(x->t, slot));
	uint32_t n[PH_EXPECT_CLASSES] = { 0 }, before = PH_NO_SLOT;
	uint64_t id = UINT64_MAX;

	if (!help)
		return NULL;
	for (uint32_t at = help->expects; at != PH_NO_SLOT; at = tables_expect(x->t, at)->master_next) {
		const struct ph_expect *e = tables_expect(x->t, at);

		if (e->id == 0 || e->id >= id || e->master != slot || e->master_prev != before || e->class_ >= PH_EXPECT_CLASSES)
			return "an expectation in the wrong list of a master";
		n[e->class_]++;
		x->n_expects++;
		id = e->id;
		before = at;
	}
	for (int class_ = 0; class_ < PH_EXPECT_CLASSES; class_++)
		if (n[class_] != help->n_expects[class_])
			return "a master's count of expectations";
	for (int dir = 0; dir < PH_DIRS; dir++)
		x->n_keymaps += help->keymap[dir] != PH_NO_SLOT;
	return NULL;
}

static inline const char *tables_buckets(const struct tables *x)
{
	const struct ph_track *t = x->t;
	uint32_t n = 0, n_keys = 0;

	for (size_t i = 0; i < PH_EXPECT_BUCKETS; i++) {
		uint32_t before = PH_NO_SLOT;

		for (uint32_t at = t->expect_bucket[i]; at != PH_NO_SLOT; at = tables_expect(t, at)->bucket_next, n++) {
			if (tables_expect(t, at)->bucket != i || tables_expect(t, at)->bucket_prev != before ||
			    tables_expect(t, at)->timer.prev == PH_WHEEL_NONE || n > t->expects.used)
				return "an expectation in the wrong bucket, or without a timer";
			before = at;
		}
	}
	for (size_t i = 0; i < PH_KEYMAP_BUCKETS; i++)
		for (uint32_t at = t->keymap_bucket[i]; at != PH_NO_SLOT; n_keys++) {
			const struct ph_keymap *map = ph_slab_at(&t->keymaps, at);

			if (map->bucket != i || n_keys > t->keymaps.used)
				return "a key in the wrong bucket";
			at = map->next;
		}
	return n == t->expects.used && n_keys == t->keymaps.used ? NULL : "an expectation or a key in no bucket";
}

static inline const char *tables_walk(struct tables *x)
{
	const struct ph_track *t = x->t;
	const char *broken = NULL;
	uint32_t n_indexed = 0;

	for (uint32_t slot = t->conns.free_head; slot != PH_SLAB_NONE; memcpy(&slot, ph_slab_at(&t->conns, slot), sizeof(slot)))
		x->is_free[slot] = true;
	for (uint32_t slot = 0; slot < t->conns.fresh && !broken; slot++)
		if (!x->is_free[slot])
			broken = tables_conn(x, slot);
	for (uint32_t slot = 0; slot < t->conns.fresh && !broken; slot++) {
		const struct ph_conn *conn = ph_conn_at(t, slot);

		if (x->is_free[slot])
			continue;
		if (conn->refs != x->children[slot] + tables_alive(conn))
			broken = "a count of references";
		else
			broken = tables_help(x, slot);
	}
	if (broken)
		return broken;
	for (uint32_t i = 0; i <= t->index.mask; i++)
		n_indexed += t->index.slots[i].record != 0;
	if (n_indexed != x->n_alive || t->stats.conns != t->conns.used || t->stats.expects != t->expects.used ||
	    x->n_expects != t->expects.used || x->n_keymaps != t->keymaps.used || x->n_helps != t->helps.used ||
	    x->n_one_sided != t->n_one_sided)
		return "a sum";
	return tables_buckets(x);
}

/* What is broken, or NULL. Between packets. */
static inline const char *tables_broken(const struct ph_track *t)
{
	struct tables x = { .t = t };
	const char *broken = "no memory";

	x.is_free = calloc((size_t)t->conns.fresh + 1, sizeof(*x.is_free));
	x.children = calloc((size_t)t->conns.fresh + 1, sizeof(*x.children));
	if (x.is_free && x.children)
		broken = tables_walk(&x);
	free(x.is_free);
	free(x.children);
	return broken;
}

#endif
