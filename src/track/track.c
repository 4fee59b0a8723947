/* The tracker's doors: a packet in, timers, start and end. Connections are in conn.c, expectations in expect.c. */
#include "track/table.h"

#include <stdlib.h>

#define TICK_MS 1000
#define DUE_AT_ONCE 256                 /* timers that one packet may have to wait for */
#define CONNS_DEFAULT 262144u           /* what Linux gives a machine of more than 4 GiB */
#define CONNS_MOST (1u << 24)           /* some 5 GB when full */
#define EXPECTS_MOST (1u << 20)
#define KEYMAPS 65536u                  /* two a call */

static struct ph_wheel_node *conn_node(void *arg, uint32_t slot)
{
	struct ph_track *t = arg;

	return &ph_conn_at(t, slot)->timer;
}

static struct ph_wheel_node *expect_node(void *arg, uint32_t slot)
{
	struct ph_track *t = arg;

	return &((struct ph_expect *)ph_slab_at(&t->expects, slot))->timer;
}

static uint32_t bounded(uint32_t want, uint32_t most)
{
	return want > most ? most : want;
}

struct ph_track_room ph_track_wanted(const struct ph_track_config *config)
{
	return (struct ph_track_room){
		.conns = bounded(config->max ? config->max : CONNS_DEFAULT, CONNS_MOST),
		.expects = bounded(config->expect_max, EXPECTS_MOST),
	};
}

struct ph_track_room ph_track_room(const struct ph_track *t)
{
	/* Half of the records are for dead masters. */
	return (struct ph_track_room){ .conns = t->conns.max / 2, .expects = t->expects.max };
}

static void begin_account(void *arg, const struct ph_conn *conn)
{
	struct ph_track *t = arg;

	t->acct[ph_conn_slot(t, conn)].start_ms = t->now_ms;
}

bool ph_track_account(struct ph_track *t, const struct ph_track_config *config)
{
	if (t->acct || (!config->acct && !config->timestamp))
		return true;
	t->acct = calloc(t->conns.max, sizeof(*t->acct));
	if (!t->acct)
		return false;
	/* Those that are there begin to count now. */
	ph_track_each_conn(t, begin_account, t);
	return true;
}

void ph_track_follow(struct ph_track *t, const struct ph_track_config *config)
{
	t->config = config;
}

struct ph_track *ph_track_new(const struct ph_track_config *config, const uint64_t hash_key[2], uint64_t now_ms,
                              const struct ph_track_hooks *hooks)
{
	const struct ph_track_room room = ph_track_wanted(config);
	struct ph_track *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->config = config;
	if (hooks)
		t->hooks = *hooks;
	t->start_ms = t->now_ms = now_ms;
	for (size_t i = 0; i < PH_EXPECT_BUCKETS; i++)
		t->expect_bucket[i] = PH_NO_SLOT;
	ph_keymap_init(t);
	/* Dead masters stay while their children live: room for as many again. */
	if (!ph_slab_init(&t->conns, sizeof(struct ph_conn), room.conns * 2) ||
	    !ph_slab_init(&t->helps, sizeof(struct ph_conn_help), room.conns) ||
	    !ph_slab_init(&t->expects, sizeof(struct ph_expect), room.expects) ||
	    !ph_slab_init(&t->keymaps, sizeof(struct ph_keymap), KEYMAPS) || !ph_index_init(&t->index, room.conns, hash_key))
		goto fail;
	if (!ph_track_account(t, config))
		goto fail;
	t->conn_wheel = ph_wheel_new(TICK_MS, now_ms, conn_node, t);
	t->expect_wheel = ph_wheel_new(TICK_MS, now_ms, expect_node, t);
	if (!t->conn_wheel || !t->expect_wheel)
		goto fail;
	return t;
fail:
	ph_track_free(t);
	return NULL;
}

void ph_track_free(struct ph_track *t)
{
	if (!t)
		return;
	ph_wheel_free(t->conn_wheel);
	ph_wheel_free(t->expect_wheel);
	ph_index_fini(&t->index);
	ph_slab_fini(&t->keymaps);
	ph_slab_fini(&t->expects);
	ph_slab_fini(&t->helps);
	ph_slab_fini(&t->conns);
	free(t->acct);
	free(t);
}

void ph_track_advance(struct ph_track *t, uint64_t now_ms)
{
	if (now_ms > t->now_ms)
		t->now_ms = now_ms;
	/* Wheels turn by whole ticks: until the next one there is nothing to see. */
	if (t->now_ms < t->next_tick_ms && !t->behind)
		return;
	t->next_tick_ms = ph_later(t->now_ms / TICK_MS * TICK_MS, TICK_MS);
	t->behind = !ph_expect_expire(t, t->now_ms, DUE_AT_ONCE) || !ph_conn_expire(t, t->now_ms, DUE_AT_ONCE);
}

void ph_track_settle(struct ph_track *t)
{
	while (t->behind)
		ph_track_advance(t, t->now_ms);
}

/* RFC 2784, RFC 2637: version 1 carries call ids, and then only PPP. */
static bool gre_tuple(const struct ph_track *t, const struct ph_pkt *pkt, struct ph_tuple *out, enum ph_reason *why)
{
	struct ph_cur c = pkt->l4;
	uint16_t flags, protocol, length, call;

	if (!ph_cur_u16(&c, &flags) || (flags & 7) != 1 || ph_cur_left(&pkt->l4) < 8)
		return true;
	if (!ph_cur_u16(&c, &protocol) || !ph_cur_u16(&c, &length) || !ph_cur_u16(&c, &call) || protocol != 0x880b) {
		*why = PH_WHY_TUPLE;
		return false;
	}
	out->dport = call;
	out->sport = ph_keymap_key(t, out);
	return true;
}

bool ph_tuple_from_packet(const struct ph_track *t, const struct ph_pkt *pkt, struct ph_tuple *out, enum ph_reason *why)
{
	*out = (struct ph_tuple){ .src = pkt->src, .dst = pkt->dst, .proto = pkt->l4_proto, .family = pkt->family };
	*why = PH_WHY_TUPLE;
	switch (pkt->l4_proto) {
	case PH_PROTO_TCP:
	case PH_PROTO_UDP:
	case PH_PROTO_UDPLITE:
	case PH_PROTO_SCTP:
		out->sport = pkt->sport;
		out->dport = pkt->dport;
		return pkt->has_ports;
	case PH_PROTO_ICMP:
	case PH_PROTO_ICMPV6:
		out->sport = pkt->icmp_id;
		out->dport = (uint16_t)(pkt->icmp_type << 8 | pkt->icmp_code);
		return pkt->l4_complete;
	case PH_PROTO_GRE:
		return gre_tuple(t, pkt, out, why);
	}
	return true;
}

static ph_l4_packet *protocol_of(uint8_t proto)
{
	switch (proto) {
	case PH_PROTO_TCP: return ph_tcp_packet;
	case PH_PROTO_UDP: return ph_udp_packet;
	case PH_PROTO_UDPLITE: return ph_udplite_packet;
	case PH_PROTO_ICMP:
	case PH_PROTO_ICMPV6: return ph_icmp_packet;
	case PH_PROTO_GRE: return ph_gre_packet;
	case PH_PROTO_SCTP: return ph_sctp_packet;
	}
	return ph_generic_packet;
}

/* The state rules see: settled before the protocol looks at the packet, and not again after; spec/tracking.md 4. */
static enum ph_state state_of(const struct ph_conn *conn, enum ph_dir dir)
{
	if (dir == PH_REPLY || (conn->status & PH_CT_SEEN_REPLY))
		return PH_STATE_ESTABLISHED;
	return conn->status & PH_CT_EXPECTED ? PH_STATE_RELATED : PH_STATE_NEW;
}

enum found { FOUND = 0, FOUND_INVALID, FOUND_FULL };

/* The packet's connection, old or new, with a reference. */
static enum found find_or_create(struct ph_track *t, struct ph_track_io *io)
{
	const uint16_t zone[PH_DIRS] = { ph_track_io_zone(io, PH_ORIG), ph_track_io_zone(io, PH_REPLY) };
	struct ph_tuple back;

	io->conn = ph_conn_find(t, &io->key, zone, &io->dir);
	if (io->conn) {
		ph_conn_hold(io->conn);
		return FOUND;
	}
	if (!ph_tuple_invert(&io->key.tuple, &back)) {
		io->reason = PH_WHY_NO_INVERSE;
		return FOUND_INVALID;
	}
	io->dir = PH_ORIG;
	io->conn = ph_conn_create(t, &io->key.tuple, io);
	return io->conn ? FOUND : FOUND_FULL;
}

static void make_invalid(struct ph_track *t, struct ph_track_io *io)
{
	ph_track_done(t, io);
	io->state = PH_STATE_INVALID;
}

static bool make_key(const struct ph_track *t, struct ph_track_io *io, enum ph_reason *why)
{
	if (!ph_tuple_from_packet(t, io->pkt, &io->key.tuple, why))
		return false;
	io->key.hash = ph_index_hash(&t->index, &io->key.tuple);
	io->key.set = true;
	return true;
}

void ph_track_look_ahead(const struct ph_track *t, struct ph_track_io *io)
{
	enum ph_reason why;

	/* Pieces come later as a whole; the keys of a call may change until then. */
	if (!io->pkt->l4_found || io->pkt->is_frag || io->pkt->l4_proto == PH_PROTO_GRE)
		return;
	if (make_key(t, io, &why))
		ph_index_prefetch(&t->index, io->key.hash);
}

void ph_track_look_closer(const struct ph_track *t, const struct ph_track_io *io)
{
	const struct ph_index_slot *slot = &t->index.slots[io->key.hash & t->index.mask];
	const char *record;

	if (!io->key.set || !slot->record)
		return;
	record = (const char *)ph_conn_at(t, slot->record - 1);
	__builtin_prefetch(record);
	__builtin_prefetch(record + 64);
	__builtin_prefetch(record + 128);
}

bool ph_track_packet(struct ph_track *t, struct ph_track_io *io)
{
	enum ph_l4_verdict verdict;
	uint8_t proto = io->pkt->l4_proto;

	ph_track_advance(t, io->now_ms);
	io->now_ms = t->now_ms;         /* time does not run backwards */
	io->conn = NULL;
	io->state = PH_STATE_INVALID;
	io->reason = PH_WHY_NO_L4;
	io->icmp_error = io->quiet = false;
	if (!io->pkt->l4_found)
		return true;
	io->reason = PH_WHY_NONE;
	if (((proto == PH_PROTO_ICMP && io->pkt->family == PH_IPV4) ||
	     (proto == PH_PROTO_ICMPV6 && io->pkt->family == PH_IPV6)) && ph_icmp_early(t, io) == PH_ICMP_SETTLED)
		return true;
	if (!io->key.set && !make_key(t, io, &io->reason))
		return true;
	io->reason = PH_WHY_NONE;
	do {
		enum found found = find_or_create(t, io);

		if (found == FOUND_FULL) {
			io->reason = PH_WHY_TABLE_FULL;
			ph_count(&t->stats.table_full, 1);
			return false;
		}
		if (found == FOUND_INVALID)
			return true;
		io->state = state_of(io->conn, io->dir);
		io->reason = PH_WHY_NONE;
		verdict = protocol_of(proto)(t, io->conn, io);
		if (verdict != PH_L4_ACCEPT)
			make_invalid(t, io);
	} while (verdict == PH_L4_REPEAT);
	if (verdict == PH_L4_INVALID)
		return true;
	if (io->conn->id > t->next_conn_id) {
		/* What its own first packet made invalid never was a connection: its number is given again. */
		t->next_conn_id = io->conn->id;
		ph_count(&t->stats.conns_created, 1);
	}
	if (t->acct && !io->quiet)
		ph_conn_count(t, io->conn, io);
	if (io->dir == PH_REPLY && !(io->conn->status & PH_CT_SEEN_REPLY)) {
		io->conn->status |= PH_CT_SEEN_REPLY;
		io->conn->pending |= PH_PENDING_REPLY;
	}
	return true;
}

void ph_track_attach(const struct ph_track_io *about, struct ph_track_io *io)
{
	ph_conn_hold(about->conn);
	io->conn = about->conn;
	io->state = PH_STATE_RELATED;
	io->dir = about->dir == PH_ORIG ? PH_REPLY : PH_ORIG;
	io->icmp_error = io->quiet = true;
}

bool ph_track_let_go(struct ph_track *t)
{
	bool any = t->n_let_go < t->n_kept;

	while (t->n_let_go < t->n_kept)
		ph_conn_release(t, ph_conn_at(t, t->kept[t->n_let_go++ % PH_KEPT]));
	return any;
}

/* A number to find it by. */
static uint64_t keep(struct ph_track *t, struct ph_conn *conn)
{
	if (t->n_kept - t->n_let_go == PH_KEPT)
		ph_conn_release(t, ph_conn_at(t, t->kept[t->n_let_go++ % PH_KEPT]));
	ph_conn_hold(conn);
	t->kept[t->n_kept++ % PH_KEPT] = ph_conn_slot(t, conn);
	return t->n_kept;
}

static bool is_alive(const struct ph_conn *conn)
{
	return (conn->status & (PH_CT_CONFIRMED | PH_CT_DYING)) == PH_CT_CONFIRMED;
}

struct ph_track_pass ph_track_pass(struct ph_track *t, const struct ph_track_io *io)
{
	struct ph_track_pass pass = { .state = io->state, .dir = io->dir, .icmp_error = io->icmp_error };

	if (!io->conn)
		return pass;
	pass.conn_id = io->conn->id;
	pass.slot = ph_conn_slot(t, io->conn);
	if (!is_alive(io->conn))
		pass.kept = keep(t, io->conn);
	return pass;
}

static struct ph_conn *conn_of(const struct ph_track *t, const struct ph_track_pass *pass)
{
	struct ph_conn *conn;

	if (pass->kept)
		return pass->kept > t->n_let_go ? ph_conn_at(t, pass->slot) : NULL;
	if (pass->conn_id == 0 || pass->slot >= t->conns.fresh)
		return NULL;
	conn = ph_conn_at(t, pass->slot);
	return conn->id == pass->conn_id && is_alive(conn) ? conn : NULL;
}

bool ph_track_rejoin(const struct ph_track *t, const struct ph_track_pass *pass, struct ph_track_io *io)
{
	struct ph_conn *conn;

	io->state = pass->state;
	if (pass->state == PH_STATE_UNTRACKED)
		return true;
	conn = conn_of(t, pass);
	if (!conn)
		return false;
	ph_conn_hold(conn);
	io->conn = conn;
	io->dir = pass->dir;
	io->icmp_error = pass->icmp_error;
	io->quiet = true;
	return true;
}

void ph_track_done(struct ph_track *t, struct ph_track_io *io)
{
	if (io->conn)
		ph_conn_release(t, io->conn);
	io->conn = NULL;
}

uint64_t ph_track_expects(const struct ph_track *t)
{
	return t->stats.expects;
}

void ph_track_stats(const struct ph_track *t, struct ph_track_stats *out)
{
	*out = t->stats;
}
