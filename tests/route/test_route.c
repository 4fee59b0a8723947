/* Routes, addresses and interfaces: against what Linux 6.18 does, and when memory is refused.
 * link: -Wl,--wrap=malloc -Wl,--wrap=calloc -Wl,--wrap=realloc */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "route/route.h"
#include "route/text.h"
#include "support/refuse.h"

static void own(struct ph_route *route, const char *iface, const char *addr, uint8_t len)
{
	struct ph_route_own row = {
		.iface = ph_route_iface_add(route, iface), .family = family_of(addr), .prefix_len = len, .addr = addr_of(addr),
	};

	assert_int_equal(ph_route_addr_add(route, &row), PH_OK);
}

static enum ph_status add(struct ph_route *route, const char *prefix, uint8_t len, enum ph_route_type type, int iface)
{
	struct ph_route_entry entry = {
		.family = family_of(prefix), .prefix_len = len, .prefix = addr_of(prefix), .hop = { .type = type, .iface = iface },
	};

	return ph_route_add(route, &entry);
}

static void leads(const struct ph_route *route, const char *addr, enum ph_route_type type, const char *iface)
{
	struct ph_addr to = addr_of(addr);
	struct ph_route_hop hop;

	memset(&hop, 0xa5, sizeof(hop));
	ph_route_lookup(route, family_of(addr), &to, &hop);
	if (hop.type != type)
		fail_msg("%s: type %d, not %d", addr, (int)hop.type, (int)type);
	if (!iface)
		assert_int_equal(hop.iface, PH_NO_IFACE);
	else
		assert_string_equal(ph_route_iface_name(route, (size_t)hop.iface)->name, iface);
}

static void test_route_empty_leads_nowhere(void **state)
{
	struct ph_route *route = ph_route_new();

	(void)state;
	assert_false(ph_route_configured(route));
	leads(route, "192.0.2.1", PH_ROUTE_NONE, NULL);
	leads(route, "2001:db8::1", PH_ROUTE_NONE, NULL);
	leads(route, "224.0.0.1", PH_ROUTE_MULTICAST, NULL);
	leads(route, "239.255.255.255", PH_ROUTE_MULTICAST, NULL);
	leads(route, "240.0.0.1", PH_ROUTE_NONE, NULL);
	leads(route, "255.255.255.255", PH_ROUTE_BROADCAST, NULL);
	leads(route, "ff02::1", PH_ROUTE_MULTICAST, NULL);
	assert_int_equal(ph_route_finish(route), PH_OK);
	ph_route_free(route);
	ph_route_free(NULL);
}

static bool asks(const struct ph_route *route, const char *iface, const char *addr, const char *mask)
{
	struct ph_addr brd = addr_of(addr), want = addr_of(mask), found;

	return ph_route_broadcast_mask(route, ph_route_iface_find(route, iface), &brd, &found) &&
	       memcmp(&found, &want, sizeof(want)) == 0;
}

/* What `ip addr` shows without the word secondary, and as brd. */
static void test_route_broadcast_mask_is_of_primary_addresses(void **state)
{
	struct ph_route *route = ph_route_new();
	struct ph_addr brd = addr_of("10.1.0.99"), found;
	struct ph_route_own second = { .family = PH_IPV4, .prefix_len = 24, .addr = addr_of("10.1.0.2"), .brd = &brd };
	struct ph_route_own other = { .family = PH_IPV4, .prefix_len = 25, .addr = addr_of("10.1.0.3"), .brd = &brd };

	(void)state;
	own(route, "eth0", "10.1.0.1", 24);
	own(route, "eth1", "10.2.0.1", 30);
	own(route, "eth1", "10.3.0.1", 31);
	own(route, "eth1", "10.4.0.1", 32);
	assert_true(asks(route, "eth0", "10.1.0.255", "255.255.255.0"));
	assert_true(asks(route, "eth1", "10.2.0.3", "255.255.255.252"));
	brd = addr_of("10.1.0.255");
	assert_false(ph_route_broadcast_mask(route, ph_route_iface_find(route, "eth1"), &brd, &found));
	brd = addr_of("10.3.0.1");
	assert_false(ph_route_broadcast_mask(route, ph_route_iface_find(route, "eth1"), &brd, &found));
	brd = addr_of("10.1.0.99");
	assert_int_equal(ph_route_addr_add(route, &second), PH_OK);
	assert_false(asks(route, "eth0", "10.1.0.99", "255.255.255.0"));
	assert_int_equal(ph_route_addr_add(route, &other), PH_OK);
	assert_true(asks(route, "eth0", "10.1.0.99", "255.255.255.128"));
	ph_route_free(route);
}

/* The addresses of the table below were given to a veth pair on Linux 6.18 with forwarding on; `ip route show table all`
 * says the same. */
static void test_route_address_brings_what_linux_makes_of_it(void **state)
{
	struct ph_route *route = ph_route_new();
	struct ph_addr brd = addr_of("10.2.0.7");
	struct ph_route_own row = { .family = PH_IPV4, .prefix_len = 24, .addr = addr_of("10.2.0.1"), .brd = &brd };

	(void)state;
	own(route, "eth0", "10.0.0.1", 24);
	assert_int_equal(ph_route_addr_add(route, &row), PH_OK);
	own(route, "eth0", "10.3.0.1", 30);
	own(route, "eth0", "10.4.0.1", 31);
	own(route, "eth0", "10.5.0.1", 32);
	own(route, "eth1", "2001:db8::1", 64);
	own(route, "eth1", "2001:db8:1::1", 127);
	own(route, "eth1", "2001:db8:2::1", 128);
	own(route, "lo", "127.0.0.1", 8);
	assert_true(ph_route_configured(route));
	leads(route, "10.0.0.1", PH_ROUTE_LOCAL, "eth0");
	leads(route, "10.0.0.2", PH_ROUTE_UNICAST, "eth0");
	leads(route, "10.0.0.255", PH_ROUTE_BROADCAST, "eth0");
	leads(route, "10.0.0.0", PH_ROUTE_UNICAST, "eth0");
	leads(route, "10.0.1.0", PH_ROUTE_NONE, NULL);
	leads(route, "10.2.0.7", PH_ROUTE_BROADCAST, "eth0");
	leads(route, "10.2.0.255", PH_ROUTE_BROADCAST, "eth0");
	leads(route, "10.3.0.3", PH_ROUTE_BROADCAST, "eth0");
	leads(route, "10.4.0.0", PH_ROUTE_UNICAST, "eth0");
	leads(route, "10.5.0.1", PH_ROUTE_LOCAL, "eth0");
	leads(route, "2001:db8::", PH_ROUTE_LOCAL, "eth1");
	leads(route, "2001:db8::ffff", PH_ROUTE_UNICAST, "eth1");
	leads(route, "2001:db8:1::", PH_ROUTE_UNICAST, "eth1");
	leads(route, "2001:db8:2::1", PH_ROUTE_LOCAL, "eth1");
	leads(route, "2001:db8:2::2", PH_ROUTE_NONE, NULL);
	leads(route, "127.9.9.9", PH_ROUTE_LOCAL, "lo");
	ph_route_free(route);
}

static void test_route_address_twice_is_refused_where_linux_does(void **state)
{
	struct ph_route *route = ph_route_new();
	struct ph_route_own v4 = { .family = PH_IPV4, .prefix_len = 24, .addr = addr_of("10.0.0.1") };
	struct ph_route_own v6 = { .family = PH_IPV6, .prefix_len = 64, .addr = addr_of("2001:db8::1") };

	(void)state;
	own(route, "eth0", "10.0.0.1", 24);
	own(route, "eth0", "2001:db8::1", 64);
	assert_int_equal(ph_route_addr_add(route, &v4), PH_EXISTS);
	v4.prefix_len = 16;
	assert_int_equal(ph_route_addr_add(route, &v4), PH_OK);
	v6.prefix_len = 48;
	assert_int_equal(ph_route_addr_add(route, &v6), PH_EXISTS);
	v6.iface = ph_route_iface_add(route, "eth1");
	assert_int_equal(ph_route_addr_add(route, &v6), PH_OK);
	v4.prefix_len = 0;
	assert_int_equal(ph_route_addr_add(route, &v4), PH_INVALID);
	v4.prefix_len = 33;
	assert_int_equal(ph_route_addr_add(route, &v4), PH_INVALID);
	v6.iface = 2;
	assert_int_equal(ph_route_addr_add(route, &v6), PH_INVALID);
	ph_route_free(route);
}

static void test_route_longest_then_metric_then_first_wins(void **state)
{
	struct ph_route *route = ph_route_new();
	struct ph_route_entry entry = { .family = PH_IPV4, .prefix_len = 8, .prefix = addr_of("10.1.2.3"), .metric = 5,
	                                .hop = { .type = PH_ROUTE_UNICAST, .iface = 0 } };
	struct ph_route_hop hop;
	struct ph_addr to = addr_of("10.250.0.1"), gateway = addr_of("192.0.2.9");

	(void)state;
	ph_route_iface_add(route, "a");
	ph_route_iface_add(route, "b");
	ph_route_iface_add(route, "c");
	assert_int_equal(add(route, "0.0.0.0", 0, PH_ROUTE_UNICAST, 2), PH_OK);
	assert_int_equal(ph_route_add(route, &entry), PH_OK);
	assert_int_equal(ph_route_add(route, &entry), PH_EXISTS);
	entry.metric = 1;
	entry.hop.iface = 1;
	entry.hop.via = gateway;
	assert_int_equal(ph_route_add(route, &entry), PH_OK);
	entry.metric = 9;
	entry.hop.iface = 2;
	assert_int_equal(ph_route_add(route, &entry), PH_OK);
	assert_int_equal(add(route, "10.3.0.0", 16, PH_ROUTE_BLACKHOLE, PH_NO_IFACE), PH_OK);
	assert_int_equal(add(route, "10.4.0.0", 16, PH_ROUTE_UNREACHABLE, PH_NO_IFACE), PH_OK);
	assert_int_equal(add(route, "10.5.0.0", 16, PH_ROUTE_PROHIBIT, PH_NO_IFACE), PH_OK);
	assert_int_equal(ph_route_finish(route), PH_OK);
	ph_route_lookup(route, PH_IPV4, &to, &hop);
	assert_int_equal(hop.iface, 1);
	assert_memory_equal(&hop.via, &gateway, sizeof(gateway));
	leads(route, "11.0.0.1", PH_ROUTE_UNICAST, "c");
	leads(route, "10.3.1.1", PH_ROUTE_BLACKHOLE, NULL);
	leads(route, "10.4.1.1", PH_ROUTE_UNREACHABLE, NULL);
	leads(route, "10.5.1.1", PH_ROUTE_PROHIBIT, NULL);
	leads(route, "2001:db8::1", PH_ROUTE_NONE, NULL);
	ph_route_free(route);
}

/* IPv6 asks the local table first: a route into the middle of a local prefix does not take it away. IPv4 has both in one,
 * as Linux has until somebody adds a rule: the longest prefix wins, and what is local among equals, whatever its metric. */
static void test_route_local_before_longer_main_only_of_ipv6(void **state)
{
	struct ph_route *route = ph_route_new();
	struct ph_route_entry local = { .family = PH_IPV4, .prefix_len = 24, .prefix = addr_of("10.8.0.0"), .metric = 7,
	                                .hop = { .type = PH_ROUTE_LOCAL } };

	(void)state;
	ph_route_iface_add(route, "lo");
	ph_route_iface_add(route, "eth0");
	assert_int_equal(add(route, "2001:db8::", 32, PH_ROUTE_LOCAL, 0), PH_OK);
	assert_int_equal(add(route, "2001:db8:1::", 48, PH_ROUTE_UNICAST, 1), PH_OK);
	leads(route, "2001:db8:1::1", PH_ROUTE_LOCAL, "lo");
	assert_int_equal(add(route, "10.7.0.0", 16, PH_ROUTE_LOCAL, 0), PH_OK);
	assert_int_equal(add(route, "10.7.1.0", 24, PH_ROUTE_UNICAST, 1), PH_OK);
	leads(route, "10.7.1.1", PH_ROUTE_UNICAST, "eth0");
	leads(route, "10.7.2.1", PH_ROUTE_LOCAL, "lo");
	assert_int_equal(add(route, "10.8.0.0", 24, PH_ROUTE_UNICAST, 1), PH_OK);
	assert_int_equal(ph_route_add(route, &local), PH_OK);
	leads(route, "10.8.0.1", PH_ROUTE_LOCAL, "lo");
	ph_route_free(route);
}

static void leads_by(const struct ph_route *route, const char *addr, const char *iface, enum ph_route_type type, const char *out)
{
	struct ph_addr to = addr_of(addr);
	struct ph_route_hop hop;

	memset(&hop, 0xa5, sizeof(hop));
	ph_route_lookup_by(route, family_of(addr), &to, ph_route_iface_find(route, iface), &hop);
	if (hop.type != type || hop.iface != (out ? ph_route_iface_find(route, out) : PH_NO_IFACE))
		fail_msg("%s by %s: type %d, interface %d", addr, iface, (int)hop.type, hop.iface);
}

/* Each line was asked of Linux 6.18: ip route get fibmatch ADDR oif DEV and ip -6 route get ADDR oif DEV. */
static void test_route_bound_to_an_interface_finds_what_linux_finds(void **state)
{
	struct ph_route *route = ph_route_new();

	(void)state;
	own(route, "a", "10.1.0.1", 24);
	own(route, "b", "10.2.0.1", 24);
	own(route, "a", "2001:db8:1::1", 64);
	own(route, "b", "2001:db8:2::1", 64);
	add(route, "0.0.0.0", 0, PH_ROUTE_UNICAST, 1);
	add(route, "10.3.0.0", 16, PH_ROUTE_BLACKHOLE, PH_NO_IFACE);
	add(route, "10.3.0.0", 24, PH_ROUTE_UNICAST, 0);
	add(route, "::", 0, PH_ROUTE_UNICAST, 1);
	add(route, "2001:db8:3::", 48, PH_ROUTE_BLACKHOLE, PH_NO_IFACE);
	add(route, "2001:db8:3::", 64, PH_ROUTE_UNICAST, 0);
	leads_by(route, "10.1.0.1", "a", PH_ROUTE_LOCAL, "a");
	leads_by(route, "10.1.0.1", "b", PH_ROUTE_UNICAST, "b");
	leads_by(route, "10.1.0.5", "b", PH_ROUTE_UNICAST, "b");
	leads_by(route, "10.1.0.255", "b", PH_ROUTE_UNICAST, "b");
	leads_by(route, "10.3.0.1", "a", PH_ROUTE_UNICAST, "a");
	leads_by(route, "10.3.0.1", "b", PH_ROUTE_BLACKHOLE, NULL);
	leads_by(route, "10.3.5.1", "b", PH_ROUTE_BLACKHOLE, NULL);
	leads_by(route, "8.8.8.8", "a", PH_ROUTE_NONE, NULL);
	leads_by(route, "224.0.0.1", "a", PH_ROUTE_MULTICAST, NULL);
	leads_by(route, "2001:db8:1::1", "a", PH_ROUTE_LOCAL, "a");
	leads_by(route, "2001:db8:1::1", "b", PH_ROUTE_UNICAST, "b");
	leads_by(route, "2001:db8:3::1", "a", PH_ROUTE_UNICAST, "a");
	leads_by(route, "2001:db8:3::1", "b", PH_ROUTE_UNICAST, "b");
	leads_by(route, "2001:db8:3:1::1", "a", PH_ROUTE_NONE, NULL);
	leads_by(route, "2001:db8:3:1::1", "b", PH_ROUTE_UNICAST, "b");
	leads_by(route, "2001::1", "a", PH_ROUTE_NONE, NULL);
	ph_route_free(route);
}

static void test_route_legs_of_plain_and_special_routes_are_one(void **state)
{
	struct ph_route *route = ph_route_new();
	struct ph_route_hop leg[PH_ROUTE_LEGS];
	struct ph_addr to = addr_of("10.1.0.9");

	(void)state;
	own(route, "a", "10.1.0.1", 24);
	add(route, "10.3.0.0", 16, PH_ROUTE_PROHIBIT, PH_NO_IFACE);
	assert_int_equal(ph_route_legs(route, PH_IPV4, &to, leg), 1);
	assert_int_equal(leg[0].type, PH_ROUTE_UNICAST);
	assert_int_equal(leg[0].iface, 0);
	to = addr_of("10.1.0.1");
	assert_int_equal(ph_route_legs(route, PH_IPV4, &to, leg), 1);
	assert_int_equal(leg[0].type, PH_ROUTE_LOCAL);
	to = addr_of("10.3.0.1");
	assert_int_equal(ph_route_legs(route, PH_IPV4, &to, leg), 1);
	assert_int_equal(leg[0].type, PH_ROUTE_PROHIBIT);
	to = addr_of("255.255.255.255");
	assert_int_equal(ph_route_legs(route, PH_IPV4, &to, leg), 1);
	assert_int_equal(leg[0].type, PH_ROUTE_BROADCAST);
	to = addr_of("10.4.0.1");
	assert_int_equal(ph_route_legs(route, PH_IPV4, &to, leg), 0);
	ph_route_free(route);
}

static void test_route_iface_names_are_bounded(void **state)
{
	struct ph_route *route = ph_route_new();
	char name[24];

	(void)state;
	assert_int_equal(ph_route_iface_add(route, ""), PH_NO_IFACE);
	assert_int_equal(ph_route_iface_add(route, "sixteen-letters-"), PH_NO_IFACE);
	assert_int_equal(ph_route_iface_add(route, "fifteen-letters"), 0);
	assert_int_equal(ph_route_iface_add(route, "fifteen-letters"), 0);
	assert_int_equal(ph_route_iface_find(route, "fifteen-letter"), PH_NO_IFACE);
	for (int i = 1; i < 40; i++) {
		snprintf(name, sizeof(name), "eth%d", i);
		assert_int_equal(ph_route_iface_add(route, name), i);
	}
	assert_int_equal(ph_route_iface_count(route), 40);
	assert_null(ph_route_iface_name(route, 40));
	assert_false(ph_route_configured(route));
	ph_route_set_configured(route);
	assert_true(ph_route_configured(route));
	ph_route_free(route);
}

static void test_route_append_joins_gateways_of_ipv6_only(void **state)
{
	struct ph_route *route = ph_route_new();
	struct ph_route_hop leg[PH_ROUTE_LEGS];
	struct ph_addr to = addr_of("2001:db8::1"), to4 = addr_of("10.0.0.1");
	struct ph_route_entry e = { .family = PH_IPV6, .prefix_len = 32, .prefix = to, .how = PH_ROUTE_APPEND,
	                            .hop = { .type = PH_ROUTE_UNICAST, .via = addr_of("fe80::1") } };

	(void)state;
	for (int i = 0; i < PH_ROUTE_LEGS; i++) {
		e.hop.iface = i;
		assert_int_equal(ph_route_add(route, &e), PH_OK);
		assert_int_equal(ph_route_add(route, &e), PH_EXISTS);
	}
	e.hop.iface = PH_ROUTE_LEGS;
	assert_int_equal(ph_route_add(route, &e), PH_FULL);
	e.how = PH_ROUTE_BEHIND;
	assert_int_equal(ph_route_add(route, &e), PH_OK);
	assert_int_equal(ph_route_add(route, &e), PH_EXISTS);
	assert_int_equal(ph_route_legs(route, PH_IPV6, &to, leg), PH_ROUTE_LEGS);
	assert_int_equal(leg[PH_ROUTE_LEGS - 1].iface, PH_ROUTE_LEGS - 1);
	e.how = PH_ROUTE_REPLACE;
	assert_int_equal(ph_route_add(route, &e), PH_OK);
	assert_int_equal(ph_route_legs(route, PH_IPV6, &to, leg), 1);
	assert_int_equal(leg[0].iface, PH_ROUTE_LEGS);
	e = (struct ph_route_entry){ .family = PH_IPV4, .prefix_len = 8, .prefix = to4, .how = PH_ROUTE_APPEND,
	                             .hop = { .type = PH_ROUTE_UNICAST, .iface = 1, .via = addr_of("10.0.0.9") } };
	assert_int_equal(ph_route_add(route, &e), PH_OK);
	e.hop.iface = 2;
	assert_int_equal(ph_route_add(route, &e), PH_OK);
	assert_int_equal(ph_route_legs(route, PH_IPV4, &to4, leg), 1);
	assert_int_equal(leg[0].iface, 1);
	e.n_more = PH_ROUTE_LEGS;
	assert_int_equal(ph_route_add(route, &e), PH_INVALID);
	ph_route_free(route);
}

static void test_route_hundred_thousand_hosts_are_found(void **state)
{
	enum { HOSTS = 100000 };
	struct ph_route *route = ph_route_new();
	struct ph_route_entry e = { .family = PH_IPV4, .prefix_len = 32, .hop = { .type = PH_ROUTE_UNICAST } };
	struct ph_route_hop hop;

	(void)state;
	for (uint32_t i = 0; i < HOSTS; i++) {
		e.prefix = (struct ph_addr){ { 10, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i } };
		e.hop.iface = (int)(i % 7);
		assert_int_equal(ph_route_add(route, &e), PH_OK);
	}
	assert_int_equal(ph_route_finish(route), PH_OK);
	for (uint32_t i = 0; i < HOSTS; i++) {
		e.prefix = (struct ph_addr){ { 10, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i } };
		ph_route_lookup(route, PH_IPV4, &e.prefix, &hop);
		assert_int_equal(hop.iface, (int)(i % 7));
	}
	leads(route, "11.0.0.1", PH_ROUTE_NONE, NULL);
	ph_route_free(route);
}

/* Everything again with the n-th allocation refused, for each n: an error and no change for the worse. */
static bool build_and_check(void)
{
	struct ph_route *route = ph_route_new();
	bool good = route != NULL;
	char name[16];

	for (int i = 0; good && i < 20; i++) {
		snprintf(name, sizeof(name), "eth%d", i);
		good = ph_route_iface_add(route, name) == i;
	}
	for (uint8_t i = 0; good && i < 60; i++) {
		struct ph_route_own row = { .iface = i % 20, .family = PH_IPV4, .prefix_len = 24, .addr = { { 10, i, 0, 1 } } };
		enum ph_status status = ph_route_addr_add(route, &row);

		assert_true(status == PH_OK || status == PH_NO_MEMORY);
		good = status == PH_OK;
	}
	for (uint8_t i = 0; good && i < 40; i++) {
		struct ph_route_hop more = { .iface = i % 20, .via = { { 10, i, 0, 9 } } };
		struct ph_route_entry e = { .family = i & 1 ? PH_IPV6 : PH_IPV4, .prefix_len = 8, .prefix = { { (uint8_t)(32 + i) } },
		                            .hop = { .type = PH_ROUTE_UNICAST, .via = { { i } } }, .more = &more, .n_more = 1 };
		enum ph_status status = ph_route_add(route, &e);

		assert_true(status == PH_OK || status == PH_NO_MEMORY);
		good = status == PH_OK;
	}
	if (good)
		good = ph_route_finish(route) == PH_OK;
	if (good) {
		leads(route, "10.59.0.1", PH_ROUTE_LOCAL, "eth19");
		leads(route, "10.0.0.7", PH_ROUTE_UNICAST, "eth0");
	}
	ph_route_free(route);
	return good;
}

static void test_route_refused_allocations_are_reported(void **state)
{
	long total;

	(void)state;
	allocations = 0;
	assert_true(build_and_check());
	total = allocations;
	assert_true(total > 5);
	for (long n = 0; n < total; n++) {
		bool good;

		allocations = 0;
		refuse_at = n;
		good = build_and_check();
		refuse_at = -1;
		assert_false(good);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_route_empty_leads_nowhere),
		cmocka_unit_test(test_route_address_brings_what_linux_makes_of_it),
		cmocka_unit_test(test_route_broadcast_mask_is_of_primary_addresses),
		cmocka_unit_test(test_route_address_twice_is_refused_where_linux_does),
		cmocka_unit_test(test_route_longest_then_metric_then_first_wins),
		cmocka_unit_test(test_route_local_before_longer_main_only_of_ipv6),
		cmocka_unit_test(test_route_bound_to_an_interface_finds_what_linux_finds),
		cmocka_unit_test(test_route_legs_of_plain_and_special_routes_are_one),
		cmocka_unit_test(test_route_iface_names_are_bounded),
		cmocka_unit_test(test_route_append_joins_gateways_of_ipv6_only),
		cmocka_unit_test(test_route_hundred_thousand_hosts_are_found),
		cmocka_unit_test(test_route_refused_allocations_are_reported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
