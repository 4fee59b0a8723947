/* Messages of rtnetlink: links, addresses, routes and rules as the kernel writes them; rtnetlink(7), RFC 3549.
 *
 * Only reading, from bytes that somebody else owns; neighbour: netwatch.c, which fetches them. Numbers are in the machine's order,
 * addresses and ports of the network stay bytes. Attributes that are not known, of any length, are passed over. */
#ifndef PH_IO_NETLINK_H
#define PH_IO_NETLINK_H

#include <pinhole/topology.h>
#include "base/cursor.h"

struct ph_nl_msg {
	uint16_t type, flags;
	uint32_t seq, port;
	struct ph_cur body;             /* behind the header */
};

/* Splits the next message off. False: no whole message is left. */
PH_MUST_CHECK bool ph_nl_next(struct ph_cur *from, struct ph_nl_msg *out);

/* The number in NLMSG_ERROR and NLMSG_DONE: 0 or below. False: there is none. */
PH_MUST_CHECK bool ph_nl_error(struct ph_cur body, int32_t *out);

struct ph_nl_link {
	struct ph_net_link link;
	bool carrier;
};
/* RTM_NEWLINK, RTM_DELLINK. False: malformed, or not about the interface itself (a bridge speaks of its ports by the same message). */
PH_MUST_CHECK bool ph_nl_link(struct ph_cur body, struct ph_nl_link *out);

/* RTM_NEWADDR. False: malformed or of another family. */
PH_MUST_CHECK bool ph_nl_addr(struct ph_cur body, struct ph_net_addr *out);

/* RTM_NEWROUTE. Next hops that the kernel calls dead are left out, and of the others those behind the first PH_NET_LEGS.
 * False: malformed, of another family, no configured route (a cached one), or all its next hops are dead: the kernel finds none of
 * these either. */
PH_MUST_CHECK bool ph_nl_route(struct ph_cur body, struct ph_net_route *out);

/* RTM_DELROUTE and RTM_NEWROUTE: can it change what is found in the tables local, main and default? */
PH_MUST_CHECK bool ph_nl_route_matters(struct ph_cur body);

/* The rules of policy routing that every machine has: what RTM_NEWRULE says is one of them, or is not. */
enum ph_nl_rule { PH_NL_RULE_OTHER = 0, PH_NL_RULE_LOCAL = 1, PH_NL_RULE_MAIN = 2, PH_NL_RULE_DEFAULT = 4 };
enum ph_nl_rule ph_nl_rule(struct ph_cur body);

#endif
