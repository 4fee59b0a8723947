/* Matches that remember, and those that read the clock, the routes or the frame: what no single packet shows. */
#include "engine/world.h"

#define AT(day, hour, minute) ((((uint64_t)(day) * 24 + (hour)) * 60 + (minute)) * 60000)
/* Wednesday, 2023-03-15. */
#define WEDNESDAY 19431

/* A packet without a payload from one of many clients; the fate says what the rules did. */
static enum ph_fate from(struct world *w, const char *src, uint16_t sport, uint8_t flags)
{
	return send_on(w, &(struct packet_spec){ .src = src, .dst = SERVER, .sport = sport, .dport = 80, .flags = flags }, 0).fate;
}

static bool dropped(struct world *w, const char *src, uint16_t sport)
{
	return from(w, src, sport, 2) == PH_FATE_RULE;
}

static void test_recent_seconds_forget(void **state)
{
	struct world w;

	(void)state;
	world_open(&w, TOPOLOGY "iptables -A FORWARD -m recent --name s --rcheck --seconds 10 --hitcount 2 -j DROP\n"
	                        "iptables -A FORWARD -m recent --name s --set\n");
	assert_false(dropped(&w, CLIENT, 1));
	w.now_ms += 1000;
	assert_false(dropped(&w, CLIENT, 2));
	w.now_ms += 1000;
	assert_true(dropped(&w, CLIENT, 3));
	/* The first of the two is 10 seconds old, then older. */
	w.now_ms += 8000;
	assert_true(dropped(&w, CLIENT, 4));
	w.now_ms += 1;
	assert_false(dropped(&w, CLIENT, 5));
	world_close(&w);
}

static void test_recent_update_keeps_out_who_goes_on(void **state)
{
	struct world w;

	(void)state;
	world_open(&w, TOPOLOGY "iptables -A FORWARD -m recent --update --seconds 5 -j DROP\n"
	                        "iptables -A FORWARD -m recent --set\n");
	assert_false(dropped(&w, CLIENT, 1));
	for (unsigned i = 0; i < 5; i++) {
		w.now_ms += 4000;
		assert_true(dropped(&w, CLIENT, 2));
	}
	w.now_ms += 5001;
	assert_false(dropped(&w, CLIENT, 3));
	world_close(&w);
}

static void test_recent_full_list_forgets_the_oldest(void **state)
{
	struct world w;
	char src[32];

	(void)state;
	world_open(&w, TOPOLOGY "iptables -A FORWARD -m recent ! --rcheck -m recent --set\n"
	                        "iptables -A FORWARD -m recent --name other --set\n"
	                        "iptables -A FORWARD -s 10.1.0.3 -m recent --rcheck -j DROP\n");
	assert_true(dropped(&w, "10.1.0.3", 1));
	for (unsigned i = 10; i < 109; i++) {
		snprintf(src, sizeof(src), "10.1.0.%u", i);
		assert_false(dropped(&w, src, 1));
	}
	assert_true(dropped(&w, "10.1.0.3", 1));
	/* The hundred-and-first takes its place; it comes back, as the newest, by its own next packet. */
	assert_false(dropped(&w, "10.1.0.200", 1));
	world_close(&w);
}

static void test_recent_reap_removes_what_is_too_old(void **state)
{
	struct world w;

	(void)state;
	world_open(&w, TOPOLOGY "iptables -A FORWARD -s 10.1.0.3 -m recent --rcheck --seconds 5 --reap\n"
	                        "iptables -A FORWARD -s 10.1.0.3 -m recent --rcheck -j DROP\n"
	                        "iptables -A FORWARD -s 10.1.0.3 -m recent --set\n");
	assert_false(dropped(&w, "10.1.0.3", 1));
	assert_true(dropped(&w, "10.1.0.3", 1));
	w.now_ms += 6000;
	assert_false(dropped(&w, "10.1.0.3", 1));
	world_close(&w);
}

static void test_hashlimit_credit_comes_back(void **state)
{
	struct world w;

	(void)state;
	world_open(&w, TOPOLOGY "iptables -A FORWARD -m hashlimit --hashlimit-above 1/sec --hashlimit-burst 2 "
	                        "--hashlimit-mode srcip --hashlimit-name a -j DROP\n");
	assert_false(dropped(&w, CLIENT, 1));
	assert_false(dropped(&w, CLIENT, 2));
	assert_true(dropped(&w, CLIENT, 3));
	assert_false(dropped(&w, "10.1.0.9", 1));
	w.now_ms += 999;
	assert_true(dropped(&w, CLIENT, 4));
	w.now_ms += 1;
	assert_false(dropped(&w, CLIENT, 5));
	assert_true(dropped(&w, CLIENT, 6));
	world_close(&w);
}

static void test_hashlimit_expired_group_begins_anew(void **state)
{
	struct world w;

	(void)state;
	world_open(&w, TOPOLOGY "iptables -A FORWARD -m hashlimit --hashlimit-above 1/hour --hashlimit-burst 1 "
	                        "--hashlimit-mode srcip --hashlimit-htable-expire 5000 --hashlimit-name a -j DROP\n");
	assert_false(dropped(&w, CLIENT, 1));
	assert_true(dropped(&w, CLIENT, 2));
	w.now_ms += 4000;
	assert_true(dropped(&w, CLIENT, 3));
	w.now_ms += 6000;
	assert_false(dropped(&w, CLIENT, 4));
	world_close(&w);
}

static void test_connlimit_counts_living_connections(void **state)
{
	struct world w;

	(void)state;
	world_open(&w, TOPOLOGY "iptables -A FORWARD -p tcp --syn -m connlimit --connlimit-above 2 -j DROP\n");
	assert_false(dropped(&w, CLIENT, 1));
	assert_false(dropped(&w, CLIENT, 2));
	assert_true(dropped(&w, CLIENT, 3));
	assert_true(dropped(&w, CLIENT, 4));
	/* A connection counts once; but the one dropped last counts until a new one comes, as in the kernel. */
	assert_true(dropped(&w, CLIENT, 2));
	assert_false(dropped(&w, "10.1.0.9", 1));
	/* SYNs that nobody answered are forgotten in the end. */
	w.now_ms += 1000 * 1000;
	assert_false(dropped(&w, CLIENT, 5));
	assert_false(dropped(&w, CLIENT, 6));
	assert_true(dropped(&w, CLIENT, 7));
	world_close(&w);
}

static void test_connlimit_groups_by_mask_and_destination(void **state)
{
	struct world w;

	(void)state;
	world_open(&w, TOPOLOGY "iptables -A FORWARD -m connlimit --connlimit-upto 1 --connlimit-mask 24 -j ACCEPT\n"
	                        "iptables -A FORWARD -m connlimit --connlimit-above 2 --connlimit-daddr -j DROP\n");
	assert_false(dropped(&w, CLIENT, 1));
	assert_false(dropped(&w, "10.1.0.9", 1));
	assert_false(dropped(&w, "10.1.0.10", 1));
	assert_true(dropped(&w, "10.1.0.11", 1));
	world_close(&w);
}

/* Is a packet of that time dropped by -m time with these options? */
static bool at_time(const char *options, uint64_t now_ms)
{
	struct world w;
	char rules[400];
	bool drop;

	snprintf(rules, sizeof(rules), TOPOLOGY "iptables -A FORWARD -m time %s -j DROP\n", options);
	world_open(&w, rules);
	w.now_ms = now_ms;
	drop = dropped(&w, CLIENT, 1);
	world_close(&w);
	return drop;
}

static void test_time_hours_are_both_included(void **state)
{
	(void)state;
	assert_false(at_time("--timestart 10:00 --timestop 12:00", AT(WEDNESDAY, 9, 59)));
	assert_true(at_time("--timestart 10:00 --timestop 12:00", AT(WEDNESDAY, 10, 0)));
	assert_true(at_time("--timestart 10:00 --timestop 12:00", AT(WEDNESDAY, 12, 0)));
	assert_false(at_time("--timestart 10:00 --timestop 12:00", AT(WEDNESDAY, 12, 1)));
	assert_true(at_time("--timestart 22:00 --timestop 6:00", AT(WEDNESDAY, 23, 0)));
	assert_true(at_time("--timestart 22:00 --timestop 6:00", AT(WEDNESDAY, 5, 0)));
	assert_false(at_time("--timestart 22:00 --timestop 6:00", AT(WEDNESDAY, 12, 0)));
}

static void test_time_days_follow_the_calendar(void **state)
{
	(void)state;
	assert_true(at_time("--weekdays Wed", AT(WEDNESDAY, 0, 0)));
	assert_false(at_time("! --weekdays Wed", AT(WEDNESDAY, 0, 0)));
	assert_true(at_time("--weekdays 4", AT(WEDNESDAY + 1, 0, 0)));
	assert_true(at_time("--weekdays Sun", AT(WEDNESDAY + 4, 23, 59)));
	assert_true(at_time("--monthdays 15", AT(WEDNESDAY, 0, 0)));
	assert_false(at_time("! --monthdays 15", AT(WEDNESDAY, 0, 0)));
	assert_true(at_time("--monthdays 1", AT(WEDNESDAY + 17, 0, 0)));
	/* 2024-02-29 and the day after. */
	assert_true(at_time("--monthdays 29", AT(19782, 0, 0)));
	assert_true(at_time("--monthdays 1", AT(19783, 0, 0)));
	assert_true(at_time("--datestart 2023-03-15 --datestop 2023-03-15T23:59:59", AT(WEDNESDAY, 12, 0)));
	assert_false(at_time("--datestart 2023-03-16", AT(WEDNESDAY, 23, 59)));
	assert_false(at_time("--datestop 2023-03-14T23:59:59", AT(WEDNESDAY, 0, 0)));
}

static void test_time_contiguous_night_belongs_to_its_first_day(void **state)
{
	(void)state;
	assert_true(at_time("--timestart 22:00 --timestop 6:00 --weekdays Wed --contiguous", AT(WEDNESDAY + 1, 5, 0)));
	assert_false(at_time("--timestart 22:00 --timestop 6:00 --weekdays Wed --contiguous", AT(WEDNESDAY, 5, 0)));
	assert_true(at_time("--timestart 22:00 --timestop 6:00 --weekdays Wed", AT(WEDNESDAY, 5, 0)));
}

static void test_time_kernel_zone_cannot_be_known(void **state)
{
	struct world w;
	struct ph_packet_out out;

	(void)state;
	world_open(&w, TOPOLOGY "iptables -A FORWARD -m time --timestart 10:00 --timestop 12:00 --kerneltz -j DROP\n");
	out = send_on(&w, &(struct packet_spec){ .src = CLIENT, .dst = SERVER, .sport = 1, .dport = 2, .flags = 2 }, 0);
	assert_true(out.uncertain);
	world_close(&w);
}

static void test_addrtype_tells_the_firewalls_own_addresses(void **state)
{
	struct world w;
	const struct packet_spec own = { .src = CLIENT, .dst = "10.1.0.1", .sport = 1, .dport = 2, .flags = 2 };
	const struct packet_spec other = { .src = CLIENT, .dst = SERVER, .sport = 1, .dport = 2, .flags = 2 };
	const struct packet_spec all = { .src = CLIENT, .dst = "10.1.0.255", .proto = 17, .sport = 1, .dport = 2 };

	(void)state;
	world_open(&w, TOPOLOGY "iptables -t raw -A PREROUTING -m addrtype --dst-type LOCAL -j DROP\n");
	assert_int_equal(send_on(&w, &own, 0).fate, PH_FATE_RULE);
	assert_int_equal(send_on(&w, &other, 0).fate, PH_FATE_FORWARDED);
	world_close(&w);
	world_open(&w, TOPOLOGY "iptables -t raw -A PREROUTING -m addrtype --dst-type LOCAL --limit-iface-in -j DROP\n"
	                        "iptables -t raw -A PREROUTING -m addrtype ! --src-type UNICAST -j DROP\n");
	assert_int_equal(send_on(&w, &own, 0).fate, PH_FATE_RULE);
	assert_int_equal(send_on(&w, &(struct packet_spec){ .src = CLIENT, .dst = "10.2.0.1", .flags = 2 }, 0).fate,
	                 PH_FATE_LOCAL);
	world_close(&w);
	world_open(&w, TOPOLOGY "iptables -t raw -A PREROUTING -m addrtype --dst-type BROADCAST -j DROP\n");
	assert_int_equal(send_on(&w, &all, 0).fate, PH_FATE_RULE);
	assert_int_not_equal(send_on(&w, &own, 0).fate, PH_FATE_RULE);
	world_close(&w);
}

static void test_owner_is_known_of_forwarded_packets_only(void **state)
{
	struct world w;

	(void)state;
	world_open(&w, TOPOLOGY "iptables -t mangle -A POSTROUTING -m owner ! --uid-owner 0 -s 10.1.0.3 -j DROP\n"
	                        "iptables -t mangle -A POSTROUTING -m owner --uid-owner 0 -j DROP\n");
	assert_true(dropped(&w, "10.1.0.3", 1));
	assert_false(dropped(&w, CLIENT, 1));
	assert_true(send_spec(&w, &(struct packet_spec){ .src = "10.1.0.1", .dst = SERVER, .sport = 1, .dport = 2, .flags = 2 })
	            .uncertain);
	world_close(&w);
}

static void test_set_timeouts_run_with_the_packets(void **state)
{
	struct world w;

	(void)state;
	world_open(&w, TOPOLOGY "ipset create t hash:ip timeout 0\nipset add t 10.1.0.2 timeout 10\nipset add t 10.1.0.9\n"
	                        "iptables -A FORWARD -m set --match-set t src -j DROP\n");
	w.now_ms = 5000000;
	assert_true(dropped(&w, CLIENT, 1));
	w.now_ms += 9999;
	assert_true(dropped(&w, CLIENT, 2));
	w.now_ms += 1;
	assert_false(dropped(&w, CLIENT, 3));
	assert_true(dropped(&w, "10.1.0.9", 1));
	world_close(&w);
}

static void test_set_target_adds_and_deletes(void **state)
{
	struct world w;

	(void)state;
	world_open(&w, TOPOLOGY "ipset create t hash:ip,port timeout 5 maxelem 2\n"
	                        "iptables -A FORWARD -s 10.1.0.9 -j SET --del-set t src,dst\n"
	                        "iptables -A FORWARD -m set --match-set t src,dst -j DROP\n"
	                        "iptables -A FORWARD -j SET --add-set t src,dst\n");
	assert_false(dropped(&w, CLIENT, 1));
	assert_true(dropped(&w, CLIENT, 2));
	assert_false(dropped(&w, "10.1.0.9", 1));
	assert_false(dropped(&w, "10.1.0.9", 1));
	/* Full: nobody else comes in. */
	assert_false(dropped(&w, "10.1.0.10", 1));
	assert_false(dropped(&w, "10.1.0.10", 1));
	w.now_ms += 5000;
	assert_false(dropped(&w, CLIENT, 3));
	assert_true(dropped(&w, CLIENT, 4));
	world_close(&w);
}

static void test_statistic_chance_is_the_same_in_every_run(void **state)
{
	unsigned hits[2] = { 0, 0 };

	(void)state;
	for (unsigned run = 0; run < 2; run++) {
		struct world w;

		world_open(&w, TOPOLOGY "iptables -A FORWARD -m statistic --mode random --probability 0.25 -j DROP\n");
		for (uint16_t i = 1; i <= 4000; i++)
			hits[run] += dropped(&w, CLIENT, i);
		world_close(&w);
	}
	assert_int_equal(hits[0], hits[1]);
	assert_in_range(hits[0], 900, 1100);
}

/* An Ethernet frame whose addresses are given: is it dropped by these conditions? */
static bool framed(const char *conditions, const char *ethernet)
{
	struct world w;
	char rules[300];
	struct packet p;
	struct ph_packet_out out;
	struct ph_packet_in in = { .iface = 0 };

	snprintf(rules, sizeof(rules), TOPOLOGY "iptables -t raw -A PREROUTING %s -j DROP\n", conditions);
	world_open(&w, rules);
	packet_build(&p, &(struct packet_spec){ .src = CLIENT, .dst = "10.1.0.1", .proto = 17, .sport = 1, .dport = 2 });
	packet_ethernet(&p);
	assert_int_equal(hex_bytes(ethernet, p.data, 12), 12);
	in.frame = (struct ph_frame){ .data = p.data, .len = (uint32_t)p.len, .wire_len = (uint32_t)p.len,
	                              .link = PH_LINK_ETHERNET, .time_ms = 1000 };
	ph_engine_process(w.engine, &in, &out, 1);
	world_close(&w);
	return out.fate == PH_FATE_RULE;
}

static void test_frame_addresses_decide_mac_and_pkttype(void **state)
{
	static const char to_us[] = "020000000001 020000000002", to_all[] = "ffffffffffff 020000000002",
			  to_some[] = "01005e000001 020000000002";

	(void)state;
	assert_true(framed("-m mac --mac-source 02:00:00:00:00:02", to_us));
	assert_false(framed("-m mac ! --mac-source 02:00:00:00:00:02", to_us));
	assert_false(framed("-m mac --mac-source 02:00:00:00:00:01", to_us));
	assert_true(framed("-m pkttype --pkt-type unicast", to_us));
	assert_true(framed("-m pkttype --pkt-type broadcast", to_all));
	assert_true(framed("-m pkttype --pkt-type multicast", to_some));
	assert_false(framed("-m pkttype --pkt-type unicast", to_some));
	assert_true(framed("-m pkttype ! --pkt-type unicast", to_all));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_recent_seconds_forget),
		cmocka_unit_test(test_recent_update_keeps_out_who_goes_on),
		cmocka_unit_test(test_recent_full_list_forgets_the_oldest),
		cmocka_unit_test(test_recent_reap_removes_what_is_too_old),
		cmocka_unit_test(test_hashlimit_credit_comes_back),
		cmocka_unit_test(test_hashlimit_expired_group_begins_anew),
		cmocka_unit_test(test_connlimit_counts_living_connections),
		cmocka_unit_test(test_connlimit_groups_by_mask_and_destination),
		cmocka_unit_test(test_time_hours_are_both_included),
		cmocka_unit_test(test_time_days_follow_the_calendar),
		cmocka_unit_test(test_time_contiguous_night_belongs_to_its_first_day),
		cmocka_unit_test(test_time_kernel_zone_cannot_be_known),
		cmocka_unit_test(test_addrtype_tells_the_firewalls_own_addresses),
		cmocka_unit_test(test_owner_is_known_of_forwarded_packets_only),
		cmocka_unit_test(test_set_timeouts_run_with_the_packets),
		cmocka_unit_test(test_set_target_adds_and_deletes),
		cmocka_unit_test(test_statistic_chance_is_the_same_in_every_run),
		cmocka_unit_test(test_frame_addresses_decide_mac_and_pkttype),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
