/* The firewall's own addresses, in the order of adding: what an interface takes for its broadcast address, and from which
 * address it would send. */
#ifndef PH_ROUTE_OWN_H
#define PH_ROUTE_OWN_H

#include "route/route.h"

/* IPv4: primary addresses only. */
struct ph_own {
	struct ph_addr addr, brd, mask;         /* brd: IPv4; all zero: none */
	int iface;
	uint8_t family, prefix_len;
};

struct ph_owns {
	struct ph_own *row;
	size_t n, room;
};

void ph_owns_fini(struct ph_owns *owns);
/* Remembers an address, unless it is a secondary one: the same network is on the interface already. PH_OK, PH_NO_MEMORY. */
enum ph_status ph_owns_add(struct ph_owns *owns, const struct ph_route_own *own);
/* The answers to the functions of route.h. */
bool ph_owns_broadcast_mask(const struct ph_owns *owns, int iface, const struct ph_addr *addr, struct ph_addr *mask);
bool ph_owns_has_ipv4(const struct ph_owns *owns, int iface);
bool ph_owns_source(const struct ph_owns *owns, uint8_t family, const struct ph_route_hop *hop, const struct ph_addr *to,
                    struct ph_addr *out);

#endif
