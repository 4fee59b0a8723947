/* Longest prefix match for one family: a hash table over (length, prefix), and before it a filter that says which lengths
 * can occur at all where an address lies.
 *
 *   filter[hash(16, 10.1.0.0)]   bits 0 and 8: prefixes of 16 and of 24 bits begin with 10.1
 *   slot[hash(24, 10.1.2.0)]     -> row (metric 0) -> row (metric 5)
 *
 * A prefix is noted in the filter under its own beginning, at the deepest level that it reaches (lpm.c has the levels).
 * Filter and slots may collide: the filter then costs a vain probe, a slot keeps part of its hash to tell.
 * Rows are appended and never removed. Adding may allocate, finding does not. Neighbour: route.c owns some per family. */
#ifndef PH_ROUTE_LPM_H
#define PH_ROUTE_LPM_H

#include "route/route.h"

struct ph_lpm_row {
	uint32_t metric;
	uint32_t next;                  /* row + 1 of the same prefix, of higher or equal rank and metric; 0: last */
	uint32_t hops;                  /* set of next hops; hops.h */
	uint8_t len;
	uint8_t type;                   /* enum ph_route_type */
	uint8_t addr_len;               /* local address: prefix length it was configured with */
	uint8_t rank : 7;               /* before the metric: rows of a smaller one come first */
	uint8_t anycast : 1;            /* local address: that of the routers of a network, or shared with others */
	uint32_t prefix[];              /* in host order, host bits zero: one word of IPv4, four of IPv6 */
};

struct ph_lpm_slot {
	uint32_t row;                   /* row + 1 of the first of a prefix; 0: free */
	uint32_t tag;                   /* of the hash */
};

struct ph_lpm {
	uint8_t *row;                   /* n_rows of row_size bytes */
	struct ph_lpm_slot *slot;
	uint32_t *filter;               /* n_slots / 2 */
	uint32_t n_rows, room, n_slots; /* n_slots: a power of two, at least 4/3 of the rows; or 0 */
	uint8_t row_size;
	uint8_t levels;                 /* those of the filter that have any, a bit each */
	uint8_t family;
};

void ph_lpm_init(struct ph_lpm *lpm, uint8_t family);
/* Frees what the table holds, not the table. */
void ph_lpm_fini(struct ph_lpm *lpm);
/* Gives spare memory back; PH_OK or PH_NO_MEMORY. */
enum ph_status ph_lpm_trim(struct ph_lpm *lpm);

/* Clears the bits of addr behind the first len. */
void ph_addr_cut(struct ph_addr *addr, unsigned len);

/* Adds a row (its next is ignored) of a prefix, whose bits behind row->len are ignored, behind all of it that have the same
 * or a smaller rank and metric. same_metric: whether one of both may be there already. If it belongs behind the row that was added
 * before it, that is seen at once; else all of its prefix are passed.
 * PH_OK; PH_EXISTS; PH_FULL; PH_NO_MEMORY, nothing changed. */
enum ph_status ph_lpm_add(struct ph_lpm *lpm, const struct ph_addr *prefix, const struct ph_lpm_row *row, bool same_metric);
/* Gives a row of this table another type and other next hops. */
void ph_lpm_redirect(struct ph_lpm *lpm, const struct ph_lpm_row *row, uint8_t type, uint32_t hops);

/* The first row of exactly that prefix, or NULL; and the row behind one, or NULL. */
const struct ph_lpm_row *ph_lpm_exact(const struct ph_lpm *lpm, const struct ph_addr *prefix, unsigned len);
const struct ph_lpm_row *ph_lpm_next(const struct ph_lpm *lpm, const struct ph_lpm_row *row);

/* The row of the longest prefix that covers addr, smallest metric, first added; NULL if none does. */
const struct ph_lpm_row *ph_lpm_find(const struct ph_lpm *lpm, const struct ph_addr *addr);
/* The same of prefixes no longer than max_len; -1 finds none. */
const struct ph_lpm_row *ph_lpm_find_within(const struct ph_lpm *lpm, const struct ph_addr *addr, int max_len);

#endif
