/* Connections: making, finding, confirming and ending them; spec/tracking.md 3.
 *
 * References: the packet at work holds one, the table holds one while the connection is alive, each child one. The record
 * goes back to the slab with the last. */
#include "track/table.h"

uint32_t ph_conn_slot(const struct ph_track *t, const struct ph_conn *conn)
{
	return (uint32_t)((size_t)((const uint8_t *)conn - t->conns.records) / t->conns.size);
}

const struct ph_conn *ph_conn_master(const struct ph_track *t, const struct ph_conn *conn)
{
	return conn->master == PH_NO_SLOT ? NULL : ph_conn_at(t, conn->master);
}

const struct ph_conn_acct *ph_conn_acct(const struct ph_track *t, const struct ph_conn *conn)
{
	return t->acct ? &t->acct[ph_conn_slot(t, conn)] : NULL;
}

void ph_conn_count(struct ph_track *t, const struct ph_conn *conn, const struct ph_track_io *io)
{
	struct ph_conn_acct *acct = &t->acct[ph_conn_slot(t, conn)];
	uint64_t *bytes = &acct->bytes[io->dir];

	acct->packets[io->dir] += acct->packets[io->dir] != UINT64_MAX;
	*bytes = *bytes > UINT64_MAX - io->pkt->len ? UINT64_MAX : *bytes + io->pkt->len;
}

const char *ph_conn_proto_state(const struct ph_conn *conn)
{
	if (conn->tuple.proto == PH_PROTO_TCP)
		return ph_tcp_state_name(conn->l4.tcp.state);
	return conn->tuple.proto == PH_PROTO_SCTP ? ph_sctp_state_name(conn->l4.sctp.state) : NULL;
}

struct ph_conn_help *ph_conn_help(const struct ph_track *t, const struct ph_conn *conn)
{
	return conn->help == PH_NO_SLOT ? NULL : ph_slab_at(&t->helps, conn->help);
}

bool ph_conn_help_take(struct ph_track *t, struct ph_conn *conn)
{
	struct ph_conn_help *help;

	conn->help = ph_slab_take(&t->helps);
	if (conn->help == PH_SLAB_NONE)
		return false;
	help = ph_slab_at(&t->helps, conn->help);
	help->expects = help->keymap[PH_ORIG] = help->keymap[PH_REPLY] = PH_NO_SLOT;
	return true;
}

void ph_conn_hold(struct ph_conn *conn)
{
	conn->refs++;
}

void ph_conn_release(struct ph_track *t, struct ph_conn *conn)
{
	/* A chain of masters may end with its last child: a loop, for nobody bounds its length. */
	while (conn && --conn->refs == 0) {
		uint32_t master = conn->master;

		ph_keymap_end(t, conn);
		if (conn->help != PH_NO_SLOT) {
			ph_expect_remove_all(t, conn, PH_CAUSE_MASTER_GONE);
			ph_slab_give(&t->helps, conn->help);
		}
		ph_slab_give(&t->conns, ph_conn_slot(t, conn));
		t->stats.conns--;
		conn = master == PH_NO_SLOT ? NULL : ph_conn_at(t, master);
	}
}

static uint32_t second_of(const struct ph_track *t, uint64_t ms)
{
	uint64_t s = (ms - t->start_ms) / 1000 + 1;

	return s > UINT32_MAX ? UINT32_MAX : (uint32_t)s;
}

static void file(struct ph_track *t, struct ph_conn *conn)
{
	conn->filed_s = second_of(t, conn->expires_ms);
	ph_wheel_add(t->conn_wheel, ph_conn_slot(t, conn), conn->expires_ms);
}

void ph_conn_refresh(struct ph_track *t, struct ph_conn *conn, uint64_t timeout_s, uint64_t now_ms)
{
	if (conn->status & PH_CT_FIXED_TIMEOUT)
		return;
	if (!(conn->status & PH_CT_CONFIRMED)) {
		conn->expires_ms = timeout_s * 1000;
		return;
	}
	conn->expires_ms = ph_later(now_ms, timeout_s * 1000);
	/* The wheel looks at it in time unless the end came nearer. */
	if (!(conn->status & PH_CT_DYING) &&
	    (second_of(t, conn->expires_ms) < conn->filed_s || conn->filed_s == UINT32_MAX)) {
		ph_wheel_remove(t->conn_wheel, ph_conn_slot(t, conn));
		file(t, conn);
	}
}

void ph_conn_kill(struct ph_track *t, struct ph_conn *conn, enum ph_cause cause)
{
	if (conn->status & PH_CT_DYING)
		return;
	conn->status |= PH_CT_DYING;
	if (!(conn->status & PH_CT_CONFIRMED))
		return;
	if (t->hooks.conn)
		t->hooks.conn(t->hooks.arg, PH_EVENT_CONN_DESTROY, cause, conn);
	ph_keymap_end(t, conn);
	if (conn->help != PH_NO_SLOT && t->hooks.ending)
		t->hooks.ending(t->hooks.arg, conn);
	ph_expect_remove_all(t, conn, PH_CAUSE_MASTER_GONE);
	ph_index_remove(&t->index, ph_index_hash(&t->index, &conn->tuple), ph_conn_slot(t, conn));
	ph_wheel_remove(t->conn_wheel, ph_conn_slot(t, conn));
	if (conn->zone_dir != PH_ZONE_BOTH)
		t->n_one_sided--;
	ph_conn_release(t, conn);
}

/* Is the tuple this connection's, and in which direction? */
static bool same_flow(const struct ph_conn *conn, const struct ph_tuple *tuple, enum ph_dir *dir)
{
	const struct ph_tuple *own = &conn->tuple;
	struct ph_tuple back;

	if (ph_tuple_equal(own, tuple)) {
		*dir = PH_ORIG;
		return true;
	}
	*dir = PH_REPLY;
	if (!ph_addr_equal(&own->src, &tuple->dst) || !ph_tuple_invert(tuple, &back))
		return false;
	return ph_tuple_equal(own, &back);
}

struct ph_conn *ph_conn_lookup(struct ph_track *t, const struct ph_tuple *tuple, const uint16_t zone[PH_DIRS],
                               enum ph_dir *dir)
{
	return ph_conn_find(t, &(struct ph_track_key){ *tuple, ph_index_hash(&t->index, tuple), true }, zone, dir);
}

struct ph_conn *ph_conn_find(struct ph_track *t, const struct ph_track_key *key, const uint16_t zone[PH_DIRS],
                             enum ph_dir *dir)
{
	uint32_t at = key->hash & t->index.mask, slot;

	while ((slot = ph_index_next(&t->index, key->hash, &at)) != PH_SLAB_NONE) {
		struct ph_conn *conn = ph_conn_at(t, slot);

		if (!same_flow(conn, &key->tuple, dir) || ph_conn_zone(conn, *dir) != zone[*dir])
			continue;
		if (t->now_ms < conn->expires_ms)
			return conn;
		ph_conn_kill(t, conn, PH_CAUSE_EXPIRED);        /* moves the slots: begin again */
		at = key->hash & t->index.mask;
	}
	return NULL;
}

const struct ph_conn *ph_track_find(const struct ph_track *t, const struct ph_tuple *tuple, uint16_t zone)
{
	uint32_t hash = ph_index_hash(&t->index, tuple);
	uint32_t at = hash & t->index.mask, slot;
	enum ph_dir dir;

	while ((slot = ph_index_next(&t->index, hash, &at)) != PH_SLAB_NONE) {
		const struct ph_conn *conn = ph_conn_at(t, slot);

		if (same_flow(conn, tuple, &dir) && ph_conn_zone(conn, dir) == zone && t->now_ms < conn->expires_ms)
			return conn;
	}
	return NULL;
}

/* Makes room: the next in a round over all records that was never answered goes. Linux looks in the hash buckets near the newcomer
 * (spec/tracking.md 3.5); a round does not depend on the key of the hash. */
static bool early_drop(struct ph_track *t)
{
	enum { LOOK_AT = 64 };

	for (unsigned i = 0; i < LOOK_AT && t->conns.fresh > 0; i++) {
		struct ph_conn *conn;

		t->drop_hand = t->drop_hand + 1 < t->conns.fresh ? t->drop_hand + 1 : 0;
		conn = ph_conn_at(t, t->drop_hand);
		if ((conn->status & (PH_CT_CONFIRMED | PH_CT_DYING | PH_CT_ASSURED)) != PH_CT_CONFIRMED ||
		    conn->timer.prev == PH_WHEEL_NONE)
			continue;
		ph_count(&t->stats.early_drops, 1);
		ph_conn_kill(t, conn, PH_CAUSE_EVICTED);
		return true;
	}
	return false;
}

/* The slab has room for dead masters besides; the index has none, and one that is full would be searched for ever. */
static bool has_room(const struct ph_track *t)
{
	uint32_t max = t->config->max;

	if (max == 0 || max > t->conns.max / 2)
		max = t->conns.max / 2;
	return t->stats.conns < max;
}

static void count_record(struct ph_track *t)
{
	t->stats.conns++;
	if (t->stats.conns > t->stats.conns_peak)
		t->stats.conns_peak = t->stats.conns;
}

static struct ph_conn *take_record(struct ph_track *t)
{
	uint32_t slot = PH_SLAB_NONE;

	if (has_room(t) || (ph_track_let_go(t) && has_room(t)) || early_drop(t))
		slot = ph_slab_take(&t->conns);
	if (slot == PH_SLAB_NONE && early_drop(t))
		slot = ph_slab_take(&t->conns);
	if (slot == PH_SLAB_NONE)
		return NULL;
	count_record(t);
	return ph_conn_at(t, slot);
}

struct ph_conn *ph_conn_create(struct ph_track *t, const struct ph_tuple *tuple, const struct ph_track_io *io)
{
	struct ph_conn *conn = take_record(t);

	if (!conn)
		return NULL;
	conn->tuple = *tuple;
	conn->id = t->next_conn_id + 1;         /* kept if its own first packet is accepted */
	conn->refs = 1;
	conn->master = conn->help = PH_NO_SLOT;
	conn->zone = io->zone;
	conn->zone_dir = io->zone_dir;
	ph_wheel_node_init(&conn->timer);
	if (t->acct)
		t->acct[ph_conn_slot(t, conn)] = (struct ph_conn_acct){ 0 };

	/* An expectation suppresses the helper that a rule would give. */
	if (t->stats.expects == 0 || !ph_expect_use(t, tuple, conn))
		conn->helper = io->helper;
	if (conn->helper == PH_HELPER_NONE)
		return conn;
	if (!ph_conn_help_take(t, conn)) {
		conn->helper = PH_HELPER_NONE;
		return conn;
	}
	if (!(conn->status & PH_CT_EXPECTED))
		conn->status |= PH_CT_HELPER;
	return conn;
}

/* Zones that count for one direction only can make two connections share a tuple. */
static bool clashes(struct ph_track *t, const struct ph_conn *conn)
{
	uint16_t zone[PH_DIRS];
	enum ph_dir dir;
	struct ph_tuple back;

	if (t->n_one_sided == 0 && conn->zone_dir == PH_ZONE_BOTH)
		return false;
	zone[PH_ORIG] = zone[PH_REPLY] = ph_conn_zone(conn, PH_ORIG);
	if (ph_conn_lookup(t, &conn->tuple, zone, &dir))
		return true;
	zone[PH_ORIG] = zone[PH_REPLY] = ph_conn_zone(conn, PH_REPLY);
	return ph_tuple_invert(&conn->tuple, &back) && ph_conn_lookup(t, &back, zone, &dir);
}

static bool enter(struct ph_track *t, struct ph_conn *conn, struct ph_track_io *io)
{
	if ((conn->status & PH_CT_DYING) || clashes(t, conn)) {
		io->reason = conn->status & PH_CT_DYING ? PH_WHY_DYING : PH_WHY_CLASH;
		ph_count(&t->stats.insert_failed, 1);
		return false;
	}
	conn->status |= PH_CT_CONFIRMED;
	conn->expires_ms = ph_later(io->now_ms, conn->expires_ms);
	conn->pending = 0;
	if (t->acct)
		t->acct[ph_conn_slot(t, conn)].start_ms = io->now_ms;
	ph_conn_hold(conn);
	ph_index_add(&t->index, io->key.hash, ph_conn_slot(t, conn));
	file(t, conn);
	if (conn->zone_dir != PH_ZONE_BOTH)
		t->n_one_sided++;
	ph_count(&t->stats.conns_confirmed, 1);
	if (t->hooks.conn)
		t->hooks.conn(t->hooks.arg, PH_EVENT_CONN_NEW, PH_CAUSE_NONE, conn);
	return true;
}

/* In either direction, whichever zones the others live in. */
static bool is_taken(struct ph_track *t, const struct ph_conn *conn)
{
	const uint16_t zone[PH_DIRS] = { ph_conn_zone(conn, PH_ORIG), ph_conn_zone(conn, PH_REPLY) };
	enum ph_dir dir;

	return clashes(t, conn) || ph_conn_lookup(t, &conn->tuple, zone, &dir);
}

uint32_t ph_conn_restore(struct ph_track *t, const struct ph_conn *from)
{
	bool lives = !(from->status & PH_CT_DYING);
	struct ph_conn *conn;
	uint32_t slot;

	if (!has_room(t) || (lives && is_taken(t, from)))
		return PH_NO_SLOT;
	slot = ph_slab_take(&t->conns);
	if (slot == PH_SLAB_NONE)
		return PH_NO_SLOT;
	count_record(t);
	conn = ph_conn_at(t, slot);
	*conn = *from;
	conn->refs = 1;
	conn->help = PH_NO_SLOT;
	ph_wheel_node_init(&conn->timer);
	if (conn->master != PH_NO_SLOT)
		ph_conn_hold(ph_conn_at(t, conn->master));
	if (!lives)
		return slot;
	ph_index_add(&t->index, ph_index_hash(&t->index, &conn->tuple), slot);
	file(t, conn);
	if (conn->zone_dir != PH_ZONE_BOTH)
		t->n_one_sided++;
	return slot;
}

bool ph_track_confirm(struct ph_track *t, struct ph_track_io *io)
{
	struct ph_conn *conn = io->conn;

	if (!conn)
		return true;
	if (!(conn->status & PH_CT_CONFIRMED)) {
		/* Only a packet of the direction that made it may confirm it. */
		return io->dir != PH_ORIG || io->icmp_error || enter(t, conn, io);
	}
	if (conn->pending && !(conn->status & PH_CT_DYING)) {
		if (t->hooks.conn)
			t->hooks.conn(t->hooks.arg, PH_EVENT_CONN_UPDATE, PH_CAUSE_NONE, conn);
		conn->pending = 0;
	}
	return true;
}

static void conn_due(void *arg, uint32_t slot)
{
	struct ph_track *t = arg;
	struct ph_conn *conn = ph_conn_at(t, slot);

	if (conn->expires_ms > ph_wheel_now_ms(t->conn_wheel))
		file(t, conn);
	else
		ph_conn_kill(t, conn, PH_CAUSE_EXPIRED);
}

bool ph_conn_expire(struct ph_track *t, uint64_t now_ms, size_t budget)
{
	return ph_wheel_advance(t->conn_wheel, now_ms, conn_due, t, budget);
}

uint32_t ph_track_conns_from(const struct ph_track *t, uint32_t from, uint32_t slots,
                             void (*each)(void *arg, const struct ph_conn *conn), void *arg)
{
	uint32_t fresh = t->conns.fresh, end = from < fresh && fresh - from > slots ? from + slots : fresh;

	for (uint32_t slot = from; slot < end; slot++) {
		const struct ph_conn *conn = ph_conn_at(t, slot);

		if (conn->timer.prev != PH_WHEEL_NONE && (conn->status & PH_CT_CONFIRMED) && !(conn->status & PH_CT_DYING))
			each(arg, conn);
	}
	return end < fresh ? end : 0;
}

void ph_track_each_conn(const struct ph_track *t, void (*each)(void *arg, const struct ph_conn *conn), void *arg)
{
	ph_track_conns_from(t, 0, UINT32_MAX, each, arg);
}
