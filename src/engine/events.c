/* What happened, in the words of the public headers. */
#include "engine/walk.h"

#include "rule/rules.h"

_Static_assert((int)PH_CHANGED_REPLY == (int)PH_PENDING_REPLY && (int)PH_CHANGED_ASSURED == (int)PH_PENDING_ASSURED &&
               (int)PH_CHANGED_PROTO_STATE == (int)PH_PENDING_PROTO && (int)PH_CHANGED_MARK == (int)PH_PENDING_MARK,
               "the tracker's bits are told as they are");

const char *ph_engine_helper_name(const struct ph_engine *engine, uint8_t number)
{
	return number == PH_HELPER_NONE || !engine->helper_name[number][0] ? NULL : engine->helper_name[number];
}

static uint64_t seconds_left(const struct ph_engine *engine, uint64_t expires_ms)
{
	return expires_ms > engine->now_ms ? (expires_ms - engine->now_ms) / 1000 : 0;
}

void ph_conn_describe(const struct ph_engine *engine, const struct ph_conn *conn, struct ph_conn_info *out)
{
	const struct ph_conn *master = ph_conn_master(engine->track, conn);
	const struct ph_conn_acct *acct = ph_conn_acct(engine->track, conn);

	*out = (struct ph_conn_info){
		.id = conn->id, .status = conn->status, .mark = conn->mark, .zone = conn->zone,
		.helper = ph_engine_helper_name(engine, conn->helper), .proto_state = ph_conn_proto_state(conn),
	};
	ph_conn_tuple(conn, PH_ORIG, &out->tuple[PH_ORIG]);
	ph_conn_tuple(conn, PH_REPLY, &out->tuple[PH_REPLY]);
	if (conn->status & PH_CT_CONFIRMED)
		out->timeout_s = seconds_left(engine, conn->expires_ms);
	if (master) {
		out->master_id = master->id;
		out->master = master->tuple;
	}
	if (acct) {
		out->counted = true;
		memcpy(out->packets, acct->packets, sizeof(out->packets));
		memcpy(out->bytes, acct->bytes, sizeof(out->bytes));
		out->start_ms = acct->start_ms;
	}
}

void ph_expect_describe(const struct ph_engine *engine, const struct ph_expect *expect, struct ph_expect_info *out)
{
	const struct ph_conn *master = ph_expect_master(engine->track, expect);

	*out = (struct ph_expect_info){
		.id = expect->id, .tuple = expect->tuple, .mask_src = expect->mask_src, .mask_sport = expect->mask_sport,
		.class_ = expect->class_, .flags = expect->flags, .timeout_s = seconds_left(engine, expect->expires_ms),
		.master_id = master->id, .master = master->tuple,
		.helper = ph_engine_helper_name(engine, expect->helper),
		.child_helper = ph_engine_helper_name(engine, expect->child_helper),
	};
}

/* The part of the packet that a helper pointed at; nothing where it pointed beyond. */
static const uint8_t *pointed_at(const struct ph_walk *walk, uint32_t at, uint32_t *len)
{
	size_t size = ph_cur_left(&walk->pkt.payload);

	if (at > size) {
		*len = 0;
		return NULL;
	}
	if (*len > size - at)
		*len = (uint32_t)(size - at);
	return walk->pkt.payload.at + at;
}

static void tell(struct ph_engine *engine, struct ph_event *event)
{
	const struct ph_walk *walk = engine->walk;
	const struct ph_finding *f = walk ? walk->finding : NULL;

	event->time_ms = engine->now_ms;
	event->packet = !walk ? NULL : walk->cause ? walk->cause->in : walk->in;
	if (f) {
		event->text_len = f->len;
		event->text = pointed_at(walk, f->at, &event->text_len);
		event->call_len = f->call_len;
		event->call = pointed_at(walk, f->call_at, &event->call_len);
		event->because = f->because;
	}
	engine->config.on_event(engine->config.arg, event);
}

void ph_tell_conn(void *arg, enum ph_event_kind kind, enum ph_cause cause, const struct ph_conn *conn)
{
	struct ph_engine *engine = arg;
	struct ph_conn_info info;

	if (!engine->config.on_event)
		return;
	ph_conn_describe(engine, conn, &info);
	tell(engine, &(struct ph_event){ .kind = kind, .cause = cause, .conn = &info, .changed = conn->pending });
}

void ph_tell_expect(void *arg, enum ph_event_kind kind, enum ph_cause cause, const struct ph_expect *expect,
                    const struct ph_conn *child)
{
	struct ph_engine *engine = arg;
	struct ph_expect_info info;
	struct ph_conn_info conn;

	if (!engine->config.on_event)
		return;
	ph_expect_describe(engine, expect, &info);
	if (child)
		ph_conn_describe(engine, child, &conn);
	tell(engine, &(struct ph_event){ .kind = kind, .cause = cause, .expect = &info, .conn = child ? &conn : NULL });
}

void ph_tell_refused(struct ph_engine *engine, enum ph_cause cause, const struct ph_conn *conn)
{
	struct ph_conn_info info;

	if (!engine->config.on_event)
		return;
	ph_conn_describe(engine, conn, &info);
	tell(engine, &(struct ph_event){ .kind = PH_EVENT_REFUSED, .cause = cause, .conn = &info, .helper = info.helper });
}

void ph_tell_log(void *arg, const struct ph_rule_ref *rule, const char *prefix)
{
	struct ph_engine *engine = arg;

	if (engine->config.on_event)
		tell(engine, &(struct ph_event){ .kind = PH_EVENT_LOG, .rule = *rule, .prefix = prefix });
}

/* Where the route to the source leads, if somebody asked for that reason. */
static const char *note_of(const struct ph_walk *walk, char *text, size_t size)
{
	const struct ph_reverse_in in = ph_source_question(walk, walk->iface_out);
	struct ph_writer w;

	if (!walk->source_asked || walk->hook != PH_HOOK_PREROUTING || walk->reverse.why == PH_REVERSE_OFF)
		return NULL;
	ph_writer_init(&w, text, size);
	ph_reverse_write(walk->engine->policy->route, &in, &walk->reverse, &w);
	return text;
}

void ph_tell_step(struct ph_walk *walk, enum ph_trace_kind kind, bool stopped)
{
	const struct ph_engine_config *config = &walk->engine->config;
	struct ph_trace trace = {
		.kind = kind, .hook = ph_hook_name[walk->hook], .step = walk->tracing, .so_far = walk->out, .stopped = stopped,
	};

	char text[192];

	if (kind == PH_TRACE_DONE)
		trace.note = note_of(walk, text, sizeof(text));
	walk->out->in = walk->iface_in;
	walk->out->out = walk->iface_out;
	config->on_trace(config->arg, &trace);
}

void ph_tell_trial(void *arg, const struct ph_rule_trial *trial)
{
	struct ph_engine *engine = arg;
	const struct ph_walk *walk = engine->walk;
	struct ph_trace trace = {
		.kind = PH_TRACE_RULE, .hook = ph_hook_name[walk->hook], .step = walk->tracing, .so_far = walk->out, .trial = trial,
	};

	engine->config.on_trace(engine->config.arg, &trace);
}
