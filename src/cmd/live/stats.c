/* The verb stats: what the engine, the queues and the program itself have counted. */
#include "cmd/live/control.h"
#include "cmd/live/refusals.h"

#include "cmd/fields.h"

#include <string.h>

#define ROWS 64

/* A table of names and numbers, printed as text or as a JSON object. */
struct section {
	const char *name;
	size_t n;
	struct row {
		const char *name;       /* of JSON; blanks are shown for its underscores */
		uint64_t value;
	} row[ROWS];
};

static void add(struct section *s, const char *name, uint64_t value)
{
	if (s->n < ROWS)
		s->row[s->n++] = (struct row){ name, value };
}

static void put_section(struct cmd_text *t, const struct section *s, bool json)
{
	if (json)
		cmd_text_format(t, ",\"%s\":{", s->name);
	else if (s->n)
		cmd_text_format(t, "%s\n", s->name);
	for (size_t i = 0; i < s->n; i++) {
		const struct row *row = &s->row[i];
		char shown[40];

		snprintf(shown, sizeof(shown), "%s", row->name);
		for (char *at = strchr(shown, '_'); at && !json; at = strchr(at, '_'))
			*at = ' ';
		if (json)
			cmd_text_format(t, "%s\"%s\":%llu", i ? "," : "", shown, (unsigned long long)row->value);
		else
			cmd_text_format(t, "  %-24s %llu\n", shown, (unsigned long long)row->value);
	}
	if (json)
		cmd_text_add(t, "}");
}

static void of_engine(struct section *s, const struct ph_engine_stats *e)
{
	*s = (struct section){ .name = "engine" };
	add(s, "packets", e->packets);
	add(s, "bytes", e->bytes);
	add(s, "connections", e->conns);
	add(s, "connections_peak", e->conns_peak);
	add(s, "connections_created", e->conns_created);
	add(s, "connections_confirmed", e->conns_confirmed);
	add(s, "expectations", e->expects);
	add(s, "expectations_created", e->expects_created);
	add(s, "expectations_used", e->expects_used);
	add(s, "expectations_refused", e->expects_refused);
	add(s, "early_drops", e->early_drops);
	add(s, "table_full", e->table_full);
	add(s, "insert_failed", e->insert_failed);
	add(s, "findings_lost", e->findings_lost);
}

static void of_fragments(struct section *s, const struct ph_engine_stats *e, const struct live_counts *c)
{
	uint64_t discarded = 0;

	*s = (struct section){ .name = "fragments" };
	for (size_t i = 0; i < PH_FRAG_CAUSES; i++)
		discarded += e->fragments.discarded[i];
	add(s, "seen", e->fragments.seen);
	add(s, "datagrams", e->fragments.datagrams);
	add(s, "joined", e->fragments.joined);
	add(s, "passed_apart", e->fragments.passed);
	add(s, "waiting", e->fragments.waiting);
	add(s, "discarded", discarded);
	add(s, "held", c->held);
	add(s, "released", c->released);
	add(s, "given_up", c->given_up);
}

static void of_verdicts(struct section *s, const struct live_counts *c)
{
	*s = (struct section){ .name = "verdicts" };
	add(s, "passed", c->passed);
	add(s, "dropped", c->dropped);
	add(s, "unread", c->unread);
	add(s, "answers", c->answers);
	add(s, "answers_failed", c->answers_failed);
}

static void of_queues(struct section *s, struct ph_queues *queues)
{
	struct ph_queues_stats q;

	*s = (struct section){ .name = "queues" };
	if (!queues)
		return;
	ph_queues_stats(queues, &q);
	add(s, "packets", q.packets);
	add(s, "bytes", q.bytes);
	add(s, "cut", q.cut);
	add(s, "accepted", q.accepted);
	add(s, "dropped", q.dropped);
	add(s, "messages", q.messages);
	add(s, "overruns", q.overruns);
	add(s, "malformed", q.malformed);
	add(s, "refused", q.refused);
	add(s, "kernel_dropped", q.kernel_dropped);
	add(s, "user_dropped", q.user_dropped);
	add(s, "waiting", q.waiting);
}

static void of_program(struct section *s, const struct request *r)
{
	const struct live_counts *c = &r->live->counts;
	uint64_t clients = 0, followers = 0;

	*s = (struct section){ .name = "program" };
	for (size_t i = 0; i < CONTROL_CLIENTS; i++) {
		clients += r->control->client[i].fd >= 0;
		followers += r->control->client[i].fd >= 0 && r->control->client[i].follows;
	}
	add(s, "reloads", c->reloads);
	add(s, "reloads_failed", c->reloads_failed);
	add(s, "topologies", c->topologies);
	add(s, "clients", clients);
	add(s, "followers", followers);
	add(s, "requests", r->control->requests);
	add(s, "clients_turned_away", r->control->turned_away);
	add(s, "events_lost", r->control->lost);
}

static void of_reasons(struct section *s, const struct ph_engine_stats *e)
{
	*s = (struct section){ .name = "reasons" };
	for (int i = PH_WHY_NONE + 1; i < PH_WHY_COUNT; i++)
		if (e->reasons[i])
			add(s, ph_reason_name((enum ph_reason)i), e->reasons[i]);
}

static void put_head(struct cmd_text *t, const struct live *live, bool json)
{
	const struct cmd_policy *policy = &live->options->policy;
	uint64_t now = live_now_ms(live), up = now > live->start_wall_ms ? (now - live->start_wall_ms) / 1000 : 0;

	if (json) {
		cmd_text_add(t, "{\"record\":\"stats\"");
		field_str(t, "version", ph_version());
		field_num(t, "uptime", up);
		cmd_text_add(t, ",\"policy\":[");
	} else {
		cmd_text_format(t, "pinhole %s, up %llu days %02llu:%02llu:%02llu, since ", ph_version(), (unsigned long long)up / 86400,
		                (unsigned long long)up / 3600 % 24, (unsigned long long)up / 60 % 60, (unsigned long long)up % 60);
		put_time(t, live->start_wall_ms);
		cmd_text_add(t, "\npolicy");
	}
	for (size_t i = 0; i < policy->n; i++) {
		cmd_text_add(t, !json ? " " : i ? "," : "");
		if (json)
			cmd_text_json(t, policy->file[i]);
		else
			cmd_text_name(t, policy->file[i]);
	}
	cmd_text_add(t, json ? "]" : policy->n ? "\n" : " none\n");
}

void verb_stats(struct request *r)
{
	struct cmd_text t = { .at = NULL };
	struct ph_engine_stats engine;
	struct section s;

	if (!request_no_words(r))
		return;
	ph_engine_stats(r->live->engine, &engine);
	put_head(&t, r->live, r->json);
	of_engine(&s, &engine);
	put_section(&t, &s, r->json);
	of_verdicts(&s, &r->live->counts);
	put_section(&t, &s, r->json);
	of_fragments(&s, &engine, &r->live->counts);
	put_section(&t, &s, r->json);
	of_queues(&s, r->live->queues);
	put_section(&t, &s, r->json);
	of_program(&s, r);
	put_section(&t, &s, r->json);
	of_reasons(&s, &engine);
	put_section(&t, &s, r->json);
	cmd_text_add(&t, r->json ? "}\n" : "");
	reply_out(r->client, t.at, t.len);
	reply_exit(r->client, CMD_OK);
	cmd_text_free(&t);
}
