/* JSON Lines under the names and in the order of the kernel reference; fields of our own come last. docs/output.md.
 *
 * The line of a packet is known only after its events: those wait in `events` until it is written. */
#include "cmd/fields.h"
#include "cmd/replay.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define COUNTED_MAX 64          /* helpers in the last line */

struct json_out {
	FILE *to;
	const char *path;
	struct cmd_text line, events;
	struct cmd_text refused, logged;        /* our own, gathered for the packet's line */
	struct {
		const char *helper;             /* a constant of the library */
		uint64_t n;
	} opened[COUNTED_MAX];
	size_t n_opened;
};

struct json_out *json_open(const char *path)
{
	struct json_out *j = cmd_alloc(1, sizeof(*j));

	j->path = path;
	j->to = strcmp(path, "-") == 0 ? stdout : fopen(path, "we");
	if (j->to)
		return j;
	cmd_error("%s: cannot be written: %s", path, strerror(errno));
	free(j);
	return NULL;
}

enum cmd_exit json_close(struct json_out *j)
{
	bool failed = fflush(j->to) != 0 || ferror(j->to);
	int why = errno;

	if (j->to != stdout && fclose(j->to) != 0 && !failed) {
		failed = true;
		why = errno;
	}
	if (failed)
		cmd_error("%s: could not be written: %s", j->path, strerror(why));
	cmd_text_free(&j->line);
	cmd_text_free(&j->events);
	cmd_text_free(&j->refused);
	cmd_text_free(&j->logged);
	free(j);
	return failed ? CMD_TROUBLE : CMD_OK;
}

/* --- events --- */

/* The beginning of an event's line. */
static struct cmd_text *begin(struct json_out *j, uint64_t n)
{
	cmd_text_format(&j->events, "{\"n\":%llu", (unsigned long long)n);
	return &j->events;
}

static void count_opened(struct json_out *j, const char *helper)
{
	size_t i = 0;

	while (i < j->n_opened && strcmp(j->opened[i].helper, helper) != 0)
		i++;
	if (i == COUNTED_MAX)
		return;
	j->opened[i].helper = helper;
	j->opened[i].n++;
	j->n_opened += i == j->n_opened;
}

static void refused_event(struct cmd_text *t, const struct ph_event *e)
{
	cmd_text_add(t, t->len ? ",{\"helper\":" : "{\"helper\":");
	cmd_text_json(t, e->helper);
	field_refused(t, e);
	cmd_text_add(t, "}");
}

static void log_event(struct cmd_text *t, const struct ph_event *e)
{
	cmd_text_add(t, t->len ? ",{\"prefix\":" : "{\"prefix\":");
	cmd_text_json(t, e->prefix);
	field_rule(t, &e->rule);
	cmd_text_add(t, "}");
}

void json_event(struct json_out *j, const struct replay_packet *packet, const struct ph_event *event)
{
	switch (event->kind) {
	case PH_EVENT_CONN_NEW:
	case PH_EVENT_CONN_UPDATE:
	case PH_EVENT_CONN_DESTROY:
		field_conn_event(begin(j, packet->n), event);
		cmd_text_add(&j->events, "}\n");
		return;
	case PH_EVENT_EXPECT_NEW:
	case PH_EVENT_EXPECT_DESTROY:
	case PH_EVENT_EXPECT_UPDATE:
		field_expect_event(begin(j, packet->n), event);
		cmd_text_add(&j->events, "}\n");
		if (event->kind == PH_EVENT_EXPECT_NEW && event->expect->helper)
			count_opened(j, event->expect->helper);
		return;
	case PH_EVENT_REFUSED:
		refused_event(&j->refused, event);
		return;
	case PH_EVENT_LOG:
		log_event(&j->logged, event);
		return;
	}
}

/* --- packets --- */

/* The side of an interface: the first is left, the second right. */
static char side(int iface)
{
	return iface == 0 ? 'l' : iface == 1 ? 'r' : 'x';
}

static bool to_everyone(const struct replay_packet *p)
{
	static const uint8_t broadcast[4] = { 255, 255, 255, 255 };
	const struct ph_addr *dst = &p->brief.dst;

	if (!p->has_brief)
		return false;
	if (p->brief.family == PH_IPV6)
		return dst->b[0] == 0xff;
	return (dst->b[0] & 0xf0) == 0xe0 || memcmp(dst->b, broadcast, 4) == 0;
}

/* Without an outgoing interface it was for the firewall itself, or led nowhere. */
static char far_side(const struct replay_packet *p)
{
	const struct ph_packet_out *out = &p->out;
	bool input = out->fate == PH_FATE_LOCAL || out->fate == PH_FATE_HELPER ||
	             (out->fate == PH_FATE_RULE && out->rule.chain && strcmp(out->rule.chain, "INPUT") == 0);

	if (out->out >= 0)
		return side(out->out);
	return input && !to_everyone(p) ? 'f' : 'x';
}

static void put_place(struct cmd_text *t, const struct replay *r)
{
	const struct ph_packet_out *out = &r->now.out;

	cmd_text_format(t, ",\"dir\":\"%c2%c\"", out->in < 0 ? 'f' : side(out->in), far_side(&r->now));
	/* The reference has no word of its own for what the firewall sends. */
	cmd_text_add(t, out->fate == PH_FATE_FORWARDED || out->fate == PH_FATE_SENT ? ",\"forwarded\":true" :
	                                                                               ",\"forwarded\":false");
	field_str(t, "fate", ph_fate_name(out->fate == PH_FATE_SENT ? PH_FATE_FORWARDED : out->fate));
}

static void put_conn(struct cmd_text *t, const struct ph_packet_out *out)
{
	field_str(t, "state", ph_state_name(out->state));
	if (out->has_conn) {
		field_str(t, "ctdir", out->dir == PH_ORIG ? "orig" : "reply");
		field_num(t, "ct", out->conn_id);
		field_status(t, out->status);
	}
	field_str(t, "helper", out->has_conn ? out->master_helper : NULL);
	if (!out->has_conn || !out->confirmed)
		return;
	field_str(t, "ct_helper", out->own_helper);
	field_str(t, "pstate", out->proto_state);
	field_num(t, "timeout", out->timeout_s);
}

static void put_fix(struct cmd_text *t, unsigned mended)
{
	const char *before = "";

	if (!mended)
		return;
	cmd_text_add(t, ",\"fix\":[");
	for (size_t i = 0; i < 4; i++) {
		if (!(mended >> i & 1))
			continue;
		cmd_text_format(t, "%s\"%s\"", before, replay_mend_names[i]);
		before = ",";
	}
	cmd_text_add(t, "]");
}

static void put_list(struct cmd_text *t, const char *key, struct cmd_text *list)
{
	if (!list->len)
		return;
	cmd_text_format(t, ",\"%s\":[", key);
	cmd_text_bytes(t, list->at, list->len);
	cmd_text_add(t, "]");
	list->len = 0;
}

static void put_rule_object(struct cmd_text *t, const char *key, uint8_t family, const struct ph_rule_ref *rule)
{
	cmd_text_format(t, ",\"%s\":{\"family\":%u", key, family);
	field_rule(t, rule);
	cmd_text_add(t, "}");
}

static void put_own(struct json_out *j, const struct replay *r)
{
	const struct ph_packet_out *out = &r->now.out;
	struct cmd_text *t = &j->line;

	field_str(t, "in", out->in >= 0 ? ph_policy_iface_name(r->policy, (size_t)out->in) : NULL);
	field_str(t, "out", out->out >= 0 ? ph_policy_iface_name(r->policy, (size_t)out->out) : NULL);
	if (out->n_fragments)
		field_num(t, "fragments", out->n_fragments);
	if (out->reason != PH_WHY_NONE)
		field_str(t, "reason", ph_reason_name(out->reason));
	if (out->fate == PH_FATE_RULE && out->rule.table)
		put_rule_object(t, "rule", out->family, &out->rule);
	if (out->uncertain) {
		cmd_text_add(t, ",\"uncertain\":true");
		put_rule_object(t, "uncertain_rule", out->family, &out->uncertain_rule);
	}
	if (out->reject)
		field_str(t, "reject", out->reject);
	put_list(t, "refused", &j->refused);
	put_list(t, "log", &j->logged);
}

void json_packet(struct json_out *j, const struct replay *r)
{
	const struct replay_packet *p = &r->now;
	struct cmd_text *t = &j->line;
	bool skipped = p->is_copy || p->out.verdict == PH_SKIPPED || p->out.fate == PH_FATE_NOT_SENT;

	cmd_text_format(t, "{\"n\":%llu", (unsigned long long)p->n);
	if (skipped) {
		field_str(t, "skip", p->is_copy ? "copy" : ph_skip_name(p->out.skip));
	} else {
		put_place(t, r);
		put_conn(t, &p->out);
		if (p->out.n_expects)
			field_num(t, "expects", p->out.n_expects);
		put_fix(t, p->mended);
		put_own(j, r);
	}
	if (r->source.n > 1)
		field_str(t, "file", p->input->name);
	cmd_text_add(t, "}\n");
	cmd_text_flush(t, j->to);
	cmd_text_flush(&j->events, j->to);
}

/* --- first and last line --- */

static void put_captures(struct cmd_text *t, const struct replay *r)
{
	cmd_text_add(t, ",\"captures\":[");
	for (size_t i = 0; i < r->source.n; i++) {
		const struct source_input *in = &r->source.input[i];

		cmd_text_add(t, i ? ",{\"iface\":" : "{\"iface\":");
		cmd_text_json(t, in->iface_name[0] ? in->iface_name : NULL);
		field_str(t, "capture", in->name);
		cmd_text_add(t, "}");
	}
	cmd_text_add(t, "]");
}

void json_header(struct json_out *j, const struct replay *r)
{
	static const char *const how[] = { "route", "argument", "capture" };
	const struct replay_options *o = r->options;
	struct cmd_text *t = &j->line;
	uint64_t frames = 0;
	bool capped = false;

	for (size_t i = 0; i < r->source.n; i++) {
		uint64_t total = r->source.input[i].total;

		capped |= o->limit && total > o->limit;
		frames += o->limit && total > o->limit ? o->limit : total;
	}
	cmd_text_format(t, "{\"oracle\":1,\"engine\":\"pinhole %s\"", ph_version());
	field_str(t, "capture", r->source.input[0].name);
	if (r->source.counted)
		field_num(t, "frames", frames);
	else
		cmd_text_add(t, ",\"frames\":null");
	cmd_text_format(t, ",\"capped\":%s,\"fix\":{\"checksums\":%s,\"ttl\":%s,\"length\":true}", capped ? "true" : "false",
	                o->keep_checksums ? "false" : "true", r->source.ifaces == SOURCE_BY_ROUTE ? "true" : "false");
	field_str(t, "clock", o->frozen ? "frozen" : "capture");
	field_str(t, "profile", "kernel");
	field_str(t, "interfaces", how[r->source.ifaces]);
	put_captures(t, r);
	cmd_text_add(t, ",\"policy\":[");
	for (size_t i = 0; i < o->policy.n; i++) {
		cmd_text_add(t, i ? "," : "");
		cmd_text_json(t, o->policy.file[i]);
	}
	cmd_text_add(t, "]}\n");
	cmd_text_flush(t, j->to);
}

struct tally {
	const char *name;
	uint64_t n;
};

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct tally *)a)->name, ((const struct tally *)b)->name);
}

/* Counts that are not zero, sorted by name as the reference has them. */
static void put_tallies(struct cmd_text *t, const char *key, struct tally *tally, size_t n)
{
	const char *before = "";

	qsort(tally, n, sizeof(*tally), by_name);
	cmd_text_format(t, ",\"%s\":{", key);
	for (size_t i = 0; i < n; i++) {
		if (!tally[i].n)
			continue;
		cmd_text_add(t, before);
		cmd_text_json(t, tally[i].name);
		cmd_text_format(t, ":%llu", (unsigned long long)tally[i].n);
		before = ",";
	}
	cmd_text_add(t, "}");
}

static void put_skipped(struct cmd_text *t, const struct replay_totals *totals)
{
	struct tally tally[PH_SKIP_UNPLACED + 2];
	size_t n = 0;

	for (int i = PH_SKIP_NOT_IP; i <= PH_SKIP_UNPLACED; i++)
		tally[n++] = (struct tally){ ph_skip_name((enum ph_skip)i), totals->skipped[i] };
	tally[n++] = (struct tally){ "copy", totals->copies };
	put_tallies(t, "skipped", tally, n);
}

static void put_states(struct cmd_text *t, const struct replay_totals *totals)
{
	struct tally tally[PH_STATE_UNTRACKED + 1];

	for (int i = 0; i <= PH_STATE_UNTRACKED; i++)
		tally[i] = (struct tally){ i ? ph_state_name((enum ph_state)i) : "none", totals->states[i] };
	put_tallies(t, "states", tally, PH_STATE_UNTRACKED + 1);
}

static void put_fates(struct cmd_text *t, const struct replay_totals *totals)
{
	struct tally tally[PH_FATE_COUNT];

	for (int i = 0; i < PH_FATE_COUNT; i++)
		tally[i] = (struct tally){ ph_fate_name((enum ph_fate)i), totals->fates[i] };
	tally[PH_FATE_FORWARDED].n += totals->fates[PH_FATE_SENT];
	tally[PH_FATE_SENT].n = 0;
	put_tallies(t, "fates", tally, PH_FATE_COUNT);
}

static void put_damaged(struct cmd_text *t, const struct source *source)
{
	const char *before = ",\"damaged\":[";

	for (size_t i = 0; i < source->n; i++) {
		if (!source->input[i].error)
			continue;
		cmd_text_add(t, before);
		cmd_text_json(t, source->input[i].error);
		before = ",";
	}
	if (before[1] == '\0')
		cmd_text_add(t, "]");
}

void json_summary(struct json_out *j, const struct replay *r)
{
	struct cmd_text *t = &j->line;
	struct tally tally[COUNTED_MAX];

	cmd_text_add(t, "{\"event\":\"summary\"");
	field_num(t, "frames", r->totals.frames);
	field_num(t, "replayed", r->totals.replayed);
	field_num(t, "forwarded", r->totals.forwarded);
	field_num(t, "hairpin", r->totals.hairpin);
	put_skipped(t, &r->totals);
	put_states(t, &r->totals);
	put_fates(t, &r->totals);
	for (size_t i = 0; i < j->n_opened; i++)
		tally[i] = (struct tally){ j->opened[i].helper, j->opened[i].n };
	put_tallies(t, "expectations", tally, j->n_opened);
	field_num(t, "mismatches", 0);
	put_damaged(t, &r->source);
	cmd_text_add(t, "}\n");
	cmd_text_flush(t, j->to);
}
