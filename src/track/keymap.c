/* The key map of PPTP's GRE: a packet names only its receiver's call, so the sender's is looked up here.
 * spec/tracking.md 2.4, spec/helpers-voip-vpn.md 3.5. At most one entry a direction and control connection.
 *
 *   bucket (hash of all but the sender's key) -> entries of any control connection */
#include "track/table.h"

static struct ph_keymap *at(const struct ph_track *t, uint32_t slot)
{
	return ph_slab_at(&t->keymaps, slot);
}

/* What a packet shows of its tuple: everything but the sender's key. */
static uint32_t bucket_of(const struct ph_track *t, const struct ph_tuple *tuple)
{
	struct ph_tuple shown = *tuple;

	shown.sport = 0;
	return ph_index_hash_bytes(&t->index, &shown, sizeof(shown)) % PH_KEYMAP_BUCKETS;
}

void ph_keymap_init(struct ph_track *t)
{
	for (size_t i = 0; i < PH_KEYMAP_BUCKETS; i++)
		t->keymap_bucket[i] = PH_NO_SLOT;
}

uint16_t ph_keymap_key(const struct ph_track *t, const struct ph_tuple *shown)
{
	uint32_t slot = t->keymaps.used ? t->keymap_bucket[bucket_of(t, shown)] : PH_NO_SLOT;

	for (; slot != PH_NO_SLOT; slot = at(t, slot)->next) {
		struct ph_tuple tuple = at(t, slot)->tuple;

		tuple.sport = shown->sport;
		if (ph_tuple_equal(&tuple, shown))
			return at(t, slot)->tuple.sport;
	}
	return 0;
}

enum ph_status ph_keymap_add(struct ph_track *t, struct ph_conn *master, enum ph_dir dir, const struct ph_tuple *tuple)
{
	struct ph_conn_help *help = ph_conn_help(t, master);
	struct ph_keymap *map;
	uint32_t slot, bucket;

	if (!help || tuple->proto != PH_PROTO_GRE)
		return PH_INVALID;
	if (help->keymap[dir] != PH_NO_SLOT)
		return ph_tuple_equal(&at(t, help->keymap[dir])->tuple, tuple) ? PH_OK : PH_EXISTS;
	slot = ph_slab_take(&t->keymaps);
	if (slot == PH_SLAB_NONE)
		return PH_FULL;
	map = at(t, slot);
	bucket = bucket_of(t, tuple);
	*map = (struct ph_keymap){ .tuple = *tuple, .next = t->keymap_bucket[bucket], .bucket = bucket };
	t->keymap_bucket[bucket] = slot;
	help->keymap[dir] = slot;
	return PH_OK;
}

void ph_keymap_remove(struct ph_track *t, struct ph_conn *master, enum ph_dir dir)
{
	struct ph_conn_help *help = ph_conn_help(t, master);
	uint32_t slot = help ? help->keymap[dir] : PH_NO_SLOT;
	uint32_t *link;

	if (slot == PH_NO_SLOT)
		return;
	for (link = &t->keymap_bucket[at(t, slot)->bucket]; *link != slot; link = &at(t, *link)->next)
		;
	*link = at(t, slot)->next;
	help->keymap[dir] = PH_NO_SLOT;
	ph_slab_give(&t->keymaps, slot);
}

void ph_keymap_teardown(struct ph_track *t, struct ph_conn *master, enum ph_dir dir, const struct ph_tuple *tuple)
{
	const uint16_t zone[PH_DIRS] = { ph_conn_zone(master, PH_ORIG), ph_conn_zone(master, PH_REPLY) };
	struct ph_conn *child;
	enum ph_dir found;

	ph_keymap_remove(t, master, dir);
	child = ph_conn_lookup(t, tuple, zone, &found);
	if (child)
		ph_conn_kill(t, child, PH_CAUSE_MASTER_GONE);
	else
		(void)ph_expect_remove_tuple(t, master, tuple);
}

void ph_keymap_end(struct ph_track *t, struct ph_conn *conn)
{
	struct ph_conn_help *help = ph_conn_help(t, conn);

	for (int dir = 0; help && dir < PH_DIRS; dir++) {
		struct ph_tuple tuple;

		if (help->keymap[dir] == PH_NO_SLOT)
			continue;
		tuple = at(t, help->keymap[dir])->tuple;
		ph_keymap_teardown(t, conn, (enum ph_dir)dir, &tuple);
	}
	if (conn->tuple.proto != PH_PROTO_GRE || conn->master == PH_NO_SLOT)
		return;
	/* A call that is over takes its keys along. */
	ph_keymap_remove(t, ph_conn_at(t, conn->master), PH_ORIG);
	ph_keymap_remove(t, ph_conn_at(t, conn->master), PH_REPLY);
}
