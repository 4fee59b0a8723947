/* -m conntrack: what connection tracking knows of the packet's connection. spec/tracking.md 9.1, revision 3. */
#include "rule/match/ports.h"
#include "rule/match/states.h"

#include <string.h>

enum {
	STATE, PROTO, ORIGSRC, ORIGDST, REPLSRC, REPLDST, ORIGSRCPORT, ORIGDSTPORT, REPLSRCPORT, REPLDSTPORT, STATUS, EXPIRE, DIR
};
#define ADDRS (PH_BIT(ORIGSRC) | PH_BIT(ORIGDST) | PH_BIT(REPLSRC) | PH_BIT(REPLDST))
#define PORTS (PH_BIT(ORIGSRCPORT) | PH_BIT(ORIGDSTPORT) | PH_BIT(REPLSRCPORT) | PH_BIT(REPLDSTPORT))

/* addr, port: original source, original destination, reply source, reply destination. */
struct match_conntrack {
	uint8_t states, proto, dir;
	uint16_t status;
	struct ph_range16 port[4];
	struct ph_range32 expire_s;
	struct ph_addr_test addr[4];
};

static const struct ph_name states[] = {
	{ "INVALID", PH_RULE_INVALID }, { "NEW", PH_RULE_NEW }, { "RELATED", PH_RULE_RELATED },
	{ "ESTABLISHED", PH_RULE_ESTABLISHED }, { "UNTRACKED", PH_RULE_UNTRACKED }, { "SNAT", PH_RULE_SNAT },
	{ "DNAT", PH_RULE_DNAT }, { NULL, 0 },
};

/* NONE sets no bit: alone it never matches, and always when negated. */
static const struct ph_name statuses[] = {
	{ "NONE", 0 }, { "EXPECTED", PH_CT_EXPECTED }, { "SEEN_REPLY", PH_CT_SEEN_REPLY }, { "ASSURED", PH_CT_ASSURED },
	{ "CONFIRMED", PH_CT_CONFIRMED }, { NULL, 0 },
};

static const struct ph_name dirs[] = { { "ORIGINAL", PH_ORIG }, { "REPLY", PH_REPLY }, { NULL, 0 } };

static bool addr_hit(const struct ph_addr *addr, const struct ph_addr_test *test)
{
	for (size_t i = 0; i < sizeof(addr->b); i++)
		if ((addr->b[i] ^ test->addr.b[i]) & test->mask.b[i])
			return false;
	return true;
}

/* The four addresses and the four ports of an entry, in the order of the option ids. */
static bool match_tuples(const struct ph_part *part, const struct match_conntrack *m, const struct ph_conn *conn)
{
	struct ph_tuple t[PH_DIRS];

	ph_conn_tuple(conn, PH_ORIG, &t[PH_ORIG]);
	ph_conn_tuple(conn, PH_REPLY, &t[PH_REPLY]);
	for (unsigned i = 0; i < 4; i++) {
		const struct ph_tuple *tuple = &t[i / 2];
		const struct ph_addr *addr = i % 2 ? &tuple->dst : &tuple->src;

		if (ph_part_has(part, ORIGSRC + i) && addr_hit(addr, &m->addr[i]) == ph_part_inverted(part, ORIGSRC + i))
			return false;
	}
	for (unsigned i = 0; i < 4; i++) {
		const struct ph_tuple *tuple = &t[i / 2];
		uint16_t port = i % 2 ? tuple->dport : tuple->sport;

		if (ph_part_has(part, ORIGSRCPORT + i) &&
		    !ph_range16_has(&m->port[i], port, ph_part_inverted(part, ORIGSRCPORT + i)))
			return false;
	}
	return true;
}

/* Whole seconds; an entry that is not confirmed has none left. */
static bool match_expire(const struct ph_part *part, const struct match_conntrack *m, const struct ph_rule_ctx *ctx)
{
	const struct ph_conn *conn = ctx->conn;
	uint64_t left_s = 0;

	if ((conn->status & PH_CT_CONFIRMED) && conn->expires_ms > ctx->now_ms)
		left_s = (conn->expires_ms - ctx->now_ms) / 1000;
	return (left_s >= m->expire_s.lo && left_s <= m->expire_s.hi) != ph_part_inverted(part, EXPIRE);
}

static enum ph_match match(struct ph_part *part, struct ph_rule_ctx *ctx)
{
	const struct match_conntrack *m = (const void *)part->data;
	const struct ph_conn *conn = ctx->conn;

	if (ph_part_has(part, STATE) && ((m->states & ph_rule_state(ctx)) != 0) == ph_part_inverted(part, STATE))
		return PH_MATCH_NO;
	/* Without an entry the state alone decides, whatever else was asked. */
	if (!conn)
		return ph_match_if(ph_part_has(part, STATE));
	if (ph_part_has(part, DIR) && m->dir != ctx->dir)
		return PH_MATCH_NO;
	if (ph_part_has(part, PROTO) && (conn->tuple.proto == m->proto) == ph_part_inverted(part, PROTO))
		return PH_MATCH_NO;
	if ((part->given & (ADDRS | PORTS)) && !match_tuples(part, m, conn))
		return PH_MATCH_NO;
	if (ph_part_has(part, STATUS) && ((m->status & conn->status) != 0) == ph_part_inverted(part, STATUS))
		return PH_MATCH_NO;
	return ph_match_if(!ph_part_has(part, EXPIRE) || match_expire(part, m, ctx));
}

static bool parse_proto(struct ph_arg *arg)
{
	const struct match_conntrack *m = (const void *)arg->part->data;

	return m->proto ? true : ph_arg_error(arg, "protocol 0 never matches; leave the option away for all protocols");
}

static bool check(struct ph_check *c)
{
	if (!c->part->given)
		return ph_check_error(c, -1, "says nothing: give it at least one option, such as --ctstate");
	return true;
}

#define ADDR(option, which) \
	{ .name = option, .what = "ADDRESS or ADDRESS/MASK", .type = PH_ARG_ADDR, .flags = PH_OPT_INVERT, .id = which, \
	  PH_OPT_FIELD(struct match_conntrack, addr[(which) - ORIGSRC]) }
#define PORT(option, which) \
	{ .name = option, .what = "a port or a range of ports, each a number to 65535 or a service's name", \
	  .type = PH_ARG_PORTS, .flags = PH_OPT_INVERT, .id = which, \
	  PH_OPT_FIELD(struct match_conntrack, port[(which) - ORIGSRCPORT]) }

static const struct ph_opt options[] = {
	{ .name = "ctstate", .what = "a state", .type = PH_ARG_SET, .flags = PH_OPT_INVERT | PH_OPT_PREFIX, .id = STATE,
	  PH_OPT_FIELD(struct match_conntrack, states), .names = states },
	{ .name = "ctproto", .what = "a protocol", .type = PH_ARG_PROTO, .flags = PH_OPT_INVERT, .id = PROTO,
	  PH_OPT_FIELD(struct match_conntrack, proto), .parse = parse_proto },
	ADDR("ctorigsrc", ORIGSRC), ADDR("ctorigdst", ORIGDST), ADDR("ctreplsrc", REPLSRC), ADDR("ctrepldst", REPLDST),
	PORT("ctorigsrcport", ORIGSRCPORT), PORT("ctorigdstport", ORIGDSTPORT), PORT("ctreplsrcport", REPLSRCPORT),
	PORT("ctrepldstport", REPLDSTPORT),
	{ .name = "ctstatus", .what = "a status", .type = PH_ARG_SET, .flags = PH_OPT_INVERT | PH_OPT_PREFIX, .id = STATUS,
	  PH_OPT_FIELD(struct match_conntrack, status), .names = statuses },
	{ .name = "ctexpire", .what = "seconds left or a range of them", .type = PH_ARG_RANGE, .flags = PH_OPT_INVERT,
	  .id = EXPIRE, PH_OPT_FIELD(struct match_conntrack, expire_s), .max = 0xffffffff },
	{ .name = "ctdir", .what = "a direction", .type = PH_ARG_ENUM, .flags = PH_OPT_NOCASE, .id = DIR,
	  PH_OPT_FIELD(struct match_conntrack, dir), .names = dirs },
};

const struct ph_ext ph_match_conntrack = {
	.name = "conntrack", .what = "what connection tracking knows", .kind = PH_EXT_MATCH, .families = PH_FAMILY_ANY,
	.size = sizeof(struct match_conntrack), PH_EXT_OPTIONS(options), .touches = PH_TOUCH_TRACK,
	.check = check, .match = match,
};
