/* Sets of next hops, each kept once: a table of a million prefixes has few of them. A set is named by its first leg.
 * Appended to, never removed from. Adding may allocate, reading does not. Owned by route.c. */
#ifndef PH_ROUTE_HOPS_H
#define PH_ROUTE_HOPS_H

#include "route/route.h"

struct ph_leg {
	struct ph_addr via;
	int32_t iface;
	uint32_t more;          /* 1: the next leg of the array belongs to the same set */
};

struct ph_hops {
	struct ph_leg *leg;
	uint32_t *slot;                         /* first leg + 1 of a set; 0: free */
	uint32_t n_legs, room, n_slots, n_sets; /* n_slots: a power of two, more than the sets; or 0 */
};

/* Frees what it holds. Zeroed it is empty. */
void ph_hops_fini(struct ph_hops *hops);

/* The set of these legs, in this order: n is 1 to PH_ROUTE_LEGS; types are ignored. Made if it is new.
 * PH_OK: *set is its first leg; PH_FULL; PH_NO_MEMORY, nothing changed. */
enum ph_status ph_hops_intern(struct ph_hops *hops, const struct ph_route_hop *leg, size_t n, uint32_t *set);

/* Gives spare memory back; PH_OK or PH_NO_MEMORY. */
enum ph_status ph_hops_trim(struct ph_hops *hops);

#endif
