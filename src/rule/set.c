/* What sets hold; see set.h. What packets ask is set_packet.c. */
#include "rule/set.h"

#include <stdlib.h>
#include <string.h>

#define ROOM_FIRST 64u
#define ROOM_MAX (1u << 20)
#define NO_PLACE 0u

const struct ph_set_type ph_set_types[] = {
	{ .name = "hash:ip", .old = "iphash", .n = 1, .part = { PH_SET_IP } },
	{ .name = "hash:net", .old = "nethash", .n = 1, .part = { PH_SET_NET } },
	{ .name = "hash:ip,port", .old = "ipporthash", .n = 2, .part = { PH_SET_IP, PH_SET_PORT } },
	{ .name = "hash:net,port", .n = 2, .part = { PH_SET_NET, PH_SET_PORT } },
	{ .name = "hash:ip,port,ip", .old = "ipportiphash", .n = 3, .part = { PH_SET_IP, PH_SET_PORT, PH_SET_IP2 } },
	{ .name = "hash:ip,port,net", .old = "ipportnethash", .n = 3, .part = { PH_SET_IP, PH_SET_PORT, PH_SET_NET2 } },
	{ .name = "hash:net,iface", .n = 2, .part = { PH_SET_NET, PH_SET_IFACE }, .any_net = true },
	{ .name = "hash:mac", .n = 1, .part = { PH_SET_MAC } },
	{ .name = "bitmap:ip", .old = "ipmap", .n = 1, .part = { PH_SET_IP }, .bitmap = true },
	{ .name = "bitmap:port", .old = "portmap", .n = 1, .part = { PH_SET_PORT }, .bitmap = true },
	{ .name = "list:set", .old = "setlist", .list = true },
	{ .name = NULL },
};

struct ph_sets *ph_sets_new(void)
{
	return calloc(1, sizeof(struct ph_sets));
}

static void set_free(struct ph_set *set)
{
	free(set->elem);
	free(set->bucket);
	free(set->member);
	free(set);
}

void ph_sets_free(struct ph_sets *sets)
{
	if (!sets)
		return;
	while (sets->first) {
		struct ph_set *next = sets->first->next;

		set_free(sets->first);
		sets->first = next;
	}
	free(sets);
}

struct ph_set *ph_sets_find(const struct ph_sets *sets, const char *name)
{
	struct ph_set *set = sets ? sets->first : NULL;

	while (set && strcmp(set->name, name) != 0)
		set = set->next;
	return set;
}

static uint32_t hash_of(const struct ph_set_key *key)
{
	const uint8_t *bytes = (const void *)key;
	uint64_t hash = 0xcbf29ce484222325u;

	for (size_t i = 0; i < sizeof(*key); i++)
		hash = (hash ^ bytes[i]) * 0x100000001b3u;
	return (uint32_t)(hash >> 32 ^ hash);
}

static uint32_t *bucket_of(const struct ph_set *set, const struct ph_set_key *key)
{
	return &set->bucket[hash_of(key) & set->mask];
}

static bool has_part(const struct ph_set *set, enum ph_set_part part)
{
	return memchr(set->config.type->part, part, set->config.type->n) != NULL;
}

/* As many buckets as places; a power of two. */
static bool resize(struct ph_set *set, uint32_t room)
{
	uint32_t *bucket = calloc(room, sizeof(*bucket));
	struct ph_set_elem *elem = bucket ? calloc(room, sizeof(*elem)) : NULL;

	if (!elem) {
		free(bucket);
		return false;
	}
	if (set->used)
		memcpy(elem, set->elem, set->used * sizeof(*elem));
	free(set->elem);
	set->elem = elem;
	set->room = room;
	set->mask = room - 1;
	/* Only a set without spare places grows: all that were ever used are in it. */
	for (uint32_t old = 0; set->bucket && old < set->used; old++) {
		uint32_t *head = &bucket[hash_of(&elem[old].key) & set->mask];

		elem[old].next = *head;
		*head = old + 1;
	}
	free(set->bucket);
	set->bucket = bucket;
	return true;
}

enum ph_status ph_set_create(struct ph_sets *sets, const char *name, const struct ph_set_config *config)
{
	struct ph_set **last = &sets->first, *set;

	if (ph_sets_find(sets, name))
		return PH_EXISTS;
	set = calloc(1, sizeof(*set));
	if (!set)
		return PH_NO_MEMORY;
	memcpy(set->name, name, strnlen(name, PH_SET_NAME_SIZE - 1));
	set->sets = sets;
	set->config = *config;
	if (!config->type->list && !resize(set, ROOM_FIRST)) {
		set_free(set);
		return PH_NO_MEMORY;
	}
	while (*last)
		last = &(*last)->next;
	*last = set;
	return PH_OK;
}

void ph_set_destroy(struct ph_set *set)
{
	struct ph_set **at = &set->sets->first;

	while (*at != set)
		at = &(*at)->next;
	*at = set->next;
	ph_set_flush(set);
	set_free(set);
}

void ph_set_flush(struct ph_set *set)
{
	for (size_t i = 0; i < set->n_members; i++)
		set->member[i].set->refs--;
	set->n_members = 0;
	set->n = set->used = set->spare = 0;
	memset(set->n_cidr, 0, sizeof(set->n_cidr));
	memset(set->n_cidr2, 0, sizeof(set->n_cidr2));
	if (set->bucket)
		memset(set->bucket, 0, (size_t)set->room * sizeof(*set->bucket));
}

void ph_set_swap(struct ph_set *a, struct ph_set *b)
{
	char name[PH_SET_NAME_SIZE];
	unsigned refs = a->refs;

	memcpy(name, a->name, sizeof(name));
	memcpy(a->name, b->name, sizeof(name));
	memcpy(b->name, name, sizeof(name));
	a->refs = b->refs;
	b->refs = refs;
	/* A list goes on holding what has the name it was given. */
	for (struct ph_set *list = a->sets->first; list; list = list->next)
		for (size_t i = 0; i < list->n_members; i++) {
			struct ph_set **member = &list->member[i].set;

			*member = *member == a ? b : *member == b ? a : *member;
		}
}

static uint32_t most(const struct ph_set *set)
{
	return set->config.maxelem && set->config.maxelem < ROOM_MAX ? set->config.maxelem : ROOM_MAX;
}

bool ph_set_reserve(struct ph_set *set)
{
	uint32_t room = set->room;

	if (set->config.type->list)
		return true;
	while (room < most(set))
		room *= 2;
	return room == set->room || set->spare != NO_PLACE || resize(set, room);
}

static void count_nets(struct ph_set *set, const struct ph_set_key *key, uint32_t by)
{
	if (has_part(set, PH_SET_NET))
		set->n_cidr[key->cidr] += by;
	if (has_part(set, PH_SET_NET2))
		set->n_cidr2[key->cidr2] += by;
}

struct ph_set_elem *ph_set_find(const struct ph_set *set, const struct ph_set_key *key)
{
	uint32_t at = *bucket_of(set, key);

	while (at != NO_PLACE && memcmp(&set->elem[at - 1].key, key, sizeof(*key)) != 0)
		at = set->elem[at - 1].next;
	return at == NO_PLACE ? NULL : &set->elem[at - 1];
}

enum ph_status ph_set_insert(struct ph_set *set, const struct ph_set_elem *elem, bool grow)
{
	uint32_t at = set->spare, *head;

	if (ph_set_find(set, &elem->key))
		return PH_EXISTS;
	if (set->n >= most(set))
		return PH_FULL;
	if (at != NO_PLACE) {
		set->spare = set->elem[at - 1].next;
	} else {
		if (set->used == set->room && (!grow || !resize(set, set->room * 2)))
			return grow ? PH_NO_MEMORY : PH_FULL;
		at = ++set->used;
	}
	head = bucket_of(set, &elem->key);
	set->elem[at - 1] = *elem;
	set->elem[at - 1].next = *head;
	*head = at;
	set->n++;
	count_nets(set, &elem->key, 1);
	return PH_OK;
}

bool ph_set_remove(struct ph_set *set, const struct ph_set_key *key)
{
	uint32_t *link = bucket_of(set, key), at;

	while ((at = *link) != NO_PLACE) {
		struct ph_set_elem *elem = &set->elem[at - 1];

		if (memcmp(&elem->key, key, sizeof(*key)) == 0) {
			count_nets(set, &elem->key, (uint32_t)-1);
			*link = elem->next;
			elem->next = set->spare;
			set->spare = at;
			set->n--;
			return true;
		}
		link = &elem->next;
	}
	return false;
}

bool ph_set_member_add(struct ph_set *list, struct ph_set *member, size_t at, uint32_t timeout_s)
{
	struct ph_set_member *grown = realloc(list->member, (list->n_members + 1) * sizeof(*grown));

	if (!grown)
		return false;
	list->member = grown;
	memmove(&grown[at + 1], &grown[at], (list->n_members - at) * sizeof(*grown));
	grown[at] = (struct ph_set_member){ .set = member, .loaded = true, .expires_ms = (uint64_t)timeout_s * 1000 };
	list->n_members++;
	member->refs++;
	return true;
}

void ph_set_cut(struct ph_addr *addr, unsigned len)
{
	for (unsigned i = 0; i < sizeof(addr->b); i++) {
		unsigned keep = len > 8 * i ? len - 8 * i : 0;

		if (keep < 8)
			addr->b[i] &= (uint8_t)(0xff00 >> keep);
	}
}
