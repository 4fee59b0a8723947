/* What the matches ttl and hl share. */
#ifndef PH_RULE_MATCH_HOPS_H
#define PH_RULE_MATCH_HOPS_H

#include "rule/ext.h"

enum { PH_HOPS_EQ, PH_HOPS_LT, PH_HOPS_GT };

struct ph_match_hops {
	uint8_t hops;
};

static inline enum ph_match ph_hops_match(struct ph_part *part, struct ph_rule_ctx *ctx)
{
	const struct ph_match_hops *m = (const void *)part->data;
	uint8_t hops = ctx->pkt->ttl;

	if (ph_part_has(part, PH_HOPS_LT))
		return ph_match_if(hops < m->hops);
	if (ph_part_has(part, PH_HOPS_GT))
		return ph_match_if(hops > m->hops);
	return ph_match_if((hops == m->hops) != ph_part_inverted(part, PH_HOPS_EQ));
}

#define PH_HOPS_ALL (PH_BIT(PH_HOPS_EQ) | PH_BIT(PH_HOPS_LT) | PH_BIT(PH_HOPS_GT))
#define PH_HOPS_OPT(option, which, more) \
	{ .name = option, .what = "a number to 255", .type = PH_ARG_UINT, .flags = more, .id = which, \
	  PH_OPT_FIELD(struct ph_match_hops, hops), .max = 255, .excludes = PH_HOPS_ALL & ~PH_BIT(which) }

#endif
