/* -m icmp6: type and code of ICMPv6. RFC 4443, RFC 4861, RFC 2710. */
#include "rule/match/icmp_types.h"

enum { TYPE };

struct match_icmp6 {
	struct ph_icmp_test test;
};

static const struct ph_icmp_name names[] = {
	{ "destination-unreachable", 1, 0, 255 },
	{ "no-route", 1, 0, 0 }, { "communication-prohibited", 1, 1, 1 }, { "beyond-scope", 1, 2, 2 },
	{ "address-unreachable", 1, 3, 3 }, { "port-unreachable", 1, 4, 4 }, { "failed-policy", 1, 5, 5 },
	{ "reject-route", 1, 6, 6 },
	{ "packet-too-big", 2, 0, 255 },
	{ "time-exceeded", 3, 0, 255 }, { "ttl-exceeded", 3, 0, 255 },
	{ "ttl-zero-during-transit", 3, 0, 0 }, { "ttl-zero-during-reassembly", 3, 1, 1 },
	{ "parameter-problem", 4, 0, 255 },
	{ "bad-header", 4, 0, 0 }, { "unknown-header-type", 4, 1, 1 }, { "unknown-option", 4, 2, 2 },
	{ "echo-request", 128, 0, 255 }, { "ping", 128, 0, 255 },
	{ "echo-reply", 129, 0, 255 }, { "pong", 129, 0, 255 },
	{ "mld-listener-query", 130, 0, 255 }, { "mld-listener-report", 131, 0, 255 },
	{ "mld-listener-done", 132, 0, 255 }, { "mld-listener-reduction", 132, 0, 255 },
	{ "router-solicitation", 133, 0, 255 }, { "router-advertisement", 134, 0, 255 },
	{ "neighbour-solicitation", 135, 0, 255 }, { "neighbor-solicitation", 135, 0, 255 },
	{ "neighbour-advertisement", 136, 0, 255 }, { "neighbor-advertisement", 136, 0, 255 },
	{ "redirect", 137, 0, 255 },
	{ NULL, 0, 0, 0 },
};

static bool parse_type(struct ph_arg *arg)
{
	struct match_icmp6 *m = (void *)arg->part->data;

	return ph_icmp_test_parse(arg, names, &m->test);
}

static void print_type(const struct ph_part *part, uint8_t family, struct ph_writer *w)
{
	(void)family;
	ph_icmp_test_print((const void *)part->data, w);
}

static const struct ph_opt options[] = {
	{ .name = "icmpv6-type", .what = "a type such as 128, 1/3 or echo-request", .type = PH_ARG_CUSTOM,
	  .flags = PH_OPT_NEEDED | PH_OPT_INVERT, .id = TYPE, .parse = parse_type, .print = print_type },
};

const struct ph_ext ph_match_icmp6 = {
	.name = "icmp6", .spelling = { "icmpv6", "ipv6-icmp" }, .what = "type and code of ICMPv6", .kind = PH_EXT_MATCH,
	.families = PH_FAMILY_6, .proto = PH_PROTO_ICMPV6, .implied = true, .size = sizeof(struct match_icmp6),
	PH_EXT_OPTIONS(options), .match = ph_icmp_test_match,
};
