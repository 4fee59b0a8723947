/* Random work on one tracker, and after every packet the tables are compared with each other: references, lists in both
 * directions, counts, the index, what is filed in the wheels. The seed is fixed: each run does the same.
 *
 * This test looks inside (track/table.h), because what it is about cannot be seen from outside until it is too late. */
#include "track/harness.h"
#include "track/restart.h"
#include "track/table.h"

enum { HOSTS = 5, PORTS = 3, PACKETS = 20000, SLOTS_MAX = 4096 };

struct stress {
	struct ph_track_config config;
	struct ph_track *t;
	uint64_t now_ms, random;
	struct ph_track_io io;                  /* the packet at work */
	uint64_t new_conns, dead_conns, new_expects, dead_expects;
};

/* --- chance --- */

static uint32_t any(struct stress *s, uint32_t below)
{
	s->random = s->random * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(s->random >> 33) % below;
}

static bool one_in(struct stress *s, uint32_t n)
{
	return any(s, n) == 0;
}

static const char *any_host(struct stress *s)
{
	static const char *const host[HOSTS] = { "192.0.2.1", "192.0.2.2", "198.51.100.2", "198.51.100.3", "203.0.113.1" };

	return host[any(s, HOSTS)];
}

static uint32_t any_timeout(struct stress *s)
{
	static const uint32_t some[] = { 0, 1, 2, 30, 300, 432000, INT32_MAX / 250, UINT32_MAX };

	return some[any(s, sizeof(some) / sizeof(some[0]))];
}

/* --- what must always hold --- */

/* Which slots of a slab are taken. */
static void taken_slots(const struct ph_slab *slab, bool taken[SLOTS_MAX])
{
	uint32_t slot = slab->free_head, n = 0;

	assert_true(slab->fresh <= slab->max && slab->max <= SLOTS_MAX);
	for (uint32_t i = 0; i < SLOTS_MAX; i++)
		taken[i] = i < slab->fresh;
	for (; slot != PH_SLAB_NONE; n++) {
		assert_true(slot < slab->fresh && taken[slot]);
		taken[slot] = false;
		memcpy(&slot, ph_slab_at(slab, slot), sizeof(slot));
	}
	assert_int_equal(slab->used, slab->fresh - n);
}

static bool is_alive(const struct ph_conn *conn)
{
	return (conn->status & PH_CT_CONFIRMED) && !(conn->status & PH_CT_DYING);
}

static unsigned times_in_index(const struct ph_track *t, uint32_t slot)
{
	unsigned n = 0;

	for (uint32_t i = 0; i <= t->index.mask; i++)
		n += t->index.slots[i].record == slot + 1;
	return n;
}

/* Found from where its hash begins. */
static bool is_reachable(const struct ph_track *t, uint32_t slot)
{
	uint32_t hash = ph_index_hash(&t->index, &ph_conn_at(t, slot)->tuple);
	uint32_t at = hash & t->index.mask, found;

	while ((found = ph_index_next(&t->index, hash, &at)) != PH_SLAB_NONE)
		if (found == slot)
			return true;
	return false;
}

static void check_conns(const struct stress *s, const bool taken[SLOTS_MAX], const bool helps[SLOTS_MAX])
{
	uint32_t refs[SLOTS_MAX] = { 0 }, n = 0, alive = 0, one_sided = 0, n_helps = 0;
	const struct ph_track *t = s->t;

	for (uint32_t i = 0; i < t->conns.fresh; i++) {
		const struct ph_conn *conn = ph_conn_at(t, i);

		if (!taken[i])
			continue;
		n++;
		refs[i] += (is_alive(conn) ? 1u : 0u) + (s->io.conn == conn ? 1u : 0u);
		if (conn->master != PH_NO_SLOT) {
			assert_true(conn->master < t->conns.fresh && taken[conn->master]);
			refs[conn->master]++;
		}
		if (conn->help != PH_NO_SLOT) {
			assert_true(conn->help < t->helps.fresh && helps[conn->help]);
			n_helps++;
		}
		assert_int_equal(times_in_index(t, i), is_alive(conn) ? 1 : 0);
		if (!is_alive(conn))
			continue;
		alive++;
		one_sided += conn->zone_dir != PH_ZONE_BOTH;
		assert_true(is_reachable(t, i));
		assert_int_not_equal(conn->timer.prev, PH_WHEEL_NONE);
	}
	for (uint32_t i = 0; i < t->conns.fresh; i++)
		if (taken[i])
			assert_int_equal(ph_conn_at(t, i)->refs, refs[i]);
	assert_int_equal(t->stats.conns, n);
	assert_int_equal(t->n_one_sided, one_sided);
	assert_int_equal(t->helps.used, n_helps);
	assert_int_equal(s->new_conns - s->dead_conns, alive);
}

/* Every expectation once in its bucket and once with its master; the counts of classes. */
static void check_expects(const struct stress *s, const bool conns[SLOTS_MAX], const bool taken[SLOTS_MAX])
{
	uint32_t in_bucket = 0, with_master = 0;
	struct ph_track *t = s->t;

	for (uint32_t b = 0; b < PH_EXPECT_BUCKETS; b++) {
		uint32_t before = PH_NO_SLOT;

		for (uint32_t slot = t->expect_bucket[b]; slot != PH_NO_SLOT;) {
			const struct ph_expect *e = ph_slab_at(&t->expects, slot);

			assert_true(slot < t->expects.fresh && taken[slot] && e->id && e->bucket == b);
			assert_int_equal(e->bucket_prev, before);
			assert_true(e->master < t->conns.fresh && conns[e->master]);
			assert_int_not_equal(e->timer.prev, PH_WHEEL_NONE);
			before = slot;
			slot = e->bucket_next;
			in_bucket++;
		}
	}
	for (uint32_t i = 0; i < t->conns.fresh; i++) {
		const struct ph_conn_help *help = conns[i] ? ph_conn_help(t, ph_conn_at(t, i)) : NULL;
		uint32_t before = PH_NO_SLOT, n[PH_EXPECT_CLASSES] = { 0 };

		for (uint32_t slot = help ? help->expects : PH_NO_SLOT; slot != PH_NO_SLOT;) {
			const struct ph_expect *e = ph_slab_at(&t->expects, slot);

			assert_true(slot < t->expects.fresh && taken[slot] && e->master == i && e->class_ < PH_EXPECT_CLASSES);
			assert_int_equal(e->master_prev, before);
			n[e->class_]++;
			before = slot;
			slot = e->master_next;
			with_master++;
		}
		for (uint32_t c = 0; help && c < PH_EXPECT_CLASSES; c++)
			assert_int_equal(help->n_expects[c], n[c]);
	}
	assert_int_equal(in_bucket, t->expects.used);
	assert_int_equal(with_master, t->expects.used);
	assert_int_equal(t->stats.expects, t->expects.used);
	assert_int_equal(s->new_expects - s->dead_expects, t->expects.used);
}

static void check_keymaps(const struct ph_track *t, const bool conns[SLOTS_MAX])
{
	uint32_t in_bucket = 0, with_master = 0;

	for (uint32_t b = 0; b < PH_KEYMAP_BUCKETS; b++)
		for (uint32_t slot = t->keymap_bucket[b]; slot != PH_NO_SLOT; in_bucket++) {
			const struct ph_keymap *map = ph_slab_at(&t->keymaps, slot);

			assert_true(slot < t->keymaps.fresh && map->bucket == b);
			/* The newest is what the oldest's prev says, the others each their neighbour. */
			if (map->next == PH_NO_SLOT)
				assert_int_equal(((const struct ph_keymap *)ph_slab_at(&t->keymaps, t->keymap_bucket[b]))->prev, slot);
			else
				assert_int_equal(((const struct ph_keymap *)ph_slab_at(&t->keymaps, map->next))->prev, slot);
			slot = map->next;
		}
	for (uint32_t i = 0; i < t->conns.fresh; i++) {
		const struct ph_conn_help *help = conns[i] ? ph_conn_help(t, ph_conn_at(t, i)) : NULL;

		for (int dir = 0; help && dir < PH_DIRS; dir++)
			with_master += help->keymap[dir] != PH_NO_SLOT;
	}
	assert_int_equal(in_bucket, t->keymaps.used);
	assert_int_equal(with_master, t->keymaps.used);
}

static void check_all(const struct stress *s)
{
	static bool conns[SLOTS_MAX], helps[SLOTS_MAX], expects[SLOTS_MAX];

	taken_slots(&s->t->conns, conns);
	taken_slots(&s->t->helps, helps);
	taken_slots(&s->t->expects, expects);
	check_conns(s, conns, helps);
	check_expects(s, conns, expects);
	check_keymaps(s->t, conns);
}

/* --- work --- */

static void on_stress_conn(void *arg, enum ph_event_kind kind, enum ph_cause cause, const struct ph_conn *conn)
{
	struct stress *s = arg;

	(void)cause;
	assert_int_not_equal(conn->id, 0);
	s->new_conns += kind == PH_EVENT_CONN_NEW;
	s->dead_conns += kind == PH_EVENT_CONN_DESTROY;
}

static void on_stress_expect(void *arg, enum ph_event_kind kind, enum ph_cause cause, const struct ph_expect *expect,
                             const struct ph_conn *child)
{
	struct stress *s = arg;

	(void)cause;
	assert_true(!child || child->master == expect->master);
	assert_non_null(ph_expect_master(s->t, expect));
	s->new_expects += kind == PH_EVENT_EXPECT_NEW;
	s->dead_expects += kind == PH_EVENT_EXPECT_DESTROY;
}

static struct ph_tuple any_tuple(struct stress *s)
{
	static const uint8_t proto[] = { PH_PROTO_TCP, PH_PROTO_UDP, PH_PROTO_GRE };
	struct ph_tuple t = { .proto = proto[any(s, 3)], .family = PH_IPV4 };
	const char *src = any_host(s), *dst = any_host(s);

	assert_true(ph_addr_parse(PH_IPV4, src, strlen(src), &t.src));
	assert_true(ph_addr_parse(PH_IPV4, dst, strlen(dst), &t.dst));
	t.sport = (uint16_t)(1 + any(s, PORTS));
	t.dport = (uint16_t)(1 + any(s, PORTS));
	return t;
}

static struct ph_expect_want any_want(struct stress *s)
{
	struct ph_expect_want want = { .tuple = any_tuple(s), .class_ = (uint8_t)any(s, PH_EXPECT_CLASSES + 1) };

	if (!one_in(s, 3))
		memset(want.mask_src.b, 0xff, 4);
	want.mask_sport = one_in(s, 3) ? 0xffff : 0;
	want.flags = (uint8_t)any(s, 4);
	want.child_helper = (uint8_t)any(s, 2);
	want.any_master = one_in(s, 3);
	want.ends_inverse = one_in(s, 3);
	want.tag = any(s, 3);
	return want;
}

/* What a helper may have the engine do, whatever became of its connection. */
static void act(struct stress *s, struct ph_conn *conn)
{
	struct ph_expect_policy policy = { .max = (uint16_t)any(s, 3), .timeout_s = any_timeout(s) };
	struct ph_expect_want want = any_want(s);
	enum ph_dir dir = (enum ph_dir)any(s, 2);

	switch (any(s, 12)) {
	case 0: case 1: case 2: case 3:
		(void)ph_expect_add(s->t, conn, &want, &policy, s->io.now_ms);
		break;
	case 4: (void)ph_expect_remove(s->t, conn, want.class_, want.class_, want.tag); break;
	case 5: (void)ph_expect_retime(s->t, conn, want.class_, want.tag, any_timeout(s)); break;
	case 6: ph_expect_activate(s->t, conn, want.class_, want.tag); break;
	case 7: (void)ph_expect_remove_like(s->t, conn, &want); break;
	case 8:
		want.tuple.proto = PH_PROTO_GRE;
		(void)ph_keymap_add(s->t, conn, dir, &want.tuple);
		break;
	case 9:
		want.tuple.proto = PH_PROTO_GRE;
		ph_keymap_teardown(s->t, conn, dir, &want.tuple, PH_CAUSE_REMOVED);
		break;
	case 10: ph_conn_refresh(s->t, conn, any_timeout(s), s->io.now_ms); break;
	case 11:
		if (one_in(s, 8))
			ph_conn_kill(s->t, conn, PH_CAUSE_CLOSED);
	}
}

static void build_any(struct stress *s, struct packet *p)
{
	static const uint8_t flags[] = { 2, 0x12, 0x10, 0x11, 0x14, 4, 0x18 };
	static const uint8_t proto[] = { PH_PROTO_TCP, PH_PROTO_TCP, PH_PROTO_UDP, PH_PROTO_ICMP };
	struct packet_spec spec = { .src = any_host(s), .dst = any_host(s), .proto = proto[any(s, 4)], .payload = "x" };
	uint8_t gre[] = { 0x30, 1, 0x88, 0x0b, 0, 0, 0, (uint8_t)(1 + any(s, PORTS)) };

	if (one_in(s, 4)) {
		packet_raw(p, spec.src, spec.dst, PH_PROTO_GRE, gre, sizeof(gre));
		return;
	}
	spec.sport = (uint16_t)(1 + any(s, PORTS));
	spec.dport = (uint16_t)(1 + any(s, PORTS));
	spec.flags = flags[any(s, sizeof(flags))];
	spec.seq = any(s, 8);
	spec.ack = any(s, 8);
	spec.icmp_type = one_in(s, 2) ? 8 : 0;
	spec.icmp_id = (uint16_t)any(s, 2);
	packet_build(p, &spec);
	if (one_in(s, 16))
		p->data[p->len - 1] ^= 1;       /* its checksum is wrong then */
}

static void pass_time(struct stress *s)
{
	static const uint64_t step[] = { 0, 0, 1, 999, 1000, 30000, 300000, 86400000, (uint64_t)1 << 40 };

	if (one_in(s, 4))
		s->now_ms += step[any(s, sizeof(step) / sizeof(step[0]))];
	else if (one_in(s, 50))
		s->now_ms -= s->now_ms > 5000 ? 5000 : 0;
}

static void one_packet(struct stress *s)
{
	struct ph_pkt pkt;
	struct packet p;
	bool go_on;

	pass_time(s);
	build_any(s, &p);
	assert_int_equal(ph_pkt_parse(p.data, (uint32_t)p.len, &pkt), PH_PKT_OK);
	s->io = (struct ph_track_io){
		.pkt = &pkt, .now_ms = s->now_ms, .verify = true, .zone_dir = PH_ZONE_BOTH, .helper = (uint8_t)any(s, 2),
	};
	if (one_in(s, 4)) {
		s->io.zone = (uint16_t)any(s, 2);
		s->io.zone_dir = (uint8_t)(1 + any(s, 3));
	}
	go_on = ph_track_packet(s->t, &s->io);
	check_all(s);
	for (uint32_t n = any(s, 4); go_on && s->io.conn && n > 0; n--)
		act(s, s->io.conn);
	if (go_on && !one_in(s, 4) && !ph_track_confirm(s->t, &s->io))
		assert_non_null(s->io.conn);
	check_all(s);
	ph_track_done(s->t, &s->io);
	check_all(s);
}

static struct ph_track *make_tracker(struct stress *s, uint64_t seed)
{
	const struct ph_track_hooks hooks = { .conn = on_stress_conn, .expect = on_stress_expect, .arg = s };
	const uint64_t key[2] = { seed, 2 };

	return ph_track_new(&s->config, key, s->now_ms, &hooks);
}

/* Nothing is lost but what is due, and nobody is told. */
static void restart(struct stress *s)
{
	uint64_t alive = s->new_conns - s->dead_conns, expects = s->t->expects.used;
	struct ph_track *next = make_tracker(s, s->random);
	struct ph_track_restored done = restart_track(s->t, next);

	s->t = next;
	assert_int_equal(done.lost, 0);
	assert_true(done.conns <= alive && done.expects <= expects && done.conns + done.late >= alive);
	s->dead_conns = s->new_conns - done.conns;
	s->dead_expects = s->new_expects - done.expects;
	check_all(s);
}

/* restarts: one after so many packets, or 0. */
static void run_stress(uint64_t seed, uint32_t max, uint32_t expect_max, uint32_t timeout, uint32_t restarts)
{
	static struct stress s;

	memset(&s, 0, sizeof(s));
	ph_track_config_init(&s.config);
	s.config.max = max;
	s.config.expect_max = expect_max;
	s.config.acct = 1;
	if (timeout != UINT32_MAX) {
		s.config.udp_timeout = s.config.icmp_timeout = s.config.gre_timeout = timeout;
		for (int i = 0; i < PH_TCP_STATES; i++)
			s.config.tcp_timeout[i] = timeout;
	}
	s.random = seed;
	s.now_ms = 1000000;
	s.t = make_tracker(&s, seed);
	assert_non_null(s.t);
	for (int i = 0; i < PACKETS; i++) {
		one_packet(&s);
		if (restarts && one_in(&s, restarts))
			restart(&s);
	}
	s.now_ms += (uint64_t)UINT32_MAX * 1000 * 2;
	ph_track_advance(s.t, s.now_ms);
	check_all(&s);
	assert_int_equal(s.new_conns, s.dead_conns);
	assert_int_equal(s.new_expects, s.dead_expects);
	assert_int_equal(s.t->conns.used, 0);
	ph_track_free(s.t);
}

static void test_stress_tables_agree_after_every_packet(void **state)
{
	(void)state;
	run_stress(1, 64, 16, UINT32_MAX, 0);
}

static void test_stress_tables_agree_with_little_room(void **state)
{
	(void)state;
	run_stress(2, 4, 3, UINT32_MAX, 0);
	run_stress(3, 1, 1, UINT32_MAX, 0);
	run_stress(4, 3, 0, UINT32_MAX, 0);
}

static void test_stress_tables_agree_when_everything_ends_at_once(void **state)
{
	(void)state;
	run_stress(5, 64, 16, 0, 0);
	run_stress(6, 64, 16, INT32_MAX / 250, 0);
}

/* A limit raised while the tracker works (a sysctl acts at once) or switched off cannot make more room than the index has: one
 * that is full would be searched for ever. */
static void test_stress_tables_agree_across_restarts(void **state)
{
	(void)state;
	run_stress(7, 64, 16, UINT32_MAX, 8);
	run_stress(8, 4, 3, UINT32_MAX, 2);
	run_stress(9, 64, 16, INT32_MAX / 250, 8);
}

static void test_stress_raised_limit_leaves_room_in_the_index(void **state)
{
	const uint64_t key[2] = { 1, 2 };
	struct ph_track_config config;
	struct packet p;
	struct bench b = { .now_ms = 1000 };

	(void)state;
	ph_track_config_init(&config);
	config.max = 32;
	b.track = ph_track_new(&config, key, b.now_ms, NULL);
	assert_non_null(b.track);
	config.max = 0;
	for (uint16_t i = 1; i < 200; i++) {
		packet_build(&p, &(struct packet_spec){ .src = CLIENT, .dst = SERVER, .proto = PH_PROTO_UDP, .sport = i, .dport = 53 });
		assert_int_equal(run_packet(&b, &p, NULL).state, PH_STATE_NEW);
	}
	ph_track_free(b.track);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stress_tables_agree_after_every_packet),
		cmocka_unit_test(test_stress_tables_agree_with_little_room),
		cmocka_unit_test(test_stress_tables_agree_when_everything_ends_at_once),
		cmocka_unit_test(test_stress_tables_agree_across_restarts),
		cmocka_unit_test(test_stress_raised_limit_leaves_room_in_the_index),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
