/* Interfaces, addresses and routes of the firewall: where a packet goes, and whether an address is its own.
 * Longest prefix wins; among equals the smallest metric, then the first. Of several next hops a packet takes the first: which
 * one Linux takes hangs on a secret number. Owned by the policy; read-only while
 * the engine runs. */
#ifndef PH_ROUTE_ROUTE_H
#define PH_ROUTE_ROUTE_H

#include <pinhole/net.h>

#define PH_IFNAME_SIZE 16
#define PH_NO_IFACE (-1)

struct ph_route;        /* the whole: interfaces, addresses, routes */

/* Zero-padded, so that 16 bytes can be compared at once. */
struct ph_ifname {
	char name[PH_IFNAME_SIZE];
};

enum ph_route_type {
	PH_ROUTE_NONE = 0,      /* nothing covers the address */
	PH_ROUTE_UNICAST, PH_ROUTE_LOCAL, PH_ROUTE_BROADCAST, PH_ROUTE_MULTICAST,
	PH_ROUTE_BLACKHOLE, PH_ROUTE_UNREACHABLE, PH_ROUTE_PROHIBIT,
	PH_ROUTE_ANYCAST,       /* IPv4 only: sent by the interface, not forwarded. IPv6: LOCAL */
	PH_ROUTE_THROW,         /* only added, never found: the search goes on in the next table */
};

/* Without `ip rule` of its own, Linux searches IPv4's local and main as one, the longest prefix of both first, then default;
 * of IPv6 local, then main. */
enum ph_route_table { PH_ROUTE_OF_TYPE = 0, PH_ROUTE_TABLE_LOCAL, PH_ROUTE_TABLE_MAIN, PH_ROUTE_TABLE_DEFAULT };

enum ph_route_how {
	PH_ROUTE_ADD = 0,       /* refused if the prefix is there with the same metric */
	PH_ROUTE_APPEND,        /* behind it; an IPv6 gateway joins the next hops of a route by gateways */
	PH_ROUTE_BEHIND,        /* behind it, never joining */
	PH_ROUTE_REPLACE,       /* instead of it */
	PH_ROUTE_LISTED,        /* behind it, the same or not: in the order in which a kernel lists them; does not make a local route
	                         * one that was added by hand. Quick for many of one prefix and metric that follow each other */
};

struct ph_route_hop {
	enum ph_route_type type;
	int iface;              /* PH_NO_IFACE for those that lead nowhere */
	struct ph_addr via;     /* all zero: directly connected */
};

struct ph_route *ph_route_new(void);
void ph_route_free(struct ph_route *route);

/* Index of an interface, made if it is new. -1: no memory, or the name does not fit. */
int ph_route_iface_add(struct ph_route *route, const char *name);
int ph_route_iface_find(const struct ph_route *route, const char *name);
size_t ph_route_iface_count(const struct ph_route *route);
const struct ph_ifname *ph_route_iface_name(const struct ph_route *route, size_t index);

/* An address of the firewall on an interface. */
struct ph_route_own {
	int iface;
	uint8_t family, prefix_len;     /* 1 to 32 or 128 */
	struct ph_addr addr;
	const struct ph_addr *brd;      /* IPv4 broadcast address, beside the usual one, or NULL */
	bool secondary;                 /* of IPv4, where the address is noted: another is the first of its network */
};

/* Makes the local address, the connected route and, for IPv4 prefixes up to /30, the broadcast address; for IPv6 prefixes up
 * to /126, the anycast address of the routers of that network (local). As Linux 6.18 does.
 * PH_OK; PH_EXISTS: it is on that interface; PH_INVALID: prefix length or interface; PH_FULL, PH_NO_MEMORY. */
enum ph_status ph_route_addr_add(struct ph_route *route, const struct ph_route_own *own);

/* The address of a running machine, whose kernel lists the routes that came with it beside it: makes no route, for some of them may be
 * missing (noprefixroute, deleted by hand, interface down). What else is asked of addresses (ph_route_has_ipv4, ph_route_broadcast_mask,
 * own in ph_route_back) is answered from it; without brd it has no broadcast address. prefix_len may be 0. Takes the same time however
 * many there are. PH_OK; PH_INVALID: prefix length or interface; PH_FULL, PH_NO_MEMORY. */
enum ph_status ph_route_addr_note(struct ph_route *route, const struct ph_route_own *own);

#define PH_ROUTE_LEGS 16                /* next hops of a route, at most */

struct ph_route_entry {
	uint8_t family, prefix_len;
	struct ph_addr prefix;          /* host bits are cleared on adding */
	struct ph_route_hop hop;        /* the type counts for all next hops */
	const struct ph_route_hop *more;        /* n_more next hops beside hop */
	size_t n_more;
	uint32_t metric;
	enum ph_route_table table;      /* PH_ROUTE_OF_TYPE: local for LOCAL, BROADCAST and ANYCAST, main for the others */
	enum ph_route_how how;
};
/* PH_OK; PH_EXISTS: the same prefix with the same metric, or if appended the same route; PH_INVALID: prefix length, number
 * of next hops, or table default of IPv6; PH_FULL, PH_NO_MEMORY. */
enum ph_status ph_route_add(struct ph_route *route, const struct ph_route_entry *entry);

/* Gives spare memory back. After the last add; looking up is possible before as well. PH_OK, PH_NO_MEMORY. */
enum ph_status ph_route_finish(struct ph_route *route);

/* Where an address leads. Always sets *hop; type PH_ROUTE_NONE if nowhere. 224.0.0.0/4 and ff00::/8 are MULTICAST,
 * 255.255.255.255 BROADCAST, without interface, whatever was configured. */
void ph_route_lookup(const struct ph_route *route, uint8_t family, const struct ph_addr *addr, struct ph_route_hop *hop);

/* The interface behind which a gateway is a neighbour, asked of the main table first; PH_NO_IFACE if it is none. */
int ph_route_neighbour(const struct ph_route *route, uint8_t family, const struct ph_addr *addr);

/* All next hops that packets to an address are spread over: one of a plain route, several of a multipath route, the first
 * being that of ph_route_lookup. Those of type LOCAL, BROADCAST, MULTICAST, BLACKHOLE, UNREACHABLE and PROHIBIT have one.
 * Returns how many of leg were set; 0: nothing covers the address. */
size_t ph_route_legs(const struct ph_route *route, uint8_t family, const struct ph_addr *addr,
                     struct ph_route_hop leg[PH_ROUTE_LEGS]);

/* Where an address leads if it has to leave by this interface: the longest prefix with a next hop or local address there,
 * whatever longer ones lead elsewhere. BLACKHOLE, UNREACHABLE and PROHIBIT belong to no interface: IPv4 ends its search at
 * one, IPv6 passes over it, as Linux 6.18 does (ip route get fibmatch A oif DEV, ip -6 route get A oif DEV). The addresses
 * whose meaning no table changes answer as in ph_route_lookup. Always sets *hop; type PH_ROUTE_NONE if there is none. */
void ph_route_lookup_by(const struct ph_route *route, uint8_t family, const struct ph_addr *addr, int iface,
                        struct ph_route_hop *hop);

/* From which of its addresses the firewall sends to `to` by a next hop that ph_route_lookup gave, if nothing else says: IPv4 from the first
 * primary address of the interface whose network the neighbour is in, or the first one there, or the first anywhere; IPv6 as RFC 6724
 * chooses. What a route says of a preferred source is not known here. False: there is none, *out unchanged. */
bool ph_route_source(const struct ph_route *route, uint8_t family, const struct ph_route_hop *hop, const struct ph_addr *to,
                     struct ph_addr *out);

/* What a packet to an address would take, as reverse path checks ask it. */
struct ph_route_back {
	struct ph_route_hop leg[PH_ROUTE_LEGS];
	size_t n_legs;                  /* at least 1 */
	uint8_t prefix_len;
	bool own;                       /* LOCAL: an address of an interface, not a local route */
	bool anycast;                   /* LOCAL: the anycast address of the routers of a network */
};
/* Unlike ph_route_lookup, no address is special here: 224.0.0.1 lies behind a default route. IPv6 prefers, among the routes of
 * the longest prefix and whatever their metrics, one that leaves by iface; PH_NO_IFACE prefers none. False: nothing covers it. */
bool ph_route_back(const struct ph_route *route, uint8_t family, const struct ph_addr *addr, int iface, struct ph_route_back *out);
/* Has the interface an IPv4 address? Was any local IPv4 route added by hand? Both make rp_filter look closer; the second is said of
 * listed routes by ph_route_set_custom_local. */
bool ph_route_has_ipv4(const struct ph_route *route, int iface);
bool ph_route_has_custom_local(const struct ph_route *route);
void ph_route_set_custom_local(struct ph_route *route);

/* Is addr the configured broadcast address of a primary IPv4 address on this interface? Then *mask is the netmask of the
 * first such address. An address given without broadcast address has the usual one, up to /30; one whose network an earlier
 * address of the interface has already is secondary, as in Linux. */
bool ph_route_broadcast_mask(const struct ph_route *route, int iface, const struct ph_addr *addr, struct ph_addr *mask);

/* Was any address, route or interface configured? Interfaces count when somebody says so: those that a capture names,
 * and in0 and out0, are no topology. */
void ph_route_set_configured(struct ph_route *route);
bool ph_route_configured(const struct ph_route *route);
/* Is there any address or route of that family? */
bool ph_route_has_family(const struct ph_route *route, uint8_t family);

#endif
