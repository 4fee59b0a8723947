/* A packet's walk through the chains of one table; see ruleset.h. No recursion and no allocation: the stack of jumps was
 * made as deep as it can get when the rules were laid out flat (finish.c), which also refused loops. */
#include "rule/ext.h"

#include <string.h>

/* Where a walk is. */
struct walk {
	const struct ph_rtable *table;
	struct ph_rule_ctx *ctx;
	struct ph_return *stack;
	uint32_t chain;                 /* index */
	uint32_t at;                    /* of the next rule */
	uint32_t number;                /* rules of the chain that are behind us */
	uint32_t depth;
};

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

static bool iface_hit(const struct ph_ifname *name, const struct ph_iface_test *test)
{
	uint64_t n[2], t[2], m[2];

	memcpy(n, name, sizeof(n));
	memcpy(t, &test->name, sizeof(t));
	memcpy(m, &test->mask, sizeof(m));
	return (((n[0] ^ t[0]) & m[0]) | ((n[1] ^ t[1]) & m[1])) == 0;
}

/* IPv6: the protocol is what stands behind the extension headers; if their chain is broken the packet is dropped. A later
 * fragment and "no next header" (59) are no broken chain. */
static bool proto_hit(struct ph_rule_ctx *ctx, uint8_t proto)
{
	const struct ph_pkt *pkt = ctx->pkt;

	if (pkt->family == PH_IPV6 && !pkt->l4_found && pkt->frag_off == 0 && pkt->l4_proto != 59) {
		ctx->hotdrop = true;
		return false;
	}
	return pkt->l4_proto == proto;
}

/* Does a negated or plain test hold? */
static bool holds(bool hit, const struct ph_rule *rule, enum ph_test test)
{
	return hit != ((rule->inverted & test) != 0);
}

static bool header_matches(const struct ph_rule *rule, struct ph_rule_ctx *ctx)
{
	const struct ph_pkt *pkt = ctx->pkt;
	unsigned tests = rule->tests;

	if ((tests & PH_TEST_SRC) && !holds(addr_hit(&pkt->src, &rule->src), rule, PH_TEST_SRC))
		return false;
	if ((tests & PH_TEST_DST) && !holds(addr_hit(&pkt->dst, &rule->dst), rule, PH_TEST_DST))
		return false;
	if ((tests & PH_TEST_IN) && !holds(iface_hit(ctx->in, &rule->in), rule, PH_TEST_IN))
		return false;
	if ((tests & PH_TEST_OUT) && !holds(iface_hit(ctx->out, &rule->out), rule, PH_TEST_OUT))
		return false;
	if ((tests & PH_TEST_PROTO) && (!holds(proto_hit(ctx, rule->proto), rule, PH_TEST_PROTO) || ctx->hotdrop))
		return false;
	return !(tests & PH_TEST_FRAG) || holds(pkt->frag_off != 0, rule, PH_TEST_FRAG);
}

static bool rule_matches(struct ph_rule *rule, struct ph_rule_ctx *ctx)
{
	uint32_t at = ph_rule_first_part();

	if (rule->tests && !header_matches(rule, ctx))
		return false;
	for (unsigned i = 0; i < rule->n_matches; i++) {
		struct ph_part *part = ph_part_at(rule, at);

		if (part->ext->match(part, ctx) != PH_MATCH_YES)
			return false;
		at += part->size;
	}
	return true;
}

static struct ph_rule_ref ref_of(const struct walk *w, enum ph_table table, const struct ph_rule *rule)
{
	return (struct ph_rule_ref){
		.table = ph_table_name[table], .chain = w->table->chain[w->chain]->name, .number = rule ? w->number : 0,
		.file = rule ? rule->file : NULL, .line = rule ? rule->line : 0,
	};
}

static void enter(struct walk *w, uint32_t chain)
{
	w->chain = chain;
	w->at = w->table->chain[chain]->flat_at;
	w->number = 0;
}

/* The end of a chain, or RETURN. False: there is nothing to go back to, the policy decides. */
static bool go_back(struct walk *w)
{
	if (w->depth == 0)
		return false;
	w->depth--;
	w->chain = w->stack[w->depth].chain;
	w->at = w->stack[w->depth].at;
	w->number = w->stack[w->depth].number;
	return true;
}

enum outcome { GO_ON = 0, ACCEPTED, DROPPED, POLICY };

static enum outcome outcome_of(enum ph_target_verdict verdict)
{
	static const enum outcome outcomes[] = {
		[PH_TARGET_DROP] = DROPPED, [PH_TARGET_CONTINUE] = GO_ON, [PH_TARGET_ACCEPT] = ACCEPTED,
		[PH_TARGET_UNKNOWN] = GO_ON,
	};

	return outcomes[verdict];
}

static enum outcome act(struct walk *w, enum ph_table table, const struct ph_rule *rule)
{
	const struct ph_part *part;
	struct ph_rule_ref ref;

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
		part = ph_part_at_const(rule, rule->target_at);
		ref = ref_of(w, table, rule);
		return outcome_of(part->ext->target(part, w->ctx, &ref));
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

enum ph_rule_verdict ph_ruleset_eval(struct ph_ruleset *rules, enum ph_table table, struct ph_rule_ctx *ctx,
                                     struct ph_rule_ref *where)
{
	struct ph_rtable *t = &rules->table[table];
	struct ph_chain *base = t->hook[ctx->hook];
	struct walk w = { .table = t, .ctx = ctx, .stack = rules->stack };
	enum outcome outcome = GO_ON;
	struct ph_rule *rule = NULL;

	if (!t->touched || !base)
		return PH_RULE_ACCEPT;
	enter(&w, index_of(t, base));
	*where = ref_of(&w, table, NULL);
	/* Rules that were not finished cannot be walked: fail closed. */
	if (!t->flat)
		return PH_RULE_DROP;
	while (outcome == GO_ON) {
		if (w.number == t->chain[w.chain]->n) {
			outcome = go_back(&w) ? GO_ON : POLICY;
			continue;
		}
		rule = (void *)(t->flat + w.at);
		w.at += rule->size;
		w.number++;
		if (rule_matches(rule, ctx)) {
			count(&rule->packets, &rule->bytes, ctx->pkt->len);
			*where = ref_of(&w, table, rule);
			outcome = act(&w, table, rule);
		} else if (ctx->hotdrop) {
			*where = ref_of(&w, table, rule);
			return PH_RULE_DROP;
		}
	}
	if (outcome != POLICY)
		return outcome == ACCEPTED ? PH_RULE_ACCEPT : PH_RULE_DROP;
	enter(&w, index_of(t, base));
	*where = ref_of(&w, table, NULL);
	return policy_of(base, ctx);
}

bool ph_ruleset_hooked(const struct ph_ruleset *rules, enum ph_table table, enum ph_hook hook)
{
	const struct ph_chain *chain = rules->table[table].hook[hook];

	return chain && (chain->n > 0 || chain->policy_drop);
}
