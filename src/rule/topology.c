/* What the kernel lists of interfaces, addresses and routes, made into a route table; see <pinhole/topology.h>.
 * Addresses make no routes here: the kernel lists those that are there. */
#include "rule/topology.h"

#include <stdlib.h>
#include <string.h>

#include "base/count.h"
#include "rule/policy.h"

#define FIRST_SLOTS 32u
#define MAX_LINKS 0xfff0u               /* as many as a route table takes */

enum { TABLE_DEFAULT = 253, TABLE_MAIN = 254, TABLE_LOCAL = 255 };

struct ph_topology_link {
	uint32_t ifindex;               /* 0: free */
	int iface;
};

struct ph_topology *ph_topology_new(void)
{
	struct ph_topology *topology = calloc(1, sizeof(*topology));

	if (!topology)
		return NULL;
	topology->route = ph_route_new();
	if (!topology->route) {
		free(topology);
		return NULL;
	}
	ph_route_set_configured(topology->route);
	return topology;
}

void ph_topology_free(struct ph_topology *topology)
{
	if (!topology)
		return;
	ph_route_free(topology->route);
	free(topology->slot);
	free(topology);
}

uint64_t ph_topology_left_out(const struct ph_topology *topology)
{
	return topology->left_out;
}

/* Where the number is, or the free slot where it belongs. There always is a free one. */
static struct ph_topology_link *slot_of(const struct ph_topology *topology, uint32_t ifindex)
{
	size_t at = (ifindex * 0x9e3779b1u) & (topology->n_slots - 1);

	while (topology->slot[at].ifindex != 0 && topology->slot[at].ifindex != ifindex)
		at = (at + 1) & (topology->n_slots - 1);
	return &topology->slot[at];
}

int ph_topology_iface(const struct ph_topology *topology, uint32_t ifindex)
{
	const struct ph_topology_link *link;

	if (topology->n_slots == 0 || ifindex == 0)
		return PH_NO_IFACE;
	link = slot_of(topology, ifindex);
	return link->ifindex == ifindex ? link->iface : PH_NO_IFACE;
}

static bool grow(struct ph_topology *topology)
{
	struct ph_topology bigger = { .n_slots = topology->n_slots ? topology->n_slots * 2 : FIRST_SLOTS };

	bigger.slot = calloc(bigger.n_slots, sizeof(*bigger.slot));
	if (!bigger.slot)
		return false;
	for (size_t i = 0; i < topology->n_slots; i++)
		if (topology->slot[i].ifindex != 0)
			*slot_of(&bigger, topology->slot[i].ifindex) = topology->slot[i];
	free(topology->slot);
	topology->slot = bigger.slot;
	topology->n_slots = bigger.n_slots;
	return true;
}

static enum ph_status leave_out(struct ph_topology *topology)
{
	ph_count(&topology->left_out, 1);
	return PH_OK;
}

enum ph_status ph_topology_link(struct ph_topology *topology, const struct ph_net_link *link)
{
	struct ph_topology_link *slot;
	int iface;

	if (link->ifindex == 0 || link->name[0] == '\0' || !memchr(link->name, '\0', sizeof(link->name)))
		return leave_out(topology);
	if (topology->n_links >= topology->n_slots / 2 && !grow(topology))
		return PH_NO_MEMORY;
	iface = ph_route_iface_add(topology->route, link->name);
	if (iface == PH_NO_IFACE)
		return ph_route_iface_count(topology->route) >= MAX_LINKS ? PH_FULL : PH_NO_MEMORY;
	slot = slot_of(topology, link->ifindex);
	topology->n_links += slot->ifindex == 0;
	*slot = (struct ph_topology_link){ .ifindex = link->ifindex, .iface = iface };
	return PH_OK;
}

static bool is_family(uint8_t family)
{
	return family == PH_IPV4 || family == PH_IPV6;
}

enum ph_status ph_topology_addr(struct ph_topology *topology, const struct ph_net_addr *addr)
{
	const struct ph_route_own own = {
		.iface = ph_topology_iface(topology, addr->ifindex), .family = addr->family, .prefix_len = addr->prefix_len,
		.addr = addr->addr, .brd = addr->has_broadcast ? &addr->broadcast : NULL, .secondary = addr->secondary,
	};
	enum ph_status status = is_family(addr->family) ? ph_route_addr_note(topology->route, &own) : PH_INVALID;

	return status == PH_INVALID ? leave_out(topology) : status;
}

/* The kernel's numbers, RTN_*. NONE: not one that is known here. */
static enum ph_route_type type_of(uint8_t type)
{
	static const enum ph_route_type types[] = {
		[1] = PH_ROUTE_UNICAST, [2] = PH_ROUTE_LOCAL, [3] = PH_ROUTE_BROADCAST, [4] = PH_ROUTE_ANYCAST, [5] = PH_ROUTE_MULTICAST,
		[6] = PH_ROUTE_BLACKHOLE, [7] = PH_ROUTE_UNREACHABLE, [8] = PH_ROUTE_PROHIBIT, [9] = PH_ROUTE_THROW,
	};

	return type < sizeof(types) / sizeof(*types) ? types[type] : PH_ROUTE_NONE;
}

static bool leads_nowhere(enum ph_route_type type)
{
	return type == PH_ROUTE_BLACKHOLE || type == PH_ROUTE_UNREACHABLE || type == PH_ROUTE_PROHIBIT || type == PH_ROUTE_THROW;
}

static enum ph_route_table table_of(uint32_t table)
{
	if (table == TABLE_LOCAL)
		return PH_ROUTE_TABLE_LOCAL;
	return table == TABLE_MAIN ? PH_ROUTE_TABLE_MAIN : table == TABLE_DEFAULT ? PH_ROUTE_TABLE_DEFAULT : PH_ROUTE_OF_TYPE;
}

/* Those by interfaces that are known. Returns how many. */
static size_t next_hops(const struct ph_topology *topology, const struct ph_net_route *route, struct ph_route_hop hop[PH_ROUTE_LEGS])
{
	size_t n = 0;

	for (size_t i = 0; i < route->n_legs && i < PH_NET_LEGS && n < PH_ROUTE_LEGS; i++) {
		int iface = ph_topology_iface(topology, route->leg[i].ifindex);

		if (iface == PH_NO_IFACE)
			continue;
		hop[n] = (struct ph_route_hop){ .type = type_of(route->type), .iface = iface };
		if (route->leg[i].has_via)
			hop[n].via = route->leg[i].via;
		n++;
	}
	return n;
}

enum ph_status ph_topology_route(struct ph_topology *topology, const struct ph_net_route *route)
{
	struct ph_route_hop hop[PH_ROUTE_LEGS];
	struct ph_route_entry entry = {
		.family = route->family, .prefix_len = route->prefix_len, .prefix = route->prefix, .metric = route->metric,
		.table = table_of(route->table), .how = PH_ROUTE_LISTED, .more = hop + 1,
	};
	enum ph_route_type type = type_of(route->type);
	enum ph_status status;
	size_t n = 1;

	if (type == PH_ROUTE_NONE || entry.table == PH_ROUTE_OF_TYPE || route->narrow || !is_family(route->family))
		return leave_out(topology);
	if (leads_nowhere(type))
		hop[0] = (struct ph_route_hop){ .type = type, .iface = PH_NO_IFACE };
	else
		n = next_hops(topology, route, hop);
	if (n == 0)
		return leave_out(topology);
	entry.hop = hop[0];
	entry.n_more = n - 1;
	status = ph_route_add(topology->route, &entry);
	if (status == PH_OK && type == PH_ROUTE_LOCAL && route->family == PH_IPV4 && route->by_hand)
		ph_route_set_custom_local(topology->route);
	return status == PH_INVALID ? leave_out(topology) : status;
}

enum ph_status ph_policy_set_topology(struct ph_policy *policy, struct ph_topology *topology)
{
	enum ph_status status = ph_route_finish(topology->route);

	if (status != PH_OK)
		return status;
	if (topology == policy->topology)
		return PH_OK;
	ph_topology_free(policy->topology);
	policy->topology = topology;
	policy->route = topology->route;
	return PH_OK;
}

const struct ph_topology *ph_policy_topology(const struct ph_policy *policy)
{
	return policy->topology;
}

struct ph_topology *ph_policy_take_topology(struct ph_policy *policy)
{
	struct ph_topology *topology = policy->topology;

	policy->topology = NULL;
	policy->route = policy->written;
	return topology;
}
