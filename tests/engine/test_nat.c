/* Table nat is walked by the first packet of each connection, at its place among the other tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <pinhole/engine.h>
#include "support/support.h"

#define SYN 2
#define RST 4
#define ACK 16

static const char network[] =
	"ip link add eth0\nip link add eth1\n"
	"ip addr add 10.20.0.1/24 dev eth0\nip addr add 10.30.0.1/24 dev eth1\n";
static const char rules[] =
	"iptables -t nat -A PREROUTING -j DNAT --to-destination 10.30.0.9\n"
	"iptables -t nat -A INPUT -j SNAT --to-source 10.20.0.1\n"
	"iptables -t nat -A POSTROUTING -j MASQUERADE\n"
	"iptables -t raw -A PREROUTING -p icmp -j NOTRACK\n";

struct scene {
	struct ph_policy *policy;
	struct ph_engine *engine;
	uint64_t now_ms;
	char text[8192];
	size_t len;
};

static int setup(void **state)
{
	static const struct ph_policy_source source = { .name = "test" };
	struct scene *s = calloc(1, sizeof(*s));
	struct ph_diags *diags = ph_diags_new();

	assert_non_null(s);
	s->policy = ph_policy_new();
	assert_int_equal(ph_policy_load(s->policy, &source, network, strlen(network), diags), PH_OK);
	assert_int_equal(ph_policy_load(s->policy, &source, rules, strlen(rules), diags), PH_OK);
	assert_int_equal(ph_policy_finish(s->policy, diags), PH_OK);
	/* One warning for each kind of translation. */
	assert_int_equal(ph_diags_count(diags), 3);
	ph_diags_free(diags);
	s->engine = ph_engine_new(s->policy, &(struct ph_engine_config){ 0 });
	assert_non_null(s->engine);
	*state = s;
	return 0;
}

static int teardown(void **state)
{
	struct scene *s = *state;

	ph_engine_free(s->engine);
	ph_policy_free(s->policy);
	free(s);
	return 0;
}

static enum ph_fate send(struct scene *s, int iface, const struct packet_spec *spec)
{
	struct ph_packet_out out;
	struct packet packet;

	packet_build(&packet, spec);
	ph_engine_process(s->engine, &(struct ph_packet_in){
		.frame = { .data = packet.data, .len = (uint32_t)packet.len, .wire_len = (uint32_t)packet.len, .link = PH_LINK_RAW,
		           .time_ms = s->now_ms++ }, .iface = (uint16_t)iface }, &out, 1);
	return out.fate;
}

static enum ph_fate forward(struct scene *s, uint16_t sport, uint8_t flags)
{
	return send(s, 0, &(struct packet_spec){ .src = "10.20.0.2", .dst = "10.30.0.2", .sport = sport, .dport = 80, .seq = 1,
	                                         .flags = flags });
}

static enum ph_fate answer(struct scene *s, uint16_t dport)
{
	return send(s, 1, &(struct packet_spec){ .src = "10.30.0.2", .dst = "10.20.0.2", .sport = 80, .dport = dport, .seq = 1,
	                                         .ack = 2, .flags = SYN | ACK });
}

static void collect(void *arg, const char *text, size_t len)
{
	struct scene *s = arg;

	assert_true(s->len + len < sizeof(s->text));
	memcpy(s->text + s->len, text, len);
	s->len += len;
	s->text[s->len] = '\0';
}

/* How many packets a rule has counted, as printed: "[N:". */
static bool counted(struct scene *s, const char *count_and_rule)
{
	s->len = 0;
	ph_policy_print(s->policy, PH_IPV4, true, (struct ph_sink){ collect, s });
	return strstr(s->text, count_and_rule) != NULL;
}

static void test_nat_first_packet_of_a_connection_walks_it(void **state)
{
	struct scene *s = *state;

	assert_int_equal(forward(s, 4000, SYN), PH_FATE_FORWARDED);
	assert_int_equal(answer(s, 4000), PH_FATE_FORWARDED);
	assert_int_equal(forward(s, 4000, ACK), PH_FATE_FORWARDED);
	assert_true(counted(s, "[1:40] -A PREROUTING -j DNAT"));
	assert_true(counted(s, "[1:40] -A POSTROUTING -j MASQUERADE"));
	assert_true(counted(s, "[0:0] -A INPUT -j SNAT"));
	assert_int_equal(forward(s, 4001, SYN), PH_FATE_FORWARDED);
	assert_true(counted(s, "[2:80] -A PREROUTING -j DNAT"));
}

static void test_nat_first_packet_to_the_firewall_walks_input(void **state)
{
	struct scene *s = *state;

	assert_int_equal(send(s, 0, &(struct packet_spec){ .src = "10.20.0.2", .dst = "10.20.0.1", .sport = 1, .dport = 22,
	                                                   .flags = SYN }), PH_FATE_LOCAL);
	assert_true(counted(s, "[1:40] -A INPUT -j SNAT"));
	assert_true(counted(s, "[0:0] -A POSTROUTING -j MASQUERADE"));
}

static void test_nat_invalid_and_untracked_packets_pass_it_by(void **state)
{
	struct scene *s = *state;

	assert_int_equal(forward(s, 4000, SYN | RST), PH_FATE_FORWARDED);
	assert_int_equal(send(s, 0, &(struct packet_spec){ .src = "10.20.0.2", .dst = "10.30.0.2", .proto = 1, .icmp_type = 8 }),
	                 PH_FATE_FORWARDED);
	assert_true(counted(s, "[0:0] -A PREROUTING -j DNAT"));
	assert_true(counted(s, "[0:0] -A POSTROUTING -j MASQUERADE"));
}

/* Only a save file can say so; iptables refuses the command. */
static void test_nat_policy_drop_drops_first_packets(void **state)
{
	static const struct ph_policy_source source = { .name = "test.v4" };
	static const char save[] = "*nat\n:PREROUTING DROP [0:0]\n-A PREROUTING -p tcp -m tcp --dport 80 -j ACCEPT\nCOMMIT\n";
	struct scene s = { .now_ms = 0 };
	struct ph_diags *diags = ph_diags_new();

	s.policy = ph_policy_new();
	assert_int_equal(ph_policy_load(s.policy, &source, network, strlen(network), diags), PH_OK);
	assert_int_equal(ph_policy_load(s.policy, &source, save, strlen(save), diags), PH_OK);
	assert_int_equal(ph_policy_finish(s.policy, diags), PH_OK);
	assert_int_equal(ph_diags_count(diags), 0);
	s.engine = ph_engine_new(s.policy, &(struct ph_engine_config){ 0 });
	assert_int_equal(forward(&s, 4000, SYN), PH_FATE_FORWARDED);
	assert_int_equal(answer(&s, 4000), PH_FATE_FORWARDED);
	assert_int_equal(send(&s, 1, &(struct packet_spec){ .src = "10.30.0.2", .dst = "10.20.0.2", .sport = 80, .dport = 22,
	                                                    .flags = SYN }), PH_FATE_RULE);
	ph_engine_free(s.engine);
	ph_policy_free(s.policy);
	ph_diags_free(diags);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_nat_first_packet_of_a_connection_walks_it, setup, teardown),
		cmocka_unit_test_setup_teardown(test_nat_first_packet_to_the_firewall_walks_input, setup, teardown),
		cmocka_unit_test(test_nat_policy_drop_drops_first_packets),
		cmocka_unit_test_setup_teardown(test_nat_invalid_and_untracked_packets_pass_it_by, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
