/* Large route tables: how long a million prefixes take to add, what memory they need, and how many lookups a second they
 * allow: of addresses that a route covers, of addresses drawn at random, and of addresses that none covers. Prefix lengths
 * as in the tables of the Internet's backbone. Times are of the processor: what else runs counts less. */
#include "route/route.h"

#include <malloc.h>
#include <pinhole/topology.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ROUTES = 1000000, LOOKUPS = 1 << 20, IFACES = 8, GATEWAYS = 64 };

/* Of a thousand prefixes, so many have this length. */
struct share {
	uint8_t len;
	uint16_t share;
};

static const struct share shares_v4[] = {
	{ 24, 600 }, { 23, 100 }, { 22, 112 }, { 21, 48 }, { 20, 46 }, { 19, 27 }, { 18, 15 }, { 17, 9 }, { 16, 14 }, { 15, 3 },
	{ 14, 2 }, { 13, 1 }, { 12, 1 }, { 32, 22 },
};
static const struct share shares_v6[] = {
	{ 48, 460 }, { 44, 90 }, { 40, 90 }, { 36, 50 }, { 32, 120 }, { 29, 45 }, { 46, 40 }, { 47, 30 }, { 45, 15 }, { 42, 20 },
	{ 33, 15 }, { 34, 10 }, { 56, 5 }, { 64, 8 }, { 128, 2 },
};

struct table {
	uint8_t family;
	const struct share *shares;
	struct ph_route *route;
	struct ph_route_entry *entry;   /* what was added */
};

static uint64_t seed = 1;

static uint32_t next_random(void)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(seed >> 32);
}

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static double megabytes(void)
{
	struct mallinfo2 info = mallinfo2();

	return (double)(info.uordblks + info.hblkhd) / 1e6;
}

static void *need(void *memory)
{
	if (!memory) {
		fprintf(stderr, "no memory\n");
		exit(1);
	}
	return memory;
}

/* IPv4: 1.0.0.0 to 223.255.255.255. IPv6: what the five registries give out. */
static struct ph_addr random_addr(uint8_t family)
{
	static const uint8_t registries[] = { 0x24, 0x26, 0x28, 0x2a, 0x2c };
	struct ph_addr addr = { 0 };

	for (unsigned i = 0; i < (family == PH_IPV6 ? 16 : 4); i++)
		addr.b[i] = (uint8_t)next_random();
	addr.b[0] = family == PH_IPV6 ? registries[next_random() % sizeof(registries)] : (uint8_t)(1 + next_random() % 223);
	if (family == PH_IPV6)
		addr.b[1] &= 0x0f;
	return addr;
}

static uint8_t random_len(const struct share *shares)
{
	unsigned at = next_random() % 1000;

	while (at >= shares->share)
		at -= shares++->share;
	return shares->len;
}

/* By one of the next hops, which a number names. */
static struct ph_route_entry random_entry(const struct table *t, uint32_t gateway)
{
	struct ph_route_entry e = {
		.family = t->family, .prefix_len = random_len(t->shares), .prefix = random_addr(t->family),
		.hop = { .type = PH_ROUTE_UNICAST, .iface = (int)(gateway % IFACES) },
	};
	unsigned last = t->family == PH_IPV6 ? 12 : 0;

	e.hop.via.b[0] = t->family == PH_IPV6 ? 0xfe : 10;
	for (unsigned i = 1; i < 4; i++)
		e.hop.via.b[last + i] = (uint8_t)(gateway >> (24 - 8 * i));
	return e;
}

static struct ph_route *new_route(void)
{
	struct ph_route *route = need(ph_route_new());
	char name[16];

	for (int i = 0; i < IFACES; i++) {
		snprintf(name, sizeof(name), "eth%d", i);
		if (ph_route_iface_add(route, name) != i)
			exit(1);
	}
	return route;
}

/* Fills entry with ROUTES different prefixes; adds them to a table of its own to know. */
static void draw(struct table *t, uint32_t gateways)
{
	struct ph_route *route = new_route();

	for (uint32_t n = 0; n < ROUTES;) {
		t->entry[n] = random_entry(t, n % gateways);
		n += ph_route_add(route, &t->entry[n]) == PH_OK;
	}
	ph_route_free(route);
}

static void load(struct table *t, const char *what)
{
	double before = megabytes(), took = now_s();

	t->route = new_route();
	for (uint32_t n = 0; n < ROUTES; n++)
		if (ph_route_add(t->route, &t->entry[n]) != PH_OK)
			exit(1);
	if (ph_route_finish(t->route) != PH_OK)
		exit(1);
	took = now_s() - took;
	printf("IPv%d, %d prefixes, %s: added in %.2f s, %.1f MB\n", t->family, ROUTES, what, took, megabytes() - before);
}

/* The same as a kernel lists them. */
static void load_listed(const struct table *t)
{
	struct ph_topology *topology = need(ph_topology_new());
	struct ph_net_link link = { .name = "eth0" };
	double took = now_s();

	for (int i = 0; i < IFACES; i++) {
		link.ifindex = (uint32_t)i + 1;
		link.name[3] = (char)('0' + i);
		if (ph_topology_link(topology, &link) != PH_OK)
			exit(1);
	}
	for (uint32_t n = 0; n < ROUTES; n++) {
		const struct ph_route_entry *e = &t->entry[n];
		const struct ph_net_route route = {
			.family = e->family, .prefix_len = e->prefix_len, .type = 1, .table = 254, .prefix = e->prefix, .n_legs = 1,
			.leg = { { .ifindex = (uint32_t)e->hop.iface + 1, .has_via = true, .via = e->hop.via } },
		};

		if (ph_topology_route(topology, &route) != PH_OK)
			exit(1);
	}
	printf("IPv%d, %d prefixes, as a running kernel lists them: added in %.2f s\n", t->family, ROUTES, now_s() - took);
	ph_topology_free(topology);
}

static bool is_covered(const struct table *t, const struct ph_addr *addr)
{
	struct ph_route_hop hop;

	ph_route_lookup(t->route, t->family, addr, &hop);
	return hop.type != PH_ROUTE_NONE;
}

/* An address behind a route of the table. */
static struct ph_addr behind(const struct table *t)
{
	const struct ph_route_entry *e = &t->entry[next_random() % ROUTES];
	struct ph_addr addr = random_addr(t->family);

	for (unsigned bit = 0; bit < e->prefix_len; bit++) {
		uint8_t mask = (uint8_t)(0x80 >> bit % 8);

		addr.b[bit / 8] = (uint8_t)((addr.b[bit / 8] & ~mask) | (e->prefix.b[bit / 8] & mask));
	}
	return addr;
}

static void look_up(const struct table *t, const struct ph_addr *addr, const char *what)
{
	double took = now_s();
	unsigned covered = 0;

	for (unsigned i = 0; i < LOOKUPS; i++)
		covered += is_covered(t, &addr[i]);
	took = now_s() - took;
	printf("IPv%d, %s: %.1f million lookups/s, %.0f ns each, %.0f %% covered\n", t->family, what, LOOKUPS / took / 1e6,
	       took * 1e9 / LOOKUPS, 100.0 * covered / LOOKUPS);
}

static void measure(uint8_t family, const struct share *shares)
{
	struct table t = { .family = family, .shares = shares, .entry = need(calloc(ROUTES, sizeof(*t.entry))) };
	struct ph_addr *addr = need(calloc(LOOKUPS, sizeof(*addr)));

	draw(&t, ROUTES);
	load(&t, "each with a next hop of its own");
	ph_route_free(t.route);
	draw(&t, GATEWAYS);
	load(&t, "64 next hops");
	load_listed(&t);
	for (unsigned i = 0; i < LOOKUPS; i++)
		addr[i] = behind(&t);
	look_up(&t, addr, "behind a route");
	for (unsigned i = 0; i < LOOKUPS; i++)
		addr[i] = random_addr(family);
	look_up(&t, addr, "anywhere");
	for (unsigned i = 0; i < LOOKUPS;) {
		addr[i] = random_addr(family);
		i += !is_covered(&t, &addr[i]);
	}
	look_up(&t, addr, "where no route is");
	ph_route_free(t.route);
	free(t.entry);
	free(addr);
}

int main(void)
{
	measure(PH_IPV4, shares_v4);
	measure(PH_IPV6, shares_v6);
	return 0;
}
