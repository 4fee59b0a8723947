/* The order of the steps. At one hook the lowest priority runs first, as in iptables; spec/tracking.md 9.7 and 9.8.
 *
 *   from an interface: PREROUTING -> routing decision -> INPUT                   (for the firewall itself)
 *                                                     -> FORWARD -> POSTROUTING
 *   from the firewall: OUTPUT -> POSTROUTING */
#include "engine/walk.h"

#define LAST 0x7fffffff

static enum ph_step run_table(struct ph_walk *walk, enum ph_table table)
{
	struct ph_engine *engine = walk->engine;
	size_t family = walk->pkt.family == PH_IPV6;
	struct ph_rule_ctx *ctx = &walk->rule;
	enum ph_rule_verdict verdict;

	ctx->hook = walk->hook;
	verdict = ph_ruleset_eval(engine->policy->rules[family], table, ctx, &walk->out->rule);
	if (ctx->uncertain) {
		walk->out->uncertain = true;
		walk->out->uncertain_rule = ctx->uncertain_rule;
	}
	if (verdict == PH_RULE_DROP) {
		/* Whether it came as far as here does not matter then. */
		walk->out->uncertain = ctx->uncertain;
		walk->out->fate = PH_FATE_RULE;
		walk->out->reject = ctx->reject;
		return PH_STEP_STOP;
	}
	if (ctx->conn_mark_changed && ctx->conn)
		ctx->conn->pending |= PH_PENDING_MARK;
	ctx->conn_mark_changed = false;
	return PH_STEP_NEXT;
}

static enum ph_step step_raw(struct ph_walk *walk)
{
	return run_table(walk, PH_TABLE_RAW);
}

static enum ph_step step_mangle(struct ph_walk *walk)
{
	return run_table(walk, PH_TABLE_MANGLE);
}

/* Translation is decided once, by the first packet of a connection. */
static enum ph_step step_nat(struct ph_walk *walk)
{
	const struct ph_rule_ctx *ctx = &walk->rule;

	if (!ctx->conn || (ctx->conn->status & PH_CT_CONFIRMED) || ctx->dir != PH_ORIG)
		return PH_STEP_NEXT;
	return run_table(walk, PH_TABLE_NAT);
}

static enum ph_step step_filter(struct ph_walk *walk)
{
	return run_table(walk, PH_TABLE_FILTER);
}

static enum ph_step step_security(struct ph_walk *walk)
{
	return run_table(walk, PH_TABLE_SECURITY);
}

/* nf_conntrack_helper=1: the helper that registered the port to which a connection begins. */
static uint8_t automatic_helper(const struct ph_walk *walk)
{
	const struct ph_policy *policy = walk->engine->policy;
	const struct ph_pkt *pkt = &walk->pkt;

	if (!policy->track.helper || !pkt->has_ports)
		return PH_HELPER_NONE;
	return ph_helper_by_port(&policy->helpers, pkt->family, pkt->l4_proto, pkt->dport);
}

static void take_template(struct ph_walk *walk)
{
	const struct ph_ct_template *template_ = walk->rule.template_;
	struct ph_track_io *io = &walk->io;

	io->zone_dir = PH_ZONE_BOTH;
	if (!template_) {
		io->helper = automatic_helper(walk);
		return;
	}
	io->zone = template_->zone_from_mark ? (uint16_t)*walk->rule.mark : template_->zone;
	io->zone_dir = template_->zone_dir;
	io->helper = template_->helper;
	if (io->helper == PH_HELPER_NONE)
		io->helper = automatic_helper(walk);
}

void ph_walk_show(struct ph_walk *walk)
{
	struct ph_engine *engine = walk->engine;
	struct ph_conn *conn = walk->io.conn;
	struct ph_rule_ctx *ctx = &walk->rule;

	ctx->state = walk->out->state = walk->io.state;
	ctx->conn = conn;
	ctx->dir = walk->out->dir = walk->io.dir;
	walk->out->reason = walk->io.reason;
	if (!conn)
		return;
	ctx->master = ph_conn_master(engine->track, conn);
	ctx->master_helper = ctx->master ? ph_engine_helper_name(engine, ctx->master->helper) : NULL;
	walk->out->has_conn = true;
	walk->out->conn_id = conn->id;
	walk->out->status = conn->status;
	walk->out->master_helper = ctx->master_helper;
}

static enum ph_step step_track(struct ph_walk *walk)
{
	struct ph_track_io *io = &walk->io;

	if (walk->attached)
		return PH_STEP_NEXT;
	if (walk->rule.untracked) {
		io->state = PH_STATE_UNTRACKED;
		ph_walk_show(walk);
		return PH_STEP_NEXT;
	}
	take_template(walk);
	io->pkt = &walk->pkt;
	io->now_ms = walk->engine->now_ms;
	io->verify = walk->hook == PH_HOOK_PREROUTING && !walk->in->vouched;
	if (!ph_track_packet(walk->engine->track, io)) {
		walk->out->fate = PH_FATE_CONNTRACK;
		walk->out->reason = io->reason;
		return PH_STEP_STOP;
	}
	ph_walk_show(walk);
	return PH_STEP_NEXT;
}

static enum ph_step step_confirm(struct ph_walk *walk)
{
	if (ph_track_confirm(walk->engine->track, &walk->io))
		return PH_STEP_NEXT;
	walk->out->reason = walk->io.reason;
	walk->out->fate = PH_FATE_HELPER;
	return PH_STEP_STOP;
}

struct step {
	enum ph_hook hook;
	int32_t priority;
	const char *name;
	enum ph_step (*run)(struct ph_walk *walk);
};

static const struct step path[] = {
	{ PH_HOOK_PREROUTING, -400, "defrag", ph_walk_defrag },
	{ PH_HOOK_PREROUTING, -300, "raw", step_raw },
	{ PH_HOOK_PREROUTING, -200, "track", step_track },
	{ PH_HOOK_PREROUTING, -150, "mangle", step_mangle },
	{ PH_HOOK_PREROUTING, -100, "nat", step_nat },
	{ PH_HOOK_PREROUTING, LAST, "route", ph_walk_route },

	{ PH_HOOK_INPUT, -150, "mangle", step_mangle },
	{ PH_HOOK_INPUT, 0, "filter", step_filter },
	{ PH_HOOK_INPUT, 50, "security", step_security },
	{ PH_HOOK_INPUT, 100, "nat", step_nat },
	{ PH_HOOK_INPUT, LAST, "helper", ph_walk_help },
	{ PH_HOOK_INPUT, LAST, "confirm", step_confirm },

	{ PH_HOOK_FORWARD, -150, "mangle", step_mangle },
	{ PH_HOOK_FORWARD, 0, "filter", step_filter },
	{ PH_HOOK_FORWARD, 50, "security", step_security },

	{ PH_HOOK_OUTPUT, -400, "defrag", ph_walk_defrag },
	{ PH_HOOK_OUTPUT, -300, "raw", step_raw },
	{ PH_HOOK_OUTPUT, -200, "track", step_track },
	{ PH_HOOK_OUTPUT, -150, "mangle", step_mangle },
	{ PH_HOOK_OUTPUT, -100, "nat", step_nat },
	{ PH_HOOK_OUTPUT, 0, "filter", step_filter },
	{ PH_HOOK_OUTPUT, 50, "security", step_security },

	{ PH_HOOK_POSTROUTING, -150, "mangle", step_mangle },
	{ PH_HOOK_POSTROUTING, 100, "nat", step_nat },
	{ PH_HOOK_POSTROUTING, LAST, "helper", ph_walk_help },
	{ PH_HOOK_POSTROUTING, LAST, "confirm", step_confirm },
};

#define STEPS (sizeof(path) / sizeof(path[0]))

/* Is it a step that this policy makes nothing of? */
static bool idle(const struct ph_engine *engine, size_t family, const struct step *step)
{
	static const struct {
		enum ph_step (*run)(struct ph_walk *walk);
		enum ph_table table;
	} tables[] = {
		{ step_raw, PH_TABLE_RAW }, { step_mangle, PH_TABLE_MANGLE }, { step_nat, PH_TABLE_NAT },
		{ step_filter, PH_TABLE_FILTER }, { step_security, PH_TABLE_SECURITY },
	};

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		if (step->run == tables[i].run)
			return !ph_ruleset_hooked(engine->policy->rules[family], tables[i].table, step->hook);
	return false;
}

_Static_assert(STEPS <= PH_PLAN_STEPS * PH_HOOKS, "every step finds room");

void ph_plan_make(struct ph_engine *engine)
{
	memset(engine->plan, 0, sizeof(engine->plan));
	for (size_t family = 0; family < 2; family++) {
		for (size_t i = 0; i < STEPS; i++) {
			struct ph_plan *plan = &engine->plan[family][path[i].hook];

			if (idle(engine, family, &path[i]))
				continue;
			plan->name[plan->n] = path[i].name;
			plan->run[plan->n++] = path[i].run;
		}
	}
}

/* The same as below, telling about it. */
static enum ph_step explain_hook(struct ph_walk *walk, const struct ph_plan *plan)
{
	enum ph_step result = PH_STEP_NEXT;

	for (size_t i = 0; i < plan->n && result == PH_STEP_NEXT; i++) {
		walk->tracing = plan->name[i];
		ph_tell_step(walk, PH_TRACE_STEP, false);
		result = plan->run[i](walk);
		ph_tell_step(walk, PH_TRACE_DONE, result == PH_STEP_STOP);
	}
	return result;
}

static enum ph_step run_hook(struct ph_walk *walk, enum ph_hook hook)
{
	const struct ph_plan *plan = &walk->engine->plan[walk->pkt.family == PH_IPV6][hook];

	walk->hook = hook;
	if (walk->in->explain && walk->engine->config.on_trace)
		return explain_hook(walk, plan);
	for (size_t i = 0; i < plan->n; i++)
		if (plan->run[i](walk) == PH_STEP_STOP)
			return PH_STEP_STOP;
	return PH_STEP_NEXT;
}

static const struct ph_ifname no_name;

static const struct ph_ifname *name_of(const struct ph_walk *walk, int iface)
{
	const struct ph_ifname *name = NULL;

	if (iface >= 0)
		name = ph_route_iface_name(walk->engine->policy->route, (size_t)iface);
	return name ? name : &no_name;
}

/* Which hooks come after which, by where the packet goes. Rules see an interface only where it is known. */
void ph_walk_run(struct ph_walk *walk)
{
	struct ph_rule_ctx *ctx = &walk->rule;

	ctx->out = &no_name;
	ctx->in = name_of(walk, walk->iface_in);
	if (walk->local_out) {
		(void)ph_walk_route(walk);
		ctx->out = name_of(walk, walk->iface_out);
		if (run_hook(walk, PH_HOOK_OUTPUT) == PH_STEP_STOP || run_hook(walk, PH_HOOK_POSTROUTING) == PH_STEP_STOP)
			return;
		walk->out->fate = PH_FATE_SENT;
		ph_loop_note(walk);
		return;
	}
	if (walk->looped)
		ph_loop_attach(walk);
	if (run_hook(walk, PH_HOOK_PREROUTING) == PH_STEP_STOP) {
		if (walk->out->fate != PH_FATE_ROUTE && walk->out->fate != PH_FATE_TTL)
			ph_walk_aim(walk);      /* ended before the routing decision: say at least where to */
		return;
	}
	if (walk->local_in) {
		if (run_hook(walk, PH_HOOK_INPUT) == PH_STEP_NEXT)
			walk->out->fate = PH_FATE_LOCAL;
		return;
	}
	ctx->out = name_of(walk, walk->iface_out);
	if (run_hook(walk, PH_HOOK_FORWARD) == PH_STEP_STOP)
		return;
	if (run_hook(walk, PH_HOOK_POSTROUTING) == PH_STEP_NEXT)
		walk->out->fate = PH_FATE_FORWARDED;
}
