/* Fragments on the whole path: held, then the datagram in the place of the last; limits of the policy. */
#include "engine/world.h"

#define UDP_PAYLOAD "a datagram long enough to be cut into pieces of eight bytes"

/* The spec's IPv4 packet, of which the bytes from offset to end (of what follows the header) come as a fragment. */
static struct ph_packet_out send_piece(struct world *w, const struct packet_spec *spec, size_t offset, size_t end)
{
	struct ph_packet_in in = { .iface = PH_IFACE_ROUTE };
	struct ph_packet_out out;
	struct packet p;
	bool more;

	packet_build(&p, spec);
	more = 20 + end < p.len;
	if (!more)
		end = p.len - 20;
	memmove(p.data + 20, p.data + 20 + offset, end - offset);
	p.len = 20 + end - offset;
	p.data[2] = (uint8_t)(p.len >> 8);
	p.data[3] = (uint8_t)p.len;
	p.data[6] = (uint8_t)((more ? 0x20 : 0) | offset >> 11);
	p.data[7] = (uint8_t)(offset >> 3);
	packet_fix_ip(&p);
	in.frame = (struct ph_frame){
		.data = p.data, .len = (uint32_t)p.len, .wire_len = (uint32_t)p.len, .link = PH_LINK_RAW, .time_ms = w->now_ms,
	};
	ph_engine_process(w->engine, &in, &out, 1);
	return out;
}

static const struct packet_spec query = {
	.src = CLIENT, .dst = SERVER, .proto = 17, .sport = 4000, .dport = 53, .payload = UDP_PAYLOAD,
};

static void check_held(const struct ph_packet_out *out)
{
	assert_int_equal(out->verdict, PH_HELD);
	assert_int_equal(out->fate, PH_FATE_FRAGMENT);
	assert_int_equal(out->state, PH_STATE_NONE);
	assert_int_equal(out->n_fragments, 0);
	assert_false(out->has_conn);
}

static void test_fragments_of_a_datagram_last_one_gets_its_verdict(void **state)
{
	struct ph_packet_out out;
	struct ph_engine_stats stats;
	struct world w;

	(void)state;
	world_open(&w, TOPOLOGY "iptables -A FORWARD -p udp --dport 53 -j ACCEPT\niptables -A FORWARD -j DROP\n");
	out = send_piece(&w, &query, 16, 1000);
	check_held(&out);
	assert_int_equal(out.in, 0);
	assert_int_equal(out.out, 1);
	assert_int_equal(out.proto, 17);
	out = send_piece(&w, &query, 0, 16);
	assert_int_equal(out.verdict, PH_ACCEPT);
	assert_int_equal(out.fate, PH_FATE_FORWARDED);
	assert_int_equal(out.state, PH_STATE_NEW);
	assert_int_equal(out.n_fragments, 2);
	ph_engine_stats(w.engine, &stats);
	assert_int_equal(stats.packets, 2);
	assert_int_equal(stats.conns, 1);
	assert_int_equal(stats.fragments.seen, 2);
	assert_int_equal(stats.fragments.joined, 2);
	assert_int_equal(stats.fragments.datagrams, 1);
	world_close(&w);
}

static void test_fragments_of_a_refused_datagram_last_one_is_dropped(void **state)
{
	struct ph_packet_out out;
	struct world w;

	(void)state;
	world_open(&w, TOPOLOGY "iptables -A FORWARD -p udp --dport 53 -j DROP\n");
	out = send_piece(&w, &query, 0, 16);
	check_held(&out);
	out = send_piece(&w, &query, 16, 1000);
	assert_int_equal(out.verdict, PH_DROP);
	assert_int_equal(out.fate, PH_FATE_RULE);
	world_close(&w);
}

static void test_fragments_raw_rules_come_after_reassembly(void **state)
{
	struct ph_packet_out out;
	struct world w;

	(void)state;
	world_open(&w, TOPOLOGY "modprobe iptable_raw raw_before_defrag=N\n"
	                        "iptables -t raw -A PREROUTING -p udp --dport 53 -j NOTRACK\n");
	out = send_piece(&w, &query, 0, 16);
	check_held(&out);
	out = send_piece(&w, &query, 16, 1000);
	assert_int_equal(out.state, PH_STATE_UNTRACKED);
	world_close(&w);
}

static void test_fragments_of_a_reply_helper_reads_the_whole(void **state)
{
	static const char text[] = "227 Entering Passive Mode (10,2,0,2,195,80)\r\n";
	struct packet_spec reply = {
		.src = SERVER, .dst = CLIENT, .sport = 21, .dport = 4000, .flags = 0x18, .payload = text, .payload_len = sizeof(text) - 1,
	};
	struct ph_packet_out out;
	struct world w;

	(void)state;
	world_open(&w, TOPOLOGY FTP);
	ftp_open(&w);
	reply.seq = w.seq[1];
	reply.ack = w.seq[0];
	out = send_piece(&w, &reply, 40, 1000);
	check_held(&out);
	out = send_piece(&w, &reply, 0, 24);
	check_held(&out);
	assert_int_equal(out.n_expects, 0);
	out = send_piece(&w, &reply, 24, 40);
	assert_int_equal(out.fate, PH_FATE_FORWARDED);
	assert_int_equal(out.n_fragments, 3);
	assert_int_equal(out.n_expects, 1);
	assert_string_equal(w.text, "227 Entering Passive Mode (10,2,0,2,195,80)");
	assert_int_equal(data_syn(&w, CLIENT, SERVER, 50000).state, PH_STATE_RELATED);
	world_close(&w);
}

static void test_fragments_sent_by_the_firewall_are_joined_in_output(void **state)
{
	struct packet_spec own = query;
	struct ph_packet_out out;
	struct world w;

	(void)state;
	own.src = "10.2.0.1";
	world_open(&w, TOPOLOGY "iptables -A OUTPUT -p udp ! --dport 53 -j DROP\n");
	out = send_piece(&w, &own, 0, 16);
	check_held(&out);
	assert_int_equal(out.in, -1);
	assert_int_equal(out.out, 1);
	out = send_piece(&w, &own, 16, 1000);
	assert_int_equal(out.fate, PH_FATE_SENT);
	assert_int_equal(out.state, PH_STATE_NEW);
	world_close(&w);
}

static void test_fragments_overlapping_are_discarded(void **state)
{
	struct ph_engine_stats stats;
	struct ph_packet_out out;
	struct world w;

	(void)state;
	world_open(&w, TOPOLOGY);
	out = send_piece(&w, &query, 0, 24);
	check_held(&out);
	out = send_piece(&w, &query, 16, 40);
	assert_int_equal(out.verdict, PH_DROP);
	assert_int_equal(out.fate, PH_FATE_FRAGMENT);
	ph_engine_stats(w.engine, &stats);
	assert_int_equal(stats.fragments.discarded[PH_FRAG_OVERLAP], 2);
	assert_int_equal(stats.fragments.waiting, 0);
	world_close(&w);
}

static void test_fragments_time_is_the_policys(void **state)
{
	struct ph_engine_stats stats;
	struct world w;

	(void)state;
	world_open(&w, TOPOLOGY "sysctl -w net.ipv4.ipfrag_time=2\n");
	(void)send_piece(&w, &query, 0, 16);
	w.now_ms += 1999;
	assert_int_equal(send_piece(&w, &query, 16, 1000).n_fragments, 2);
	(void)send_piece(&w, &query, 0, 16);
	ph_engine_advance(w.engine, w.now_ms + 2000);
	ph_engine_stats(w.engine, &stats);
	assert_int_equal(stats.fragments.discarded[PH_FRAG_EXPIRED], 1);
	w.now_ms += 2000;
	assert_int_equal(send_piece(&w, &query, 16, 1000).verdict, PH_HELD);
	world_close(&w);
}

static void test_fragments_memory_is_the_policys(void **state)
{
	struct ph_engine_stats stats;
	struct world w;

	(void)state;
	world_open(&w, TOPOLOGY "sysctl -w net.ipv4.ipfrag_low_thresh=0 net.ipv4.ipfrag_high_thresh=0\n");
	assert_int_equal(send_piece(&w, &query, 0, 16).verdict, PH_DROP);
	ph_engine_stats(w.engine, &stats);
	assert_int_equal(stats.fragments.discarded[PH_FRAG_FULL], 1);
	world_close(&w);
}

static void refused(const char *policy, const char *words)
{
	const struct ph_policy_source source = { .name = "test.policy" };
	struct ph_policy *p = ph_policy_new();
	struct ph_diags *diags = ph_diags_new();

	assert_int_equal(ph_policy_load(p, &source, policy, strlen(policy), diags), PH_INVALID);
	assert_non_null(strstr(ph_diags_get(diags, 0)->text, words));
	ph_diags_free(diags);
	ph_policy_free(p);
}

static void test_fragments_settings_out_of_bounds_are_refused(void **state)
{
	(void)state;
	refused("sysctl -w net.ipv4.ipfrag_high_thresh=1000\n", "set the other one first");
	refused("sysctl -w net.ipv4.ipfrag_low_thresh=5000000\n", "above the high one");
	refused("sysctl -w net.netfilter.nf_conntrack_frag6_high_thresh=1000\n", "set the other one first");
	refused("sysctl -w net.ipv4.ipfrag_max_dist=-1\n", "it takes 0 to 2147483647");
	refused("sysctl -w net.ipv4.ipfrag_time=8589935\n", "it takes 0 to 8589934");
	refused("modprobe iptable_raw raw_before_defrag=1\n", "raw rules see whole datagrams");
	refused("modprobe ip6table_raw raw_before_defrag\n", "raw rules see whole datagrams");
	refused("echo many > /proc/sys/net/ipv4/ipfrag_time\n", "is not a number");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fragments_of_a_datagram_last_one_gets_its_verdict),
		cmocka_unit_test(test_fragments_of_a_refused_datagram_last_one_is_dropped),
		cmocka_unit_test(test_fragments_raw_rules_come_after_reassembly),
		cmocka_unit_test(test_fragments_of_a_reply_helper_reads_the_whole),
		cmocka_unit_test(test_fragments_sent_by_the_firewall_are_joined_in_output),
		cmocka_unit_test(test_fragments_overlapping_are_discarded),
		cmocka_unit_test(test_fragments_time_is_the_policys),
		cmocka_unit_test(test_fragments_memory_is_the_policys),
		cmocka_unit_test(test_fragments_settings_out_of_bounds_are_refused),
	};

	return cmocka_run_group_tests_name("fragments", tests, NULL, NULL);
}
