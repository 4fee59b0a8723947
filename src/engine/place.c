/* Where a packet comes from and where it goes: interfaces, the firewall's own addresses, martians, hop limits.
 * spec/tracking.md 9.7 and what Linux does between PREROUTING and FORWARD; RFC 1812 5.2, RFC 4291 2.5.6. */
#include "engine/walk.h"

static bool is_v4(const struct ph_walk *walk)
{
	return walk->pkt.family == PH_IPV4;
}

static bool is_multicast(const struct ph_walk *walk, const struct ph_addr *addr)
{
	return is_v4(walk) ? (addr->b[0] & 0xf0) == 0xe0 : addr->b[0] == 0xff;
}

static bool is_limited_broadcast(const struct ph_addr *addr)
{
	return (addr->b[0] & addr->b[1] & addr->b[2] & addr->b[3]) == 0xff;
}

static bool is_unspecified(const struct ph_addr *addr)
{
	static const struct ph_addr zero;

	return ph_addr_equal(addr, &zero);
}

static bool is_link_local(const struct ph_addr *addr)
{
	return addr->b[0] == 0xfe && (addr->b[1] & 0xc0) == 0x80;
}

struct ph_route_hop ph_engine_hop(struct ph_engine *engine, uint8_t family, const struct ph_addr *addr)
{
	struct ph_hop_memo *memo;
	uint64_t half[2];

	memcpy(half, addr->b, sizeof(half));
	memo = &engine->hop[((half[0] ^ half[1]) * 0x9e3779b97f4a7c15u >> 32) % PH_HOP_CACHE];
	if (memo->family != family || !ph_addr_equal(&memo->addr, addr)) {
		ph_route_lookup(engine->policy->route, family, addr, &memo->hop);
		memo->addr = *addr;
		memo->family = family;
	}
	return memo->hop;
}

static struct ph_route_hop hop_to(const struct ph_walk *walk, const struct ph_addr *addr)
{
	return ph_engine_hop(walk->engine, walk->pkt.family, addr);
}

/* The interface behind which an address lies. */
static int side_of(const struct ph_walk *walk, const struct ph_addr *addr)
{
	const struct ph_route_hop hop = hop_to(walk, addr);

	return hop.type == PH_ROUTE_UNICAST ? hop.iface : PH_NO_IFACE;
}

static int first_other_than(const struct ph_walk *walk, int iface)
{
	size_t n = ph_route_iface_count(walk->engine->policy->route);

	/* Behind the two that are always there come those that a capture named: they are sides of their own. */
	if (iface > 1)
		return iface == 2 && n > 3 ? 3 : 2;
	return iface == 0 && n > 1 ? 1 : 0;
}

/* May a packet from the firewall have been seen where it was? What it sends itself it does not send on a wire. */
static bool may_have_left(const struct ph_walk *walk, int side)
{
	if (side != PH_NO_IFACE)
		return side == walk->iface_in;
	return hop_to(walk, &walk->pkt.dst).type != PH_ROUTE_LOCAL;
}

bool ph_walk_to_many(const struct ph_walk *walk)
{
	const struct ph_addr *dst = &walk->pkt.dst;

	return is_multicast(walk, dst) || (is_v4(walk) && is_limited_broadcast(dst)) || hop_to(walk, dst).type == PH_ROUTE_BROADCAST;
}

/* The side of an address, as good as it is known. */
static int side_or_first(const struct ph_walk *walk, const struct ph_addr *addr, int other)
{
	int side = walk->engine->has_topology ? side_of(walk, addr) : PH_NO_IFACE;

	return side == PH_NO_IFACE ? first_other_than(walk, other) : side;
}

static int leaves_by(const struct ph_walk *walk)
{
	struct ph_route_hop hop;

	if (walk->in->out_iface != PH_IFACE_ROUTE)
		return walk->in->out_iface;
	if (!walk->engine->has_topology)
		return first_other_than(walk, walk->iface_in);
	hop = hop_to(walk, &walk->pkt.dst);
	return hop.type == PH_ROUTE_NONE ? PH_NO_IFACE : hop.iface;
}

bool ph_walk_from_loopback(const struct ph_walk *walk)
{
	const struct ph_ifname *name = NULL;

	if (walk->iface_in >= 0)
		name = ph_route_iface_name(walk->engine->policy->route, (size_t)walk->iface_in);
	return name && strcmp(name->name, "lo") == 0;
}

/* A host hears what it sends to everybody. Its kernel lets no other packet from its own addresses in, but by the loopback interface. */
static bool is_own_copy(const struct ph_walk *walk)
{
	return walk->local_in && walk->engine->has_topology && ph_walk_to_many(walk) &&
	       hop_to(walk, &walk->pkt.src).type == PH_ROUTE_LOCAL;
}

/* The caller's kernel has made the routing decision: addresses and routes fill in what it did not say. */
static void take_place(struct ph_walk *walk)
{
	walk->local_in = walk->in->place == PH_PLACE_INPUT;
	walk->local_out = walk->in->place == PH_PLACE_OUTPUT;
	if (walk->local_out)
		walk->iface_in = PH_NO_IFACE;
	else if (walk->iface_in == PH_NO_IFACE)
		walk->iface_in = side_or_first(walk, &walk->pkt.src, PH_NO_IFACE);
	if (!walk->local_in)
		walk->iface_out = leaves_by(walk);
	walk->looped = walk->local_in && (walk->in->looped || is_own_copy(walk));
}

bool ph_walk_place(struct ph_walk *walk)
{
	struct ph_route_hop hop;
	int side;

	walk->iface_in = walk->in->iface == PH_IFACE_ROUTE ? PH_NO_IFACE : walk->in->iface;
	walk->iface_out = PH_NO_IFACE;
	if (walk->in->place != PH_PLACE_FIND) {
		take_place(walk);
		return true;
	}
	if (!walk->engine->has_topology) {
		if (walk->iface_in == PH_NO_IFACE)
			walk->iface_in = 0;
		return true;
	}
	side = side_of(walk, &walk->pkt.dst);
	hop = hop_to(walk, &walk->pkt.src);
	/* What came in where the firewall would not send it, it did not send: somebody uses its address. */
	if (hop.type == PH_ROUTE_LOCAL && (walk->iface_in == PH_NO_IFACE || may_have_left(walk, side))) {
		walk->local_out = true;
		walk->iface_in = PH_NO_IFACE;
		return true;
	}
	if (walk->iface_in != PH_NO_IFACE)
		return true;
	walk->iface_in = hop.type == PH_ROUTE_UNICAST ? hop.iface : PH_NO_IFACE;
	if (walk->iface_in == PH_NO_IFACE) {
		/* A source without a route: behind the side where its packet does not go. */
		walk->iface_in = first_other_than(walk, side_of(walk, &walk->pkt.dst));
	}
	return ph_route_iface_count(walk->engine->policy->route) > 0;
}

static enum ph_step drop(struct ph_walk *walk, enum ph_fate fate)
{
	walk->out->fate = fate;
	return PH_STEP_STOP;
}

/* A loopback address on the wire; one that the administrator gave a route to another interface is meant so, as with
 * route_localnet. A default route is no such. */
static bool stray_loopback(const struct ph_walk *walk, const struct ph_addr *addr)
{
	struct ph_route_back back;

	if (addr->b[0] != 127 || ph_source_localnet(walk))
		return false;
	return !ph_route_back(walk->engine->policy->route, PH_IPV4, addr, PH_NO_IFACE, &back) || back.prefix_len < 8 ||
	       back.leg[0].type != PH_ROUTE_UNICAST;
}

/* To everybody on the link: 255.255.255.255, or the oldest form of it, from nobody to nobody. */
static bool to_everybody_v4(const struct ph_pkt *pkt)
{
	return is_limited_broadcast(&pkt->dst) || (is_unspecified(&pkt->src) && is_unspecified(&pkt->dst));
}

/* RFC 5771 4: said on one link, also by hosts that have no address yet (IGMP). */
static bool link_group_v4(const struct ph_addr *addr)
{
	return addr->b[0] == 224 && addr->b[1] == 0 && addr->b[2] == 0;
}

static bool all_hosts_v4(const struct ph_addr *addr)
{
	static const uint8_t all[4] = { 224, 0, 0, 1 };

	return memcmp(addr->b, all, 4) == 0;
}

/* Addresses that a router never believes; RFC 1812 5.3.7. Of 0.0.0.0/8 only the first, as in Linux since 5.3. */
static bool martian_v4(const struct ph_walk *walk)
{
	const struct ph_pkt *pkt = &walk->pkt;

	if ((pkt->src.b[0] & 0xf0) == 0xe0 || is_limited_broadcast(&pkt->src))
		return true;
	if (to_everybody_v4(pkt))
		return false;
	if (stray_loopback(walk, &pkt->src) || stray_loopback(walk, &pkt->dst))
		return true;
	return is_unspecified(&pkt->dst) || (is_unspecified(&pkt->src) && !link_group_v4(&pkt->dst));
}

/* Groups that a router without multicast routing has joined itself. */
static bool own_group(const struct ph_walk *walk)
{
	const struct ph_addr *dst = &walk->pkt.dst;
	static const uint8_t all[15] = { 0xff, 0x02 };

	if (is_v4(walk))
		return to_everybody_v4(&walk->pkt) || all_hosts_v4(dst);
	return memcmp(dst->b, all, sizeof(all)) == 0 && (dst->b[15] == 1 || dst->b[15] == 2);
}

/* RFC 4291 2.5.6: what is said on a link stays there. */
static bool bound_to_link(const struct ph_walk *walk)
{
	const struct ph_pkt *pkt = &walk->pkt;

	if (is_v4(walk))
		return false;
	if (is_link_local(&pkt->dst))
		return true;
	return walk->iface_in != walk->iface_out && (is_unspecified(&pkt->src) || is_link_local(&pkt->src));
}

/* Out of an interface of the firewall's choice. */
static enum ph_step leave(struct ph_walk *walk, const struct ph_route_hop *hop)
{
	if (hop->type == PH_ROUTE_UNICAST || hop->type == PH_ROUTE_BROADCAST || hop->type == PH_ROUTE_MULTICAST ||
	    hop->type == PH_ROUTE_ANYCAST)
		walk->iface_out = hop->iface;
	return PH_STEP_NEXT;
}

void ph_walk_raise_hop(struct ph_walk *walk)
{
	walk->hop_raised = walk->in->hop_taken && walk->pkt.ttl < UINT8_MAX;
	walk->pkt.ttl = (uint8_t)(walk->pkt.ttl + walk->hop_raised);
}

/* Forwarding takes one hop away: FORWARD and POSTROUTING see what is left. */
static enum ph_step take_hop(struct ph_walk *walk)
{
	if (walk->in->hop_taken) {
		if (walk->hop_raised && walk->pkt.ttl > 0)
			walk->pkt.ttl--;
		return PH_STEP_NEXT;
	}
	if (walk->pkt.ttl <= 1 && !walk->in->keep_ttl)
		return drop(walk, PH_FATE_TTL);
	if (walk->pkt.ttl > 0)
		walk->pkt.ttl--;
	return PH_STEP_NEXT;
}

static enum ph_step forward(struct ph_walk *walk, const struct ph_route_hop *hop)
{
	if (hop->type != PH_ROUTE_UNICAST)
		return drop(walk, PH_FATE_ROUTE);
	walk->iface_out = hop->iface;
	if (is_v4(walk) && !ph_source_valid(walk, hop->iface))
		return drop(walk, PH_FATE_ROUTE);
	if (bound_to_link(walk))
		return drop(walk, PH_FATE_ROUTE);
	return take_hop(walk);
}

/* What the kernel decided stands, but its sysctls may ask less of a source than the policy's do. What it heard from itself it has not
 * asked about. */
static bool is_believable(struct ph_walk *walk)
{
	if (!is_v4(walk) || !walk->engine->has_topology || walk->looped || ph_walk_from_loopback(walk))
		return true;
	if (martian_v4(walk))
		return false;
	return is_unspecified(&walk->pkt.src) || ph_source_valid(walk, walk->local_in ? PH_NO_IFACE : walk->iface_out);
}

static enum ph_step route_placed(struct ph_walk *walk)
{
	if (walk->local_out)
		return PH_STEP_NEXT;
	if (!is_believable(walk))
		return drop(walk, PH_FATE_ROUTE);
	return walk->local_in ? PH_STEP_NEXT : take_hop(walk);
}

void ph_walk_aim(struct ph_walk *walk)
{
	struct ph_route_hop hop;

	if (walk->in->place != PH_PLACE_FIND)
		return;
	if (!walk->engine->has_topology) {
		walk->iface_out = first_other_than(walk, walk->iface_in);
		return;
	}
	hop = hop_to(walk, &walk->pkt.dst);
	walk->local_in = hop.type == PH_ROUTE_LOCAL;
	(void)leave(walk, &hop);
}

enum ph_step ph_walk_route(struct ph_walk *walk)
{
	const struct ph_pkt *pkt = &walk->pkt;
	struct ph_route_hop hop;

	if (walk->in->place != PH_PLACE_FIND)
		return route_placed(walk);
	if (!walk->engine->has_topology) {
		walk->iface_out = first_other_than(walk, walk->iface_in);
		return take_hop(walk);
	}
	hop = hop_to(walk, &pkt->dst);
	if (walk->local_out)
		return leave(walk, &hop);
	if (is_v4(walk) && martian_v4(walk))
		return drop(walk, PH_FATE_ROUTE);
	if (own_group(walk) || hop.type == PH_ROUTE_LOCAL || hop.type == PH_ROUTE_BROADCAST) {
		if (is_v4(walk) && !is_unspecified(&pkt->src) && !ph_source_valid(walk, PH_NO_IFACE))
			return drop(walk, PH_FATE_ROUTE);
		walk->local_in = true;
		return PH_STEP_NEXT;
	}
	return is_multicast(walk, &pkt->dst) ? drop(walk, PH_FATE_ROUTE) : forward(walk, &hop);
}
