/* Those who follow events. The engine calls here in the middle of a packet: who follows nothing costs a comparison. Nothing is sent from
 * here; a follower whose buffer is full loses events and is told how many; so do all when there are too many
 * of a kind in a second. */
#include "cmd/live/control.h"
#include "cmd/live/refusals.h"

#include "cmd/fields.h"

#include <stdlib.h>
#include <string.h>

/* --- time of day --- */

void put_time(struct cmd_text *t, uint64_t wall_ms)
{
	char text[PH_WALL_TEXT];

	cmd_text_add(t, ph_wall_format(text, wall_ms));
}

void field_time(struct cmd_text *t, uint64_t wall_ms)
{
	cmd_text_format(t, "{\"time\":%llu.%03u", (unsigned long long)(wall_ms / 1000), (unsigned)(wall_ms % 1000));
}

/* --- followers --- */

void follow_lost(struct client *client)
{
	char text[80];
	int len;

	len = snprintf(text, sizeof(text), client->json ? "{\"event\":\"lost\",\"events\":%llu}\n" : "lost %llu events\n",
	               (unsigned long long)client->lost);
	client->lost = 0;
	reply_out(client, text, (size_t)len);
}

/* Writes an event behind its time: a line without its end, or the members of an object. */
typedef void put_event(struct cmd_text *t, const struct live *live, const void *event);

struct news {
	unsigned kind;                  /* FOLLOW_* */
	uint64_t time_ms;
	put_event *put[2];              /* as text, as JSON */
	const void *event;
};

static bool is_full(const struct client *client)
{
	return client_waiting(client) >= CONTROL_FOLLOW;
}

/* Is there a follower of that kind who wants it in that form and has room? */
static bool is_wanted(const struct control *control, unsigned kind, bool json)
{
	for (size_t i = 0; i < CONTROL_CLIENTS; i++) {
		const struct client *client = &control->client[i];

		if (client->fd >= 0 && client->follows & kind && client->json == json && !is_full(client))
			return true;
	}
	return false;
}

static void lose(struct control *control, struct client *client)
{
	client->lost++;
	control->lost++;
}

static void tell(struct control *control, struct client *client, uint64_t now_ms)
{
	const struct cmd_text *line = &control->line[client->json];

	/* It is for it to move from now on. */
	if (!client_waiting(client))
		client->moved_ms = now_ms;
	if (client->lost)
		follow_lost(client);
	cmd_text_bytes(&client->out, line->at, line->len);
	client_arm(control, client);
}

static void tell_all(struct control *control, const struct news *news, bool written)
{
	for (size_t i = 0; i < CONTROL_CLIENTS; i++) {
		struct client *client = &control->client[i];

		if (client->fd < 0 || !(client->follows & news->kind))
			continue;
		if (written && !is_full(client))
			tell(control, client, news->time_ms);
		else
			lose(control, client);
	}
}

/* In a flood, what is told of each packet must not hold up the others; nor may one kind of events drown another. */
static bool may_tell(struct control *control, unsigned kind, uint64_t now_ms)
{
	if (control->second != now_ms / 1000)
		memset(control->told, 0, sizeof(control->told));
	control->second = now_ms / 1000;
	return control->told[__builtin_ctz(kind)]++ < CONTROL_EVENTS;
}

/* A form that nobody wants, or has room for, is not written. */
static void publish(struct control *control, const struct live *live, const struct news *news)
{
	struct cmd_text *t = &control->event;
	bool may = may_tell(control, news->kind, news->time_ms);

	for (int json = 0; may && json < 2; json++) {
		if (!is_wanted(control, news->kind, json))
			continue;
		t->len = control->line[json].len = 0;
		(json ? field_time : put_time)(t, news->time_ms);
		news->put[json](t, live, news->event);
		cmd_text_add(t, json ? "}\n" : "\n");
		reply_line(&control->line[json], t->at, t->len);
	}
	tell_all(control, news, may);
}

/* --- lines --- */

static void conn_text(struct cmd_text *t, const struct ph_event *e)
{
	cmd_text_add(t, e->kind == PH_EVENT_CONN_NEW ? " [NEW] " : e->kind == PH_EVENT_CONN_UPDATE ? " [UPDATE] " : " [DESTROY] ");
	put_conn_line(t, e->conn);
	if (e->kind == PH_EVENT_CONN_DESTROY && e->cause != PH_CAUSE_NONE)
		cmd_text_format(t, ": %s", ph_cause_text(e->cause));
}

/* What the event itself says of who asked. */
static void event_asked(struct cmd_text *t, const struct ph_event *e, const char *before)
{
	struct text text = { .because = e->because };

	text.len = e->text ? e->text_len : 0;
	text.call_len = e->call ? e->call_len : 0;
	if (!text.because && !text.len && !text.call_len)
		return;
	if (text.len)
		memcpy(text.bytes, e->text, text.len < TEXT_ROOM ? text.len : TEXT_ROOM);
	if (text.call_len)
		memcpy(text.call, e->call, text.call_len < TEXT_ROOM ? text.call_len : TEXT_ROOM);
	cmd_text_add(t, before);
	put_asked(t, &text);
}

static void expect_text(struct cmd_text *t, const struct ph_event *e)
{
	const struct ph_expect_info *x = e->expect;

	cmd_text_format(t, " [EXPECT%s] %llu %s: ", e->kind == PH_EVENT_EXPECT_NEW ? "" :
	                e->kind == PH_EVENT_EXPECT_UPDATE ? " UPDATE" : " END", (unsigned long long)x->id,
	                x->helper ? x->helper : "helper");
	cmd_text_expect(t, x);
	if (e->kind != PH_EVENT_EXPECT_DESTROY)
		cmd_text_format(t, " for %llu s", (unsigned long long)x->timeout_s);
	else if (e->cause != PH_CAUSE_NONE)
		cmd_text_format(t, ": %s", e->cause == PH_CAUSE_USED ? "used" : ph_cause_text(e->cause));
	if (e->conn)
		cmd_text_format(t, ", connection %llu", (unsigned long long)e->conn->id);
	cmd_text_format(t, "; master %llu", (unsigned long long)x->master_id);
	event_asked(t, e, "; asked by ");
}

static void refused_text(struct cmd_text *t, const struct ph_event *e)
{
	cmd_text_format(t, " [REFUSED] %s: %s", e->helper ? e->helper : "helper", ph_cause_text(e->cause));
	if (e->conn) {
		cmd_text_format(t, "; connection %llu: ", (unsigned long long)e->conn->id);
		cmd_text_tuple(t, &e->conn->tuple[PH_ORIG]);
	}
	event_asked(t, e, "; asked by ");
}

static void refused_json(struct cmd_text *t, const struct ph_event *e)
{
	field_str(t, "event", "refused");
	field_str(t, "helper", e->helper);
	field_refused(t, e);
	if (!e->conn)
		return;
	field_num(t, "ct", e->conn->id);
	field_tuple(t, "tuple", &e->conn->tuple[PH_ORIG]);
}

/* --- LOG and NFLOG: fields of the kernel's log --- */

struct logged {
	const char *in, *out;
	struct ph_brief brief;
	bool has_brief;
};

static const char *iface_name(const struct live *live, uint16_t iface)
{
	const char *name = iface == PH_IFACE_ROUTE ? NULL : ph_policy_iface_name(live->policy, iface);

	return name ? name : "";
}

static void read_packet(const struct live *live, const struct ph_packet_in *p, struct logged *out)
{
	struct ph_l3 l3;

	*out = (struct logged){ .in = "", .out = "" };
	if (!p)
		return;
	if (p->place != PH_PLACE_OUTPUT)
		out->in = iface_name(live, p->iface);
	if (p->place == PH_PLACE_FORWARD || p->place == PH_PLACE_OUTPUT)
		out->out = iface_name(live, p->out_iface);
	out->has_brief = ph_frame_l3(&p->frame, &l3) && ph_packet_brief(p->frame.data + l3.at, l3.len, &out->brief);
}

static void put_flags(struct cmd_text *t, uint8_t flags)
{
	/* In the order of the header's bits from above, as the kernel prints them. */
	static const char *const names[] = { "CWR", "ECE", "URG", "ACK", "PSH", "RST", "SYN", "FIN" };

	for (unsigned i = 0; i < 8; i++)
		if (flags >> (7 - i) & 1)
			cmd_text_format(t, " %s", names[i]);
}

static void put_log_proto(struct cmd_text *t, uint8_t proto)
{
	static const struct {
		uint8_t proto;
		const char *name;
	} names[] = {
		{ PH_PROTO_TCP, "TCP" }, { PH_PROTO_UDP, "UDP" }, { PH_PROTO_ICMP, "ICMP" }, { PH_PROTO_ICMPV6, "ICMPv6" },
		{ PH_PROTO_ESP, "ESP" }, { PH_PROTO_AH, "AH" }, { PH_PROTO_UDPLITE, "UDPLITE" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (names[i].proto == proto) {
			cmd_text_format(t, " PROTO=%s", names[i].name);
			return;
		}
	}
	cmd_text_format(t, " PROTO=%u", proto);
}

static void log_text(struct cmd_text *t, const struct ph_event *e, const struct logged *p)
{
	char src[PH_ADDR_TEXT], dst[PH_ADDR_TEXT];
	const struct ph_brief *b = &p->brief;

	cmd_text_name(t, e->prefix ? e->prefix : "");
	cmd_text_add(t, "IN=");
	cmd_text_name(t, p->in);
	cmd_text_add(t, " OUT=");
	cmd_text_name(t, p->out);
	if (!p->has_brief)
		return;
	cmd_text_format(t, " SRC=%s DST=%s LEN=%u", ph_addr_format(src, b->family, &b->src),
	                ph_addr_format(dst, b->family, &b->dst), b->len);
	put_log_proto(t, b->proto);
	if (b->has_ports)
		cmd_text_format(t, " SPT=%u DPT=%u", b->sport, b->dport);
	if (b->has_icmp)
		cmd_text_format(t, " TYPE=%u CODE=%u", b->icmp_type, b->icmp_code);
	if (b->has_flags)
		put_flags(t, b->tcp_flags);
	if (b->is_frag)
		cmd_text_format(t, " FRAG:%u", b->frag_off / 8);
}

static void log_json(struct cmd_text *t, const struct ph_event *e, const struct logged *p)
{
	char src[PH_ADDR_TEXT], dst[PH_ADDR_TEXT];
	const struct ph_brief *b = &p->brief;

	field_str(t, "event", "log");
	field_str(t, "prefix", e->prefix);
	field_rule(t, &e->rule);
	field_str(t, "in", *p->in ? p->in : NULL);
	field_str(t, "out", *p->out ? p->out : NULL);
	if (!p->has_brief)
		return;
	field_str(t, "src", ph_addr_format(src, b->family, &b->src));
	field_str(t, "dst", ph_addr_format(dst, b->family, &b->dst));
	field_num(t, "len", b->len);
	field_num(t, "proto", b->proto);
	if (b->has_ports) {
		field_num(t, "sport", b->sport);
		field_num(t, "dport", b->dport);
	}
	if (b->has_icmp) {
		field_num(t, "type", b->icmp_type);
		field_num(t, "code", b->icmp_code);
	}
}

void put_log_line(struct cmd_text *t, const struct live *live, const struct ph_event *event)
{
	struct logged packet;

	read_packet(live, event->packet, &packet);
	log_text(t, event, &packet);
}

/* --- from the engine's thread, while it works --- */

static unsigned kind_of(enum ph_event_kind kind)
{
	switch (kind) {
	case PH_EVENT_CONN_NEW:
	case PH_EVENT_CONN_UPDATE:
	case PH_EVENT_CONN_DESTROY: return FOLLOW_CONN;
	case PH_EVENT_EXPECT_NEW:
	case PH_EVENT_EXPECT_DESTROY:
	case PH_EVENT_EXPECT_UPDATE: return FOLLOW_EXPECT;
	case PH_EVENT_REFUSED: return FOLLOW_REFUSED;
	case PH_EVENT_LOG: return FOLLOW_LOG;
	}
	return 0;
}

static void event_text(struct cmd_text *t, const struct live *live, const void *arg)
{
	const struct ph_event *e = arg;

	switch (kind_of(e->kind)) {
	case FOLLOW_CONN: conn_text(t, e); return;
	case FOLLOW_EXPECT: expect_text(t, e); return;
	case FOLLOW_REFUSED: refused_text(t, e); return;
	default:
		cmd_text_add(t, " [LOG] ");
		put_log_line(t, live, e);
	}
}

static void event_json(struct cmd_text *t, const struct live *live, const void *arg)
{
	const struct ph_event *e = arg;
	struct logged packet;

	switch (kind_of(e->kind)) {
	case FOLLOW_CONN: field_conn_event(t, e); return;
	case FOLLOW_EXPECT: field_expect_event(t, e); return;
	case FOLLOW_REFUSED: refused_json(t, e); return;
	default:
		read_packet(live, e->packet, &packet);
		log_json(t, e, &packet);
	}
}

void control_event(struct control *control, const struct live *live, const struct ph_event *event)
{
	const struct news news = {
		.kind = kind_of(event->kind), .time_ms = event->time_ms, .put = { event_text, event_json }, .event = event,
	};

	texts_event(control->texts, event);
	if (news.kind == FOLLOW_REFUSED && live->refusals)
		refusals_heard(live->refusals, event);
	if (control->follows & news.kind)
		publish(control, live, &news);
}

static void drop_text(struct cmd_text *t, const struct live *live, const void *refusal)
{
	(void)live;
	cmd_text_add(t, " [DROP] ");
	put_refusal_line(t, refusal);
}

static void drop_json(struct cmd_text *t, const struct live *live, const void *refusal)
{
	(void)live;
	field_str(t, "event", "drop");
	field_refusal(t, refusal);
}

void control_refusal(struct control *control, const struct refusal *refusal)
{
	const struct news news = {
		.kind = FOLLOW_DROPS, .time_ms = refusal->time_ms, .put = { drop_text, drop_json }, .event = refusal,
	};

	if (control->follows & FOLLOW_DROPS)
		publish(control, NULL, &news);
}

/* --- the verb --- */

static const char *follow_set(void *arg, const struct verb_option *option, const char *value)
{
	static const char *const names[] = { "conn", "expect", "refused", "log", "drops" };
	unsigned *follows = arg;

	(void)value;
	if (!option)
		return "is unexpected here";
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(option->name, names[i]) == 0)
			*follows |= 1u << i;
	return NULL;
}

void verb_events(struct request *r)
{
	static const struct verb_option options[] = {
		{ "conn", 0, false }, { "expect", 0, false }, { "refused", 0, false }, { "log", 0, false }, { "drops", 0, false },
		{ NULL, 0, false },
	};
	unsigned follows = 0;

	if (!request_options(r, options, follow_set, &follows))
		return;
	r->client->follows = follows ? follows : FOLLOW_CONN | FOLLOW_EXPECT | FOLLOW_REFUSED | FOLLOW_LOG | FOLLOW_DROPS;
	r->control->follows |= r->client->follows;
}
