/* The engine's doors: making it, running packets through it, asking it. See <pinhole/engine.h>. */
#include "engine/walk.h"

#include <stdlib.h>

struct ph_engine *ph_engine_new(struct ph_policy *policy, const struct ph_engine_config *config)
{
	struct ph_engine *engine = calloc(1, sizeof(*engine));
	const struct ph_track_hooks hooks = {
		.conn = config->on_event ? ph_tell_conn : NULL, .expect = config->on_event ? ph_tell_expect : NULL,
		.ending = ph_engine_ending, .arg = engine,
	};
	struct ph_defrag_config defrag;

	if (!engine)
		return NULL;
	engine->policy = policy;
	engine->config = *config;
	defrag = ph_engine_defrag_config(engine, policy);
	engine->defrag = ph_defrag_new(&defrag);
	engine->track = ph_track_new(&policy->track, config->hash_key, 0, &hooks);
	if (engine->defrag && engine->track && ph_engine_refresh(engine) == PH_OK)
		return engine;
	ph_engine_free(engine);
	return NULL;
}

void ph_engine_free(struct ph_engine *engine)
{
	if (!engine)
		return;
	ph_defrag_free(engine->defrag);
	ph_track_free(engine->track);
	free(engine->sources);
	free(engine);
}

/* The engine's clock: stands still, or never runs backwards. */
static void set_clock(struct ph_engine *engine, uint64_t now_ms)
{
	if (!engine->started) {
		engine->started = true;
		engine->now_ms = now_ms;
		return;
	}
	if (!engine->config.frozen_clock && now_ms > engine->now_ms)
		engine->now_ms = now_ms;
}

void ph_engine_advance(struct ph_engine *engine, uint64_t now_ms)
{
	set_clock(engine, now_ms);
	ph_defrag_advance(engine->defrag, engine->now_ms);
	ph_track_advance(engine->track, engine->now_ms);
	ph_track_settle(engine->track);
}

void ph_engine_set_day(struct ph_engine *engine, int64_t ahead_ms)
{
	engine->day_ahead_ms = ahead_ms;
}

/* Is there a packet in the frame, whole? */
static enum ph_skip find_packet(const struct ph_frame *frame, struct ph_l3 *l3)
{
	const uint8_t *ip;
	uint32_t stated;

	if (!ph_frame_l3(frame, l3))
		return PH_SKIP_NOT_IP;
	ip = frame->data + l3->at;
	if (l3->len < (l3->family == PH_IPV4 ? 20 : 40))
		return frame->len < frame->wire_len ? PH_SKIP_TRUNCATED : PH_SKIP_SHORT;
	stated = l3->family == PH_IPV4 ? (uint32_t)(ip[2] << 8 | ip[3]) : 40u + (uint32_t)(ip[4] << 8 | ip[5]);
	if (stated > l3->len)
		return frame->len < frame->wire_len ? PH_SKIP_TRUNCATED : PH_SKIP_NONE;
	return PH_SKIP_NONE;
}

static void skip(struct ph_packet_out *out, enum ph_skip why)
{
	out->verdict = PH_SKIPPED;
	out->fate = PH_FATE_NOT_SENT;
	out->skip = why;
}

static enum ph_verdict verdict_of(enum ph_fate fate)
{
	return fate == PH_FATE_FORWARDED || fate == PH_FATE_LOCAL || fate == PH_FATE_SENT ? PH_ACCEPT : PH_DROP;
}

/* What is left to say when the packet's way has ended. */
static void conclude(struct ph_walk *walk)
{
	struct ph_engine *engine = walk->engine;
	struct ph_packet_out *out = walk->out;
	const struct ph_conn *conn = walk->io.conn;

	if (out->reject && engine->config.answers)
		ph_walk_answer(walk);
	if (out->fate != PH_FATE_FRAGMENT)      /* the step has said whether it was held or discarded */
		out->verdict = verdict_of(out->fate);
	/* What was in doubt was whether it passes a table; it was dropped elsewhere in any case. */
	if (out->verdict == PH_DROP && out->fate != PH_FATE_RULE)
		out->uncertain = false;
	out->in = walk->iface_in;
	out->out = walk->iface_out;
	if (conn && (conn->status & PH_CT_CONFIRMED) && !(conn->status & PH_CT_DYING)) {
		out->confirmed = true;
		out->own_helper = ph_engine_helper_name(engine, conn->helper);
		out->proto_state = ph_conn_proto_state(conn);
		out->timeout_s = conn->expires_ms > engine->now_ms ? (conn->expires_ms - engine->now_ms) / 1000 : 0;
	}
	ph_track_done(engine->track, &walk->io);
	out->n_expects = (uint32_t)ph_track_expects(engine->track);
	ph_count(&engine->stats.reasons[out->reason], 1);
}

static void stop_early(struct ph_walk *walk, enum ph_fate fate)
{
	walk->out->fate = fate;
	ph_walk_aim(walk);
}

/* Reads a frame: what can be done before the packets in front of it have had their effect. False: it is skipped. */
static bool prepare(struct ph_engine *engine, const struct ph_packet_in *in, struct ph_packet_out *out, struct ph_walk *walk)
{
	struct ph_l3 l3;
	enum ph_skip why = find_packet(&in->frame, &l3);

	memset(out, 0, sizeof(*out));
	out->in = out->out = PH_NO_IFACE;
	out->mark = in->mark;
	if (why != PH_SKIP_NONE) {
		skip(out, why);
		return false;
	}
	memset(&walk->io, 0, sizeof(*walk) - offsetof(struct ph_walk, io));
	walk->engine = engine;
	walk->in = in;
	walk->out = out;
	walk->error = ph_pkt_parse(in->frame.data + l3.at, l3.len, &walk->pkt);
	if (walk->error == PH_PKT_OK && walk->pkt.family != l3.family)
		walk->error = PH_PKT_HEADER;    /* the frame says one version, the packet another */
	if (in->hop_taken)
		ph_walk_raise_hop(walk);
	walk->io.pkt = &walk->pkt;
	out->family = walk->pkt.family;
	out->proto = walk->pkt.l4_proto;
	if (!ph_walk_place(walk)) {
		skip(out, PH_SKIP_UNPLACED);
		return false;
	}
	if (walk->error == PH_PKT_OK)
		ph_track_look_ahead(engine->track, &walk->io);
	return true;
}

/* Whose socket it comes from. Without a word of the kernel a live packet of the firewall's own has no socket of a program; but of a
 * SYN that is answered the kernel asks the listening socket, which it does not tell. */
static enum ph_owner owner_of(const struct ph_walk *walk)
{
	const struct ph_pkt *pkt = &walk->pkt;

	if (walk->in->place != PH_PLACE_OUTPUT)
		return PH_OWNER_UNKNOWN;
	if (walk->in->has_owner)
		return PH_OWNER_KNOWN;
	if (pkt->l4_proto == PH_PROTO_TCP && (pkt->tcp_flags & (PH_TCP_SYN | PH_TCP_ACK)) == (PH_TCP_SYN | PH_TCP_ACK))
		return PH_OWNER_UNKNOWN;
	return PH_OWNER_NO_PROGRAM;
}

static void prepare_rules(struct ph_walk *walk)
{
	struct ph_engine *engine = walk->engine;
	const struct ph_packet_in *in = walk->in;

	walk->rule = (struct ph_rule_ctx){
		.pkt = &walk->pkt, .view = &walk->pkt, .frame = &in->frame, .now_ms = engine->now_ms,
		.day_ms = engine->now_ms + (uint64_t)engine->day_ahead_ms, .mark = &walk->out->mark,
		.route = engine->policy->route, .track = engine->track,
		.log = engine->config.on_event ? ph_tell_log : NULL, .log_arg = engine,
		.trial = in->explain && engine->config.on_trace ? ph_tell_trial : NULL,
		.owner = owner_of(walk), .uid = in->uid, .gid = in->gid,
	};
}

/* What goes through the loopback interface may have addresses that no other packet has. */
static bool has_bad_address(const struct ph_walk *walk)
{
	if (walk->pkt.family != PH_IPV6 || !ph_pkt_bad_address(&walk->pkt))
		return false;
	return walk->in->place == PH_PLACE_FIND || (!walk->local_out && !walk->looped && !ph_walk_from_loopback(walk));
}

void ph_engine_send(struct ph_walk *cause, const struct ph_packet_in *in, struct ph_packet_out *out)
{
	struct ph_engine *engine = cause->engine;
	struct ph_walk walk;

	if (!prepare(engine, in, out, &walk))
		return;
	walk.cause = cause;
	prepare_rules(&walk);
	if (cause->io.conn) {
		ph_track_attach(&cause->io, &walk.io);
		walk.attached = true;
		ph_walk_show(&walk);
	}
	engine->walk = &walk;
	ph_walk_run(&walk);
	engine->walk = cause;
	ph_track_done(engine->track, &walk.io);
}

static void run(struct ph_walk *walk)
{
	struct ph_engine *engine = walk->engine;

	ph_count(&engine->stats.packets, 1);
	ph_count(&engine->stats.bytes, walk->pkt.len);
	prepare_rules(walk);
	engine->walk = walk;
	if (walk->error != PH_PKT_OK || has_bad_address(walk))
		stop_early(walk, PH_FATE_STACK);
	else
		ph_walk_run(walk);
	conclude(walk);
	engine->walk = NULL;
}

/* Packets that are read together, so that memory is under way for all of them while the first ones run. */
enum { BATCH = 16 };

static void process_batch(struct ph_engine *engine, const struct ph_packet_in *in, struct ph_packet_out *out, size_t n)
{
	struct ph_walk walk[BATCH];
	bool ready[BATCH];

	for (size_t i = 0; i < n; i++)
		__builtin_prefetch(in[i].frame.data);
	for (size_t i = 0; i < n; i++)
		ready[i] = prepare(engine, &in[i], &out[i], &walk[i]);
	for (size_t i = 0; i < n; i++)
		if (ready[i])
			ph_track_look_closer(engine->track, &walk[i].io);
	for (size_t i = 0; i < n; i++) {
		set_clock(engine, in[i].frame.time_ms);
		ph_track_advance(engine->track, engine->now_ms);        /* whether or not this one is tracked */
		if (ready[i])
			run(&walk[i]);
	}
}

void ph_engine_process(struct ph_engine *engine, const struct ph_packet_in *in, struct ph_packet_out *out, size_t n)
{
	for (size_t at = 0; at < n; at += BATCH)
		process_batch(engine, in + at, out + at, n - at < BATCH ? n - at : BATCH);
}

void ph_engine_stats(const struct ph_engine *engine, struct ph_engine_stats *out)
{
	struct ph_track_stats track;

	ph_track_stats(engine->track, &track);
	*out = engine->stats;
	ph_defrag_stats(engine->defrag, engine->now_ms, &out->fragments);
	out->conns = track.conns;
	out->conns_peak = track.conns_peak;
	out->expects = track.expects;
	out->conns_created = track.conns_created;
	out->conns_confirmed = track.conns_confirmed;
	out->expects_created = track.expects_created;
	out->expects_used = track.expects_used;
	out->expects_refused = track.expects_refused;
	out->early_drops = track.early_drops;
	out->table_full = track.table_full;
	out->insert_failed = track.insert_failed;
}
