/* -j TCPMSS: lowers the maximum segment size a SYN offers (RFC 9293 3.7.1), as PPPoE lines need it. Later rules see the
 * number that was set; what a path carries is not known, so that behind --clamp-mss-to-pmtu -m tcpmss cannot know. */
#include "rule/match/tcp.h"
#include "rule/match/tcpmss.h"
#include "rule/target/header.h"

enum { SET, CLAMP };
#define BEHIND_ROUTING (1 << PH_HOOK_FORWARD | 1 << PH_HOOK_OUTPUT | 1 << PH_HOOK_POSTROUTING)

struct target_tcpmss {
	uint16_t mss;
};

/* iptables lets the second option win, and so do we: --set-mss is printed, --clamp-mss-to-pmtu forgotten. */
static bool check(struct ph_check *c)
{
	bool syn = false;

	if (!c->part->given)
		return ph_check_error(c, -1, "says nothing: give it --set-mss or --clamp-mss-to-pmtu");
	for (size_t i = 0; i < c->n_parts; i++)
		syn |= ph_match_tcp_wants_syn(c->parts[i]);
	if (!syn)
		return ph_check_error(c, -1, "only SYNs have this option: add --syn or --tcp-flags SYN,RST SYN to the rule");
	if (ph_part_has(c->part, SET))
		c->part->given &= ~PH_BIT(CLAMP);
	return true;
}

/* What a path can carry is known behind the routing decision only. */
static uint8_t part_hooks(const struct ph_part *part)
{
	return ph_part_has(part, CLAMP) ? BEHIND_ROUTING : 0;
}

/* The most a SYN that says nothing may be sent (RFC 9293 3.7.1, RFC 8200 5). */
static uint16_t everybody(const struct ph_rule_ctx *ctx)
{
	return ctx->pkt->family == PH_IPV4 ? 536 : 1220;
}

/* A SYN without the option gets one, if it can still grow. */
static void set_mss(struct ph_rule_ctx *ctx, uint16_t want, bool known)
{
	const struct ph_pkt *pkt = ctx->pkt;
	uint16_t mss;

	if (ph_rule_mss(ctx, &mss) != PH_MSS_FOUND) {
		if (pkt->tcp_off == 60 || ph_cur_left(&pkt->l4) > pkt->tcp_off)
			return;
		mss = everybody(ctx);
		ctx->unsure |= PH_TOUCH_TCP;
	}
	if (!known) {
		ctx->unsure |= PH_TOUCH_MSS;
		return;
	}
	ctx->mss_set = true;
	ctx->mss = mss < want ? mss : want;
}

static enum ph_target_verdict target(const struct ph_part *part, struct ph_rule_ctx *ctx, const struct ph_rule_ref *ref)
{
	(void)ref;
	if (ctx->pkt->frag_off)
		return PH_TARGET_CONTINUE;
	if (ph_tcp_header_broken(ctx->pkt))
		return PH_TARGET_DROP;
	set_mss(ctx, ((const struct target_tcpmss *)(const void *)part->data)->mss, ph_part_has(part, SET));
	return PH_TARGET_CONTINUE;
}

static const struct ph_opt options[] = {
	{ .name = "set-mss", .what = "a number to 65515", .type = PH_ARG_UINT, .id = SET,
	  PH_OPT_FIELD(struct target_tcpmss, mss), .max = 65515 },
	{ .name = "clamp-mss-to-pmtu", .type = PH_ARG_FLAG, .id = CLAMP },
};

const struct ph_ext ph_target_tcpmss = {
	.name = "TCPMSS", .what = "lower the maximum segment size of a SYN", .kind = PH_EXT_TARGET,
	.families = PH_FAMILY_ANY, .proto = PH_PROTO_TCP, .touches = PH_TOUCH_TCP | PH_TOUCH_MSS,
	.answers = 1 << PH_TARGET_CONTINUE | 1 << PH_TARGET_DROP, .size = sizeof(struct target_tcpmss),
	PH_EXT_OPTIONS(options), .check = check, .part_hooks = part_hooks,
	.answers_now = ph_tcp_answers_now, .target = target,
};
