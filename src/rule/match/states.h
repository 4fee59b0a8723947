/* The states of connection tracking as rules name them: for -m conntrack and -m state. spec/tracking.md 4. */
#ifndef PH_RULE_MATCH_STATES_H
#define PH_RULE_MATCH_STATES_H

#include "rule/ext.h"

enum {
	PH_RULE_INVALID = 1, PH_RULE_NEW = 2, PH_RULE_RELATED = 4, PH_RULE_ESTABLISHED = 8, PH_RULE_UNTRACKED = 16,
	PH_RULE_SNAT = 32, PH_RULE_DNAT = 64,
};

/* The names -m state takes; in the order iptables-save prints them. */
extern const struct ph_name ph_state_names[];

/* The packet's states as bits: one of the first five, and what NAT adds. */
static inline unsigned ph_rule_state(const struct ph_rule_ctx *ctx)
{
	static const uint8_t bit[] = {
		[PH_STATE_NONE] = PH_RULE_INVALID, [PH_STATE_NEW] = PH_RULE_NEW, [PH_STATE_ESTABLISHED] = PH_RULE_ESTABLISHED,
		[PH_STATE_RELATED] = PH_RULE_RELATED, [PH_STATE_INVALID] = PH_RULE_INVALID,
		[PH_STATE_UNTRACKED] = PH_RULE_UNTRACKED,
	};
	unsigned bits = ctx->untracked ? PH_RULE_UNTRACKED : bit[ctx->state];

	if (ctx->conn && (ctx->conn->status & PH_CT_SRC_NAT))
		bits |= PH_RULE_SNAT;
	if (ctx->conn && (ctx->conn->status & PH_CT_DST_NAT))
		bits |= PH_RULE_DNAT;
	return bits;
}

#endif
