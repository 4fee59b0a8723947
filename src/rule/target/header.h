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

#endif
