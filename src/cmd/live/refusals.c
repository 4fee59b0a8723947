/* The last packets that did not pass: a ring of records of fixed size, so that a flood of them costs copies and no memory. */
#include "cmd/live/control.h"
#include "cmd/live/refusals.h"

#include "cmd/fields.h"

#include <stdlib.h>
#include <string.h>

#define HEARD 64                /* findings that wait for their packet's end */
#define LOOKS 200               /* for the nearest expectation, in a second; */
#define LOOK_EXPECTS 65536      /* expectations looked at by them */
#define LOOK_PLACES 8192        /* of the table, in one look */

/* A finding that opened nothing, and the packet it stood in. */
struct heard {
	const uint8_t *data;            /* of the frame, to know it again; NULL: taken, or nothing */
	uint32_t len;
	uint64_t time_ms;
	enum ph_cause cause;
	char helper[REFUSAL_NAME];
	uint32_t text_len;
	uint8_t text[REFUSAL_TEXT];
};

struct refusals {
	struct refusal ring[REFUSALS];
	uint64_t n;                     /* of all; the last one stands at (n - 1) % REFUSALS */
	struct heard heard[HEARD];
	size_t n_heard;                 /* since all packets were settled */
	uint64_t edits;                 /* changes of the rules that are not reloads */
	uint64_t second, looks, looked_at;
};

struct refusals *refusals_new(void)
{
	return calloc(1, sizeof(struct refusals));
}

void refusals_free(struct refusals *refusals)
{
	free(refusals);
}

const struct refusal *refusals_get(const struct refusals *refusals, size_t i)
{
	if (i >= REFUSALS || i >= refusals->n)
		return NULL;
	return &refusals->ring[(refusals->n - 1 - i) % REFUSALS];
}

uint64_t refusals_total(const struct refusals *refusals)
{
	return refusals->n;
}

void refusals_rules_changed(struct refusals *refusals)
{
	refusals->edits++;
}

static uint64_t generation(const struct refusals *refusals, const struct live *live)
{
	return refusals->edits + live->counts.reloads;
}

bool refusals_same_rules(const struct refusals *refusals, const struct live *live, const struct refusal *refusal)
{
	return refusal->rules == generation(refusals, live);
}

static void copy_name(char *to, size_t size, const char *name)
{
	snprintf(to, size, "%s", name ? name : "");
}

/* --- findings --- */

void refusals_heard(struct refusals *refusals, const struct ph_event *event)
{
	struct heard *h = &refusals->heard[refusals->n_heard % HEARD];

	if (!event->packet)
		return;
	refusals->n_heard++;
	*h = (struct heard){
		.data = event->packet->frame.data, .len = event->packet->frame.len, .time_ms = event->packet->frame.time_ms,
		.cause = event->cause, .text_len = event->text ? event->text_len : 0,
	};
	copy_name(h->helper, sizeof(h->helper), event->helper);
	if (h->text_len)
		memcpy(h->text, event->text, h->text_len < REFUSAL_TEXT ? h->text_len : REFUSAL_TEXT);
}

static void take_heard(struct refusals *refusals, const struct live *live, struct refusal *refusal)
{
	const struct ph_frame *frame = &live->packet->frame;

	for (size_t i = 0; i < HEARD && i < refusals->n_heard; i++) {
		struct heard *h = &refusals->heard[i];

		if (!h->data || h->data != frame->data || h->len != frame->len || h->time_ms != frame->time_ms)
			continue;
		refusal->cause = h->cause;
		memcpy(refusal->helper, h->helper, sizeof(refusal->helper));
		refusal->text_len = h->text_len;
		memcpy(refusal->text, h->text, sizeof(refusal->text));
		h->data = NULL;
	}
}

void refusals_settled(struct refusals *refusals)
{
	refusals->n_heard = 0;
}

/* --- the nearest expectation --- */

struct look {
	struct nearest nearest;
	uint64_t n;
};

static void look_at(void *arg, const struct ph_expect_info *expect)
{
	struct look *look = arg;

	look->n++;
	nearest_look(&look->nearest, expect);
}

static bool may_look(struct refusals *refusals, uint64_t second)
{
	if (second != refusals->second)
		refusals->looks = refusals->looked_at = 0;
	refusals->second = second;
	return refusals->looks < LOOKS && refusals->looked_at < LOOK_EXPECTS;
}

static void look_around(struct refusals *refusals, const struct live *live, struct refusal *refusal)
{
	struct look look = { .nearest = { .brief = &refusal->brief } };

	if ((refusal->state != PH_STATE_NEW && refusal->state != PH_STATE_INVALID) || !refusal->has_brief ||
	    !cmd_proto_has_ports(refusal->brief.proto))
		return;
	refusal->looked = NEAREST_TOO_MANY;
	if (!may_look(refusals, refusal->time_ms / 1000))
		return;
	ph_engine_expects_from(live->engine, 0, LOOK_PLACES, look_at, &look);
	refusals->looks++;
	refusals->looked_at += look.n;
	refusal->looked = NEAREST_LOOKED;
	refusal->any = look.nearest.any;
	if (!refusal->any)
		return;
	refusal->differs = look.nearest.differs;
	refusal->expect = look.nearest.expect;
	copy_name(refusal->expect_helper, sizeof(refusal->expect_helper), refusal->expect.helper);
	refusal->expect.helper = refusal->expect_helper[0] ? refusal->expect_helper : NULL;
	refusal->expect.child_helper = NULL;
}

/* --- a packet --- */

static void copy_rule(struct refusal *refusal, const struct ph_rule_ref *rule)
{
	copy_name(refusal->table, sizeof(refusal->table), rule->table);
	copy_name(refusal->chain, sizeof(refusal->chain), rule->chain);
	copy_name(refusal->file, sizeof(refusal->file), rule->file);
	refusal->number = rule->number;
	refusal->line = rule->line;
}

static void copy_packet(struct refusal *refusal, const struct live *live)
{
	const struct ph_frame *frame = &live->packet->frame;
	struct ph_l3 l3;

	refusal->time_ms = frame->time_ms;
	refusal->has_brief = ph_frame_l3(frame, &l3) && ph_packet_brief(frame->data + l3.at, l3.len, &refusal->brief);
}

static const char *iface_name(const struct live *live, int iface)
{
	return iface < 0 ? NULL : ph_policy_iface_name(live->policy, (size_t)iface);
}

void refusals_add(struct refusals *refusals, const struct live *live, const struct ph_packet_out *out)
{
	struct refusal *refusal = &refusals->ring[refusals->n % REFUSALS];

	*refusal = (struct refusal){
		.n = ++refusals->n, .fate = out->fate, .state = out->state, .reason = out->reason, .family = out->family,
		.has_conn = out->has_conn, .dir = out->dir, .conn_id = out->has_conn ? out->conn_id : 0,
		.rules = generation(refusals, live), .cause = PH_CAUSE_NONE,
	};
	copy_packet(refusal, live);
	copy_name(refusal->in, sizeof(refusal->in), iface_name(live, out->in));
	copy_name(refusal->out, sizeof(refusal->out), iface_name(live, out->out));
	if (out->fate == PH_FATE_RULE)
		copy_rule(refusal, &out->rule);
	copy_name(refusal->reject, sizeof(refusal->reject), out->reject);
	take_heard(refusals, live, refusal);
	look_around(refusals, live, refusal);
	if (live->control)
		control_refusal(live->control, refusal);
}

/* --- telling --- */

/* The rule as it was. */
static struct ph_rule_ref rule_of(const struct refusal *r)
{
	return (struct ph_rule_ref){
		.table = r->table[0] ? r->table : NULL, .chain = r->chain[0] ? r->chain : NULL, .number = r->number,
		.file = r->file[0] ? r->file : NULL, .line = r->line,
	};
}

void put_refusal_line(struct cmd_text *t, const struct refusal *r)
{
	const char *state = ph_state_name(r->state);
	struct ph_rule_ref rule = rule_of(r);

	cmd_text_name(t, r->in[0] ? r->in : "-");
	cmd_text_add(t, ">");
	cmd_text_name(t, r->out[0] ? r->out : "-");
	cmd_text_add(t, " ");
	if (r->has_brief)
		cmd_text_brief(t, &r->brief);
	else
		cmd_text_add(t, "no IP header that can be read");
	cmd_text_format(t, "  %s", state ? state : "-");
	if (r->has_conn)
		cmd_text_format(t, " connection %llu %s", (unsigned long long)r->conn_id, r->dir == PH_ORIG ? "original" : "reply");
	cmd_text_add(t, "  by ");
	if (r->fate == PH_FATE_RULE)
		cmd_text_rule(t, &rule, r->family);
	else
		cmd_text_add(t, ph_fate_name(r->fate));
	if (r->reject[0])
		cmd_text_format(t, ", answered %s", r->reject);
	if (r->reason != PH_WHY_NONE)
		cmd_text_format(t, " (%s)", ph_reason_text(r->reason));
}

static void field_brief(struct cmd_text *t, const struct ph_brief *b)
{
	char src[PH_ADDR_TEXT], dst[PH_ADDR_TEXT];

	field_str(t, "src", ph_addr_format(src, b->family, &b->src));
	field_str(t, "dst", ph_addr_format(dst, b->family, &b->dst));
	field_num(t, "proto", b->proto);
	field_num(t, "len", b->len);
	if (b->has_ports) {
		field_num(t, "sport", b->sport);
		field_num(t, "dport", b->dport);
	}
	if (b->has_flags)
		field_num(t, "tcp_flags", b->tcp_flags);
	if (b->has_icmp) {
		field_num(t, "type", b->icmp_type);
		field_num(t, "code", b->icmp_code);
	}
	if (b->is_frag)
		field_num(t, "frag_off", b->frag_off);
}

static void field_nearest(struct cmd_text *t, const struct refusal *r)
{
	static const char *const names[] = { "src", "sport", "dst", "dport", "proto" };
	const char *before = "";

	if (r->looked == NEAREST_NOT_ASKED)
		return;
	if (r->looked == NEAREST_TOO_MANY || !r->any) {
		cmd_text_add(t, r->any || r->looked == NEAREST_TOO_MANY ? ",\"nearest\":\"not-looked\"" : ",\"nearest\":null");
		return;
	}
	cmd_text_add(t, ",\"nearest\":{\"record\":\"expectation\"");
	field_expect(t, &r->expect, true);
	cmd_text_add(t, ",\"differs\":[");
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!(r->differs >> i & 1))
			continue;
		cmd_text_format(t, "%s\"%s\"", before, names[i]);
		before = ",";
	}
	cmd_text_add(t, "]}");
}

void field_refusal(struct cmd_text *t, const struct refusal *r)
{
	struct ph_rule_ref rule = rule_of(r);

	field_num(t, "n", r->n);
	field_str(t, "in", r->in[0] ? r->in : NULL);
	field_str(t, "out", r->out[0] ? r->out : NULL);
	if (r->has_brief)
		field_brief(t, &r->brief);
	field_str(t, "state", ph_state_name(r->state));
	if (r->has_conn) {
		field_str(t, "ctdir", r->dir == PH_ORIG ? "orig" : "reply");
		field_num(t, "ct", r->conn_id);
	}
	field_str(t, "fate", ph_fate_name(r->fate));
	if (rule.table) {
		cmd_text_format(t, ",\"rule\":{\"family\":%u", r->family);
		field_rule(t, &rule);
		cmd_text_add(t, "}");
	}
	if (r->reason != PH_WHY_NONE)
		field_str(t, "reason", ph_reason_name(r->reason));
	if (r->reject[0])
		field_str(t, "reject", r->reject);
	if (r->cause != PH_CAUSE_NONE) {
		cmd_text_add(t, ",\"refused\":{\"helper\":");
		cmd_text_json(t, r->helper);
		field_str(t, "cause", field_cause_name(r->cause));
		field_bytes(t, "text", r->text, r->text_len < REFUSAL_TEXT ? r->text_len : REFUSAL_TEXT);
		if (r->text_len > REFUSAL_TEXT)
			field_num(t, "text_len", r->text_len);
		cmd_text_add(t, "}");
	}
	field_nearest(t, r);
}
