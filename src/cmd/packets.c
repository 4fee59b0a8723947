/* A line a packet: number, time, interfaces, what it is, its state and connection, where it ended and why. */
#include "cmd/replay.h"

#include <string.h>

static const char *name_of(const struct replay *r, int iface)
{
	return iface < 0 ? "-" : ph_policy_iface_name(r->policy, (size_t)iface);
}

static void put_head(struct cmd_text *t, const struct replay *r)
{
	const struct replay_packet *p = &r->now;

	cmd_text_format(t, "%6llu %5llu.%06llu", (unsigned long long)p->n, (unsigned long long)(p->time_us / 1000000),
	                (unsigned long long)(p->time_us % 1000000));
	if (r->source.n > 1) {
		cmd_text_add(t, " ");
		cmd_text_name(t, p->input->name);
	}
}

static void put_state(struct cmd_text *t, const struct ph_packet_out *out)
{
	const char *state = ph_state_name(out->state);

	cmd_text_format(t, "  %s", state ? state : "-");
	if (out->has_conn)
		cmd_text_format(t, " connection %llu %s", (unsigned long long)out->conn_id, out->dir == PH_ORIG ? "original" : "reply");
	if (out->master_helper)
		cmd_text_format(t, " (%s)", out->master_helper);
}

static void put_fate(struct cmd_text *t, const struct ph_packet_out *out)
{
	cmd_text_format(t, "  %s", replay_passed(out) ? "" : out->verdict == PH_HELD ? "held: " : "DROP: ");
	if (out->fate == PH_FATE_RULE) {
		cmd_text_rule(t, &out->rule, out->family);
		if (out->reject)
			cmd_text_format(t, ", %s", out->reject);
	} else {
		cmd_text_add(t, ph_fate_name(out->fate));
	}
	if (out->reason != PH_WHY_NONE)
		cmd_text_format(t, " (%s)", ph_reason_text(out->reason));
	if (out->uncertain) {
		cmd_text_add(t, "  cannot know: depends on ");
		cmd_text_rule(t, &out->uncertain_rule, out->family);
	}
}

void packet_line(const struct replay *r, struct cmd_text *notes)
{
	const struct replay_packet *p = &r->now;
	struct cmd_text t = { .at = NULL };
	bool skipped = p->out.verdict == PH_SKIPPED || p->out.fate == PH_FATE_NOT_SENT;

	put_head(&t, r);
	if (p->is_copy) {
		cmd_text_add(&t, "  ");
		cmd_text_brief(&t, &p->brief);
		cmd_text_add(&t, "  copy");
	} else if (skipped) {
		cmd_text_format(&t, "  skipped: %s", ph_skip_name(p->out.skip));
	} else {
		cmd_text_add(&t, "  ");
		cmd_text_name(&t, name_of(r, p->out.in));
		cmd_text_add(&t, ">");
		cmd_text_name(&t, name_of(r, p->out.out));
		cmd_text_add(&t, "  ");
		if (p->has_brief)
			cmd_text_brief(&t, &p->brief);
		if (p->out.n_fragments > 1)
			cmd_text_format(&t, ", the last of %u to come", p->out.n_fragments);
		put_state(&t, &p->out);
		put_fate(&t, &p->out);
	}
	cmd_text_add(&t, "\n");
	cmd_text_bytes(&t, notes->at, notes->len);
	notes->len = 0;
	cmd_text_flush(&t, stdout);
	cmd_text_free(&t);
}
