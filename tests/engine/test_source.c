/* Sources of IPv4 packets, as rp_filter and its neighbours rule them: in the routing decision, behind tracking. */
#include "world.h"

#define DEFAULT_ROUTE "ip route add default via 10.1.0.254 dev eth0\n"

static struct ph_packet_out udp_on(struct world *w, const char *src, const char *dst, uint16_t iface)
{
	const struct packet_spec spec = { .src = src, .dst = dst, .proto = PH_PROTO_UDP, .sport = 9, .dport = 9, .ttl = 64, .payload = "x" };

	return send_on(w, &spec, iface);
}

static void test_source_refused_was_tracked_and_never_confirmed(void **state)
{
	struct ph_engine_stats stats;
	struct ph_packet_out out;
	struct world w;

	(void)state;
	world_open(&w, TOPOLOGY "sysctl -w net.ipv4.conf.all.rp_filter=1\n"
	           "iptables -t mangle -A PREROUTING -m conntrack --ctstate NEW -j LOG\n");
	out = udp_on(&w, "10.2.0.9", SERVER, 0);
	assert_int_equal(out.fate, PH_FATE_ROUTE);
	assert_int_equal(out.reason, PH_WHY_RP_FILTER);
	assert_int_equal(out.state, PH_STATE_NEW);
	assert_false(out.confirmed);
	assert_int_equal(w.told[PH_EVENT_LOG], 1);
	assert_int_equal(udp_on(&w, CLIENT, SERVER, 0).fate, PH_FATE_FORWARDED);
	ph_engine_stats(w.engine, &stats);
	assert_int_equal(stats.reasons[PH_WHY_RP_FILTER], 1);
	assert_int_equal(stats.conns_created, 2);
	assert_int_equal(stats.conns_confirmed, 1);
	world_close(&w);
}

static void test_source_mode_is_the_larger_of_all_and_its_own(void **state)
{
	static const struct {
		const char *all, *own;
		enum ph_fate elsewhere, nowhere;        /* a source behind the other interface, one without a route */
	} rows[] = {
		{ "0", "0", PH_FATE_FORWARDED, PH_FATE_FORWARDED }, { "0", "1", PH_FATE_ROUTE, PH_FATE_ROUTE },
		{ "1", "0", PH_FATE_ROUTE, PH_FATE_ROUTE }, { "2", "0", PH_FATE_FORWARDED, PH_FATE_ROUTE },
		{ "1", "2", PH_FATE_FORWARDED, PH_FATE_ROUTE }, { "2", "1", PH_FATE_FORWARDED, PH_FATE_ROUTE },
	};
	char policy[1024];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct world w;

		(void)snprintf(policy, sizeof(policy), TOPOLOGY "sysctl -w net.ipv4.conf.all.rp_filter=%s net.ipv4.conf.eth0.rp_filter=%s\n",
		               rows[i].all, rows[i].own);
		world_open(&w, policy);
		assert_int_equal(udp_on(&w, "10.2.0.9", SERVER, 0).fate, rows[i].elsewhere);
		assert_int_equal(udp_on(&w, "203.0.113.7", SERVER, 0).fate, rows[i].nowhere);
		world_close(&w);
	}
}

static void test_source_of_the_firewall_itself_needs_accept_local(void **state)
{
	struct world w;

	(void)state;
	world_open(&w, TOPOLOGY);
	assert_int_equal(udp_on(&w, "10.2.0.1", SERVER, 0).reason, PH_WHY_LOCAL_SOURCE);
	assert_int_equal(udp_on(&w, "10.2.0.1", "10.1.0.1", 0).reason, PH_WHY_LOCAL_SOURCE);
	world_close(&w);
	world_open(&w, TOPOLOGY "sysctl -w net.ipv4.conf.eth0.accept_local=1\n");
	assert_int_equal(udp_on(&w, "10.2.0.1", SERVER, 0).fate, PH_FATE_FORWARDED);
	world_close(&w);
	world_open(&w, TOPOLOGY "sysctl -w net.ipv4.conf.eth0.accept_local=1 net.ipv4.conf.eth0.rp_filter=1\n");
	assert_int_equal(udp_on(&w, "10.2.0.1", SERVER, 0).reason, PH_WHY_RP_FILTER);
	world_close(&w);
}

static void test_source_exceptions_are_not_asked(void **state)
{
	static const struct {
		const char *src, *dst;
		enum ph_fate fate;
	} rows[] = {
		{ "0.0.0.0", "255.255.255.255", PH_FATE_LOCAL }, { "0.0.0.0", "10.1.0.255", PH_FATE_ROUTE },
		{ "0.0.0.0", "224.0.0.1", PH_FATE_LOCAL }, { "0.0.0.0", "0.0.0.0", PH_FATE_LOCAL }, { "0.0.0.0", "10.1.0.1", PH_FATE_ROUTE },
		{ "10.1.0.9", "224.0.0.1", PH_FATE_LOCAL }, { "10.2.0.9", "224.0.0.1", PH_FATE_ROUTE },
		{ "10.2.0.9", "255.255.255.255", PH_FATE_ROUTE }, { "10.2.0.9", "10.1.0.1", PH_FATE_ROUTE },
		{ "0.1.2.3", "10.2.0.9", PH_FATE_FORWARDED }, { "127.0.0.1", "10.2.0.9", PH_FATE_ROUTE },
		{ "10.1.0.9", "127.0.0.1", PH_FATE_ROUTE }, { "224.0.0.9", "10.2.0.9", PH_FATE_ROUTE },
	};
	struct world w;

	(void)state;
	world_open(&w, TOPOLOGY DEFAULT_ROUTE "sysctl -w net.ipv4.conf.all.rp_filter=1\n");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ph_packet_out out = udp_on(&w, rows[i].src, rows[i].dst, 0);

		if (out.fate != rows[i].fate)
			fail_msg("%s to %s: %s", rows[i].src, rows[i].dst, ph_fate_name(out.fate));
	}
	world_close(&w);
}

static void test_source_match_knows_where_it_came_in(void **state)
{
	struct ph_packet_out out;
	struct world w;

	(void)state;
	world_open(&w, TOPOLOGY DEFAULT_ROUTE "iptables -t raw -A PREROUTING -m rpfilter --invert -j DROP\n"
	           "ip6tables -t raw -A PREROUTING -m rpfilter --invert -j DROP\n");
	out = udp_on(&w, "10.2.0.9", SERVER, 0);
	assert_int_equal(out.fate, PH_FATE_RULE);
	assert_int_equal(out.state, PH_STATE_NONE);
	assert_false(out.uncertain);
	assert_int_equal(udp_on(&w, "203.0.113.7", SERVER, 0).fate, PH_FATE_FORWARDED);
	assert_int_equal(udp_on(&w, "2001:db8:2::9", "2001:db8:2::2", 0).fate, PH_FATE_RULE);
	assert_int_equal(udp_on(&w, "2001:db8:1::9", "2001:db8:2::2", 0).fate, PH_FATE_FORWARDED);
	world_close(&w);
	/* Without routes nobody can know. */
	world_open(&w, "iptables -t raw -A PREROUTING -m rpfilter --invert -j DROP\n");
	out = udp_on(&w, "10.2.0.9", SERVER, 0);
	assert_int_equal(out.fate, PH_FATE_FORWARDED);
	assert_true(out.uncertain);
	world_close(&w);
}

/* The guide's rules for each interface, both families: what belongs behind eth1 comes from there, and nothing else does. */
static void test_source_manual_rules_tell_the_sides_apart(void **state)
{
	static const char policy[] = TOPOLOGY DEFAULT_ROUTE "ip -6 route add default via 2001:db8:1::fe dev eth0\n"
		"ip route add 10.40.0.0/24 via 10.2.0.2\nip -6 route add 2001:db8:40::/64 via 2001:db8:2::2\n"
		"iptables -A PREROUTING -t raw -i eth0 -s 10.2.0.0/24 -j DROP\niptables -A PREROUTING -t raw -i eth0 -s 10.40.0.0/24 -j DROP\n"
		"iptables -A PREROUTING -t raw -i eth1 -s 10.2.0.0/24 -j ACCEPT\niptables -A PREROUTING -t raw -i eth1 -s 10.40.0.0/24 -j ACCEPT\n"
		"iptables -A PREROUTING -t raw -i eth1 -j DROP\n"
		"ip6tables -A PREROUTING -t raw -i eth0 -s 2001:db8:2::/64 -j DROP\n"
		"ip6tables -A PREROUTING -t raw -i eth0 -s 2001:db8:40::/64 -j DROP\nip6tables -A PREROUTING -t raw -s fe80::/64 -j ACCEPT\n"
		"ip6tables -A PREROUTING -t raw -i eth1 -s 2001:db8:2::/64 -j ACCEPT\n"
		"ip6tables -A PREROUTING -t raw -i eth1 -s 2001:db8:40::/64 -j ACCEPT\nip6tables -A PREROUTING -t raw -i eth1 -j DROP\n";
	static const struct {
		const char *src, *dst;
		uint16_t iface;
		enum ph_fate fate;
	} rows[] = {
		{ "10.1.0.9", SERVER, 0, PH_FATE_FORWARDED }, { "203.0.113.9", SERVER, 0, PH_FATE_FORWARDED },
		{ "10.2.0.9", SERVER, 0, PH_FATE_RULE }, { "10.40.0.9", SERVER, 0, PH_FATE_RULE },
		{ "10.2.0.9", CLIENT, 1, PH_FATE_FORWARDED }, { "10.40.0.9", CLIENT, 1, PH_FATE_FORWARDED },
		{ "10.1.0.9", CLIENT, 1, PH_FATE_RULE }, { "203.0.113.9", CLIENT, 1, PH_FATE_RULE },
		{ "2001:db8:1::9", "2001:db8:2::9", 0, PH_FATE_FORWARDED }, { "2001:db8:2::9", "2001:db8:2::2", 0, PH_FATE_RULE },
		{ "2001:db8:40::9", "2001:db8:2::2", 0, PH_FATE_RULE }, { "2001:db8:40::9", "2001:db8:1::2", 1, PH_FATE_FORWARDED },
		{ "2a00::9", "2001:db8:1::2", 1, PH_FATE_RULE }, { "fe80::9", "ff02::1", 1, PH_FATE_LOCAL },
	};
	struct world w;

	(void)state;
	world_open(&w, policy);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ph_packet_out out = udp_on(&w, rows[i].src, rows[i].dst, rows[i].iface);

		if (out.fate != rows[i].fate)
			fail_msg("%s to %s on %u: %s", rows[i].src, rows[i].dst, rows[i].iface, ph_fate_name(out.fate));
	}
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_source_refused_was_tracked_and_never_confirmed),
		cmocka_unit_test(test_source_mode_is_the_larger_of_all_and_its_own),
		cmocka_unit_test(test_source_of_the_firewall_itself_needs_accept_local),
		cmocka_unit_test(test_source_exceptions_are_not_asked),
		cmocka_unit_test(test_source_match_knows_where_it_came_in),
		cmocka_unit_test(test_source_manual_rules_tell_the_sides_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
