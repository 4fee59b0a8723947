/* -m ecn: congestion notification in the IP header and in TCP's flags. RFC 3168. */
#include "rule/match/headers.h"

enum { CWR, ECE, ECT };

struct match_ecn {
	uint8_t ect;
};

static bool flag_hit(const struct ph_part *part, unsigned id, bool set)
{
	return !ph_part_has(part, id) || set != ph_part_inverted(part, id);
}

/* A TCP header that is cut short does not match, and the packet goes on. */
static enum ph_match match(struct ph_part *part, struct ph_rule_ctx *ctx)
{
	const struct match_ecn *m = (const void *)part->data;
	struct ph_cur header = ph_match_l4(ctx->pkt);
	uint8_t flags;

	if (ph_part_has(part, ECT) && ((ctx->pkt->tos & 3) == m->ect) == ph_part_inverted(part, ECT))
		return PH_MATCH_NO;
	if (!(part->given & (PH_BIT(CWR) | PH_BIT(ECE))))
		return PH_MATCH_YES;
	if (ph_cur_left(&header) < 20 || !ph_cur_peek(&header, 13, &flags))
		return PH_MATCH_NO;
	return ph_match_if(flag_hit(part, ECE, flags & PH_TCP_ECE) && flag_hit(part, CWR, flags & PH_TCP_CWR));
}

static bool check(struct ph_check *c)
{
	if (!c->part->given)
		return ph_check_error(c, -1, "says nothing: give it --ecn-tcp-cwr, --ecn-tcp-ece or --ecn-ip-ect");
	if (!(c->part->given & (PH_BIT(CWR) | PH_BIT(ECE))))
		return true;
	if (!(c->rule->tests & PH_TEST_PROTO) || (c->rule->inverted & PH_TEST_PROTO) || c->rule->proto != PH_PROTO_TCP)
		return ph_check_error(c, -1, "--ecn-tcp-cwr and --ecn-tcp-ece need -p tcp in the same rule, not negated");
	return true;
}

static const struct ph_opt options[] = {
	{ .name = "ecn-tcp-ece", .type = PH_ARG_FLAG, .flags = PH_OPT_INVERT, .id = ECE },
	{ .name = "ecn-tcp-cwr", .type = PH_ARG_FLAG, .flags = PH_OPT_INVERT, .id = CWR },
	{ .name = "ecn-ip-ect", .what = "a number from 0 to 3", .type = PH_ARG_UINT, .flags = PH_OPT_INVERT, .id = ECT,
	  PH_OPT_FIELD(struct match_ecn, ect), .max = 3 },
};

const struct ph_ext ph_match_ecn = {
	.name = "ecn", .what = "congestion notification", .kind = PH_EXT_MATCH, .families = PH_FAMILY_ANY,
	.touches = PH_TOUCH_HEADER | PH_TOUCH_TCP, .size = sizeof(struct match_ecn), PH_EXT_OPTIONS(options), .check = check,
	.match = match,
};
