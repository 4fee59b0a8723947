/* Sets of next hops; see hops.h. */
#include "route/hops.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_SLOTS 16u
#define FIRST_LEGS 8u
#define MAX_LEGS (1u << 28)

void ph_hops_fini(struct ph_hops *hops)
{
	free(hops->leg);
	free(hops->slot);
	*hops = (struct ph_hops){ 0 };
}

static uint32_t mix(uint32_t sum, const struct ph_addr *via, int iface)
{
	uint64_t half[2];
	uint64_t h;

	memcpy(half, via->b, sizeof(half));
	h = (half[0] ^ sum ^ (uint64_t)(uint32_t)iface << 32) * 0xff51afd7ed558ccdu;
	h = (h ^ h >> 32 ^ half[1]) * 0xc4ceb9fe1a85ec53u;
	h = (h ^ h >> 33) * 0x9e3779b97f4a7c15u;
	return (uint32_t)(h >> 32);
}

static uint32_t hash_of(const struct ph_route_hop *leg, size_t n)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum = mix(sum, &leg[i].via, leg[i].iface);
	return sum;
}

static uint32_t hash_of_set(const struct ph_hops *hops, uint32_t set)
{
	uint32_t sum = 0;

	do {
		sum = mix(sum, &hops->leg[set].via, hops->leg[set].iface);
	} while (hops->leg[set++].more);
	return sum;
}

static bool is_set(const struct ph_hops *hops, uint32_t set, const struct ph_route_hop *leg, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct ph_leg *have = &hops->leg[set + i];

		if (have->iface != leg[i].iface || have->more != (i + 1 < n) || memcmp(&have->via, &leg[i].via, sizeof(have->via)) != 0)
			return false;
	}
	return true;
}

static bool grow_slots(struct ph_hops *hops)
{
	uint32_t n_slots = hops->n_slots ? hops->n_slots * 2 : FIRST_SLOTS;
	uint32_t *slot = calloc(n_slots, sizeof(*slot));

	if (!slot)
		return false;
	for (uint32_t i = 0; i < hops->n_slots; i++) {
		uint32_t at;

		if (hops->slot[i] == 0)
			continue;
		at = hash_of_set(hops, hops->slot[i] - 1) & (n_slots - 1);
		while (slot[at] != 0)
			at = (at + 1) & (n_slots - 1);
		slot[at] = hops->slot[i];
	}
	free(hops->slot);
	hops->slot = slot;
	hops->n_slots = n_slots;
	return true;
}

/* Room for n more legs and one more set. */
static enum ph_status reserve(struct ph_hops *hops, size_t n)
{
	uint32_t room = hops->room < FIRST_LEGS ? FIRST_LEGS : hops->room;
	struct ph_leg *leg;

	if (hops->n_sets >= hops->n_slots / 4 * 3 && !grow_slots(hops))
		return PH_NO_MEMORY;
	while (room < hops->n_legs + n)
		room += room / 2;
	if (room > MAX_LEGS)
		return PH_FULL;
	if (room == hops->room)
		return PH_OK;
	leg = realloc(hops->leg, room * sizeof(*leg));
	if (!leg)
		return PH_NO_MEMORY;
	hops->leg = leg;
	hops->room = room;
	return PH_OK;
}

enum ph_status ph_hops_intern(struct ph_hops *hops, const struct ph_route_hop *leg, size_t n, uint32_t *set)
{
	enum ph_status status = reserve(hops, n);
	uint32_t at;

	if (status != PH_OK)
		return status;
	at = hash_of(leg, n) & (hops->n_slots - 1);
	for (; hops->slot[at] != 0; at = (at + 1) & (hops->n_slots - 1))
		if (is_set(hops, hops->slot[at] - 1, leg, n)) {
			*set = hops->slot[at] - 1;
			return PH_OK;
		}
	*set = hops->n_legs;
	for (size_t i = 0; i < n; i++)
		hops->leg[hops->n_legs++] = (struct ph_leg){ .via = leg[i].via, .iface = leg[i].iface, .more = i + 1 < n };
	hops->slot[at] = *set + 1;
	hops->n_sets++;
	return PH_OK;
}

enum ph_status ph_hops_trim(struct ph_hops *hops)
{
	struct ph_leg *leg;

	if (hops->n_legs == 0)
		return PH_OK;
	leg = realloc(hops->leg, hops->n_legs * sizeof(*leg));
	if (!leg)
		return PH_NO_MEMORY;
	hops->leg = leg;
	hops->room = hops->n_legs;
	return PH_OK;
}
