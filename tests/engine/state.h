/* Saved states in memory, for the tests of saving and restoring. */
#ifndef TEST_ENGINE_STATE_H
#define TEST_ENGINE_STATE_H

#include <stdlib.h>
#include "engine/walk.h"
#include "engine/world.h"
#include "track/tables.h"

#define WALL 1000000000ull
#define SMALL "sysctl -w net.netfilter.nf_conntrack_max=16 net.netfilter.nf_conntrack_expect_max=16\n"
#define BASE TOPOLOGY SMALL
#define PASSIVE "227 Entering Passive Mode (10,2,0,2,200,1)\r\n"
#define PASSIVE_PORT (200 * 256 + 1)

struct state_bytes {
	uint8_t *bytes;
	size_t len, size;
};

static inline void state_write(void *arg, const char *text, size_t len)
{
	struct state_bytes *s = arg;

	if (s->len + len > s->size) {
		s->size = (s->len + len) * 2;
		s->bytes = realloc(s->bytes, s->size);
		assert_non_null(s->bytes);
	}
	memcpy(s->bytes + s->len, text, len);
	s->len += len;
}

static inline void state_save(struct state_bytes *s, const struct ph_engine *engine, uint64_t wall_ms)
{
	s->len = 0;
	assert_int_equal(ph_engine_save(engine, wall_ms, (struct ph_sink){ state_write, s }), PH_OK);
}

static inline enum ph_status state_restore(struct ph_engine *engine, uint64_t wall_ms, const uint8_t *bytes, size_t len,
                                           struct ph_restored *out)
{
	const struct ph_saved saved = { .bytes = bytes, .len = len, .wall_ms = wall_ms };
	struct ph_diags *diags = ph_diags_new();
	enum ph_status status = ph_engine_restore(engine, &saved, out, diags);
	const char *broken = tables_broken(engine->track);

	assert_int_equal(ph_diags_errors(diags), status == PH_INVALID);
	ph_diags_free(diags);
	if (broken)
		fail_msg("tables: %s", broken);
	return status;
}

/* An engine with a client that asked for a data connection, and its state. */
static inline void open_asked(struct world *w, const char *policy)
{
	world_open(w, policy);
	ftp_open(w);
	assert_int_equal(ftp_segment(w, true, 0x18, PASSIVE).n_expects, 1);
}

static inline void udp(struct world *w, const char *src, const char *dst, uint16_t sport)
{
	(void)send_spec(w, &(struct packet_spec){ .src = src, .dst = dst, .sport = sport, .dport = sport, .proto = PH_PROTO_UDP,
	                                          .payload = "x" });
}

/* Marks, zones of one direction, counters, and protocols with a state of their own. */
#define MIXED BASE \
	"sysctl -w net.netfilter.nf_conntrack_acct=1\niptables -t mangle -A FORWARD -p udp -j CONNMARK --set-mark 0xdeadbeef\n" \
	"iptables -t raw -A PREROUTING -p udp -j CT --zone-orig 9\n" \
	"iptables -t raw -A PREROUTING -p tcp --dport 21 -j CT --helper ftp\n"

static inline void open_mixed(struct world *w)
{
	open_asked(w, MIXED);
	(void)data_syn(w, CLIENT, SERVER, PASSIVE_PORT);
	udp(w, CLIENT, SERVER, 7);
	(void)send_spec(w, &(struct packet_spec){ .src = "2001:db8:1::5", .dst = "2001:db8:2::6", .proto = PH_PROTO_ICMPV6,
	                                          .icmp_type = 128, .icmp_id = 77 });
	(void)send_spec(w, &(struct packet_spec){ .src = CLIENT, .dst = SERVER, .proto = 47, .bare = true, .payload = "\0\0\x08\0abcd",
	                                          .payload_len = 8 });
	(void)send_spec(w, &(struct packet_spec){ .src = CLIENT, .dst = SERVER, .proto = 99, .bare = true, .payload = "12345678" });
	(void)ftp_segment(w, true, 0x18, "227 Entering Passive Mode (10,2,0,2,200,3)\r\n");
}

#endif
