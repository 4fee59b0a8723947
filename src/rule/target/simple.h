/* What targets share that leave alone what later rules and connection tracking see. */
#ifndef PH_RULE_TARGET_SIMPLE_H
#define PH_RULE_TARGET_SIMPLE_H

#include "rule/ext.h"

#define PH_IN_MANGLE (1 << PH_TABLE_MANGLE)
#define PH_SAYS(verdict) .answers = 1 << (verdict)

static inline enum ph_target_verdict ph_target_continue(const struct ph_part *part, struct ph_rule_ctx *ctx,
                                                        const struct ph_rule_ref *ref)
{
	(void)part;
	(void)ctx;
	(void)ref;
	return PH_TARGET_CONTINUE;
}

/* The answer depends on what no capture holds: a program behind a queue, a socket. */
static inline enum ph_target_verdict ph_target_unknown(const struct ph_part *part, struct ph_rule_ctx *ctx,
                                                       const struct ph_rule_ref *ref)
{
	(void)part;
	(void)ctx;
	(void)ref;
	return PH_TARGET_UNKNOWN;
}

/* True if the rule asks for -p proto, not negated. */
static inline bool ph_check_proto(const struct ph_check *check, uint8_t proto)
{
	return (check->rule->tests & PH_TEST_PROTO) && !(check->rule->inverted & PH_TEST_PROTO) && check->rule->proto == proto;
}

#endif
