/* Interfaces, addresses and routes; see route.h.
 *
 * As in Linux there are two tables a family: what is local (own addresses, broadcast, anycast) is asked first, whatever
 * its prefix length, then the main one. Both live as long as the policy that owns this. */
#include "route/route.h"

#include <stdlib.h>
#include <string.h>

#include "route/lpm.h"

#define CONNECTED_METRIC_V6 256         /* what Linux gives routes that come with an IPv6 address */
#define MAX_IFACES 0xfff0u              /* below PH_IFACE_ROUTE, an index that means something else */

enum { TABLE_LOCAL = 0, TABLE_MAIN, TABLES };

/* A primary IPv4 address, for those who ask what an interface takes for its broadcast address. */
struct primary {
	struct ph_addr addr, brd, mask;         /* brd all zero: none */
	int iface;
};

struct ph_route {
	struct ph_ifname *iface;
	struct primary *primary;                /* owned, in the order of adding */
	size_t n_ifaces, iface_room, n_primaries, primary_room;
	struct ph_lpm table[2][TABLES];         /* by family: IPv4, IPv6 */
	bool configured;
};

static unsigned family_index(uint8_t family)
{
	return family == PH_IPV6;
}

static unsigned full_len(uint8_t family)
{
	return family == PH_IPV6 ? 128 : 32;
}

struct ph_route *ph_route_new(void)
{
	return calloc(1, sizeof(struct ph_route));
}

void ph_route_free(struct ph_route *route)
{
	if (!route)
		return;
	for (unsigned f = 0; f < 2; f++)
		for (unsigned t = 0; t < TABLES; t++)
			ph_lpm_fini(&route->table[f][t]);
	free(route->primary);
	free(route->iface);
	free(route);
}

int ph_route_iface_find(const struct ph_route *route, const char *name)
{
	struct ph_ifname wanted = { 0 };
	size_t len = strlen(name);

	if (len == 0 || len >= PH_IFNAME_SIZE)
		return PH_NO_IFACE;
	memcpy(wanted.name, name, len);
	for (size_t i = 0; i < route->n_ifaces; i++)
		if (memcmp(&route->iface[i], &wanted, sizeof(wanted)) == 0)
			return (int)i;
	return PH_NO_IFACE;
}

int ph_route_iface_add(struct ph_route *route, const char *name)
{
	size_t len = strlen(name), room = route->iface_room ? route->iface_room * 2 : 8;
	int found = ph_route_iface_find(route, name);
	struct ph_ifname *iface;

	if (found != PH_NO_IFACE || len == 0 || len >= PH_IFNAME_SIZE || route->n_ifaces >= MAX_IFACES)
		return found;
	if (route->n_ifaces == route->iface_room) {
		iface = realloc(route->iface, room * sizeof(*iface));
		if (!iface)
			return PH_NO_IFACE;
		route->iface = iface;
		route->iface_room = room;
	}
	iface = &route->iface[route->n_ifaces];
	memset(iface, 0, sizeof(*iface));
	memcpy(iface->name, name, len);
	return (int)route->n_ifaces++;
}

size_t ph_route_iface_count(const struct ph_route *route)
{
	return route->n_ifaces;
}

const struct ph_ifname *ph_route_iface_name(const struct ph_route *route, size_t index)
{
	return index < route->n_ifaces ? &route->iface[index] : NULL;
}

void ph_route_set_configured(struct ph_route *route)
{
	route->configured = true;
}

bool ph_route_configured(const struct ph_route *route)
{
	return route->configured;
}

/* Is this very address on this interface? IPv4 allows it again under another prefix length. */
static bool addr_exists(const struct ph_lpm *local, uint8_t family, const struct ph_lpm_row *want)
{
	const struct ph_lpm_row *row = ph_lpm_exact(local, &want->prefix, full_len(family));

	for (; row; row = ph_lpm_next(local, row))
		if (row->type == PH_ROUTE_LOCAL && row->iface == want->iface && row->addr_len > 0 &&
		    (family == PH_IPV6 || row->addr_len == want->addr_len))
			return true;
	return false;
}

/* The last address of a prefix. */
static void addr_fill(struct ph_addr *addr, unsigned from, unsigned to)
{
	for (unsigned bit = from; bit < to; bit++)
		addr->b[bit / 8] |= (uint8_t)(0x80u >> (bit % 8));
}

/* Broadcast addresses (IPv4 up to /30) and the subnet-router anycast address (IPv6 up to /126, RFC 4291 2.6.1: this
 * machine forwards). Linux makes the usual broadcast address even where another is given, and since 5.14 none of the
 * lowest address. */
static enum ph_status add_subnet_addrs(struct ph_lpm *local, uint8_t family, const struct ph_lpm_row *own,
                                       const struct ph_addr *brd)
{
	unsigned full = full_len(family);
	struct ph_lpm_row row = *own;
	enum ph_status status;

	row.addr_len = 0;
	if (brd) {
		row.type = PH_ROUTE_BROADCAST;
		row.prefix = *brd;
		status = ph_lpm_add(local, &row, true);
		if (status != PH_OK)
			return status;
	}
	if (own->addr_len > full - 2)
		return PH_OK;
	row.prefix = own->prefix;
	ph_addr_cut(&row.prefix, own->addr_len);
	if (family == PH_IPV4)
		addr_fill(&row.prefix, own->addr_len, full);
	row.type = family == PH_IPV4 ? PH_ROUTE_BROADCAST : PH_ROUTE_LOCAL;
	return ph_lpm_add(local, &row, true);
}

static bool is_loopback(const struct ph_route *route, int iface)
{
	return strcmp(route->iface[iface].name, "lo") == 0;
}

static bool same_network(const struct ph_addr *a, const struct ph_addr *b, const struct ph_addr *mask)
{
	for (size_t i = 0; i < sizeof(mask->b); i++)
		if ((a->b[i] ^ b->b[i]) & mask->b[i])
			return false;
	return true;
}

/* Remembers an address unless it is a secondary one: the same network is on the interface already. */
static enum ph_status add_primary(struct ph_route *route, const struct ph_route_own *own)
{
	struct primary row = { .addr = own->addr, .iface = own->iface }, *list = route->primary;
	size_t room = route->primary_room ? route->primary_room * 2 : 8;

	addr_fill(&row.mask, 0, own->prefix_len);
	for (size_t i = 0; i < route->n_primaries; i++)
		if (list[i].iface == own->iface && memcmp(&list[i].mask, &row.mask, sizeof(row.mask)) == 0 &&
		    same_network(&list[i].addr, &own->addr, &row.mask))
			return PH_OK;
	if (own->brd) {
		row.brd = *own->brd;
	} else if (own->prefix_len <= 30) {
		row.brd = own->addr;
		addr_fill(&row.brd, own->prefix_len, 32);
	}
	if (route->n_primaries == route->primary_room) {
		list = realloc(list, room * sizeof(*list));
		if (!list)
			return PH_NO_MEMORY;
		route->primary = list;
		route->primary_room = room;
	}
	list[route->n_primaries++] = row;
	return PH_OK;
}

bool ph_route_broadcast_mask(const struct ph_route *route, int iface, const struct ph_addr *addr, struct ph_addr *mask)
{
	for (size_t i = 0; i < route->n_primaries; i++) {
		const struct primary *row = &route->primary[i];

		if (row->iface != iface || memcmp(&row->brd, addr, sizeof(*addr)) != 0)
			continue;
		*mask = row->mask;
		return true;
	}
	return false;
}

enum ph_status ph_route_addr_add(struct ph_route *route, const struct ph_route_own *own)
{
	struct ph_lpm *table = route->table[family_index(own->family)];
	unsigned full = full_len(own->family);
	struct ph_lpm_row row = {
		.prefix = own->addr, .iface = own->iface, .len = (uint8_t)full, .type = PH_ROUTE_LOCAL, .addr_len = own->prefix_len,
	};
	enum ph_status status;

	if (own->prefix_len == 0 || own->prefix_len > full || own->iface < 0 || (size_t)own->iface >= route->n_ifaces)
		return PH_INVALID;
	if (addr_exists(&table[TABLE_LOCAL], own->family, &row))
		return PH_EXISTS;
	status = ph_lpm_add(&table[TABLE_LOCAL], &row, true);
	if (status != PH_OK)
		return status;
	route->configured = true;
	if (own->family == PH_IPV4) {
		status = add_primary(route, own);
		if (status != PH_OK)
			return status;
	}
	status = add_subnet_addrs(&table[TABLE_LOCAL], own->family, &row, own->brd);
	if (status != PH_OK || own->prefix_len == full)
		return status;
	/* All of 127.0.0.0/8 is this machine, not a network behind lo. */
	row.len = own->prefix_len;
	row.addr_len = 0;
	ph_addr_cut(&row.prefix, row.len);
	if (own->family == PH_IPV4 && is_loopback(route, own->iface))
		return ph_lpm_add(&table[TABLE_LOCAL], &row, true);
	row.type = PH_ROUTE_UNICAST;
	row.metric = own->family == PH_IPV6 ? CONNECTED_METRIC_V6 : 0;
	return ph_lpm_add(&table[TABLE_MAIN], &row, true);
}

enum ph_status ph_route_add(struct ph_route *route, const struct ph_route_entry *entry)
{
	bool local = entry->hop.type == PH_ROUTE_LOCAL || entry->hop.type == PH_ROUTE_BROADCAST;
	struct ph_lpm_row row = {
		.prefix = entry->prefix, .via = entry->hop.via, .iface = entry->hop.iface, .metric = entry->metric,
		.len = entry->prefix_len, .type = (uint8_t)entry->hop.type,
	};
	enum ph_status status;

	if (entry->prefix_len > full_len(entry->family))
		return PH_INVALID;
	ph_addr_cut(&row.prefix, row.len);
	status = ph_lpm_add(&route->table[family_index(entry->family)][local ? TABLE_LOCAL : TABLE_MAIN], &row, false);
	if (status == PH_OK)
		route->configured = true;
	return status;
}

enum ph_status ph_route_finish(struct ph_route *route)
{
	for (unsigned f = 0; f < 2; f++)
		for (unsigned t = 0; t < TABLES; t++) {
			struct ph_lpm *lpm = &route->table[f][t];
			struct ph_lpm_row *row;

			if (lpm->n_rows == 0)
				continue;
			row = realloc(lpm->row, lpm->n_rows * sizeof(*row));
			if (!row)
				return PH_NO_MEMORY;
			lpm->row = row;
			lpm->room = lpm->n_rows;
		}
	return PH_OK;
}

/* Addresses whose meaning no table changes. */
static enum ph_route_type special(uint8_t family, const struct ph_addr *addr)
{
	static const struct ph_addr all_ones = { { 255, 255, 255, 255 } };

	if (family == PH_IPV6)
		return addr->b[0] == 0xff ? PH_ROUTE_MULTICAST : PH_ROUTE_NONE;
	if ((addr->b[0] & 0xf0) == 0xe0)
		return PH_ROUTE_MULTICAST;
	return memcmp(addr, &all_ones, 4) == 0 ? PH_ROUTE_BROADCAST : PH_ROUTE_NONE;
}

/* The row that decides about an address, or NULL. */
static const struct ph_lpm_row *deciding_row(const struct ph_route *route, uint8_t family, const struct ph_addr *addr)
{
	const struct ph_lpm *table = route->table[family_index(family)];
	const struct ph_lpm_row *row = ph_lpm_find(&table[TABLE_LOCAL], addr);

	return row ? row : ph_lpm_find(&table[TABLE_MAIN], addr);
}

static void set_hop(struct ph_route_hop *hop, const struct ph_lpm_row *row)
{
	*hop = (struct ph_route_hop){ .type = row->type, .iface = row->iface, .via = row->via };
}

size_t ph_route_legs(const struct ph_route *route, uint8_t family, const struct ph_addr *addr,
                     struct ph_route_hop leg[PH_ROUTE_LEGS])
{
	const struct ph_lpm_row *row;

	leg[0] = (struct ph_route_hop){ .type = special(family, addr), .iface = PH_NO_IFACE };
	if (leg[0].type != PH_ROUTE_NONE)
		return 1;
	row = deciding_row(route, family, addr);
	if (!row)
		return 0;
	set_hop(&leg[0], row);
	return 1;
}

void ph_route_lookup(const struct ph_route *route, uint8_t family, const struct ph_addr *addr, struct ph_route_hop *hop)
{
	const struct ph_lpm_row *row;

	*hop = (struct ph_route_hop){ .type = special(family, addr), .iface = PH_NO_IFACE };
	if (hop->type != PH_ROUTE_NONE)
		return;
	row = deciding_row(route, family, addr);
	if (row)
		set_hop(hop, row);
}

static bool leads_nowhere(const struct ph_lpm_row *row)
{
	return row->type == PH_ROUTE_BLACKHOLE || row->type == PH_ROUTE_UNREACHABLE || row->type == PH_ROUTE_PROHIBIT;
}

/* Among the rows of one prefix. True: *hop is the answer. */
static bool leaves_by(const struct ph_lpm *lpm, const struct ph_lpm_row *row, bool ends_search, int iface,
                      struct ph_route_hop *hop)
{
	for (; row; row = ph_lpm_next(lpm, row)) {
		if (leads_nowhere(row) ? !ends_search : row->iface != iface)
			continue;
		set_hop(hop, row);
		return true;
	}
	return false;
}

void ph_route_lookup_by(const struct ph_route *route, uint8_t family, const struct ph_addr *addr, int iface,
                        struct ph_route_hop *hop)
{
	const struct ph_lpm *table = route->table[family_index(family)];

	*hop = (struct ph_route_hop){ .type = special(family, addr), .iface = PH_NO_IFACE };
	for (unsigned t = 0; t < TABLES && hop->type == PH_ROUTE_NONE; t++) {
		const struct ph_lpm_row *row = ph_lpm_find(&table[t], addr);

		while (row && !leaves_by(&table[t], row, family == PH_IPV4, iface, hop))
			row = ph_lpm_find_within(&table[t], addr, row->len - 1);
	}
}
