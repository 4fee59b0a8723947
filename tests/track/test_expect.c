/* Expectations: every rule of spec/tracking.md 7, on connections between two hosts. */
#include "track/harness.h"
#include "track/restart.h"

#define FTP_HELPER 1    /* any number that is not PH_HELPER_NONE */

static const struct ph_expect_policy one = { .max = 1, .timeout_s = 300 }, many = { .max = 8, .timeout_s = 300 };

/* A confirmed control connection with a helper. */
static struct ph_conn *control(struct bench *b, uint16_t sport)
{
	const struct send_options options = { .helper = FTP_HELPER };
	const struct packet_spec spec = { .src = CLIENT, .dst = SERVER, .sport = sport, .dport = 21, .flags = 2, .seq = 1 };
	struct packet p;
	struct seen seen;

	packet_build(&p, &spec);
	seen = run_packet(b, &p, &options);
	assert_non_null(seen.live);
	b->n_events = 0;
	return seen.live;
}

/* Server, any port, to the client's port. */
static struct ph_expect_want to_client(uint16_t dport)
{
	struct ph_expect_want want = { .tuple = { .dport = dport, .proto = PH_PROTO_TCP, .family = PH_IPV4 } };

	assert_true(ph_addr_parse(PH_IPV4, SERVER, strlen(SERVER), &want.tuple.src));
	assert_true(ph_addr_parse(PH_IPV4, CLIENT, strlen(CLIENT), &want.tuple.dst));
	memset(want.mask_src.b, 0xff, 4);
	return want;
}

static struct ph_expect_want any_to_client(uint16_t dport)
{
	struct ph_expect_want want = to_client(dport);

	want.tuple.src = want.mask_src = (struct ph_addr){ { 0 } };
	return want;
}

static struct seen data_syn(struct bench *b, const char *src, uint16_t dport)
{
	const struct packet_spec spec = { .src = src, .dst = CLIENT, .sport = 20, .dport = dport, .flags = 2, .seq = 9 };

	return run_spec(b, &spec);
}

static uint64_t alive(const struct bench *b)
{
	return ph_track_expects(b->track);
}

static int setup(void **state)
{
	static struct bench b;

	bench_init(&b);
	b.config.max = 256;
	b.config.expect_max = 16;
	bench_start(&b);
	*state = &b;
	return 0;
}

static int teardown(void **state)
{
	bench_stop(*state);
	return 0;
}

static void test_expect_match_is_related_and_used(void **state)
{
	struct bench *b = *state;
	struct ph_conn *master = control(b, 1000);
	struct ph_expect_want want = to_client(5000);
	struct seen seen;

	master->mark = 77;
	assert_int_equal(ph_expect_add(b->track, master, &want, &one, b->now_ms), PH_OK);
	seen = data_syn(b, SERVER, 5000);
	assert_int_equal(seen.state, PH_STATE_RELATED);
	assert_int_equal(seen.conn.status & PH_CT_EXPECTED, PH_CT_EXPECTED);
	assert_int_equal(seen.conn.mark, 77);
	assert_int_equal(seen.conn.helper, PH_HELPER_NONE);
	assert_ptr_equal(ph_conn_master(b->track, seen.live), master);
	assert_int_equal(alive(b), 0);
	/* new, used, the child's confirmation */
	assert_int_equal(b->n_events, 3);
	assert_int_equal(b->event[1].kind, PH_EVENT_EXPECT_DESTROY);
	assert_int_equal(b->event[1].cause, PH_CAUSE_USED);
	assert_int_equal(b->event[2].kind, PH_EVENT_CONN_NEW);
}

static void test_expect_match_every_original_packet_is_related_until_reply(void **state)
{
	struct bench *b = *state;
	struct ph_expect_want want = to_client(5000);
	const struct packet_spec reply = { .src = CLIENT, .dst = SERVER, .sport = 5000, .dport = 20, .flags = 0x12, .ack = 10 };

	assert_int_equal(ph_expect_add(b->track, control(b, 1000), &want, &one, b->now_ms), PH_OK);
	assert_int_equal(data_syn(b, SERVER, 5000).state, PH_STATE_RELATED);
	assert_int_equal(data_syn(b, SERVER, 5000).state, PH_STATE_RELATED);
	assert_int_equal(run_spec(b, &reply).state, PH_STATE_ESTABLISHED);
	assert_int_equal(data_syn(b, SERVER, 5000).state, PH_STATE_ESTABLISHED);
}

static void test_expect_match_other_source_or_port_is_new(void **state)
{
	struct bench *b = *state;
	struct ph_expect_want want = to_client(5000);

	assert_int_equal(ph_expect_add(b->track, control(b, 1000), &want, &one, b->now_ms), PH_OK);
	assert_int_equal(data_syn(b, "198.51.100.3", 5000).state, PH_STATE_NEW);
	assert_int_equal(data_syn(b, SERVER, 5001).state, PH_STATE_NEW);
	assert_int_equal(alive(b), 1);
}

static void test_expect_match_any_source_is_related(void **state)
{
	struct bench *b = *state;
	struct ph_expect_want want = any_to_client(5000);

	assert_int_equal(ph_expect_add(b->track, control(b, 1000), &want, &one, b->now_ms), PH_OK);
	assert_int_equal(data_syn(b, "203.0.113.9", 5000).state, PH_STATE_RELATED);
}

static void test_expect_match_other_zone_is_new(void **state)
{
	struct bench *b = *state;
	struct ph_expect_want want = to_client(5000);
	const struct send_options zone5 = { .zone = 5 };
	const struct packet_spec spec = { .src = SERVER, .dst = CLIENT, .sport = 20, .dport = 5000, .flags = 2 };
	struct packet p;

	assert_int_equal(ph_expect_add(b->track, control(b, 1000), &want, &one, b->now_ms), PH_OK);
	packet_build(&p, &spec);
	assert_int_equal(run_packet(b, &p, &zone5).state, PH_STATE_NEW);
	assert_int_equal(alive(b), 1);
}

static void test_expect_match_inactive_is_new_until_activated(void **state)
{
	struct bench *b = *state;
	struct ph_conn *master = control(b, 1000);
	struct ph_expect_want want = to_client(5000);
	const struct send_options drop = { .drop = true };
	const struct packet_spec spec = { .src = SERVER, .dst = CLIENT, .sport = 20, .dport = 5000, .flags = 2 };
	struct packet p;

	want.flags = PH_EXPECT_INACTIVE;
	want.tag = 3;
	packet_build(&p, &spec);
	assert_int_equal(ph_expect_add(b->track, master, &want, &one, b->now_ms), PH_OK);
	assert_int_equal(run_packet(b, &p, &drop).state, PH_STATE_NEW);
	ph_expect_activate(b->track, master, want.class_, 3);
	assert_int_equal(ph_expect_retime(b->track, master, want.class_, 3, 100), 1);
	assert_int_equal(run_packet(b, &p, &drop).state, PH_STATE_RELATED);
}

static void test_expect_match_permanent_stays(void **state)
{
	struct bench *b = *state;
	struct ph_expect_want want = any_to_client(5000);

	want.flags = PH_EXPECT_PERMANENT;
	assert_int_equal(ph_expect_add(b->track, control(b, 1000), &want, &one, b->now_ms), PH_OK);
	assert_int_equal(data_syn(b, SERVER, 5000).state, PH_STATE_RELATED);
	assert_int_equal(data_syn(b, "203.0.113.9", 5000).state, PH_STATE_RELATED);
	assert_int_equal(alive(b), 1);
}

static void test_expect_match_dropped_packet_has_used_it(void **state)
{
	struct bench *b = *state;
	struct ph_expect_want want = to_client(5000);
	const struct send_options drop = { .drop = true };
	const struct packet_spec spec = { .src = SERVER, .dst = CLIENT, .sport = 20, .dport = 5000, .flags = 2 };
	struct packet p;

	assert_int_equal(ph_expect_add(b->track, control(b, 1000), &want, &one, b->now_ms), PH_OK);
	packet_build(&p, &spec);
	assert_int_equal(run_packet(b, &p, &drop).state, PH_STATE_RELATED);
	assert_int_equal(run_packet(b, &p, NULL).state, PH_STATE_NEW);
}

static void test_expect_match_invalid_packet_has_used_it(void **state)
{
	struct bench *b = *state;
	struct ph_expect_want want = to_client(5000);
	const struct packet_spec fin = { .src = SERVER, .dst = CLIENT, .sport = 20, .dport = 5000, .flags = 0x11 };

	assert_int_equal(ph_expect_add(b->track, control(b, 1000), &want, &one, b->now_ms), PH_OK);
	assert_int_equal(run_spec(b, &fin).state, PH_STATE_INVALID);
	assert_int_equal(alive(b), 0);
	assert_int_equal(data_syn(b, SERVER, 5000).state, PH_STATE_NEW);
}

static void test_expect_match_bare_ack_is_picked_up_related(void **state)
{
	struct bench *b = *state;
	struct ph_expect_want want = to_client(5000);
	const struct packet_spec ack = { .src = SERVER, .dst = CLIENT, .sport = 20, .dport = 5000, .flags = 0x10 };

	assert_int_equal(ph_expect_add(b->track, control(b, 1000), &want, &one, b->now_ms), PH_OK);
	assert_int_equal(run_spec(b, &ack).state, PH_STATE_RELATED);
}

static void test_expect_match_newest_of_two_wins(void **state)
{
	struct bench *b = *state;
	struct ph_conn *first = control(b, 1000), *second = control(b, 1001);
	struct ph_expect_want a = to_client(5000), c = to_client(5000);

	/* Same destination, other source: both may stand. */
	assert_true(ph_addr_parse(PH_IPV4, "198.51.100.9", 12, &c.tuple.src));
	assert_int_equal(ph_expect_add(b->track, first, &a, &one, b->now_ms), PH_OK);
	assert_int_equal(ph_expect_add(b->track, second, &c, &one, b->now_ms), PH_OK);
	assert_ptr_equal(ph_conn_master(b->track, data_syn(b, SERVER, 5000).live), first);
	assert_ptr_equal(ph_conn_master(b->track, data_syn(b, "198.51.100.9", 5000).live), second);
}

static void test_expect_add_same_again_restarts_the_timer(void **state)
{
	struct bench *b = *state;
	struct ph_conn *master = control(b, 1000);
	struct ph_expect_want want = to_client(5000);

	b->config.tcp_timeout[PH_TCP_SYN_SENT] = 120;
	assert_int_equal(ph_expect_add(b->track, master, &want, &many, b->now_ms), PH_OK);
	assert_int_equal(ph_expect_add(b->track, master, &want, &many, b->now_ms), PH_OK);
	assert_int_equal(alive(b), 1);
	assert_int_equal(b->n_events, 3);
	assert_int_equal(b->event[1].kind, PH_EVENT_EXPECT_DESTROY);
	assert_int_equal(b->event[1].cause, PH_CAUSE_REPLACED);
	assert_int_equal(b->event[2].kind, PH_EVENT_EXPECT_NEW);
}

static void test_expect_add_same_other_class_exists(void **state)
{
	struct bench *b = *state;
	struct ph_conn *master = control(b, 1000);
	struct ph_expect_want want = to_client(5000);

	assert_int_equal(ph_expect_add(b->track, master, &want, &many, b->now_ms), PH_OK);
	want.class_ = 1;
	assert_int_equal(ph_expect_add(b->track, master, &want, &many, b->now_ms), PH_EXISTS);
}

static void test_expect_add_of_another_master_is_busy(void **state)
{
	struct bench *b = *state;
	struct ph_conn *first = control(b, 1000), *second = control(b, 1001);
	struct ph_expect_want exact = to_client(5000), wide = any_to_client(5000);

	assert_int_equal(ph_expect_add(b->track, first, &exact, &many, b->now_ms), PH_OK);
	assert_int_equal(ph_expect_add(b->track, second, &exact, &many, b->now_ms), PH_BUSY);
	assert_int_equal(ph_expect_add(b->track, second, &wide, &many, b->now_ms), PH_BUSY);
	assert_true(ph_expect_held_elsewhere(b->track, second, &exact));
	assert_false(ph_expect_held_elsewhere(b->track, first, &exact));
	exact.any_master = true;
	assert_int_equal(ph_expect_add(b->track, second, &exact, &many, b->now_ms), PH_EXISTS);
}

static void test_expect_add_full_class_evicts_the_oldest(void **state)
{
	struct bench *b = *state;
	struct ph_conn *master = control(b, 1000);
	struct ph_expect_want want;

	for (uint16_t port = 5000; port < 5003; port++) {
		want = to_client(port);
		assert_int_equal(ph_expect_add(b->track, master, &want, &(struct ph_expect_policy){ 2, 300 }, b->now_ms), PH_OK);
	}
	assert_int_equal(alive(b), 2);
	assert_int_equal(data_syn(b, SERVER, 5000).state, PH_STATE_NEW);
	assert_int_equal(data_syn(b, SERVER, 5001).state, PH_STATE_RELATED);
	assert_int_equal(data_syn(b, SERVER, 5002).state, PH_STATE_RELATED);
}

static void test_expect_add_classes_count_apart(void **state)
{
	struct bench *b = *state;
	struct ph_conn *master = control(b, 1000);
	struct ph_expect_want audio = to_client(5000), video = to_client(5002);

	video.class_ = 2;
	assert_int_equal(ph_expect_add(b->track, master, &audio, &one, b->now_ms), PH_OK);
	assert_int_equal(ph_expect_add(b->track, master, &video, &one, b->now_ms), PH_OK);
	assert_int_equal(alive(b), 2);
	assert_int_equal(ph_expect_remove(b->track, master, 2, 2, 0), 1);
	assert_int_equal(alive(b), 1);
	assert_int_equal(ph_expect_add(b->track, master, &video, &one, b->now_ms), PH_OK);
	assert_int_equal(ph_expect_remove(b->track, master, 0, 2, 0), 2);
	assert_int_equal(alive(b), 0);
}

static void test_expect_add_full_table_is_refused(void **state)
{
	struct bench *b = *state;
	struct ph_conn *master = control(b, 1000);
	const struct ph_expect_policy unlimited = { .max = 0, .timeout_s = 300 };
	struct ph_expect_want want;

	for (uint16_t i = 0; i < 16; i++) {
		want = to_client((uint16_t)(5000 + i));
		assert_int_equal(ph_expect_add(b->track, master, &want, &unlimited, b->now_ms), PH_OK);
	}
	want = to_client(6000);
	assert_int_equal(ph_expect_add(b->track, master, &want, &unlimited, b->now_ms), PH_FULL);
	assert_int_equal(alive(b), 16);
}

static void test_expect_add_without_helper_is_invalid(void **state)
{
	struct bench *b = *state;
	const struct packet_spec spec = { .src = CLIENT, .dst = SERVER, .sport = 1, .dport = 21, .flags = 2 };
	struct ph_expect_want want = to_client(5000);
	struct seen seen = run_spec(b, &spec);

	assert_int_equal(ph_expect_add(b->track, seen.live, &want, &one, b->now_ms), PH_INVALID);
}

static void test_expect_end_timer_runs_out(void **state)
{
	struct bench *b = *state;
	struct ph_conn *master = control(b, 1000);
	struct ph_expect_want want = to_client(5000);

	ph_conn_refresh(b->track, master, 4000, b->now_ms);
	assert_int_equal(ph_expect_add(b->track, master, &want, &one, b->now_ms), PH_OK);
	b->now_ms += 299999;
	ph_track_advance(b->track, b->now_ms);
	assert_int_equal(alive(b), 1);
	b->now_ms += 1;
	assert_int_equal(data_syn(b, SERVER, 5000).state, PH_STATE_NEW);
	ph_track_advance(b->track, b->now_ms + 1000);
	assert_int_equal(alive(b), 0);
}

static void test_expect_end_dies_with_its_master(void **state)
{
	struct bench *b = *state;
	struct ph_conn *master = control(b, 1000);
	struct ph_expect_want want = to_client(5000);

	assert_int_equal(ph_expect_add(b->track, master, &want, &one, b->now_ms), PH_OK);
	b->n_events = 0;
	ph_conn_kill(b->track, master, PH_CAUSE_REMOVED);
	assert_int_equal(alive(b), 0);
	assert_int_equal(b->event[0].kind, PH_EVENT_CONN_DESTROY);
	assert_int_equal(b->event[1].kind, PH_EVENT_EXPECT_DESTROY);
	assert_int_equal(b->event[1].cause, PH_CAUSE_MASTER_GONE);
}

static void test_child_outlives_master_and_still_knows_it(void **state)
{
	struct bench *b = *state;
	struct ph_conn *master = control(b, 1000);
	struct ph_expect_want want = to_client(5000);
	struct ph_track_stats stats;
	struct ph_conn *child;

	assert_int_equal(ph_expect_add(b->track, master, &want, &one, b->now_ms), PH_OK);
	child = data_syn(b, SERVER, 5000).live;
	ph_conn_kill(b->track, master, PH_CAUSE_REMOVED);
	assert_int_equal(ph_conn_master(b->track, child)->helper, FTP_HELPER);
	ph_conn_kill(b->track, child, PH_CAUSE_REMOVED);
	ph_track_stats(b->track, &stats);
	assert_int_equal(stats.conns, 0);
}

/* What the last packet of a dead master asked for is not written: nothing can come of it. */
static void test_save_without_what_a_dead_master_still_holds(void **state)
{
	struct bench *b = *state;
	struct ph_conn *master = control(b, 1000);
	struct ph_expect_want want = to_client(5000);
	struct ph_tuple call = { .src = want.tuple.src, .dst = want.tuple.dst, .proto = PH_PROTO_GRE, .family = PH_IPV4 };
	struct ph_track_restored done;
	struct ph_track *old = b->track;

	assert_int_equal(ph_expect_add(old, master, &want, &one, b->now_ms), PH_OK);
	assert_non_null(data_syn(b, SERVER, 5000).live);
	ph_conn_kill(old, master, PH_CAUSE_REMOVED);
	assert_int_equal(ph_expect_add(old, master, &want, &one, b->now_ms), PH_OK);
	assert_int_equal(ph_keymap_add(old, master, PH_REPLY, &call), PH_OK);
	call.dport = 1;
	assert_int_equal(ph_keymap_add(old, control(b, 1001), PH_REPLY, &call), PH_OK);
	bench_start(b);
	done = restart_track(old, b->track);
	assert_int_equal(done.conns, 2);
	assert_int_equal(done.expects + done.late + done.lost, 0);
}

static void test_expect_remove_like_takes_back_only_its_own(void **state)
{
	struct bench *b = *state;
	struct ph_conn *first = control(b, 1000), *second = control(b, 1001);
	struct ph_expect_want want = to_client(5000);

	assert_int_equal(ph_expect_add(b->track, first, &want, &one, b->now_ms), PH_OK);
	assert_false(ph_expect_remove_like(b->track, second, &want));
	assert_true(ph_expect_held_here(b->track, first, &want));
	assert_true(ph_expect_remove_like(b->track, first, &want));
	assert_int_equal(alive(b), 0);
}

#define EXPECT_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		EXPECT_TEST(test_expect_match_is_related_and_used),
		EXPECT_TEST(test_expect_match_every_original_packet_is_related_until_reply),
		EXPECT_TEST(test_expect_match_other_source_or_port_is_new),
		EXPECT_TEST(test_expect_match_any_source_is_related),
		EXPECT_TEST(test_expect_match_other_zone_is_new),
		EXPECT_TEST(test_expect_match_inactive_is_new_until_activated),
		EXPECT_TEST(test_expect_match_permanent_stays),
		EXPECT_TEST(test_expect_match_dropped_packet_has_used_it),
		EXPECT_TEST(test_expect_match_invalid_packet_has_used_it),
		EXPECT_TEST(test_expect_match_bare_ack_is_picked_up_related),
		EXPECT_TEST(test_expect_match_newest_of_two_wins),
		EXPECT_TEST(test_expect_add_same_again_restarts_the_timer),
		EXPECT_TEST(test_expect_add_same_other_class_exists),
		EXPECT_TEST(test_expect_add_of_another_master_is_busy),
		EXPECT_TEST(test_expect_add_full_class_evicts_the_oldest),
		EXPECT_TEST(test_expect_add_classes_count_apart),
		EXPECT_TEST(test_expect_add_full_table_is_refused),
		EXPECT_TEST(test_expect_add_without_helper_is_invalid),
		EXPECT_TEST(test_expect_end_timer_runs_out),
		EXPECT_TEST(test_expect_end_dies_with_its_master),
		EXPECT_TEST(test_child_outlives_master_and_still_knows_it),
		EXPECT_TEST(test_save_without_what_a_dead_master_still_holds),
		EXPECT_TEST(test_expect_remove_like_takes_back_only_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
