/* One tracker and the packets of two hosts, for the tests of this room. */
#ifndef TEST_TRACK_HARNESS_H
#define TEST_TRACK_HARNESS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "support/support.h"
#include "track/track.h"

#define CLIENT "192.0.2.1"
#define SERVER "198.51.100.2"

struct bench {
	struct ph_track_config config;
	struct ph_track *track;
	uint64_t now_ms;
	/* What the hooks were told, newest last. */
	struct {
		enum ph_event_kind kind;
		enum ph_cause cause;
		uint64_t id;
	} event[64];
	size_t n_events;
};

static inline void note(struct bench *b, enum ph_event_kind kind, enum ph_cause cause, uint64_t id)
{
	assert_true(b->n_events < sizeof(b->event) / sizeof(b->event[0]));
	b->event[b->n_events].kind = kind;
	b->event[b->n_events].cause = cause;
	b->event[b->n_events++].id = id;
}

static inline void on_conn(void *arg, enum ph_event_kind kind, enum ph_cause cause, const struct ph_conn *conn)
{
	note(arg, kind, cause, conn->id);
}

static inline void on_expect(void *arg, enum ph_event_kind kind, enum ph_cause cause, const struct ph_expect *expect,
                             const struct ph_conn *child)
{
	(void)child;
	note(arg, kind, cause, expect->id);
}

/* config is set to the defaults before; start: makes the tracker with it. */
static inline void bench_init(struct bench *b)
{
	memset(b, 0, sizeof(*b));
	ph_track_config_init(&b->config);
	b->now_ms = 1000;
}

static inline void bench_start(struct bench *b)
{
	const uint64_t key[2] = { 1, 2 };
	const struct ph_track_hooks hooks = { .conn = on_conn, .expect = on_expect, .arg = b };

	b->track = ph_track_new(&b->config, key, b->now_ms, &hooks);
	assert_non_null(b->track);
}

static inline void bench_stop(struct bench *b)
{
	ph_track_free(b->track);
}

/* What came out of a packet, kept after the tracker let go of it. */
struct seen {
	bool dropped;
	enum ph_state state;
	enum ph_dir dir;
	enum ph_reason reason;
	bool has_conn, alive;
	struct ph_conn conn;            /* a copy */
	const char *proto_state;
	struct ph_conn *live;           /* the record, if it is in the table */
	uint64_t left_s;
};

struct send_options {
	uint16_t zone;
	uint8_t zone_dir, helper;
	bool drop;                      /* a rule drops it: no confirmation */
};

/* Runs one packet through the whole life. options: NULL for none. */
static inline struct seen run_packet(struct bench *b, const struct packet *p, const struct send_options *options)
{
	struct ph_track_io io = { .now_ms = b->now_ms, .verify = true, .zone_dir = PH_ZONE_BOTH };
	struct seen seen = { 0 };
	struct ph_pkt pkt;

	assert_int_equal(ph_pkt_parse(p->data, (uint32_t)p->len, &pkt), PH_PKT_OK);
	io.pkt = &pkt;
	if (options) {
		io.zone = options->zone;
		io.helper = options->helper;
		if (options->zone_dir)
			io.zone_dir = options->zone_dir;
	}
	seen.dropped = !ph_track_packet(b->track, &io);
	if (!seen.dropped && !(options && options->drop))
		seen.dropped = !ph_track_confirm(b->track, &io);
	seen.state = io.state;
	seen.dir = io.dir;
	seen.reason = io.reason;
	if (io.conn) {
		seen.has_conn = true;
		seen.conn = *io.conn;
		seen.proto_state = ph_conn_proto_state(io.conn);
		seen.alive = (io.conn->status & PH_CT_CONFIRMED) && !(io.conn->status & PH_CT_DYING);
		seen.live = seen.alive ? io.conn : NULL;
		seen.left_s = seen.alive ? (io.conn->expires_ms - b->now_ms) / 1000 : 0;
	}
	ph_track_done(b->track, &io);
	return seen;
}

static inline struct seen run_spec(struct bench *b, const struct packet_spec *spec)
{
	struct packet p;

	packet_build(&p, spec);
	return run_packet(b, &p, NULL);
}

#endif
