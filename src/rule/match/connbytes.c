/* -m connbytes: what a connection has transferred so far, this packet included. A rule that asks turns the counting on, as
 * nf_conntrack_acct does. A packet without a connection does not match, negated or not. */
#include "rule/ext.h"
#include "rule/text/word.h"
#include "track/track.h"

enum { BYTES, DIR, MODE };
enum { ORIGINAL, REPLY, BOTH };
enum { PACKETS, IN_BYTES, AVERAGE };

struct match_connbytes {
	uint64_t from, to;
	uint8_t dir, mode;
};

static const struct ph_name dirs[] = { { "original", ORIGINAL }, { "reply", REPLY }, { "both", BOTH }, { NULL, 0 } };
static const struct ph_name modes[] = { { "packets", PACKETS }, { "bytes", IN_BYTES }, { "avgpkt", AVERAGE }, { NULL, 0 } };

static bool end_of(struct ph_cur c, uint64_t nothing, uint64_t *out)
{
	*out = nothing;
	return !ph_cur_left(&c) || (ph_cur_number64(&c, out) && !ph_cur_left(&c));
}

static bool parse_bytes(struct ph_arg *arg)
{
	struct match_connbytes *m = (void *)arg->part->data;
	struct ph_cur high = ph_word_cur(arg->word), low = high;
	bool ok;

	m->to = UINT64_MAX;
	if (ph_cur_find(&high, ':')) {
		low.end = high.at;
		ok = ph_cur_skip(&high, 1) && end_of(low, 0, &m->from) && end_of(high, UINT64_MAX, &m->to);
	} else {
		ok = end_of(low, 0, &m->from);
	}
	if (!ok)
		return ph_arg_error(arg, "\"%.*s\" is not %s", PH_WORD_SHOWN(arg->word), arg->opt->what);
	if (m->from > m->to)
		return ph_arg_error(arg, "%.*s runs backwards: it would never match", PH_WORD_SHOWN(arg->word));
	return true;
}

static void print_bytes(const struct ph_part *part, uint8_t family, struct ph_writer *w)
{
	const struct match_connbytes *m = (const void *)part->data;

	(void)family;
	ph_put_format(w, "%llu", (unsigned long long)m->from);
	if (m->to != UINT64_MAX)
		ph_put_format(w, ":%llu", (unsigned long long)m->to);
}

/* A single number that is negated is not: so it is in iptables, which keeps a negated range as one that runs backwards. */
static bool check(struct ph_check *c)
{
	const struct match_connbytes *m = (const void *)c->part->data;

	if (m->from == m->to)
		c->part->inverted &= ~PH_BIT(BYTES);
	return true;
}

static bool bind(struct ph_bind *b)
{
	b->load->counts = true;
	return true;
}

static uint64_t of_directions(const struct match_connbytes *m, const uint64_t value[PH_DIRS])
{
	if (m->dir == BOTH)
		return value[PH_ORIG] + value[PH_REPLY];
	return value[m->dir == ORIGINAL ? PH_ORIG : PH_REPLY];
}

static enum ph_match match(struct ph_part *part, struct ph_rule_ctx *ctx)
{
	const struct match_connbytes *m = (const void *)part->data;
	const struct ph_conn_acct *acct;
	uint64_t what, packets;

	if (!ctx->conn)
		return PH_MATCH_NO;
	acct = ctx->track ? ph_conn_acct(ctx->track, ctx->conn) : NULL;
	if (!acct)
		return PH_MATCH_UNKNOWN;
	packets = of_directions(m, acct->packets);
	what = m->mode == PACKETS ? packets : of_directions(m, acct->bytes);
	if (m->mode == AVERAGE)
		what = packets ? what / packets : 0;
	return ph_match_if((what >= m->from && what <= m->to) != ph_part_inverted(part, BYTES));
}

static const struct ph_opt options[] = {
	{ .name = "connbytes", .what = "FROM or FROM:TO", .type = PH_ARG_CUSTOM, .flags = PH_OPT_NEEDED | PH_OPT_INVERT,
	  .id = BYTES, .parse = parse_bytes, .print = print_bytes },
	{ .name = "connbytes-mode", .what = "a mode", .type = PH_ARG_ENUM, .flags = PH_OPT_NEEDED, .id = MODE,
	  PH_OPT_FIELD(struct match_connbytes, mode), .names = modes },
	{ .name = "connbytes-dir", .what = "a direction", .type = PH_ARG_ENUM, .flags = PH_OPT_NEEDED, .id = DIR,
	  PH_OPT_FIELD(struct match_connbytes, dir), .names = dirs },
};

const struct ph_ext ph_match_connbytes = {
	.name = "connbytes", .what = "what a connection has transferred", .kind = PH_EXT_MATCH, .families = PH_FAMILY_ANY,
	.touches = PH_TOUCH_TRACK, .size = sizeof(struct match_connbytes), PH_EXT_OPTIONS(options), .check = check,
	.bind = bind, .match = match,
};
