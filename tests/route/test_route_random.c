/* Random tables of routes against a naive array: the longest prefix, all next hops, and lookups bound to an interface.
 * link: -Wl,--wrap=malloc -Wl,--wrap=calloc -Wl,--wrap=realloc */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "route/route.h"
#include "support/refuse.h"

/* The same bytes every time. */
static uint32_t next_random(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*seed >> 33);
}

/* Few distinct bits, so that prefixes lie in each other and lookups hit. */
static struct ph_addr random_addr(uint64_t *seed, uint8_t family)
{
	struct ph_addr addr = { 0 };

	for (unsigned i = 0; i < (family == PH_IPV6 ? 16 : 4); i++)
		addr.b[i] = (uint8_t)(next_random(seed) & 0x81);
	addr.b[0] &= 0x01;
	return addr;
}

static bool covers(const struct ph_route_entry *e, const struct ph_addr *addr)
{
	for (unsigned bit = 0; bit < e->prefix_len; bit++)
		if ((e->prefix.b[bit / 8] ^ addr->b[bit / 8]) & 0x80 >> bit % 8)
			return false;
	return true;
}

static const struct ph_route_entry *naive(const struct ph_route_entry *list, size_t n, uint8_t family, const struct ph_addr *addr)
{
	const struct ph_route_entry *best = NULL;

	for (size_t i = 0; i < n; i++) {
		if (list[i].family != family || !covers(&list[i], addr))
			continue;
		if (!best || list[i].prefix_len > best->prefix_len ||
		    (list[i].prefix_len == best->prefix_len && list[i].metric < best->metric))
			best = &list[i];
	}
	return best;
}

static bool is_there(const struct ph_route_entry *list, size_t n, const struct ph_route_entry *e)
{
	for (size_t i = 0; i < n; i++)
		if (list[i].family == e->family && list[i].prefix_len == e->prefix_len && list[i].metric == e->metric &&
		    covers(&list[i], &e->prefix))
			return true;
	return false;
}

static void test_route_lookup_equals_naive_array(void **state)
{
	enum { ROUTES = 1500, LOOKUPS = 20000 };
	static struct ph_route_entry list[ROUTES];
	struct ph_route *route = ph_route_new();
	uint64_t seed = 1;
	size_t n = 0, hits = 0;

	(void)state;
	for (int i = 0; i < ROUTES; i++) {
		uint8_t family = next_random(&seed) & 1 ? PH_IPV4 : PH_IPV6;
		struct ph_route_entry e = {
			.family = family, .prefix_len = (uint8_t)(next_random(&seed) % (family == PH_IPV6 ? 129 : 33)),
			.prefix = random_addr(&seed, family), .metric = next_random(&seed) % 3,
			.hop = { .type = PH_ROUTE_UNICAST, .iface = i },
		};
		bool there = is_there(list, n, &e);

		assert_int_equal(ph_route_add(route, &e), there ? PH_EXISTS : PH_OK);
		if (!there)
			list[n++] = e;
		if (i == ROUTES / 2)
			assert_int_equal(ph_route_finish(route), PH_OK);
	}
	assert_int_equal(ph_route_finish(route), PH_OK);
	allocations = 0;
	for (int i = 0; i < LOOKUPS; i++) {
		uint8_t family = next_random(&seed) & 1 ? PH_IPV4 : PH_IPV6;
		struct ph_addr addr = random_addr(&seed, family);
		const struct ph_route_entry *want = naive(list, n, family, &addr);
		struct ph_route_hop hop;

		ph_route_lookup(route, family, &addr, &hop);
		assert_int_equal(hop.type, want ? PH_ROUTE_UNICAST : PH_ROUTE_NONE);
		assert_int_equal(hop.iface, want ? want->hop.iface : PH_NO_IFACE);
		hits += want != NULL;
	}
	assert_int_equal(allocations, 0);
	assert_true(hits > LOOKUPS / 2);
	ph_route_free(route);
}

enum { ANY_IFACE = -2, SOME_IFACES = 5 };

/* A route with all its next hops in one place. */
struct wide {
	struct ph_route_entry entry;
	struct ph_route_hop leg[PH_ROUTE_LEGS];
};

static bool is_local(const struct ph_route_entry *e)
{
	return e->hop.type == PH_ROUTE_LOCAL;
}

static bool leaves(const struct wide *w, int iface)
{
	if (iface == ANY_IFACE)
		return true;
	if (w->entry.hop.type == PH_ROUTE_BLACKHOLE || w->entry.hop.type == PH_ROUTE_THROW)
		return w->entry.family == PH_IPV4;
	for (size_t i = 0; i <= w->entry.n_more; i++)
		if (w->leg[i].iface == iface)
			return true;
	return false;
}

static bool is_better(const struct ph_route_entry *a, const struct ph_route_entry *b)
{
	if (a->prefix_len != b->prefix_len)
		return a->prefix_len > b->prefix_len;
	return is_local(a) != is_local(b) ? is_local(a) : a->metric < b->metric;
}

/* IPv6 asks for what is local before the others. */
static const struct wide *naive_wide(const struct wide *list, size_t n, uint8_t family, const struct ph_addr *addr, int iface)
{
	for (int stage = family == PH_IPV4; stage < 2; stage++) {
		const struct wide *best = NULL;

		for (size_t i = 0; i < n; i++) {
			const struct ph_route_entry *e = &list[i].entry;

			if (e->family == family && covers(e, addr) && (family == PH_IPV4 || is_local(e) == (stage == 0)) &&
			    leaves(&list[i], iface) && (!best || is_better(e, &best->entry)))
				best = &list[i];
		}
		if (best)
			return best->entry.hop.type == PH_ROUTE_THROW ? NULL : best;
	}
	return NULL;
}

static void random_wide(uint64_t *seed, struct wide *w)
{
	static const enum ph_route_type types[] = { PH_ROUTE_UNICAST, PH_ROUTE_UNICAST, PH_ROUTE_UNICAST, PH_ROUTE_LOCAL,
	                                            PH_ROUTE_BLACKHOLE, PH_ROUTE_THROW };
	uint8_t family = next_random(seed) & 1 ? PH_IPV4 : PH_IPV6;
	enum ph_route_type type = types[next_random(seed) % 6];

	w->entry = (struct ph_route_entry){
		.family = family, .prefix = random_addr(seed, family), .metric = next_random(seed) % 2,
		.prefix_len = (uint8_t)(next_random(seed) % (family == PH_IPV6 ? 129 : 33)),
		.more = w->leg + 1, .n_more = type == PH_ROUTE_UNICAST ? next_random(seed) % PH_ROUTE_LEGS : 0,
	};
	for (size_t i = 0; i <= w->entry.n_more; i++)
		w->leg[i] = (struct ph_route_hop){ .type = type, .iface = (int)(next_random(seed) % SOME_IFACES),
		                                   .via = { { (uint8_t)next_random(seed) } } };
	if (type == PH_ROUTE_BLACKHOLE || type == PH_ROUTE_THROW)
		w->leg[0].iface = PH_NO_IFACE;
	w->entry.hop = w->leg[0];
}

static void check_wide(const struct ph_route *route, const struct wide *want, uint8_t family, const struct ph_addr *addr)
{
	struct ph_route_hop leg[PH_ROUTE_LEGS], hop;
	size_t n = ph_route_legs(route, family, addr, leg);

	ph_route_lookup(route, family, addr, &hop);
	assert_int_equal(n, want ? want->entry.n_more + 1 : 0);
	assert_int_equal(hop.type, want ? want->leg[0].type : PH_ROUTE_NONE);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(leg[i].type, want->leg[i].type);
		assert_int_equal(leg[i].iface, want->leg[i].iface);
		assert_memory_equal(&leg[i].via, &want->leg[i].via, sizeof(leg[i].via));
	}
}

static void check_bound(const struct ph_route *route, const struct wide *want, uint8_t family, const struct ph_addr *addr, int iface)
{
	struct ph_route_hop hop;

	ph_route_lookup_by(route, family, addr, iface, &hop);
	assert_int_equal(hop.type, want ? want->leg[0].type : PH_ROUTE_NONE);
	assert_int_equal(hop.iface, want && want->leg[0].iface != PH_NO_IFACE ? iface : PH_NO_IFACE);
}

/* Several next hops, types and interfaces, in both families. */
static void test_route_legs_and_bound_lookups_equal_naive_array(void **state)
{
	enum { ROUTES = 800, LOOKUPS = 5000 };
	static struct wide list[ROUTES];
	struct ph_route *route = ph_route_new();
	uint64_t seed = 7;
	size_t n = 0;

	(void)state;
	for (int i = 0; i < ROUTES; i++) {
		enum ph_status status;

		random_wide(&seed, &list[n]);
		status = ph_route_add(route, &list[n].entry);
		assert_true(status == PH_OK || status == PH_EXISTS);
		n += status == PH_OK;
	}
	assert_true(n > ROUTES / 2);
	allocations = 0;
	for (int i = 0; i < LOOKUPS; i++) {
		uint8_t family = next_random(&seed) & 1 ? PH_IPV4 : PH_IPV6;
		struct ph_addr addr = random_addr(&seed, family);
		int iface = (int)(next_random(&seed) % SOME_IFACES);

		check_wide(route, naive_wide(list, n, family, &addr, ANY_IFACE), family, &addr);
		check_bound(route, naive_wide(list, n, family, &addr, iface), family, &addr, iface);
	}
	assert_int_equal(allocations, 0);
	ph_route_free(route);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_route_lookup_equals_naive_array),
		cmocka_unit_test(test_route_legs_and_bound_lookups_equal_naive_array),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
