/* The whole story of one packet: each step, each rule tried with the first test that failed, and the expectation it met or
 * nearly met. Gathered while the engine works on it. */
#include "cmd/nearest.h"
#include "cmd/replay.h"

#include <stdlib.h>
#include <string.h>

struct explain {
	struct cmd_text text;
	struct cmd_text expected;       /* about expectations, as they were before the packet */
	const char *hook, *step;        /* told about last */
};

struct explain *explain_new(void)
{
	return cmd_alloc(1, sizeof(struct explain));
}

void explain_free(struct explain *x)
{
	if (!x)
		return;
	cmd_text_free(&x->text);
	cmd_text_free(&x->expected);
	free(x);
}

void explain_begin(struct explain *x, const struct replay *r, uint64_t time_ms)
{
	struct nearest nearest = { .brief = &r->now.brief };

	x->text.len = x->expected.len = 0;
	x->hook = x->step = NULL;
	if (!r->now.has_brief || !cmd_proto_has_ports(r->now.brief.proto))
		return;
	ph_engine_advance(r->engine, time_ms);
	ph_engine_each_expect(r->engine, nearest_look, &nearest);
	cmd_text_nearest(&x->expected, &nearest);
}

/* --- steps --- */

/* The beginning of a line: the hook, where it is a new one, and the step, the same. */
static void put_place(struct explain *x, const struct ph_trace *trace)
{
	bool new_hook = x->hook != trace->hook;

	if (new_hook)
		cmd_text_format(&x->text, "    %s\n", trace->hook);
	cmd_text_format(&x->text, "      %-9s ", new_hook || x->step != trace->step ? trace->step : "");
	x->hook = trace->hook;
	x->step = trace->step;
}

static void put_rule(struct explain *x, const struct ph_trace *trace)
{
	static const char *const answers[] = { "no", "MATCHES", "cannot know" };
	const struct ph_rule_trial *trial = trace->trial;
	struct cmd_text *t = &x->text;

	put_place(x, trace);
	if (trial->rule.number == 0) {
		cmd_text_format(t, "%s policy %s\n", trial->rule.chain, trial->text);
		return;
	}
	cmd_text_format(t, "%s rule %u", trial->rule.chain, trial->rule.number);
	if (trial->rule.file) {
		cmd_text_add(t, " (");
		cmd_text_name(t, trial->rule.file);
		cmd_text_format(t, ":%u)", trial->rule.line);
	}
	cmd_text_format(t, ": %s", answers[trial->answer]);
	if (trial->failed)
		cmd_text_format(t, ", %s", trial->failed);
	if (trial->note)
		cmd_text_format(t, ": %s", trial->note);
	if (trial->broken)
		cmd_text_add(t, ": its header cannot be read, the packet is dropped");
	cmd_text_add(t, "\n                  ");
	cmd_text_name(t, trial->text);
	cmd_text_add(t, "\n");
}

static void put_connection(struct explain *x, const struct ph_packet_out *out)
{
	const char *state = ph_state_name(out->state);
	struct cmd_text *t = &x->text;

	cmd_text_add(t, state ? state : "untouched");
	if (out->reason != PH_WHY_NONE)
		cmd_text_format(t, ": %s", ph_reason_text(out->reason));
	if (out->has_conn)
		cmd_text_format(t, ", connection %llu, %s direction", (unsigned long long)out->conn_id,
		                out->dir == PH_ORIG ? "original" : "reply");
	if (out->master_helper)
		cmd_text_format(t, ", expected by helper %s", out->master_helper);
	if (!x->expected.len || !out->has_conn || (out->state != PH_STATE_NEW && out->state != PH_STATE_RELATED))
		return;
	cmd_text_add(t, "\n                ");
	cmd_text_bytes(t, x->expected.at, x->expected.len);
}

static void put_done(struct explain *x, const struct replay *r, const struct ph_trace *trace)
{
	bool is_track = strcmp(trace->step, "track") == 0, is_route = strcmp(trace->step, "route") == 0;
	const struct ph_packet_out *out = trace->so_far;
	bool is_whole = strcmp(trace->step, "defrag") == 0 && out->n_fragments;
	struct cmd_text *t = &x->text;

	if (!is_track && !is_route && !is_whole && !trace->stopped)
		return;
	put_place(x, trace);
	if (is_track)
		put_connection(x, out);
	else if (trace->stopped)
		cmd_text_format(t, "ends here: %s%s", ph_fate_name(out->fate), out->verdict == PH_HELD ? ", held" : "");
	else if (is_whole && out->n_fragments == 1)
		cmd_text_add(t, "goes on without its fragment header: it is all there is");
	else if (is_whole)
		cmd_text_format(t, "goes on as the datagram of %u fragments, of which it is the last to come", out->n_fragments);
	else if (out->out >= 0)
		cmd_text_format(t, "out by %s", ph_policy_iface_name(r->policy, (size_t)out->out));
	else
		cmd_text_add(t, "for the firewall itself");
	if (is_route && trace->stopped && out->reason != PH_WHY_NONE)
		cmd_text_format(t, ": %s", ph_reason_text(out->reason));
	if (trace->note)
		cmd_text_format(t, "; %s", trace->note);
	if (is_track && trace->stopped)
		cmd_text_format(t, "; ends here: %s", ph_fate_name(out->fate));
	cmd_text_add(t, "\n");
}

void explain_trace(struct explain *x, const struct replay *r, const struct ph_trace *trace)
{
	switch (trace->kind) {
	case PH_TRACE_STEP:
		return;
	case PH_TRACE_RULE:
		put_rule(x, trace);
		return;
	case PH_TRACE_DONE:
		put_done(x, r, trace);
		return;
	}
}

void explain_print(struct explain *x)
{
	cmd_text_flush(&x->text, stdout);
}
