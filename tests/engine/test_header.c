/* What a rule changes in a header counts for what comes behind it: later hooks, and forwarding. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <pinhole/engine.h>
#include "support/support.h"

static const char network[] =
	"ip link add eth0\nip link add eth1\n"
	"ip addr add 10.20.0.1/24 dev eth0\nip addr add 10.30.0.1/24 dev eth1\n";

/* Where a forwarded packet of this hop limit ends. */
static enum ph_fate fate(uint8_t ttl, const char *rules)
{
	static const struct ph_policy_source source = { .name = "test" };
	struct ph_policy *policy = ph_policy_new();
	struct ph_diags *diags = ph_diags_new();
	struct ph_packet_out out;
	struct ph_engine *engine;
	struct packet packet;

	assert_int_equal(ph_policy_load(policy, &source, network, strlen(network), diags), PH_OK);
	assert_int_equal(ph_policy_load(policy, &source, rules, strlen(rules), diags), PH_OK);
	assert_int_equal(ph_policy_finish(policy, diags), PH_OK);
	engine = ph_engine_new(policy, &(struct ph_engine_config){ 0 });
	assert_non_null(engine);
	packet_build(&packet, &(struct packet_spec){ .src = "10.20.0.2", .dst = "10.30.0.2", .sport = 1, .dport = 2, .flags = 2,
	                                             .ttl = ttl });
	ph_engine_process(engine, &(struct ph_packet_in){ .frame = { .data = packet.data, .len = (uint32_t)packet.len,
		.wire_len = (uint32_t)packet.len, .link = PH_LINK_RAW } }, &out, 1);
	ph_engine_free(engine);
	ph_policy_free(policy);
	ph_diags_free(diags);
	return out.fate;
}

static void test_header_hop_limit_is_less_by_one_behind_forwarding(void **state)
{
	assert_int_equal(fate(64, "iptables -t mangle -A PREROUTING -m ttl --ttl-eq 64 -j DROP\n"), PH_FATE_RULE);
	assert_int_equal(fate(64, "iptables -A FORWARD -m ttl --ttl-eq 63 -j DROP\n"), PH_FATE_RULE);
	assert_int_equal(fate(64, "iptables -A FORWARD -m ttl --ttl-eq 64 -j DROP\n"), PH_FATE_FORWARDED);
	assert_int_equal(fate(64, "iptables -t mangle -A POSTROUTING -m ttl --ttl-lt 64 -j DROP\n"), PH_FATE_RULE);
}

static void test_header_hop_limit_set_counts_for_forwarding(void **state)
{
	assert_int_equal(fate(1, ""), PH_FATE_TTL);
	assert_int_equal(fate(1, "iptables -t mangle -A PREROUTING -j TTL --ttl-inc 1\n"), PH_FATE_FORWARDED);
	assert_int_equal(fate(64, "iptables -t mangle -A PREROUTING -j TTL --ttl-set 1\n"), PH_FATE_TTL);
	assert_int_equal(fate(64, "iptables -t mangle -A FORWARD -j TTL --ttl-set 255\n"
	                          "iptables -t mangle -A POSTROUTING -m ttl --ttl-eq 255 -j DROP\n"), PH_FATE_RULE);
}

static void test_header_tos_changed_is_seen_at_later_hooks(void **state)
{
	assert_int_equal(fate(64, "iptables -t mangle -A PREROUTING -j DSCP --set-dscp-class EF\n"
	                          "iptables -A FORWARD -m dscp --dscp-class EF -j DROP\n"), PH_FATE_RULE);
	assert_int_equal(fate(64, "iptables -A FORWARD -m dscp --dscp-class EF -j DROP\n"), PH_FATE_FORWARDED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_header_hop_limit_is_less_by_one_behind_forwarding),
		cmocka_unit_test(test_header_hop_limit_set_counts_for_forwarding),
		cmocka_unit_test(test_header_tos_changed_is_seen_at_later_hooks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
