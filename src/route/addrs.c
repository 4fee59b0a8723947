/* Addresses of interfaces; see addrs.h. */
#include "route/addrs.h"

#include <stdlib.h>
#include <string.h>

void ph_addr_fill(struct ph_addr *addr, unsigned from, unsigned to)
{
	for (unsigned bit = from; bit < to; bit++)
		addr->b[bit / 8] |= (uint8_t)(0x80u >> (bit % 8));
}

void ph_addrs_init(struct ph_addrs *addrs)
{
	*addrs = (struct ph_addrs){ 0 };
	ph_lpm_init(&addrs->noted[0], PH_IPV4);
	ph_lpm_init(&addrs->noted[1], PH_IPV6);
}

void ph_addrs_fini(struct ph_addrs *addrs)
{
	ph_lpm_fini(&addrs->noted[0]);
	ph_lpm_fini(&addrs->noted[1]);
	free(addrs->primary);
	free(addrs->has_ipv4);
}

static bool same_network(const struct ph_addr *a, const struct ph_addr *b, const struct ph_addr *mask)
{
	for (size_t i = 0; i < sizeof(mask->b); i++)
		if ((a->b[i] ^ b->b[i]) & mask->b[i])
			return false;
	return true;
}

/* Adding compares with all before it: for what people type. */
static bool is_secondary(const struct ph_addrs *addrs, const struct ph_primary *row)
{
	for (size_t i = 0; i < addrs->n_primaries; i++) {
		const struct ph_primary *have = &addrs->primary[i];

		if (have->family == PH_IPV4 && have->iface == row->iface && memcmp(&have->mask, &row->mask, sizeof(row->mask)) == 0 &&
		    same_network(&have->addr, &row->addr, &row->mask))
			return true;
	}
	return false;
}

static enum ph_status set_ipv4(struct ph_addrs *addrs, int iface)
{
	size_t n = (size_t)iface + 1, room = n > addrs->n_ifaces * 2 ? n : addrs->n_ifaces * 2;
	bool *has_ipv4;

	if (n > addrs->n_ifaces) {
		has_ipv4 = realloc(addrs->has_ipv4, room * sizeof(*has_ipv4));
		if (!has_ipv4)
			return PH_NO_MEMORY;
		memset(has_ipv4 + addrs->n_ifaces, 0, (room - addrs->n_ifaces) * sizeof(*has_ipv4));
		addrs->has_ipv4 = has_ipv4;
		addrs->n_ifaces = room;
	}
	addrs->has_ipv4[iface] = true;
	return PH_OK;
}

static enum ph_status add_primary(struct ph_addrs *addrs, const struct ph_primary *row)
{
	size_t room = addrs->primary_room ? addrs->primary_room * 2 : 8;
	struct ph_primary *list = addrs->primary;

	if (addrs->n_primaries == addrs->primary_room) {
		list = realloc(list, room * sizeof(*list));
		if (!list)
			return PH_NO_MEMORY;
		addrs->primary = list;
		addrs->primary_room = room;
	}
	list[addrs->n_primaries++] = *row;
	return PH_OK;
}

static struct ph_primary primary_of(const struct ph_route_own *own)
{
	struct ph_primary row = { .addr = own->addr, .iface = own->iface, .family = own->family, .prefix_len = own->prefix_len };

	ph_addr_fill(&row.mask, 0, own->prefix_len);
	if (own->brd)
		row.brd = *own->brd;
	return row;
}

enum ph_status ph_addrs_add(struct ph_addrs *addrs, const struct ph_route_own *own)
{
	struct ph_primary row = primary_of(own);
	enum ph_status status;

	if (own->family == PH_IPV6)
		return add_primary(addrs, &row);
	status = set_ipv4(addrs, own->iface);
	if (status != PH_OK || is_secondary(addrs, &row))
		return status;
	if (!own->brd && own->prefix_len <= 30) {
		row.brd = own->addr;
		ph_addr_fill(&row.brd, own->prefix_len, 32);
	}
	return add_primary(addrs, &row);
}

enum ph_status ph_addrs_note(struct ph_addrs *addrs, const struct ph_route_own *own)
{
	const struct ph_lpm_row row = { .len = own->family == PH_IPV6 ? 128 : 32, .type = PH_ROUTE_LOCAL };
	const struct ph_primary primary = primary_of(own);
	enum ph_status status = ph_lpm_add(&addrs->noted[own->family == PH_IPV6], &own->addr, &row, false);

	if (status != PH_OK && status != PH_EXISTS)
		return status;
	status = own->family == PH_IPV6 ? PH_OK : set_ipv4(addrs, own->iface);
	return status != PH_OK || own->secondary ? status : add_primary(addrs, &primary);
}

bool ph_addrs_is_noted(const struct ph_addrs *addrs, uint8_t family, const struct ph_addr *addr)
{
	return ph_lpm_exact(&addrs->noted[family == PH_IPV6], addr, family == PH_IPV6 ? 128 : 32) != NULL;
}

bool ph_addrs_have_ipv4(const struct ph_addrs *addrs, int iface)
{
	return iface >= 0 && (size_t)iface < addrs->n_ifaces && addrs->has_ipv4[iface];
}

bool ph_addrs_broadcast_mask(const struct ph_addrs *addrs, int iface, const struct ph_addr *addr, struct ph_addr *mask)
{
	for (size_t i = 0; i < addrs->n_primaries; i++) {
		const struct ph_primary *row = &addrs->primary[i];

		if (row->family != PH_IPV4 || row->iface != iface || memcmp(&row->brd, addr, sizeof(*addr)) != 0)
			continue;
		*mask = row->mask;
		return true;
	}
	return false;
}

static bool is_zero(const struct ph_addr *addr)
{
	static const struct ph_addr zero;

	return memcmp(addr, &zero, sizeof(zero)) == 0;
}

/* How good an address is to send from; 0: not at all. Where Linux has an order of rules, the earlier one weighs more. */
typedef unsigned score(const struct ph_primary *row, const struct ph_route_hop *hop, const struct ph_addr *to);

static unsigned score_v4(const struct ph_primary *row, const struct ph_route_hop *hop, const struct ph_addr *to)
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

static unsigned common_bits(const struct ph_primary *row, const struct ph_addr *to)
{
	unsigned n = 0;

	while (n < row->prefix_len && !((row->addr.b[n / 8] ^ to->b[n / 8]) & (0x80u >> (n % 8))))
		n++;
	return n;
}

/* RFC 6724 5, rules 1, 2, 5 and 8; what is said on a link is said from an address of the link. */
static unsigned score_v6(const struct ph_primary *row, const struct ph_route_hop *hop, const struct ph_addr *to)
{
	static const struct ph_addr loopback = { { [15] = 1 } };
	bool same = memcmp(&row->addr, to, sizeof(*to)) == 0, here = row->iface == hop->iface;

	if ((is_link_local(to) && !here) || (!same && memcmp(&row->addr, &loopback, sizeof(loopback)) == 0))
		return 0;
	return 1 + common_bits(row, to) + (here ? 0x100u : 0) + (is_link_local(&row->addr) == is_link_local(to) ? 0x200u : 0) +
	       (same ? 0x400u : 0);
}

bool ph_addrs_source(const struct ph_addrs *addrs, uint8_t family, const struct ph_route_hop *hop, const struct ph_addr *to,
                    struct ph_addr *out)
{
	score *const score_of = family == PH_IPV4 ? score_v4 : score_v6;
	unsigned best = 0;

	for (size_t i = 0; i < addrs->n_primaries; i++) {
		unsigned now = addrs->primary[i].family == family ? score_of(&addrs->primary[i], hop, to) : 0;

		if (now <= best)
			continue;
		best = now;
		*out = addrs->primary[i].addr;
	}
	return best > 0;
}
