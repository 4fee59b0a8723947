/* Connections and expectations, a piece at a time: the packets between two pieces do not wait for the whole. */
#include "cmd/live/control.h"

#include "cmd/fields.h"

#include <string.h>

#define PLACES_CONNS 1024       /* looked at in one turn, */
#define PLACES_EXPECTS 256
#define STEPS 32                /* in so many steps, */
#define ENOUGH 16384            /* unless there is as much text before */

struct list_out {
	const struct control *control;
	const struct conn_filter *filter;
	struct cmd_text text;
	bool json;
};

static void put_tuple(struct cmd_text *t, const struct ph_tuple *tuple)
{
	char src[PH_ADDR_TEXT], dst[PH_ADDR_TEXT];

	cmd_text_format(t, "src=%s dst=%s", ph_addr_format(src, tuple->family, &tuple->src),
	                ph_addr_format(dst, tuple->family, &tuple->dst));
	if (tuple->proto == PH_PROTO_ICMP || tuple->proto == PH_PROTO_ICMPV6)
		cmd_text_format(t, " type=%u code=%u id=%u", tuple->dport >> 8, tuple->dport & 0xff, tuple->sport);
	else if (tuple->proto == PH_PROTO_GRE)
		cmd_text_format(t, " srckey=%u dstkey=%u", tuple->sport, tuple->dport);
	else if (cmd_proto_has_ports(tuple->proto))
		cmd_text_format(t, " sport=%u dport=%u", tuple->sport, tuple->dport);
}

static void put_side(struct cmd_text *t, const struct ph_conn_info *c, enum ph_dir dir)
{
	put_tuple(t, &c->tuple[dir]);
	if (c->counted)
		cmd_text_format(t, " packets=%llu bytes=%llu", (unsigned long long)c->packets[dir],
		                (unsigned long long)c->bytes[dir]);
}

void put_conn_line(struct cmd_text *t, const struct ph_conn_info *c)
{
	cmd_text_proto(t, c->tuple[PH_ORIG].proto);
	cmd_text_format(t, " %llu ", (unsigned long long)c->timeout_s);
	if (c->proto_state)
		cmd_text_format(t, "%s ", c->proto_state);
	put_side(t, c, PH_ORIG);
	cmd_text_add(t, c->status & PH_CT_SEEN_REPLY ? " " : " [UNREPLIED] ");
	put_side(t, c, PH_REPLY);
	if (c->status & PH_CT_ASSURED)
		cmd_text_add(t, " [ASSURED]");
	cmd_text_format(t, " mark=%u", c->mark);
	if (c->zone)
		cmd_text_format(t, " zone=%u", c->zone);
	if (c->helper)
		cmd_text_format(t, " helper=%s", c->helper);
	cmd_text_format(t, " id=%llu", (unsigned long long)c->id);
	if (c->master_id)
		cmd_text_format(t, " master=%llu", (unsigned long long)c->master_id);
}

static void conn_json(struct cmd_text *t, const struct ph_conn_info *c)
{
	cmd_text_add(t, "{\"record\":\"connection\"");
	field_conn(t, c);
	field_num(t, "mark", c->mark);
	field_num(t, "zone", c->zone);
	if (c->counted) {
		cmd_text_format(t, ",\"packets\":[%llu,%llu],\"bytes\":[%llu,%llu]", (unsigned long long)c->packets[PH_ORIG],
		                (unsigned long long)c->packets[PH_REPLY], (unsigned long long)c->bytes[PH_ORIG],
		                (unsigned long long)c->bytes[PH_REPLY]);
		field_num(t, "start_ms", c->start_ms);
	}
	cmd_text_add(t, "}\n");
}

static void give_conn(void *arg, const struct ph_conn_info *c)
{
	struct list_out *out = arg;

	if (!filter_takes(out->filter, c))
		return;
	if (out->json) {
		conn_json(&out->text, c);
		return;
	}
	put_conn_line(&out->text, c);
	cmd_text_add(&out->text, "\n");
}

static void expect_json(struct cmd_text *t, const struct ph_expect_info *x, const struct text *text)
{
	cmd_text_add(t, "{\"record\":\"expectation\"");
	field_expect(t, x, true);
	field_str(t, "child_helper", x->child_helper);
	if (text) {
		field_bytes(t, "text", text->bytes, text->len < TEXT_ROOM ? text->len : TEXT_ROOM);
		if (text->len > TEXT_ROOM)
			field_num(t, "text_len", text->len);
		if (text->because)
			field_str(t, "because", text->because);
		if (text->call_len)
			field_bytes(t, "call", text->call, text->call_len < TEXT_ROOM ? text->call_len : TEXT_ROOM);
		if (text->call_len > TEXT_ROOM)
			field_num(t, "call_len", text->call_len);
	}
	cmd_text_add(t, "}\n");
}

static void give_expect(void *arg, const struct ph_expect_info *x)
{
	struct list_out *out = arg;
	const struct text *text = texts_find(out->control->texts, x->id);
	struct cmd_text *t = &out->text;

	if (out->json) {
		expect_json(t, x, text);
		return;
	}
	cmd_text_format(t, "%llu %llus %s: ", (unsigned long long)x->id, (unsigned long long)x->timeout_s,
	                x->helper ? x->helper : "helper");
	cmd_text_expect(t, x);
	if (x->flags & PH_EXPECT_INACTIVE)
		cmd_text_add(t, ", not active yet");
	cmd_text_format(t, "; master %llu: ", (unsigned long long)x->master_id);
	cmd_text_tuple(t, &x->master);
	if (text && (text->len || text->because || text->call_len)) {
		cmd_text_add(t, "; asked by ");
		put_asked(t, text);
	}
	cmd_text_add(t, "\n");
}

void listing_step(struct control *control, struct client *client, struct live *live)
{
	struct listing *list = &client->listing;
	struct list_out out = { .control = control, .filter = &list->filter, .json = client->json };

	for (int i = 0; i < STEPS && out.text.len < ENOUGH; i++) {
		if (list->kind == LISTING_CONNS)
			list->from = ph_engine_conns_from(live->engine, list->from, PLACES_CONNS / STEPS, give_conn, &out);
		else
			list->from = ph_engine_expects_from(live->engine, list->from, PLACES_EXPECTS / STEPS, give_expect, &out);
		if (!list->from)
			break;
	}
	if (out.text.len)
		reply_out(client, out.text.at, out.text.len);
	cmd_text_free(&out.text);
	if (list->from)
		return;
	list->kind = LISTING_NONE;
	reply_exit(client, CMD_OK);
}

void verb_connections(struct request *r)
{
	struct listing *list = &r->client->listing;

	if (request_options(r, filter_options, filter_set, &list->filter))
		list->kind = LISTING_CONNS;
}

void verb_expectations(struct request *r)
{
	if (request_no_words(r))
		r->client->listing.kind = LISTING_EXPECTS;
}
