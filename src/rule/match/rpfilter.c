/* -m rpfilter: would the way back to the source leave by the interface the packet came in? route/reverse.c decides.
 *
 * Without policy routing a mark leads nowhere else, so that --validmark changes nothing. */
#include "route/reverse.h"
#include "rule/ext.h"

enum { LOOSE, VALIDMARK, ACCEPT_LOCAL, INVERT };

/* False: nobody knows the routes, or where it came in. */
static bool ask(const struct ph_part *part, const struct ph_rule_ctx *ctx, struct ph_reverse_in *in, struct ph_reverse_out *out)
{
	*in = (struct ph_reverse_in){
		.family = ctx->pkt->family, .src = &ctx->pkt->src, .dst = &ctx->pkt->dst, .loose = ph_part_has(part, LOOSE),
		.accept_local = ph_part_has(part, ACCEPT_LOCAL),
	};
	if (!ctx->route || !ph_route_configured(ctx->route))
		return false;
	in->iface = ph_route_iface_find(ctx->route, ctx->in->name);
	if (in->iface == PH_NO_IFACE)
		return false;
	ph_reverse_match(ctx->route, in, out);
	return true;
}

static enum ph_match match(struct ph_part *part, struct ph_rule_ctx *ctx)
{
	struct ph_reverse_out out;
	struct ph_reverse_in in;

	if (!ask(part, ctx, &in, &out))
		return PH_MATCH_UNKNOWN;
	return ph_match_if(ph_reverse_holds(out.why) != ph_part_has(part, INVERT));
}

static void note(const struct ph_part *part, const struct ph_rule_ctx *ctx, struct ph_writer *w)
{
	struct ph_reverse_out out;
	struct ph_reverse_in in;

	if (ask(part, ctx, &in, &out))
		ph_reverse_write(ctx->route, &in, &out, w);
	else
		ph_put_text(w, "the policy gives no routes");
}

static const struct ph_opt options[] = {
	{ .name = "loose", .type = PH_ARG_FLAG, .id = LOOSE },
	{ .name = "validmark", .type = PH_ARG_FLAG, .id = VALIDMARK },
	{ .name = "accept-local", .type = PH_ARG_FLAG, .id = ACCEPT_LOCAL },
	{ .name = "invert", .type = PH_ARG_FLAG, .id = INVERT },
};

const struct ph_ext ph_match_rpfilter = {
	.name = "rpfilter", .what = "reverse path of the source", .kind = PH_EXT_MATCH, .families = PH_FAMILY_ANY,
	.tables = 1 << PH_TABLE_RAW | 1 << PH_TABLE_MANGLE, .hooks = 1 << PH_HOOK_PREROUTING,
	PH_EXT_OPTIONS(options), .match = match, .note = note,
};
