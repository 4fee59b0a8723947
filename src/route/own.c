/* The firewall's own addresses; see own.h. */
#include "route/own.h"

#include <stdlib.h>
#include <string.h>

void ph_owns_fini(struct ph_owns *owns)
{
	free(owns->row);
	*owns = (struct ph_owns){ .row = NULL };
}

static void fill(struct ph_addr *addr, unsigned from, unsigned to)
{
	for (unsigned bit = from; bit < to; bit++)
		addr->b[bit / 8] |= (uint8_t)(0x80u >> (bit % 8));
}

static bool is_zero(const struct ph_addr *addr)
{
	static const struct ph_addr zero;

	return memcmp(addr, &zero, sizeof(zero)) == 0;
}

static bool same_network(const struct ph_addr *a, const struct ph_addr *b, const struct ph_addr *mask)
{
	for (size_t i = 0; i < sizeof(mask->b); i++)
		if ((a->b[i] ^ b->b[i]) & mask->b[i])
			return false;
	return true;
}

static bool is_secondary(const struct ph_owns *owns, const struct ph_own *row)
{
	for (size_t i = 0; i < owns->n; i++) {
		const struct ph_own *other = &owns->row[i];

		if (other->family == PH_IPV4 && other->iface == row->iface && memcmp(&other->mask, &row->mask, sizeof(row->mask)) == 0 &&
		    same_network(&other->addr, &row->addr, &row->mask))
			return true;
	}
	return false;
}

enum ph_status ph_owns_add(struct ph_owns *owns, const struct ph_route_own *own)
{
	struct ph_own row = { .addr = own->addr, .iface = own->iface, .family = own->family, .prefix_len = own->prefix_len };
	size_t room = owns->room ? owns->room * 2 : 8;
	struct ph_own *list;

	fill(&row.mask, 0, own->prefix_len);
	if (own->family == PH_IPV4 && is_secondary(owns, &row))
		return PH_OK;
	if (own->brd) {
		row.brd = *own->brd;
	} else if (own->family == PH_IPV4 && own->prefix_len <= 30) {
		row.brd = own->addr;
		fill(&row.brd, own->prefix_len, 32);
	}
	if (owns->n == owns->room) {
		list = realloc(owns->row, room * sizeof(*list));
		if (!list)
			return PH_NO_MEMORY;
		owns->row = list;
		owns->room = room;
	}
	owns->row[owns->n++] = row;
	return PH_OK;
}

bool ph_owns_broadcast_mask(const struct ph_owns *owns, int iface, const struct ph_addr *addr, struct ph_addr *mask)
{
	for (size_t i = 0; i < owns->n; i++) {
		const struct ph_own *row = &owns->row[i];

		if (row->family != PH_IPV4 || row->iface != iface || memcmp(&row->brd, addr, sizeof(*addr)) != 0)
			continue;
		*mask = row->mask;
		return true;
	}
	return false;
}

bool ph_owns_has_ipv4(const struct ph_owns *owns, int iface)
{
	for (size_t i = 0; i < owns->n; i++)
		if (owns->row[i].family == PH_IPV4 && owns->row[i].iface == iface)
			return true;
	return false;
}

/* How good an address is to send from; 0: not at all. Where Linux has an order of rules, the earlier one weighs more. */
typedef unsigned score(const struct ph_own *row, const struct ph_route_hop *hop, const struct ph_addr *to);

static unsigned score_v4(const struct ph_own *row, const struct ph_route_hop *hop, const struct ph_addr *to)
{
	const struct ph_addr *next = is_zero(&hop->via) ? to : &hop->via;

	if (row->addr.b[0] == 127)
		return 0;
	return 1 + (row->iface == hop->iface ? 2u : 0) + (row->iface == hop->iface && same_network(&row->addr, next, &row->mask) ? 1u : 0);
}

static bool is_link_local(const struct ph_addr *addr)
{
	return addr->b[0] == 0xfe && (addr->b[1] & 0xc0) == 0x80;
}

static unsigned common_bits(const struct ph_own *row, const struct ph_addr *to)
{
	unsigned n = 0;

	while (n < row->prefix_len && !((row->addr.b[n / 8] ^ to->b[n / 8]) & (0x80u >> (n % 8))))
		n++;
	return n;
}

/* RFC 6724 5, rules 1, 2, 5 and 8; what is said on a link is said from an address of the link. */
static unsigned score_v6(const struct ph_own *row, const struct ph_route_hop *hop, const struct ph_addr *to)
{
	static const struct ph_addr loopback = { { [15] = 1 } };
	bool same = memcmp(&row->addr, to, sizeof(*to)) == 0, here = row->iface == hop->iface;

	if ((is_link_local(to) && !here) || (!same && memcmp(&row->addr, &loopback, sizeof(loopback)) == 0))
		return 0;
	return 1 + common_bits(row, to) + (here ? 0x100u : 0) + (is_link_local(&row->addr) == is_link_local(to) ? 0x200u : 0) +
	       (same ? 0x400u : 0);
}

bool ph_owns_source(const struct ph_owns *owns, uint8_t family, const struct ph_route_hop *hop, const struct ph_addr *to,
                    struct ph_addr *out)
{
	score *const score_of = family == PH_IPV4 ? score_v4 : score_v6;
	unsigned best = 0;

	for (size_t i = 0; i < owns->n; i++) {
		unsigned now = owns->row[i].family == family ? score_of(&owns->row[i], hop, to) : 0;

		if (now <= best)
			continue;
		best = now;
		*out = owns->row[i].addr;
	}
	return best > 0;
}
