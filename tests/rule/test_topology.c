/* A topology built from records made by hand: what a kernel lists is what is found, and nothing else.
 * link: -Wl,--wrap=malloc -Wl,--wrap=calloc -Wl,--wrap=realloc */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <pinhole/topology.h>
#include "rule/policy.h"
#include "support/refuse.h"

enum { UNICAST = 1, LOCAL = 2, BROADCAST = 3, ANYCAST = 4, BLACKHOLE = 6, THROW = 9, MAIN = 254, LOCAL_TABLE = 255 };

static uint8_t family_of(const char *text)
{
	return strchr(text, ':') ? PH_IPV6 : PH_IPV4;
}

static struct ph_addr addr_of(const char *text)
{
	struct ph_addr addr;

	assert_true(ph_addr_parse(family_of(text), text, strlen(text), &addr));
	return addr;
}

static void add_link(struct ph_topology *t, uint32_t ifindex, const char *name)
{
	struct ph_net_link link = { .ifindex = ifindex, .up = true };

	snprintf(link.name, sizeof(link.name), "%s", name);
	assert_int_equal(ph_topology_link(t, &link), PH_OK);
}

static void add_addr(struct ph_topology *t, uint32_t ifindex, const char *text, uint8_t len, const char *brd)
{
	struct ph_net_addr addr = { .ifindex = ifindex, .family = family_of(text), .prefix_len = len, .addr = addr_of(text) };

	if (brd) {
		addr.has_broadcast = true;
		addr.broadcast = addr_of(brd);
	}
	assert_int_equal(ph_topology_addr(t, &addr), PH_OK);
}

static struct ph_net_route route_of(uint8_t type, uint32_t table, const char *prefix, uint8_t len, uint32_t ifindex)
{
	return (struct ph_net_route){
		.family = family_of(prefix), .prefix_len = len, .type = type, .table = table, .prefix = addr_of(prefix),
		.n_legs = ifindex ? 1 : 0, .leg = { { .ifindex = ifindex } },
	};
}

static void add_route(struct ph_topology *t, const struct ph_net_route *route)
{
	assert_int_equal(ph_topology_route(t, route), PH_OK);
}

static void add_plain(struct ph_topology *t, uint8_t type, uint32_t table, const char *prefix, uint32_t ifindex)
{
	struct ph_net_route route = route_of(type, table, prefix, family_of(prefix) == PH_IPV6 ? 128 : 32, ifindex);

	add_route(t, &route);
}

/* eth0 (7) and eth1 (3) with an address each; all routes that a kernel makes of the first, of the second none but its own. */
static struct ph_topology *small(void)
{
	struct ph_topology *t = ph_topology_new();
	struct ph_net_route net = route_of(UNICAST, MAIN, "10.1.0.0", 24, 7);

	assert_non_null(t);
	add_link(t, 7, "eth0");
	add_link(t, 3, "eth1");
	add_addr(t, 7, "10.1.0.1", 24, "10.1.0.255");
	add_addr(t, 3, "10.2.0.1", 24, NULL);
	add_plain(t, LOCAL, LOCAL_TABLE, "10.1.0.1", 7);
	add_plain(t, BROADCAST, LOCAL_TABLE, "10.1.0.255", 7);
	add_plain(t, LOCAL, LOCAL_TABLE, "10.2.0.1", 3);
	add_route(t, &net);
	return t;
}

/* Takes the topology over. */
static struct ph_policy *policy_with(struct ph_topology *t)
{
	struct ph_policy *policy = ph_policy_new();

	assert_non_null(policy);
	assert_int_equal(ph_policy_set_topology(policy, t), PH_OK);
	return policy;
}

static struct ph_route_hop found(const struct ph_policy *policy, const char *text)
{
	const struct ph_addr addr = addr_of(text);
	struct ph_route_hop hop;

	ph_route_lookup(policy->route, family_of(text), &addr, &hop);
	return hop;
}

static void test_topology_addresses_make_no_routes(void **state)
{
	struct ph_policy *policy = policy_with(small());

	assert_int_equal(found(policy, "10.1.0.1").type, PH_ROUTE_LOCAL);
	assert_int_equal(found(policy, "10.1.0.9").iface, 0);
	assert_int_equal(found(policy, "10.1.0.255").type, PH_ROUTE_BROADCAST);
	assert_int_equal(found(policy, "10.1.0.0").type, PH_ROUTE_UNICAST);
	assert_int_equal(found(policy, "10.2.0.1").type, PH_ROUTE_LOCAL);
	assert_int_equal(found(policy, "10.2.0.9").type, PH_ROUTE_NONE);
	assert_int_equal(found(policy, "10.2.0.255").type, PH_ROUTE_NONE);
	ph_policy_free(policy);
}

static void test_topology_tells_what_else_is_asked_of_addresses(void **state)
{
	const struct ph_addr brd = addr_of("10.1.0.255"), none = addr_of("10.2.0.255"), own = addr_of("10.2.0.1");
	struct ph_net_addr second = { .ifindex = 3, .family = PH_IPV4, .prefix_len = 16, .secondary = true, .has_broadcast = true };
	struct ph_topology *t = small();
	struct ph_net_route by_hand = route_of(LOCAL, LOCAL_TABLE, "10.9.0.0", 16, 3);
	struct ph_policy *policy;
	struct ph_route_back back;
	struct ph_addr mask;

	second.addr = addr_of("10.2.0.2");
	second.broadcast = addr_of("10.2.0.255");
	assert_int_equal(ph_topology_addr(t, &second), PH_OK);
	add_link(t, 9, "bare");
	policy = policy_with(t);
	assert_true(ph_route_broadcast_mask(policy->route, 0, &brd, &mask));
	assert_memory_equal(mask.b, "\xff\xff\xff\0", 4);
	assert_false(ph_route_broadcast_mask(policy->route, 1, &none, &mask));
	assert_true(ph_route_has_ipv4(policy->route, 0) && ph_route_has_ipv4(policy->route, 1) && !ph_route_has_ipv4(policy->route, 2));
	assert_true(ph_route_back(policy->route, PH_IPV4, &own, PH_NO_IFACE, &back) && back.own);
	assert_false(ph_route_has_custom_local(policy->route));
	t = ph_policy_take_topology(policy);
	by_hand.by_hand = true;
	add_route(t, &by_hand);
	assert_int_equal(ph_policy_set_topology(policy, t), PH_OK);
	assert_true(ph_route_has_custom_local(policy->route));
	assert_true(ph_route_back(policy->route, PH_IPV4, &by_hand.prefix, PH_NO_IFACE, &back) && !back.own);
	ph_policy_free(policy);
}

static void test_topology_numbers_lead_to_interfaces(void **state)
{
	struct ph_topology *t = small();
	struct ph_policy *policy;
	char name[PH_IFNAME_ROOM];

	add_link(t, 2147483647, "fifteen-letters");
	/* Renamed while it was read: both names are there, the number leads to the newer. */
	add_link(t, 3, "wan0");
	for (uint32_t i = 100; i < 1100; i++) {
		snprintf(name, sizeof(name), "v%u", i);
		add_link(t, i, name);
	}
	assert_int_equal(ph_topology_iface(t, 7), 0);
	assert_int_equal(ph_topology_iface(t, 4), -1);
	assert_int_equal(ph_topology_iface(t, 0), -1);
	policy = policy_with(t);
	assert_int_equal(ph_policy_iface_count(policy), 1004);
	assert_string_equal(ph_policy_iface_name(policy, (size_t)ph_topology_iface(t, 2147483647)), "fifteen-letters");
	assert_string_equal(ph_policy_iface_name(policy, (size_t)ph_topology_iface(t, 3)), "wan0");
	assert_string_equal(ph_policy_iface_name(policy, (size_t)ph_topology_iface(t, 1099)), "v1099");
	ph_policy_free(policy);
}

static void test_topology_leaves_out_what_it_cannot_take_and_counts(void **state)
{
	struct ph_topology *t = small();
	struct ph_net_route other = route_of(UNICAST, 100, "10.9.0.0", 16, 7), unknown = route_of(UNICAST, MAIN, "10.9.0.0", 16, 8);
	struct ph_net_route none = route_of(UNICAST, MAIN, "10.9.0.0", 16, 0), narrow = route_of(UNICAST, MAIN, "10.9.0.0", 16, 7);
	struct ph_net_route longer = route_of(UNICAST, MAIN, "10.9.0.0", 33, 7), of_type = route_of(10, MAIN, "10.9.0.0", 16, 7);
	struct ph_net_route v6 = route_of(UNICAST, 253, "2001:db8::", 32, 7);
	struct ph_net_addr nowhere = { .ifindex = 8, .family = PH_IPV4, .prefix_len = 24 };
	struct ph_net_link unnamed = { .ifindex = 9 };
	struct ph_policy *policy;

	narrow.narrow = true;
	add_route(t, &other);
	add_route(t, &unknown);
	add_route(t, &none);
	add_route(t, &narrow);
	add_route(t, &longer);
	add_route(t, &of_type);
	add_route(t, &v6);
	assert_int_equal(ph_topology_addr(t, &nowhere), PH_OK);
	assert_int_equal(ph_topology_link(t, &unnamed), PH_OK);
	assert_int_equal(ph_topology_left_out(t), 9);
	policy = policy_with(t);
	assert_int_equal(found(policy, "10.9.0.1").type, PH_ROUTE_NONE);
	assert_int_equal(found(policy, "2001:db8::1").type, PH_ROUTE_NONE);
	ph_policy_free(policy);
}

static void test_topology_routes_are_found_as_listed(void **state)
{
	struct ph_topology *t = small();
	struct ph_net_route first = route_of(UNICAST, MAIN, "0.0.0.0", 0, 7), second = route_of(UNICAST, MAIN, "0.0.0.0", 0, 3);
	struct ph_net_route hole = route_of(BLACKHOLE, MAIN, "10.8.0.0", 16, 0), on = route_of(THROW, MAIN, "10.7.0.0", 16, 0);
	struct ph_net_route behind = route_of(UNICAST, 253, "10.7.0.0", 16, 3), better = route_of(UNICAST, MAIN, "10.6.0.0", 16, 3);
	struct ph_net_route worse = route_of(UNICAST, MAIN, "10.6.0.0", 16, 7), routers = route_of(ANYCAST, LOCAL_TABLE, "2001:db8::", 128, 7);
	struct ph_policy *policy;

	/* A next hop by an interface that is gone is none; the same route may be listed twice. */
	first.n_legs = 2;
	first.leg[1] = (struct ph_net_leg){ .ifindex = 7, .has_via = true, .via = addr_of("10.1.0.2") };
	first.leg[0].ifindex = 8;
	worse.metric = 10;
	add_route(t, &first);
	add_route(t, &second);
	add_route(t, &second);
	add_route(t, &hole);
	add_route(t, &on);
	add_route(t, &behind);
	add_route(t, &worse);
	add_route(t, &better);
	add_route(t, &routers);
	assert_int_equal(ph_topology_left_out(t), 0);
	policy = policy_with(t);
	assert_int_equal(found(policy, "192.0.2.1").iface, 0);
	assert_memory_equal(found(policy, "192.0.2.1").via.b, "\x0a\x01\0\x02", 4);
	assert_int_equal(found(policy, "10.8.0.1").type, PH_ROUTE_BLACKHOLE);
	assert_int_equal(found(policy, "10.7.0.1").iface, 1);
	assert_int_equal(found(policy, "10.6.0.1").iface, 1);
	assert_int_equal(found(policy, "2001:db8::").type, PH_ROUTE_LOCAL);
	ph_policy_free(policy);
}

static void test_policy_topology_replaces_what_texts_say(void **state)
{
	static const char text[] = "ip addr add 10.5.0.1/24 dev wan\n";
	const struct ph_policy_source source = { .name = "text" };
	struct ph_diags *diags = ph_diags_new();
	struct ph_policy *policy = ph_policy_new();
	struct ph_topology *t = small(), *next = small();

	assert_false(ph_policy_has_topology(policy));
	assert_null(ph_policy_topology(policy));
	assert_int_equal(ph_policy_set_topology(policy, t), PH_OK);
	assert_true(ph_policy_has_topology(policy));
	assert_ptr_equal(ph_policy_topology(policy), t);
	assert_int_equal(ph_policy_load(policy, &source, text, strlen(text), diags), PH_OK);
	assert_int_equal(ph_policy_finish(policy, diags), PH_OK);
	assert_int_equal(found(policy, "10.5.0.1").type, PH_ROUTE_NONE);
	assert_int_equal(found(policy, "10.1.0.1").type, PH_ROUTE_LOCAL);
	assert_int_equal(ph_policy_set_topology(policy, next), PH_OK);
	assert_ptr_equal(ph_policy_take_topology(policy), next);
	assert_null(ph_policy_topology(policy));
	assert_int_equal(found(policy, "10.5.0.1").type, PH_ROUTE_LOCAL);
	assert_int_equal(found(policy, "10.1.0.1").type, PH_ROUTE_NONE);
	ph_topology_free(next);
	ph_policy_free(policy);
	ph_diags_free(diags);
}

static void test_policy_topology_without_anything_is_one(void **state)
{
	struct ph_policy *policy = policy_with(ph_topology_new());
	struct ph_diags *diags = ph_diags_new();

	assert_int_equal(ph_policy_finish(policy, diags), PH_OK);
	assert_true(ph_policy_has_topology(policy));
	assert_int_equal(ph_policy_iface_count(policy), 0);
	ph_policy_free(policy);
	ph_diags_free(diags);
}

static bool build(void)
{
	struct ph_net_link link = { .ifindex = 1, .name = "eth0" };
	struct ph_net_addr addr = { .ifindex = 1, .family = PH_IPV4, .prefix_len = 24, .addr = { { 10, 0, 0, 1 } } };
	struct ph_net_route route = { .family = PH_IPV4, .prefix_len = 32, .type = UNICAST, .table = MAIN, .n_legs = 1, .leg = { { .ifindex = 1 } } };
	struct ph_topology *t = ph_topology_new();
	enum ph_status status = PH_OK;

	if (!t)
		return false;
	for (uint8_t i = 1; status == PH_OK && i < 40; i++) {
		link.name[3] = (char)('0' + i);
		link.ifindex = addr.ifindex = route.leg[0].ifindex = i;
		addr.addr.b[3] = route.prefix.b[1] = i;
		status = ph_topology_link(t, &link);
		if (status == PH_OK)
			status = ph_topology_addr(t, &addr);
		if (status == PH_OK)
			status = ph_topology_route(t, &route);
	}
	assert_true(status == PH_OK || status == PH_NO_MEMORY);
	ph_topology_free(t);
	return status == PH_OK;
}

static void test_topology_refused_allocations_are_errors(void **state)
{
	long needed;

	refuse_at = -1;
	allocations = 0;
	assert_true(build());
	needed = allocations;
	assert_true(needed > 10);
	for (long i = 0; i < needed; i++) {
		allocations = 0;
		refuse_at = i;
		assert_false(build());
	}
	refuse_at = -1;
}

/* Times grow with the square if this is wrong: hundreds of millions of steps instead of some ten thousand. */
static void test_topology_of_many_links_on_one_prefix_is_built(void **state)
{
	struct ph_net_route net = route_of(UNICAST, MAIN, "fe80::", 64, 1), all = route_of(5, LOCAL_TABLE, "ff00::", 8, 1);
	struct ph_topology *t = ph_topology_new();
	struct ph_net_addr addr = { .ifindex = 1, .family = PH_IPV4, .prefix_len = 32, .addr = { { 10, 0, 0, 1 } } };

	add_link(t, 1, "eth0");
	add_link(t, 2, "eth1");
	for (uint32_t i = 0; i < 40000; i++) {
		net.leg[0].ifindex = all.leg[0].ifindex = 1 + i % 2;
		add_route(t, &net);
		add_route(t, &all);
		addr.addr.b[1] = (uint8_t)(i >> 8);
		addr.addr.b[2] = (uint8_t)i;
		assert_int_equal(ph_topology_addr(t, &addr), PH_OK);
	}
	assert_int_equal(ph_topology_left_out(t), 0);
	ph_topology_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_topology_addresses_make_no_routes),
		cmocka_unit_test(test_topology_tells_what_else_is_asked_of_addresses),
		cmocka_unit_test(test_topology_numbers_lead_to_interfaces),
		cmocka_unit_test(test_topology_leaves_out_what_it_cannot_take_and_counts),
		cmocka_unit_test(test_topology_routes_are_found_as_listed),
		cmocka_unit_test(test_policy_topology_replaces_what_texts_say),
		cmocka_unit_test(test_policy_topology_without_anything_is_one),
		cmocka_unit_test(test_topology_refused_allocations_are_errors),
		cmocka_unit_test(test_topology_of_many_links_on_one_prefix_is_built),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
