/* A packet's walk through the chains of one table; see ruleset.h. No recursion and no allocation: the stack of jumps was
 * made as deep as it can get when the rules were laid out flat (finish.c), which also refused loops. */
#include "rule/eval.h"
#include "rule/match/headers.h"

#include <string.h>

/* Counters saturate. */
static void count(uint64_t *packets, uint64_t *bytes, uint32_t len)
{
	if (*packets != UINT64_MAX)
		++*packets;
	*bytes = *bytes > UINT64_MAX - len ? UINT64_MAX : *bytes + len;
}

static bool addr_hit(const struct ph_addr *addr, const struct ph_addr_test *test)
{
	uint64_t a[2], t[2], m[2];

	memcpy(a, addr, sizeof(a));
	memcpy(t, &test->addr, sizeof(t));
	memcpy(m, &test->mask, sizeof(m));
	return (((a[0] ^ t[0]) & m[0]) | ((a[1] ^ t[1]) & m[1])) == 0;
}

/* IPv6: the protocol is what stands behind the extension headers; if their chain is broken the packet is dropped. */
static bool proto_hit(struct ph_rule_ctx *ctx, uint8_t proto)
{
	const struct ph_pkt *pkt = ctx->pkt;
	uint8_t last = pkt->l4_proto;

	if (pkt->family == PH_IPV6 && !pkt->l4_found && !ph_header6_last(pkt, &last)) {
		ctx->hotdrop = true;
		return false;
	}
	return last == proto;
}

/* Does a negated or plain test hold? */
static bool holds(bool hit, const struct ph_rule *rule, enum ph_test test)
{
	return hit != ((rule->inverted & test) != 0);
}

/* The first of the rule's own tests that fails; 0: none. */
static unsigned header_fails(const struct ph_rule *rule, struct ph_rule_ctx *ctx)
{
	const struct ph_pkt *pkt = ctx->pkt;
	unsigned tests = rule->tests;

	if ((tests & PH_TEST_SRC) && !holds(addr_hit(&pkt->src, &rule->src), rule, PH_TEST_SRC))
		return PH_TEST_SRC;
	if ((tests & PH_TEST_DST) && !holds(addr_hit(&pkt->dst, &rule->dst), rule, PH_TEST_DST))
		return PH_TEST_DST;
	if ((tests & PH_TEST_IN) && !holds(ph_iface_test_hits(ctx->in, &rule->in), rule, PH_TEST_IN))
		return PH_TEST_IN;
	if ((tests & PH_TEST_OUT) && !holds(ph_iface_test_hits(ctx->out, &rule->out), rule, PH_TEST_OUT))
		return PH_TEST_OUT;
	if ((tests & PH_TEST_PROTO) && (!holds(proto_hit(ctx, rule->proto), rule, PH_TEST_PROTO) || ctx->hotdrop))
		return PH_TEST_PROTO;
	return (tests & PH_TEST_FRAG) && !holds(pkt->frag_off != 0, rule, PH_TEST_FRAG) ? PH_TEST_FRAG : 0;
}

/* Does a match keep an account of the packets it sees? */
static bool keeps_account(const struct ph_ext *ext)
{
	return ext->stateful || (ext->compared && ext->compared < ext->size && !ext->found);
}

static enum ph_match ask(struct ph_part *part, struct ph_rule_ctx *ctx, bool real)
{
	return !real && keeps_account(part->ext) ? PH_MATCH_UNKNOWN : part->ext->match(part, ctx);
}

void ph_rule_try(struct ph_rule *rule, struct ph_rule_ctx *ctx, bool dry, struct ph_tried *out)
{
	uint32_t at = ph_rule_first_part();

	*out = (struct ph_tried){ .match = PH_MATCH_YES, .hit = true };
	if (rule->tests)
		out->test = (uint8_t)header_fails(rule, ctx);
	for (unsigned i = 0; i < rule->n_matches && !out->test; i++) {
		struct ph_part *part = ph_part_at(rule, at);
		bool tainted = (part->ext->touches & ctx->unsure) != 0;
		enum ph_match match = ask(part, ctx, !dry && out->hit);

		at += part->size;
		if (match == PH_MATCH_YES && !tainted)
			continue;
		if (!out->failed && (match != PH_MATCH_YES || ctx->hotdrop))
			out->failed = part;
		if (ctx->hotdrop)
			break;
		if (match != PH_MATCH_YES)
			out->hit = false;
		if (match == PH_MATCH_NO && !tainted) {
			out->match = PH_MATCH_NO;
			out->failed = part;
			return;
		}
		out->match = PH_MATCH_UNKNOWN;
	}
	out->drops = ctx->hotdrop;
	ctx->hotdrop = false;
	if (out->test && !out->drops) {
		out->match = PH_MATCH_NO;
		out->hit = false;
	}
}

static struct ph_rule_ref ref_of(const struct ph_rule_walk *w, const struct ph_rule *rule)
{
	return (struct ph_rule_ref){
		.table = ph_table_name[w->which], .chain = w->table->chain[w->chain]->name, .number = rule ? w->number : 0,
		.file = rule ? rule->file : NULL, .line = rule ? rule->line : 0,
	};
}

static void enter(struct ph_rule_walk *w, uint32_t chain)
{
	w->chain = chain;
	w->at = w->table->chain[chain]->flat_at;
	w->number = 0;
}

/* The end of a chain, or RETURN. False: there is nothing to go back to, the policy decides. */
static bool go_back(struct ph_rule_walk *w)
{
	if (w->depth == 0)
		return false;
	w->depth--;
	w->chain = w->stack[w->depth].chain;
	w->at = w->stack[w->depth].at;
	w->number = w->stack[w->depth].number;
	return true;
}

/* The verdicts the ways not taken lead to, each with the first rule that led there. */
struct others {
	bool asked;                     /* what chains were summed up to still holds */
	uint8_t may;
	struct ph_rule_ref accept, drop;
};

static void add_others(struct others *others, uint8_t may, const struct ph_rule_ref *ref)
{
	if ((may & ~others->may) & PH_WAY_ACCEPT)
		others->accept = *ref;
	if ((may & ~others->may) & PH_WAY_DROP)
		others->drop = *ref;
	others->may |= may;
}

static void look_at_other(struct ph_rule_walk *w, struct ph_rule *rule, const struct ph_tried *tried, struct others *others)
{
	struct ph_rule_ref ref = ref_of(w, rule);

	if (!others->asked)
		ph_explore_begin(w->rules);
	others->asked = true;
	add_others(others, ph_explore_other(w, rule, tried), &ref);
}

enum outcome { GO_ON = 0, ACCEPTED, DROPPED, POLICY };

/* The packet may be dropped, accepted or go on, perhaps changed. */
static void anybody_decides(struct ph_rule_walk *w, const struct ph_rule *rule, uint8_t touches, struct others *others)
{
	struct ph_rule_ref ref = ref_of(w, rule);

	add_others(others, PH_WAY_ACCEPT | PH_WAY_DROP, &ref);
	w->ctx->unsure |= touches;
	others->asked = false;
}

static enum outcome run_target(struct ph_rule_walk *w, const struct ph_rule *rule, struct others *others)
{
	static const enum outcome outcomes[] = {
		[PH_TARGET_DROP] = DROPPED, [PH_TARGET_CONTINUE] = GO_ON, [PH_TARGET_ACCEPT] = ACCEPTED,
		[PH_TARGET_UNKNOWN] = GO_ON,
	};

	const struct ph_part *part = ph_part_at_const(rule, rule->target_at);
	struct ph_rule_ref ref = ref_of(w, rule);
	enum ph_target_verdict verdict = part->ext->target(part, w->ctx, &ref);

	/* What is unsure stays so when it is copied from one mark to the other. */
	if (part->ext->touches & w->ctx->unsure & (PH_TOUCH_MARK | PH_TOUCH_CONNMARK))
		w->ctx->unsure |= part->ext->touches;
	if (verdict == PH_TARGET_UNKNOWN)
		anybody_decides(w, rule, part->ext->touches, others);
	return outcomes[verdict];
}

static enum outcome act(struct ph_rule_walk *w, const struct ph_rule *rule, struct others *others)
{
	switch ((enum ph_action)rule->action) {
	case PH_ACT_NONE:
		return GO_ON;
	case PH_ACT_ACCEPT:
		return ACCEPTED;
	case PH_ACT_DROP:
		return DROPPED;
	case PH_ACT_RETURN:
		return go_back(w) ? GO_ON : POLICY;
	case PH_ACT_JUMP:
		w->stack[w->depth++] = (struct ph_return){ w->chain, w->at, w->number };
		enter(w, rule->to);
		return GO_ON;
	case PH_ACT_GOTO:
		enter(w, rule->to);
		return GO_ON;
	case PH_ACT_TARGET:
		return run_target(w, rule, others);
	case PH_ACT_UNKNOWN:
		anybody_decides(w, rule, 0xff, others);
		return GO_ON;
	}
	return DROPPED;
}

static enum ph_rule_verdict policy_of(struct ph_chain *chain, const struct ph_rule_ctx *ctx)
{
	count(&chain->packets, &chain->bytes, ctx->pkt->len);
	return chain->policy_drop ? PH_RULE_DROP : PH_RULE_ACCEPT;
}

/* The index of a built-in chain: they stand first. */
static uint32_t index_of(const struct ph_rtable *table, const struct ph_chain *chain)
{
	uint32_t i = 0;

	while (table->chain[i] != chain)
		i++;
	return i;
}

static void tell(const struct ph_rule_walk *w, const struct ph_rule *rule, const struct ph_tried *tried)
{
	struct ph_rule_ref ref = ref_of(w, rule);

	ph_rule_tell(w, &ref, rule, tried);
}

/* One rule. What is not certain is not counted. */
static enum outcome try_rule(struct ph_rule_walk *w, struct ph_rule *rule, struct others *others, struct ph_rule_ref *where)
{
	struct ph_rule_ctx *ctx = w->ctx;
	struct ph_tried tried;

	ph_rule_try(rule, ctx, false, &tried);
	if (ctx->trial)
		tell(w, rule, &tried);
	if (tried.match == PH_MATCH_UNKNOWN)
		look_at_other(w, rule, &tried, others);
	if (!tried.hit)
		return GO_ON;
	*where = ref_of(w, rule);
	if (tried.drops) {
		/* A negated test may hold all the same: then the rule counts what is dropped. */
		if (!tried.failed && !tried.test)
			count(&rule->packets, &rule->bytes, ctx->pkt->len);
		ctx->hotdrop = true;
		return DROPPED;
	}
	if (tried.match == PH_MATCH_YES)
		count(&rule->packets, &rule->bytes, ctx->pkt->len);
	return act(w, rule, others);
}

static enum ph_rule_verdict settle(struct ph_rule_ctx *ctx, enum ph_rule_verdict verdict, const struct others *others)
{
	enum ph_way other = verdict == PH_RULE_ACCEPT ? PH_WAY_DROP : PH_WAY_ACCEPT;

	ctx->uncertain = (others->may & other) != 0;
	if (ctx->uncertain)
		ctx->uncertain_rule = other == PH_WAY_DROP ? others->drop : others->accept;
	return verdict;
}

enum ph_rule_verdict ph_ruleset_eval(struct ph_ruleset *rules, enum ph_table table, struct ph_rule_ctx *ctx,
                                     struct ph_rule_ref *where)
{
	struct ph_rtable *t = &rules->table[table];
	struct ph_chain *base = t->hook[ctx->hook];
	struct ph_rule_walk w = { .rules = rules, .which = table, .table = t, .ctx = ctx, .stack = rules->stack };
	struct others others = { .may = 0 };
	enum outcome outcome = GO_ON;

	ctx->uncertain = false;
	if (!t->touched || !base)
		return PH_RULE_ACCEPT;
	enter(&w, index_of(t, base));
	*where = ref_of(&w, NULL);
	/* Rules that were not finished cannot be walked: fail closed. */
	if (!t->flat)
		return PH_RULE_DROP;
	while (outcome == GO_ON) {
		struct ph_rule *rule = (void *)(t->flat + w.at);

		if (w.number == t->chain[w.chain]->n) {
			outcome = go_back(&w) ? GO_ON : POLICY;
			continue;
		}
		w.at += rule->size;
		w.number++;
		outcome = try_rule(&w, rule, &others, where);
	}
	if (outcome != POLICY)
		return settle(ctx, outcome == ACCEPTED ? PH_RULE_ACCEPT : PH_RULE_DROP, &others);
	enter(&w, index_of(t, base));
	*where = ref_of(&w, NULL);
	if (ctx->trial)
		tell(&w, NULL, &(struct ph_tried){ .match = PH_MATCH_YES });
	return settle(ctx, policy_of(base, ctx), &others);
}

bool ph_ruleset_hooked(const struct ph_ruleset *rules, enum ph_table table, enum ph_hook hook)
{
	return rules->table[table].touched && rules->table[table].hook[hook];
}
