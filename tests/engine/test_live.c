/* Packets whose place a kernel knows: what it decided stands, what the policy asks of them still holds. */
#include "engine/world.h"

#define LOOPBACK "ip addr add 127.0.0.1/8 dev lo\nip -6 addr add ::1/128 dev lo\n"
enum { ETH0 = 0, ETH1 = 1, LO = 2 };

static struct ph_packet_out put(struct world *w, const struct packet *p, struct ph_packet_in in)
{
	struct ph_packet_out out;

	in.frame = (struct ph_frame){
		.data = p->data, .len = (uint32_t)p->len, .wire_len = (uint32_t)p->len, .link = PH_LINK_RAW, .time_ms = w->now_ms,
	};
	ph_engine_process(w->engine, &in, &out, 1);
	return out;
}

static struct ph_packet_out put_spec(struct world *w, const struct packet_spec *spec, struct ph_packet_in in)
{
	struct packet p;

	packet_build(&p, spec);
	return put(w, &p, in);
}

static struct packet_spec udp(const char *src, const char *dst)
{
	return (struct packet_spec){ .src = src, .dst = dst, .proto = PH_PROTO_UDP, .sport = 9, .dport = 53, .payload = "x" };
}

static struct ph_packet_out put_udp(struct world *w, const char *src, const char *dst, struct ph_packet_in in)
{
	const struct packet_spec spec = udp(src, dst);

	return put_spec(w, &spec, in);
}

#define AT_INPUT(from) (struct ph_packet_in){ .place = PH_PLACE_INPUT, .iface = (from) }
#define AT_FORWARD(from, to) (struct ph_packet_in){ .place = PH_PLACE_FORWARD, .iface = (from), .out_iface = (to) }
#define AT_OUTPUT(to) (struct ph_packet_in){ .place = PH_PLACE_OUTPUT, .out_iface = (to) }

static void check_placed(struct world *w)
{
	struct ph_packet_out out;

	/* By addresses the first would be forwarded, the second delivered, the third forwarded. */
	out = put_udp(w, CLIENT, SERVER, AT_INPUT(ETH0));
	assert_int_equal(out.fate, PH_FATE_LOCAL);
	assert_int_equal(out.in, ETH0);
	assert_int_equal(out.out, -1);
	out = put_udp(w, CLIENT, "10.1.0.1", AT_FORWARD(ETH0, ETH1));
	assert_int_equal(out.fate, PH_FATE_FORWARDED);
	assert_int_equal(out.in, ETH0);
	assert_int_equal(out.out, ETH1);
	out = put_udp(w, "192.0.2.1", SERVER, AT_OUTPUT(ETH1));
	assert_int_equal(out.fate, PH_FATE_SENT);
	assert_int_equal(out.in, -1);
	assert_int_equal(out.out, ETH1);
}

static void test_place_of_the_kernel_is_not_decided_again(void **state)
{
	struct world w;

	(void)state;
	world_open(&w, TOPOLOGY "iptables -A INPUT ! -i eth0 -j DROP\niptables -A FORWARD ! -i eth0 -j DROP\niptables -A FORWARD ! -o eth1 -j DROP\n"
	                        "iptables -A OUTPUT ! -o eth1 -j DROP\n");
	check_placed(&w);
	world_close(&w);
}

static void test_place_without_topology_stands(void **state)
{
	struct world w;

	(void)state;
	world_open(&w, "sysctl -w net.ipv4.conf.all.rp_filter=1\n");
	check_placed(&w);
	assert_int_equal(put_udp(&w, CLIENT, SERVER, AT_FORWARD(PH_IFACE_ROUTE, PH_IFACE_ROUTE)).fate, PH_FATE_FORWARDED);
	world_close(&w);
}

static void test_place_without_interfaces_is_filled_in_by_routes(void **state)
{
	struct ph_packet_out out;
	struct world w;

	(void)state;
	world_open(&w, TOPOLOGY);
	out = put_udp(&w, CLIENT, SERVER, AT_FORWARD(PH_IFACE_ROUTE, PH_IFACE_ROUTE));
	assert_int_equal(out.in, ETH0);
	assert_int_equal(out.out, ETH1);
	assert_int_equal(put_udp(&w, "10.1.0.1", CLIENT, AT_OUTPUT(PH_IFACE_ROUTE)).out, ETH0);
	world_close(&w);
}

static void test_place_sources_are_checked_as_the_policy_asks(void **state)
{
	struct ph_packet_out out;
	struct world w;

	(void)state;
	world_open(&w, TOPOLOGY LOOPBACK "sysctl -w net.ipv4.conf.all.rp_filter=1\n");
	out = put_udp(&w, "10.2.0.9", SERVER, AT_FORWARD(ETH0, ETH1));
	assert_int_equal(out.fate, PH_FATE_ROUTE);
	assert_int_equal(out.reason, PH_WHY_RP_FILTER);
	assert_int_equal(put_udp(&w, "10.2.0.9", "10.1.0.1", AT_INPUT(ETH0)).reason, PH_WHY_RP_FILTER);
	assert_int_equal(put_udp(&w, "10.2.0.1", "10.1.0.1", AT_INPUT(ETH0)).reason, PH_WHY_LOCAL_SOURCE);
	assert_int_equal(put_udp(&w, "127.0.0.1", "10.1.0.1", AT_INPUT(ETH0)).fate, PH_FATE_ROUTE);
	assert_int_equal(put_udp(&w, CLIENT, SERVER, AT_FORWARD(ETH0, ETH1)).fate, PH_FATE_FORWARDED);
	/* Not of what comes in by lo, of the copy of an own broadcast, or of who has no address yet. */
	assert_int_equal(put_udp(&w, "127.0.0.1", "127.0.0.1", AT_INPUT(LO)).fate, PH_FATE_LOCAL);
	assert_int_equal(put_udp(&w, "10.1.0.1", "10.1.0.255", AT_INPUT(ETH0)).fate, PH_FATE_LOCAL);
	assert_int_equal(put_udp(&w, "0.0.0.0", "224.0.0.22", AT_INPUT(ETH0)).fate, PH_FATE_LOCAL);
	world_close(&w);
}

static void test_place_forward_of_the_kernel_is_not_contradicted(void **state)
{
	struct world w;

	(void)state;
	world_open(&w, TOPOLOGY);
	assert_int_equal(put_udp(&w, "fe80::1", "fe80::2", AT_FORWARD(ETH0, ETH1)).fate, PH_FATE_FORWARDED);
	assert_int_equal(put_udp(&w, CLIENT, "239.1.1.1", AT_FORWARD(ETH0, ETH1)).fate, PH_FATE_FORWARDED);
	assert_int_equal(put_udp(&w, CLIENT, "203.0.113.9", AT_FORWARD(ETH0, ETH1)).fate, PH_FATE_FORWARDED);
	world_close(&w);
}

#define HOPS(chain, hops) "iptables -t mangle -A " chain " -m ttl ! --ttl-eq " hops " -j DROP\n"
#define HOPS6(chain, hops) "ip6tables -t mangle -A " chain " -m hl ! --hl-eq " hops " -j DROP\n"

static struct ph_packet_out put_hops(struct world *w, const char *src, const char *dst, uint8_t ttl)
{
	struct ph_packet_in in = AT_FORWARD(ETH0, ETH1);
	struct packet_spec spec = udp(src, dst);

	in.hop_taken = true;
	spec.ttl = ttl;
	return put_spec(w, &spec, in);
}

static void test_hop_taken_is_one_more_in_prerouting(void **state)
{
	struct world w;

	(void)state;
	world_open(&w, TOPOLOGY HOPS("PREROUTING", "10") HOPS("FORWARD", "9") HOPS("POSTROUTING", "9")
	           HOPS6("PREROUTING", "10") HOPS6("FORWARD", "9") HOPS6("POSTROUTING", "9"));
	assert_int_equal(put_hops(&w, CLIENT, SERVER, 9).fate, PH_FATE_FORWARDED);
	assert_int_equal(put_hops(&w, "2001:db8:1::2", "2001:db8:2::2", 9).fate, PH_FATE_FORWARDED);
	assert_int_equal(put_hops(&w, CLIENT, SERVER, 10).fate, PH_FATE_RULE);
	world_close(&w);
}

static void test_hop_taken_never_uses_the_limit_up(void **state)
{
	const struct packet_spec spec = udp(CLIENT, SERVER);
	struct ph_packet_in in = AT_FORWARD(ETH0, ETH1);
	struct packet p;
	struct world w;

	(void)state;
	world_open(&w, TOPOLOGY HOPS("PREROUTING", "2") HOPS("FORWARD", "1"));
	assert_int_equal(put_hops(&w, CLIENT, SERVER, 1).fate, PH_FATE_FORWARDED);
	world_close(&w);
	world_open(&w, TOPOLOGY HOPS("PREROUTING", "255") HOPS("FORWARD", "255") HOPS("POSTROUTING", "255"));
	assert_int_equal(put_hops(&w, CLIENT, SERVER, 255).fate, PH_FATE_FORWARDED);
	world_close(&w);
	world_open(&w, TOPOLOGY HOPS("FORWARD", "0"));
	packet_build(&p, &spec);
	p.data[8] = 0;
	packet_fix_ip(&p);
	assert_int_equal(put(&w, &p, in).fate, PH_FATE_TTL);
	in.hop_taken = true;
	assert_int_equal(put(&w, &p, in).fate, PH_FATE_FORWARDED);
	world_close(&w);
}

static void test_mark_comes_in_and_goes_out(void **state)
{
	struct ph_packet_in in = AT_FORWARD(ETH0, ETH1);
	struct ph_packet_out out;
	struct world w;

	(void)state;
	world_open(&w, TOPOLOGY "iptables -t mangle -A PREROUTING -m mark --mark 5 -j MARK --or-mark 0x10\n"
	                        "iptables -A FORWARD -m mark ! --mark 0x15 -j DROP\n");
	in.mark = 5;
	out = put_udp(&w, CLIENT, SERVER, in);
	assert_int_equal(out.fate, PH_FATE_FORWARDED);
	assert_int_equal(out.mark, 0x15);
	in.mark = 6;
	out = put_udp(&w, CLIENT, SERVER, in);
	assert_int_equal(out.fate, PH_FATE_RULE);
	assert_int_equal(out.mark, 6);
	world_close(&w);
}

static void test_vouched_checksum_does_not_count(void **state)
{
	const struct packet_spec spec = { .src = CLIENT, .dst = SERVER, .sport = 1, .dport = 2, .flags = 2 };
	struct ph_packet_in in = AT_FORWARD(ETH0, ETH1);
	struct packet p;
	struct world w;

	(void)state;
	world_open(&w, TOPOLOGY);
	packet_build(&p, &spec);
	p.data[36] ^= 1;
	assert_int_equal(put(&w, &p, in).reason, PH_WHY_CHECKSUM);
	in.vouched = true;
	assert_int_equal(put(&w, &p, in).state, PH_STATE_NEW);
	world_close(&w);
}

/* --- owners --- */

static bool owner_hits(const char *options, uint8_t flags, struct ph_packet_in in, bool *uncertain)
{
	const struct packet_spec spec = { .src = "10.1.0.1", .dst = CLIENT, .sport = 1, .dport = 2, .flags = flags };
	struct ph_packet_out out;
	char policy[512];
	struct world w;

	(void)snprintf(policy, sizeof(policy), TOPOLOGY "iptables -A OUTPUT -m owner %s -j DROP\n", options);
	world_open(&w, policy);
	out = put_spec(&w, &spec, in);
	world_close(&w);
	*uncertain = out.uncertain;
	return out.fate == PH_FATE_RULE;
}

enum hit { NO = 0, YES, UNKNOWN };

static void test_owner_is_known_where_the_kernel_tells(void **state)
{
	static const struct {
		const char *options;
		enum hit known, untold, syn_ack;        /* user 1000, group 100; nobody; nobody, of an answered SYN */
	} rows[] = {
		{ "--uid-owner 1000", YES, NO, UNKNOWN }, { "--uid-owner 900-1100", YES, NO, UNKNOWN }, { "--uid-owner 7", NO, NO, UNKNOWN },
		{ "! --uid-owner 1000", NO, YES, UNKNOWN }, { "! --uid-owner 7", YES, YES, UNKNOWN },
		{ "--gid-owner 100", YES, NO, UNKNOWN }, { "--gid-owner 7", NO, NO, UNKNOWN }, { "! --gid-owner 7", YES, YES, UNKNOWN },
		{ "--uid-owner 1000 --gid-owner 100", YES, NO, UNKNOWN }, { "--uid-owner 1000 --gid-owner 7", NO, NO, UNKNOWN },
		{ "--uid-owner 7 ! --gid-owner 7", NO, NO, UNKNOWN },
		{ "--socket-exists", YES, UNKNOWN, UNKNOWN }, { "! --socket-exists", NO, UNKNOWN, UNKNOWN },
		{ "--socket-exists --uid-owner 1000", YES, NO, UNKNOWN }, { "! --socket-exists ! --uid-owner 7", NO, UNKNOWN, UNKNOWN },
		{ "--gid-owner 100 --suppl-groups", YES, NO, UNKNOWN }, { "--gid-owner 7 --suppl-groups", UNKNOWN, NO, UNKNOWN },
	};
	struct ph_packet_in known = AT_OUTPUT(ETH0), untold = AT_OUTPUT(ETH0);

	(void)state;
	known.has_owner = true;
	known.uid = 1000;
	known.gid = 100;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct { struct ph_packet_in in; uint8_t flags; enum hit want; } tries[] = {
			{ known, 2, rows[i].known }, { known, 0x12, rows[i].known }, { untold, 0x10, rows[i].untold }, { untold, 4, rows[i].untold },
			{ untold, 0x12, rows[i].syn_ack }, { { .iface = PH_IFACE_ROUTE }, 2, UNKNOWN },
		};

		for (size_t k = 0; k < sizeof(tries) / sizeof(tries[0]); k++) {
			bool uncertain, hit = owner_hits(rows[i].options, tries[k].flags, tries[k].in, &uncertain);

			if (hit != (tries[k].want == YES) || uncertain != (tries[k].want == UNKNOWN))
				fail_msg("%s, try %zu: hit %d, uncertain %d", rows[i].options, k, hit, uncertain);
		}
	}
}

static void test_owner_holds_in_postrouting(void **state)
{
	struct ph_packet_in in = AT_OUTPUT(ETH0);
	struct world w;

	(void)state;
	world_open(&w, TOPOLOGY "iptables -t mangle -A POSTROUTING -m owner --uid-owner 33 -j DROP\n");
	assert_int_equal(put_udp(&w, "10.1.0.1", CLIENT, in).fate, PH_FATE_SENT);
	in.has_owner = true;
	in.uid = 33;
	assert_int_equal(put_udp(&w, "10.1.0.1", CLIENT, in).fate, PH_FATE_RULE);
	world_close(&w);
}

/* --- the loopback interface --- */

static struct ph_packet_out loop(struct world *w, const struct packet_spec *spec, struct ph_packet_out *sent)
{
	struct ph_packet_in in = AT_INPUT(LO);

	*sent = put_spec(w, spec, AT_OUTPUT(LO));
	in.looped = true;
	return put_spec(w, spec, in);
}

static void check_loop(struct world *w, const struct packet_spec *spec, enum ph_state out_state, enum ph_state in_state)
{
	struct ph_packet_out sent, heard = loop(w, spec, &sent);

	assert_int_equal(sent.fate, PH_FATE_SENT);
	assert_int_equal(sent.state, out_state);
	assert_int_equal(heard.fate, PH_FATE_LOCAL);
	assert_int_equal(heard.state, in_state);
	assert_int_equal(heard.dir, sent.dir);
	assert_int_equal(heard.conn_id, sent.conn_id);
}

static void test_looped_packet_keeps_its_state(void **state)
{
	struct packet_spec there = udp("127.0.0.1", "127.0.0.1"), back = there;
	struct ph_engine_stats stats;
	struct world w;

	(void)state;
	back.sport = there.dport;
	back.dport = there.sport;
	world_open(&w, TOPOLOGY LOOPBACK "sysctl -w net.netfilter.nf_conntrack_acct=1\n");
	check_loop(&w, &there, PH_STATE_NEW, PH_STATE_NEW);
	check_loop(&w, &there, PH_STATE_NEW, PH_STATE_NEW);
	check_loop(&w, &back, PH_STATE_ESTABLISHED, PH_STATE_ESTABLISHED);
	check_loop(&w, &there, PH_STATE_ESTABLISHED, PH_STATE_ESTABLISHED);
	there.src = there.dst = back.src = back.dst = "::1";
	check_loop(&w, &there, PH_STATE_NEW, PH_STATE_NEW);
	check_loop(&w, &back, PH_STATE_ESTABLISHED, PH_STATE_ESTABLISHED);
	ph_engine_stats(w.engine, &stats);
	assert_int_equal(stats.conns, 2);
	assert_int_equal(stats.conns_created, 2);
	world_close(&w);
}

/* A packet that left before the first reply and comes in after it: what it was when it left counts. */
static void test_looped_packet_overtaken_by_a_reply_is_still_new(void **state)
{
	struct packet_spec first = udp("127.0.0.1", "127.0.0.1"), second = first, back = first;
	struct ph_packet_in in = AT_INPUT(LO);
	struct ph_packet_out sent;
	struct world w;

	(void)state;
	second.payload = "y";
	back.sport = first.dport;
	back.dport = first.sport;
	in.looped = true;
	world_open(&w, TOPOLOGY LOOPBACK);
	assert_int_equal(put_spec(&w, &first, AT_OUTPUT(LO)).state, PH_STATE_NEW);
	assert_int_equal(put_spec(&w, &second, AT_OUTPUT(LO)).state, PH_STATE_NEW);
	assert_int_equal(put_spec(&w, &first, in).state, PH_STATE_NEW);
	assert_int_equal(loop(&w, &back, &sent).state, PH_STATE_ESTABLISHED);
	assert_int_equal(put_spec(&w, &second, in).state, PH_STATE_NEW);
	world_close(&w);
}

/* A handshake seen twice would have its windows moved twice, and be counted twice. */
static void test_looped_packet_changes_nothing(void **state)
{
	struct packet_spec syn = { .src = "127.0.0.1", .dst = "127.0.0.1", .sport = 4000, .dport = 80, .flags = 2, .seq = 100 };
	struct packet_spec syn_ack = { .src = "127.0.0.1", .dst = "127.0.0.1", .sport = 80, .dport = 4000, .flags = 0x12, .seq = 900, .ack = 101 };
	struct ph_packet_in in = AT_INPUT(LO);
	struct ph_packet_out sent, heard;
	struct world w;
	unsigned told;

	(void)state;
	world_open(&w, TOPOLOGY LOOPBACK);
	check_loop(&w, &syn, PH_STATE_NEW, PH_STATE_NEW);
	sent = put_spec(&w, &syn_ack, AT_OUTPUT(LO));
	assert_string_equal(sent.proto_state, "SYN_RECV");
	assert_int_equal(sent.timeout_s, 60);
	w.now_ms += 10000;
	told = w.told[PH_EVENT_CONN_UPDATE];
	in.looped = true;
	heard = put_spec(&w, &syn_ack, in);
	assert_int_equal(heard.timeout_s, 50);
	assert_string_equal(heard.proto_state, "SYN_RECV");
	assert_int_equal(w.told[PH_EVENT_CONN_UPDATE], told);
	world_close(&w);
}

static void test_looped_packet_raw_rules_see_its_state(void **state)
{
	struct packet_spec there = udp("127.0.0.1", "127.0.0.1");
	struct world w;

	(void)state;
	world_open(&w, TOPOLOGY LOOPBACK "iptables -t raw -A PREROUTING -m conntrack ! --ctstate NEW -j DROP\n"
	           "iptables -t raw -A PREROUTING -j NOTRACK\niptables -t mangle -A PREROUTING -m conntrack ! --ctstate NEW -j DROP\n"
	           "iptables -t raw -A OUTPUT -m conntrack ! --ctstate INVALID -j DROP\n");
	check_loop(&w, &there, PH_STATE_NEW, PH_STATE_NEW);
	world_close(&w);
}

static void test_looped_error_is_related(void **state)
{
	struct packet_spec there = udp("127.0.0.1", "127.0.0.1");
	struct packet inner;
	uint8_t body[64] = { 0 };
	struct packet_spec error = {
		.src = "127.0.0.1", .dst = "127.0.0.1", .proto = PH_PROTO_ICMP, .icmp_type = 3, .icmp_code = 3, .payload = body,
	};
	struct world w;

	(void)state;
	packet_build(&inner, &there);
	memcpy(body, inner.data, inner.len);
	error.payload_len = inner.len;
	world_open(&w, TOPOLOGY LOOPBACK);
	check_loop(&w, &there, PH_STATE_NEW, PH_STATE_NEW);
	check_loop(&w, &error, PH_STATE_RELATED, PH_STATE_RELATED);
	world_close(&w);
}

static void test_looped_packet_untracked_stays_so_invalid_is_tried_again(void **state)
{
	struct packet_spec there = udp("127.0.0.1", "127.0.0.1");
	struct packet_spec rst = { .src = "127.0.0.1", .dst = "127.0.0.1", .sport = 1, .dport = 2, .flags = 4 };
	struct world w;

	(void)state;
	world_open(&w, TOPOLOGY LOOPBACK "iptables -t raw -A OUTPUT -p udp -j NOTRACK\n");
	check_loop(&w, &there, PH_STATE_UNTRACKED, PH_STATE_UNTRACKED);
	check_loop(&w, &rst, PH_STATE_INVALID, PH_STATE_INVALID);
	world_close(&w);
}

static void test_looped_packet_nobody_saw_leave_is_tracked(void **state)
{
	struct ph_packet_in in = AT_INPUT(LO);
	struct world w;

	(void)state;
	in.looped = true;
	world_open(&w, TOPOLOGY LOOPBACK);
	assert_int_equal(put_udp(&w, "127.0.0.1", "127.0.0.1", in).state, PH_STATE_NEW);
	world_close(&w);
}

static void test_looped_packet_of_an_ended_connection_begins_another(void **state)
{
	struct packet_spec there = udp("127.0.0.1", "127.0.0.1");
	struct ph_packet_in in = AT_INPUT(LO);
	struct ph_packet_out sent, heard;
	struct world w;

	(void)state;
	in.looped = true;
	world_open(&w, TOPOLOGY LOOPBACK);
	sent = put_spec(&w, &there, AT_OUTPUT(LO));
	w.now_ms += 3600000;
	heard = put_spec(&w, &there, in);
	assert_int_equal(heard.state, PH_STATE_NEW);
	assert_int_not_equal(heard.conn_id, sent.conn_id);
	world_close(&w);
}

/* --- fragments --- */

static uint64_t given_up[8];
static unsigned n_given_up;

static void on_given_up(void *arg, uint64_t datagram)
{
	(void)arg;
	assert_true(n_given_up < 8);
	given_up[n_given_up++] = datagram;
}

static void open_fragments(struct world *w, const char *rules)
{
	const struct ph_engine_config config = { .on_given_up = on_given_up };

	n_given_up = 0;
	world_open(w, rules);
	ph_engine_free(w->engine);
	w->engine = ph_engine_new(w->policy, &config);
	assert_non_null(w->engine);
}

/* Bytes from to end of a datagram of 40 behind its header, of one identification. */
static struct ph_packet_out put_piece(struct world *w, uint8_t id, size_t from, size_t end)
{
	struct ph_packet_in in = AT_FORWARD(ETH0, ETH1);
	struct packet_spec spec = udp(CLIENT, SERVER);
	struct packet p;

	spec.payload = "a datagram of thirty-two bytes..";
	packet_build(&p, &spec);
	memmove(p.data + 20, p.data + 20 + from, end - from);
	p.len = 20 + end - from;
	p.data[3] = (uint8_t)p.len;
	p.data[5] = id;
	p.data[6] = end < 40 ? 0x20 : 0;
	p.data[7] = (uint8_t)(from / 8);
	packet_fix_ip(&p);
	in.hop_taken = true;
	return put(w, &p, in);
}

static void test_datagram_number_is_that_of_all_its_pieces(void **state)
{
	struct ph_packet_out first, second, last;
	struct world w;

	(void)state;
	/* The reassembled header gets its hop back as well. */
	open_fragments(&w, TOPOLOGY HOPS("PREROUTING", "65") HOPS("FORWARD", "64"));
	first = put_piece(&w, 1, 0, 16);
	second = put_piece(&w, 2, 0, 16);
	assert_int_equal(first.verdict, PH_HELD);
	assert_int_not_equal(first.datagram, 0);
	assert_int_not_equal(second.datagram, first.datagram);
	assert_int_equal(put_piece(&w, 1, 16, 32).datagram, first.datagram);
	last = put_piece(&w, 1, 32, 40);
	assert_int_equal(last.verdict, PH_ACCEPT);
	assert_int_equal(last.datagram, first.datagram);
	assert_int_equal(last.n_fragments, 3);
	assert_int_equal(put_udp(&w, CLIENT, SERVER, AT_FORWARD(ETH0, ETH1)).datagram, 0);
	assert_int_equal(n_given_up, 0);
	world_close(&w);
}

static void test_datagram_number_comes_with_the_verdict_that_ends_the_waiting(void **state)
{
	struct ph_packet_out held, out;
	struct world w;

	(void)state;
	open_fragments(&w, TOPOLOGY "iptables -A FORWARD -j DROP\n");
	held = put_piece(&w, 1, 0, 16);
	out = put_piece(&w, 1, 0, 16);          /* repeated: discarded, the others go on waiting */
	assert_int_equal(out.verdict, PH_DROP);
	assert_int_equal(out.datagram, 0);
	out = put_piece(&w, 1, 8, 24);          /* overlapping: all are discarded */
	assert_int_equal(out.verdict, PH_DROP);
	assert_int_equal(out.datagram, held.datagram);
	held = put_piece(&w, 1, 0, 16);
	out = put_piece(&w, 1, 16, 40);         /* whole, and dropped by a rule */
	assert_int_equal(out.fate, PH_FATE_RULE);
	assert_int_equal(out.datagram, held.datagram);
	assert_int_equal(n_given_up, 0);
	world_close(&w);
}

static void test_datagram_given_up_is_told(void **state)
{
	struct ph_packet_out late, far;
	struct world w;

	(void)state;
	open_fragments(&w, TOPOLOGY "sysctl -w net.ipv4.ipfrag_max_dist=2\n");
	late = put_piece(&w, 1, 0, 16);
	w.now_ms += 31000;
	ph_engine_advance(w.engine, w.now_ms);
	assert_int_equal(n_given_up, 1);
	assert_int_equal(given_up[0], late.datagram);
	/* The time of a datagram may also be found to be over by the next piece of it, which begins another. */
	late = put_piece(&w, 1, 0, 16);
	w.now_ms += 31000;
	assert_int_not_equal(put_piece(&w, 1, 16, 32).datagram, late.datagram);
	assert_int_equal(n_given_up, 2);
	assert_int_equal(given_up[1], late.datagram);
	far = put_piece(&w, 9, 0, 16);
	for (uint8_t id = 10; id < 13; id++)
		(void)put_piece(&w, id, 0, 16);
	assert_int_not_equal(put_piece(&w, 9, 16, 32).datagram, far.datagram);
	assert_int_equal(n_given_up, 3);
	assert_int_equal(given_up[2], far.datagram);
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_place_of_the_kernel_is_not_decided_again),
		cmocka_unit_test(test_place_without_topology_stands),
		cmocka_unit_test(test_place_without_interfaces_is_filled_in_by_routes),
		cmocka_unit_test(test_place_sources_are_checked_as_the_policy_asks),
		cmocka_unit_test(test_place_forward_of_the_kernel_is_not_contradicted),
		cmocka_unit_test(test_hop_taken_is_one_more_in_prerouting),
		cmocka_unit_test(test_hop_taken_never_uses_the_limit_up),
		cmocka_unit_test(test_mark_comes_in_and_goes_out),
		cmocka_unit_test(test_vouched_checksum_does_not_count),
		cmocka_unit_test(test_owner_is_known_where_the_kernel_tells),
		cmocka_unit_test(test_owner_holds_in_postrouting),
		cmocka_unit_test(test_looped_packet_keeps_its_state),
		cmocka_unit_test(test_looped_packet_overtaken_by_a_reply_is_still_new),
		cmocka_unit_test(test_looped_packet_changes_nothing),
		cmocka_unit_test(test_looped_packet_raw_rules_see_its_state),
		cmocka_unit_test(test_looped_error_is_related),
		cmocka_unit_test(test_looped_packet_untracked_stays_so_invalid_is_tried_again),
		cmocka_unit_test(test_looped_packet_nobody_saw_leave_is_tracked),
		cmocka_unit_test(test_looped_packet_of_an_ended_connection_begins_another),
		cmocka_unit_test(test_datagram_number_is_that_of_all_its_pieces),
		cmocka_unit_test(test_datagram_number_comes_with_the_verdict_that_ends_the_waiting),
		cmocka_unit_test(test_datagram_given_up_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
