/* The answer of matches on what no capture holds. */
#ifndef PH_RULE_MATCH_UNKNOWN_H
#define PH_RULE_MATCH_UNKNOWN_H

#include "rule/ext.h"

static inline enum ph_match ph_match_unknown(struct ph_part *part, struct ph_rule_ctx *ctx)
{
	(void)part;
	(void)ctx;
	return PH_MATCH_UNKNOWN;
}

#endif
