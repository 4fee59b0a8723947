/* GRE calls of PPTP: the key map, the two expectations and their ends; spec/helpers-voip-vpn.md 3.4 to 3.6. */
#include "track/harness.h"
#include "track/table.h"

enum { CLIENT_CALL = 10, SERVER_CALL = 20 };

static const struct ph_expect_policy two = { .max = 2, .timeout_s = 300 };

static struct ph_tuple call_tuple(enum ph_dir dir)
{
	struct ph_tuple t = { .proto = PH_PROTO_GRE, .family = PH_IPV4 };
	const char *src = dir == PH_ORIG ? CLIENT : SERVER, *dst = dir == PH_ORIG ? SERVER : CLIENT;

	assert_true(ph_addr_parse(PH_IPV4, src, strlen(src), &t.src));
	assert_true(ph_addr_parse(PH_IPV4, dst, strlen(dst), &t.dst));
	t.sport = dir == PH_ORIG ? CLIENT_CALL : SERVER_CALL;
	t.dport = dir == PH_ORIG ? SERVER_CALL : CLIENT_CALL;
	return t;
}

static void expect_call(struct bench *b, struct ph_conn *master)
{
	for (int dir = 0; dir < PH_DIRS; dir++) {
		struct ph_expect_want want = { .tuple = call_tuple((enum ph_dir)dir), .mask_sport = 0xffff, .ends_inverse = true };

		memset(want.mask_src.b, 0xff, 4);
		assert_int_equal(ph_expect_add(b->track, master, &want, &two, b->now_ms), PH_OK);
		assert_int_equal(ph_keymap_add(b->track, master, (enum ph_dir)dir, &want.tuple), PH_OK);
	}
	b->n_events = 0;
}

static struct seen send_gre(struct bench *b, enum ph_dir dir)
{
	uint8_t gre[] = { 0x30, 1, 0x88, 0x0b, 0, 0, 0, dir == PH_ORIG ? SERVER_CALL : CLIENT_CALL, 0, 0, 0, 1 };
	struct packet p;

	packet_raw(&p, dir == PH_ORIG ? CLIENT : SERVER, dir == PH_ORIG ? SERVER : CLIENT, PH_PROTO_GRE, gre, sizeof(gre));
	return run_packet(b, &p, NULL);
}

static struct bench *with_call(struct bench *b, struct ph_conn **master)
{
	const struct send_options options = { .helper = 1 };
	const struct packet_spec spec = { .src = CLIENT, .dst = SERVER, .sport = 1000, .dport = 1723, .flags = 2 };
	struct packet p;

	bench_init(b);
	b->config.max = 64;
	bench_start(b);
	packet_build(&p, &spec);
	*master = run_packet(b, &p, &options).live;
	expect_call(b, *master);
	return b;
}

static void test_keymap_call_is_related_and_one_connection(void **state)
{
	struct ph_conn *master;
	struct bench b;

	(void)state;
	with_call(&b, &master);
	assert_int_equal(send_gre(&b, PH_REPLY).state, PH_STATE_RELATED);
	/* used; its twin taken back; the connection */
	assert_int_equal(b.n_events, 3);
	assert_int_equal(b.event[0].cause, PH_CAUSE_USED);
	assert_int_equal(b.event[1].cause, PH_CAUSE_COVERED);
	assert_int_equal(ph_track_expects(b.track), 0);
	assert_int_equal(send_gre(&b, PH_ORIG).state, PH_STATE_ESTABLISHED);
	assert_int_equal(send_gre(&b, PH_REPLY).left_s, 180);
	bench_stop(&b);
}

static void test_keymap_same_entry_again_is_fine_another_is_not(void **state)
{
	struct ph_tuple t = call_tuple(PH_ORIG);
	struct ph_conn *master;
	struct bench b;

	(void)state;
	with_call(&b, &master);
	assert_int_equal(ph_keymap_add(b.track, master, PH_ORIG, &t), PH_OK);
	/* Which key the sender has is not asked; the entry keeps its own. */
	t.sport++;
	assert_int_equal(ph_keymap_add(b.track, master, PH_ORIG, &t), PH_OK);
	assert_int_equal(send_gre(&b, PH_ORIG).state, PH_STATE_RELATED);
	t.dport++;
	assert_int_equal(ph_keymap_add(b.track, master, PH_ORIG, &t), PH_EXISTS);
	t.proto = PH_PROTO_UDP;
	assert_int_equal(ph_keymap_add(b.track, master, PH_ORIG, &t), PH_INVALID);
	bench_stop(&b);
}

static void tear_down_call(void *arg, struct ph_conn *conn)
{
	const struct ph_tuple tuple = call_tuple(PH_REPLY);
	struct bench *b = arg;

	ph_keymap_teardown(b->track, conn, PH_REPLY, &tuple, PH_CAUSE_MASTER_GONE);
}

/* Its keys go by themselves; the connection of the call is torn down by whoever knows the call. */
static void test_keymap_end_of_control_ends_the_call(void **state)
{
	struct ph_conn *master;
	struct ph_track_stats stats;
	struct bench b;

	(void)state;
	with_call(&b, &master);
	b.track->hooks.ending = tear_down_call;
	send_gre(&b, PH_ORIG);
	ph_conn_kill(b.track, master, PH_CAUSE_REMOVED);
	ph_track_stats(b.track, &stats);
	assert_int_equal(stats.conns, 0);
	/* without the map the two directions are strangers */
	assert_int_equal(send_gre(&b, PH_ORIG).state, PH_STATE_NEW);
	assert_int_equal(send_gre(&b, PH_REPLY).state, PH_STATE_NEW);
	bench_stop(&b);
}

static void test_keymap_end_of_control_forgets_the_keys(void **state)
{
	struct ph_conn *master;
	struct bench b;

	(void)state;
	with_call(&b, &master);
	ph_conn_kill(b.track, master, PH_CAUSE_REMOVED);
	assert_int_equal(ph_track_expects(b.track), 0);
	assert_int_equal(b.track->keymaps.used, 0);
	bench_stop(&b);
}

static struct ph_conn *second_control(struct bench *b)
{
	const struct send_options options = { .helper = 1 };
	const struct packet_spec spec = { .src = CLIENT, .dst = SERVER, .sport = 1001, .dport = 1723, .flags = 2 };
	struct packet p;

	packet_build(&p, &spec);
	return run_packet(b, &p, &options).live;
}

/* Two connections name the same call of the server: the older entry answers, until it goes. */
static void test_keymap_same_key_of_two_connections_the_older_answers(void **state)
{
	struct ph_tuple t = call_tuple(PH_ORIG);
	struct ph_conn *master, *second;
	struct bench b;

	(void)state;
	with_call(&b, &master);
	second = second_control(&b);
	t.sport = 99;
	assert_int_equal(ph_keymap_add(b.track, second, PH_ORIG, &t), PH_OK);
	assert_int_equal(ph_keymap_key(b.track, &t), CLIENT_CALL);
	ph_keymap_remove(b.track, master, PH_ORIG);
	assert_int_equal(ph_keymap_key(b.track, &t), 99);
	t.sport = 98;
	assert_int_equal(ph_keymap_add(b.track, master, PH_ORIG, &t), PH_OK);
	assert_int_equal(ph_keymap_key(b.track, &t), 99);
	ph_keymap_remove(b.track, second, PH_ORIG);
	assert_int_equal(ph_keymap_key(b.track, &t), 98);
	ph_keymap_remove(b.track, master, PH_ORIG);
	assert_int_equal(ph_keymap_key(b.track, &t), 0);
	bench_stop(&b);
}

static void test_keymap_teardown_takes_the_expectation_of_another_master(void **state)
{
	const struct ph_tuple orig = call_tuple(PH_ORIG);
	struct ph_conn *master, *second;
	struct bench b;

	(void)state;
	with_call(&b, &master);
	second = second_control(&b);
	ph_keymap_teardown(b.track, second, PH_ORIG, &orig, PH_CAUSE_REMOVED);
	assert_int_equal(ph_track_expects(b.track), 1);
	/* the other's keys stay */
	assert_int_equal(send_gre(&b, PH_ORIG).conn.tuple.sport, CLIENT_CALL);
	bench_stop(&b);
}

static void test_keymap_teardown_without_child_removes_the_expectation(void **state)
{
	const struct ph_tuple orig = call_tuple(PH_ORIG);
	struct ph_conn *master;
	struct bench b;

	(void)state;
	with_call(&b, &master);
	ph_keymap_teardown(b.track, master, PH_ORIG, &orig, PH_CAUSE_REMOVED);
	assert_int_equal(ph_track_expects(b.track), 1);
	assert_int_equal(send_gre(&b, PH_ORIG).state, PH_STATE_NEW);
	bench_stop(&b);
}

static void test_keymap_end_of_call_forgets_the_keys(void **state)
{
	struct ph_conn *master;
	struct seen seen;
	struct bench b;

	(void)state;
	with_call(&b, &master);
	seen = send_gre(&b, PH_ORIG);
	ph_conn_kill(b.track, seen.live, PH_CAUSE_EXPIRED);
	assert_int_equal(send_gre(&b, PH_ORIG).conn.tuple.sport, 0);
	bench_stop(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keymap_call_is_related_and_one_connection),
		cmocka_unit_test(test_keymap_same_entry_again_is_fine_another_is_not),
		cmocka_unit_test(test_keymap_end_of_control_ends_the_call),
		cmocka_unit_test(test_keymap_end_of_control_forgets_the_keys),
		cmocka_unit_test(test_keymap_same_key_of_two_connections_the_older_answers),
		cmocka_unit_test(test_keymap_teardown_takes_the_expectation_of_another_master),
		cmocka_unit_test(test_keymap_teardown_without_child_removes_the_expectation),
		cmocka_unit_test(test_keymap_end_of_call_forgets_the_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
