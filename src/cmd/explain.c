/* The whole story of one packet: each step, each rule tried with the first test that failed, and the expectation it met or
 * nearly met. Gathered while the engine works on it. */
#include "cmd/replay.h"

#include <stdlib.h>
#include <string.h>

struct explain {
	struct cmd_text text;
	struct cmd_text expected;       /* about expectations, as they were before the packet */
	const char *hook, *step;        /* told about last */
	/* While expectations are gone through. */
	const struct ph_brief *brief;
	struct ph_expect_info nearest;
	unsigned differs;               /* in how many of the fields; none of them: it was this one */
	bool any;
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

/* --- expectations --- */

enum { FIELD_SRC = 1, FIELD_SPORT = 2, FIELD_DST = 4, FIELD_DPORT = 8, FIELD_PROTO = 16 };

static bool masked_equal(const struct ph_addr *a, const struct ph_addr *b, const struct ph_addr *mask)
{
	for (size_t i = 0; i < sizeof(a->b); i++)
		if ((a->b[i] ^ b->b[i]) & mask->b[i])
			return false;
	return true;
}

/* The fields of an expectation that the packet does not have. The sender's call is in no packet of GRE. */
static unsigned differences(const struct ph_brief *b, const struct ph_expect_info *e)
{
	uint16_t dport = b->has_call ? b->call : b->dport;
	unsigned fields = 0;

	if (!masked_equal(&b->src, &e->tuple.src, &e->mask_src))
		fields |= FIELD_SRC;
	if (((b->sport ^ e->tuple.sport) & e->mask_sport) && !b->has_call)
		fields |= FIELD_SPORT;
	if (memcmp(&b->dst, &e->tuple.dst, sizeof(b->dst)) != 0)
		fields |= FIELD_DST;
	if (dport != e->tuple.dport)
		fields |= FIELD_DPORT;
	if (b->proto != e->tuple.proto)
		fields |= FIELD_PROTO;
	return fields;
}

static void compare(void *arg, const struct ph_expect_info *e)
{
	struct explain *x = arg;
	unsigned fields;

	if (e->tuple.family != x->brief->family)
		return;
	fields = differences(x->brief, e);
	if (x->any && __builtin_popcount(fields) >= __builtin_popcount(x->differs))
		return;
	x->any = true;
	x->differs = fields;
	x->nearest = *e;
}

static void put_fields(struct cmd_text *t, unsigned fields, bool calls)
{
	const char *const names[] = {
		"source address", calls ? "sender's call" : "source port", "destination address",
		calls ? "receiver's call" : "destination port", "protocol",
	};
	const char *before = "; not the ";

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!(fields >> i & 1))
			continue;
		cmd_text_format(t, "%s%s", before, names[i]);
		before = ", the ";
	}
}

static void put_expectation(struct cmd_text *t, const struct explain *x)
{
	const struct ph_expect_info *e = &x->nearest;
	static const uint8_t nothing[16];

	if (!x->any) {
		cmd_text_add(t, "no expectation is open");
		return;
	}
	cmd_text_format(t, "%s expectation %llu of connection %llu", x->differs ? "nearest, not matched:" : "matches",
	                (unsigned long long)e->id, (unsigned long long)e->master_id);
	if (e->helper)
		cmd_text_format(t, " (%s)", e->helper);
	cmd_text_add(t, ": ");
	cmd_text_tuple(t, &e->tuple);
	if (memcmp(e->mask_src.b, nothing, sizeof(nothing)) == 0)
		cmd_text_add(t, ", any source");
	else if (!e->mask_sport)
		cmd_text_add(t, ", any source port");
	if (e->flags & PH_EXPECT_INACTIVE)
		cmd_text_add(t, ", not active yet");
	put_fields(t, x->differs, e->tuple.proto == PH_PROTO_GRE);
}

void explain_begin(struct explain *x, const struct replay *r, uint64_t time_ms)
{
	x->text.len = x->expected.len = 0;
	x->hook = x->step = NULL;
	x->any = false;
	x->brief = r->now.has_brief && cmd_proto_has_ports(r->now.brief.proto) ? &r->now.brief : NULL;
	if (!x->brief)
		return;
	ph_engine_advance(r->engine, time_ms);
	ph_engine_each_expect(r->engine, compare, x);
	put_expectation(&x->expected, x);
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
