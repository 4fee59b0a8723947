/* An engine with a policy, packets on the wire, and a note of what it told: for the tests of this room. */
#ifndef TEST_ENGINE_WORLD_H
#define TEST_ENGINE_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include <pinhole/engine.h>
#include "support/support.h"

#define CLIENT "10.1.0.2"
#define SERVER "10.2.0.2"
#define TOPOLOGY \
	"ip addr add 10.1.0.1/24 dev eth0\nip addr add 10.2.0.1/24 dev eth1\n" \
	"ip -6 addr add 2001:db8:1::1/64 dev eth0\nip -6 addr add 2001:db8:2::1/64 dev eth1\n"
#define FTP "iptables -t raw -A PREROUTING -p tcp --dport 21 -j CT --helper ftp\n"

struct world {
	struct ph_policy *policy;
	struct ph_engine *engine;
	uint64_t now_ms;
	unsigned told[PH_EVENT_LOG + 1];        /* how often, by kind */
	enum ph_cause cause;                    /* of the latest event with one */
	char text[64];                          /* of the latest with a text */
	enum ph_cause refused;                  /* of the latest refusal */
	char because[64], call[64];             /* of the latest event of an expectation */
	struct ph_expect_info expect;           /* of the latest that opened */
	uint32_t seq[2];
};

static inline void on_event(void *arg, const struct ph_event *event)
{
	struct world *w = arg;

	w->told[event->kind]++;
	if (event->kind == PH_EVENT_REFUSED)
		w->refused = event->cause;
	if (event->kind == PH_EVENT_EXPECT_NEW || event->kind == PH_EVENT_EXPECT_DESTROY) {
		snprintf(w->because, sizeof(w->because), "%s", event->because ? event->because : "");
		snprintf(w->call, sizeof(w->call), "%.*s", (int)event->call_len, event->call ? (const char *)event->call : "");
	}
	if (event->cause != PH_CAUSE_NONE)
		w->cause = event->cause;
	if (event->kind == PH_EVENT_EXPECT_NEW)
		w->expect = *event->expect;
	if (event->text && event->text_len < sizeof(w->text)) {
		memcpy(w->text, event->text, event->text_len);
		w->text[event->text_len] = '\0';
	}
}

static inline void world_open(struct world *w, const char *policy)
{
	const struct ph_policy_source source = { .name = "test.policy", .lenient = true };
	struct ph_diags *diags = ph_diags_new();
	const struct ph_engine_config config = { .on_event = on_event, .arg = w };

	memset(w, 0, sizeof(*w));
	w->now_ms = 1000;
	w->policy = ph_policy_new();
	assert_non_null(w->policy);
	if (ph_policy_load(w->policy, &source, policy, strlen(policy), diags) != PH_OK ||
	    ph_policy_finish(w->policy, diags) != PH_OK)
		fail_msg("%u: %s", ph_diags_get(diags, 0)->line, ph_diags_get(diags, 0)->text);
	ph_diags_free(diags);
	w->engine = ph_engine_new(w->policy, &config);
	assert_non_null(w->engine);
}

static inline void world_close(struct world *w)
{
	ph_engine_free(w->engine);
	ph_policy_free(w->policy);
}

static inline struct ph_packet_out send_on(struct world *w, const struct packet_spec *spec, uint16_t iface)
{
	struct ph_packet_in in = { .iface = iface };
	struct ph_packet_out out;
	struct packet p;

	packet_build(&p, spec);
	in.frame = (struct ph_frame){
		.data = p.data, .len = (uint32_t)p.len, .wire_len = (uint32_t)p.len, .link = PH_LINK_RAW, .time_ms = w->now_ms,
	};
	ph_engine_process(w->engine, &in, &out, 1);
	return out;
}

static inline struct ph_packet_out send_spec(struct world *w, const struct packet_spec *spec)
{
	return send_on(w, spec, PH_IFACE_ROUTE);
}

/* A segment of the control connection; text may be NULL. */
static inline struct ph_packet_out ftp_segment(struct world *w, bool back, uint8_t flags, const char *text)
{
	const struct packet_spec spec = {
		.src = back ? SERVER : CLIENT, .dst = back ? CLIENT : SERVER, .sport = back ? 21 : 4000, .dport = back ? 4000 : 21,
		.flags = flags, .seq = w->seq[back], .ack = flags & 16 ? w->seq[!back] : 0,
		.payload = text, .payload_len = text ? strlen(text) : 0,
	};
	struct ph_packet_out out = send_spec(w, &spec);

	w->seq[back] += (uint32_t)spec.payload_len + (flags & 2 ? 1 : 0);
	return out;
}

/* Up to the point where commands are read. */
static inline void ftp_open(struct world *w)
{
	w->seq[0] = 100;
	w->seq[1] = 5000;
	assert_int_equal(ftp_segment(w, false, 2, NULL).state, PH_STATE_NEW);
	assert_int_equal(ftp_segment(w, true, 0x12, NULL).fate, PH_FATE_FORWARDED);
	assert_int_equal(ftp_segment(w, false, 0x10, NULL).fate, PH_FATE_FORWARDED);
	assert_int_equal(ftp_segment(w, true, 0x18, "220 hi\r\n").fate, PH_FATE_FORWARDED);
	assert_int_equal(ftp_segment(w, false, 0x18, "USER a\r\n").fate, PH_FATE_FORWARDED);
}

static inline struct ph_packet_out data_syn(struct world *w, const char *src, const char *dst, uint16_t dport)
{
	const struct packet_spec spec = { .src = src, .dst = dst, .sport = 3333, .dport = dport, .flags = 2, .seq = 7 };

	return send_spec(w, &spec);
}

#endif
