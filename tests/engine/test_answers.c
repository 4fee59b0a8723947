/* What REJECT sends. With arguments for scripts that compare it with a kernel's:
 *
 *   test_answers POLICY <packets  a packet a line: input|forward INTERFACE OUT HEX
 *
 * prints for each two answers in hex, or - for none: of an engine that finds the packet's place itself, and of one that is told it,
 * with the hop taken already. Without arguments tests itself. */
#include <stdlib.h>

#include "engine/world.h"
#include "net/reject.h"

#define TEXT_SIZE 65536
#define LINE_SIZE 20000

static struct ph_policy *load(const char *text)
{
	const struct ph_policy_source source = { .name = "policy" };
	struct ph_policy *policy = ph_policy_new();
	struct ph_diags *diags = ph_diags_new();

	if (ph_policy_load(policy, &source, text, strlen(text), diags) != PH_OK || ph_policy_finish(policy, diags) != PH_OK) {
		fprintf(stderr, "%u: %s\n", ph_diags_get(diags, 0)->line, ph_diags_get(diags, 0)->text);
		exit(1);
	}
	ph_diags_free(diags);
	return policy;
}

static int index_of(const char *name)
{
	return strcmp(name, "e0") == 0 ? 0 : strcmp(name, "e1") == 0 ? 1 : 2;
}

static void lower_hop(uint8_t *ip)
{
	struct packet p;

	if (ip[0] >> 4 == 6) {
		ip[7]--;
		return;
	}
	ip[8]--;
	memcpy(p.data, ip, 60);
	p.len = 60;
	packet_fix_ip(&p);
	memcpy(ip, p.data, 20);
}

static void put_answer(const struct ph_packet_out *out)
{
	for (uint32_t i = 0; i < out->answer_len; i++)
		printf("%02x", out->answer[i]);
	printf("%s", out->answer_len ? "" : "-");
}

static void answer_line(struct ph_engine *const engine[2], const char *line)
{
	static char hex[LINE_SIZE];
	static uint8_t frame[LINE_SIZE];
	char where[16], in_name[16], out_name[16];
	struct ph_packet_in in = { .frame.link = PH_LINK_ETHERNET };
	struct ph_packet_out out;
	size_t len;

	if (sscanf(line, "%15s %15s %15s %19999s", where, in_name, out_name, hex) != 4)
		exit(1);
	len = hex_bytes(hex, frame, sizeof(frame));
	in.frame.data = frame;
	in.frame.len = in.frame.wire_len = (uint32_t)len;
	in.iface = (uint16_t)index_of(in_name);
	ph_engine_process(engine[0], &in, &out, 1);
	put_answer(&out);
	printf(" ");
	in.place = strcmp(where, "input") == 0 ? PH_PLACE_INPUT : PH_PLACE_FORWARD;
	in.out_iface = (uint16_t)index_of(out_name);
	in.hop_taken = in.place == PH_PLACE_FORWARD;
	if (in.hop_taken)
		lower_hop(frame + 14);
	ph_engine_process(engine[1], &in, &out, 1);
	put_answer(&out);
	printf("\n");
}

static int ask(const char *path)
{
	static char text[TEXT_SIZE], line[LINE_SIZE];
	const struct ph_engine_config config = { .answers = true };
	struct ph_policy *policy[2];
	struct ph_engine *engine[2];
	FILE *file = fopen(path, "r");

	if (!file)
		return 1;
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	for (int i = 0; i < 2; i++) {
		policy[i] = load(text);
		engine[i] = ph_engine_new(policy[i], &config);
	}
	while (fgets(line, sizeof(line), stdin))
		answer_line(engine, line);
	for (int i = 0; i < 2; i++) {
		ph_engine_free(engine[i]);
		ph_policy_free(policy[i]);
	}
	return 0;
}

/* --- tests --- */

static uint8_t copy[PH_REJECT_MAX];             /* of the latest answer */
static unsigned n_related;

static void open_answering(struct world *w, const char *rules)
{
	const struct ph_engine_config config = { .answers = true, .on_event = on_event, .arg = w };

	world_open(w, rules);
	ph_engine_free(w->engine);
	w->engine = ph_engine_new(w->policy, &config);
	assert_non_null(w->engine);
}

static struct ph_packet_out put(struct world *w, const struct packet_spec *spec, struct ph_packet_in in)
{
	struct ph_packet_out out;
	struct packet p;

	packet_build(&p, spec);
	in.frame = (struct ph_frame){
		.data = p.data, .len = (uint32_t)p.len, .wire_len = (uint32_t)p.len, .link = PH_LINK_RAW, .time_ms = w->now_ms,
	};
	ph_engine_process(w->engine, &in, &out, 1);
	if (out.answer)
		memcpy(copy, out.answer, out.answer_len);
	return out;
}

static const struct ph_packet_in forward = { .place = PH_PLACE_FORWARD, .out_iface = 1 };

static const struct packet_spec query = { .src = CLIENT, .dst = SERVER, .proto = PH_PROTO_UDP, .sport = 4000, .dport = 53, .payload = "x" };
static const struct packet_spec syn = { .src = CLIENT, .dst = SERVER, .sport = 4000, .dport = 80, .flags = 2, .seq = 7 };

static void test_answer_is_made_only_if_asked_for(void **state)
{
	struct ph_packet_out out;
	struct world w;

	(void)state;
	world_open(&w, TOPOLOGY "iptables -A FORWARD -j REJECT\n");
	out = put(&w, &query, forward);
	assert_string_equal(out.reject, "icmp-port-unreachable");
	assert_null(out.answer);
	assert_int_equal(out.answer_len, 0);
	world_close(&w);
	open_answering(&w, TOPOLOGY "iptables -A FORWARD -j REJECT\n");
	out = put(&w, &query, forward);
	assert_int_equal(out.fate, PH_FATE_RULE);
	assert_int_equal(out.out, 1);
	assert_int_equal(out.answer_len, 28 + 29);
	/* From the firewall's address there, to the client; quotes the packet. */
	assert_memory_equal(copy + 12, ((uint8_t[]){ 10, 1, 0, 1, 10, 1, 0, 2, 3, 3 }), 10);
	assert_memory_equal(copy + 28 + 12, ((uint8_t[]){ 10, 1, 0, 2, 10, 2, 0, 2, 4000 >> 8, 4000 & 255, 0, 53 }), 12);
	world_close(&w);
}

static void test_answer_is_related_and_passes_the_own_rules(void **state)
{
	static const char *const drops[] = {
		"iptables -A OUTPUT -p icmp -j DROP\n", "iptables -A OUTPUT -o eth0 -j DROP\n", "iptables -t raw -A OUTPUT -d " CLIENT " -j DROP\n",
		"iptables -t mangle -A POSTROUTING -m conntrack --ctstate RELATED -j DROP\n",
		"iptables -A OUTPUT -m conntrack --ctstate RELATED --ctdir REPLY -j DROP\n",
		"iptables -t raw -A OUTPUT -m conntrack --ctstate RELATED -j DROP\n",
		"iptables -A OUTPUT -m conntrack --ctorigsrc " CLIENT " --ctorigdst " SERVER " -j DROP\n",
		"iptables -t mangle -A OUTPUT -m ttl --ttl-eq 64 -m mark --mark 0 -j DROP\n",
	};
	struct world w;

	(void)state;
	for (size_t i = 0; i < sizeof(drops) / sizeof(drops[0]); i++) {
		char rules[1024];

		(void)snprintf(rules, sizeof(rules), TOPOLOGY "iptables -A FORWARD -j REJECT\n%s", drops[i]);
		open_answering(&w, rules);
		if (put(&w, &query, forward).answer)
			fail_msg("passed %s", drops[i]);
		world_close(&w);
	}
	open_answering(&w, TOPOLOGY "iptables -A FORWARD -j REJECT\niptables -A OUTPUT -m conntrack --ctstate RELATED -j ACCEPT\n"
	                            "iptables -A OUTPUT -j DROP\n");
	assert_non_null(put(&w, &query, forward).answer);
	world_close(&w);
}

static void count_related(void *arg, const struct ph_event *event)
{
	(void)arg;
	n_related += event->kind == PH_EVENT_LOG;
}

/* What is about no connection is tracked like any other packet, and found to be about none. */
static void test_answer_to_what_is_not_tracked_is_not_related(void **state)
{
	const struct ph_engine_config config = { .answers = true, .on_event = count_related };
	struct world w;

	(void)state;
	world_open(&w, TOPOLOGY "iptables -t raw -A PREROUTING -p udp -j NOTRACK\niptables -A FORWARD -j REJECT\n"
	                        "iptables -A OUTPUT -m conntrack --ctstate RELATED -j LOG\n");
	ph_engine_free(w.engine);
	w.engine = ph_engine_new(w.policy, &config);
	n_related = 0;
	assert_non_null(put(&w, &query, forward).answer);
	assert_int_equal(n_related, 0);
	assert_non_null(put(&w, &syn, forward).answer);
	assert_int_equal(n_related, 1);
	world_close(&w);
}

static void test_answer_leaves_no_connection_behind(void **state)
{
	struct ph_engine_stats stats;
	struct world w;

	(void)state;
	open_answering(&w, TOPOLOGY "iptables -A FORWARD -p tcp -j REJECT --reject-with tcp-reset\niptables -A FORWARD -j REJECT\n");
	for (unsigned i = 0; i < 3; i++) {
		assert_non_null(put(&w, &query, forward).answer);
		assert_int_equal(put(&w, &syn, forward).answer_len, 40);
	}
	ph_engine_stats(w.engine, &stats);
	assert_int_equal(stats.conns, 0);
	assert_int_equal(stats.packets, 6);
	world_close(&w);
}

static void test_answer_by_reset_closes_the_connection(void **state)
{
	struct packet_spec spec = syn;
	struct ph_packet_out out;
	struct world w;

	(void)state;
	open_answering(&w, TOPOLOGY "iptables -A FORWARD -p tcp --tcp-flags PSH PSH -j REJECT --reject-with tcp-reset\n");
	assert_int_equal(put(&w, &spec, forward).fate, PH_FATE_FORWARDED);
	spec = (struct packet_spec){ .src = SERVER, .dst = CLIENT, .sport = 80, .dport = 4000, .flags = 0x12, .seq = 90, .ack = 8 };
	assert_int_equal(put(&w, &spec, (struct ph_packet_in){ .iface = 1 }).fate, PH_FATE_FORWARDED);
	spec = (struct packet_spec){ .src = CLIENT, .dst = SERVER, .sport = 4000, .dport = 80, .flags = 0x10, .seq = 8, .ack = 91 };
	assert_string_equal(put(&w, &spec, forward).proto_state, "ESTABLISHED");
	spec.flags = 0x18;
	spec.payload = "data";
	out = put(&w, &spec, forward);
	assert_non_null(out.answer);
	assert_string_equal(out.proto_state, "CLOSE");
	assert_int_equal(out.timeout_s, 10);
	assert_true(w.told[PH_EVENT_CONN_UPDATE] > 0);
	world_close(&w);
}

static void test_answer_is_not_due_without_way_or_address(void **state)
{
	struct packet_spec spec = query;
	struct world w;

	(void)state;
	open_answering(&w, TOPOLOGY "iptables -A FORWARD -j REJECT\niptables -A INPUT -j REJECT\n");
	spec.src = "203.0.113.9";
	assert_null(put(&w, &spec, forward).answer);
	spec.src = CLIENT;
	spec.dst = "10.1.0.255";
	assert_null(put(&w, &spec, (struct ph_packet_in){ .place = PH_PLACE_INPUT }).answer);
	world_close(&w);
	/* Without topology no address is known but those of the packet. */
	open_answering(&w, "iptables -A FORWARD -p tcp -j REJECT --reject-with tcp-reset\niptables -A FORWARD -j REJECT\niptables -A INPUT -j REJECT\n");
	assert_null(put(&w, &query, forward).answer);
	assert_non_null(put(&w, &query, (struct ph_packet_in){ .place = PH_PLACE_INPUT }).answer);
	assert_non_null(put(&w, &syn, forward).answer);
	world_close(&w);
}

static void test_answer_to_the_firewall_itself_comes_from_its_address(void **state)
{
	struct packet_spec spec = query;
	struct world w;

	(void)state;
	open_answering(&w, TOPOLOGY "ip addr add 127.0.0.1/8 dev lo\niptables -A OUTPUT -p udp -j REJECT\niptables -A OUTPUT ! -o lo -j DROP\n");
	spec.src = "10.2.0.1";
	assert_int_equal(put(&w, &spec, (struct ph_packet_in){ .place = PH_PLACE_OUTPUT, .out_iface = 1 }).answer_len, 57);
	assert_memory_equal(copy + 12, ((uint8_t[]){ 10, 2, 0, 1, 10, 2, 0, 1 }), 8);
	world_close(&w);
}

static void test_answer_vouched_packet_needs_no_right_checksum(void **state)
{
	struct ph_packet_in in = forward;
	struct ph_packet_out out;
	struct packet p;
	struct world w;

	(void)state;
	open_answering(&w, TOPOLOGY "iptables -A FORWARD -j REJECT\n");
	packet_build(&p, &query);
	p.data[26] ^= 1;
	in.frame = (struct ph_frame){ .data = p.data, .len = (uint32_t)p.len, .wire_len = (uint32_t)p.len, .link = PH_LINK_RAW };
	ph_engine_process(w.engine, &in, &out, 1);
	assert_null(out.answer);
	in.vouched = true;
	ph_engine_process(w.engine, &in, &out, 1);
	assert_non_null(out.answer);
	world_close(&w);
}

static void test_answer_of_synproxy_is_none(void **state)
{
	struct ph_packet_out out;
	struct world w;

	(void)state;
	open_answering(&w, TOPOLOGY "iptables -t raw -A PREROUTING -p tcp --syn -j NOTRACK\n"
	                            "iptables -A FORWARD -p tcp -m conntrack --ctstate UNTRACKED -j SYNPROXY --sack-perm --timestamp --wscale 7 --mss 1460\n");
	out = put(&w, &syn, forward);
	assert_string_equal(out.reject, "tcp-syn-ack");
	assert_null(out.answer);
	world_close(&w);
}

/* Whatever is there of a packet: nothing is read behind it, and an answer is never longer than its bound. */
static void check_cut(void *arg, uint8_t *data, size_t len)
{
	static const char *const names[] = { "icmp-port-unreachable", "icmp6-adm-prohibited", "tcp-reset" };
	uint8_t out[PH_REJECT_MAX];
	struct ph_pkt pkt;

	(void)arg;
	if (ph_pkt_parse(data, (uint32_t)len, &pkt) != PH_PKT_OK && !ph_pkt_parse_quoted(len > 0 && data[0] >> 4 == 6 ? PH_IPV6 : PH_IPV4, data, (uint32_t)len, &pkt))
		return;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct ph_reject answer = ph_reject_named(pkt.family, names[i]);

		if (ph_reject_due(&pkt, answer, true))
			assert_in_range(ph_reject_write(&pkt, answer, &pkt.dst, out), 40, sizeof(out));
	}
}

static void test_answer_to_packets_cut_anywhere_reads_what_is_there(void **state)
{
	static const char *const ends[][2] = { { CLIENT, SERVER }, { "2001:db8:1::2", "2001:db8:2::2" } };
	static const uint8_t protos[] = { PH_PROTO_TCP, PH_PROTO_UDP, PH_PROTO_ICMP, PH_PROTO_ICMPV6 };
	static const char body[1400];

	(void)state;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		for (size_t k = 0; k < sizeof(protos); k++) {
			const struct packet_spec spec = {
				.src = ends[i][0], .dst = ends[i][1], .proto = protos[k], .icmp_type = protos[k] == PH_PROTO_ICMP ? 8 : 128,
				.flags = 2, .payload = body, .payload_len = sizeof(body),
			};
			struct packet p;

			packet_build(&p, &spec);
			each_cut(p.data, p.len, check_cut, NULL);
		}
	}
}

static void test_answer_names_are_those_of_their_family(void **state)
{
	(void)state;
	assert_int_equal(ph_reject_named(PH_IPV4, "icmp6-no-route").kind, PH_REJECT_NONE);
	assert_int_equal(ph_reject_named(PH_IPV6, "icmp-port-unreachable").kind, PH_REJECT_NONE);
	assert_int_equal(ph_reject_named(PH_IPV4, "icmp-admin-prohibited").code, 13);
	assert_int_equal(ph_reject_named(PH_IPV6, "icmp6-reject-route").code, 6);
	assert_int_equal(ph_reject_named(PH_IPV6, "tcp-reset").kind, PH_REJECT_RESET);
}

/* --- over the loopback interface --- */

#define LO_RULES TOPOLOGY "ip addr add 127.0.0.1/8 dev lo\nip -6 addr add ::1/128 dev lo\n"
#define OUTPUT (struct ph_packet_in){ .place = PH_PLACE_OUTPUT, .out_iface = PH_IFACE_ROUTE }

static struct ph_packet_in looped(const struct world *w)
{
	return (struct ph_packet_in){
		.place = PH_PLACE_INPUT, .iface = (uint16_t)ph_policy_iface_find(w->policy, "lo"), .out_iface = PH_IFACE_ROUTE, .looped = true,
	};
}

static struct ph_packet_out hear_copy(struct world *w, uint32_t len)
{
	struct ph_packet_in in = looped(w);
	struct ph_packet_out out;

	in.frame = (struct ph_frame){ .data = copy, .len = len, .wire_len = len, .link = PH_LINK_RAW, .time_ms = w->now_ms };
	ph_engine_process(w->engine, &in, &out, 1);
	return out;
}

static void test_answer_over_loopback_is_related_when_it_is_heard(void **state)
{
	static const char *const with[] = { "", " --reject-with tcp-reset" };
	struct packet_spec asked[] = { query, syn };
	struct ph_engine_stats stats;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct ph_packet_out sent;
		struct world w;
		char rules[512];

		(void)snprintf(rules, sizeof(rules), LO_RULES "iptables -A OUTPUT -p %s -j REJECT%s\n", i ? "tcp --syn" : "udp", with[i]);
		asked[i].src = asked[i].dst = "127.0.0.1";
		open_answering(&w, rules);
		/* Each is kept for a while, none for good. */
		for (unsigned n = 0; n < 200; n++) {
			asked[i].sport = (uint16_t)(5000 + n);
			sent = put(&w, &asked[i], OUTPUT);
			assert_non_null(sent.answer);
			assert_int_equal(hear_copy(&w, sent.answer_len).state, PH_STATE_RELATED);
		}
		ph_engine_stats(w.engine, &stats);
		assert_in_range(stats.conns, 0, 64);
		assert_int_equal(stats.conns_confirmed, 0);
		world_close(&w);
	}
}

/* A connection to a port that nobody listens on: the refusal ends it and is ESTABLISHED, as in the kernel. */
static void test_reset_over_loopback_is_established_when_it_is_heard(void **state)
{
	static const char *const hosts[] = { "127.0.0.1", "::1" };
	struct world w;

	(void)state;
	open_answering(&w, LO_RULES);
	for (size_t i = 0; i < 2; i++) {
		struct packet_spec ask = { .src = hosts[i], .dst = hosts[i], .sport = 4000, .dport = 9, .flags = 2, .seq = 7 };
		struct packet_spec reset = { .src = hosts[i], .dst = hosts[i], .sport = 9, .dport = 4000, .flags = 0x14, .ack = 8 };

		assert_int_equal(put(&w, &ask, OUTPUT).state, PH_STATE_NEW);
		assert_int_equal(put(&w, &ask, looped(&w)).state, PH_STATE_NEW);
		assert_int_equal(put(&w, &reset, OUTPUT).state, PH_STATE_ESTABLISHED);
		assert_int_equal(put(&w, &reset, looped(&w)).state, PH_STATE_ESTABLISHED);
	}
	world_close(&w);
}

/* What is kept for packets on their way takes no room from others. */
static void test_answer_over_loopback_does_not_fill_the_table(void **state)
{
	struct packet_spec asked = query, other = query;
	struct world w;

	(void)state;
	asked.src = asked.dst = "127.0.0.1";
	open_answering(&w, LO_RULES "iptables -A OUTPUT -p udp -j REJECT\nsysctl -w net.netfilter.nf_conntrack_max=4\n");
	for (unsigned n = 0; n < 40; n++) {
		asked.sport = other.sport = (uint16_t)(5000 + n);
		assert_non_null(put(&w, &asked, OUTPUT).answer);
		assert_int_equal(put(&w, &other, forward).fate, PH_FATE_FORWARDED);
	}
	world_close(&w);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answer_is_made_only_if_asked_for),
		cmocka_unit_test(test_answer_is_related_and_passes_the_own_rules),
		cmocka_unit_test(test_answer_to_what_is_not_tracked_is_not_related),
		cmocka_unit_test(test_answer_leaves_no_connection_behind),
		cmocka_unit_test(test_answer_by_reset_closes_the_connection),
		cmocka_unit_test(test_answer_is_not_due_without_way_or_address),
		cmocka_unit_test(test_answer_to_the_firewall_itself_comes_from_its_address),
		cmocka_unit_test(test_answer_vouched_packet_needs_no_right_checksum),
		cmocka_unit_test(test_answer_of_synproxy_is_none),
		cmocka_unit_test(test_answer_to_packets_cut_anywhere_reads_what_is_there),
		cmocka_unit_test(test_answer_names_are_those_of_their_family),
		cmocka_unit_test(test_answer_over_loopback_is_related_when_it_is_heard),
		cmocka_unit_test(test_reset_over_loopback_is_established_when_it_is_heard),
		cmocka_unit_test(test_answer_over_loopback_does_not_fill_the_table),
	};

	if (argc > 1)
		return ask(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
