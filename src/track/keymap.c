/* The key map of PPTP's GRE: a packet names only its receiver's call, so the sender's is looked up here.
 * spec/tracking.md 2.4, spec/helpers-voip-vpn.md 3.5. At most one entry a direction and control connection.
 *
 *   bucket (hash of all but the sender's key) -> oldest .. newest of any control connection
 *                                                oldest->prev = newest
 *
 * Two connections between the same hosts may name the same receiver's call: the older entry answers for both (checked on
 * 6.18). */
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

/* Does a packet of this tuple show what the entry is found by? The sender's key does not count. */
static bool shows(const struct ph_keymap *map, struct ph_tuple tuple)
{
	tuple.sport = map->tuple.sport;
	return ph_tuple_equal(&map->tuple, &tuple);
}

uint16_t ph_keymap_key(const struct ph_track *t, const struct ph_tuple *shown)
{
	uint32_t slot = t->keymaps.used ? t->keymap_bucket[bucket_of(t, shown)] : PH_NO_SLOT;

	for (; slot != PH_NO_SLOT; slot = at(t, slot)->next)
		if (shows(at(t, slot), *shown))
			return at(t, slot)->tuple.sport;
	return 0;
}

static void link_in(struct ph_track *t, uint32_t slot)
{
	struct ph_keymap *map = at(t, slot), *oldest;
	uint32_t *head = &t->keymap_bucket[map->bucket];

	map->prev = slot;
	if (*head == PH_NO_SLOT) {
		*head = slot;
		return;
	}
	oldest = at(t, *head);
	map->prev = oldest->prev;
	at(t, oldest->prev)->next = slot;
	oldest->prev = slot;
}

static void link_out(struct ph_track *t, uint32_t slot)
{
	struct ph_keymap *map = at(t, slot);
	uint32_t *head = &t->keymap_bucket[map->bucket];

	if (*head == slot)
		*head = map->next;
	else
		at(t, map->prev)->next = map->next;
	if (map->next != PH_NO_SLOT)
		at(t, map->next)->prev = map->prev;
	else if (*head != PH_NO_SLOT)
		at(t, *head)->prev = map->prev;
}

enum ph_status ph_keymap_add(struct ph_track *t, struct ph_conn *master, enum ph_dir dir, const struct ph_tuple *tuple)
{
	struct ph_conn_help *help = ph_conn_help(t, master);
	struct ph_keymap *map;
	uint32_t slot;

	if (!help || tuple->proto != PH_PROTO_GRE)
		return PH_INVALID;
	if (help->keymap[dir] != PH_NO_SLOT)
		return shows(at(t, help->keymap[dir]), *tuple) ? PH_OK : PH_EXISTS;
	slot = ph_slab_take(&t->keymaps);
	if (slot == PH_SLAB_NONE)
		return PH_FULL;
	map = at(t, slot);
	*map = (struct ph_keymap){ .tuple = *tuple, .next = PH_NO_SLOT, .bucket = bucket_of(t, tuple) };
	link_in(t, slot);
	help->keymap[dir] = slot;
	return PH_OK;
}

void ph_keymap_remove(struct ph_track *t, struct ph_conn *master, enum ph_dir dir)
{
	struct ph_conn_help *help = ph_conn_help(t, master);
	uint32_t slot = help ? help->keymap[dir] : PH_NO_SLOT;

	if (slot == PH_NO_SLOT)
		return;
	link_out(t, slot);
	help->keymap[dir] = PH_NO_SLOT;
	ph_slab_give(&t->keymaps, slot);
}

void ph_keymap_teardown(struct ph_track *t, struct ph_conn *master, enum ph_dir dir, const struct ph_tuple *tuple,
                        enum ph_cause cause)
{
	const uint16_t zone[PH_DIRS] = { ph_conn_zone(master, PH_ORIG), ph_conn_zone(master, PH_REPLY) };
	struct ph_conn *child;
	enum ph_dir found;

	ph_keymap_remove(t, master, dir);
	child = ph_conn_lookup(t, tuple, zone, &found);
	if (child)
		ph_conn_kill(t, child, cause);
	else
		(void)ph_expect_remove_tuple(t, master->zone, tuple, cause);
}

static void forget_keys(struct ph_track *t, struct ph_conn *master)
{
	ph_keymap_remove(t, master, PH_ORIG);
	ph_keymap_remove(t, master, PH_REPLY);
}

void ph_keymap_end(struct ph_track *t, struct ph_conn *conn)
{
	forget_keys(t, conn);
	/* A call that is over takes its keys along. */
	if (conn->tuple.proto == PH_PROTO_GRE && conn->master != PH_NO_SLOT)
		forget_keys(t, ph_conn_at(t, conn->master));
}
