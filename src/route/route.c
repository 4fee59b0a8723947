/* Interfaces, addresses and routes; see route.h.
 *
 * As in Linux without `ip rule` of its own: of IPv4, what is local (own addresses, broadcast, anycast) and the main table are
 * searched as one, where what is local comes first among equal prefixes, then the table called default. Of IPv6, what is
 * local is searched first, whatever its prefix length, then the main table. All live as long as the policy that owns this.
 * Their rows name sets of next hops, which they share. */
#include "route/route.h"

#include <stdlib.h>
#include <string.h>

#include "route/addrs.h"
#include "route/hops.h"

#define CONNECTED_METRIC_V6 256         /* what Linux gives routes that come with an IPv6 address */
#define MAX_IFACES 0xfff0u              /* below PH_IFACE_ROUTE, an index that means something else */

enum { TABLES = 2, RANK_LOCAL = 0, RANK_MAIN = 1 };

struct ph_route {
	struct ph_ifname *iface;
	size_t n_ifaces, iface_room;
	struct ph_addrs addrs;
	struct ph_lpm table[2][TABLES];         /* by family: IPv4, IPv6 */
	struct ph_hops hops;
	bool configured, custom_local;
};

static unsigned family_index(uint8_t family)
{
	return family == PH_IPV6;
}

static unsigned full_len(uint8_t family)
{
	return family == PH_IPV6 ? 128 : 32;
}

/* Of what is local, and of the main table. */
static struct ph_lpm *local_table(struct ph_route *route, uint8_t family)
{
	return &route->table[family_index(family)][0];
}

static struct ph_lpm *main_table(struct ph_route *route, uint8_t family)
{
	return &route->table[family_index(family)][family == PH_IPV6];
}

struct ph_route *ph_route_new(void)
{
	struct ph_route *route = calloc(1, sizeof(*route));

	for (unsigned t = 0; route && t < TABLES; t++) {
		ph_lpm_init(&route->table[0][t], PH_IPV4);
		ph_lpm_init(&route->table[1][t], PH_IPV6);
	}
	if (route)
		ph_addrs_init(&route->addrs);
	return route;
}

void ph_route_free(struct ph_route *route)
{
	if (!route)
		return;
	for (unsigned f = 0; f < 2; f++)
		for (unsigned t = 0; t < TABLES; t++)
			ph_lpm_fini(&route->table[f][t]);
	ph_hops_fini(&route->hops);
	ph_addrs_fini(&route->addrs);
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

bool ph_route_has_family(const struct ph_route *route, uint8_t family)
{
	const struct ph_lpm *table = route->table[family_index(family)];

	return table[0].n_rows > 0 || table[1].n_rows > 0;
}

/* Is this very address on this interface? IPv4 allows it again under another prefix length. */
static bool addr_exists(const struct ph_lpm *local, const struct ph_addr *addr, const struct ph_lpm_row *want)
{
	const struct ph_lpm_row *row = ph_lpm_exact(local, addr, full_len(local->family));

	for (; row; row = ph_lpm_next(local, row))
		if (row->type == PH_ROUTE_LOCAL && row->hops == want->hops && row->addr_len > 0 &&
		    (local->family == PH_IPV6 || row->addr_len == want->addr_len))
			return true;
	return false;
}

/* Broadcast addresses (IPv4 up to /30) and the subnet-router anycast address (IPv6 up to /126, RFC 4291 2.6.1: this
 * machine forwards). Linux makes the usual broadcast address even where another is given, and since 5.14 none of the
 * lowest address. */
static enum ph_status add_subnet_addrs(struct ph_lpm *local, const struct ph_route_own *own, uint32_t hops)
{
	unsigned full = full_len(own->family);
	struct ph_lpm_row row = { .hops = hops, .len = (uint8_t)full, .type = PH_ROUTE_BROADCAST };
	struct ph_addr addr = own->addr;
	enum ph_status status;

	if (own->brd) {
		status = ph_lpm_add(local, own->brd, &row, true);
		if (status != PH_OK)
			return status;
	}
	if (own->prefix_len > full - 2)
		return PH_OK;
	ph_addr_cut(&addr, own->prefix_len);
	if (own->family == PH_IPV4)
		ph_addr_fill(&addr, own->prefix_len, full);
	else
		row.type = PH_ROUTE_LOCAL;
	row.anycast = own->family == PH_IPV6;
	return ph_lpm_add(local, &addr, &row, true);
}

static bool is_loopback(const struct ph_route *route, int iface)
{
	return strcmp(route->iface[iface].name, "lo") == 0;
}

bool ph_route_broadcast_mask(const struct ph_route *route, int iface, const struct ph_addr *addr, struct ph_addr *mask)
{
	return ph_addrs_broadcast_mask(&route->addrs, iface, addr, mask);
}

bool ph_route_source(const struct ph_route *route, uint8_t family, const struct ph_route_hop *hop, const struct ph_addr *to,
                     struct ph_addr *out)
{
	return ph_addrs_source(&route->addrs, family, hop, to, out);
}

/* The address itself. */
static enum ph_status add_own(struct ph_route *route, const struct ph_route_own *own, uint32_t hops)
{
	struct ph_lpm *local = local_table(route, own->family);
	struct ph_lpm_row row = {
		.hops = hops, .len = (uint8_t)full_len(own->family), .type = PH_ROUTE_LOCAL, .addr_len = own->prefix_len,
	};

	return addr_exists(local, &own->addr, &row) ? PH_EXISTS : ph_lpm_add(local, &own->addr, &row, true);
}

/* The network it lies in. All of 127.0.0.0/8 is this machine, not a network behind lo. */
static enum ph_status add_network(struct ph_route *route, const struct ph_route_own *own, uint32_t hops)
{
	struct ph_lpm_row row = { .hops = hops, .len = own->prefix_len, .type = PH_ROUTE_LOCAL };

	if (own->prefix_len == full_len(own->family))
		return PH_OK;
	if (own->family == PH_IPV4 && is_loopback(route, own->iface))
		return ph_lpm_add(local_table(route, own->family), &own->addr, &row, true);
	row.type = PH_ROUTE_UNICAST;
	row.rank = RANK_MAIN;
	row.metric = own->family == PH_IPV6 ? CONNECTED_METRIC_V6 : 0;
	return ph_lpm_add(main_table(route, own->family), &own->addr, &row, true);
}

enum ph_status ph_route_addr_add(struct ph_route *route, const struct ph_route_own *own)
{
	struct ph_route_hop hop = { .iface = own->iface };
	enum ph_status status;
	uint32_t hops;

	if (own->prefix_len == 0 || own->prefix_len > full_len(own->family) || own->iface < 0 ||
	    (size_t)own->iface >= route->n_ifaces)
		return PH_INVALID;
	status = ph_hops_intern(&route->hops, &hop, 1, &hops);
	if (status == PH_OK)
		status = add_own(route, own, hops);
	if (status != PH_OK)
		return status;
	route->configured = true;
	status = ph_addrs_add(&route->addrs, own);
	if (status == PH_OK)
		status = add_subnet_addrs(local_table(route, own->family), own, hops);
	return status == PH_OK ? add_network(route, own, hops) : status;
}

enum ph_status ph_route_addr_note(struct ph_route *route, const struct ph_route_own *own)
{
	if (own->prefix_len > full_len(own->family) || own->iface < 0 || (size_t)own->iface >= route->n_ifaces)
		return PH_INVALID;
	route->configured = true;
	return ph_addrs_note(&route->addrs, own);
}

static enum ph_route_table table_of(const struct ph_route_entry *entry)
{
	enum ph_route_type type = entry->hop.type;

	if (entry->table != PH_ROUTE_OF_TYPE)
		return entry->table;
	return type == PH_ROUTE_LOCAL || type == PH_ROUTE_BROADCAST || type == PH_ROUTE_ANYCAST ? PH_ROUTE_TABLE_LOCAL : PH_ROUTE_TABLE_MAIN;
}

/* Linux delivers IPv6 anycast as its own addresses, and forwards by IPv6 routes called broadcast and multicast. */
static uint8_t type_of(const struct ph_route_entry *entry)
{
	enum ph_route_type type = entry->hop.type;

	if (entry->family == PH_IPV4)
		return (uint8_t)type;
	if (type == PH_ROUTE_BROADCAST || type == PH_ROUTE_MULTICAST)
		return PH_ROUTE_UNICAST;
	return (uint8_t)(type == PH_ROUTE_ANYCAST ? PH_ROUTE_LOCAL : type);
}

static bool same_place(const struct ph_lpm_row *a, const struct ph_lpm_row *b)
{
	return a->metric == b->metric && a->rank == b->rank;
}

/* The first of the prefix with the rank and metric of a row that shall be added, or NULL. */
static const struct ph_lpm_row *first_like(const struct ph_lpm *lpm, const struct ph_addr *prefix, const struct ph_lpm_row *added)
{
	const struct ph_lpm_row *row = ph_lpm_exact(lpm, prefix, added->len);

	while (row && !same_place(row, added))
		row = ph_lpm_next(lpm, row);
	return row;
}

static bool is_gateway(const struct ph_addr *via)
{
	static const struct ph_addr zero;

	return memcmp(via, &zero, sizeof(zero)) != 0;
}

/* All legs of a set; returns how many. */
static size_t legs_of(const struct ph_hops *hops, uint32_t set, struct ph_route_hop leg[PH_ROUTE_LEGS])
{
	size_t n = 0;

	do {
		leg[n++] = (struct ph_route_hop){ .iface = hops->leg[set].iface, .via = hops->leg[set].via };
	} while (hops->leg[set++].more && n < PH_ROUTE_LEGS);
	return n;
}

/* IPv6: a route by a gateway joins one of the same prefix and metric that leads to gateways too. */
static enum ph_status join(struct ph_route *route, struct ph_lpm *lpm, const struct ph_lpm_row *row,
                           const struct ph_route_hop *hop)
{
	struct ph_route_hop leg[PH_ROUTE_LEGS];
	size_t n = legs_of(&route->hops, row->hops, leg);
	enum ph_status status;
	uint32_t hops;

	for (size_t i = 0; i < n; i++)
		if (leg[i].iface == hop->iface && memcmp(&leg[i].via, &hop->via, sizeof(hop->via)) == 0)
			return PH_EXISTS;
	if (n == PH_ROUTE_LEGS)
		return PH_FULL;
	leg[n] = *hop;
	status = ph_hops_intern(&route->hops, leg, n + 1, &hops);
	if (status == PH_OK)
		ph_lpm_redirect(lpm, row, row->type, hops);
	return status;
}

static enum ph_status append(struct ph_route *route, struct ph_lpm *lpm, const struct ph_route_entry *entry,
                             const struct ph_lpm_row *added)
{
	const struct ph_lpm_row *row = first_like(lpm, &entry->prefix, added);
	bool joins = entry->how == PH_ROUTE_APPEND && entry->family == PH_IPV6 && added->type == PH_ROUTE_UNICAST &&
	             entry->n_more == 0 && is_gateway(&entry->hop.via);

	for (; row && same_place(row, added); row = ph_lpm_next(lpm, row)) {
		if (row->type == added->type && row->hops == added->hops)
			return PH_EXISTS;
		if (joins && row->type == PH_ROUTE_UNICAST && is_gateway(&route->hops.leg[row->hops].via))
			return join(route, lpm, row, &entry->hop);
	}
	return ph_lpm_add(lpm, &entry->prefix, added, true);
}

enum ph_status ph_route_add(struct ph_route *route, const struct ph_route_entry *entry)
{
	enum ph_route_table table = table_of(entry);
	struct ph_lpm *lpm = table == PH_ROUTE_TABLE_LOCAL ? local_table(route, entry->family) : main_table(route, entry->family);
	struct ph_lpm_row row = {
		.metric = entry->metric, .len = entry->prefix_len, .type = type_of(entry),
		.anycast = entry->family == PH_IPV6 && entry->hop.type == PH_ROUTE_ANYCAST,
	};
	struct ph_route_hop leg[PH_ROUTE_LEGS] = { entry->hop };
	const struct ph_lpm_row *old;
	enum ph_status status;

	if (entry->prefix_len > full_len(entry->family) || entry->n_more >= PH_ROUTE_LEGS ||
	    (table == PH_ROUTE_TABLE_DEFAULT && entry->family == PH_IPV6))
		return PH_INVALID;
	if (table == PH_ROUTE_TABLE_DEFAULT)
		lpm = &route->table[family_index(entry->family)][1];
	row.rank = table == PH_ROUTE_TABLE_LOCAL ? RANK_LOCAL : RANK_MAIN;
	for (size_t i = 0; i < entry->n_more; i++)
		leg[i + 1] = entry->more[i];
	status = ph_hops_intern(&route->hops, leg, entry->n_more + 1, &row.hops);
	if (status != PH_OK)
		return status;
	old = entry->how == PH_ROUTE_REPLACE ? first_like(lpm, &entry->prefix, &row) : NULL;
	if (old)
		ph_lpm_redirect(lpm, old, row.type, row.hops);
	else if (entry->how == PH_ROUTE_APPEND || entry->how == PH_ROUTE_BEHIND)
		status = append(route, lpm, entry, &row);
	else
		status = ph_lpm_add(lpm, &entry->prefix, &row, entry->how == PH_ROUTE_LISTED);
	if (status == PH_OK)
		route->configured = true;
	if (status == PH_OK && entry->family == PH_IPV4 && entry->hop.type == PH_ROUTE_LOCAL && entry->how != PH_ROUTE_LISTED)
		route->custom_local = true;
	return status;
}

enum ph_status ph_route_finish(struct ph_route *route)
{
	for (unsigned f = 0; f < 2; f++)
		for (unsigned t = 0; t < TABLES; t++)
			if (ph_lpm_trim(&route->table[f][t]) != PH_OK)
				return PH_NO_MEMORY;
	return ph_hops_trim(&route->hops);
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

	for (unsigned t = 0; t < TABLES; t++) {
		const struct ph_lpm_row *row = ph_lpm_find(&table[t], addr);

		if (row && row->type != PH_ROUTE_THROW)
			return row;
	}
	return NULL;
}

static void set_hop(struct ph_route_hop *hop, const struct ph_lpm_row *row, const struct ph_leg *leg)
{
	*hop = (struct ph_route_hop){ .type = row->type, .iface = leg->iface, .via = leg->via };
}

static size_t legs_with_type(const struct ph_route *route, const struct ph_lpm_row *row, struct ph_route_hop leg[PH_ROUTE_LEGS])
{
	size_t n = legs_of(&route->hops, row->hops, leg);

	for (size_t i = 0; i < n; i++)
		leg[i].type = row->type;
	return n;
}

static bool leads_nowhere(const struct ph_lpm_row *row)
{
	return row->type == PH_ROUTE_BLACKHOLE || row->type == PH_ROUTE_UNREACHABLE || row->type == PH_ROUTE_PROHIBIT ||
	       row->type == PH_ROUTE_THROW;
}

/* The first next hop of a row by an interface, or NULL. What leads nowhere has none, but is where IPv4 ends. */
static const struct ph_leg *leg_by(const struct ph_route *route, uint8_t family, const struct ph_lpm_row *row, int iface)
{
	const struct ph_leg *leg = &route->hops.leg[row->hops];

	if (leads_nowhere(row))
		return family == PH_IPV4 ? leg : NULL;
	while (leg->iface != iface)
		if (!leg++->more)
			return NULL;
	return leg;
}

bool ph_route_back(const struct ph_route *route, uint8_t family, const struct ph_addr *addr, int iface, struct ph_route_back *out)
{
	const struct ph_lpm *table = route->table[family_index(family)];
	const struct ph_lpm_row *row = NULL;

	for (unsigned t = 0; t < TABLES && !row; t++) {
		const struct ph_lpm_row *best = ph_lpm_find(&table[t], addr);

		/* By the interface, even behind one that sends on to the next table. */
		row = family == PH_IPV6 && iface != PH_NO_IFACE ? best : NULL;
		while (row && !leg_by(route, family, row, iface))
			row = ph_lpm_next(&table[t], row);
		if (!row && best && best->type != PH_ROUTE_THROW)
			row = best;
	}
	if (!row)
		return false;
	out->n_legs = legs_with_type(route, row, out->leg);
	out->prefix_len = row->len;
	out->own = row->addr_len > 0 || (row->type == PH_ROUTE_LOCAL && ph_addrs_is_noted(&route->addrs, family, addr));
	out->anycast = row->anycast;
	return true;
}

bool ph_route_has_ipv4(const struct ph_route *route, int iface)
{
	return ph_addrs_have_ipv4(&route->addrs, iface);
}

bool ph_route_has_custom_local(const struct ph_route *route)
{
	return route->custom_local;
}

void ph_route_set_custom_local(struct ph_route *route)
{
	route->custom_local = true;
}

int ph_route_neighbour(const struct ph_route *route, uint8_t family, const struct ph_addr *addr)
{
	const struct ph_lpm *table = route->table[family_index(family)];
	const struct ph_lpm_row *row = ph_lpm_find(&table[family == PH_IPV6], addr);
	const struct ph_leg *leg;

	if (!row || row->type != PH_ROUTE_UNICAST)
		row = deciding_row(route, family, addr);
	if (!row || row->type != PH_ROUTE_UNICAST)
		return PH_NO_IFACE;
	leg = &route->hops.leg[row->hops];
	return is_gateway(&leg->via) ? PH_NO_IFACE : leg->iface;
}

size_t ph_route_legs(const struct ph_route *route, uint8_t family, const struct ph_addr *addr,
                     struct ph_route_hop leg[PH_ROUTE_LEGS])
{
	const struct ph_lpm_row *row;

	leg[0] = (struct ph_route_hop){ .type = special(family, addr), .iface = PH_NO_IFACE };
	if (leg[0].type != PH_ROUTE_NONE)
		return 1;
	row = deciding_row(route, family, addr);
	return row ? legs_with_type(route, row, leg) : 0;
}

void ph_route_lookup(const struct ph_route *route, uint8_t family, const struct ph_addr *addr, struct ph_route_hop *hop)
{
	const struct ph_lpm_row *row;

	*hop = (struct ph_route_hop){ .type = special(family, addr), .iface = PH_NO_IFACE };
	if (hop->type != PH_ROUTE_NONE)
		return;
	row = deciding_row(route, family, addr);
	if (row)
		set_hop(hop, row, &route->hops.leg[row->hops]);
}

void ph_route_lookup_by(const struct ph_route *route, uint8_t family, const struct ph_addr *addr, int iface,
                        struct ph_route_hop *hop)
{
	*hop = (struct ph_route_hop){ .type = special(family, addr), .iface = PH_NO_IFACE };
	for (unsigned t = 0; t < TABLES && hop->type == PH_ROUTE_NONE; t++) {
		const struct ph_lpm *lpm = &route->table[family_index(family)][t];
		const struct ph_lpm_row *row = ph_lpm_find(lpm, addr), *at = row;
		const struct ph_leg *leg = NULL;

		while (at && !(leg = leg_by(route, family, at, iface))) {
			at = ph_lpm_next(lpm, at);
			if (!at)
				at = row = ph_lpm_find_within(lpm, addr, row->len - 1);
		}
		if (leg && at->type != PH_ROUTE_THROW)
			set_hop(hop, at, leg);
	}
}
