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

		if (have->iface == row->iface && memcmp(&have->mask, &row->mask, sizeof(row->mask)) == 0 &&
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
	struct ph_primary row = { .addr = own->addr, .iface = own->iface };

	ph_addr_fill(&row.mask, 0, own->prefix_len);
	if (own->brd)
		row.brd = *own->brd;
	return row;
}

enum ph_status ph_addrs_add(struct ph_addrs *addrs, const struct ph_route_own *own)
{
	struct ph_primary row = primary_of(own);
	enum ph_status status = set_ipv4(addrs, own->iface);

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

	if ((status != PH_OK && status != PH_EXISTS) || own->family == PH_IPV6)
		return status == PH_EXISTS ? PH_OK : status;
	status = set_ipv4(addrs, own->iface);
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

		if (row->iface != iface || memcmp(&row->brd, addr, sizeof(*addr)) != 0)
			continue;
		*mask = row->mask;
		return true;
	}
	return false;
}
