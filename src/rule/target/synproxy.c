/* -j SYNPROXY: the firewall answers SYNs itself, and opens the connection when the client has proved to exist. What it
 * answers does not go on. */
#include "rule/target/simple.h"

enum { SACK, TIMESTAMP, WSCALE, MSS, ECN };

struct target_synproxy {
	uint16_t mss;
	uint8_t wscale;
};

static unsigned flags_of(const struct ph_rule_ctx *ctx)
{
	return ctx->pkt->tcp_flags & (PH_TCP_SYN | PH_TCP_ACK | PH_TCP_FIN | PH_TCP_RST);
}

/* A SYN is answered; an ACK completes a handshake or is dropped; anything else goes on. */
static enum ph_target_verdict verdict_of(const struct ph_rule_ctx *ctx)
{
	bool taken = !ctx->pkt->l4_complete || flags_of(ctx) == PH_TCP_SYN || flags_of(ctx) == PH_TCP_ACK;

	return taken ? PH_TARGET_DROP : PH_TARGET_CONTINUE;
}

static uint8_t answers_now(const struct ph_part *part, const struct ph_rule_ctx *ctx)
{
	(void)part;
	return (uint8_t)(1 << verdict_of(ctx));
}

static enum ph_target_verdict target(const struct ph_part *part, struct ph_rule_ctx *ctx, const struct ph_rule_ref *ref)
{
	(void)part;
	(void)ref;
	if (ctx->pkt->l4_complete && flags_of(ctx) == PH_TCP_SYN)
		ctx->reject = "tcp-syn-ack";
	return verdict_of(ctx);
}

static const struct ph_opt options[] = {
	{ .name = "sack-perm", .type = PH_ARG_FLAG, .id = SACK },
	{ .name = "timestamp", .type = PH_ARG_FLAG, .id = TIMESTAMP },
	{ .name = "wscale", .what = "a number to 255", .type = PH_ARG_UINT, .id = WSCALE,
	  PH_OPT_FIELD(struct target_synproxy, wscale), .max = 255 },
	{ .name = "mss", .what = "a number to 65535", .type = PH_ARG_UINT, .id = MSS,
	  PH_OPT_FIELD(struct target_synproxy, mss), .max = 65535 },
	{ .name = "ecn", .type = PH_ARG_FLAG, .id = ECN },
};

const struct ph_ext ph_target_synproxy = {
	.name = "SYNPROXY", .what = "answer SYNs in place of the server", .kind = PH_EXT_TARGET, .families = PH_FAMILY_ANY,
	.proto = PH_PROTO_TCP, .hooks = 1 << PH_HOOK_INPUT | 1 << PH_HOOK_FORWARD,
	.answers = 1 << PH_TARGET_CONTINUE | 1 << PH_TARGET_DROP, .size = sizeof(struct target_synproxy),
	PH_EXT_OPTIONS(options), .answers_now = answers_now, .target = target,
};
