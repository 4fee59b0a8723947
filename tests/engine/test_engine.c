/* The whole path: rules, tracking, routing, helper, events; through the public headers alone. */
#include "engine/world.h"

#define GUIDE TOPOLOGY FTP \
	"iptables -P FORWARD DROP\n" \
	"iptables -A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT\n" \
	"iptables -A FORWARD -i eth0 -p tcp --dport 21 -m conntrack --ctstate NEW -j ACCEPT\n" \
	"iptables -A FORWARD -p tcp --dport 1024: -m conntrack --ctstate RELATED -m helper --helper ftp -j ACCEPT\n"

static void test_path_passive_transfer_opens_and_is_used(void **state)
{
	struct ph_packet_out out;
	struct world w;

	(void)state;
	world_open(&w, GUIDE);
	ftp_open(&w);
	out = ftp_segment(&w, true, 0x18, "227 Entering Passive Mode (10,2,0,2,195,80)\r\n");
	assert_int_equal(out.fate, PH_FATE_FORWARDED);
	assert_int_equal(out.n_expects, 1);
	assert_string_equal(out.own_helper, "ftp");
	assert_int_equal(w.expect.tuple.dport, 50000);
	assert_string_equal(w.text, "227 Entering Passive Mode (10,2,0,2,195,80)");
	out = data_syn(&w, CLIENT, SERVER, 50000);
	assert_int_equal(out.fate, PH_FATE_FORWARDED);
	assert_int_equal(out.state, PH_STATE_RELATED);
	assert_string_equal(out.master_helper, "ftp");
	assert_null(out.own_helper);
	assert_int_equal(w.cause, PH_CAUSE_USED);
	world_close(&w);
}

static void test_path_dropped_command_opens_nothing(void **state)
{
	struct ph_packet_out out;
	struct world w;

	(void)state;
	world_open(&w, TOPOLOGY FTP "iptables -A FORWARD -s " SERVER " -m mark --mark 5 -j DROP\n"
	                            "iptables -t mangle -A PREROUTING -s " SERVER " -p tcp --tcp-flags PSH PSH -j MARK --set-mark 5\n");
	w.seq[0] = 100;
	w.seq[1] = 5000;
	ftp_segment(&w, false, 2, NULL);
	ftp_segment(&w, true, 0x12, NULL);
	ftp_segment(&w, true, 0x10, "220 hi\r\n");
	out = ftp_segment(&w, true, 0x18, "227 (10,2,0,2,195,80)\r\n");
	assert_int_equal(out.fate, PH_FATE_RULE);
	assert_string_equal(out.rule.chain, "FORWARD");
	assert_int_equal(out.rule.number, 1);
	assert_int_equal(out.n_expects, 0);
	/* sent again and let through, it does */
	w.seq[1] -= 23;
	assert_int_equal(ftp_segment(&w, true, 0x10, "227 (10,2,0,2,195,80)\r\n").n_expects, 1);
	world_close(&w);
}

static void test_path_policy_drop_leaves_no_connection(void **state)
{
	struct ph_engine_stats stats;
	struct ph_packet_out out;
	struct world w;

	(void)state;
	world_open(&w, GUIDE);
	out = data_syn(&w, CLIENT, SERVER, 80);
	assert_int_equal(out.fate, PH_FATE_RULE);
	assert_int_equal(out.rule.number, 0);
	assert_int_equal(out.state, PH_STATE_NEW);
	assert_false(out.confirmed);
	ph_engine_stats(w.engine, &stats);
	assert_int_equal(stats.conns, 0);
	assert_int_equal(w.told[PH_EVENT_CONN_NEW], 0);
	world_close(&w);
}

static void test_path_partial_command_is_dropped_by_the_helper(void **state)
{
	struct ph_packet_out out;
	struct world w;

	(void)state;
	world_open(&w, GUIDE);
	ftp_open(&w);
	out = ftp_segment(&w, false, 0x18, "PORT 10,1");
	assert_int_equal(out.fate, PH_FATE_HELPER);
	assert_int_equal(out.reason, PH_WHY_HELPER_PARTIAL);
	assert_int_equal(w.told[PH_EVENT_REFUSED], 1);
	assert_int_equal(w.cause, PH_CAUSE_MALFORMED);
	world_close(&w);
}

static void test_path_notrack_is_untracked(void **state)
{
	struct world w;

	(void)state;
	world_open(&w, TOPOLOGY "iptables -t raw -A PREROUTING -p tcp --dport 80 -j NOTRACK\n");
	assert_int_equal(data_syn(&w, CLIENT, SERVER, 80).state, PH_STATE_UNTRACKED);
	assert_int_equal(data_syn(&w, CLIENT, SERVER, 81).state, PH_STATE_NEW);
	world_close(&w);
}

static void test_path_automatic_helper_only_when_told(void **state)
{
	struct world w;

	(void)state;
	world_open(&w, TOPOLOGY);
	assert_null(data_syn(&w, CLIENT, SERVER, 21).own_helper);
	world_close(&w);
	world_open(&w, TOPOLOGY "sysctl -w net.netfilter.nf_conntrack_helper=1\n");
	assert_string_equal(data_syn(&w, CLIENT, SERVER, 21).own_helper, "ftp");
	world_close(&w);
}

static void test_route_every_way_a_packet_may_go(void **state)
{
	static const struct {
		const char *src, *dst;
		uint8_t ttl;
		enum ph_fate fate;
	} rows[] = {
		{ CLIENT, SERVER, 64, PH_FATE_FORWARDED },
		{ CLIENT, SERVER, 1, PH_FATE_TTL },
		{ CLIENT, "10.2.0.1", 1, PH_FATE_LOCAL },
		{ CLIENT, "10.1.0.255", 64, PH_FATE_LOCAL },
		{ CLIENT, "255.255.255.255", 64, PH_FATE_LOCAL },
		{ "10.1.0.1", CLIENT, 64, PH_FATE_SENT },
		{ CLIENT, "203.0.113.1", 64, PH_FATE_ROUTE },
		{ CLIENT, "224.0.0.9", 64, PH_FATE_ROUTE },
		{ "224.0.0.9", SERVER, 64, PH_FATE_ROUTE },
		{ "127.0.0.1", SERVER, 64, PH_FATE_ROUTE },
		{ CLIENT, "127.0.0.1", 64, PH_FATE_ROUTE },
		{ "0.0.0.0", SERVER, 64, PH_FATE_ROUTE },
		{ "0.0.0.0", "255.255.255.255", 64, PH_FATE_LOCAL },
		{ "2001:db8:1::2", "2001:db8:2::2", 64, PH_FATE_FORWARDED },
		{ "2001:db8:1::2", "fe80::2", 64, PH_FATE_ROUTE },
		{ "fe80::2", "2001:db8:2::2", 64, PH_FATE_ROUTE },
		{ "2001:db8:1::2", "ff02::1", 64, PH_FATE_LOCAL },
		{ "2001:db8:1::2", "ff02::9", 64, PH_FATE_ROUTE },
		{ "::1", "2001:db8:2::2", 64, PH_FATE_STACK },
	};
	struct world w;

	(void)state;
	world_open(&w, TOPOLOGY);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct packet_spec spec = {
			.src = rows[i].src, .dst = rows[i].dst, .proto = PH_PROTO_UDP, .sport = 9, .dport = 9, .ttl = rows[i].ttl,
			.payload = "x",
		};
		struct ph_packet_out out = send_on(&w, &spec, i == 5 ? PH_IFACE_ROUTE : 0);

		if (out.fate != rows[i].fate)
			fail_msg("%s to %s: %s", rows[i].src, rows[i].dst, ph_fate_name(out.fate));
	}
	world_close(&w);
}

/* Routes found are remembered in a small table: two addresses of one packet may have one place there. */
static void test_route_of_the_destination_whatever_the_source(void **state)
{
	char src[sizeof("10.1.255.255")];
	struct packet_spec spec = { .src = src, .dst = SERVER, .proto = PH_PROTO_UDP, .sport = 9, .dport = 9, .payload = "x" };
	struct world w;

	(void)state;
	world_open(&w, TOPOLOGY);
	for (unsigned i = 1; i < 8192; i++) {
		struct ph_packet_out out;

		(void)snprintf(src, sizeof(src), "10.1.%u.%u", i >> 8 & 0xff, i & 0xff);
		out = send_on(&w, &spec, PH_IFACE_ROUTE);
		/* Of the interface's own network a few are no sources; what has no route may be one. */
		if ((out.fate == PH_FATE_FORWARDED || i > 255) && (out.fate != PH_FATE_FORWARDED || out.out != 1))
			fail_msg("from %s: %s, interface %d", src, ph_fate_name(out.fate), out.out);
	}
	world_close(&w);
}

static void test_route_without_topology_everything_is_forwarded(void **state)
{
	struct ph_packet_out out;
	struct world w;

	(void)state;
	world_open(&w, "iptables -A FORWARD -i in0 -o out0 -p tcp --dport 81 -j DROP\n");
	out = data_syn(&w, "203.0.113.7", "198.51.100.7", 80);
	assert_int_equal(out.fate, PH_FATE_FORWARDED);
	assert_int_equal(out.in, 0);
	assert_int_equal(out.out, 1);
	assert_int_equal(data_syn(&w, "203.0.113.7", "198.51.100.7", 81).fate, PH_FATE_RULE);
	world_close(&w);
}

static void test_time_runs_out_and_never_backwards(void **state)
{
	struct ph_engine_stats stats;
	struct world w;

	(void)state;
	world_open(&w, TOPOLOGY);
	data_syn(&w, CLIENT, SERVER, 80);
	w.now_ms = 0;
	assert_int_equal(data_syn(&w, CLIENT, SERVER, 80).timeout_s, 120);
	ph_engine_advance(w.engine, 1000 + 122 * 1000);
	ph_engine_stats(w.engine, &stats);
	assert_int_equal(stats.conns, 0);
	assert_int_equal(w.cause, PH_CAUSE_EXPIRED);
	world_close(&w);
}

static uint64_t last_id;

static void ascending(void *arg, const struct ph_conn_info *info)
{
	assert_true(info->id > last_id);
	last_id = info->id;
	++*(size_t *)arg;
}

static void test_listing_is_in_order_of_creation(void **state)
{
	size_t seen = 0;
	struct world w;

	(void)state;
	last_id = 0;
	world_open(&w, TOPOLOGY);
	for (uint16_t port = 100; port < 110; port++)
		data_syn(&w, CLIENT, SERVER, port);
	/* the first one goes, its place is taken again */
	w.now_ms += 119 * 1000;
	for (uint16_t port = 101; port < 110; port++) {
		const struct packet_spec back = { .src = SERVER, .dst = CLIENT, .sport = port, .dport = 3333, .flags = 0x12, .ack = 8 };

		send_spec(&w, &back);
	}
	w.now_ms += 3 * 1000;
	data_syn(&w, CLIENT, SERVER, 200);
	assert_int_equal(ph_engine_each_conn(w.engine, ascending, &seen), 10);
	assert_int_equal(seen, 10);
	world_close(&w);
}

static void mark_port(void *arg, const struct ph_conn_info *info)
{
	uint16_t port = info->tuple[PH_ORIG].dport;

	assert_in_range(port, 100, 109);
	assert_false(((bool *)arg)[port - 100]);
	((bool *)arg)[port - 100] = true;
}

static void test_listing_in_pieces_gives_each_once(void **state)
{
	for (uint32_t places = 1; places < 12; places++) {
		bool seen[10] = { false };
		uint32_t from = 0, pieces = 0;
		struct world w;

		(void)state;
		world_open(&w, TOPOLOGY);
		for (uint16_t port = 100; port < 110; port++)
			data_syn(&w, CLIENT, SERVER, port);
		do {
			from = ph_engine_conns_from(w.engine, from, places, mark_port, seen);
			pieces++;
		} while (from);
		for (size_t i = 0; i < 10; i++)
			assert_true(seen[i]);
		assert_in_range(pieces, 10 / places, 10 / places + 1);
		assert_int_equal(ph_engine_conns_from(w.engine, 1000000, places, mark_port, seen), 0);
		world_close(&w);
	}
}

static void count_expect(void *arg, const struct ph_expect_info *info)
{
	assert_int_equal(info->tuple.dport, 2000);
	++*(size_t *)arg;
}

static void test_listing_in_pieces_gives_expectations(void **state)
{
	size_t seen = 0;
	struct world w;

	(void)state;
	world_open(&w, TOPOLOGY FTP);
	assert_int_equal(ph_engine_expects_from(w.engine, 0, 10, count_expect, &seen), 0);
	ftp_open(&w);
	ftp_segment(&w, false, 0x18, "PORT 10,1,0,2,7,208\r\n");
	assert_int_equal(ph_engine_expects_from(w.engine, 0, 10, count_expect, &seen), 0);
	assert_int_equal(seen, 1);
	world_close(&w);
}

static void test_frames_that_are_no_packets_are_named(void **state)
{
	static const uint8_t arp[60] = { [12] = 0x08, [13] = 0x06 }, cut[30] = { [12] = 0x08, [14] = 0x45 };
	struct ph_packet_in in[2] = {
		{ .frame = { .data = arp, .len = 60, .wire_len = 60, .link = PH_LINK_ETHERNET }, .iface = PH_IFACE_ROUTE },
		{ .frame = { .data = cut, .len = 30, .wire_len = 90, .link = PH_LINK_ETHERNET }, .iface = PH_IFACE_ROUTE },
	};
	struct ph_packet_out out[2];
	struct world w;

	(void)state;
	world_open(&w, TOPOLOGY);
	ph_engine_process(w.engine, in, out, 2);
	assert_int_equal(out[0].verdict, PH_SKIPPED);
	assert_int_equal(out[0].skip, PH_SKIP_NOT_IP);
	assert_int_equal(out[1].skip, PH_SKIP_TRUNCATED);
	world_close(&w);
}

static void test_ftp_syn_with_data_counts_by_the_number_in_the_header(void **state)
{
	struct ph_packet_out out;
	struct world w;

	(void)state;
	world_open(&w, GUIDE);
	ftp_open(&w);
	/* An ignored SYN on the connection: the helper sees it, one number before where the line would begin. */
	w.seq[0]--;
	out = ftp_segment(&w, false, 2, "PORT 10,1,0,2,195,80\r\n");
	assert_int_equal(out.state, PH_STATE_ESTABLISHED);
	assert_int_equal(out.n_expects, 0);
	world_close(&w);
}

static void test_place_own_address_from_outside_is_no_output(void **state)
{
	const struct packet_spec spec = { .src = "10.1.0.1", .dst = SERVER, .proto = PH_PROTO_UDP, .sport = 9, .dport = 9, .payload = "x" };
	const struct packet_spec own = { .src = "10.2.0.1", .dst = SERVER, .proto = PH_PROTO_UDP, .sport = 9, .dport = 9, .payload = "x" };
	struct world w;

	(void)state;
	world_open(&w, TOPOLOGY);
	assert_int_equal(send_on(&w, &spec, 0).fate, PH_FATE_ROUTE);
	assert_int_equal(send_on(&w, &own, 1).fate, PH_FATE_SENT);
	world_close(&w);
}

static void test_place_interfaces_a_capture_names_face_each_other(void **state)
{
	const struct packet_spec spec = { .src = CLIENT, .dst = SERVER, .sport = 1, .dport = 2, .flags = 2 };
	struct ph_packet_out out;
	struct world w;

	(void)state;
	world_open(&w, "iptables -P FORWARD DROP\niptables -A FORWARD -i eth0 -o eth1 -j ACCEPT\n");
	ph_engine_free(w.engine);
	assert_int_equal(ph_policy_iface_add(w.policy, "eth0"), 2);
	assert_int_equal(ph_policy_iface_add(w.policy, "eth1"), 3);
	w.engine = ph_engine_new(w.policy, &(struct ph_engine_config){ 0 });
	assert_non_null(w.engine);
	out = send_on(&w, &spec, 2);
	assert_int_equal(out.out, 3);
	assert_int_equal(out.fate, PH_FATE_FORWARDED);
	assert_int_equal(send_on(&w, &spec, 3).fate, PH_FATE_RULE);
	world_close(&w);
}

static void test_time_passes_with_packets_that_are_not_tracked(void **state)
{
	struct world w;

	(void)state;
	world_open(&w, TOPOLOGY FTP "iptables -t raw -I PREROUTING -p tcp --dport 99 -j DROP\n");
	ftp_open(&w);
	assert_int_equal(ftp_segment(&w, true, 0x18, "227 (10,2,0,2,195,80)\r\n").n_expects, 1);
	w.now_ms += 301 * 1000;
	assert_int_equal(data_syn(&w, CLIENT, SERVER, 99).n_expects, 0);
	assert_int_equal(w.cause, PH_CAUSE_EXPIRED);
	world_close(&w);
}

static void test_frame_and_packet_of_different_versions_are_discarded(void **state)
{
	const struct packet_spec spec = { .src = "2001:db8:1::2", .dst = "2001:db8:2::2", .sport = 1, .dport = 2, .flags = 2 };
	struct ph_packet_in in = { .iface = 0 };
	struct ph_packet_out out;
	struct packet p;
	struct world w;

	(void)state;
	world_open(&w, TOPOLOGY);
	packet_build(&p, &spec);
	packet_ethernet(&p);
	p.data[12] = 0x08;
	p.data[13] = 0x00;
	in.frame = (struct ph_frame){ .data = p.data, .len = (uint32_t)p.len, .wire_len = (uint32_t)p.len, .link = PH_LINK_ETHERNET };
	ph_engine_process(w.engine, &in, &out, 1);
	assert_int_equal(out.fate, PH_FATE_STACK);
	world_close(&w);
}

static void test_table_at_its_limit_stays_there(void **state)
{
	struct ph_engine_stats stats;
	struct world w;

	(void)state;
	world_open(&w, TOPOLOGY "sysctl -w net.netfilter.nf_conntrack_max=1024\n");
	for (uint32_t i = 0; i < 5000; i++) {
		char src[16];

		snprintf(src, sizeof(src), "10.1.0.%u", 2 + i % 200);
		send_spec(&w, &(struct packet_spec){ .src = src, .dst = SERVER, .proto = PH_PROTO_UDP, .payload = "x",
			.sport = (uint16_t)(1000 + i / 200), .dport = 9 });
	}
	ph_engine_stats(w.engine, &stats);
	assert_int_equal(stats.conns, 1024);
	assert_int_equal(stats.early_drops, 5000 - 1024);
	world_close(&w);
}

static void test_clock_set_moves_the_time_of_day_only(void **state)
{
	const struct packet_spec spec = { .src = CLIENT, .dst = SERVER, .sport = 4000, .dport = 9, .proto = 17 };
	struct world w;

	world_open(&w, TOPOLOGY "iptables -P FORWARD DROP\niptables -A FORWARD -m time --datestart 2020-01-01 -j ACCEPT\n");
	assert_int_equal(send_spec(&w, &spec).verdict, PH_DROP);
	ph_engine_set_day(w.engine, 1600000000000);
	assert_int_equal(send_spec(&w, &spec).verdict, PH_ACCEPT);
	assert_int_equal(send_spec(&w, &spec).timeout_s, 30);
	ph_engine_set_day(w.engine, -900);
	assert_int_equal(send_spec(&w, &spec).verdict, PH_DROP);
	world_close(&w);
}

/* A queue tells who sent a frame, not to whom: its receiver is all zero. */
static void test_frame_without_receiver_is_typed_by_destination(void **state)
{
	static const struct {
		const char *dst, *type;
	} known[] = {
		{ "255.255.255.255", "broadcast" }, { "10.1.0.255", "broadcast" }, { "224.0.0.1", "multicast" }, { "10.1.0.1", "unicast" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		const struct packet_spec spec = { .src = CLIENT, .dst = known[i].dst, .proto = PH_PROTO_UDP, .sport = 9, .dport = 9 };
		static const uint8_t header[14] = { 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 1, 8, 0 };
		uint8_t frame[sizeof(header) + sizeof(((struct packet *)0)->data)];
		struct ph_packet_in in = { .place = PH_PLACE_INPUT };
		struct ph_packet_out out;
		struct packet p;
		struct world w;
		char rules[512];

		(void)snprintf(rules, sizeof(rules), TOPOLOGY "iptables -A INPUT -m pkttype ! --pkt-type %s -j DROP\n", known[i].type);
		world_open(&w, rules);
		packet_build(&p, &spec);
		memcpy(frame, header, sizeof(header));
		memcpy(frame + sizeof(header), p.data, p.len);
		in.frame = (struct ph_frame){ .data = frame, .len = (uint32_t)(p.len + sizeof(header)), .link = PH_LINK_ETHERNET, .time_ms = 1 };
		in.frame.wire_len = in.frame.len;
		ph_engine_process(w.engine, &in, &out, 1);
		if (out.fate != PH_FATE_LOCAL || out.uncertain)
			fail_msg("to %s is no %s", known[i].dst, known[i].type);
		world_close(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clock_set_moves_the_time_of_day_only),
		cmocka_unit_test(test_path_passive_transfer_opens_and_is_used),
		cmocka_unit_test(test_path_dropped_command_opens_nothing),
		cmocka_unit_test(test_path_policy_drop_leaves_no_connection),
		cmocka_unit_test(test_path_partial_command_is_dropped_by_the_helper),
		cmocka_unit_test(test_path_notrack_is_untracked),
		cmocka_unit_test(test_path_automatic_helper_only_when_told),
		cmocka_unit_test(test_route_every_way_a_packet_may_go),
		cmocka_unit_test(test_route_of_the_destination_whatever_the_source),
		cmocka_unit_test(test_route_without_topology_everything_is_forwarded),
		cmocka_unit_test(test_time_runs_out_and_never_backwards),
		cmocka_unit_test(test_listing_is_in_order_of_creation),
		cmocka_unit_test(test_listing_in_pieces_gives_each_once),
		cmocka_unit_test(test_listing_in_pieces_gives_expectations),
		cmocka_unit_test(test_frames_that_are_no_packets_are_named),
		cmocka_unit_test(test_ftp_syn_with_data_counts_by_the_number_in_the_header),
		cmocka_unit_test(test_place_own_address_from_outside_is_no_output),
		cmocka_unit_test(test_place_interfaces_a_capture_names_face_each_other),
		cmocka_unit_test(test_time_passes_with_packets_that_are_not_tracked),
		cmocka_unit_test(test_frame_and_packet_of_different_versions_are_discarded),
		cmocka_unit_test(test_table_at_its_limit_stays_there),
		cmocka_unit_test(test_frame_without_receiver_is_typed_by_destination),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
