/* The fields of JSON records. See fields.h. */
#include "cmd/fields.h"

#include <string.h>

#define BYTES_MAX 256           /* of a text or a name of a call */

void field_str(struct cmd_text *t, const char *key, const char *value)
{
	cmd_text_format(t, ",\"%s\":", key);
	cmd_text_json(t, value);
}

void field_num(struct cmd_text *t, const char *key, uint64_t value)
{
	cmd_text_format(t, ",\"%s\":%llu", key, (unsigned long long)value);
}

void field_status(struct cmd_text *t, uint32_t status)
{
	char text[PH_STATUS_TEXT];

	field_str(t, "status", ph_conn_status_format(text, status));
}

/* sport of an ICMP tuple is the identifier, dport type and code. */
void field_tuple(struct cmd_text *t, const char *key, const struct ph_tuple *tuple)
{
	char src[PH_ADDR_TEXT], dst[PH_ADDR_TEXT];

	cmd_text_format(t, ",\"%s\":{\"src\":\"%s\",\"dst\":\"%s\",\"proto\":%u", key,
	                ph_addr_format(src, tuple->family, &tuple->src), ph_addr_format(dst, tuple->family, &tuple->dst),
	                tuple->proto);
	if (tuple->proto == PH_PROTO_ICMP || tuple->proto == PH_PROTO_ICMPV6)
		cmd_text_format(t, ",\"type\":%u,\"code\":%u,\"id\":%u", tuple->dport >> 8, tuple->dport & 0xff, tuple->sport);
	else if (cmd_proto_has_ports(tuple->proto))
		cmd_text_format(t, ",\"sport\":%u,\"dport\":%u", tuple->sport, tuple->dport);
	cmd_text_add(t, "}");
}

void field_mask(struct cmd_text *t, const struct ph_expect_info *e)
{
	struct ph_tuple mask = { .src = e->mask_src, .sport = e->mask_sport, .dport = 0xffff };

	mask.proto = e->tuple.proto;
	mask.family = e->tuple.family;
	memset(mask.dst.b, 0xff, e->tuple.family == PH_IPV4 ? 4 : 16);
	field_tuple(t, "mask", &mask);
}

void field_rule(struct cmd_text *t, const struct ph_rule_ref *rule)
{
	field_str(t, "table", rule->table);
	field_str(t, "chain", rule->chain);
	field_num(t, "number", rule->number);
	if (!rule->file)
		return;
	field_str(t, "file", rule->file);
	field_num(t, "line", rule->line);
}

const char *field_cause_name(enum ph_cause cause)
{
	switch (cause) {
	case PH_CAUSE_NONE: return "none";
	case PH_CAUSE_USED: return "used";
	case PH_CAUSE_EXPIRED: return "expired";
	case PH_CAUSE_REPLACED: return "replaced";
	case PH_CAUSE_EVICTED: return "evicted";
	case PH_CAUSE_MASTER_GONE: return "master-gone";
	case PH_CAUSE_REMOVED: return "removed";
	case PH_CAUSE_CLOSED: return "closed";
	case PH_CAUSE_ADDRESS: return "address";
	case PH_CAUSE_CLASH: return "clash";
	case PH_CAUSE_FULL: return "full";
	case PH_CAUSE_CONTRACT: return "contract";
	case PH_CAUSE_MALFORMED: return "malformed";
	case PH_CAUSE_PORT: return "port";
	case PH_CAUSE_CALL: return "call";
	case PH_CAUSE_COVERED: return "covered";
	}
	return "unknown";
}

/* proto_state: NULL where an event says nothing of it. */
static void conn_state(struct cmd_text *t, const struct ph_conn_info *c, const char *proto_state)
{
	field_status(t, c->status);
	field_str(t, "ct_helper", c->helper);
	field_str(t, "pstate", proto_state);
	field_num(t, "timeout", c->timeout_s);
}

void field_conn(struct cmd_text *t, const struct ph_conn_info *c)
{
	field_num(t, "ct", c->id);
	field_tuple(t, "tuple", &c->tuple[PH_ORIG]);
	field_tuple(t, "reply", &c->tuple[PH_REPLY]);
	conn_state(t, c, c->proto_state);
	if (!c->master_id)
		return;
	field_num(t, "master_ct", c->master_id);
	field_tuple(t, "master", &c->master);
}

void field_conn_event(struct cmd_text *t, const struct ph_event *e)
{
	const struct ph_conn_info *c = e->conn;

	switch (e->kind) {
	case PH_EVENT_CONN_NEW:
		field_str(t, "event", "ct_new");
		field_conn(t, c);
		return;
	case PH_EVENT_CONN_UPDATE:
		field_str(t, "event", "ct_update");
		field_num(t, "ct", c->id);
		conn_state(t, c, e->changed & PH_CHANGED_PROTO_STATE ? c->proto_state : NULL);
		return;
	default:
		field_str(t, "event", "ct_destroy");
		field_num(t, "ct", c->id);
		field_str(t, "cause", field_cause_name(e->cause));
	}
}

void field_bytes(struct cmd_text *t, const char *key, const uint8_t *bytes, uint32_t len)
{
	cmd_text_format(t, ",\"%s\":", key);
	cmd_text_json_bytes(t, bytes, bytes ? (len < BYTES_MAX ? len : BYTES_MAX) : 0);
	if (bytes && len > BYTES_MAX)
		cmd_text_format(t, ",\"%s_len\":%u", key, len);
}

/* The message that asked, and the call it belongs to. */
static void put_call(struct cmd_text *t, const struct ph_event *e)
{
	if (e->because)
		field_str(t, "because", e->because);
	if (e->call_len)
		field_bytes(t, "call", e->call, e->call_len);
}

void field_expect(struct cmd_text *t, const struct ph_expect_info *x, bool timeout)
{
	field_num(t, "expect", x->id);
	field_str(t, "helper", x->helper);
	field_num(t, "class", x->class_);
	field_num(t, "flags", x->flags);
	if (timeout)
		field_num(t, "timeout", x->timeout_s);
	field_num(t, "master_ct", x->master_id);
	field_tuple(t, "master", &x->master);
	field_tuple(t, "tuple", &x->tuple);
	field_mask(t, x);
}

void field_expect_event(struct cmd_text *t, const struct ph_event *e)
{
	static const char *const names[] = {
		[PH_EVENT_EXPECT_NEW] = "expect_new", [PH_EVENT_EXPECT_DESTROY] = "expect_destroy",
		[PH_EVENT_EXPECT_UPDATE] = "expect_update",
	};

	field_str(t, "event", names[e->kind]);
	field_expect(t, e->expect, e->kind != PH_EVENT_EXPECT_DESTROY);
	if (e->kind == PH_EVENT_EXPECT_NEW) {
		field_str(t, "child_helper", e->expect->child_helper);
		field_bytes(t, "text", e->text, e->text_len);
	} else if (e->kind == PH_EVENT_EXPECT_DESTROY) {
		field_str(t, "cause", field_cause_name(e->cause));
	}
	put_call(t, e);
}

void field_refused(struct cmd_text *t, const struct ph_event *e)
{
	field_str(t, "cause", field_cause_name(e->cause));
	field_bytes(t, "text", e->text, e->text_len);
	put_call(t, e);
}
