/* Messages of rtnetlink: whatever the bytes, reading stays within them, and what is read can be built into a topology.
 *
 * Input: messages one behind the other, as the kernel writes them. */
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "io/netlink.h"
#include "rule/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int ok)
{
	if (!ok)
		abort();
}

static void take_link(struct ph_topology *topology, struct ph_cur body)
{
	struct ph_nl_link link;

	if (!ph_nl_link(body, &link))
		return;
	check(link.link.name[0] != '\0' && memchr(link.link.name, '\0', sizeof(link.link.name)) != NULL);
	check(ph_topology_link(topology, &link.link) == PH_OK);
	check(ph_topology_iface(topology, link.link.ifindex) >= 0);
}

static void take_addr(struct ph_topology *topology, struct ph_cur body)
{
	struct ph_net_addr addr;

	if (!ph_nl_addr(body, &addr))
		return;
	check((addr.family == PH_IPV4 && addr.prefix_len <= 32) || (addr.family == PH_IPV6 && addr.prefix_len <= 128));
	check(ph_topology_addr(topology, &addr) == PH_OK);
}

static void take_route(struct ph_topology *topology, struct ph_cur body)
{
	struct ph_net_route route;

	if (!ph_nl_route(body, &route))
		return;
	check((route.family == PH_IPV4 && route.prefix_len <= 32) || (route.family == PH_IPV6 && route.prefix_len <= 128));
	check(route.n_legs <= PH_NET_LEGS);
	check(ph_topology_route(topology, &route) == PH_OK);
}

/* Every prefix and every side is asked for once. */
static void ask(const struct ph_policy *policy, struct ph_cur body)
{
	struct ph_net_route route;
	struct ph_route_hop leg[PH_ROUTE_LEGS];
	struct ph_route_back back;

	if (!ph_nl_route(body, &route))
		return;
	check(ph_route_legs(policy->route, route.family, &route.prefix, leg) <= PH_ROUTE_LEGS);
	ph_route_lookup_by(policy->route, route.family, &route.prefix, 0, leg);
	if (ph_route_back(policy->route, route.family, &route.prefix, 0, &back))
		check(back.n_legs >= 1 && back.n_legs <= PH_ROUTE_LEGS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ph_topology *topology = ph_topology_new();
	struct ph_policy *policy = ph_policy_new();
	struct ph_cur c = ph_cur_of(data, size);
	struct ph_nl_msg msg;

	check(topology && policy);
	while (ph_nl_next(&c, &msg)) {
		int32_t error;

		(void)ph_nl_error(msg.body, &error);
		(void)ph_nl_route_matters(msg.body);
		(void)ph_nl_rule(msg.body);
		if (msg.type == RTM_NEWLINK)
			take_link(topology, msg.body);
		else if (msg.type == RTM_NEWADDR)
			take_addr(topology, msg.body);
		else if (msg.type == RTM_NEWROUTE)
			take_route(topology, msg.body);
	}
	check(ph_policy_set_topology(policy, topology) == PH_OK);
	c = ph_cur_of(data, size);
	while (ph_nl_next(&c, &msg))
		ask(policy, msg.body);
	ph_policy_free(policy);
	return 0;
}
