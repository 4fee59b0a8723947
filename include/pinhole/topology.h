/* Interfaces, addresses and routes of a running machine: read from its kernel by rtnetlink, and followed.
 *
 *   ph_netwatch (io) --ph_net_sink--> ph_topology (rule) --ph_policy_set_topology--> policy --ph_engine_refresh--> engine
 *
 * A topology is built by one thread and then given away whole; nothing of it is changed afterwards. */
#ifndef PINHOLE_TOPOLOGY_H
#define PINHOLE_TOPOLOGY_H

#include <pinhole/net.h>

struct ph_topology;
struct ph_policy;

enum { PH_IFNAME_ROOM = 16, PH_NET_LEGS = 16 };

/* An interface as the kernel numbers it. */
struct ph_net_link {
	uint32_t ifindex;
	char name[PH_IFNAME_ROOM];
	bool up, loopback;
};

struct ph_net_addr {
	uint32_t ifindex;
	uint8_t family, prefix_len;
	struct ph_addr addr;
	bool has_broadcast;
	struct ph_addr broadcast;
	bool secondary, deprecated, tentative;
};

/* Kinds of routes under the kernel's numbers (RTN_*): unicast 1, local 2, broadcast 3, anycast 4, multicast 5, blackhole 6,
 * unreachable 7, prohibit 8, throw 9. table: 255 local, 254 main, 253 default, others as they are. */
struct ph_net_route {
	uint8_t family, prefix_len, type;
	bool by_hand;                   /* not made by the kernel itself */
	bool narrow;                    /* only for packets of one TOS or from one source prefix */
	uint32_t table, metric;
	struct ph_addr prefix;
	size_t n_legs;
	struct ph_net_leg {
		uint32_t ifindex;       /* 0: none */
		bool has_via;           /* a gateway of the route's own family; one of the other is not told */
		struct ph_addr via;
	} leg[PH_NET_LEGS];
};

/* --- the machine's kernel (io) --- */

struct ph_netwatch;

/* Opens the sockets and asks for links and addresses once. NULL: the reason was added to diags. */
PH_API struct ph_netwatch *ph_netwatch_open(struct ph_diags *diags);
PH_API void ph_netwatch_close(struct ph_netwatch *watch);
/* Becomes readable when something may have changed. */
PH_API int ph_netwatch_fd(const struct ph_netwatch *watch);
/* Takes in what is waiting without blocking; true if anything that matters has changed since the last dump. What was lost because
 * the socket overran counts as a change. */
PH_API bool ph_netwatch_poll(struct ph_netwatch *watch);

/* Receives a dump; each may be NULL. Arguments are good during the call. */
struct ph_net_sink {
	void (*link)(void *arg, const struct ph_net_link *link);
	void (*addr)(void *arg, const struct ph_net_addr *addr);
	void (*route)(void *arg, const struct ph_net_route *route);
	void *arg;
};
/* Gives all links, then all addresses, then all routes of both families, as the kernel has them now (a dump that the kernel marks as
 * interrupted is taken again). PH_OK, PH_IO after a diagnostic, PH_NO_MEMORY. other_rules, unless NULL: true if there are rules of
 * policy routing beside those every machine has, or one of those is missing. */
PH_API PH_MUST_CHECK enum ph_status ph_netwatch_dump(struct ph_netwatch *watch, const struct ph_net_sink *sink, bool *other_rules,
                                                     struct ph_diags *diags);

/* --- what it is built into (rule) --- */

/* Empty. NULL without memory. */
PH_API struct ph_topology *ph_topology_new(void);
PH_API void ph_topology_free(struct ph_topology *topology);
/* The three parts, links first. What cannot be taken (an unknown interface, a table that nobody asks, a route for some packets only)
 * is left out and counted.
 * PH_OK, PH_FULL, PH_NO_MEMORY. */
PH_API PH_MUST_CHECK enum ph_status ph_topology_link(struct ph_topology *topology, const struct ph_net_link *link);
PH_API PH_MUST_CHECK enum ph_status ph_topology_addr(struct ph_topology *topology, const struct ph_net_addr *addr);
PH_API PH_MUST_CHECK enum ph_status ph_topology_route(struct ph_topology *topology, const struct ph_net_route *route);
PH_API uint64_t ph_topology_left_out(const struct ph_topology *topology);

/* Index (as in ph_policy_iface_name and ph_packet_in.iface) of the interface with the kernel's number, -1: not known. */
PH_API int ph_topology_iface(const struct ph_topology *topology, uint32_t ifindex);

/* Puts it in the place of what the policy has, and takes it over; on anything but PH_OK it stays the caller's and the policy as it was.
 * What `ip` commands of its texts said, before or after, counts no longer. Before or after ph_policy_finish; an engine that borrows
 * the policy is told by ph_engine_refresh. PH_OK, PH_NO_MEMORY. */
PH_API PH_MUST_CHECK enum ph_status ph_policy_set_topology(struct ph_policy *policy, struct ph_topology *topology);
/* The one it has, NULL if it never got one: still the policy's. */
PH_API const struct ph_topology *ph_policy_topology(const struct ph_policy *policy);
/* The same, given back to the caller; the policy has none then, and answers as its texts said. For the policy that comes after
 * it. */
PH_API struct ph_topology *ph_policy_take_topology(struct ph_policy *policy);

#endif
