/* -m addrtype: what kind of address it is for the firewall. IPv4 asks the table of its own and broadcast addresses, IPv6 the
 * routes as well.
 *
 * Without any topology every packet is one that the firewall forwards: its addresses are not the firewall's. */
#include "rule/ext.h"

enum { SRC, DST, IFACE_IN, IFACE_OUT };

enum address_type {
	TYPE_UNSPEC = 1 << 0, TYPE_UNICAST = 1 << 1, TYPE_LOCAL = 1 << 2, TYPE_BROADCAST = 1 << 3, TYPE_ANYCAST = 1 << 4,
	TYPE_MULTICAST = 1 << 5, TYPE_BLACKHOLE = 1 << 6, TYPE_UNREACHABLE = 1 << 7, TYPE_PROHIBIT = 1 << 8,
	TYPE_THROW = 1 << 9, TYPE_NAT = 1 << 10, TYPE_XRESOLVE = 1 << 11,
};
#define NOT_IPV6 (TYPE_BROADCAST | TYPE_BLACKHOLE | TYPE_PROHIBIT | TYPE_THROW | TYPE_NAT | TYPE_XRESOLVE)

struct match_addrtype {
	uint16_t type[2];       /* source, destination */
};

static const struct ph_name names[] = {
	{ "UNSPEC", TYPE_UNSPEC }, { "UNICAST", TYPE_UNICAST }, { "LOCAL", TYPE_LOCAL }, { "BROADCAST", TYPE_BROADCAST },
	{ "ANYCAST", TYPE_ANYCAST }, { "MULTICAST", TYPE_MULTICAST }, { "BLACKHOLE", TYPE_BLACKHOLE },
	{ "UNREACHABLE", TYPE_UNREACHABLE }, { "PROHIBIT", TYPE_PROHIBIT }, { "THROW", TYPE_THROW }, { "NAT", TYPE_NAT },
	{ "XRESOLVE", TYPE_XRESOLVE }, { NULL, 0 },
};

static bool check(struct ph_check *c)
{
	const struct match_addrtype *m = (const void *)c->part->data;

	if (!(c->part->given & (PH_BIT(SRC) | PH_BIT(DST))))
		return ph_check_error(c, -1, "says nothing: give it --src-type or --dst-type");
	if (c->family == PH_IPV6 && ((m->type[SRC] | m->type[DST]) & NOT_IPV6))
		return ph_check_error(c, -1, "IPv6 tells only UNSPEC, UNICAST, LOCAL, ANYCAST, MULTICAST and UNREACHABLE apart");
	return true;
}

static uint8_t part_hooks(const struct ph_part *part)
{
	if (ph_part_has(part, IFACE_IN))
		return 1 << PH_HOOK_PREROUTING | 1 << PH_HOOK_INPUT | 1 << PH_HOOK_FORWARD;
	if (ph_part_has(part, IFACE_OUT))
		return 1 << PH_HOOK_FORWARD | 1 << PH_HOOK_OUTPUT | 1 << PH_HOOK_POSTROUTING;
	return 0;
}

/* The interface to which the question is limited, or NULL. */
static const struct ph_ifname *limit_of(const struct ph_part *part, const struct ph_rule_ctx *ctx)
{
	if (ph_part_has(part, IFACE_IN))
		return ctx->in;
	return ph_part_has(part, IFACE_OUT) ? ctx->out : NULL;
}

static void look_up(const struct ph_rule_ctx *ctx, const struct ph_addr *addr, struct ph_route_hop *hop)
{
	*hop = (struct ph_route_hop){ .type = PH_ROUTE_UNICAST, .iface = PH_NO_IFACE };
	if (ctx->route && ph_route_configured(ctx->route))
		ph_route_lookup(ctx->route, ctx->pkt->family, addr, hop);
}

static bool is_on(const struct ph_rule_ctx *ctx, const struct ph_route_hop *hop, const struct ph_ifname *limit)
{
	const struct ph_ifname *name = hop->iface >= 0 ? ph_route_iface_name(ctx->route, (size_t)hop->iface) : NULL;

	return !limit || (name && memcmp(name, limit, sizeof(*name)) == 0);
}

static uint16_t type4(const struct ph_rule_ctx *ctx, const struct ph_addr *addr, const struct ph_ifname *limit)
{
	static const uint8_t zero[4], ones[4] = { 0xff, 0xff, 0xff, 0xff };
	static const struct ph_ifname loopback = { "lo" };
	struct ph_route_hop hop;

	if (memcmp(addr->b, zero, 4) == 0 || memcmp(addr->b, ones, 4) == 0)
		return TYPE_BROADCAST;
	if ((addr->b[0] & 0xf0) == 0xe0)
		return TYPE_MULTICAST;
	look_up(ctx, addr, &hop);
	if (hop.type != PH_ROUTE_LOCAL && hop.type != PH_ROUTE_BROADCAST && addr->b[0] == 127 &&
	    (!limit || memcmp(limit, &loopback, sizeof(loopback)) == 0))
		return memcmp(addr->b + 1, ones, 3) == 0 ? TYPE_BROADCAST : TYPE_LOCAL;
	if (!is_on(ctx, &hop, limit))
		return TYPE_UNICAST;
	if (hop.type == PH_ROUTE_ANYCAST || hop.type == PH_ROUTE_MULTICAST)
		return hop.type == PH_ROUTE_ANYCAST ? TYPE_ANYCAST : TYPE_MULTICAST;
	return hop.type == PH_ROUTE_LOCAL ? TYPE_LOCAL : hop.type == PH_ROUTE_BROADCAST ? TYPE_BROADCAST : TYPE_UNICAST;
}

/* RFC 4291 2.6.1: an address of the firewall whose interface identifier is all zero is that of all routers there. */
static uint16_t route_type6(const struct ph_rule_ctx *ctx, const struct ph_addr *addr, const struct ph_ifname *limit)
{
	static const struct ph_addr loopback = { { [15] = 1 } };
	static const uint8_t zero[8];
	struct ph_route_hop hop;

	if (memcmp(addr, &loopback, sizeof(loopback)) == 0)
		return limit ? 0 : TYPE_LOCAL;
	look_up(ctx, addr, &hop);
	if (hop.type == PH_ROUTE_LOCAL)
		return memcmp(addr->b + 8, zero, 8) == 0 ? TYPE_ANYCAST : is_on(ctx, &hop, limit) ? TYPE_LOCAL : 0;
	return hop.type == PH_ROUTE_UNICAST || hop.type == PH_ROUTE_MULTICAST ? 0 : TYPE_UNREACHABLE;
}

/* Multicast, unicast and unspecified must each hold if they are asked for, and one of those that the routes tell. */
static bool hit6(const struct ph_rule_ctx *ctx, const struct ph_addr *addr, uint16_t types, const struct ph_ifname *limit)
{
	static const struct ph_addr zero;
	bool unspec = memcmp(addr, &zero, sizeof(zero)) == 0, multicast = addr->b[0] == 0xff;

	if (((types & TYPE_MULTICAST) && !multicast) || ((types & TYPE_UNICAST) && (multicast || unspec)) ||
	    ((types & TYPE_UNSPEC) && !unspec))
		return false;
	if (!(types & (TYPE_LOCAL | TYPE_ANYCAST | TYPE_UNREACHABLE)))
		return true;
	return (types & route_type6(ctx, addr, limit)) != 0;
}

static bool holds(const struct ph_part *part, const struct ph_rule_ctx *ctx, unsigned which, const struct ph_addr *addr)
{
	const struct match_addrtype *m = (const void *)part->data;
	const struct ph_ifname *limit = limit_of(part, ctx);
	bool hit;

	if (!ph_part_has(part, which))
		return true;
	if (ctx->pkt->family == PH_IPV4)
		hit = (m->type[which] & type4(ctx, addr, limit)) != 0;
	else
		hit = hit6(ctx, addr, m->type[which], limit);
	return hit != ph_part_inverted(part, which);
}

static enum ph_match match(struct ph_part *part, struct ph_rule_ctx *ctx)
{
	return ph_match_if(holds(part, ctx, SRC, &ctx->pkt->src) && holds(part, ctx, DST, &ctx->pkt->dst));
}

#define TYPE(option, which) \
	{ .name = option, .what = "an address type", .type = PH_ARG_SET, .flags = PH_OPT_INVERT | PH_OPT_PREFIX, .id = which, \
	  PH_OPT_FIELD(struct match_addrtype, type[which]), .names = names }

static const struct ph_opt options[] = {
	TYPE("src-type", SRC), TYPE("dst-type", DST),
	{ .name = "limit-iface-in", .type = PH_ARG_FLAG, .id = IFACE_IN, .excludes = PH_BIT(IFACE_OUT) },
	{ .name = "limit-iface-out", .type = PH_ARG_FLAG, .id = IFACE_OUT, .excludes = PH_BIT(IFACE_IN) },
};

const struct ph_ext ph_match_addrtype = {
	.name = "addrtype", .what = "what kind of address it is", .kind = PH_EXT_MATCH, .families = PH_FAMILY_ANY,
	.size = sizeof(struct match_addrtype), PH_EXT_OPTIONS(options), .check = check, .part_hooks = part_hooks,
	.match = match,
};
