/* Saving and restoring an engine's connections and expectations: what comes back, what does not, and bytes that somebody else wrote.
 * test_save_captures.c shows that nothing is lost on the way. link: -Wl,--wrap=malloc -Wl,--wrap=calloc -Wl,--wrap=realloc */
#include "engine/state.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "support/refuse.h"
#include "track/save.h"

#define WALL 1000000000ull
#define SMALL "sysctl -w net.netfilter.nf_conntrack_max=16 net.netfilter.nf_conntrack_expect_max=16\n"
#define BASE TOPOLOGY SMALL
#define LOOSE BASE "modprobe nf_conntrack_ftp loose=1\n" FTP
#define HEAD 48
#define NAMES (HEAD + 255 * 16)
#define PASSIVE "227 Entering Passive Mode (10,2,0,2,200,1)\r\n"
#define PASSIVE_PORT (200 * 256 + 1)

/* An engine with a client that asked for a data connection, and its state. */
static void open_asked(struct world *w, const char *policy)
{
	world_open(w, policy);
	ftp_open(w);
	assert_int_equal(ftp_segment(w, true, 0x18, PASSIVE).n_expects, 1);
}

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

static void udp(struct world *w, const char *src, const char *dst, uint16_t sport)
{
	(void)send_spec(w, &(struct packet_spec){ .src = src, .dst = dst, .sport = sport, .dport = sport, .proto = PH_PROTO_UDP,
	                                          .payload = "x" });
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

/* Marks, zones of one direction, counters, and protocols with a state of their own. */
#define MIXED BASE \
	"sysctl -w net.netfilter.nf_conntrack_acct=1\niptables -t mangle -A FORWARD -p udp -j CONNMARK --set-mark 0xdeadbeef\n" \
	"iptables -t raw -A PREROUTING -p udp -j CT --zone-orig 9\n" \
	"iptables -t raw -A PREROUTING -p tcp --dport 21 -j CT --helper ftp\n"

static void open_mixed(struct world *w)
{
	struct packet p;

	open_asked(w, MIXED);
	(void)data_syn(w, CLIENT, SERVER, PASSIVE_PORT);
	udp(w, CLIENT, SERVER, 7);
	(void)send_spec(w, &(struct packet_spec){ .src = "2001:db8:1::5", .dst = "2001:db8:2::6", .proto = PH_PROTO_ICMPV6,
	                                          .icmp_type = 128, .icmp_id = 77 });
	packet_raw(&p, CLIENT, SERVER, 47, "\0\0\x08\0abcd", 8);
	(void)send_spec(w, &(struct packet_spec){ .src = CLIENT, .dst = SERVER, .proto = 47, .bare = true, .payload = "\0\0\x08\0abcd",
	                                          .payload_len = 8 });
	(void)send_spec(w, &(struct packet_spec){ .src = CLIENT, .dst = SERVER, .proto = 99, .bare = true, .payload = "12345678" });
	(void)ftp_segment(w, true, 0x18, "227 Entering Passive Mode (10,2,0,2,200,3)\r\n");
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

/* --- bytes that somebody else wrote --- */

static void mixed_state(struct state_bytes *saved)
{
	struct world w;

	open_mixed(&w);
	state_save(saved, w.engine, WALL);
	world_close(&w);
}

static void seal(struct state_bytes *s)
{
	uint64_t sum = XXH3_64bits(s->bytes, s->len - sizeof(sum));

	for (size_t i = 0; i < sizeof(sum); i++)
		s->bytes[s->len - sizeof(sum) + i] = (uint8_t)(sum >> 8 * i);
}

static void refuse_cut(void *arg, uint8_t *copy, size_t len)
{
	struct world *w = arg;
	struct ph_restored done;

	assert_int_equal(state_restore(w->engine, WALL, copy, len, &done), PH_INVALID);
}

static void test_restore_cut_anywhere_is_invalid(void **state)
{
	struct state_bytes saved = { 0 };
	struct world w;

	mixed_state(&saved);
	world_open(&w, MIXED);
	each_cut(saved.bytes, saved.len - 1, refuse_cut, &w);
	assert_int_equal(w.engine->now_ms, 0);
	world_close(&w);
	free(saved.bytes);
}

static void test_restore_any_bit_flipped_is_invalid(void **state)
{
	struct state_bytes saved = { 0 };
	struct ph_restored done;
	struct world w;

	mixed_state(&saved);
	world_open(&w, MIXED);
	for (size_t i = 0; i < saved.len * 8; i++) {
		if (i / 8 >= HEAD && i / 8 < NAMES && i % 8)
			continue;       /* names are long: a bit of each byte */
		saved.bytes[i / 8] ^= (uint8_t)(1u << i % 8);
		assert_int_equal(state_restore(w.engine, WALL, saved.bytes, saved.len, &done), PH_INVALID);
		saved.bytes[i / 8] ^= (uint8_t)(1u << i % 8);
	}
	assert_int_equal(state_restore(w.engine, WALL, saved.bytes, saved.len, &done), PH_OK);
	world_close(&w);
	free(saved.bytes);
}

/* The forger knows the checksum. Tables are whole whatever is taken (state_restore looks), also when their time runs out. */
static void test_restore_any_bit_forged_keeps_tables_whole(void **state)
{
	struct state_bytes saved = { 0 };
	struct ph_restored done;
	size_t n_taken = 0, n_refused = 0;
	struct world w;

	mixed_state(&saved);
	world_open(&w, MIXED);
	for (size_t i = HEAD * 8; i < (saved.len - 8) * 8; i++) {
		if (i / 8 < NAMES && (i % 8 || !saved.bytes[i / 8]))
			continue;
		saved.bytes[i / 8] ^= (uint8_t)(1u << i % 8);
		seal(&saved);
		if (state_restore(w.engine, WALL, saved.bytes, saved.len, &done) == PH_OK) {
			n_taken++;
			ph_engine_advance(w.engine, UINT64_MAX / 2);
			assert_null(tables_broken(w.engine->track));
			world_close(&w);
			world_open(&w, MIXED);
		} else {
			n_refused++;
		}
		saved.bytes[i / 8] ^= (uint8_t)(1u << i % 8);
	}
	assert_true(n_taken > 1000 && n_refused > 1000);
	world_close(&w);
	free(saved.bytes);
}

/* One field of the tables forged, by where it stands behind the names. */
static enum ph_status forged(struct state_bytes *saved, size_t at, uint8_t value)
{
	struct ph_restored done;
	enum ph_status status;
	struct world w;
	uint8_t was = saved->bytes[NAMES + at];

	saved->bytes[NAMES + at] = value;
	seal(saved);
	world_open(&w, MIXED);
	status = state_restore(w.engine, WALL, saved->bytes, saved->len, &done);
	world_close(&w);
	saved->bytes[NAMES + at] = was;
	return status;
}

static void test_restore_impossible_fields_are_invalid(void **state)
{
	enum { CONN = PH_SAVED_COUNTS, LEN = PH_SAVED_CONN + PH_SAVED_ACCT, TCP = CONN + PH_SAVED_TUPLE + 32 };
	enum { HELP = CONN + 6 * LEN, EXPECT = HELP + PH_SAVED_HELP };
	struct state_bytes saved = { 0 };
	const struct {
		size_t at;
		uint8_t value;
	} wrong[] = {
		{ 8 + 7, 0x80 },                /* expectation ids up to the end */
		{ 0, 1 },                       /* connections beyond the last id */
		{ CONN + 37, 5 },               /* IP version */
		{ CONN + 15, 1 },               /* an IPv4 address with a tail */
		{ CONN + 40, 4 },               /* directions of a zone */
		{ CONN + 43, 2 },               /* neither ended nor not */
		{ CONN + 44, 0 },               /* not confirmed */
		{ CONN + LEN + 50, 2 },         /* its own master */
		{ CONN + LEN + 50, 3 },         /* a master that comes later */
		{ CONN + LEN + 50, 0 },         /* EXPECTED without a master */
		{ CONN + LEN + 54, 1 },         /* an id for the second time */
		{ CONN + 62 + 6, 1 },           /* a time beyond any timeout */
		{ TCP + 46, 15 },               /* window scale */
		{ TCP + 50, PH_TCP_STATES },
		{ TCP + 51, PH_TCP_KINDS },
		{ TCP + 52, PH_DIRS },
		{ HELP, 6 },                    /* the state of nobody */
		{ HELP + 4 + 16, 3 },           /* ftp: more newlines than it has room for */
		{ EXPECT + PH_SAVED_TUPLE + 18, PH_EXPECT_CLASSES },
		{ EXPECT + PH_SAVED_TUPLE + 19, 8 },
		{ EXPECT + PH_SAVED_TUPLE + 21, 2 },
		{ EXPECT + PH_SAVED_TUPLE + 26, 0 },    /* nobody's */
		{ EXPECT + PH_SAVED_TUPLE + 26, 2 },    /* of one without a helper */
	};

	mixed_state(&saved);
	assert_int_equal(saved.bytes[NAMES + 16], 6);
	assert_int_equal(forged(&saved, 16, 6), PH_OK);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (forged(&saved, wrong[i].at, wrong[i].value) != PH_INVALID)
			fail_msg("row %zu was taken", i);
	free(saved.bytes);
}

/* What a helper's code relies on in its own bytes. */
static void test_restore_state_that_a_helper_cannot_have_is_refused(void **state)
{
	const struct {
		const char *name;
		size_t at;
		uint8_t fine, wrong;
	} rows[] = {
		{ "ftp", 16, 2, 3 }, { "ftp", 17, 2, 3 },               /* newlines of each side: an index */
		{ "pptp", 0, 4, 5 }, { "pptp", 1, 6, 7 },               /* session, call */
		{ "sane", 0, 1, 2 },                                    /* a bool */
		{ "RAS", 6, 0, 1 }, { "RAS", 10, 0, 1 },                /* ports, above 16 bits */
	};
	static const char *const any[] = { "irc", "tftp", "sip", "Q.931", "H.245", "amanda", "netbios-ns", "snmp" };
	struct ph_helper_options options;

	ph_helper_options_init(&options);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		_Alignas(8) uint8_t bytes[PH_HELPER_STATE] = { 0 };
		uint8_t number = ph_helper_find(&options, rows[i].name, PH_IPV4, PH_PROTO_TCP);

		if (number == PH_HELPER_NONE)
			number = ph_helper_find(&options, rows[i].name, PH_IPV4, PH_PROTO_UDP);
		bytes[rows[i].at] = rows[i].fine;
		assert_true(ph_helper_of(number)->state_ok(bytes));
		bytes[rows[i].at] = rows[i].wrong;
		assert_false(ph_helper_of(number)->state_ok(bytes));
	}
	/* These take any: a new one has to be judged, too. */
	for (size_t i = 0; ph_helpers[i]; i++) {
		bool takes_any = false;

		for (size_t k = 0; k < sizeof(any) / sizeof(any[0]); k++)
			takes_any |= strcmp(any[k], ph_helpers[i]->name) == 0;
		assert_int_equal(takes_any, ph_helpers[i]->state_ok == NULL);
	}
}

/* Two of one tuple: the second is not taken. */
static void test_restore_tuple_that_is_taken_is_lost(void **state)
{
	enum { LEN = PH_SAVED_CONN };
	struct state_bytes saved = { 0 };
	struct ph_restored done;
	struct world w;

	world_open(&w, BASE);
	udp(&w, CLIENT, SERVER, 1);
	udp(&w, CLIENT, SERVER, 2);
	state_save(&saved, w.engine, WALL);
	world_close(&w);
	memcpy(saved.bytes + NAMES + PH_SAVED_COUNTS + LEN, saved.bytes + NAMES + PH_SAVED_COUNTS, PH_SAVED_TUPLE);
	seal(&saved);
	world_open(&w, BASE);
	assert_int_equal(state_restore(w.engine, WALL, saved.bytes, saved.len, &done), PH_OK);
	assert_int_equal(done.conns, 1);
	assert_int_equal(done.lost, 1);
	world_close(&w);
	free(saved.bytes);
}

static void drop(void *arg, const char *text, size_t len)
{
}

static void test_save_without_memory_says_so(void **state)
{
	const struct ph_sink nowhere = { drop, NULL };
	struct state_bytes saved = { 0 };
	struct ph_restored done;
	struct ph_diags *diags = ph_diags_new();
	struct world w, next;
	struct ph_saved from;
	enum ph_status status = PH_NO_MEMORY;

	open_mixed(&w);
	for (long i = 0; status != PH_OK; i++) {
		allocations = 0;
		refuse_at = i;
		status = ph_engine_save(w.engine, WALL, nowhere);
		refuse_at = -1;
		assert_true(status == PH_OK || (status == PH_NO_MEMORY && i < 10));
	}
	state_save(&saved, w.engine, WALL);
	from = (struct ph_saved){ saved.bytes, saved.len, WALL };
	world_open(&next, MIXED);
	allocations = refuse_at = 0;
	assert_int_equal(ph_engine_restore(next.engine, &from, &done, diags), PH_NO_MEMORY);
	refuse_at = -1;
	assert_int_equal(ph_engine_restore(next.engine, &from, &done, diags), PH_OK);
	assert_int_equal(done.conns, 6);
	world_close(&next);
	world_close(&w);
	ph_diags_free(diags);
	free(saved.bytes);
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
		cmocka_unit_test(test_restore_cut_anywhere_is_invalid),
		cmocka_unit_test(test_restore_any_bit_flipped_is_invalid),
		cmocka_unit_test(test_restore_any_bit_forged_keeps_tables_whole),
		cmocka_unit_test(test_restore_impossible_fields_are_invalid),
		cmocka_unit_test(test_restore_state_that_a_helper_cannot_have_is_refused),
		cmocka_unit_test(test_restore_tuple_that_is_taken_is_lost),
		cmocka_unit_test(test_save_without_memory_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
