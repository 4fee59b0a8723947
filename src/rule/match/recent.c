/* -m recent: lists of addresses that were seen lately.
 *
 * A list holds 100 addresses, as the kernel's does unless its module is told otherwise; a new one takes the place of the
 * one that was not touched for longest. Of each address the last times are kept, as many as the largest --hitcount that
 * names the list asks for. Lists belong to the rules of one family. */
#include "rule/shared.h"

#include "rule/text/word.h"

enum { SET, RCHECK, UPDATE, REMOVE, SECONDS, REAP, HITCOUNT, RTTL, NAME, MASK, RSOURCE, RDEST };
#define ACTIONS (PH_BIT(SET) | PH_BIT(RCHECK) | PH_BIT(UPDATE) | PH_BIT(REMOVE))
#define ENTRIES 100
#define NAME_MAX_LEN 199

struct match_recent {
	uint32_t seconds;
	uint32_t hitcount;
	struct ph_addr mask;
	char name[NAME_MAX_LEN + 1];
	bool dest;
	/* State, not specification. */
	struct ph_shared *list;
};

struct entry {
	struct ph_addr addr;
	uint8_t ttl;
	bool used;
	uint32_t n, next;               /* stamps kept; where the next one goes */
	uint64_t touched;               /* by number of change: the smallest is the first to go */
};

/* In front of the stamps: `room` of them for each entry. */
struct list {
	uint64_t changes;
	size_t room;
	struct entry entry[ENTRIES];
	uint64_t stamp_ms[];
};

static void init(void *data, uint8_t family)
{
	struct match_recent *m = data;

	memcpy(m->name, "DEFAULT", sizeof("DEFAULT"));
	memset(m->mask.b, 0xff, family == PH_IPV4 ? 4 : 16);
}

static bool parse_side(struct ph_arg *arg)
{
	struct match_recent *m = (void *)arg->part->data;

	m->dest = arg->opt->id == RDEST;
	return true;
}

static bool parse_name(struct ph_arg *arg)
{
	if (arg->word->len == 0 || memchr(arg->word->text, '/', arg->word->len) || ph_word_is(arg->word, ".") ||
	    ph_word_is(arg->word, ".."))
		return ph_arg_error(arg, "\"%.*s\" cannot be the name of a list", PH_WORD_SHOWN(arg->word));
	return true;
}

/* An IPv4 address of one to four numbers, of which the last fills what is left: 24 is 0.0.0.24. */
static bool parse_short(struct ph_cur c, struct ph_addr *out)
{
	struct ph_addr a = { { 0 } };
	bool more = true;
	struct ph_cur piece;
	uint32_t n;

	for (unsigned i = 0; i < 4 && ph_cur_piece(&c, '.', &more, &piece); i++) {
		if (!ph_cur_number(&piece, more ? 255 : 0xffffffffu >> (8 * i), &n) || ph_cur_left(&piece))
			return false;
		for (unsigned k = 3; !more && k > i; k--, n >>= 8)
			a.b[k] = (uint8_t)n;
		a.b[i] = (uint8_t)n;
	}
	*out = a;
	return !more;
}

static bool parse_mask(struct ph_arg *arg)
{
	struct match_recent *m = (void *)arg->part->data;
	struct ph_cur c = ph_word_cur(arg->word);

	if (arg->family == PH_IPV4 ? parse_short(c, &m->mask) :
	                             ph_addr_parse(PH_IPV6, arg->word->text, arg->word->len, &m->mask))
		return true;
	return ph_arg_error(arg, "\"%.*s\" is not %s", PH_WORD_SHOWN(arg->word), arg->opt->what);
}

static void print_mask(const struct ph_part *part, uint8_t family, struct ph_writer *w)
{
	char text[PH_ADDR_TEXT];

	ph_put_text(w, ph_addr_format(text, family, &((const struct match_recent *)(const void *)part->data)->mask));
}

static bool check(struct ph_check *c)
{
	const struct match_recent *m = (const void *)c->part->data;

	if (!(c->part->given & ACTIONS))
		return ph_check_error(c, -1, "says nothing: give it --set, --rcheck, --update or --remove");
	if (ph_part_has(c->part, REAP) && !ph_part_has(c->part, SECONDS))
		return ph_check_error(c, REAP, "--reap needs --seconds");
	if ((c->part->given & (PH_BIT(SET) | PH_BIT(REMOVE))) && (m->seconds || m->hitcount))
		return ph_check_error(c, m->seconds ? SECONDS : HITCOUNT, "--seconds and --hitcount go with --rcheck and --update");
	c->part->given = (c->part->given & ~(PH_BIT(RSOURCE) | PH_BIT(RDEST))) | (m->dest ? PH_BIT(RDEST) : PH_BIT(RSOURCE));
	return true;
}

static bool bind(struct ph_bind *b)
{
	struct match_recent *m = (void *)b->part->data;
	size_t room = (size_t)m->hitcount + 1;
	struct list *list;

	m->list = ph_shared_get(b->rules, b->part->ext, m->name, sizeof(struct list) + ENTRIES * room * sizeof(uint64_t));
	if (!m->list)
		return false;
	list = m->list->data;
	list->room = (m->list->size - sizeof(*list)) / (ENTRIES * sizeof(uint64_t));
	return true;
}

static uint64_t *stamps_of(struct list *list, const struct entry *e)
{
	return list->stamp_ms + (size_t)(e - list->entry) * list->room;
}

static void touch(struct list *list, struct entry *e, uint64_t now_ms, uint8_t ttl)
{
	stamps_of(list, e)[e->next] = now_ms;
	e->next = (uint32_t)((e->next + 1) % list->room);
	if (e->n < list->room)
		e->n++;
	e->ttl = ttl;
	e->touched = ++list->changes;
}

/* ttl 0: of any. */
static struct entry *find(struct list *list, const struct ph_addr *addr, uint8_t ttl)
{
	for (struct entry *e = list->entry; e < list->entry + ENTRIES; e++)
		if (e->used && memcmp(&e->addr, addr, sizeof(*addr)) == 0 && (!ttl || !e->ttl || e->ttl == ttl))
			return e;
	return NULL;
}

/* A place for a new address: a free one, or the one that was not touched for longest. */
static struct entry *make(struct list *list, const struct ph_addr *addr)
{
	struct entry *best = list->entry;

	for (struct entry *e = list->entry; e < list->entry + ENTRIES && best->used; e++)
		if (!e->used || e->touched < best->touched)
			best = e;
	*best = (struct entry){ .addr = *addr, .used = true };
	return best;
}

/* Was it seen often enough, lately enough? */
static bool seen(const struct match_recent *m, struct list *list, const struct entry *e, uint64_t now_ms)
{
	const uint64_t *stamp = stamps_of(list, e);
	uint32_t hits = 0;

	for (uint32_t i = 0; i < e->n; i++) {
		if (m->seconds && now_ms - stamp[i] > (uint64_t)m->seconds * 1000)
			continue;
		if (++hits >= m->hitcount)
			return true;
	}
	return false;
}

/* --reap: the address that was not touched for longest goes if that is too long ago. keep: it is about to be touched. */
static void reap(const struct match_recent *m, struct list *list, const struct entry *keep, uint64_t now_ms)
{
	struct entry *oldest = NULL;
	uint64_t last;

	for (struct entry *e = list->entry; e < list->entry + ENTRIES; e++)
		if (e->used && (!oldest || e->touched < oldest->touched))
			oldest = e;
	if (!oldest || oldest == keep)
		return;
	last = stamps_of(list, oldest)[(oldest->next + list->room - 1) % list->room];
	if (now_ms - last > (uint64_t)m->seconds * 1000)
		oldest->used = false;
}

static struct ph_addr masked(const struct match_recent *m, const struct ph_pkt *pkt)
{
	struct ph_addr addr = m->dest ? pkt->dst : pkt->src;

	for (unsigned i = 0; i < sizeof(addr.b); i++)
		addr.b[i] &= m->mask.b[i];
	return addr;
}

/* The hop limit that is kept is that before forwarding, so that all hooks agree. */
static uint8_t hops_of(const struct ph_rule_ctx *ctx)
{
	bool forwarded = ctx->in->name[0] && (ctx->hook == PH_HOOK_FORWARD || ctx->hook == PH_HOOK_POSTROUTING);

	return (uint8_t)(ctx->pkt->ttl + forwarded);
}

/* What becomes of an address that is in the list; the answer before negation. */
static bool found(const struct ph_part *part, struct list *list, struct entry *e, const struct ph_rule_ctx *ctx)
{
	const struct match_recent *m = (const void *)part->data;
	bool hit = true, renew = ph_part_has(part, SET);

	if (ph_part_has(part, REMOVE)) {
		e->used = false;
	} else if (!ph_part_has(part, SET)) {
		hit = seen(m, list, e, ctx->now_ms);
		renew = ph_part_has(part, UPDATE) && hit != (part->inverted != 0);
		if (ph_part_has(part, REAP))
			reap(m, list, renew ? e : NULL, ctx->now_ms);
	}
	if (renew)
		touch(list, e, ctx->now_ms, hops_of(ctx));
	return hit;
}

static enum ph_match match(struct ph_part *part, struct ph_rule_ctx *ctx)
{
	const struct match_recent *m = (const void *)part->data;
	struct ph_addr addr = masked(m, ctx->pkt);
	struct list *list = m->list->data;
	struct entry *e = find(list, &addr, ph_part_has(part, RTTL) ? hops_of(ctx) : 0);
	bool hit = false;

	if (e) {
		hit = found(part, list, e, ctx);
	} else if (ph_part_has(part, SET)) {
		touch(list, make(list, &addr), ctx->now_ms, hops_of(ctx));
		hit = true;
	}
	return ph_match_if(hit != (part->inverted != 0));
}

#define ACTION(option, which) \
	{ .name = option, .type = PH_ARG_FLAG, .flags = PH_OPT_INVERT, .id = which, .excludes = ACTIONS & ~PH_BIT(which) }

static const struct ph_opt options[] = {
	ACTION("set", SET), ACTION("rcheck", RCHECK), ACTION("update", UPDATE), ACTION("remove", REMOVE),
	{ .name = "seconds", .what = "a number from 1", .type = PH_ARG_UINT, .id = SECONDS,
	  PH_OPT_FIELD(struct match_recent, seconds), .min = 1, .max = 0x7fffffff },
	{ .name = "reap", .type = PH_ARG_FLAG, .id = REAP },
	{ .name = "hitcount", .what = "a number to 65535", .type = PH_ARG_UINT, .flags = PH_OPT_DEFAULT, .id = HITCOUNT,
	  PH_OPT_FIELD(struct match_recent, hitcount), .max = 65535 },
	{ .name = "rttl", .type = PH_ARG_FLAG, .id = RTTL, .excludes = PH_BIT(SET) | PH_BIT(REMOVE) },
	{ .name = "name", .what = "the name of a list", .type = PH_ARG_STRING, .flags = PH_OPT_ALWAYS | PH_OPT_BARE, .id = NAME,
	  PH_OPT_FIELD(struct match_recent, name), .max = NAME_MAX_LEN, .parse = parse_name },
	{ .name = "mask", .what = "an address mask such as 255.255.255.0", .type = PH_ARG_CUSTOM, .flags = PH_OPT_ALWAYS,
	  .id = MASK, .parse = parse_mask, .print = print_mask },
	{ .name = "rsource", .type = PH_ARG_FLAG, .id = RSOURCE, .parse = parse_side },
	{ .name = "rdest", .type = PH_ARG_FLAG, .id = RDEST, .parse = parse_side },
};

const struct ph_ext ph_match_recent = {
	.name = "recent", .what = "lists of addresses that were seen lately", .kind = PH_EXT_MATCH,
	.families = PH_FAMILY_ANY, .touches = PH_TOUCH_SET, .stateful = true, .size = sizeof(struct match_recent),
	.compared = offsetof(struct match_recent, list), PH_EXT_OPTIONS(options), .init = init, .check = check, .bind = bind,
	.match = match,
};
