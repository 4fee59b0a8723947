/* What else might become of a packet where a rule's match is unknown; see eval.h.
 *
 * The walk itself takes one way: what cannot be known does not match. Here the other way is looked at, for its verdicts only:
 * nothing is counted, logged or changed. Each chain is summed up once, as the set of ways out of it; a chain that is reached
 * again has its answer ready. Where the work would still grow beyond STEPS, the answer is that anything may be. */
#include "rule/eval.h"

#define STEPS 200000u           /* rules tried for one packet in one table */
#define ANY_VERDICT (PH_WAY_ACCEPT | PH_WAY_DROP)

struct explore {
	struct ph_rule_walk *walk;
	uint32_t n;                     /* chains being explored */
};

/* What was found out before holds no longer. */
static void new_question(struct ph_ruleset *rules)
{
	if (++rules->stamp != 0)
		return;
	for (unsigned t = 0; t < PH_TABLES; t++)
		for (size_t i = 0; i < rules->table[t].n; i++)
			rules->table[t].chain[i]->may_stamp = 0;
	rules->stamp = 1;
}

void ph_explore_begin(struct ph_ruleset *rules)
{
	new_question(rules);
}

/* The rule's target may or may not have done its work. */
static void taint(struct explore *x, uint8_t touches)
{
	struct ph_rule_ctx *ctx = x->walk->ctx;

	if (!(touches & ~ctx->unsure))
		return;
	ctx->unsure |= touches;
	new_question(x->walk->rules);
}

static uint8_t may_of_target(struct explore *x, const struct ph_rule *rule)
{
	static const uint8_t may[] = {
		[PH_TARGET_DROP] = PH_WAY_DROP, [PH_TARGET_CONTINUE] = PH_WAY_GO_ON, [PH_TARGET_ACCEPT] = PH_WAY_ACCEPT,
		[PH_TARGET_UNKNOWN] = ANY_VERDICT | PH_WAY_GO_ON,
	};
	const struct ph_part *part = ph_part_at_const(rule, rule->target_at);
	const struct ph_ext *ext = part->ext;
	uint8_t answers = ext->answers_now ? ext->answers_now(part, x->walk->ctx) : ext->answers, all = 0;

	taint(x, ext->touches);
	for (unsigned i = 0; i < sizeof(may); i++)
		if (!answers || answers >> i & 1)
			all |= may[i];
	return all;
}

/* The ways out of a rule that matches. A chain it leads to must have been summed up: may_to is that of it. */
static uint8_t may_of_rule(struct explore *x, const struct ph_rule *rule, uint8_t may_to)
{
	switch ((enum ph_action)rule->action) {
	case PH_ACT_NONE:
		return PH_WAY_GO_ON;
	case PH_ACT_ACCEPT:
		return PH_WAY_ACCEPT;
	case PH_ACT_DROP:
		return PH_WAY_DROP;
	case PH_ACT_RETURN:
		return PH_WAY_RETURN;
	case PH_ACT_JUMP:
		return may_to & PH_WAY_RETURN ? (uint8_t)((may_to & ~PH_WAY_RETURN) | PH_WAY_GO_ON) : may_to;
	case PH_ACT_GOTO:
		return may_to;
	case PH_ACT_TARGET:
		return may_of_target(x, rule);
	case PH_ACT_UNKNOWN:
		taint(x, 0xff);
		return ANY_VERDICT | PH_WAY_GO_ON;
	}
	return ANY_VERDICT;
}

static void push(struct explore *x, struct ph_return from, bool whole)
{
	struct ph_ruleset *rules = x->walk->rules;

	rules->explored[x->n++] = (struct ph_explored){
		.chain = from.chain, .at = from.at, .number = from.number, .stamp = rules->stamp, .whole = whole,
	};
}

/* Does this rule lead to a chain that has to be summed up first? Then that one is on top now. */
static bool dive(struct explore *x, const struct ph_rule *rule, uint8_t *may_to)
{
	const struct ph_rule_walk *w = x->walk;
	const struct ph_chain *to;

	*may_to = 0;
	if (rule->action != PH_ACT_JUMP && rule->action != PH_ACT_GOTO)
		return false;
	to = w->table->chain[rule->to];
	*may_to = to->may;
	if (to->may_stamp == w->rules->stamp)
		return false;
	push(x, (struct ph_return){ rule->to, to->flat_at, 0 }, true);
	return true;
}

/* The next rule of the chain on top. True: that chain has no more ways to add. */
static bool step(struct explore *x)
{
	struct ph_rule_walk *w = x->walk;
	struct ph_explored *top = &w->rules->explored[x->n - 1];
	struct ph_rule *rule = (void *)(w->table->flat + top->at);
	struct ph_tried tried;
	uint8_t may = PH_WAY_DROP, may_to;

	if (top->number == w->table->chain[top->chain]->n) {
		top->may |= PH_WAY_RETURN;
		return true;
	}
	w->explored++;
	ph_rule_try(rule, w->ctx, true, &tried);
	if (tried.match != PH_MATCH_NO && !tried.drops) {
		if (dive(x, rule, &may_to))
			return false;
		may = may_of_rule(x, rule, may_to);
	}
	top->at += rule->size;
	top->number++;
	if (tried.match == PH_MATCH_NO)
		return false;
	top->may |= may & (ANY_VERDICT | PH_WAY_RETURN);
	return tried.match == PH_MATCH_YES && !(may & PH_WAY_GO_ON);
}

/* The ways out of a chain from one of its rules on. */
static uint8_t may_from(struct explore *x, struct ph_return from, bool whole)
{
	struct ph_ruleset *rules = x->walk->rules;
	uint8_t may = 0;

	push(x, from, whole);
	while (x->n) {
		struct ph_explored *top = &rules->explored[x->n - 1];

		if (x->walk->explored > STEPS) {
			x->n = 0;
			taint(x, 0xff);
			return ANY_VERDICT | PH_WAY_RETURN;
		}
		if (!step(x))
			continue;
		may = top->may;
		if (top->whole) {
			x->walk->table->chain[top->chain]->may = may;
			x->walk->table->chain[top->chain]->may_stamp = top->stamp;
		}
		x->n--;
	}
	return may;
}

/* What becomes of a packet that leaves the walk's chain: the chains it was called from, then the policy. */
static uint8_t leave(struct explore *x, uint8_t may)
{
	const struct ph_rule_walk *w = x->walk;
	const struct ph_chain *base = w->table->hook[w->ctx->hook];

	for (uint32_t d = w->depth; d-- > 0 && (may & PH_WAY_RETURN);)
		may = (uint8_t)((may & ~PH_WAY_RETURN) | may_from(x, w->stack[d], false));
	if (may & PH_WAY_RETURN)
		may |= base->policy_drop ? PH_WAY_DROP : PH_WAY_ACCEPT;
	return may & ANY_VERDICT;
}

uint8_t ph_explore_other(struct ph_rule_walk *walk, struct ph_rule *rule, const struct ph_tried *tried)
{
	struct explore x = { .walk = walk };
	struct ph_chain *to = NULL;
	uint8_t may;

	if (rule->action == PH_ACT_TARGET)
		taint(&x, ph_part_at_const(rule, rule->target_at)->ext->touches);
	if (rule->action == PH_ACT_UNKNOWN)
		taint(&x, 0xff);
	if (tried->hit)
		return leave(&x, may_from(&x, (struct ph_return){ walk->chain, walk->at, walk->number }, false));
	if (tried->drops)
		return PH_WAY_DROP;
	if (rule->action == PH_ACT_JUMP || rule->action == PH_ACT_GOTO)
		to = walk->table->chain[rule->to];
	may = may_of_rule(&x, rule, to ? may_from(&x, (struct ph_return){ rule->to, to->flat_at, 0 }, true) : 0);
	/* Going on is what the walk does anyway. */
	return leave(&x, may);
}
