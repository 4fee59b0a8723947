/* Packets walked through rules: verdicts, counters, marks, and what matches make of connections. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "rule/rules.h"
#include "support.h"
#include "support/support.h"

#define SYN 2
#define ACK 16

/* One rule set and one packet at one hook. */
struct scene {
	struct test_rules t;
	struct packet packet;
	struct ph_pkt pkt;
	struct ph_conn conn, master;
	struct ph_ifname in, out;
	struct ph_rule_ctx ctx;
	struct ph_rule_ref where;
	uint32_t mark;
	unsigned n_logged;
	char prefix[64];
};

static void on_log(void *arg, const struct ph_rule_ref *rule, const char *prefix)
{
	struct scene *s = arg;

	assert_non_null(rule->chain);
	s->n_logged++;
	snprintf(s->prefix, sizeof(s->prefix), "%.60s", prefix);
}

static void send_packet(struct scene *s, const struct packet_spec *spec)
{
	packet_build(&s->packet, spec);
	assert_int_equal(ph_pkt_parse(s->packet.data, (uint32_t)s->packet.len, &s->pkt), PH_PKT_OK);
}

static int setup(void **state)
{
	struct scene *s = calloc(1, sizeof(*s));

	if (!s)
		return -1;
	test_rules_init(&s->t, PH_IPV4);
	memcpy(s->in.name, "eth0", 4);
	memcpy(s->out.name, "eth1", 4);
	s->ctx = (struct ph_rule_ctx){ .pkt = &s->pkt, .in = &s->in, .out = &s->out, .hook = PH_HOOK_FORWARD,
	                               .state = PH_STATE_NEW, .mark = &s->mark, .log = on_log, .log_arg = s };
	send_packet(s, &(struct packet_spec){ .src = "10.0.0.1", .dst = "192.0.2.21", .sport = 40000, .dport = 21, .flags = SYN });
	s->conn = (struct ph_conn){ .help = PH_NO_SLOT, .master = PH_NO_SLOT, .zone_dir = PH_ZONE_BOTH };
	s->conn.tuple = (struct ph_tuple){ .src = s->pkt.src, .dst = s->pkt.dst, .sport = 40000, .dport = 21,
	                                   .proto = PH_PROTO_TCP, .family = PH_IPV4 };
	*state = s;
	return 0;
}

static int teardown(void **state)
{
	struct scene *s = *state;

	test_rules_fini(&s->t);
	free(s);
	return 0;
}

static void become_ipv6(struct scene *s)
{
	test_rules_fini(&s->t);
	test_rules_init(&s->t, PH_IPV6);
}

static enum ph_rule_verdict eval(struct scene *s, enum ph_table table)
{
	s->ctx.hotdrop = false;
	s->ctx.reject = NULL;
	return ph_ruleset_eval(s->t.rules, table, &s->ctx, &s->where);
}

static bool passes(struct scene *s)
{
	return eval(s, PH_TABLE_FILTER) == PH_RULE_ACCEPT;
}

/* Does a FORWARD rule with these conditions match the packet? Policy DROP, the rule accepts. */
static bool matches(struct scene *s, const char *conditions)
{
	char line[512];

	snprintf(line, sizeof(line), "-A FORWARD %s -j ACCEPT", conditions);
	test_load(&s->t, "-F FORWARD", "-P FORWARD DROP", line, NULL);
	return passes(s);
}

static void test_eval_untouched_table_accepts(void **state)
{
	struct scene *s = *state;

	assert_true(passes(s));
	assert_false(ph_ruleset_hooked(s->t.rules, PH_TABLE_FILTER, PH_HOOK_FORWARD));
}

static void test_eval_table_without_that_hook_accepts(void **state)
{
	struct scene *s = *state;

	test_load(&s->t, "-t raw -A PREROUTING -j DROP", NULL);
	assert_int_equal(eval(s, PH_TABLE_RAW), PH_RULE_ACCEPT);
	assert_true(ph_ruleset_hooked(s->t.rules, PH_TABLE_RAW, PH_HOOK_PREROUTING));
	assert_true(ph_ruleset_hooked(s->t.rules, PH_TABLE_RAW, PH_HOOK_OUTPUT));
	assert_false(ph_ruleset_hooked(s->t.rules, PH_TABLE_RAW, PH_HOOK_INPUT));
}

static void test_eval_not_finished_drops(void **state)
{
	struct scene *s = *state;

	assert_int_equal(test_command(&s->t, "-A FORWARD -j ACCEPT"), PH_OK);
	assert_false(passes(s));
}

static void test_eval_policy_drop_names_policy(void **state)
{
	struct scene *s = *state;

	test_load(&s->t, "-P FORWARD DROP", NULL);
	assert_false(passes(s));
	assert_string_equal(s->where.table, "filter");
	assert_string_equal(s->where.chain, "FORWARD");
	assert_int_equal(s->where.number, 0);
}

static void test_eval_drop_names_rule(void **state)
{
	struct scene *s = *state;

	test_load(&s->t, "-N inner", "-A FORWARD -p udp -j DROP", "-A FORWARD -j inner", "-A inner -p udp", "-A inner -p tcp -j DROP", NULL);
	assert_false(passes(s));
	assert_string_equal(s->where.chain, "inner");
	assert_int_equal(s->where.number, 2);
	assert_string_equal(s->where.file, "test");
	assert_int_equal(s->where.line, 1);
}

static void test_eval_counters_of_rules_and_policy_count(void **state)
{
	struct scene *s = *state;

	test_load(&s->t, "-A FORWARD -p tcp", "-A FORWARD -p udp", "-A FORWARD -s 10.0.0.0/8 -c 5 18446744073709551600", NULL);
	for (unsigned i = 0; i < 3; i++)
		assert_true(passes(s));
	test_print(&s->t, true);
	assert_non_null(strstr(s->t.text, ":FORWARD ACCEPT [3:120]\n"));
	assert_non_null(strstr(s->t.text, "[3:120] -A FORWARD -p tcp\n"));
	assert_non_null(strstr(s->t.text, "[0:0] -A FORWARD -p udp\n"));
	assert_non_null(strstr(s->t.text, "[8:18446744073709551615] -A FORWARD -s 10.0.0.0/8\n"));
	/* An edit keeps what was counted. */
	test_load(&s->t, "-A FORWARD -p icmp", NULL);
	test_print(&s->t, true);
	assert_non_null(strstr(s->t.text, "[3:120] -A FORWARD -p tcp\n"));
}

static void test_eval_return_goes_back_to_caller(void **state)
{
	struct scene *s = *state;

	test_load(&s->t, "-P FORWARD DROP", "-N a", "-N b", "-A FORWARD -j a", "-A FORWARD -j ACCEPT", "-A a -j b", "-A a -j RETURN",
	     "-A a -j DROP", "-A b -p udp -j DROP", NULL);
	assert_true(passes(s));
	assert_int_equal(s->t.rules->table[PH_TABLE_FILTER].hook[PH_HOOK_FORWARD]->packets, 0);
}

static void test_eval_return_in_builtin_is_policy(void **state)
{
	struct scene *s = *state;

	test_load(&s->t, "-P FORWARD DROP", "-A FORWARD -j RETURN", "-A FORWARD -j ACCEPT", NULL);
	assert_false(passes(s));
	assert_int_equal(s->where.number, 0);
}

static void test_eval_goto_does_not_come_back(void **state)
{
	struct scene *s = *state;

	test_load(&s->t, "-P FORWARD DROP", "-N a", "-N b", "-A FORWARD -j a", "-A FORWARD -p tcp -j ACCEPT", "-A a -g b", "-A a -j DROP",
	     "-A b -p udp", NULL);
	/* b's end goes back to the caller of a, not into a. */
	assert_true(passes(s));
	test_load(&s->t, "-F", "-A FORWARD -g a", "-A FORWARD -j ACCEPT", "-A a -p udp", NULL);
	assert_false(passes(s));
}

static void test_eval_deep_jumps_walk_without_recursion(void **state)
{
	struct scene *s = *state;
	char line[64];

	assert_int_equal(test_command(&s->t, "-P FORWARD DROP"), PH_OK);
	for (unsigned i = 0; i < 500; i++) {
		snprintf(line, sizeof(line), "-N c%u", i);
		assert_int_equal(test_command(&s->t, line), PH_OK);
	}
	for (unsigned i = 0; i < 499; i++) {
		snprintf(line, sizeof(line), "-A c%u -j c%u", i, i + 1);
		assert_int_equal(test_command(&s->t, line), PH_OK);
	}
	test_load(&s->t, "-A FORWARD -j c0", "-A c499 -j ACCEPT", NULL);
	assert_true(passes(s));
}

static void test_eval_header_tests_match_and_negate(void **state)
{
	struct scene *s = *state;

	assert_true(matches(s, "-s 10.0.0.0/8 -d 192.0.2.21 -i eth0 -o eth1 -p tcp"));
	assert_false(matches(s, "! -s 10.0.0.0/8"));
	assert_true(matches(s, "! -d 10.0.0.0/8"));
	assert_true(matches(s, "-s 10.0.0.1/255.0.0.255"));
	assert_false(matches(s, "-s 0.0.0.0/32"));
	assert_true(matches(s, "-i eth+ -o eth1"));
	assert_false(matches(s, "-i et"));
	assert_false(matches(s, "-i eth01"));
	assert_false(matches(s, "! -i eth0"));
	assert_false(matches(s, "! -i +"));
	assert_true(matches(s, "! -i ppp+"));
	assert_false(matches(s, "-p udp"));
	assert_true(matches(s, "! -p udp"));
	assert_false(matches(s, "-f"));
	assert_true(matches(s, "! -f"));
}

static void test_eval_tcp_matches_ports_flags_options(void **state)
{
	struct scene *s = *state;

	assert_true(matches(s, "-p tcp --dport 21"));
	assert_true(matches(s, "-p tcp --dport ftp --sport 1024:"));
	assert_false(matches(s, "-p tcp ! --dport 20:22"));
	assert_true(matches(s, "-p tcp --syn"));
	assert_false(matches(s, "-p tcp ! --syn"));
	assert_true(matches(s, "-p tcp --tcp-flags SYN,ACK SYN"));
	assert_false(matches(s, "-p tcp --tcp-flags ALL SYN,ACK"));
	assert_false(matches(s, "-p tcp --tcp-option 2"));
	assert_true(matches(s, "-p tcp ! --tcp-option 2"));
	send_packet(s, &(struct packet_spec){ .src = "10.0.0.1", .dst = "192.0.2.21", .dport = 21, .flags = SYN,
	                                      .options = "0204 05b4 0101 0402" });
	assert_true(matches(s, "-p tcp --tcp-option 2"));
	assert_true(matches(s, "-p tcp --tcp-option 4"));
	assert_false(matches(s, "-p tcp --tcp-option 8"));
	assert_false(s->ctx.hotdrop);
}

static void test_eval_tcp_header_cut_drops_packet(void **state)
{
	struct scene *s = *state;
	const uint8_t ports[] = { 0x9c, 0x40, 0, 21, 0, 0 };

	packet_raw(&s->packet, "10.0.0.1", "192.0.2.21", PH_PROTO_TCP, ports, sizeof(ports));
	assert_int_equal(ph_pkt_parse(s->packet.data, (uint32_t)s->packet.len, &s->pkt), PH_PKT_OK);
	test_load(&s->t, "-A FORWARD -p tcp --dport 80 -j ACCEPT", "-A FORWARD -j ACCEPT", NULL);
	assert_false(passes(s));
	assert_true(s->ctx.hotdrop);
	assert_int_equal(s->where.number, 1);
	/* A rule that only asks for the protocol does not look. */
	test_load(&s->t, "-F", "-A FORWARD -p tcp -j ACCEPT", NULL);
	assert_true(passes(s));
	/* multiport needs four bytes only. */
	assert_true(matches(s, "-p tcp -m multiport --dports 20,21"));
}

static void test_eval_later_fragment_matches_no_ports(void **state)
{
	struct scene *s = *state;

	s->pkt.is_frag = true;
	s->pkt.frag_off = 1480;
	s->pkt.l4_found = s->pkt.l4_complete = s->pkt.has_ports = false;
	s->pkt.l4 = (struct ph_cur){ s->pkt.l4.end, s->pkt.l4.end };
	assert_false(matches(s, "-p tcp --dport 21"));
	assert_false(s->ctx.hotdrop);
	assert_false(matches(s, "-p tcp ! --dport 22"));
	assert_false(matches(s, "-p tcp -m multiport ! --dports 22"));
	assert_true(matches(s, "-p tcp -f"));
	s->pkt.frag_off = 8;
	assert_false(matches(s, "-p tcp --dport 21"));
	assert_true(s->ctx.hotdrop);
}

static void test_eval_ipv6_broken_chain_drops_where_protocol_is_asked(void **state)
{
	struct scene *s = *state;
	const uint8_t hop[] = { 6, 9, 1, 4, 0, 0, 0, 0 };

	/* Cut within its first two bytes; matches.pkt has more of these. */
	become_ipv6(s);
	packet_raw(&s->packet, "2001:db8::1", "2001:db8::2", 0, hop, 1);
	s->packet.data[6] = 60;
	assert_int_equal(ph_pkt_parse(s->packet.data, (uint32_t)s->packet.len, &s->pkt), PH_PKT_OK);
	assert_false(s->pkt.l4_found);
	test_load(&s->t, "-A FORWARD -p udp -j ACCEPT", "-A FORWARD -j ACCEPT", NULL);
	assert_false(passes(s));
	test_load(&s->t, "-F", "-A FORWARD -j ACCEPT", NULL);
	assert_true(passes(s));
}

static void test_eval_ipv6_no_next_header_is_protocol_59(void **state)
{
	struct scene *s = *state;

	become_ipv6(s);
	packet_raw(&s->packet, "2001:db8::1", "2001:db8::2", 59, "", 0);
	s->packet.data[6] = 59;
	assert_int_equal(ph_pkt_parse(s->packet.data, (uint32_t)s->packet.len, &s->pkt), PH_PKT_OK);
	assert_true(matches(s, "-p 59"));
	assert_false(matches(s, "-p tcp"));
	assert_false(s->ctx.hotdrop);
}

static void test_eval_udp_and_multiport_match_ports(void **state)
{
	struct scene *s = *state;

	send_packet(s, &(struct packet_spec){ .src = "10.0.0.1", .dst = "10.0.0.2", .proto = 17, .sport = 53, .dport = 5353 });
	assert_true(matches(s, "-p udp --sport 53 --dport 5000:6000"));
	assert_false(matches(s, "-p udp --dport 53"));
	assert_true(matches(s, "-p udp -m multiport --ports 1,53"));
	assert_false(matches(s, "-p udp -m multiport --dports 53"));
	assert_true(matches(s, "-p udp -m multiport --sports 50:60"));
	assert_false(matches(s, "-p udp -m multiport ! --ports 5353"));
}

static void test_eval_icmp_matches_type_and_code(void **state)
{
	struct scene *s = *state;

	send_packet(s, &(struct packet_spec){ .src = "10.0.0.1", .dst = "10.0.0.2", .proto = 1, .icmp_type = 3, .icmp_code = 1 });
	assert_true(matches(s, "-p icmp --icmp-type 3"));
	assert_true(matches(s, "-p icmp --icmp-type host-unreachable"));
	assert_false(matches(s, "-p icmp --icmp-type 3/2"));
	assert_true(matches(s, "-p icmp ! --icmp-type 8"));
	assert_true(matches(s, "-p icmp --icmp-type any"));
	become_ipv6(s);
	send_packet(s, &(struct packet_spec){ .src = "2001:db8::1", .dst = "2001:db8::2", .proto = 58, .icmp_type = 128 });
	assert_true(matches(s, "-p icmpv6 --icmpv6-type echo-request"));
	assert_false(matches(s, "-p icmpv6 --icmpv6-type 129"));
}

static void test_eval_conntrack_without_entry_state_alone_decides(void **state)
{
	struct scene *s = *state;

	s->ctx.state = PH_STATE_INVALID;
	assert_true(matches(s, "-m conntrack --ctstate INVALID"));
	assert_true(matches(s, "-m conntrack --ctstate INVALID --ctproto udp"));
	assert_false(matches(s, "-m conntrack ! --ctproto udp"));
	assert_false(matches(s, "-m conntrack ! --ctstatus CONFIRMED"));
	assert_true(matches(s, "-m conntrack ! --ctstate NEW --ctexpire 5"));
	s->ctx.state = PH_STATE_NONE;
	assert_true(matches(s, "-m state --state INVALID"));
	s->ctx.state = PH_STATE_UNTRACKED;
	assert_true(matches(s, "-m conntrack --ctstate UNTRACKED"));
	assert_false(matches(s, "-m conntrack --ctstate INVALID"));
}

static void test_eval_conntrack_tuples_ports_direction(void **state)
{
	struct scene *s = *state;

	s->ctx.conn = &s->conn;
	assert_true(matches(s, "-m conntrack --ctorigsrc 10.0.0.0/8 --ctorigdst 192.0.2.21"));
	assert_true(matches(s, "-m conntrack --ctreplsrc 192.0.2.21 --ctrepldst 10.0.0.1"));
	assert_true(matches(s, "-m conntrack --ctorigsrc 10.9.9.9/8"));
	assert_false(matches(s, "-m conntrack ! --ctorigsrc 10.0.0.1"));
	assert_true(matches(s, "-m conntrack --ctorigsrcport 40000 --ctorigdstport 21 --ctreplsrcport 21 --ctrepldstport 40000"));
	assert_false(matches(s, "-m conntrack --ctorigdstport 22"));
	assert_true(matches(s, "-m conntrack --ctproto tcp --ctdir ORIGINAL"));
	assert_false(matches(s, "-m conntrack --ctdir REPLY"));
	assert_true(matches(s, "-m conntrack ! --ctproto udp"));
}

static void test_eval_conntrack_status_none_never_matches(void **state)
{
	struct scene *s = *state;

	s->ctx.conn = &s->conn;
	s->conn.status = PH_CT_SEEN_REPLY | PH_CT_CONFIRMED;
	assert_false(matches(s, "-m conntrack --ctstatus NONE"));
	assert_true(matches(s, "-m conntrack ! --ctstatus NONE"));
	assert_true(matches(s, "-m conntrack --ctstatus ASSURED,CONFIRMED"));
	assert_false(matches(s, "-m conntrack --ctstatus ASSURED"));
	s->conn.status |= PH_CT_DST_NAT;
	assert_true(matches(s, "-m conntrack --ctstate DNAT"));
	assert_false(matches(s, "-m conntrack --ctstate SNAT"));
}

static void test_eval_conntrack_expire_counts_whole_seconds(void **state)
{
	struct scene *s = *state;

	s->ctx.conn = &s->conn;
	s->ctx.now_ms = 100000;
	s->conn.expires_ms = 105999;
	assert_true(matches(s, "-m conntrack --ctexpire 0"));
	s->conn.status = PH_CT_CONFIRMED;
	assert_true(matches(s, "-m conntrack --ctexpire 5"));
	assert_false(matches(s, "-m conntrack --ctexpire 6:"));
	assert_true(matches(s, "-m conntrack ! --ctexpire 6:"));
	s->ctx.now_ms = 200000;
	assert_true(matches(s, "-m conntrack --ctexpire 0"));
}

static void test_eval_helper_compares_over_the_masters_length(void **state)
{
	struct scene *s = *state;

	assert_false(matches(s, "-m helper --helper ftp"));
	assert_true(matches(s, "-m helper ! --helper ftp"));
	s->ctx.conn = &s->conn;
	s->ctx.master = &s->master;
	s->ctx.master_helper = "ftp";
	assert_true(matches(s, "-m helper --helper ftp"));
	assert_true(matches(s, "-m helper --helper ftp-2121"));
	assert_true(matches(s, "-m helper --helper ftpx"));
	assert_false(matches(s, "-m helper --helper ft"));
	assert_false(matches(s, "-m helper --helper FTP"));
	assert_true(matches(s, "-m helper --helper \"\""));
	assert_false(matches(s, "-m helper ! --helper \"\""));
	assert_false(matches(s, "-m helper ! --helper ftp"));
	s->ctx.master_helper = "ftp-2121";
	assert_false(matches(s, "-m helper --helper ftp"));
}

static void test_eval_marks_match(void **state)
{
	struct scene *s = *state;

	s->mark = 0x12;
	assert_true(matches(s, "-m mark --mark 0x12"));
	assert_true(matches(s, "-m mark --mark 0x2/0xf"));
	assert_false(matches(s, "-m mark ! --mark 0x2/0xf"));
	assert_false(matches(s, "-m connmark --mark 0"));
	assert_false(matches(s, "-m connmark ! --mark 1"));
	s->ctx.conn = &s->conn;
	s->conn.mark = 7;
	assert_true(matches(s, "-m connmark --mark 7"));
	assert_true(matches(s, "-m connmark ! --mark 1"));
}

static void test_eval_limit_fills_with_the_packets_time(void **state)
{
	struct scene *s = *state;
	unsigned n = 0;

	test_load(&s->t, "-P FORWARD DROP", "-A FORWARD -m limit --limit 1/sec --limit-burst 3 -j ACCEPT", NULL);
	s->ctx.now_ms = 5000;
	for (unsigned i = 0; i < 10; i++)
		n += passes(s);
	assert_int_equal(n, 3);
	s->ctx.now_ms = 5999;
	assert_false(passes(s));
	s->ctx.now_ms = 6000;
	assert_true(passes(s));
	assert_false(passes(s));
	/* Never more than the burst, however long the silence. */
	s->ctx.now_ms = UINT64_MAX / 2;
	for (n = 0; passes(s); n++)
		assert_true(n < 3);
	assert_int_equal(n, 3);
}

static void test_eval_mark_targets_change_marks(void **state)
{
	struct scene *s = *state;

	test_load(&s->t, "-t mangle -A FORWARD -j MARK --set-mark 0x10", "-t mangle -A FORWARD -j MARK --or-mark 1",
	     "-t mangle -A FORWARD -j CONNMARK --save-mark", NULL);
	assert_int_equal(eval(s, PH_TABLE_MANGLE), PH_RULE_ACCEPT);
	assert_int_equal(s->mark, 0x11);
	assert_false(s->ctx.conn_mark_changed);
	s->ctx.conn = &s->conn;
	assert_int_equal(eval(s, PH_TABLE_MANGLE), PH_RULE_ACCEPT);
	assert_int_equal(s->conn.mark, 0x11);
	assert_true(s->ctx.conn_mark_changed);
	test_load(&s->t, "-t mangle -F", "-t mangle -A FORWARD -j CONNMARK --set-xmark 0xff00/0xffff --left-shift-mark 4",
	     "-t mangle -A FORWARD -j CONNMARK --restore-mark --nfmask 0xff --ctmask 0xff000 --right-shift-mark 12", NULL);
	s->mark = 0x1200;
	assert_int_equal(eval(s, PH_TABLE_MANGLE), PH_RULE_ACCEPT);
	assert_int_equal(s->conn.mark, 0xff000);
	assert_int_equal(s->mark, 0x12ff);
}

static void test_eval_reject_names_its_answer(void **state)
{
	struct scene *s = *state;

	test_load(&s->t, "-A FORWARD -p udp -j REJECT", "-A FORWARD -p tcp -j REJECT --reject-with tcp-reset", NULL);
	assert_false(passes(s));
	assert_string_equal(s->ctx.reject, "tcp-reset");
	assert_int_equal(s->where.number, 2);
}

static void test_eval_log_tells_and_goes_on(void **state)
{
	struct scene *s = *state;

	test_load(&s->t, "-A FORWARD -j LOG --log-prefix \"one \"", "-A FORWARD -j NFLOG --nflog-prefix two", "-A FORWARD -j DROP", NULL);
	assert_false(passes(s));
	assert_int_equal(s->n_logged, 2);
	assert_string_equal(s->prefix, "two");
	s->ctx.log = NULL;
	assert_false(passes(s));
}

static void test_eval_ct_first_rule_wins_and_walk_goes_on(void **state)
{
	struct scene *s = *state;

	s->ctx.hook = PH_HOOK_PREROUTING;
	test_load(&s->t, "-t raw -A PREROUTING -p tcp --dport 21 -j CT --helper ftp --zone-orig 7", "-t raw -A PREROUTING -j NOTRACK",
	     "-t raw -A PREROUTING -p tcp -j DROP", NULL);
	assert_int_equal(eval(s, PH_TABLE_RAW), PH_RULE_DROP);
	assert_non_null(s->ctx.template_);
	assert_int_equal(s->ctx.template_->helper, ph_helper_find(&s->t.helpers, "ftp", PH_IPV4, PH_PROTO_TCP));
	assert_int_equal(s->ctx.template_->zone, 7);
	assert_int_equal(s->ctx.template_->zone_dir, PH_ZONE_ORIG);
	assert_int_equal(s->ctx.template_->events, 0xffff);
	assert_false(s->ctx.untracked);
}

static void test_eval_notrack_marks_untracked_unless_tracked(void **state)
{
	struct scene *s = *state;

	s->ctx.hook = PH_HOOK_PREROUTING;
	test_load(&s->t, "-t raw -A PREROUTING -j CT --notrack", "-t raw -A PREROUTING -p tcp -j CT --helper ftp", NULL);
	assert_int_equal(eval(s, PH_TABLE_RAW), PH_RULE_ACCEPT);
	assert_true(s->ctx.untracked);
	assert_null(s->ctx.template_);
	s->ctx.untracked = false;
	s->ctx.conn = &s->conn;
	assert_int_equal(eval(s, PH_TABLE_RAW), PH_RULE_ACCEPT);
	assert_false(s->ctx.untracked);
	assert_null(s->ctx.template_);
}

#define T(name) cmocka_unit_test_setup_teardown(test_eval_##name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(untouched_table_accepts), T(table_without_that_hook_accepts), T(not_finished_drops), T(policy_drop_names_policy),
		T(drop_names_rule), T(counters_of_rules_and_policy_count), T(return_goes_back_to_caller),
		T(return_in_builtin_is_policy), T(goto_does_not_come_back), T(deep_jumps_walk_without_recursion),
		T(header_tests_match_and_negate), T(tcp_matches_ports_flags_options), T(tcp_header_cut_drops_packet),
		T(later_fragment_matches_no_ports), T(ipv6_broken_chain_drops_where_protocol_is_asked),
		T(ipv6_no_next_header_is_protocol_59), T(udp_and_multiport_match_ports), T(icmp_matches_type_and_code),
		T(conntrack_without_entry_state_alone_decides), T(conntrack_tuples_ports_direction),
		T(conntrack_status_none_never_matches), T(conntrack_expire_counts_whole_seconds),
		T(helper_compares_over_the_masters_length), T(marks_match), T(limit_fills_with_the_packets_time),
		T(mark_targets_change_marks), T(reject_names_its_answer), T(log_tells_and_goes_on),
		T(ct_first_rule_wins_and_walk_goes_on), T(notrack_marks_untracked_unless_tracked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
