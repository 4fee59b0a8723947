/* Reverse path checks: each row of spec/tracking.md 10.1 and 10.2, in both families. The kernel's own answers to random ones are
 * asked by tests/rule/test_rpfilter_kernel.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "route/reverse.h"
#include "route/text.h"

enum { LO, ETH0, ETH1, ETH2 };

static void own(struct ph_route *route, int iface, const char *addr, uint8_t len)
{
	const struct ph_route_own row = { .iface = iface, .family = family_of(addr), .prefix_len = len, .addr = addr_of(addr) };

	assert_int_equal(ph_route_addr_add(route, &row), PH_OK);
}

/* Spread over eth0 and eth1. */
static void add_multipath(struct ph_route *route, const char *prefix, uint8_t len, const char *via[2])
{
	const struct ph_route_hop second = { .type = PH_ROUTE_UNICAST, .iface = ETH1, .via = addr_of(via[1]) };
	const struct ph_route_entry entry = {
		.family = family_of(prefix), .prefix_len = len, .prefix = addr_of(prefix), .more = &second, .n_more = 1,
		.hop = { .type = PH_ROUTE_UNICAST, .iface = ETH0, .via = addr_of(via[0]) },
	};

	assert_int_equal(ph_route_add(route, &entry), PH_OK);
}

static void add(struct ph_route *route, const char *prefix, uint8_t len, struct ph_route_hop hop, uint32_t metric)
{
	struct ph_route_entry entry = {
		.family = family_of(prefix), .prefix_len = len, .prefix = addr_of(prefix), .hop = hop, .metric = metric,
	};

	assert_int_equal(ph_route_add(route, &entry), PH_OK);
}

#define BY(i) ((struct ph_route_hop){ .type = PH_ROUTE_UNICAST, .iface = (i) })
#define TO(t) ((struct ph_route_hop){ .type = PH_ROUTE_##t, .iface = PH_NO_IFACE })

/* eth0 has the default route, eth2 no IPv4 address. */
static struct ph_route *world(bool with_default)
{
	struct ph_route *route = ph_route_new();

	assert_int_equal(ph_route_iface_add(route, "lo"), LO);
	assert_int_equal(ph_route_iface_add(route, "eth0"), ETH0);
	assert_int_equal(ph_route_iface_add(route, "eth1"), ETH1);
	assert_int_equal(ph_route_iface_add(route, "eth2"), ETH2);
	own(route, ETH0, "10.0.0.1", 24);
	own(route, ETH1, "10.1.0.1", 24);
	own(route, ETH0, "2001:db8::1", 64);
	own(route, ETH1, "2001:db8:1::1", 64);
	own(route, ETH1, "fe80::a1", 64);
	add(route, "10.50.0.0", 16, BY(ETH1), 0);
	add(route, "10.60.0.0", 16, BY(ETH0), 0);
	add(route, "10.60.0.0", 16, BY(ETH1), 9);
	add(route, "10.51.0.0", 16, TO(BLACKHOLE), 0);
	add(route, "10.52.0.0", 16, TO(UNREACHABLE), 0);
	add(route, "10.53.0.0", 16, TO(PROHIBIT), 0);
	add(route, "10.54.0.0", 16, BY(ETH2), 0);
	add(route, "2001:db8:50::", 48, BY(ETH1), 1024);
	add(route, "2001:db8:60::", 48, BY(ETH0), 10);
	add(route, "2001:db8:60::", 48, BY(ETH1), 20);
	add(route, "2001:db8:51::", 48, TO(UNREACHABLE), 1024);
	add_multipath(route, "10.70.0.0", 16, (const char *[]){ "10.0.0.2", "10.1.0.2" });
	add_multipath(route, "2001:db8:70::", 48, (const char *[]){ "2001:db8::2", "2001:db8:1::2" });
	add(route, "2001:db8:71::", 48, TO(THROW), 10);
	add(route, "2001:db8:71::", 48, BY(ETH1), 20);
	if (with_default) {
		add(route, "0.0.0.0", 0, BY(ETH0), 0);
		add(route, "::", 0, BY(ETH0), 1024);
	}
	return route;
}

enum { LOOSE = 1, LOCAL = 2, STRICT = 4, HAIRPIN = 8, NO_DEFAULT = 16, CUSTOM = 32 };

struct row {
	const char *src, *dst;
	int iface;
	unsigned how;
	enum ph_reverse why;
};

static void check(const struct row *row, void (*ask)(const struct ph_route *, const struct ph_reverse_in *, struct ph_reverse_out *))
{
	struct ph_route *route = world(!(row->how & NO_DEFAULT));
	const struct ph_addr src = addr_of(row->src), dst = addr_of(row->dst);
	const struct ph_reverse_in in = {
		.family = family_of(row->src), .src = &src, .dst = &dst, .iface = row->iface, .loose = row->how & LOOSE,
		.accept_local = row->how & LOCAL, .strict = row->how & STRICT, .hairpin = row->how & HAIRPIN,
	};
	struct ph_reverse_out out;
	struct ph_writer w;
	char text[192];

	if (row->how & CUSTOM)
		add(route, "10.99.0.0", 16, (struct ph_route_hop){ .type = PH_ROUTE_LOCAL, .iface = ETH0 }, 0);
	ask(route, &in, &out);
	ph_writer_init(&w, text, sizeof(text));
	ph_reverse_write(route, &in, &out, &w);
	if (out.why != row->why || w.len == 0)
		fail_msg("%s to %s on %d, %u: %d, not %d (%s)", row->src, row->dst, row->iface, row->how, (int)out.why, (int)row->why, text);
	ph_route_free(route);
}

#define HOST "10.1.0.9"
#define HOST6 "2001:db8:1::9"

static void test_reverse_match_v4_is_what_the_specification_says(void **state)
{
	static const struct row rows[] = {
		/* 1: loopback devices */
		{ "10.1.0.1", HOST, LO, 0, PH_REVERSE_EXEMPT }, { "203.0.113.5", HOST, LO, NO_DEFAULT, PH_REVERSE_EXEMPT },
		/* 2: DHCP, IGMP */
		{ "0.0.0.0", "255.255.255.255", ETH1, 0, PH_REVERSE_EXEMPT }, { "0.0.0.0", "224.0.0.22", ETH1, 0, PH_REVERSE_EXEMPT },
		/* 2a: nothing else is special; behind a default route they lie there */
		{ "0.0.0.0", "224.0.1.1", ETH0, NO_DEFAULT, PH_REVERSE_NOWHERE }, { "0.0.0.0", HOST, ETH0, 0, PH_REVERSE_SAME },
		{ "0.1.2.3", "255.255.255.255", ETH0, NO_DEFAULT, PH_REVERSE_NOWHERE }, { "0.1.2.3", HOST, ETH0, 0, PH_REVERSE_SAME },
		{ "224.0.0.5", HOST, ETH0, 0, PH_REVERSE_SAME }, { "224.0.0.5", HOST, ETH1, 0, PH_REVERSE_OTHER },
		{ "255.255.255.255", HOST, ETH0, 0, PH_REVERSE_SAME },
		{ "255.255.255.255", HOST, ETH0, NO_DEFAULT | LOOSE, PH_REVERSE_NOWHERE },
		/* 3: no way back, loose or not */
		{ "203.0.113.5", HOST, ETH0, NO_DEFAULT | LOOSE, PH_REVERSE_NOWHERE }, { "10.51.0.1", HOST, ETH0, LOOSE, PH_REVERSE_NOWHERE },
		{ "10.52.0.1", HOST, ETH0, LOOSE, PH_REVERSE_NOWHERE }, { "10.53.0.1", HOST, ETH0, LOOSE, PH_REVERSE_NOWHERE },
		/* 4: types */
		{ "10.0.0.1", HOST, ETH0, 0, PH_REVERSE_OWN }, { "10.0.0.1", HOST, ETH0, LOCAL, PH_REVERSE_SAME },
		{ "10.1.0.1", HOST, ETH0, LOCAL, PH_REVERSE_OTHER }, { "10.1.0.1", HOST, ETH0, LOCAL | LOOSE, PH_REVERSE_LOOSE },
		{ "127.0.0.1", HOST, ETH0, LOOSE, PH_REVERSE_OWN }, { "127.5.5.5", HOST, ETH0, LOCAL, PH_REVERSE_OTHER },
		{ "127.0.0.1", HOST, ETH0, LOCAL | LOOSE, PH_REVERSE_LOOSE },
		{ "10.0.0.255", HOST, ETH0, LOCAL | LOOSE, PH_REVERSE_NO_HOST }, { "10.0.0.0", HOST, ETH0, 0, PH_REVERSE_SAME },
		/* 5, 6: the interface */
		{ "10.0.0.7", HOST, ETH0, 0, PH_REVERSE_SAME }, { "10.0.0.7", "224.0.0.5", ETH0, 0, PH_REVERSE_SAME },
		{ "10.0.0.7", HOST, ETH1, 0, PH_REVERSE_OTHER }, { "10.0.0.7", HOST, ETH1, LOOSE, PH_REVERSE_LOOSE },
		{ "10.50.3.4", HOST, ETH1, 0, PH_REVERSE_SAME }, { "203.0.113.5", HOST, ETH0, 0, PH_REVERSE_SAME },
		{ "203.0.113.5", HOST, ETH1, 0, PH_REVERSE_OTHER }, { "203.0.113.5", HOST, ETH1, LOOSE, PH_REVERSE_LOOSE },
		{ "10.70.0.1", HOST, ETH0, 0, PH_REVERSE_SAME }, { "10.70.0.1", HOST, ETH1, 0, PH_REVERSE_SAME },
		{ "10.70.0.1", HOST, ETH2, 0, PH_REVERSE_OTHER },
		{ "10.60.0.1", HOST, ETH0, 0, PH_REVERSE_SAME }, { "10.60.0.1", HOST, ETH1, 0, PH_REVERSE_OTHER },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check(&rows[i], ph_reverse_match);
}

static void test_reverse_match_v6_is_what_the_specification_says(void **state)
{
	static const struct row rows[] = {
		{ "2001:db8:99::1", HOST6, LO, NO_DEFAULT, PH_REVERSE_EXEMPT }, { "::", "ff02::16", ETH1, 0, PH_REVERSE_EXEMPT },
		{ "2001:db8:99::1", HOST6, ETH0, NO_DEFAULT | LOOSE, PH_REVERSE_NOWHERE },
		{ "2001:db8:51::1", HOST6, ETH0, LOOSE, PH_REVERSE_NOWHERE },
		{ "2001:db8::", HOST6, ETH0, LOCAL | LOOSE, PH_REVERSE_NO_HOST },
		/* an own address, whatever the interface */
		{ "2001:db8::1", HOST6, ETH0, LOOSE, PH_REVERSE_OWN }, { "2001:db8::1", HOST6, ETH0, LOCAL, PH_REVERSE_ACCEPTED },
		{ "2001:db8::1", HOST6, ETH1, LOCAL, PH_REVERSE_ACCEPTED },
		{ "2001:db8::9", HOST6, ETH0, 0, PH_REVERSE_SAME }, { "2001:db8::9", HOST6, ETH1, 0, PH_REVERSE_OTHER },
		{ "2001:db8::9", HOST6, ETH1, LOOSE, PH_REVERSE_LOOSE }, { "2001:db8:50::9", HOST6, ETH1, 0, PH_REVERSE_SAME },
		{ "2a00::1", HOST6, ETH0, 0, PH_REVERSE_SAME }, { "2a00::1", HOST6, ETH1, 0, PH_REVERSE_OTHER },
		/* a worse route of the same prefix will do */
		{ "2001:db8:60::1", HOST6, ETH0, 0, PH_REVERSE_SAME }, { "2001:db8:60::1", HOST6, ETH1, 0, PH_REVERSE_SAME },
		{ "2001:db8:60::1", HOST6, ETH2, 0, PH_REVERSE_OTHER },
		{ "2001:db8:70::1", HOST6, ETH0, 0, PH_REVERSE_SAME }, { "2001:db8:70::1", HOST6, ETH1, 0, PH_REVERSE_SAME },
		{ "2001:db8:70::1", HOST6, ETH2, 0, PH_REVERSE_OTHER }, { "2001:db8:70::1", HOST6, ETH2, LOOSE, PH_REVERSE_LOOSE },
		/* even behind one that sends the search on */
		{ "2001:db8:71::1", HOST6, ETH1, 0, PH_REVERSE_SAME }, { "2001:db8:71::1", HOST6, ETH1, LOOSE, PH_REVERSE_NOWHERE },
		/* link-local: on its own link, and there only */
		{ "fe80::9", HOST6, ETH1, 0, PH_REVERSE_SAME }, { "fe80::9", HOST6, ETH2, 0, PH_REVERSE_SAME },
		{ "fe80::9", HOST6, ETH2, LOOSE, PH_REVERSE_SAME }, { "fe80::a1", HOST6, ETH1, 0, PH_REVERSE_OWN },
		{ "fe80::a1", HOST6, ETH1, LOCAL, PH_REVERSE_ACCEPTED }, { "fe80::", HOST6, ETH1, LOCAL, PH_REVERSE_NO_HOST },
		{ "fe80:1::9", HOST6, ETH1, LOOSE, PH_REVERSE_NOWHERE }, { "fe80:1::9", HOST6, ETH0, 0, PH_REVERSE_SAME },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check(&rows[i], ph_reverse_match);
}

static void test_reverse_filter_is_what_the_specification_says(void **state)
{
	static const struct row rows[] = {
		{ "10.1.0.1", HOST, LO, STRICT, PH_REVERSE_EXEMPT },
		/* 0: only own addresses, unless something makes that too little */
		{ "10.0.0.1", HOST, ETH0, 0, PH_REVERSE_OWN }, { "10.0.0.1", HOST, ETH0, LOCAL, PH_REVERSE_OFF },
		{ "127.0.0.1", HOST, ETH0, 0, PH_REVERSE_OWN }, { "127.5.5.5", HOST, ETH0, 0, PH_REVERSE_OFF },
		{ "10.0.0.255", HOST, ETH0, 0, PH_REVERSE_OFF }, { "10.0.0.255", HOST, ETH1, HAIRPIN, PH_REVERSE_NO_HOST },
		{ "10.0.0.255", HOST, ETH1, CUSTOM, PH_REVERSE_NO_HOST }, { "10.99.1.1", HOST, ETH1, CUSTOM, PH_REVERSE_OWN },
		{ "10.99.1.1", HOST, ETH1, CUSTOM | LOCAL, PH_REVERSE_OFF }, { "10.0.0.255", HOST, ETH1, HAIRPIN | LOCAL, PH_REVERSE_NO_HOST },
		{ "10.0.0.255", HOST, ETH1, CUSTOM | LOCAL, PH_REVERSE_OFF },
		{ "203.0.113.5", HOST, ETH0, NO_DEFAULT, PH_REVERSE_OFF }, { "10.51.0.1", HOST, ETH0, HAIRPIN, PH_REVERSE_OFF },
		{ "10.0.0.7", HOST, ETH1, HAIRPIN, PH_REVERSE_OFF },
		/* 1 */
		{ "10.70.0.1", HOST, ETH1, STRICT, PH_REVERSE_SAME }, { "10.70.0.1", HOST, ETH2, STRICT, PH_REVERSE_OTHER },
		{ "10.0.0.7", HOST, ETH0, STRICT, PH_REVERSE_SAME }, { "10.0.0.7", HOST, ETH1, STRICT, PH_REVERSE_OTHER },
		{ "203.0.113.5", HOST, ETH0, STRICT | NO_DEFAULT, PH_REVERSE_NOWHERE }, { "10.51.0.1", HOST, ETH0, STRICT, PH_REVERSE_NOWHERE },
		{ "10.0.0.1", HOST, ETH0, STRICT, PH_REVERSE_OWN }, { "10.0.0.1", HOST, ETH0, STRICT | LOCAL, PH_REVERSE_SAME },
		{ "10.0.0.255", HOST, ETH0, STRICT | LOCAL, PH_REVERSE_NO_HOST },
		/* 2 */
		{ "10.0.0.7", HOST, ETH1, LOOSE, PH_REVERSE_LOOSE }, { "10.0.0.7", HOST, ETH0, LOOSE, PH_REVERSE_SAME },
		{ "203.0.113.5", HOST, ETH0, LOOSE | NO_DEFAULT, PH_REVERSE_NOWHERE }, { "10.52.0.1", HOST, ETH1, LOOSE, PH_REVERSE_NOWHERE },
		{ "10.0.0.1", HOST, ETH1, LOOSE, PH_REVERSE_OWN }, { "10.0.0.1", HOST, ETH1, LOOSE | LOCAL, PH_REVERSE_LOOSE },
		/* an interface without an IPv4 address: only what lies behind it */
		{ "10.54.0.1", HOST, ETH2, STRICT, PH_REVERSE_SAME }, { "10.0.0.7", HOST, ETH2, STRICT, PH_REVERSE_OTHER },
		{ "10.0.0.7", HOST, ETH2, LOOSE, PH_REVERSE_OTHER }, { "10.0.0.7", HOST, ETH2, 0, PH_REVERSE_OFF },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check(&rows[i], ph_reverse_filter);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reverse_match_v4_is_what_the_specification_says),
		cmocka_unit_test(test_reverse_match_v6_is_what_the_specification_says),
		cmocka_unit_test(test_reverse_filter_is_what_the_specification_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
