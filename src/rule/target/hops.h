/* What the targets TTL and HL share: they set the hop limit, or add to it, or take from it. */
#ifndef PH_RULE_TARGET_HOPS_H
#define PH_RULE_TARGET_HOPS_H

#include "rule/target/header.h"

enum { PH_HOPS_SET, PH_HOPS_DEC, PH_HOPS_INC };
#define PH_HOPS_ACTIONS (PH_BIT(PH_HOPS_SET) | PH_BIT(PH_HOPS_DEC) | PH_BIT(PH_HOPS_INC))

struct ph_target_hops {
	uint8_t hops;
};

/* Neither below 0 nor above 255. */
static inline enum ph_target_verdict ph_target_hops(const struct ph_part *part, struct ph_rule_ctx *ctx,
                                                    const struct ph_rule_ref *ref)
{
	uint8_t n = ((const struct ph_target_hops *)(const void *)part->data)->hops;
	struct ph_pkt *view = ctx->view;

	(void)ref;
	if (!view)
		return PH_TARGET_CONTINUE;
	if (ph_part_has(part, PH_HOPS_SET))
		view->ttl = n;
	else if (ph_part_has(part, PH_HOPS_DEC))
		view->ttl = view->ttl > n ? (uint8_t)(view->ttl - n) : 0;
	else
		view->ttl = view->ttl < 255 - n ? (uint8_t)(view->ttl + n) : 255;
	return PH_TARGET_CONTINUE;
}

#define PH_HOPS_ACTION(option, which, least) \
	{ .name = option, .what = "a number from " #least " to 255", .type = PH_ARG_UINT, .id = which, \
	  .excludes = PH_HOPS_ACTIONS & ~PH_BIT(which), PH_OPT_FIELD(struct ph_target_hops, hops), .min = least, .max = 255 }

#endif
