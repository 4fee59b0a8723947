/* Drops, grouped by the rule or reason that did it, each with a first packet as an example; and what rules logged. */
#include "cmd/report.h"

#include <stdlib.h>
#include <string.h>

#define GROUPS 256
#define LOGS 64
#define EXAMPLE 128

struct group {
	struct ph_rule_ref rule;
	enum ph_fate fate;
	enum ph_reason reason;
	uint8_t family;                 /* of rules; 0 otherwise */
	const char *reject;             /* a constant of the engine */
	uint64_t n;
	uint64_t states[PH_STATE_UNTRACKED + 1];
	struct report_at first;
	char example[EXAMPLE];
};

struct log_group {
	struct ph_rule_ref rule;
	const char *prefix;             /* belongs to the policy */
	uint64_t n;
};

struct drops {
	struct group group[GROUPS];
	size_t n;
	uint64_t others;                /* dropped when the table was full */
	struct log_group log[LOGS];
	size_t n_logs;
	uint64_t other_logs;
};

struct drops *drops_new(void)
{
	return cmd_alloc(1, sizeof(struct drops));
}

void drops_free(struct drops *d)
{
	free(d);
}

/* Names of tables and chains may be other pointers for equal text. */
static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

bool drops_same_rule(const struct ph_rule_ref *a, const struct ph_rule_ref *b)
{
	return a->number == b->number && a->line == b->line && same_text(a->table, b->table) &&
	       same_text(a->chain, b->chain) && same_text(a->file, b->file);
}

/* Other reasons are what tracking thought of a packet that had no route. */
static bool for_its_source(enum ph_reason reason)
{
	return reason == PH_WHY_RP_FILTER || reason == PH_WHY_LOCAL_SOURCE;
}

static struct group group_of(const struct ph_packet_out *out)
{
	struct group g = { .fate = out->fate };

	if (out->fate == PH_FATE_RULE) {
		g.rule = out->rule;
		g.family = out->family;
		g.reject = out->reject;
	} else if (out->fate == PH_FATE_ROUTE) {
		g.reason = for_its_source(out->reason) ? out->reason : PH_WHY_NONE;
	} else if (out->fate == PH_FATE_HELPER || out->fate == PH_FATE_CONNTRACK || out->fate == PH_FATE_STACK) {
		g.reason = out->reason;
	}
	return g;
}

static struct group *find(struct drops *d, const struct ph_packet_out *out)
{
	struct group want = group_of(out);
	size_t i = 0;

	while (i < d->n && !(d->group[i].fate == want.fate && d->group[i].reason == want.reason &&
	                     d->group[i].family == want.family && drops_same_rule(&d->group[i].rule, &want.rule)))
		i++;
	if (i == GROUPS)
		return NULL;
	if (i == d->n)
		d->group[d->n++] = want;
	return &d->group[i];
}

void drops_packet(struct drops *d, const struct replay_packet *packet)
{
	struct cmd_text t = { .at = NULL };
	struct group *g = find(d, &packet->out);

	if (!g) {
		d->others++;
		return;
	}
	g->states[packet->out.state]++;
	if (g->n++ > 0)
		return;
	g->first = (struct report_at){ packet->input, packet->n };
	if (packet->has_brief)
		cmd_text_brief(&t, &packet->brief);
	if (t.len)
		memcpy(g->example, t.at, t.len < EXAMPLE ? t.len : EXAMPLE - 1);
	cmd_text_free(&t);
}

void drops_log(struct drops *d, const struct ph_event *event)
{
	size_t i = 0;

	while (i < d->n_logs && !(drops_same_rule(&d->log[i].rule, &event->rule) && same_text(d->log[i].prefix, event->prefix)))
		i++;
	if (i == LOGS) {
		d->other_logs++;
		return;
	}
	if (i == d->n_logs)
		d->log[d->n_logs++] = (struct log_group){ .rule = event->rule, .prefix = event->prefix };
	d->log[i].n++;
}

/* --- printing --- */

static void put_why(const struct group *g, struct cmd_text *t)
{
	switch (g->fate) {
	case PH_FATE_RULE:
		cmd_text_rule(t, &g->rule, g->family);
		if (g->reject)
			cmd_text_format(t, ", answered with %s", g->reject);
		return;
	case PH_FATE_ROUTE:
		if (g->reason == PH_WHY_NONE) {
			cmd_text_add(t, "no route to the destination, or an address that is not routed");
			return;
		}
		cmd_text_add(t, "by the routing decision");
		break;
	case PH_FATE_TTL: cmd_text_add(t, "hop limit used up here"); return;
	case PH_FATE_FRAGMENT: cmd_text_add(t, "fragments discarded"); return;
	case PH_FATE_HELPER: cmd_text_add(t, "by a helper, or at confirmation"); break;
	case PH_FATE_CONNTRACK: cmd_text_add(t, "by connection tracking"); break;
	case PH_FATE_STACK: cmd_text_add(t, "discarded before any rule: bad header or address"); break;
	case PH_FATE_NOT_SENT: case PH_FATE_FORWARDED: case PH_FATE_LOCAL: case PH_FATE_SENT: case PH_FATE_COUNT:
		cmd_text_add(t, ph_fate_name(g->fate));
		break;
	}
	if (g->reason != PH_WHY_NONE)
		cmd_text_format(t, ": %s", ph_reason_text(g->reason));
}

static void put_states(const struct group *g, struct cmd_text *t)
{
	const char *before = " (";

	for (int i = 1; i <= PH_STATE_UNTRACKED; i++) {
		if (!g->states[i])
			continue;
		cmd_text_format(t, "%s%llu %s", before, (unsigned long long)g->states[i], ph_state_name((enum ph_state)i));
		before = ", ";
	}
	if (before[0] == ',')
		cmd_text_add(t, ")");
}

static void put_logs(const struct drops *d, struct cmd_text *t)
{
	cmd_text_add(t, "\nLogged       by LOG and NFLOG rules\n");
	for (size_t i = 0; i < d->n_logs; i++) {
		cmd_text_format(t, "  %6llu  ", (unsigned long long)d->log[i].n);
		if (d->log[i].prefix && d->log[i].prefix[0]) {
			cmd_text_add(t, "\"");
			cmd_text_name(t, d->log[i].prefix);
			cmd_text_add(t, "\" ");
		}
		cmd_text_rule(t, &d->log[i].rule, 0);
		cmd_text_add(t, "\n");
	}
	if (d->other_logs)
		cmd_text_format(t, "  %6llu  by other rules\n", (unsigned long long)d->other_logs);
}

void drops_print(const struct drops *d, const struct source *source, struct cmd_text *t)
{
	if (d->n)
		cmd_text_add(t, "\nDropped      by what, and the first packet of each\n");
	for (size_t i = 0; i < d->n; i++) {
		cmd_text_format(t, "  %6llu  ", (unsigned long long)d->group[i].n);
		put_why(&d->group[i], t);
		put_states(&d->group[i], t);
		cmd_text_add(t, "\n          ");
		replay_ref(t, source, d->group[i].first.input, d->group[i].first.n);
		cmd_text_format(t, "%s%s\n", d->group[i].example[0] ? ": " : "", d->group[i].example);
	}
	if (d->others)
		cmd_text_format(t, "  %6llu  by other rules\n", (unsigned long long)d->others);
	if (d->n_logs)
		put_logs(d, t);
}
