/* What eval.c and explore.c share: one rule put to a packet, and where a walk through the chains of a table is. */
#ifndef PH_RULE_EVAL_H
#define PH_RULE_EVAL_H

#include "rule/ext.h"

/* Where a walk is. */
struct ph_rule_walk {
	struct ph_ruleset *rules;
	enum ph_table which;
	const struct ph_rtable *table;
	struct ph_rule_ctx *ctx;
	struct ph_return *stack;
	uint32_t chain;                 /* index */
	uint32_t at;                    /* of the next rule */
	uint32_t number;                /* rules of the chain that are behind us */
	uint32_t depth;
	uint32_t explored;              /* rules tried by explore.c so far */
};

/* What came of a rule. */
struct ph_tried {
	enum ph_match match;            /* UNKNOWN: nobody can know */
	bool hit;                       /* what the walk takes it for: what cannot be known does not match */
	bool drops;                     /* a match could not read its header: the packet is dropped instead of the action */
	const struct ph_part *failed;   /* the match that said no or unknown first; NULL: none, or one of the rule's own tests */
	uint8_t test;                   /* enum ph_test that failed; 0: none */
};

/* dry: only to see what might be: nothing may change, so that matches which keep an account answer UNKNOWN. */
void ph_rule_try(struct ph_rule *rule, struct ph_rule_ctx *ctx, bool dry, struct ph_tried *out);

/* Tells ctx->trial, which is not NULL, about a rule or (NULL) the policy. */
void ph_rule_tell(const struct ph_rule_walk *walk, const struct ph_rule_ref *ref, const struct ph_rule *rule,
                  const struct ph_tried *tried);

/* What a walk may come to. */
enum ph_way { PH_WAY_ACCEPT = 1, PH_WAY_DROP = 2, PH_WAY_RETURN = 4, PH_WAY_GO_ON = 8 };

/* To be called for each packet and table before the first question. */
void ph_explore_begin(struct ph_ruleset *rules);
/* The verdicts (ACCEPT, DROP) to which the other way leads at an uncertain rule, the one the walk does not take. walk stands
 * behind the rule. What the rule may change is noted in ctx->unsure. */
uint8_t ph_explore_other(struct ph_rule_walk *walk, struct ph_rule *rule, const struct ph_tried *tried);

#endif
