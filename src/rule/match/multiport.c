/* -m multiport: up to 15 ports, a range counting as two. */
#include "rule/match/ports.h"
#include "rule/text/args.h"
#include "rule/text/word.h"

enum { SOURCE, DESTINATION, EITHER };
#define ALL (PH_BIT(SOURCE) | PH_BIT(DESTINATION) | PH_BIT(EITHER))

struct match_multiport {
	struct ph_range16 port[15];
	uint8_t n;
};

static bool parse_one(struct ph_arg *arg, struct ph_cur text, struct ph_range16 *out)
{
	struct ph_cur low = text;
	bool range = ph_cur_find(&text, ':');

	if (range)
		low.end = text.at;
	if (!ph_port_parse(&low, &out->lo) || (range && (!ph_cur_skip(&text, 1) || !ph_port_parse(&text, &out->hi))))
		return ph_arg_error(arg, "\"%.*s\" is not %s", PH_WORD_SHOWN(arg->word), arg->opt->what);
	if (!range)
		out->hi = out->lo;
	if (range && out->lo >= out->hi)
		return ph_arg_error(arg, "%u:%u is no range: the first port must be the smaller one", out->lo, out->hi);
	return true;
}

static bool parse_ports(struct ph_arg *arg)
{
	struct match_multiport *m = (void *)arg->part->data;
	struct ph_cur rest = ph_word_cur(arg->word), piece;
	unsigned places = 0;
	bool more = true;

	/* Who reads iptables' order strictly: -p has to come first. */
	if (!(arg->rule->tests & PH_TEST_PROTO))
		return ph_arg_error(arg, "needs -p tcp, udp, udplite, sctp or dccp before it");
	while (ph_cur_piece(&rest, ',', &more, &piece)) {
		struct ph_range16 r;

		if (!parse_one(arg, piece, &r))
			return false;
		places += r.lo == r.hi ? 1 : 2;
		if (places > 15)
			return ph_arg_error(arg, "more than 15 ports (a range counts as two): use two rules");
		m->port[m->n++] = r;
	}
	return true;
}

static void print_ports(const struct ph_part *part, uint8_t family, struct ph_writer *w)
{
	const struct match_multiport *m = (const void *)part->data;

	(void)family;
	for (unsigned i = 0; i < m->n; i++) {
		if (i)
			ph_put_char(w, ',');
		ph_put_range16(w, &m->port[i]);
	}
}

static bool check(struct ph_check *c)
{
	static const uint8_t with_ports[] = { PH_PROTO_TCP, PH_PROTO_UDP, 33, PH_PROTO_SCTP, PH_PROTO_UDPLITE };

	if (!(c->part->given & ALL))
		return ph_check_error(c, -1, "says nothing: give it --sports, --dports or --ports");
	if ((c->rule->inverted & PH_TEST_PROTO) || !(c->rule->tests & PH_TEST_PROTO) ||
	    !memchr(with_ports, c->rule->proto, sizeof(with_ports)))
		return ph_check_error(c, -1, "needs -p tcp, udp, udplite, sctp or dccp, not negated");
	return true;
}

static enum ph_match match(struct ph_part *part, struct ph_rule_ctx *ctx)
{
	const struct match_multiport *m = (const void *)part->data;
	struct ph_cur l4 = ctx->pkt->l4;
	uint16_t sport, dport;

	if (ctx->pkt->frag_off)
		return PH_MATCH_NO;
	if (!ph_cur_u16(&l4, &sport) || !ph_cur_u16(&l4, &dport)) {
		ctx->hotdrop = true;
		return PH_MATCH_NO;
	}
	for (unsigned i = 0; i < m->n; i++) {
		if (!ph_part_has(part, DESTINATION) && ph_range16_has(&m->port[i], sport, false))
			return ph_match_if(!part->inverted);
		if (!ph_part_has(part, SOURCE) && ph_range16_has(&m->port[i], dport, false))
			return ph_match_if(!part->inverted);
	}
	return ph_match_if(part->inverted);
}

#define ENTRY(option, which, more) \
	{ .name = option, .what = "a list of ports and ranges such as 80,443,1024:2047", .type = PH_ARG_CUSTOM, \
	  .flags = PH_OPT_INVERT | (more), .id = which, .excludes = ALL & ~PH_BIT(which), .parse = parse_ports, \
	  .print = print_ports }

static const struct ph_opt options[] = {
	ENTRY("sports", SOURCE, 0), ENTRY("source-ports", SOURCE, PH_OPT_SPELLING),
	ENTRY("dports", DESTINATION, 0), ENTRY("destination-ports", DESTINATION, PH_OPT_SPELLING),
	ENTRY("ports", EITHER, 0),
};

const struct ph_ext ph_match_multiport = {
	.name = "multiport", .what = "lists of ports", .kind = PH_EXT_MATCH, .families = PH_FAMILY_ANY,
	.size = sizeof(struct match_multiport), PH_EXT_OPTIONS(options), .check = check, .match = match,
};
