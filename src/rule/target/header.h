/* Targets that change a header. Rules behind see the change in the packet's view; its bytes stay as they were captured. */
#ifndef PH_RULE_TARGET_HEADER_H
#define PH_RULE_TARGET_HEADER_H

#include "rule/target/simple.h"

/* Replaces the bits of TOS or traffic class under the mask: tos = (tos & ~mask) ^ value. */
static inline void ph_change_tos(struct ph_rule_ctx *ctx, uint8_t value, uint8_t mask)
{
	if (ctx->view)
		ctx->view->tos = (uint8_t)((ctx->view->tos & ~mask) ^ value);
}

/* A TCP header that cannot be right is not mended but dropped. */
static inline bool ph_tcp_header_broken(const struct ph_pkt *pkt)
{
	return pkt->frag_off == 0 && (!pkt->l4_complete || pkt->tcp_off < 20 || ph_cur_left(&pkt->l4) < pkt->tcp_off);
}

static inline uint8_t ph_tcp_answers_now(const struct ph_part *part, const struct ph_rule_ctx *ctx)
{
	(void)part;
	return ph_tcp_header_broken(ctx->pkt) ? 1 << PH_TARGET_DROP : 1 << PH_TARGET_CONTINUE;
}

#endif
