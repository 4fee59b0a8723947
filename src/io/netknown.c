/* Links and addresses of the last dump; see netknown.h. */
#include "io/netknown.h"

#include <stdlib.h>

#define FIRST_SLOTS 64u

enum { KIND_NONE = 0, KIND_LINK, KIND_ADDR };

/* Zero-padded by initialisation and without gaps, so that it can be compared at once. */
struct ph_netknown_item {
	uint32_t kind, ifindex;
	uint8_t family, prefix_len, bits, zero[5];
	struct ph_addr addr, broadcast;         /* of a link: its name, nothing */
};

_Static_assert(sizeof(struct ph_netknown_item) == 48 && sizeof(struct ph_addr) == PH_IFNAME_ROOM, "no gaps");

static struct ph_netknown_item of_link(const struct ph_nl_link *link)
{
	struct ph_netknown_item item = {
		.kind = KIND_LINK, .ifindex = link->link.ifindex,
		.bits = (uint8_t)(link->link.up | link->link.loopback << 1 | link->carrier << 2),
	};

	memcpy(item.addr.b, link->link.name, sizeof(item.addr.b));
	return item;
}

static struct ph_netknown_item of_addr(const struct ph_net_addr *addr)
{
	return (struct ph_netknown_item){
		.kind = KIND_ADDR, .ifindex = addr->ifindex, .family = addr->family, .prefix_len = addr->prefix_len,
		.bits = (uint8_t)(addr->has_broadcast | addr->secondary << 1), .addr = addr->addr, .broadcast = addr->broadcast,
	};
}

static size_t hash(const struct ph_netknown_item *item)
{
	uint64_t word[sizeof(*item) / 8], h = 0;

	memcpy(word, item, sizeof(word));
	for (size_t i = 0; i < sizeof(word) / sizeof(*word); i++)
		h = ((h ^ word[i]) * 0x9e3779b97f4a7c15u) ^ h >> 29;
	return (size_t)(h >> 32);
}

/* Where it is, or the free slot where it belongs. There always is a free one. */
static struct ph_netknown_item *slot_of(const struct ph_netknown *known, const struct ph_netknown_item *item)
{
	size_t at = hash(item) & (known->n_slots - 1);

	while (known->slot[at].kind != KIND_NONE && memcmp(&known->slot[at], item, sizeof(*item)) != 0)
		at = (at + 1) & (known->n_slots - 1);
	return &known->slot[at];
}

static bool grow(struct ph_netknown *known)
{
	struct ph_netknown bigger = { .n_items = known->n_items, .n_slots = known->n_slots ? known->n_slots * 2 : FIRST_SLOTS };

	bigger.slot = calloc(bigger.n_slots, sizeof(*bigger.slot));
	if (!bigger.slot)
		return false;
	for (size_t i = 0; i < known->n_slots; i++)
		if (known->slot[i].kind != KIND_NONE)
			*slot_of(&bigger, &known->slot[i]) = known->slot[i];
	free(known->slot);
	*known = bigger;
	return true;
}

void ph_netknown_fini(struct ph_netknown *known)
{
	free(known->slot);
	*known = (struct ph_netknown){ 0 };
}

static enum ph_status add(struct ph_netknown *known, const struct ph_netknown_item *item)
{
	struct ph_netknown_item *slot;

	if (known->n_items >= known->n_slots / 2 && !grow(known))
		return PH_NO_MEMORY;
	slot = slot_of(known, item);
	known->n_items += slot->kind == KIND_NONE;
	*slot = *item;
	return PH_OK;
}

static bool contains(const struct ph_netknown *known, const struct ph_netknown_item *item)
{
	return known->n_slots > 0 && slot_of(known, item)->kind != KIND_NONE;
}

enum ph_status ph_netknown_add_link(struct ph_netknown *known, const struct ph_nl_link *link)
{
	const struct ph_netknown_item item = of_link(link);

	return add(known, &item);
}

enum ph_status ph_netknown_add_addr(struct ph_netknown *known, const struct ph_net_addr *addr)
{
	const struct ph_netknown_item item = of_addr(addr);

	return add(known, &item);
}

bool ph_netknown_has_link(const struct ph_netknown *known, const struct ph_nl_link *link)
{
	const struct ph_netknown_item item = of_link(link);

	return contains(known, &item);
}

bool ph_netknown_has_addr(const struct ph_netknown *known, const struct ph_net_addr *addr)
{
	const struct ph_netknown_item item = of_addr(addr);

	return contains(known, &item);
}
