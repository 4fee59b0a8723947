/* Reading the tables back; save.h has the layout. First every record is checked, then every record is taken: what is damaged changes
 * nothing. What is sound but cannot be had any more (no room, another policy, time that ran out) is counted. Allocates: not for the
 * packet path. */
#include "track/save.h"

#include <stdlib.h>

#include "track/table.h"

#define SCTP_STATES 9
#define SCALE_MAX 14                    /* RFC 7323 2.3 */
#define STREAM_LEFT_MAX 2001
#define PENDING_ALL (PH_PENDING_REPLY | PH_PENDING_ASSURED | PH_PENDING_PROTO | PH_PENDING_MARK)
#define STATUS_KEPT (PH_CT_EXPECTED | PH_CT_SEEN_REPLY | PH_CT_ASSURED | PH_CT_CONFIRMED | PH_CT_FIXED_TIMEOUT | PH_CT_HELPER)
#define EXPECT_FLAGS (PH_EXPECT_PERMANENT | PH_EXPECT_INACTIVE | PH_EXPECT_USERSPACE)

/* A connection as it stands in the file. */
struct record {
	struct ph_conn conn;            /* its helper by the number of the file, its master not set */
	struct ph_conn_acct acct;       /* start_ms: how long ago */
	uint64_t left_ms, stream_left;
	uint32_t master;                /* place, from 1 */
	bool ended;
};

enum mark_flag {
	MARK_LIVES = 1,                 /* in the table again */
	MARK_WANTED = 2,                /* over, but the master of one that lives */
	MARK_LATE = 4,
	MARK_HELPED = 8,                /* had a helper, and had not ended */
};

/* What is known of each, by place. */
struct mark {
	uint32_t master, slot;
	uint8_t flags, helper;          /* MARK_*; the number here */
};

struct restore {
	struct ph_track *t;
	const struct ph_restore_world *world;
	struct ph_track_restored *out;
	uint64_t next_conn_id, next_expect_id;
	uint32_t n_conns, n_helps, n_expects, n_keymaps;
	bool counted;
	struct ph_cur conns, helps, expects, keymaps;   /* of the file */
	struct mark *mark;
};

/* --- one record --- */

static bool addr_ok(const struct ph_addr *addr, uint8_t family)
{
	static const struct ph_addr zero;

	return family == PH_IPV6 || memcmp(addr->b + 4, zero.b, sizeof(zero.b) - 4) == 0;
}

static bool tuple_ok(const struct ph_tuple *tuple)
{
	struct ph_tuple back;

	if ((tuple->family != PH_IPV4 && tuple->family != PH_IPV6) || !addr_ok(&tuple->src, tuple->family) ||
	    !addr_ok(&tuple->dst, tuple->family))
		return false;
	switch (tuple->proto) {
	case PH_PROTO_TCP:
	case PH_PROTO_UDP:
	case PH_PROTO_UDPLITE:
	case PH_PROTO_SCTP:
	case PH_PROTO_GRE:
		return true;
	}
	return ph_tuple_invert(tuple, &back) &&
	       (tuple->proto == PH_PROTO_ICMP || tuple->proto == PH_PROTO_ICMPV6 || (tuple->sport == 0 && tuple->dport == 0));
}

static void take_tuple(struct ph_cur *c, struct ph_tuple *tuple)
{
	ph_record_bytes(c, tuple->src.b, sizeof(tuple->src.b));
	ph_record_bytes(c, tuple->dst.b, sizeof(tuple->dst.b));
	tuple->sport = ph_record_u16(c);
	tuple->dport = ph_record_u16(c);
	tuple->proto = ph_record_u8(c);
	tuple->family = ph_record_u8(c);
}

static bool take_tcp(struct ph_cur *c, struct ph_tcp_track *tcp)
{
	for (int dir = 0; dir < PH_DIRS; dir++) {
		tcp->side[dir].end = ph_record_u32(c);
		tcp->side[dir].maxend = ph_record_u32(c);
		tcp->side[dir].maxwin = ph_record_u32(c);
		tcp->side[dir].maxack = ph_record_u32(c);
	}
	tcp->last_seq = ph_record_u32(c);
	tcp->last_ack = ph_record_u32(c);
	tcp->last_end = ph_record_u32(c);
	tcp->last_win = ph_record_u16(c);
	ph_record_bytes(c, tcp->scale, PH_DIRS);
	ph_record_bytes(c, tcp->flags, PH_DIRS);
	tcp->state = ph_record_u8(c);
	tcp->last_kind = ph_record_u8(c);
	tcp->last_dir = ph_record_u8(c);
	tcp->retrans = ph_record_u8(c);
	tcp->last_scale = ph_record_u8(c);
	tcp->last_flags = ph_record_u8(c);
	return tcp->scale[PH_ORIG] <= SCALE_MAX && tcp->scale[PH_REPLY] <= SCALE_MAX && tcp->last_scale <= SCALE_MAX &&
	       tcp->state < PH_TCP_STATES && tcp->last_kind < PH_TCP_KINDS && tcp->last_dir < PH_DIRS;
}

static bool take_bool(struct ph_cur *c, bool *out)
{
	uint8_t value = ph_record_u8(c);

	*out = value == 1;
	return value <= 1;
}

static bool take_sctp(struct ph_cur *c, struct ph_sctp_track *sctp)
{
	sctp->tag[PH_ORIG] = ph_record_u32(c);
	sctp->tag[PH_REPLY] = ph_record_u32(c);
	sctp->state = ph_record_u8(c);
	sctp->last_dir = ph_record_u8(c);
	return take_bool(c, &sctp->init[PH_ORIG]) && take_bool(c, &sctp->init[PH_REPLY]) && take_bool(c, &sctp->tag_failed) &&
	       sctp->state < SCTP_STATES && sctp->last_dir < PH_DIRS;
}

static bool take_l4(struct ph_cur c, struct record *r)
{
	switch (r->conn.tuple.proto) {
	case PH_PROTO_TCP:
		return take_tcp(&c, &r->conn.l4.tcp);
	case PH_PROTO_SCTP:
		return take_sctp(&c, &r->conn.l4.sctp);
	case PH_PROTO_UDP:
		r->stream_left = ph_record_u64(&c);
		return r->stream_left <= STREAM_LEFT_MAX;
	case PH_PROTO_GRE:
		r->conn.l4.gre.timeout = ph_record_u32(&c);
		r->conn.l4.gre.stream_timeout = ph_record_u32(&c);
		return true;
	}
	return true;
}

static void take_acct(struct ph_cur *c, struct ph_conn_acct *acct)
{
	for (int dir = 0; dir < PH_DIRS; dir++) {
		acct->packets[dir] = ph_record_u64(c);
		acct->bytes[dir] = ph_record_u64(c);
	}
	acct->start_ms = ph_record_u64(c);
}

/* What must be so of every record, whatever stands in front of it. */
static bool conn_ok(const struct record *r)
{
	const struct ph_conn *conn = &r->conn;

	return tuple_ok(&conn->tuple) && conn->zone_dir <= PH_ZONE_BOTH && (conn->pending & ~PENDING_ALL) == 0 &&
	       (conn->status & ~STATUS_KEPT) == 0 && (conn->status & PH_CT_CONFIRMED) &&
	       !(conn->status & PH_CT_EXPECTED) == (r->master == 0) &&
	       (!(conn->status & PH_CT_HELPER) || conn->helper != PH_HELPER_NONE) && r->left_ms <= PH_SAVED_LEFT_MAX &&
	       (!r->ended || (r->left_ms == 0 && conn->pending == 0));
}

static bool take_conn(struct restore *x, struct ph_cur *conns, struct record *r)
{
	struct ph_cur c, l4;

	*r = (struct record){ .stream_left = 0 };
	if (!ph_cur_sub(conns, PH_SAVED_CONN + (x->counted ? PH_SAVED_ACCT : 0), &c))
		return false;
	take_tuple(&c, &r->conn.tuple);
	r->conn.zone = ph_record_u16(&c);
	r->conn.zone_dir = ph_record_u8(&c);
	r->conn.pending = ph_record_u8(&c);
	r->conn.helper = ph_record_u8(&c);
	if (!take_bool(&c, &r->ended))
		return false;
	r->conn.status = ph_record_u16(&c);
	r->conn.mark = ph_record_u32(&c);
	r->master = ph_record_u32(&c);
	r->conn.id = ph_record_u64(&c);
	r->left_ms = ph_record_u64(&c);
	if (!ph_cur_sub(&c, PH_SAVED_L4, &l4) || !take_l4(l4, r))
		return false;
	if (x->counted)
		take_acct(&c, &r->acct);
	return conn_ok(r);
}

/* --- first: is all of it sound? --- */

static bool split(struct restore *x, struct ph_cur file)
{
	size_t conn_len = PH_SAVED_CONN;
	struct ph_cur c;

	if (!ph_cur_sub(&file, PH_SAVED_COUNTS, &c))
		return false;
	x->next_conn_id = ph_record_u64(&c);
	x->next_expect_id = ph_record_u64(&c);
	x->n_conns = ph_record_u32(&c);
	x->n_helps = ph_record_u32(&c);
	x->n_expects = ph_record_u32(&c);
	x->n_keymaps = ph_record_u32(&c);
	if (!take_bool(&c, &x->counted))
		return false;
	conn_len += x->counted ? PH_SAVED_ACCT : 0;
	return x->next_conn_id <= PH_SAVED_ID_MAX && x->next_expect_id <= PH_SAVED_ID_MAX &&
	       ph_cur_sub(&file, x->n_conns * conn_len, &x->conns) &&
	       ph_cur_sub(&file, x->n_helps * (size_t)PH_SAVED_HELP, &x->helps) &&
	       ph_cur_sub(&file, x->n_expects * (size_t)PH_SAVED_EXPECT, &x->expects) &&
	       ph_cur_sub(&file, x->n_keymaps * (size_t)PH_SAVED_KEYMAP, &x->keymaps) && ph_cur_left(&file) == 0;
}

static bool check_conns(struct restore *x)
{
	struct ph_cur conns = x->conns;
	uint64_t last_id = 0;
	struct record r;

	for (uint32_t i = 0; i < x->n_conns; i++) {
		struct mark *mark = &x->mark[i];

		if (!take_conn(x, &conns, &r) || r.conn.id <= last_id || r.conn.id > x->next_conn_id || r.master > i)
			return false;
		last_id = r.conn.id;
		mark->master = r.master;
		mark->slot = PH_NO_SLOT;
		if (r.conn.helper != PH_HELPER_NONE)
			mark->helper = x->world->helper(x->world->arg, r.conn.helper, &r.conn);
		if (!r.ended && r.conn.helper != PH_HELPER_NONE)
			mark->flags |= MARK_HELPED;
		if (!r.ended)
			mark->flags |= r.left_ms > x->world->elapsed_ms ? MARK_LIVES : MARK_LATE;
	}
	/* A master stands before its children. */
	for (uint32_t i = x->n_conns; i-- > 0;)
		if (x->mark[i].flags & (MARK_LIVES | MARK_WANTED) && x->mark[i].master)
			x->mark[x->mark[i].master - 1].flags |= MARK_WANTED;
	return true;
}

static bool check_helps(struct restore *x)
{
	_Alignas(8) uint8_t state[PH_CONN_HELP_STATE];
	struct ph_cur helps = x->helps, c;
	uint32_t next = 0;

	for (uint32_t i = 0; i < x->n_helps; i++) {
		uint32_t place;

		if (!ph_cur_sub(&helps, PH_SAVED_HELP, &c))
			return false;
		place = ph_record_u32(&c);
		ph_record_bytes(&c, state, sizeof(state));
		if (place < next || place >= x->n_conns || !(x->mark[place].flags & MARK_HELPED))
			return false;
		next = place + 1;
		if (x->mark[place].helper != PH_HELPER_NONE && !x->world->state_ok(x->world->arg, x->mark[place].helper, state))
			return false;
	}
	return true;
}

/* An expectation as it stands in the file. */
struct expect_record {
	struct ph_expect_want want;     /* its child's helper by the number of the file */
	uint64_t id, left_ms;
	uint32_t master;                /* place, from 1 */
};

static bool want_ok(const struct ph_expect_want *want)
{
	static const struct ph_addr open;

	return tuple_ok(&want->tuple) && addr_ok(&want->mask_src, want->tuple.family) && want->class_ < PH_EXPECT_CLASSES &&
	       (want->flags & ~EXPECT_FLAGS) == 0 && (want->tuple.sport & ~want->mask_sport) == 0 &&
	       (!ph_addr_equal(&want->mask_src, &open) || ph_addr_equal(&want->tuple.src, &open));
}

static bool take_expect(struct ph_cur *expects, struct expect_record *e)
{
	struct ph_cur c;
	bool sound;

	*e = (struct expect_record){ .id = 0 };
	if (!ph_cur_sub(expects, PH_SAVED_EXPECT, &c))
		return false;
	take_tuple(&c, &e->want.tuple);
	ph_record_bytes(&c, e->want.mask_src.b, sizeof(e->want.mask_src.b));
	e->want.mask_sport = ph_record_u16(&c);
	e->want.class_ = ph_record_u8(&c);
	e->want.flags = ph_record_u8(&c);
	e->want.child_helper = ph_record_u8(&c);
	sound = take_bool(&c, &e->want.ends_inverse);
	e->want.tag = ph_record_u32(&c);
	e->master = ph_record_u32(&c);
	e->id = ph_record_u64(&c);
	e->left_ms = ph_record_u64(&c);
	return sound && want_ok(&e->want) && e->left_ms <= PH_SAVED_LEFT_MAX;
}

static bool check_expects(struct restore *x)
{
	struct ph_cur expects = x->expects;
	uint64_t last_id = 0;
	struct expect_record e;

	for (uint32_t i = 0; i < x->n_expects; i++) {
		if (!take_expect(&expects, &e) || e.id <= last_id || e.id > x->next_expect_id || e.master == 0 ||
		    e.master > x->n_conns || !(x->mark[e.master - 1].flags & MARK_HELPED))
			return false;
		last_id = e.id;
	}
	return true;
}

struct keymap_record {
	struct ph_tuple tuple;
	uint32_t place;
	uint8_t dir;
};

static bool take_keymap(struct ph_cur *keymaps, struct keymap_record *k)
{
	struct ph_cur c;

	if (!ph_cur_sub(keymaps, PH_SAVED_KEYMAP, &c))
		return false;
	k->place = ph_record_u32(&c);
	k->dir = ph_record_u8(&c);
	take_tuple(&c, &k->tuple);
	return k->dir < PH_DIRS && tuple_ok(&k->tuple) && k->tuple.proto == PH_PROTO_GRE;
}

static bool check_keymaps(struct restore *x)
{
	struct ph_cur keymaps = x->keymaps;
	struct keymap_record k;

	for (uint32_t i = 0; i < x->n_keymaps; i++)
		if (!take_keymap(&keymaps, &k) || k.place >= x->n_conns || !(x->mark[k.place].flags & MARK_HELPED))
			return false;
	return true;
}

/* --- then: into the tables --- */

/* Moments of the file become moments here. */
static void set_times(const struct restore *x, struct record *r)
{
	uint64_t now = x->world->now_ms, elapsed = x->world->elapsed_ms;
	uint64_t age = r->acct.start_ms > UINT64_MAX - elapsed ? UINT64_MAX : r->acct.start_ms + elapsed;

	r->acct.start_ms = age < now ? now - age : 0;
	if (r->conn.tuple.proto == PH_PROTO_UDP)
		r->conn.l4.udp_stream_ms = r->stream_left > elapsed ? now + (r->stream_left - elapsed) - 1 : 0;
}

static void give_helper(struct restore *x, struct mark *mark)
{
	struct ph_conn *conn = ph_conn_at(x->t, mark->slot);

	if (mark->flags & MARK_LIVES && mark->helper != PH_HELPER_NONE && !ph_conn_help_take(x->t, conn))
		mark->helper = PH_HELPER_NONE;
	conn->helper = mark->helper;
	if (conn->helper == PH_HELPER_NONE)
		conn->status &= (uint16_t)~PH_CT_HELPER;
}

/* False: it cannot be had. A dead one is held here until all its children are in. */
static bool build_conn(struct restore *x, struct mark *mark, struct record *r)
{
	bool lives = mark->flags & MARK_LIVES;

	r->conn.master = PH_NO_SLOT;
	if (mark->master) {
		r->conn.master = x->mark[mark->master - 1].slot;
		if (r->conn.master == PH_NO_SLOT)
			return false;
	}
	set_times(x, r);
	r->conn.expires_ms = lives ? ph_later(x->world->now_ms, r->left_ms - x->world->elapsed_ms) : 0;
	if (!lives) {
		r->conn.status |= PH_CT_DYING;
		r->conn.pending = 0;
	}
	mark->slot = ph_conn_restore(x->t, &r->conn);
	if (mark->slot == PH_NO_SLOT)
		return false;
	if (x->t->acct)
		x->t->acct[mark->slot] = r->acct;
	give_helper(x, mark);
	return true;
}

static void build_conns(struct restore *x)
{
	struct ph_cur conns = x->conns;
	struct record r;

	for (uint32_t i = 0; i < x->n_conns && take_conn(x, &conns, &r); i++) {
		struct mark *mark = &x->mark[i];

		if (mark->flags & MARK_LATE)
			x->out->late++;
		if (!(mark->flags & (MARK_LIVES | MARK_WANTED)))
			continue;
		if (!build_conn(x, mark, &r))
			x->out->lost += mark->flags & MARK_LIVES ? 1 : 0;
		else if (mark->flags & MARK_LIVES)
			x->out->conns++;
	}
}

/* A place's connection if it lives here and has a helper. */
static struct ph_conn *helped(const struct restore *x, uint32_t place)
{
	const struct mark *mark = &x->mark[place];

	return mark->flags & MARK_LIVES && mark->slot != PH_NO_SLOT && mark->helper != PH_HELPER_NONE ?
	       ph_conn_at(x->t, mark->slot) : NULL;
}

static void build_helps(struct restore *x)
{
	struct ph_cur helps = x->helps, c;

	while (ph_cur_sub(&helps, PH_SAVED_HELP, &c)) {
		const struct ph_conn *conn = helped(x, ph_record_u32(&c));

		if (conn)
			ph_record_bytes(&c, ph_conn_help(x->t, conn)->state, PH_CONN_HELP_STATE);
	}
}

static void build_expects(struct restore *x)
{
	const struct ph_restore_world *world = x->world;
	struct ph_cur expects = x->expects;
	struct expect_record e;

	while (take_expect(&expects, &e)) {
		struct ph_conn *master = helped(x, e.master - 1);
		const struct ph_expect_policy *policy;

		if (e.left_ms <= world->elapsed_ms || x->mark[e.master - 1].flags & MARK_LATE) {
			x->out->late++;
			continue;
		}
		policy = master ? world->may_expect(world->arg, master, &e.want) : NULL;
		x->t->next_expect_id = e.id - 1;
		if (policy && ph_expect_restore(x->t, master, &e.want, policy, e.left_ms - world->elapsed_ms))
			x->out->expects++;
		else
			x->out->lost++;
	}
}

static void build_keymaps(struct restore *x)
{
	struct ph_cur keymaps = x->keymaps;
	struct keymap_record k;

	while (take_keymap(&keymaps, &k)) {
		struct ph_conn *master = helped(x, k.place);
		enum ph_dir dir = (enum ph_dir)k.dir;

		if (!master || !x->world->may_call(x->world->arg, master, dir, &k.tuple) ||
		    ph_keymap_add(x->t, master, dir, &k.tuple) != PH_OK)
			x->out->lost += !(x->mark[k.place].flags & MARK_LATE);
	}
}

/* Lets go of the dead: those that no child holds are gone. */
static void release_dead(struct restore *x)
{
	for (uint32_t i = x->n_conns; i-- > 0;)
		if (!(x->mark[i].flags & MARK_LIVES) && x->mark[i].slot != PH_NO_SLOT)
			ph_conn_release(x->t, ph_conn_at(x->t, x->mark[i].slot));
}

enum ph_status ph_track_restore(struct ph_track *t, const struct ph_restore_world *world, struct ph_cur file,
                                struct ph_track_restored *out)
{
	struct restore x = { .t = t, .world = world, .out = out };
	enum ph_status status = PH_INVALID;

	*out = (struct ph_track_restored){ .conns = 0 };
	if (!split(&x, file))
		return PH_INVALID;
	x.mark = calloc((size_t)x.n_conns + 1, sizeof(*x.mark));
	if (!x.mark)
		return PH_NO_MEMORY;
	if (!check_conns(&x) || !check_helps(&x) || !check_expects(&x) || !check_keymaps(&x))
		goto free_marks;
	ph_track_advance(t, world->now_ms);
	build_conns(&x);
	build_helps(&x);
	build_expects(&x);
	build_keymaps(&x);
	release_dead(&x);
	t->next_conn_id = x.next_conn_id;
	t->next_expect_id = x.next_expect_id;
	status = PH_OK;
free_marks:
	free(x.mark);
	return status;
}
