/* What the last dump said of links and addresses, so that a message that repeats it is told from one that changes something.
 * Only added to; a dump fills a new one. Owned by netwatch.c. */
#ifndef PH_IO_NETKNOWN_H
#define PH_IO_NETKNOWN_H

#include "io/netlink.h"

struct ph_netknown {
	struct ph_netknown_item *slot;
	size_t n_items, n_slots;        /* n_slots: a power of two, more than the items; or 0 */
};

/* Frees what it holds. Zeroed it is empty. */
void ph_netknown_fini(struct ph_netknown *known);

/* PH_OK, also if it is there; PH_NO_MEMORY. */
enum ph_status ph_netknown_add_link(struct ph_netknown *known, const struct ph_nl_link *link);
enum ph_status ph_netknown_add_addr(struct ph_netknown *known, const struct ph_net_addr *addr);

/* Is exactly this known? Of addresses without their state and lifetimes: what they lead to is said by routes. */
bool ph_netknown_has_link(const struct ph_netknown *known, const struct ph_nl_link *link);
bool ph_netknown_has_addr(const struct ph_netknown *known, const struct ph_net_addr *addr);

#endif
