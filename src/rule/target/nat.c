/* Addresses and ports that the targets of table nat translate to; see nat.h. */
#include "rule/target/nat.h"

#include "rule/text/word.h"

static bool bad(const struct ph_arg *arg, const char *why)
{
	return ph_arg_error(arg, "\"%.*s\": %s", PH_WORD_SHOWN(arg->word), why);
}

/* Ports mean something to these protocols only; iptables wants -p before them, and does not mind ICMP or a `!`. */
static bool proto_has_ports(const struct ph_arg *arg)
{
	static const uint8_t with_ports[] = { PH_PROTO_TCP, PH_PROTO_UDP, PH_PROTO_SCTP, 33, PH_PROTO_ICMP };

	if ((arg->rule->tests & PH_TEST_PROTO) && memchr(with_ports, arg->rule->proto, sizeof(with_ports)))
		return true;
	return bad(arg, "a port needs -p tcp, udp, sctp or dccp before it");
}

/* Where a shifted range begins, behind its `/`. */
static bool parse_base(struct ph_arg *arg, struct ph_cur c, struct ph_nat_to *to)
{
	if (strcmp(arg->opt->name, "to-destination") != 0)
		return bad(arg, "only DNAT shifts a range of ports by a base");
	if (!ph_port_parse(&c, &to->base) || to->base == 0)
		return bad(arg, "the base behind / is not a port from 1 to 65535");
	to->has_base = true;
	return true;
}

static bool parse_ports(struct ph_arg *arg, struct ph_cur c, struct ph_nat_to *to)
{
	struct ph_cur low = c, base;
	uint32_t lo, hi;

	if (!proto_has_ports(arg))
		return false;
	to->has_ports = true;
	if (!ph_cur_number(&c, 65535, &lo) || !ph_cur_byte(&c, '-')) {
		/* Names of services may hold a dash, so that ranges are of numbers. */
		if (!ph_port_parse(&low, &to->port_lo))
			return bad(arg, "not a port from 0 to 65535, nor a range such as 1024-65535");
		to->port_hi = to->port_lo;
		return true;
	}
	base = c;
	if (ph_cur_find(&base, '/')) {
		c.end = base.at;
		if (!ph_cur_skip(&base, 1) || !parse_base(arg, base, to))
			return false;
	}
	if (!ph_cur_number(&c, 65535, &hi) || ph_cur_left(&c))
		return bad(arg, "the range does not end in a number to 65535");
	if (hi < lo)
		return bad(arg, "the range of ports runs backwards");
	to->port_lo = (uint16_t)lo;
	to->port_hi = (uint16_t)hi;
	return true;
}

bool ph_nat_parse_ports(struct ph_arg *arg)
{
	return parse_ports(arg, ph_word_cur(arg->word), (void *)arg->part->data);
}

static bool parse_one_addr(const struct ph_arg *arg, const struct ph_cur *c, struct ph_addr *out)
{
	if (ph_addr_parse(arg->family, (const char *)c->at, ph_cur_left(c), out))
		return true;
	return ph_arg_error(arg, "\"%.*s\" is not an IPv%u address (names are not looked up)", PH_CUR_SHOWN(c),
	                    (unsigned)arg->family);
}

static bool parse_addrs(const struct ph_arg *arg, struct ph_cur c, struct ph_nat_to *to)
{
	struct ph_cur high = c;

	if (ph_cur_find(&high, '-')) {
		c.end = high.at;
		if (!ph_cur_skip(&high, 1) || !parse_one_addr(arg, &high, &to->hi) || !parse_one_addr(arg, &c, &to->lo))
			return false;
	} else {
		if (!parse_one_addr(arg, &c, &to->lo))
			return false;
		to->hi = to->lo;
	}
	to->has_addr = true;
	return true;
}

/* Cuts what was given in two: addresses, and behind a colon ports. IPv6: a colon outside of brackets. */
static bool cut(const struct ph_arg *arg, struct ph_cur *addrs, struct ph_cur *ports, bool *has_ports)
{
	struct ph_cur rest = *addrs;

	*has_ports = false;
	if (arg->family == PH_IPV6 && !ph_cur_byte(&rest, '[')) {
		if (!ph_cur_byte(&rest, ':') || ph_cur_byte(&rest, ':'))
			return true;            /* plain addresses: "::1" */
		addrs->end = addrs->at;
		*ports = rest;
		return *has_ports = true;
	}
	if (arg->family == PH_IPV6) {
		*addrs = rest;
		if (!ph_cur_find(&rest, ']'))
			return bad(arg, "the bracket is not closed");
		addrs->end = rest.at;
		if (!ph_cur_skip(&rest, 1) || !ph_cur_left(&rest))
			return true;
		if (!ph_cur_byte(&rest, ':'))
			return bad(arg, "behind the bracket only a colon and a port may follow");
	} else {
		if (!ph_cur_find(&rest, ':'))
			return true;
		addrs->end = rest.at;
		if (!ph_cur_skip(&rest, 1))
			return false;
	}
	*ports = rest;
	return *has_ports = true;
}

bool ph_nat_parse_to(struct ph_arg *arg)
{
	struct ph_nat_to *to = (void *)arg->part->data;
	struct ph_cur addrs = ph_word_cur(arg->word), ports;
	bool has_ports;

	if (!cut(arg, &addrs, &ports, &has_ports))
		return false;
	if (has_ports && !parse_ports(arg, ports, to))
		return false;
	return (has_ports && !ph_cur_left(&addrs)) || parse_addrs(arg, addrs, to);
}

static void put_ports(const struct ph_nat_to *to, struct ph_writer *w)
{
	ph_put_format(w, "%u", to->port_lo);
	/* A base stands behind a range only: iptables prints 20-20/5 as 20/5, and does not read that. */
	if (to->port_hi != to->port_lo || to->has_base)
		ph_put_format(w, "-%u", to->port_hi);
	if (to->has_base)
		ph_put_format(w, "/%u", to->base);
}

void ph_nat_print_ports(const struct ph_part *part, uint8_t family, struct ph_writer *w)
{
	(void)family;
	put_ports((const void *)part->data, w);
}

void ph_nat_print_to(const struct ph_part *part, uint8_t family, struct ph_writer *w)
{
	const struct ph_nat_to *to = (const void *)part->data;
	bool brackets = family == PH_IPV6 && to->has_addr && to->has_ports;
	char text[PH_ADDR_TEXT];

	if (brackets)
		ph_put_char(w, '[');
	if (to->has_addr)
		ph_put_text(w, ph_addr_format(text, family, &to->lo));
	if (memcmp(&to->lo, &to->hi, sizeof(to->lo)) != 0)
		ph_put_format(w, "-%s", ph_addr_format(text, family, &to->hi));
	if (brackets)
		ph_put_char(w, ']');
	if (!to->has_ports)
		return;
	ph_put_char(w, ':');
	put_ports(to, w);
}

enum ph_target_verdict ph_nat_target(const struct ph_part *part, struct ph_rule_ctx *ctx, const struct ph_rule_ref *ref)
{
	(void)ref;
	ctx->nat = part;
	return PH_TARGET_ACCEPT;
}
