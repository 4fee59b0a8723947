/* Longest prefix match for one family: one hash table over (length, prefix), and the lengths in use, longest first.
 *
 *   lens 32 24 16 0          slot[hash(24, 10.1.2.0)] -> row (metric 0) -> row (metric 5)
 *
 * Rows are appended and never removed. Adding may allocate, finding does not. Neighbour: route.c owns two per family. */
#ifndef PH_ROUTE_LPM_H
#define PH_ROUTE_LPM_H

#include "route/route.h"

struct ph_lpm_row {
	struct ph_addr prefix;          /* host bits zero */
	struct ph_addr via;
	int32_t iface;
	uint32_t metric;
	uint32_t next;                  /* row + 1 of the same prefix with a higher or equal metric; 0: last */
	uint8_t len;
	uint8_t type;                   /* enum ph_route_type */
	uint8_t addr_len;               /* local address: prefix length it was configured with */
};

struct ph_lpm {
	struct ph_lpm_row *row;
	uint32_t *slot;                 /* row + 1 of the first of a prefix; 0: free */
	uint32_t n_rows, room, n_slots; /* n_slots: a power of two, at least twice the prefixes; or 0 */
	uint8_t n_lens;
	uint8_t lens[129];
};

/* Frees what the table holds, not the table. A zeroed table is an empty one. */
void ph_lpm_fini(struct ph_lpm *lpm);

/* Clears the bits of addr behind the first len. */
void ph_addr_cut(struct ph_addr *addr, unsigned len);

/* Adds *row (its next is ignored, its prefix must be cut) behind all of its prefix that have the same or a smaller metric.
 * same_metric: whether one may be there already. PH_OK; PH_EXISTS; PH_FULL; PH_NO_MEMORY, nothing changed. */
enum ph_status ph_lpm_add(struct ph_lpm *lpm, const struct ph_lpm_row *row, bool same_metric);

/* The first row of exactly that prefix, or NULL; and the row behind one, or NULL. */
const struct ph_lpm_row *ph_lpm_exact(const struct ph_lpm *lpm, const struct ph_addr *prefix, unsigned len);
const struct ph_lpm_row *ph_lpm_next(const struct ph_lpm *lpm, const struct ph_lpm_row *row);

/* The row of the longest prefix that covers addr, smallest metric, first added; NULL if none does. */
const struct ph_lpm_row *ph_lpm_find(const struct ph_lpm *lpm, const struct ph_addr *addr);
/* The same of prefixes no longer than max_len; -1 finds none. */
const struct ph_lpm_row *ph_lpm_find_within(const struct ph_lpm *lpm, const struct ph_addr *addr, int max_len);

#endif
