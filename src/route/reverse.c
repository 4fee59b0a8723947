/* Reverse path checks; see reverse.h. Behaviour: spec/tracking.md 10, as Linux 6.18 answers. */
#include "route/reverse.h"

#include <string.h>

static bool is_zero(const struct ph_addr *addr)
{
	static const struct ph_addr zero;

	return memcmp(addr, &zero, sizeof(zero)) == 0;
}

static bool is_loopback(const struct ph_route *route, int iface)
{
	const struct ph_ifname *name = iface >= 0 ? ph_route_iface_name(route, (size_t)iface) : NULL;

	return name && strcmp(name->name, "lo") == 0;
}

/* DHCP and IGMP: a host without an address asks. */
static bool asks_without_address(const struct ph_reverse_in *in)
{
	static const uint8_t group[3] = { 224, 0, 0 }, ones[4] = { 255, 255, 255, 255 };

	return is_zero(in->src) && (memcmp(in->dst->b, group, 3) == 0 || memcmp(in->dst->b, ones, 4) == 0);
}

/* The route to the source. 127.0.0.0/8 is the firewall itself even if nobody said so; a route to it says otherwise. */
static bool way_back(const struct ph_route *route, const struct ph_reverse_in *in, int iface, struct ph_route_back *back)
{
	static const uint8_t first[4] = { 127, 0, 0, 1 };
	bool found = ph_route_back(route, in->family, in->src, iface, back);

	if (in->family == PH_IPV4 && in->src->b[0] == 127 && (!found || back->prefix_len < 8)) {
		*back = (struct ph_route_back){ .n_legs = 1, .prefix_len = 8, .own = memcmp(in->src->b, first, 4) == 0 };
		back->leg[0] = (struct ph_route_hop){ .type = PH_ROUTE_LOCAL, .iface = PH_NO_IFACE };
		return true;
	}
	return found;
}

static bool leaves_by(const struct ph_route_back *back, int iface)
{
	for (size_t i = 0; i < back->n_legs; i++)
		if (back->leg[i].iface == iface)
			return true;
	return false;
}

/* What the type of a route says alone. SAME: nothing against it. */
static enum ph_reverse judge_type(const struct ph_route_back *back, bool accept_local)
{
	switch (back->leg[0].type) {
	case PH_ROUTE_UNICAST:
		return PH_REVERSE_SAME;
	case PH_ROUTE_LOCAL:
		if (back->anycast)
			return PH_REVERSE_NO_HOST;
		return accept_local ? PH_REVERSE_SAME : PH_REVERSE_OWN;
	case PH_ROUTE_BROADCAST: case PH_ROUTE_MULTICAST: case PH_ROUTE_ANYCAST:
		return PH_REVERSE_NO_HOST;
	case PH_ROUTE_NONE: case PH_ROUTE_BLACKHOLE: case PH_ROUTE_UNREACHABLE: case PH_ROUTE_PROHIBIT:
	case PH_ROUTE_THROW:
		break;
	}
	return PH_REVERSE_NOWHERE;
}

static enum ph_reverse match_v4(const struct ph_route *route, const struct ph_reverse_in *in, struct ph_route_hop *hop)
{
	struct ph_route_back back;
	enum ph_reverse why;

	if (asks_without_address(in))
		return PH_REVERSE_EXEMPT;
	if (!way_back(route, in, PH_NO_IFACE, &back))
		return PH_REVERSE_NOWHERE;
	*hop = back.leg[0];
	why = judge_type(&back, in->accept_local);
	if (why != PH_REVERSE_SAME || leaves_by(&back, in->iface))
		return why;
	return in->loose ? PH_REVERSE_LOOSE : PH_REVERSE_OTHER;
}

/* RFC 4291 2.5.6: each link has these addresses, whether or not the policy names the interface's own. */
static bool link_way_back(const struct ph_route *route, const struct ph_reverse_in *in, struct ph_route_back *back)
{
	static const uint8_t link[8] = { 0xfe, 0x80 }, zero[8];

	*back = (struct ph_route_back){ .n_legs = 1 };
	ph_route_lookup_by(route, PH_IPV6, in->src, in->iface, &back->leg[0]);
	back->anycast = back->leg[0].type == PH_ROUTE_LOCAL && memcmp(in->src->b + 8, zero, 8) == 0;
	if (back->leg[0].type == PH_ROUTE_NONE && memcmp(in->src->b, link, 8) == 0)
		back->leg[0] = (struct ph_route_hop){ .type = PH_ROUTE_UNICAST, .iface = in->iface };
	return back->leg[0].type != PH_ROUTE_NONE;
}

static enum ph_reverse match_v6(const struct ph_route *route, const struct ph_reverse_in *in, struct ph_route_hop *hop)
{
	bool link_local = in->src->b[0] == 0xfe && (in->src->b[1] & 0xc0) == 0x80;
	struct ph_route_back back;
	enum ph_reverse why;

	if (is_zero(in->src))
		return PH_REVERSE_EXEMPT;
	if (link_local ? !link_way_back(route, in, &back) : !way_back(route, in, in->loose ? PH_NO_IFACE : in->iface, &back))
		return PH_REVERSE_NOWHERE;
	*hop = back.leg[0];
	why = judge_type(&back, in->accept_local);
	if (why != PH_REVERSE_SAME)
		return why;
	if (back.leg[0].type == PH_ROUTE_LOCAL)
		return PH_REVERSE_ACCEPTED;
	if (leaves_by(&back, in->iface))
		return PH_REVERSE_SAME;
	return in->loose ? PH_REVERSE_LOOSE : PH_REVERSE_OTHER;
}

void ph_reverse_match(const struct ph_route *route, const struct ph_reverse_in *in, struct ph_reverse_out *out)
{
	*out = (struct ph_reverse_out){ .why = PH_REVERSE_EXEMPT, .hop = { .iface = PH_NO_IFACE } };
	if (is_loopback(route, in->iface))
		return;
	out->why = in->family == PH_IPV4 ? match_v4(route, in, &out->hop) : match_v6(route, in, &out->hop);
}

/* With 0 only addresses of interfaces are looked for, unless something makes that too little. */
static enum ph_reverse filter_off(const struct ph_route *route, const struct ph_reverse_in *in, const struct ph_route_back *back)
{
	bool full = in->hairpin || ph_route_has_custom_local(route);
	enum ph_reverse why = back ? judge_type(back, in->accept_local) : PH_REVERSE_NOWHERE;

	if (in->accept_local && !in->hairpin)
		return PH_REVERSE_OFF;
	if (why == PH_REVERSE_OWN)
		return full || back->own ? PH_REVERSE_OWN : PH_REVERSE_OFF;
	return full && why == PH_REVERSE_NO_HOST ? why : PH_REVERSE_OFF;
}

static enum ph_reverse filter(const struct ph_route *route, const struct ph_reverse_in *in, const struct ph_route_back *back)
{
	enum ph_reverse why;

	if (!in->strict && !in->loose)
		return filter_off(route, in, back);
	if (!back)
		return PH_REVERSE_NOWHERE;
	why = judge_type(back, in->accept_local);
	if (why != PH_REVERSE_SAME || leaves_by(back, in->iface))
		return why;
	/* An interface without an address cannot say what is behind it: that is as if there were no route. */
	return in->loose && ph_route_has_ipv4(route, in->iface) ? PH_REVERSE_LOOSE : PH_REVERSE_OTHER;
}

void ph_reverse_filter(const struct ph_route *route, const struct ph_reverse_in *in, struct ph_reverse_out *out)
{
	struct ph_route_back back;
	bool found;

	*out = (struct ph_reverse_out){ .why = PH_REVERSE_EXEMPT, .hop = { .iface = PH_NO_IFACE } };
	if (is_loopback(route, in->iface))
		return;
	found = way_back(route, in, PH_NO_IFACE, &back);
	if (found)
		out->hop = back.leg[0];
	out->why = filter(route, in, found ? &back : NULL);
}

static const char *name_of(const struct ph_route *route, int iface)
{
	const struct ph_ifname *name = iface >= 0 ? ph_route_iface_name(route, (size_t)iface) : NULL;

	return name ? name->name : "no interface";
}

void ph_reverse_write(const struct ph_route *route, const struct ph_reverse_in *in, const struct ph_reverse_out *out,
                      struct ph_writer *w)
{
	static const char *const nowhere[] = {
		[PH_ROUTE_BLACKHOLE] = "blackhole", [PH_ROUTE_UNREACHABLE] = "unreachable", [PH_ROUTE_PROHIBIT] = "prohibit",
	};
	const char *here = name_of(route, in->iface), *way = name_of(route, out->hop.iface);
	char src[PH_ADDR_TEXT];

	(void)ph_addr_format(src, in->family, in->src);
	switch (out->why) {
	case PH_REVERSE_NOWHERE:
		if (out->hop.type < sizeof(nowhere) / sizeof(*nowhere) && nowhere[out->hop.type])
			ph_put_format(w, "the route back to %s is %s", src, nowhere[out->hop.type]);
		else
			ph_put_format(w, "there is no route back to %s", src);
		return;
	case PH_REVERSE_NO_HOST: ph_put_format(w, "%s is a broadcast or anycast address", src); return;
	case PH_REVERSE_OWN: case PH_REVERSE_ACCEPTED: ph_put_format(w, "%s is an address of the firewall", src); return;
	case PH_REVERSE_OTHER: case PH_REVERSE_LOOSE:
		ph_put_format(w, "the way back to %s leaves by %s, it came in by %s", src, way, here);
		return;
	case PH_REVERSE_SAME: ph_put_format(w, "the way back to %s leaves by %s, where it came in", src, here); return;
	case PH_REVERSE_EXEMPT: ph_put_format(w, "packets from %s like this one are not checked", src); return;
	case PH_REVERSE_OFF: ph_put_text(w, "rp_filter is 0"); return;
	}
}
