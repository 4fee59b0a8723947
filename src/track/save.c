/* Writing the tables down; save.h has the layout. Allocates: not for the packet path. */
#include "track/save.h"

#include <stdlib.h>

#include "track/table.h"

static bool is_alive(const struct ph_conn *conn)
{
	return conn->timer.prev != PH_WHEEL_NONE && (conn->status & PH_CT_CONFIRMED) && !(conn->status & PH_CT_DYING);
}

static const struct ph_expect *expect_at(const struct ph_track *t, uint32_t slot)
{
	return ph_slab_at(&t->expects, slot);
}

static const struct ph_keymap *keymap_at(const struct ph_track *t, uint32_t slot)
{
	return ph_slab_at(&t->keymaps, slot);
}

static void list_conn(struct ph_track_saving *s, uint32_t slot)
{
	s->number[slot] = 1;
	s->conn[s->n_conns++] = (struct ph_saved_place){ ph_conn_at(s->t, slot)->id, slot };
}

/* The living ones, and those of the dead that a living one calls its master. */
static void list_conns(struct ph_track_saving *s)
{
	for (uint32_t slot = 0; slot < s->t->conns.fresh; slot++) {
		const struct ph_conn *conn = ph_conn_at(s->t, slot);

		if (!is_alive(conn))
			continue;
		list_conn(s, slot);
		s->n_helps += conn->help != PH_NO_SLOT;
		for (uint32_t master = conn->master; master != PH_NO_SLOT; master = ph_conn_at(s->t, master)->master) {
			if (s->number[master] || is_alive(ph_conn_at(s->t, master)))
				break;
			list_conn(s, master);
		}
	}
}

static int by_id(const void *a, const void *b)
{
	const struct ph_saved_place *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

static void note_keys(struct ph_track_saving *s, uint32_t place, const struct ph_conn *conn)
{
	const struct ph_conn_help *help = ph_conn_help(s->t, conn);

	for (uint32_t dir = 0; help && dir < PH_DIRS; dir++) {
		if (help->keymap[dir] == PH_NO_SLOT)
			continue;
		s->keys_of[help->keymap[dir]] = place * PH_DIRS + dir + 1;
		s->n_keymaps++;
	}
}

static void number_conns(struct ph_track_saving *s)
{
	qsort(s->conn, s->n_conns, sizeof(*s->conn), by_id);
	for (uint32_t i = 0; i < s->n_conns; i++) {
		const struct ph_conn *conn = ph_conn_at(s->t, s->conn[i].slot);

		s->number[s->conn[i].slot] = i + 1;
		if (is_alive(conn))
			note_keys(s, i, conn);
	}
}

/* Nothing comes of one whose master has ended: its last packet may have asked for it. */
static void list_expects(struct ph_track_saving *s)
{
	for (uint32_t slot = 0; slot < s->t->expects.fresh; slot++)
		if (expect_at(s->t, slot)->id && is_alive(ph_conn_at(s->t, expect_at(s->t, slot)->master)))
			s->expect[s->n_expects++] = (struct ph_saved_place){ expect_at(s->t, slot)->id, slot };
	qsort(s->expect, s->n_expects, sizeof(*s->expect), by_id);
}

static void *room_for(size_t n, size_t size)
{
	return calloc(n ? n : 1, size);
}

enum ph_status ph_track_saving_init(struct ph_track_saving *s, const struct ph_track *t)
{
	size_t conn_len = PH_SAVED_CONN + (t->acct ? PH_SAVED_ACCT : 0);

	*s = (struct ph_track_saving){ .t = t };
	s->conn = room_for(t->conns.used, sizeof(*s->conn));
	s->expect = room_for(t->expects.used, sizeof(*s->expect));
	s->number = room_for(t->conns.fresh, sizeof(*s->number));
	s->keys_of = room_for(t->keymaps.fresh, sizeof(*s->keys_of));
	if (!s->conn || !s->expect || !s->number || !s->keys_of)
		return PH_NO_MEMORY;
	list_conns(s);
	number_conns(s);
	list_expects(s);
	s->len = PH_SAVED_COUNTS + s->n_conns * conn_len + s->n_helps * (size_t)PH_SAVED_HELP +
	         s->n_expects * (size_t)PH_SAVED_EXPECT + s->n_keymaps * (size_t)PH_SAVED_KEYMAP;
	return PH_OK;
}

void ph_track_saving_fini(struct ph_track_saving *s)
{
	free(s->conn);
	free(s->expect);
	free(s->number);
	free(s->keys_of);
}

/* --- records --- */

static void put_tuple(struct ph_record_out *out, const struct ph_tuple *tuple)
{
	ph_record_put_bytes(out, tuple->src.b, sizeof(tuple->src.b));
	ph_record_put_bytes(out, tuple->dst.b, sizeof(tuple->dst.b));
	ph_record_put(out, tuple->sport, 2);
	ph_record_put(out, tuple->dport, 2);
	ph_record_put(out, tuple->proto, 1);
	ph_record_put(out, tuple->family, 1);
}

static uint64_t left_ms(const struct ph_track *t, uint64_t expires_ms)
{
	uint64_t left = expires_ms > t->now_ms ? expires_ms - t->now_ms : 0;

	return left < PH_SAVED_LEFT_MAX ? left : PH_SAVED_LEFT_MAX;
}

static void put_tcp(struct ph_record_out *out, const struct ph_tcp_track *tcp)
{
	for (int dir = 0; dir < PH_DIRS; dir++) {
		ph_record_put(out, tcp->side[dir].end, 4);
		ph_record_put(out, tcp->side[dir].maxend, 4);
		ph_record_put(out, tcp->side[dir].maxwin, 4);
		ph_record_put(out, tcp->side[dir].maxack, 4);
	}
	ph_record_put(out, tcp->last_seq, 4);
	ph_record_put(out, tcp->last_ack, 4);
	ph_record_put(out, tcp->last_end, 4);
	ph_record_put(out, tcp->last_win, 2);
	ph_record_put_bytes(out, tcp->scale, PH_DIRS);
	ph_record_put_bytes(out, tcp->flags, PH_DIRS);
	ph_record_put(out, tcp->state, 1);
	ph_record_put(out, tcp->last_kind, 1);
	ph_record_put(out, tcp->last_dir, 1);
	ph_record_put(out, tcp->retrans, 1);
	ph_record_put(out, tcp->last_scale, 1);
	ph_record_put(out, tcp->last_flags, 1);
}

static void put_sctp(struct ph_record_out *out, const struct ph_sctp_track *sctp)
{
	ph_record_put(out, sctp->tag[PH_ORIG], 4);
	ph_record_put(out, sctp->tag[PH_REPLY], 4);
	ph_record_put(out, sctp->state, 1);
	ph_record_put(out, sctp->last_dir, 1);
	ph_record_put(out, sctp->init[PH_ORIG], 1);
	ph_record_put(out, sctp->init[PH_REPLY], 1);
	ph_record_put(out, sctp->tag_failed, 1);
}

/* Fills the room of a record's protocol part. */
static void put_l4(const struct ph_track *t, struct ph_record_out *out, const struct ph_conn *conn)
{
	static const uint8_t zero[PH_SAVED_L4];
	size_t len = 0;

	switch (conn->tuple.proto) {
	case PH_PROTO_TCP:
		put_tcp(out, &conn->l4.tcp);
		len = 56;
		break;
	case PH_PROTO_SCTP:
		put_sctp(out, &conn->l4.sctp);
		len = 13;
		break;
	case PH_PROTO_UDP:
		/* 1 more than is left, since it is a stream only after that moment; 0: it is behind us. */
		ph_record_put(out, conn->l4.udp_stream_ms >= t->now_ms ? conn->l4.udp_stream_ms - t->now_ms + 1 : 0, 8);
		len = 8;
		break;
	case PH_PROTO_GRE:
		ph_record_put(out, conn->l4.gre.timeout, 4);
		ph_record_put(out, conn->l4.gre.stream_timeout, 4);
		len = 8;
		break;
	}
	ph_record_put_bytes(out, zero, PH_SAVED_L4 - len);
}

static void put_acct(const struct ph_track *t, struct ph_record_out *out, const struct ph_conn *conn)
{
	const struct ph_conn_acct *acct = ph_conn_acct(t, conn);

	if (!acct)
		return;
	for (int dir = 0; dir < PH_DIRS; dir++) {
		ph_record_put(out, acct->packets[dir], 8);
		ph_record_put(out, acct->bytes[dir], 8);
	}
	ph_record_put(out, t->now_ms > acct->start_ms ? t->now_ms - acct->start_ms : 0, 8);
}

static uint32_t place_of(const struct ph_track_saving *s, uint32_t slot)
{
	return slot == PH_NO_SLOT ? 0 : s->number[slot];
}

static void put_conn(const struct ph_track_saving *s, struct ph_record_out *out, const struct ph_conn *conn)
{
	bool alive = is_alive(conn);

	put_tuple(out, &conn->tuple);
	ph_record_put(out, conn->zone, 2);
	ph_record_put(out, conn->zone_dir, 1);
	ph_record_put(out, alive ? conn->pending : 0, 1);
	ph_record_put(out, conn->helper, 1);
	ph_record_put(out, !alive, 1);
	ph_record_put(out, conn->status & ~(unsigned)PH_CT_DYING, 2);
	ph_record_put(out, conn->mark, 4);
	ph_record_put(out, place_of(s, conn->master), 4);
	ph_record_put(out, conn->id, 8);
	ph_record_put(out, alive ? left_ms(s->t, conn->expires_ms) : 0, 8);
	put_l4(s->t, out, conn);
	put_acct(s->t, out, conn);
}

static void put_help(const struct ph_track_saving *s, struct ph_record_out *out, uint32_t place)
{
	const struct ph_conn *conn = ph_conn_at(s->t, s->conn[place].slot);
	const struct ph_conn_help *help = ph_conn_help(s->t, conn);

	if (!help || !is_alive(conn))
		return;
	ph_record_put(out, place, 4);
	ph_record_put_bytes(out, help->state, sizeof(help->state));
}

static void put_expect(const struct ph_track_saving *s, struct ph_record_out *out, const struct ph_expect *expect)
{
	put_tuple(out, &expect->tuple);
	ph_record_put_bytes(out, expect->mask_src.b, sizeof(expect->mask_src.b));
	ph_record_put(out, expect->mask_sport, 2);
	ph_record_put(out, expect->class_, 1);
	ph_record_put(out, expect->flags, 1);
	ph_record_put(out, expect->child_helper, 1);
	ph_record_put(out, expect->ends_inverse, 1);
	ph_record_put(out, expect->tag, 4);
	ph_record_put(out, place_of(s, expect->master), 4);
	ph_record_put(out, expect->id, 8);
	ph_record_put(out, left_ms(s->t, expect->expires_ms), 8);
}

/* Older entries answer first, and stay in front within their bucket. */
static void put_keymaps(const struct ph_track_saving *s, struct ph_record_out *out)
{
	for (size_t bucket = 0; s->n_keymaps > 0 && bucket < PH_KEYMAP_BUCKETS; bucket++) {
		for (uint32_t slot = s->t->keymap_bucket[bucket]; slot != PH_NO_SLOT; slot = keymap_at(s->t, slot)->next) {
			if (s->keys_of[slot] == 0)
				continue;       /* of one that has ended */
			ph_record_put(out, (s->keys_of[slot] - 1) / PH_DIRS, 4);
			ph_record_put(out, (s->keys_of[slot] - 1) % PH_DIRS, 1);
			put_tuple(out, &keymap_at(s->t, slot)->tuple);
		}
	}
}

void ph_track_saving_write(const struct ph_track_saving *s, struct ph_record_out *out)
{
	const struct ph_track *t = s->t;

	ph_record_put(out, t->next_conn_id, 8);
	ph_record_put(out, t->next_expect_id, 8);
	ph_record_put(out, s->n_conns, 4);
	ph_record_put(out, s->n_helps, 4);
	ph_record_put(out, s->n_expects, 4);
	ph_record_put(out, s->n_keymaps, 4);
	ph_record_put(out, t->acct != NULL, 1);
	for (uint32_t i = 0; i < s->n_conns; i++)
		put_conn(s, out, ph_conn_at(t, s->conn[i].slot));
	for (uint32_t i = 0; s->n_helps > 0 && i < s->n_conns; i++)
		put_help(s, out, i);
	for (uint32_t i = 0; i < s->n_expects; i++)
		put_expect(s, out, expect_at(t, s->expect[i].slot));
	put_keymaps(s, out);
}
