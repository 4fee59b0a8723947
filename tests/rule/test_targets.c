/* What targets do to the walk and to what later rules see. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "rule/ext.h"
#include "rule/set.h"
#include "support.h"
#include "support/support.h"

#define SYN 2
#define RST 4
#define ACK 16

/* One packet at one hook. */
struct scene {
	struct test_rules t;
	struct packet packet;
	struct ph_pkt pkt;
	struct ph_ifname in, out;
	struct ph_rule_ctx ctx;
	struct ph_rule_ref where;
	uint32_t mark;
};

static void send_packet(struct scene *s, const struct packet_spec *spec)
{
	packet_build(&s->packet, spec);
	assert_int_equal(ph_pkt_parse(s->packet.data, (uint32_t)s->packet.len, &s->pkt), PH_PKT_OK);
}

static void send_flags(struct scene *s, uint8_t flags)
{
	send_packet(s, &(struct packet_spec){ .src = "10.0.0.1", .dst = "192.0.2.21", .sport = 40000, .dport = 21, .flags = flags,
	                                      .options = "020405b4" });
}

static int setup(void **state)
{
	struct scene *s = calloc(1, sizeof(*s));

	if (!s)
		return -1;
	test_rules_init(&s->t, PH_IPV4);
	memcpy(s->in.name, "eth0", 4);
	send_flags(s, SYN);
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

static enum ph_rule_verdict eval(struct scene *s, enum ph_table table, enum ph_hook hook)
{
	s->ctx = (struct ph_rule_ctx){ .pkt = &s->pkt, .view = &s->pkt, .in = &s->in, .out = &s->out, .hook = hook,
	                               .state = PH_STATE_NEW, .mark = &s->mark };
	return ph_ruleset_eval(s->t.rules, table, &s->ctx, &s->where);
}

static enum ph_rule_verdict mangle(struct scene *s)
{
	return eval(s, PH_TABLE_MANGLE, PH_HOOK_PREROUTING);
}

/* Does this test hold for a packet that a target in mangle PREROUTING has changed? */
static bool seen_behind(struct scene *s, const char *target, const char *test)
{
	char first[256], second[256];

	snprintf(first, sizeof(first), "-t mangle -A PREROUTING %s", target);
	snprintf(second, sizeof(second), "-t mangle -A PREROUTING %s -j DROP", test);
	test_load(&s->t, "-t mangle -F", first, second, NULL);
	return mangle(s) == PH_RULE_DROP && !s->ctx.uncertain;
}

static void test_targets_nat_ends_the_walk_and_is_noted(void **state)
{
	static const char *const rules[] = {
		"-t nat -A PREROUTING -p tcp -j DNAT --to-destination 1.1.1.1", "-t nat -A PREROUTING -p tcp -j REDIRECT",
		"-t nat -A PREROUTING -j NETMAP --to 1.1.1.0/24", "-t nat -A POSTROUTING -j SNAT --to-source 1.1.1.1",
		"-t nat -A POSTROUTING -j MASQUERADE",
	};
	static const char *const names[] = { "DNAT", "REDIRECT", "NETMAP", "SNAT", "MASQUERADE" };
	struct scene *s = *state;

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		enum ph_hook hook = strstr(rules[i], "POST") ? PH_HOOK_POSTROUTING : PH_HOOK_PREROUTING;

		test_load(&s->t, "-t nat -F", rules[i], "-t nat -A PREROUTING -j LOG", "-t nat -A POSTROUTING -j LOG", NULL);
		assert_int_equal(eval(s, PH_TABLE_NAT, hook), PH_RULE_ACCEPT);
		assert_non_null(s->ctx.nat);
		assert_string_equal(s->ctx.nat->ext->name, names[i]);
		test_print(&s->t, true);
		assert_null(strstr(s->t.text, "[1:44] -A PREROUTING -j LOG"));
		assert_null(strstr(s->t.text, "[1:44] -A POSTROUTING -j LOG"));
		/* Decided, so that the chain's policy has not counted. */
		assert_non_null(strstr(s->t.text, ":PREROUTING ACCEPT [0:0]\n"));
	}
}

static void test_targets_nat_that_does_not_match_falls_to_policy(void **state)
{
	struct scene *s = *state;

	test_load(&s->t, "-t nat -A PREROUTING -p udp -j DNAT --to-destination 1.1.1.1", NULL);
	assert_int_equal(eval(s, PH_TABLE_NAT, PH_HOOK_PREROUTING), PH_RULE_ACCEPT);
	assert_null(s->ctx.nat);
	assert_non_null(strstr(test_print(&s->t, true), ":PREROUTING ACCEPT [1:44]\n"));
}

static void test_targets_tos_is_seen_by_later_rules(void **state)
{
	struct scene *s = *state;

	s->pkt.tos = 0x03;
	assert_true(seen_behind(s, "-j TOS --set-tos 0x10/0x3f", "-m tos --tos 0x10/0xff"));
	s->pkt.tos = 0xff;
	assert_true(seen_behind(s, "-j TOS --and-tos 0x0f", "-m tos --tos 0x0f/0xff"));
	assert_true(seen_behind(s, "-j TOS --or-tos 0xf0", "-m tos --tos 0xff/0xff"));
	assert_true(seen_behind(s, "-j TOS --xor-tos 0x0f", "-m tos --tos 0xf0/0xff"));
	assert_false(seen_behind(s, "-p udp -j TOS --set-tos 0", "-m tos --tos 0x00/0xff"));
	/* The bytes are as they were captured. */
	assert_int_equal(s->packet.data[1], 0);
}

static void test_targets_dscp_leaves_ecn_alone(void **state)
{
	struct scene *s = *state;

	s->pkt.tos = 0x02;
	assert_true(seen_behind(s, "-j DSCP --set-dscp-class EF", "-m dscp --dscp-class EF"));
	assert_int_equal(s->pkt.tos, 0x2e << 2 | 2);
	assert_true(seen_behind(s, "-p tcp -j ECN --ecn-ip-ect 1", "-m ecn --ecn-ip-ect 1"));
	assert_int_equal(s->pkt.tos, 0x2e << 2 | 1);
}

static void test_targets_ttl_stays_within_its_byte(void **state)
{
	struct scene *s = *state;

	test_load(&s->t, "-t mangle -A PREROUTING -j TTL --ttl-dec 5", NULL);
	s->pkt.ttl = 64;
	assert_int_equal(mangle(s), PH_RULE_ACCEPT);
	assert_int_equal(s->pkt.ttl, 59);
	s->pkt.ttl = 4;
	(void)mangle(s);
	assert_int_equal(s->pkt.ttl, 0);
	test_load(&s->t, "-t mangle -F", "-t mangle -A PREROUTING -j TTL --ttl-inc 200", NULL);
	s->pkt.ttl = 54;
	(void)mangle(s);
	assert_int_equal(s->pkt.ttl, 254);
	(void)mangle(s);
	assert_int_equal(s->pkt.ttl, 255);
	test_load(&s->t, "-t mangle -F", "-t mangle -A PREROUTING -j TTL --ttl-set 7", NULL);
	(void)mangle(s);
	assert_int_equal(s->pkt.ttl, 7);
}

static void test_targets_without_a_view_change_nothing(void **state)
{
	struct scene *s = *state;

	test_load(&s->t, "-t mangle -A PREROUTING -j TTL --ttl-set 7", "-t mangle -A PREROUTING -j TOS --set-tos 7", NULL);
	s->ctx = (struct ph_rule_ctx){ .pkt = &s->pkt, .in = &s->in, .out = &s->out, .hook = PH_HOOK_PREROUTING, .mark = &s->mark };
	assert_int_equal(ph_ruleset_eval(s->t.rules, PH_TABLE_MANGLE, &s->ctx, &s->where), PH_RULE_ACCEPT);
	assert_int_equal(s->pkt.ttl, 64);
	assert_int_equal(s->pkt.tos, 0);
}

static void test_targets_hl_changes_the_hop_limit(void **state)
{
	struct scene *s = *state;

	test_rules_fini(&s->t);
	test_rules_init(&s->t, PH_IPV6);
	send_packet(s, &(struct packet_spec){ .src = "2001:db8::1", .dst = "2001:db8::2", .sport = 1, .dport = 2, .flags = SYN });
	test_load(&s->t, "-t mangle -A PREROUTING -j HL --hl-inc 3", NULL);
	assert_int_equal(mangle(s), PH_RULE_ACCEPT);
	assert_int_equal(s->pkt.ttl, 67);
}

#define SYN_RULE "-t mangle -A POSTROUTING -p tcp -m tcp --syn "
#define MSS_RULE "-t mangle -A POSTROUTING -p tcp -m tcpmss "

static enum ph_rule_verdict leave(struct scene *s)
{
	return eval(s, PH_TABLE_MANGLE, PH_HOOK_POSTROUTING);
}

static void test_targets_tcpmss_set_is_seen_by_later_rules(void **state)
{
	struct scene *s = *state;

	test_load(&s->t, SYN_RULE "-j TCPMSS --set-mss 1400", MSS_RULE "--mss 1400 -j DROP", NULL);
	assert_int_equal(leave(s), PH_RULE_DROP);
	assert_false(s->ctx.uncertain);
	/* It never grows. */
	test_load(&s->t, "-t mangle -F", SYN_RULE "-j TCPMSS --set-mss 9000", MSS_RULE "--mss 1460 -j DROP", NULL);
	assert_int_equal(leave(s), PH_RULE_DROP);
	/* Where there was none, it is one that everybody can take. */
	send_packet(s, &(struct packet_spec){ .src = "10.0.0.1", .dst = "192.0.2.21", .sport = 1, .dport = 2, .flags = SYN });
	assert_int_equal(leave(s), PH_RULE_ACCEPT);
	test_load(&s->t, "-t mangle -F", SYN_RULE "-j TCPMSS --set-mss 9000", MSS_RULE "--mss 536 -j DROP", NULL);
	assert_int_equal(leave(s), PH_RULE_DROP);
	assert_false(s->ctx.uncertain);
}

static void test_targets_tcpmss_clamp_makes_the_size_unknown(void **state)
{
	struct scene *s = *state;

	test_load(&s->t, SYN_RULE "-m tcpmss --mss 1460 -j TCPMSS --clamp-mss-to-pmtu", MSS_RULE "--mss 1460 -j DROP", NULL);
	(void)leave(s);
	assert_true(s->ctx.uncertain);
	assert_int_equal(s->ctx.uncertain_rule.number, 2);
	/* A second one that only clamps decides nothing. */
	test_load(&s->t, "-t mangle -F", SYN_RULE "-m tcpmss --mss 1400:1500 -j TCPMSS --clamp-mss-to-pmtu",
	     SYN_RULE "-m tcpmss --mss 1400:1500 -j TCPMSS --clamp-mss-to-pmtu", NULL);
	assert_int_equal(leave(s), PH_RULE_ACCEPT);
	assert_false(s->ctx.uncertain);
}

static void test_targets_tcpoptstrip_makes_options_unknown(void **state)
{
	struct scene *s = *state;

	test_load(&s->t, "-t mangle -A POSTROUTING -p tcp -j TCPOPTSTRIP --strip-options timestamp", MSS_RULE "--mss 1460 -j DROP", NULL);
	assert_int_equal(leave(s), PH_RULE_DROP);
	assert_false(s->ctx.uncertain);
	test_load(&s->t, "-t mangle -F", "-t mangle -A POSTROUTING -p tcp -j TCPOPTSTRIP --strip-options mss",
	          MSS_RULE "--mss 1460 -j DROP", NULL);
	(void)leave(s);
	assert_true(s->ctx.uncertain);
	test_load(&s->t, "-t mangle -F", "-t mangle -A POSTROUTING -p tcp -j TCPOPTSTRIP --strip-options 9",
	     "-t mangle -A POSTROUTING -p tcp -m tcp --tcp-option 2 -j DROP", NULL);
	(void)leave(s);
	assert_true(s->ctx.uncertain);
}

static void test_targets_tcpmss_drops_a_header_that_is_cut(void **state)
{
	struct scene *s = *state;

	test_load(&s->t, "-t mangle -A PREROUTING -p tcp -m tcp --syn -j TCPMSS --set-mss 1400", NULL);
	assert_int_equal(mangle(s), PH_RULE_ACCEPT);
	s->pkt.tcp_off = 60;
	assert_int_equal(mangle(s), PH_RULE_DROP);
	s->pkt.tcp_off = 16;
	assert_int_equal(mangle(s), PH_RULE_DROP);
}

static void test_targets_tcpoptstrip_drops_a_header_that_is_cut(void **state)
{
	struct scene *s = *state;

	test_load(&s->t, "-t mangle -A PREROUTING -p tcp -j TCPOPTSTRIP --strip-options mss", NULL);
	assert_int_equal(mangle(s), PH_RULE_ACCEPT);
	s->pkt.tcp_off = 60;
	assert_int_equal(mangle(s), PH_RULE_DROP);
}

static void test_targets_synproxy_answers_and_takes_acks(void **state)
{
	struct scene *s = *state;

	test_load(&s->t, "-A INPUT -p tcp -j SYNPROXY --mss 1460", NULL);
	assert_int_equal(eval(s, PH_TABLE_FILTER, PH_HOOK_INPUT), PH_RULE_DROP);
	assert_string_equal(s->ctx.reject, "tcp-syn-ack");
	send_flags(s, ACK);
	assert_int_equal(eval(s, PH_TABLE_FILTER, PH_HOOK_INPUT), PH_RULE_DROP);
	assert_null(s->ctx.reject);
	send_flags(s, SYN | ACK);
	assert_int_equal(eval(s, PH_TABLE_FILTER, PH_HOOK_INPUT), PH_RULE_ACCEPT);
	send_flags(s, RST | ACK);
	assert_int_equal(eval(s, PH_TABLE_FILTER, PH_HOOK_INPUT), PH_RULE_ACCEPT);
}

static void test_targets_that_hand_over_are_uncertain(void **state)
{
	static const char *const rules[] = {
		"-t mangle -A PREROUTING -j NFQUEUE --queue-num 3", "-t mangle -A PREROUTING -j NFQUEUE --queue-bypass",
		"-t mangle -A PREROUTING -p tcp -j TPROXY --on-port 3128",
	};
	struct scene *s = *state;

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		test_load(&s->t, "-t mangle -F", rules[i], NULL);
		assert_int_equal(mangle(s), PH_RULE_ACCEPT);
		assert_true(s->ctx.uncertain);
		assert_int_equal(s->ctx.uncertain_rule.number, 1);
	}
	test_load(&s->t, "-A INPUT -d 192.0.2.21 -j CLUSTERIP", NULL);
	assert_int_equal(eval(s, PH_TABLE_FILTER, PH_HOOK_INPUT), PH_RULE_ACCEPT);
	assert_true(s->ctx.uncertain);
}

static void test_targets_hmark_makes_the_mark_unknown(void **state)
{
	struct scene *s = *state;

	test_load(&s->t, "-t mangle -A PREROUTING -j HMARK --hmark-tuple src --hmark-mod 4 --hmark-rnd 1", NULL);
	assert_int_equal(mangle(s), PH_RULE_ACCEPT);
	assert_false(s->ctx.uncertain);
	test_load(&s->t, "-t mangle -A PREROUTING -m mark --mark 0 -j DROP", NULL);
	(void)mangle(s);
	assert_true(s->ctx.uncertain);
}

static struct ph_sets *sets_with(const char *name)
{
	struct ph_set_config config = { .type = ph_set_types, .family = PH_IPV4, .netmask = 32, .maxelem = 16 };
	struct ph_sets *sets = ph_sets_new();

	while (strcmp(config.type->name, "hash:ip") != 0)
		config.type++;
	assert_int_equal(ph_set_create(sets, name, &config), PH_OK);
	return sets;
}

static void test_targets_set_leaves_the_mark_known(void **state)
{
	struct scene *s = *state;
	struct ph_sets *sets = sets_with("x");

	s->t.load.sets = sets;
	test_load(&s->t, "-t mangle -A PREROUTING -j SET --add-set x src", "-t mangle -A PREROUTING -m mark --mark 0 -j DROP", NULL);
	assert_int_equal(mangle(s), PH_RULE_DROP);
	assert_false(s->ctx.uncertain);
	test_load(&s->t, "-t mangle -F", "-t mangle -A PREROUTING -j SET --map-set x src --map-mark",
	     "-t mangle -A PREROUTING -m mark --mark 0 -j DROP", NULL);
	(void)mangle(s);
	assert_true(s->ctx.uncertain);
	ph_sets_free(sets);
}

static void test_targets_that_only_tell_go_on(void **state)
{
	static const struct {
		enum ph_table table;
		enum ph_hook hook;
		const char *rule;
	} rules[] = {
		{ PH_TABLE_MANGLE, PH_HOOK_PREROUTING, "-t mangle -A PREROUTING -j CHECKSUM --checksum-fill" },
		{ PH_TABLE_MANGLE, PH_HOOK_FORWARD, "-t mangle -A FORWARD -j CLASSIFY --set-class 1:1" },
		{ PH_TABLE_RAW, PH_HOOK_PREROUTING, "-t raw -A PREROUTING -j TRACE" },
		{ PH_TABLE_FILTER, PH_HOOK_INPUT, "-A INPUT -j AUDIT --type accept" },
		{ PH_TABLE_FILTER, PH_HOOK_INPUT, "-A INPUT -j TEE --gateway 10.0.0.9" },
		{ PH_TABLE_SECURITY, PH_HOOK_INPUT, "-t security -A INPUT -j SECMARK --selctx x:y" },
		{ PH_TABLE_SECURITY, PH_HOOK_INPUT, "-t security -A INPUT -j CONNSECMARK --restore" },
		{ PH_TABLE_FILTER, PH_HOOK_INPUT, "-A INPUT -j IDLETIMER --timeout 5 --label x" },
		{ PH_TABLE_FILTER, PH_HOOK_INPUT, "-A INPUT -j LED --led-trigger-id x" },
		{ PH_TABLE_FILTER, PH_HOOK_INPUT, "-A INPUT -j RATEEST --rateest-name x --rateest-interval 1s --rateest-ewmalog 2s" },
	};
	struct scene *s = *state;

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		char behind[128];

		snprintf(behind, sizeof(behind), "-t %s -A %s -j DROP", ph_table_name[rules[i].table], ph_hook_name[rules[i].hook]);
		test_load(&s->t, "-F", "-t security -F", rules[i].rule, behind, NULL);
		assert_int_equal(eval(s, rules[i].table, rules[i].hook), PH_RULE_DROP);
		assert_int_equal(s->where.number, 2);
		assert_false(s->ctx.uncertain);
	}
}

#define T(name) cmocka_unit_test_setup_teardown(test_##name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(targets_nat_ends_the_walk_and_is_noted), T(targets_nat_that_does_not_match_falls_to_policy),
		T(targets_tos_is_seen_by_later_rules), T(targets_dscp_leaves_ecn_alone), T(targets_ttl_stays_within_its_byte),
		T(targets_without_a_view_change_nothing), T(targets_hl_changes_the_hop_limit),
		T(targets_tcpmss_set_is_seen_by_later_rules),
		T(targets_tcpmss_clamp_makes_the_size_unknown), T(targets_tcpoptstrip_makes_options_unknown), T(targets_tcpmss_drops_a_header_that_is_cut),
		T(targets_tcpoptstrip_drops_a_header_that_is_cut), T(targets_synproxy_answers_and_takes_acks),
		T(targets_that_hand_over_are_uncertain), T(targets_hmark_makes_the_mark_unknown),
		T(targets_set_leaves_the_mark_known), T(targets_that_only_tell_go_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
