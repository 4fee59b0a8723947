/* Helpers at work: the engine hands over bytes, checks each finding against the helper's contract, and acts on it.
 * The rules of acting are in helper/helper.h; spec/tracking.md 8.5 says when a helper runs. */
#include "engine/walk.h"

/* What became of one finding. */
enum acted { ACTED_DONE = 0, ACTED_REFUSED };

static struct ph_walk *walk_of(void *arg)
{
	return arg;
}

static bool held_elsewhere(void *arg, const struct ph_expect_want *want)
{
	struct ph_walk *walk = walk_of(arg);

	return ph_expect_held_elsewhere(walk->engine->track, walk->io.conn, want);
}

static bool held_here(void *arg, const struct ph_expect_want *want)
{
	struct ph_walk *walk = walk_of(arg);

	return ph_expect_held_here(walk->engine->track, walk->io.conn, want);
}

/* Where a packet for this address is sent next: a neighbour is its own next hop. */
static struct ph_addr next_hop(const struct ph_route_hop *hop, const struct ph_addr *addr)
{
	static const struct ph_addr none;

	return ph_addr_equal(&hop->via, &none) ? *addr : hop->via;
}

static bool same_side(void *arg, uint8_t family, const struct ph_addr *a, const struct ph_addr *b)
{
	struct ph_engine *engine = walk_of(arg)->engine;
	const struct ph_route_hop to_a = ph_engine_hop(engine, family, a), to_b = ph_engine_hop(engine, family, b);
	struct ph_addr next_a = next_hop(&to_a, a), next_b = next_hop(&to_b, b);

	return to_a.type == PH_ROUTE_UNICAST && to_b.type == PH_ROUTE_UNICAST && to_a.iface == to_b.iface &&
	       ph_addr_equal(&next_a, &next_b);
}

static bool leaves_here(void *arg, uint8_t family, const struct ph_addr *addr)
{
	struct ph_walk *walk = walk_of(arg);
	const struct ph_route_hop hop = ph_engine_hop(walk->engine, family, addr);

	return (hop.type == PH_ROUTE_UNICAST || hop.type == PH_ROUTE_BROADCAST) && hop.iface == walk->iface_out;
}

/* What leaves this machine as a broadcast, other than to 255.255.255.255, which no interface takes for its own. */
static bool is_own_broadcast(const struct ph_walk *walk)
{
	return walk->local_out && walk->pkt.family == PH_IPV4 && walk->iface_out != PH_NO_IFACE &&
	       ph_engine_hop(walk->engine, PH_IPV4, &walk->pkt.dst).type == PH_ROUTE_BROADCAST;
}

static bool broadcast_net(void *arg, struct ph_addr *mask)
{
	struct ph_walk *walk = walk_of(arg);

	return is_own_broadcast(walk) &&
	       ph_route_broadcast_mask(walk->engine->policy->route, walk->iface_out, &walk->pkt.dst, mask);
}

static enum ph_cause cause_of(enum ph_status status)
{
	return status == PH_FULL ? PH_CAUSE_FULL : PH_CAUSE_CLASH;
}

static enum acted refuse(struct ph_walk *walk, enum ph_cause cause, enum ph_reason reason)
{
	ph_tell_refused(walk->engine, cause, walk->io.conn);
	walk->out->reason = reason;
	return ACTED_REFUSED;
}

static enum acted open_one(struct ph_walk *walk, const struct ph_finding *f)
{
	struct ph_engine *engine = walk->engine;
	const struct ph_expect_policy *limits = engine->limits[walk->io.conn->helper];
	enum ph_status status = ph_expect_add(engine->track, walk->io.conn, &f->want, &limits[f->want.class_], engine->now_ms);

	/* Another connection of the kind holds it already: as good as done, for those who say so. */
	if (status == PH_OK || (status == PH_EXISTS && f->want.any_master))
		return ACTED_DONE;
	return refuse(walk, cause_of(status), PH_WHY_HELPER_EXPECT);
}

static void say_refused(struct ph_walk *walk, const struct ph_finding *f)
{
	enum ph_cause cause = f->refusal == PH_REFUSAL_PARTIAL ? PH_CAUSE_MALFORMED : PH_CAUSE_ADDRESS;

	if (f->refusal == PH_REFUSAL_PORT)
		cause = PH_CAUSE_PORT;
	ph_tell_refused(walk->engine, cause, walk->io.conn);
	if (f->refusal == PH_REFUSAL_PARTIAL)
		walk->out->reason = PH_WHY_HELPER_PARTIAL;
}

static void set_word(struct ph_walk *walk, const struct ph_finding *f)
{
	struct ph_conn_help *help = ph_conn_help(walk->engine->track, walk->io.conn);
	size_t at = f->word * sizeof(f->value);

	if (help && at + sizeof(f->value) <= sizeof(help->state))
		memcpy(help->state + at, &f->value, sizeof(f->value));
}

static enum acted know_call(struct ph_walk *walk, const struct ph_finding *f)
{
	enum ph_status status = ph_keymap_add(walk->engine->track, walk->io.conn, f->dir, &f->want.tuple);

	if (status == PH_OK)
		return ACTED_DONE;
	return refuse(walk, status == PH_FULL ? PH_CAUSE_FULL : PH_CAUSE_CALL, PH_WHY_HELPER_EXPECT);
}

static uint8_t last_class(const struct ph_finding *f)
{
	return f->last_class > f->want.class_ ? f->last_class : f->want.class_;
}

/* One finding that keeps the contract. */
static enum acted act(struct ph_walk *walk, const struct ph_finding *f)
{
	struct ph_track *track = walk->engine->track;
	struct ph_conn *conn = walk->io.conn;
	uint64_t now = walk->engine->now_ms;

	switch (f->kind) {
	case PH_FIND_EXPECT:
		return open_one(walk, f);
	case PH_FIND_REMOVE:
		(void)ph_expect_remove(track, conn, f->want.class_, last_class(f), f->want.tag);
		return ACTED_DONE;
	case PH_FIND_ACTIVATE:
		ph_expect_activate(track, conn, f->want.class_, f->want.tag);
		(void)ph_expect_retime(track, conn, f->want.class_, f->want.tag, f->timeout_s);
		return ACTED_DONE;
	case PH_FIND_RETIME:
		(void)ph_expect_retime(track, conn, f->want.class_, f->want.tag, f->timeout_s);
		return ACTED_DONE;
	case PH_FIND_MASTER_TIMEOUT:
		ph_conn_refresh(track, conn, f->timeout_s, now);
		return ACTED_DONE;
	case PH_FIND_REFUSED:
		say_refused(walk, f);
		return ACTED_DONE;
	case PH_FIND_STATE:
		set_word(walk, f);
		return ACTED_DONE;
	case PH_FIND_KEYMAP:
		return know_call(walk, f);
	case PH_FIND_TEARDOWN:
		ph_keymap_teardown(track, conn, f->dir, &f->want.tuple, PH_CAUSE_REMOVED);
		return ACTED_DONE;
	case PH_FIND_KINDS:
		break;
	}
	return refuse(walk, PH_CAUSE_CONTRACT, PH_WHY_HELPER_CONTRACT);
}

static void undo_one(struct ph_walk *walk, const struct ph_finding *f)
{
	if (f->kind == PH_FIND_EXPECT)
		(void)ph_expect_remove_like(walk->engine->track, walk->io.conn, &f->want);
	if (f->kind != PH_FIND_KEYMAP)
		return;
	/* With one direction the call has lost its keys: the other goes too, though it may be older (checked on 6.18). */
	ph_keymap_remove(walk->engine->track, walk->io.conn, PH_ORIG);
	ph_keymap_remove(walk->engine->track, walk->io.conn, PH_REPLY);
}

/* Closes again what the group that ends before `end` had opened. */
static void undo_group(struct ph_walk *walk, const struct ph_helper_out *out, uint32_t end)
{
	uint8_t group = out->found[end].group;

	if (group == 0)
		return;
	for (uint32_t i = end; i-- > 0 && out->found[i].group == group;)
		undo_one(walk, &out->found[i]);
}

/* Past the rest of a group that was refused. */
static uint32_t skip_group(const struct ph_helper_out *out, uint32_t i)
{
	uint8_t group = out->found[i].group;

	i++;
	while (group && i < out->n && out->found[i].group == group)
		i++;
	return i;
}

static enum ph_help act_on_all(struct ph_walk *walk, const struct ph_helper *helper, const struct ph_helper_in *in,
                               enum ph_help verdict)
{
	const struct ph_helper_out *out = &walk->engine->found;
	uint32_t i = 0;

	while (i < out->n) {
		const struct ph_finding *f = &out->found[i];
		enum acted acted;

		walk->finding = f;
		acted = ph_contract_broken(helper, in, f) ? refuse(walk, PH_CAUSE_CONTRACT, PH_WHY_HELPER_CONTRACT) : act(walk, f);
		if (acted == ACTED_DONE) {
			i++;
			continue;
		}
		undo_group(walk, out, i);
		if (f->if_refused == PH_HELP_DROP)
			verdict = PH_HELP_DROP;
		if (f->if_refused == PH_HELP_DROP && !f->goes_on)
			break;
		i = skip_group(out, i);
	}
	walk->finding = NULL;
	ph_count(&walk->engine->stats.findings_lost, out->lost);
	return verdict;
}

struct ph_helper_in ph_helper_about(const struct ph_engine *engine, const struct ph_conn *conn,
                                    struct ph_conn_help *help)
{
	struct ph_helper_in in = {
		.expected = conn->status & PH_CT_EXPECTED,
		.family = conn->tuple.family,
		.helper = conn->helper,
		.profile = PH_PROFILE_KERNEL,
		.option = ph_helper_values(&engine->policy->helpers, conn->helper),
		.state = help->state,
	};

	ph_conn_tuple(conn, PH_ORIG, &in.tuple[PH_ORIG]);
	ph_conn_tuple(conn, PH_REPLY, &in.tuple[PH_REPLY]);
	return in;
}

static enum ph_help inspect(struct ph_walk *walk, const struct ph_helper *helper, struct ph_conn_help *help, bool copy)
{
	const struct ph_helper_world world = {
		.arg = walk, .held_elsewhere = held_elsewhere, .held_here = held_here, .same_side = same_side,
		.leaves_here = leaves_here, .broadcast_net = copy ? NULL : broadcast_net,
	};
	struct ph_engine *engine = walk->engine;
	struct ph_helper_in in = ph_helper_about(engine, walk->io.conn, help);

	in.payload = walk->pkt.payload;
	in.seq = walk->pkt.seq;
	in.dir = walk->io.dir;
	in.established = walk->io.state == PH_STATE_ESTABLISHED;
	in.world = &world;
	engine->found.n = engine->found.lost = 0;
	return act_on_all(walk, helper, &in, helper->inspect(&in, &engine->found));
}

void ph_engine_ending(void *arg, struct ph_conn *conn)
{
	struct ph_engine *engine = arg;
	const struct ph_helper *helper = ph_helper_of(conn->helper);
	struct ph_conn_help *help = ph_conn_help(engine->track, conn);
	struct ph_finding f = { .kind = PH_FIND_TEARDOWN };
	struct ph_tuple torn[PH_DIRS];
	struct ph_helper_in in;

	if (!helper || !helper->ended || !help)
		return;
	in = ph_helper_about(engine, conn, help);
	helper->ended(&in, torn);
	/* What is torn down is GRE, which has no helper: this is not entered again from here. */
	for (int dir = 0; dir < PH_DIRS; dir++) {
		f.dir = (enum ph_dir)dir;
		f.want.tuple = torn[dir];
		if (!ph_contract_broken(helper, &in, &f))
			ph_keymap_teardown(engine->track, conn, f.dir, &torn[dir], PH_CAUSE_MASTER_GONE);
	}
}

/* A host hears its own broadcast: the copy that is looped back passes this step first, without the socket that sent it, and
 * confirms the connection (checked on 6.18: its event says 30 seconds where netbios-ns then sets 3). Its further way, through
 * INPUT, is not followed. */
static void loop_back(struct ph_walk *walk, const struct ph_helper *helper, struct ph_conn_help *help)
{
	bool passed = inspect(walk, helper, help, true) != PH_HELP_DROP && ph_track_confirm(walk->engine->track, &walk->io);

	/* What becomes of the copy is nothing to the packet that leaves. */
	(void)passed;
}

enum ph_step ph_walk_help(struct ph_walk *walk)
{
	struct ph_conn *conn = walk->io.conn;
	const struct ph_helper *helper;
	struct ph_conn_help *help;

	if (!conn || conn->helper == PH_HELPER_NONE || walk->io.icmp_error || walk->attached)
		return PH_STEP_NEXT;
	helper = ph_helper_of(conn->helper);
	help = ph_conn_help(walk->engine->track, conn);
	if (!helper || !help)
		return PH_STEP_NEXT;
	if (is_own_broadcast(walk))
		loop_back(walk, helper, help);
	if (inspect(walk, helper, help, false) != PH_HELP_DROP)
		return PH_STEP_NEXT;
	walk->out->fate = PH_FATE_HELPER;
	if (walk->out->reason == PH_WHY_NONE)
		walk->out->reason = PH_WHY_HELPER_VERDICT;
	return PH_STEP_STOP;
}
