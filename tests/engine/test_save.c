/* Saving and restoring an engine's connections and expectations: what comes back, and what does not. test_save_captures.c shows that
 * nothing is lost on the way, test_save_hostile.c what bytes of somebody else may do. */
#include "engine/state.h"

#define LOOSE BASE "modprobe nf_conntrack_ftp loose=1\n" FTP

/* Saves one and restores it into another, which takes its place. The policy may differ. */
static struct ph_restored move_to(struct world *w, const char *policy, uint64_t later_ms)
{
	struct state_bytes state = { 0 };
	struct ph_restored done;
	struct world old = *w;

	state_save(&state, w->engine, WALL);
	world_open(w, policy);
	w->now_ms = old.now_ms;
	memcpy(w->seq, old.seq, sizeof(w->seq));
	ph_engine_advance(w->engine, w->now_ms);
	assert_int_equal(state_restore(w->engine, WALL + later_ms, state.bytes, state.len, &done), PH_OK);
	world_close(&old);
	free(state.bytes);
	return done;
}

static void keep_info(void *arg, const struct ph_conn_info *info)
{
	*(struct ph_conn_info *)arg = *info;
}

/* The youngest. */
static struct ph_conn_info last_conn(const struct world *w)
{
	struct ph_conn_info info = { 0 };

	assert_true(ph_engine_each_conn(w->engine, keep_info, &info) > 0);
	return info;
}

static void test_restore_awaited_connection_is_related(void **state)
{
	struct ph_restored done;
	struct ph_packet_out out;
	struct world w;

	open_asked(&w, BASE FTP);
	done = move_to(&w, BASE FTP, 0);
	assert_int_equal(done.conns, 1);
	assert_int_equal(done.expects, 1);
	assert_int_equal(done.late + done.lost, 0);
	assert_int_equal(w.told[PH_EVENT_CONN_NEW] + w.told[PH_EVENT_EXPECT_NEW], 0);
	out = data_syn(&w, CLIENT, SERVER, PASSIVE_PORT);
	assert_int_equal(out.state, PH_STATE_RELATED);
	assert_int_equal(out.conn_id, 2);
	assert_string_equal(out.master_helper, "ftp");
	/* The control connection's window and newlines are known as before. */
	out = ftp_segment(&w, true, 0x18, "227 Entering Passive Mode (10,2,0,2,200,2)\r\n");
	assert_int_equal(out.n_expects, 1);
	assert_int_equal(w.expect.id, 2);
	world_close(&w);
}

static void test_restore_time_in_between_counts(void **state)
{
	struct ph_restored done;
	struct world w;

	world_open(&w, BASE);
	udp(&w, CLIENT, SERVER, 7);
	assert_int_equal(last_conn(&w).timeout_s, 30);
	done = move_to(&w, BASE, 10500);
	assert_int_equal(done.conns, 1);
	assert_int_equal(last_conn(&w).timeout_s, 19);
	done = move_to(&w, BASE, 19500);
	assert_int_equal(done.conns, 0);
	assert_int_equal(done.late, 1);
	world_close(&w);
}

static void test_restore_wall_clock_ran_backwards_gains_nothing(void **state)
{
	struct world w;

	world_open(&w, BASE);
	udp(&w, CLIENT, SERVER, 7);
	assert_int_equal(move_to(&w, BASE, (uint64_t)-5000).conns, 1);
	assert_int_equal(last_conn(&w).timeout_s, 30);
	world_close(&w);
}

/* An engine without a time takes that of the wall, and packets go on from there. */
static void test_restore_engine_without_time_takes_the_wall_clock(void **state)
{
	struct state_bytes saved = { 0 };
	struct ph_restored done;
	struct world w, next;

	world_open(&w, BASE);
	udp(&w, CLIENT, SERVER, 7);
	state_save(&saved, w.engine, WALL);
	world_open(&next, BASE);
	assert_int_equal(state_restore(next.engine, WALL + 1000, saved.bytes, saved.len, &done), PH_OK);
	next.now_ms = WALL + 2000;
	udp(&next, SERVER, CLIENT, 7);
	assert_true(last_conn(&next).status & PH_CT_SEEN_REPLY);
	world_close(&next);
	world_close(&w);
	free(saved.bytes);
}

static void test_restore_dead_master_still_names_its_helper(void **state)
{
	struct ph_packet_out out;
	struct world w;

	open_asked(&w, BASE FTP);
	(void)data_syn(&w, CLIENT, SERVER, PASSIVE_PORT);
	(void)ftp_segment(&w, false, 0x14, NULL);
	w.now_ms += 11000;
	ph_engine_advance(w.engine, w.now_ms);
	assert_int_equal(w.told[PH_EVENT_CONN_DESTROY], 1);
	assert_int_equal(move_to(&w, BASE FTP, 0).conns, 1);
	out = data_syn(&w, CLIENT, SERVER, PASSIVE_PORT);
	assert_int_equal(out.conn_id, 2);
	assert_string_equal(out.master_helper, "ftp");
	assert_int_equal(last_conn(&w).master_id, 1);
	/* Once the child is gone nothing is left. */
	w.now_ms += 121000;
	ph_engine_advance(w.engine, w.now_ms);
	assert_int_equal(((struct ph_track *)w.engine->track)->conns.used, 0);
	world_close(&w);
}

/* The master's time runs out on the way, its child's does not. */
static void test_restore_late_master_of_a_living_child_is_kept_for_it(void **state)
{
	struct ph_restored done;
	struct world w;

	open_asked(&w, BASE FTP);
	(void)data_syn(&w, CLIENT, SERVER, PASSIVE_PORT);
	(void)ftp_segment(&w, false, 0x14, NULL);
	done = move_to(&w, BASE FTP, 60000);
	assert_int_equal(done.conns, 1);
	assert_int_equal(done.late, 1);
	assert_string_equal(data_syn(&w, CLIENT, SERVER, PASSIVE_PORT).master_helper, "ftp");
	world_close(&w);
}

static void test_restore_smaller_table_loses_the_youngest(void **state)
{
	struct ph_restored done;
	struct world w;

	world_open(&w, BASE);
	for (uint16_t port = 1; port <= 5; port++)
		udp(&w, CLIENT, SERVER, port);
	done = move_to(&w, TOPOLOGY "sysctl -w net.netfilter.nf_conntrack_max=3\n", 0);
	assert_int_equal(done.conns, 3);
	assert_int_equal(done.lost, 2);
	assert_int_equal(last_conn(&w).id, 3);
	world_close(&w);
}

#define PORTS(list) BASE "modprobe nf_conntrack_ftp ports=" list "\n"
#define BY_NAME(name) "iptables -t raw -A PREROUTING -p tcp --dport 21 -j CT --helper " name "\n"

static void test_restore_helper_of_another_number_is_found_by_name(void **state)
{
	struct ph_restored done;
	struct world w;

	open_asked(&w, PORTS("21,2121") BY_NAME("ftp-2121"));
	done = move_to(&w, PORTS("2121,99,21") BY_NAME("ftp-2121"), 0);
	assert_int_equal(done.conns + done.expects, 2);
	assert_string_equal(last_conn(&w).helper, "ftp-2121");
	assert_int_equal(data_syn(&w, CLIENT, SERVER, PASSIVE_PORT).state, PH_STATE_RELATED);
	world_close(&w);
}

static void test_restore_unknown_helper_comes_back_without(void **state)
{
	struct ph_restored done;
	struct world w;

	open_asked(&w, PORTS("21,2121") BY_NAME("ftp-2121"));
	done = move_to(&w, BASE, 0);
	assert_int_equal(done.conns, 1);
	assert_int_equal(done.lost, 1);
	assert_null(last_conn(&w).helper);
	assert_false(last_conn(&w).status & PH_CT_HELPER);
	assert_int_equal(data_syn(&w, CLIENT, SERVER, PASSIVE_PORT).state, PH_STATE_NEW);
	world_close(&w);
}

/* What the options no longer allow is not opened again. */
static void test_restore_expectation_outside_the_contract_is_lost(void **state)
{
	struct ph_restored done;
	struct world w;

	world_open(&w, LOOSE);
	ftp_open(&w);
	assert_int_equal(ftp_segment(&w, true, 0x18, "227 Entering Passive Mode (10,2,0,99,200,1)\r\n").n_expects, 1);
	assert_int_equal(move_to(&w, LOOSE, 0).expects, 1);
	done = move_to(&w, BASE FTP, 0);
	assert_int_equal(done.conns, 1);
	assert_int_equal(done.expects, 0);
	assert_int_equal(done.lost, 1);
	world_close(&w);
}

#define LAN SMALL "ip addr add 10.77.1.2/24 dev eth0\niptables -t raw -A OUTPUT -p udp -j CT --helper netbios-ns\n"

static struct ph_packet_out name_packet(struct world *w, const char *src, const char *dst)
{
	return send_spec(w, &(struct packet_spec){ .src = src, .dst = dst, .sport = 137, .dport = 137, .proto = PH_PROTO_UDP,
	                                           .payload = "x" });
}

/* The network of a broadcast is asked of the routes again. */
static void test_restore_answers_to_a_broadcast_are_awaited(void **state)
{
	struct ph_restored done;
	struct world w;

	world_open(&w, LAN);
	assert_int_equal(name_packet(&w, "10.77.1.2", "10.77.1.255").n_expects, 1);
	assert_int_equal(move_to(&w, LAN, 0).expects, 1);
	assert_int_equal(name_packet(&w, "10.77.1.77", "10.77.1.2").state, PH_STATE_RELATED);
	done = move_to(&w, SMALL "ip addr add 10.77.1.2/25 dev eth0\n", 0);
	assert_int_equal(done.expects, 0);
	assert_int_equal(done.lost, 1);
	world_close(&w);
}

static void test_restore_into_an_engine_at_work_is_busy(void **state)
{
	struct state_bytes saved = { 0 };
	struct ph_restored done;
	struct world w;

	world_open(&w, BASE);
	udp(&w, CLIENT, SERVER, 7);
	state_save(&saved, w.engine, WALL);
	assert_int_equal(state_restore(w.engine, WALL, saved.bytes, saved.len, &done), PH_BUSY);
	world_close(&w);
	free(saved.bytes);
}

struct infos {
	struct ph_conn_info info[16];
	size_t n;
};

static void add_info(void *arg, const struct ph_conn_info *info)
{
	struct infos *all = arg;

	assert_true(all->n < 16);
	memcpy(&all->info[all->n++], info, sizeof(*info));
}

static void test_restore_listing_is_the_same(void **state)
{
	struct infos before = { .n = 0 }, after = { .n = 0 };
	struct world w;

	open_mixed(&w);
	(void)ph_engine_each_conn(w.engine, add_info, &before);
	assert_int_equal(before.n, 6);
	assert_int_equal(move_to(&w, MIXED, 0).lost, 0);
	(void)ph_engine_each_conn(w.engine, add_info, &after);
	assert_int_equal(after.n, before.n);
	for (size_t i = 0; i < before.n; i++) {
		const struct ph_conn_info *a = &before.info[i], *b = &after.info[i];

		assert_true(a->id == b->id && a->status == b->status && a->mark == b->mark && a->zone == b->zone && b->counted);
		assert_memory_equal(a->tuple, b->tuple, sizeof(a->tuple));
		assert_memory_equal(a->packets, b->packets, sizeof(a->packets));
		assert_memory_equal(a->bytes, b->bytes, sizeof(a->bytes));
		assert_true(a->start_ms == b->start_ms && a->timeout_s == b->timeout_s && a->master_id == b->master_id);
		assert_true(a->proto_state == b->proto_state);
	}
	assert_int_equal(before.info[2].mark, 0xdeadbeef);
	assert_int_equal(before.info[2].zone, 9);
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_restore_awaited_connection_is_related),
		cmocka_unit_test(test_restore_time_in_between_counts),
		cmocka_unit_test(test_restore_wall_clock_ran_backwards_gains_nothing),
		cmocka_unit_test(test_restore_engine_without_time_takes_the_wall_clock),
		cmocka_unit_test(test_restore_dead_master_still_names_its_helper),
		cmocka_unit_test(test_restore_late_master_of_a_living_child_is_kept_for_it),
		cmocka_unit_test(test_restore_smaller_table_loses_the_youngest),
		cmocka_unit_test(test_restore_helper_of_another_number_is_found_by_name),
		cmocka_unit_test(test_restore_unknown_helper_comes_back_without),
		cmocka_unit_test(test_restore_expectation_outside_the_contract_is_lost),
		cmocka_unit_test(test_restore_answers_to_a_broadcast_are_awaited),
		cmocka_unit_test(test_restore_into_an_engine_at_work_is_busy),
		cmocka_unit_test(test_restore_listing_is_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
