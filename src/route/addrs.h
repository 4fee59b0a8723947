/* What is asked of addresses that is not asked of routes: which interface has any, what it takes for its broadcast address, from which it
 * would send, and which were noted without routes. Only added to. Owned by route.c. */
#ifndef PH_ROUTE_ADDRS_H
#define PH_ROUTE_ADDRS_H

#include "route/lpm.h"

/* A primary address; of IPv6 all are. */
struct ph_primary {
	struct ph_addr addr, brd, mask;         /* brd: IPv4; all zero: none */
	int iface;
	uint8_t family, prefix_len;
};

struct ph_addrs {
	struct ph_primary *primary;             /* in the order of adding */
	bool *has_ipv4;                         /* by interface */
	size_t n_primaries, primary_room, n_ifaces;
	struct ph_lpm noted[2];                 /* by family: IPv4, IPv6 */
};

void ph_addrs_init(struct ph_addrs *addrs);
/* Frees what it holds. */
void ph_addrs_fini(struct ph_addrs *addrs);

/* An address that was given with a network. Whether an IPv4 address is secondary shows: the same network is on the interface already.
 * PH_OK, PH_NO_MEMORY. */
enum ph_status ph_addrs_add(struct ph_addrs *addrs, const struct ph_route_own *own);
/* An address of either family, as it is. PH_OK, PH_FULL, PH_NO_MEMORY. */
enum ph_status ph_addrs_note(struct ph_addrs *addrs, const struct ph_route_own *own);

bool ph_addrs_is_noted(const struct ph_addrs *addrs, uint8_t family, const struct ph_addr *addr);
bool ph_addrs_have_ipv4(const struct ph_addrs *addrs, int iface);
/* See ph_route_broadcast_mask. */
bool ph_addrs_broadcast_mask(const struct ph_addrs *addrs, int iface, const struct ph_addr *addr, struct ph_addr *mask);

/* See ph_route_source. */
bool ph_addrs_source(const struct ph_addrs *addrs, uint8_t family, const struct ph_route_hop *hop, const struct ph_addr *to,
                     struct ph_addr *out);

/* Sets the bits from one to before another. */
void ph_addr_fill(struct ph_addr *addr, unsigned from, unsigned to);

#endif
