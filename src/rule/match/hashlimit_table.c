/* Credit by group of packets; see hashlimit.h. Amounts follow the kernel's: in packets, credit is time, counted in 64 bits,
 * whose overflow decides which rates load; in bytes, it is chunks of 16, a full second of them at most. */
#include "rule/match/hashlimit.h"

#include <string.h>
#include "rule/match/headers.h"

#define BUCKETS 8192u
#define NO_PLACE 0u             /* places count from 1 */

/* Credits of one millisecond: the largest power of two of which a day fits in 64 bits. */
#define CREDITS_PER_MS (UINT64_C(1) << 37)
/* The same for bytes, of which a second fits in 32 bits. */
#define BYTE_CREDITS_PER_MS (UINT64_C(1) << 22)
#define BYTE_CREDITS_PER_S (BYTE_CREDITS_PER_MS * 1000)

struct group {
	struct ph_addr src, dst;
	uint16_t sport, dport;
};

struct place {
	struct group group;
	uint32_t next;
	bool above;                     /* the last interval was above the rate */
	uint64_t last_ms, expires_ms;
	uint64_t credit, refills;       /* refills: bytes: how often a full second may be given at once */
	uint64_t count;                 /* rate match: in the interval at work */
};

struct table {
	struct ph_hash_config config;
	uint32_t max, n, spare;         /* places ever used; the first that is free again */
	bool started;
	uint64_t gc_ms;                 /* when those whose time is over were last looked for */
	uint64_t cost, cap;
	uint64_t rate, burst;           /* rate match: in an interval; at once within one */
	uint32_t bucket[BUCKETS];
	struct place place[];
};

size_t ph_hash_size(uint32_t max)
{
	return sizeof(struct table) + (size_t)max * sizeof(struct place);
}

/* avg is in 1/PH_HASH_SCALE seconds. */
static uint64_t credits_of(uint64_t avg)
{
	return avg * (CREDITS_PER_MS * 1000 / PH_HASH_SCALE);
}

bool ph_hash_fits(const struct ph_hash_config *config)
{
	return config->bytes || config->rate_match || credits_of(config->avg * config->burst) >= credits_of(config->avg);
}

/* Bytes a second of an amount of chunks. */
static uint64_t bytes_of(uint64_t avg)
{
	uint64_t chunks = avg ? 0xffffffffu / avg : 0xffffffffu;

	return chunks ? (chunks - 1) << 4 : 0;
}

void ph_hash_init(void *at, const struct ph_hash_config *config, uint32_t max)
{
	struct table *t = at;

	t->config = *config;
	t->max = max;
	if (config->rate_match) {
		t->rate = config->bytes ? bytes_of(config->avg) : config->avg ? PH_HASH_SCALE / config->avg : 0;
		t->burst = !config->bytes ? config->burst + t->rate : config->burst ? config->burst * t->rate : t->rate;
	} else if (config->bytes) {
		t->cost = config->avg * BYTE_CREDITS_PER_S >> 32;
		t->cap = BYTE_CREDITS_PER_S;
	} else {
		t->cost = credits_of(config->avg);
		t->cap = credits_of(config->avg * config->burst);
	}
}

static void mask(struct ph_addr *addr, const struct ph_addr *by)
{
	for (unsigned i = 0; i < sizeof(addr->b); i++)
		addr->b[i] &= by->b[i];
}

bool ph_hash_same(const void *a, const void *b)
{
	const struct table *x = a, *y = b;
	const struct ph_hash_config *p = &x->config, *q = &y->config;

	return x->max == y->max && p->avg == q->avg && p->burst == q->burst && p->mode == q->mode && p->gc_ms == q->gc_ms &&
	       p->expire_ms == q->expire_ms && p->interval_s == q->interval_s && p->bytes == q->bytes &&
	       p->rate_match == q->rate_match && ph_addr_equal(&p->srcmask, &q->srcmask) &&
	       ph_addr_equal(&p->dstmask, &q->dstmask);
}

/* Where the four bytes are that count as ports; -1: nowhere. Those of ESP and AH are the security parameters index. */
static int ports_at(uint8_t proto)
{
	static const uint8_t at_0[] = { PH_PROTO_TCP, PH_PROTO_UDP, PH_PROTO_UDPLITE, PH_PROTO_SCTP, 33, PH_PROTO_ESP };

	if (proto == PH_PROTO_AH)
		return 4;
	return memchr(at_0, proto, sizeof(at_0)) ? 0 : -1;
}

/* False: its ports cannot be read. */
static bool describe(const struct table *t, const struct ph_pkt *pkt, struct group *g)
{
	struct ph_cur l4 = ph_match_l4(pkt);
	int at = ports_at(pkt->l4_proto);

	memset(g, 0, sizeof(*g));
	if (t->config.mode & PH_HASH_SRCIP)
		g->src = pkt->src;
	if (t->config.mode & PH_HASH_DSTIP)
		g->dst = pkt->dst;
	mask(&g->src, &t->config.srcmask);
	mask(&g->dst, &t->config.dstmask);
	if (!(t->config.mode & (PH_HASH_SRCPORT | PH_HASH_DSTPORT)) || at < 0 || pkt->frag_off)
		return true;
	if (!ph_cur_skip(&l4, (size_t)at) || !ph_cur_u16(&l4, &g->sport) || !ph_cur_u16(&l4, &g->dport))
		return false;
	if (!(t->config.mode & PH_HASH_SRCPORT))
		g->sport = 0;
	if (!(t->config.mode & PH_HASH_DSTPORT))
		g->dport = 0;
	return true;
}

static uint32_t *bucket_of(struct table *t, const struct group *g)
{
	const uint8_t *bytes = (const void *)g;
	uint64_t hash = 0xcbf29ce484222325u;

	for (size_t i = 0; i < sizeof(*g); i++)
		hash = (hash ^ bytes[i]) * 0x100000001b3u;
	return &t->bucket[(uint32_t)(hash >> 32 ^ hash) & (BUCKETS - 1)];
}

/* The last time before now at which the kernel's sweep took away what was over. */
static void sweep(struct table *t, uint64_t now_ms)
{
	if (!t->started) {
		t->started = true;
		t->gc_ms = now_ms;
	}
	if (now_ms > t->gc_ms)
		t->gc_ms += (now_ms - t->gc_ms) / t->config.gc_ms * t->config.gc_ms;
}

/* Takes those away whose time was over at the last sweep. */
static struct place *find(struct table *t, const struct group *g, uint32_t *link)
{
	struct place *found = NULL;
	uint32_t at;

	while ((at = *link) != NO_PLACE) {
		struct place *p = &t->place[at - 1];

		if (p->expires_ms <= t->gc_ms) {
			*link = p->next;
			p->next = t->spare;
			t->spare = at;
			continue;
		}
		if (memcmp(&p->group, g, sizeof(*g)) == 0)
			found = p;
		link = &p->next;
	}
	return found;
}

/* A table that looks full may hold places whose time is over. */
static void sweep_all(struct table *t)
{
	for (uint32_t i = 0; i < BUCKETS; i++)
		(void)find(t, &(const struct group){ .sport = 0 }, &t->bucket[i]);
}

static struct place *make(struct table *t, const struct group *g, uint64_t now_ms)
{
	uint32_t at, *head = bucket_of(t, g);
	struct place *p;

	if (t->spare == NO_PLACE && t->n == t->max)
		sweep_all(t);
	at = t->spare;
	if (at != NO_PLACE)
		t->spare = t->place[at - 1].next;
	else if (t->n < t->max)
		at = ++t->n;
	else
		return NULL;
	p = &t->place[at - 1];
	*p = (struct place){ .group = *g, .next = *head, .last_ms = now_ms, .credit = t->cap,
	                     .refills = t->config.bytes ? t->config.burst : 0 };
	*head = at;
	return p;
}

static void refill(const struct table *t, struct place *p, uint64_t now_ms)
{
	uint64_t passed_ms = now_ms > p->last_ms ? now_ms - p->last_ms : 0;
	uint64_t per_ms = t->config.bytes ? BYTE_CREDITS_PER_MS : CREDITS_PER_MS;

	if (t->config.rate_match) {
		if (passed_ms < (uint64_t)t->config.interval_s * 1000)
			return;
		p->above = (double)p->count * t->config.interval_s * 1000 > (double)passed_ms * (double)t->rate;
		p->count = 0;
	} else if (passed_ms > t->cap / per_ms || p->credit + passed_ms * per_ms > t->cap) {
		p->credit = t->cap;
	} else {
		p->credit += passed_ms * per_ms;
	}
	p->last_ms = now_ms;
}

static uint64_t byte_cost(const struct table *t, struct place *p, uint32_t len)
{
	uint64_t cost = ((len >> 4) + 1) * t->cost;

	if (cost > t->cap)
		cost = t->cap;
	if (p->credit < cost && p->refills) {
		p->refills--;
		p->credit = t->cap;
	}
	return cost;
}

bool ph_hash_account(void *at, const struct ph_rule_ctx *ctx, bool *over)
{
	struct table *t = at;
	struct group g;
	struct place *p;
	uint64_t cost;

	if (!describe(t, ctx->pkt, &g))
		return false;
	sweep(t, ctx->now_ms);
	p = find(t, &g, bucket_of(t, &g));
	if (p)
		refill(t, p, ctx->now_ms);
	else
		p = make(t, &g, ctx->now_ms);
	if (!p)
		return false;
	p->expires_ms = ctx->now_ms + t->config.expire_ms;
	if (t->config.rate_match) {
		p->count += t->config.bytes ? ctx->pkt->len : 1;
		*over = p->above || p->count > t->burst;
		return true;
	}
	cost = t->config.bytes ? byte_cost(t, p, ctx->pkt->len) : t->cost;
	*over = p->credit < cost;
	if (!*over)
		p->credit -= cost;
	return true;
}
