/* -m icmp: type and code. RFC 792, RFC 1122 3.2.2, RFC 1812 5.2.7. */
#include "rule/match/icmp_types.h"

enum { TYPE };

struct match_icmp {
	struct ph_icmp_test test;
};

/* The names iptables knows; those of one type stand together. */
static const struct ph_icmp_name names[] = {
	{ "any", 255, 0, 255 },
	{ "echo-reply", 0, 0, 255 }, { "pong", 0, 0, 255 },
	{ "destination-unreachable", 3, 0, 255 },
	{ "network-unreachable", 3, 0, 0 }, { "host-unreachable", 3, 1, 1 }, { "protocol-unreachable", 3, 2, 2 },
	{ "port-unreachable", 3, 3, 3 }, { "fragmentation-needed", 3, 4, 4 }, { "source-route-failed", 3, 5, 5 },
	{ "network-unknown", 3, 6, 6 }, { "host-unknown", 3, 7, 7 }, { "network-prohibited", 3, 9, 9 },
	{ "host-prohibited", 3, 10, 10 }, { "TOS-network-unreachable", 3, 11, 11 }, { "TOS-host-unreachable", 3, 12, 12 },
	{ "communication-prohibited", 3, 13, 13 }, { "host-precedence-violation", 3, 14, 14 },
	{ "precedence-cutoff", 3, 15, 15 },
	{ "source-quench", 4, 0, 255 },
	{ "redirect", 5, 0, 255 }, { "network-redirect", 5, 0, 0 }, { "host-redirect", 5, 1, 1 },
	{ "TOS-network-redirect", 5, 2, 2 }, { "TOS-host-redirect", 5, 3, 3 },
	{ "echo-request", 8, 0, 255 }, { "ping", 8, 0, 255 },
	{ "router-advertisement", 9, 0, 255 }, { "router-solicitation", 10, 0, 255 },
	{ "time-exceeded", 11, 0, 255 }, { "ttl-exceeded", 11, 0, 255 },
	{ "ttl-zero-during-transit", 11, 0, 0 }, { "ttl-zero-during-reassembly", 11, 1, 1 },
	{ "parameter-problem", 12, 0, 255 }, { "ip-header-bad", 12, 0, 0 }, { "required-option-missing", 12, 1, 1 },
	{ "timestamp-request", 13, 0, 255 }, { "timestamp-reply", 14, 0, 255 },
	{ "address-mask-request", 17, 0, 255 }, { "address-mask-reply", 18, 0, 255 },
	{ NULL, 0, 0, 0 },
};

static bool parse_type(struct ph_arg *arg)
{
	struct match_icmp *m = (void *)arg->part->data;

	if (!ph_icmp_test_parse(arg, names, &m->test))
		return false;
	/* Type 255 of the table means any type, with whatever code. */
	if (m->test.type == 255 && m->test.lo == 0 && m->test.hi == 255)
		m->test.any = true;
	return true;
}

static void print_type(const struct ph_part *part, uint8_t family, struct ph_writer *w)
{
	(void)family;
	ph_icmp_test_print((const void *)part->data, w);
}

static const struct ph_opt options[] = {
	{ .name = "icmp-type", .what = "a type such as 8, 3/1 or echo-request", .type = PH_ARG_CUSTOM,
	  .flags = PH_OPT_NEEDED | PH_OPT_INVERT, .id = TYPE, .parse = parse_type, .print = print_type },
};

const struct ph_ext ph_match_icmp = {
	.name = "icmp", .what = "type and code of ICMP", .kind = PH_EXT_MATCH, .families = PH_FAMILY_4,
	.proto = PH_PROTO_ICMP, .implied = true, .size = sizeof(struct match_icmp), PH_EXT_OPTIONS(options),
	.match = ph_icmp_test_match,
};
