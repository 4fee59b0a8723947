/* -m tcp: ports, flags and options of the TCP header. RFC 9293 3.1. */
#include "rule/match/ports.h"
#include "rule/match/tcp.h"
#include "rule/text/word.h"

enum { SPORT, DPORT, FLAGS, OPTION };

struct match_tcp {
	struct ph_range16 sport, dport;
	uint8_t mask, flags;            /* of those in mask, exactly these are set */
	uint8_t option;                 /* kind; 0: not asked */
};

static const struct ph_name flag_names[] = {
	{ "FIN", PH_TCP_FIN }, { "SYN", PH_TCP_SYN }, { "RST", PH_TCP_RST }, { "PSH", PH_TCP_PSH },
	{ "ACK", PH_TCP_ACK }, { "URG", PH_TCP_URG }, { "ALL", 0x3f }, { "NONE", 0 }, { NULL, 0 },
};

static void init(void *data, uint8_t family)
{
	struct match_tcp *m = data;

	(void)family;
	m->sport.hi = m->dport.hi = 65535;
}

static bool parse_flag_list(struct ph_arg *arg, const struct ph_word *word, uint8_t *out)
{
	struct ph_cur rest = ph_word_cur(word), piece;
	uint32_t value = 0;
	bool more = true;

	while (ph_cur_piece(&rest, ',', &more, &piece)) {
		const struct ph_name *n = flag_names;

		while (n->name && !(ph_cur_left(&piece) == strlen(n->name) && ph_cur_begins_nocase(&piece, n->name)))
			n++;
		if (!n->name)
			return ph_arg_error(arg, "\"%.*s\" is not a TCP flag (FIN SYN RST PSH ACK URG ALL NONE)",
			                    PH_CUR_SHOWN(&piece));
		value |= n->value;
	}
	*out = (uint8_t)value;
	return true;
}

static bool parse_flags(struct ph_arg *arg)
{
	struct match_tcp *m = (void *)arg->part->data;

	return parse_flag_list(arg, &arg->word[0], &m->mask) && parse_flag_list(arg, &arg->word[1], &m->flags);
}

static bool parse_syn(struct ph_arg *arg)
{
	struct match_tcp *m = (void *)arg->part->data;

	m->mask = PH_TCP_FIN | PH_TCP_SYN | PH_TCP_RST | PH_TCP_ACK;
	m->flags = PH_TCP_SYN;
	return true;
}

static void print_flag_list(uint8_t flags, struct ph_writer *w)
{
	bool any = false;

	for (const struct ph_name *n = flag_names; n->value != 0x3f; n++) {
		if (!(flags & n->value))
			continue;
		ph_put_format(w, "%s%s", any ? "," : "", n->name);
		any = true;
	}
	if (!any)
		ph_put_text(w, "NONE");
}

static void print_flags(const struct ph_part *part, uint8_t family, struct ph_writer *w)
{
	const struct match_tcp *m = (const void *)part->data;

	(void)family;
	print_flag_list(m->mask, w);
	ph_put_char(w, ' ');
	print_flag_list(m->flags, w);
}

/* `--tcp-flags NONE NONE` asks nothing. */
static bool check(struct ph_check *c)
{
	const struct match_tcp *m = (const void *)c->part->data;

	if (m->mask == 0 && m->flags == 0 && !ph_part_inverted(c->part, FLAGS))
		c->part->given &= ~PH_BIT(FLAGS);
	return true;
}

/* Is there an option of this kind between the fixed header and the data offset? A length of 0 counts as 1. */
static bool has_option(struct ph_cur options, uint8_t want)
{
	uint8_t kind, len;

	while (ph_cur_peek(&options, 0, &kind)) {
		len = 1;
		if (kind == want)
			return true;
		/* End of list and no operation are one byte long. */
		if (kind >= 2 && !ph_cur_peek(&options, 1, &len))
			return false;
		if (!ph_cur_skip(&options, len ? len : 1))
			return false;
	}
	return false;
}

static bool match_option(const struct ph_part *part, const struct match_tcp *m, struct ph_rule_ctx *ctx)
{
	struct ph_cur l4 = ctx->pkt->l4, options;
	size_t off = ctx->pkt->tcp_off;

	if (off < 20 || !ph_cur_skip(&l4, 20) || !ph_cur_sub(&l4, off - 20, &options)) {
		ctx->hotdrop = true;
		return false;
	}
	return has_option(options, m->option) != ph_part_inverted(part, OPTION);
}

static enum ph_match match(struct ph_part *part, struct ph_rule_ctx *ctx)
{
	const struct match_tcp *m = (const void *)part->data;
	const struct ph_pkt *pkt = ctx->pkt;
	bool hit;

	if (pkt->frag_off) {
		/* RFC 3128: a fragment that begins at byte 8 could rewrite the flags. */
		ctx->hotdrop = pkt->frag_off == 8;
		return PH_MATCH_NO;
	}
	if (ph_cur_left(&pkt->l4) < 20) {
		ctx->hotdrop = true;
		return PH_MATCH_NO;
	}
	if (!ph_range16_has(&m->sport, pkt->sport, ph_part_inverted(part, SPORT)) ||
	    !ph_range16_has(&m->dport, pkt->dport, ph_part_inverted(part, DPORT)))
		return PH_MATCH_NO;
	if (ph_part_has(part, FLAGS) && ((pkt->tcp_flags & m->mask) == m->flags) == ph_part_inverted(part, FLAGS))
		return PH_MATCH_NO;
	if (!ph_part_has(part, OPTION))
		return PH_MATCH_YES;
	hit = match_option(part, m, ctx);
	/* A target may have changed the options. */
	return (ctx->unsure & PH_TOUCH_TCP) && !ctx->hotdrop ? PH_MATCH_UNKNOWN : ph_match_if(hit);
}

#define PORT_WHAT "a port or a range of ports, each a number to 65535 or a service's name"

static const struct ph_opt options[] = {
	{ .name = "sport", .what = PORT_WHAT, .type = PH_ARG_PORTS, .flags = PH_OPT_INVERT | PH_OPT_DEFAULT, .id = SPORT,
	  PH_OPT_FIELD(struct match_tcp, sport) },
	{ .name = "source-port", .what = PORT_WHAT, .type = PH_ARG_PORTS, .flags = PH_OPT_INVERT | PH_OPT_SPELLING,
	  .id = SPORT, PH_OPT_FIELD(struct match_tcp, sport) },
	{ .name = "dport", .what = PORT_WHAT, .type = PH_ARG_PORTS, .flags = PH_OPT_INVERT | PH_OPT_DEFAULT, .id = DPORT,
	  PH_OPT_FIELD(struct match_tcp, dport) },
	{ .name = "destination-port", .what = PORT_WHAT, .type = PH_ARG_PORTS, .flags = PH_OPT_INVERT | PH_OPT_SPELLING,
	  .id = DPORT, PH_OPT_FIELD(struct match_tcp, dport) },
	{ .name = "tcp-option", .what = "the kind of a TCP option, 1 to 255", .type = PH_ARG_UINT, .flags = PH_OPT_INVERT,
	  .id = OPTION, PH_OPT_FIELD(struct match_tcp, option), .min = 1, .max = 255 },
	{ .name = "tcp-flags", .what = "two lists of flags: those to look at, those that are set", .type = PH_ARG_CUSTOM,
	  .flags = PH_OPT_INVERT, .id = FLAGS, .words = 2, .parse = parse_flags, .print = print_flags },
	{ .name = "syn", .type = PH_ARG_FLAG, .flags = PH_OPT_INVERT | PH_OPT_SPELLING, .id = FLAGS, .parse = parse_syn },
};

const struct ph_ext ph_match_tcp = {
	.name = "tcp", .what = "ports, flags and options of TCP", .kind = PH_EXT_MATCH, .families = PH_FAMILY_ANY,
	.proto = PH_PROTO_TCP, .implied = true, .size = sizeof(struct match_tcp), PH_EXT_OPTIONS(options),
	.init = init, .check = check, .match = match,
};

bool ph_match_tcp_wants_syn(const struct ph_part *part)
{
	const struct match_tcp *m = (const void *)part->data;

	return part->ext == &ph_match_tcp && ph_part_has(part, FLAGS) && !ph_part_inverted(part, FLAGS) &&
	       (m->mask & m->flags & PH_TCP_SYN);
}
