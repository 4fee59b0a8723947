/* -m connlimit: how many connections the packet's source (or destination) group has.
 *
 * Each rule keeps the connections it met, up to 65536 of them: one that is no longer in the tracking table (also because it
 * was dropped), or whose TCP is over, is struck off when its group is counted. A new connection that finds no place drops
 * its packet, as the kernel does without memory. */
#include "rule/shared.h"

#include "rule/text/args.h"
#include "rule/text/word.h"
#include "track/track.h"

enum { UPTO, ABOVE, CONN_MASK, SADDR, DADDR };
#define PLACES 65536u
#define BUCKETS 16384u
#define NO_PLACE 0u             /* places count from 1 */

struct match_connlimit {
	uint32_t limit;
	struct ph_addr mask;
	/* State, not specification. */
	struct ph_shared *book;
};

/* One connection, in the group its packet belonged to. */
struct place {
	struct ph_addr group;
	struct ph_tuple tuple;
	uint16_t zone;
	uint32_t next;
};

struct book {
	uint32_t bucket[BUCKETS];
	uint32_t n, spare;              /* places ever used; the first that is free again */
	struct place place[PLACES];
};

static void init(void *data, uint8_t family)
{
	struct match_connlimit *m = data;

	memset(m->mask.b, 0xff, family == PH_IPV4 ? 4 : 16);
}

static bool parse_mask(struct ph_arg *arg)
{
	struct match_connlimit *m = (void *)arg->part->data;
	struct ph_cur c = ph_word_cur(arg->word);
	uint32_t bits = arg->family == PH_IPV4 ? 32 : 128, len;
	struct ph_addr mask = { { 0 } };

	/* What is too long for IPv4 means all of the address there. */
	if (ph_cur_number(&c, 128, &len) && !ph_cur_left(&c)) {
		for (uint32_t i = 0; i < len && i < bits; i++)
			mask.b[i / 8] |= (uint8_t)(0x80 >> i % 8);
	} else if (!ph_addr_parse(arg->family, arg->word->text, arg->word->len, &mask) ||
	           ph_mask_len(arg->family, &mask) < 0) {
		return ph_arg_error(arg, "\"%.*s\" is not %s", PH_WORD_SHOWN(arg->word), arg->opt->what);
	}
	m->mask = mask;
	return true;
}

static void print_mask(const struct ph_part *part, uint8_t family, struct ph_writer *w)
{
	ph_put_format(w, "%d", ph_mask_len(family, &((const struct match_connlimit *)(const void *)part->data)->mask));
}

static bool check(struct ph_check *c)
{
	struct ph_part *part = c->part;
	uint32_t both = PH_BIT(UPTO) | PH_BIT(ABOVE);

	if (!(part->given & both))
		return ph_check_error(c, -1, "says nothing: give it --connlimit-upto or --connlimit-above");
	/* Not above is up to. */
	if (part->inverted & both)
		part->given ^= both;
	part->inverted = 0;
	part->given |= ph_part_has(part, DADDR) ? PH_BIT(CONN_MASK) : PH_BIT(CONN_MASK) | PH_BIT(SADDR);
	return true;
}

static bool bind(struct ph_bind *b)
{
	struct match_connlimit *m = (void *)b->part->data;

	if (m->book)
		ph_shared_hold(m->book);
	else
		m->book = ph_shared_get(b->rules, b->part->ext, NULL, sizeof(struct book));
	return m->book != NULL;
}

/* What a place would hold for this packet. False: it belongs to no connection and has no ports to tell it by. */
static bool describe(const struct ph_part *part, const struct ph_rule_ctx *ctx, struct place *out)
{
	const struct match_connlimit *m = (const void *)part->data;
	const struct ph_pkt *pkt = ctx->pkt;

	memset(out, 0, sizeof(*out));
	out->group = ph_part_has(part, DADDR) ? pkt->dst : pkt->src;
	for (unsigned i = 0; i < sizeof(out->group.b); i++)
		out->group.b[i] &= m->mask.b[i];
	if (ctx->conn) {
		out->tuple = ctx->conn->tuple;
		out->zone = ph_conn_zone(ctx->conn, PH_ORIG);
		return true;
	}
	if (!pkt->l4_found)
		return false;
	out->tuple = (struct ph_tuple){ .src = pkt->src, .dst = pkt->dst, .proto = pkt->l4_proto, .family = pkt->family };
	if (pkt->has_ports) {
		out->tuple.sport = pkt->sport;
		out->tuple.dport = pkt->dport;
	}
	return true;
}

static uint32_t bucket_of(const struct place *p)
{
	uint64_t hash = 0xcbf29ce484222325u;

	for (unsigned i = 0; i < sizeof(p->group.b); i++)
		hash = (hash ^ p->group.b[i]) * 0x100000001b3u;
	return (uint32_t)(hash >> 32 ^ hash ^ p->zone) & (BUCKETS - 1);
}

static bool over(const struct ph_conn *conn)
{
	return conn->tuple.proto == PH_PROTO_TCP &&
	       (conn->l4.tcp.state == PH_TCP_TIME_WAIT || conn->l4.tcp.state == PH_TCP_CLOSE);
}

/* own: the packet's connection, which counts to its very end. */
static bool alive(const struct ph_rule_ctx *ctx, const struct place *p, bool own)
{
	const struct ph_conn *conn = ctx->track ? ph_track_find(ctx->track, &p->tuple, p->zone) : NULL;

	return conn && (own || !over(conn));
}

static bool same_group(const struct place *a, const struct place *b)
{
	return memcmp(&a->group, &b->group, sizeof(a->group)) == 0 && a->zone == b->zone;
}

/* Counts the group, in the order its connections came; those that are over are struck off up to this connection itself, as
 * the kernel does: behind it they still count. *met: it is among them. *end: where the chain ends. */
static uint32_t count_group(struct book *book, const struct place *p, const struct ph_rule_ctx *ctx, bool *met,
                            uint32_t **end)
{
	uint32_t *link = &book->bucket[bucket_of(p)], n = 0, at;

	while ((at = *link) != NO_PLACE) {
		struct place *other = &book->place[at - 1];
		bool same = same_group(other, p), own = same && ph_tuple_equal(&other->tuple, &p->tuple);

		if (same && !*met && !alive(ctx, other, own)) {
			*link = other->next;
			other->next = book->spare;
			book->spare = at;
			continue;
		}
		*met = *met || own;
		n += same;
		link = &other->next;
	}
	*end = link;
	return n;
}

/* Strikes off all that are over, of every group. */
static void sweep(struct book *book, const struct ph_rule_ctx *ctx)
{
	for (uint32_t i = 0; i < BUCKETS; i++) {
		uint32_t *link = &book->bucket[i], at;

		while ((at = *link) != NO_PLACE) {
			struct place *p = &book->place[at - 1];

			if (alive(ctx, p, false)) {
				link = &p->next;
				continue;
			}
			*link = p->next;
			p->next = book->spare;
			book->spare = at;
		}
	}
}

static uint32_t take_place(struct book *book)
{
	uint32_t at = book->spare;

	if (at != NO_PLACE)
		book->spare = book->place[at - 1].next;
	else if (book->n < PLACES)
		at = ++book->n;
	return at;
}

/* At the end of its chain. False: the book is full. */
static bool enter(struct book *book, const struct place *p, const struct ph_rule_ctx *ctx, uint32_t *end)
{
	uint32_t at = take_place(book);

	if (at == NO_PLACE) {
		sweep(book, ctx);
		at = take_place(book);
		for (end = &book->bucket[bucket_of(p)]; *end != NO_PLACE;)
			end = &book->place[*end - 1].next;
	}
	if (at == NO_PLACE)
		return false;
	book->place[at - 1] = *p;
	book->place[at - 1].next = NO_PLACE;
	*end = at;
	return true;
}

static enum ph_match match(struct ph_part *part, struct ph_rule_ctx *ctx)
{
	const struct match_connlimit *m = (const void *)part->data;
	struct book *book = m->book->data;
	struct place p;
	uint32_t n, *end;
	bool met = false;

	if (!describe(part, ctx, &p)) {
		ctx->hotdrop = true;
		return PH_MATCH_NO;
	}
	n = count_group(book, &p, ctx, &met, &end);
	if (!met && !enter(book, &p, ctx, end)) {
		ctx->hotdrop = true;
		return PH_MATCH_NO;
	}
	n += !met;
	return ph_match_if((n > m->limit) == ph_part_has(part, ABOVE));
}

#define LIMIT(option, which, other) \
	{ .name = option, .what = "a number", .type = PH_ARG_UINT, .flags = PH_OPT_INVERT, .id = which, \
	  PH_OPT_FIELD(struct match_connlimit, limit), .max = 0xffffffff, .excludes = PH_BIT(other) }

static const struct ph_opt options[] = {
	LIMIT("connlimit-upto", UPTO, ABOVE), LIMIT("connlimit-above", ABOVE, UPTO),
	{ .name = "connlimit-mask", .what = "a prefix length or an address mask", .type = PH_ARG_CUSTOM, .id = CONN_MASK,
	  .parse = parse_mask, .print = print_mask },
	{ .name = "connlimit-saddr", .type = PH_ARG_FLAG, .id = SADDR, .excludes = PH_BIT(DADDR) },
	{ .name = "connlimit-daddr", .type = PH_ARG_FLAG, .id = DADDR, .excludes = PH_BIT(SADDR) },
};

const struct ph_ext ph_match_connlimit = {
	.name = "connlimit", .what = "how many connections a group of addresses has", .kind = PH_EXT_MATCH,
	.families = PH_FAMILY_ANY, .touches = PH_TOUCH_TRACK, .stateful = true, .size = sizeof(struct match_connlimit),
	.compared = offsetof(struct match_connlimit, book), PH_EXT_OPTIONS(options), .init = init, .check = check,
	.bind = bind, .match = match,
};
