/* pptp through the engine: GRE that meets a call, key maps that refuse or are taken over, and what ends with what; spec of helpers
 * 3.4 to 3.6. All of it was checked on 6.18 (tests/helper/talk_pptp.py). */
#include "helper/pptp_messages.h"

#define PPTP "iptables -t raw -A PREROUTING -p tcp --dport 1723 -j CT --helper pptp\n"

/* A control connection, by the port of its client. */
struct control {
	struct world *w;
	uint16_t sport;
	bool by_server;                 /* the server opened it: clients are where servers stand */
	uint32_t seq[2];
};

static struct ph_packet_out segment(struct control *c, bool back, uint8_t flags, const struct bytes *b)
{
	const struct packet_spec spec = {
		.src = back != c->by_server ? SERVER : CLIENT, .dst = back != c->by_server ? CLIENT : SERVER,
		.sport = back ? 1723 : c->sport,
		.dport = back ? c->sport : 1723, .flags = flags, .seq = c->seq[back], .ack = flags & 16 ? c->seq[!back] : 0,
		.payload = b ? b->data : NULL, .payload_len = b ? b->len : 0,
	};
	struct ph_packet_out out = send_spec(c->w, &spec);

	c->seq[back] += (uint32_t)spec.payload_len + (flags & 3 ? 1 : 0);
	return out;
}

/* Says messages; how many expectations there are then. */
static uint64_t say(struct control *c, const char *names)
{
	char talk[64], *rest = talk, *name;
	uint64_t n = 0;

	snprintf(talk, sizeof(talk), "%s", names);
	while ((name = strsep(&rest, " "))) {
		const struct bytes b = message(name);
		const struct ph_packet_out out = segment(c, b.back, 0x18, &b);

		assert_int_equal(out.fate, PH_FATE_FORWARDED);
		n = out.n_expects;
	}
	return n;
}

static void control_open(struct control *c, struct world *w, uint16_t sport)
{
	*c = (struct control){ .w = w, .sport = sport, .by_server = c->by_server, .seq = { 100, 5000 } };
	assert_int_equal(segment(c, false, 2, NULL).state, PH_STATE_NEW);
	assert_int_equal(segment(c, true, 0x12, NULL).state, PH_STATE_ESTABLISHED);
	assert_int_equal(segment(c, false, 0x10, NULL).state, PH_STATE_ESTABLISHED);
	say(c, "1 2");
}

/* Both ends close, and the same ports meet again: the first connection ends there and then. */
static void control_reopen(struct control *c)
{
	segment(c, false, 0x11, NULL);
	segment(c, true, 0x11, NULL);
	segment(c, false, 0x10, NULL);
	c->seq[0] += 100000;
	assert_int_equal(segment(c, false, 2, NULL).state, PH_STATE_NEW);
}

/* GRE of a call, or with version 0 without one. */
static struct ph_packet_out send_gre(struct world *w, bool back, uint8_t version, uint16_t call)
{
	const uint8_t gre[] = { 0x30, version, 0x88, 0x0b, 0, 4, (uint8_t)(call >> 8), (uint8_t)call, 0, 0, 0, 1, 0xff, 3, 0xc0, 0x21 };
	const struct packet_spec spec = {
		.src = back ? SERVER : CLIENT, .dst = back ? CLIENT : SERVER, .proto = PH_PROTO_GRE, .bare = true,
		.payload = gre, .payload_len = sizeof(gre),
	};

	return send_spec(w, &spec);
}

static struct ph_packet_out data_up(struct world *w, uint16_t call)
{
	return send_gre(w, false, 1, call);
}

static struct ph_packet_out data_down(struct world *w, uint16_t call)
{
	return send_gre(w, true, 1, call);
}

static void world_with_call(struct world *w, struct control *c)
{
	world_open(w, TOPOLOGY PPTP);
	control_open(c, w, 4000);
	assert_int_equal(say(c, "7 8"), 2);
}

static void test_pptp_either_end_may_send_first(void **unused)
{
	struct control c = { 0 };
	struct world w;

	for (int back = 0; back < 2; back++) {
		world_with_call(&w, &c);
		assert_int_equal(send_gre(&w, back, 1, back ? X : Y).state, PH_STATE_RELATED);
		assert_int_equal(w.told[PH_EVENT_EXPECT_DESTROY], 2);
		assert_int_equal(send_gre(&w, !back, 1, back ? Y : X).state, PH_STATE_ESTABLISHED);
		world_close(&w);
	}
}

static void test_pptp_another_call_is_no_part_of_it(void **unused)
{
	struct control c = { 0 };
	struct world w;

	world_with_call(&w, &c);
	assert_int_equal(data_up(&w, 4444).state, PH_STATE_NEW);
	assert_int_equal(data_up(&w, 4444).n_expects, 2);
	assert_int_equal(data_up(&w, Y).state, PH_STATE_RELATED);
	assert_int_equal(data_down(&w, 4444).state, PH_STATE_NEW);
	assert_int_equal(data_up(&w, 4444).state, PH_STATE_NEW);
	world_close(&w);
}

static void test_pptp_call_lives_as_any_gre(void **unused)
{
	struct control c = { 0 };
	struct world w;

	world_with_call(&w, &c);
	assert_int_equal(data_up(&w, Y).timeout_s, 30);
	assert_int_equal(data_down(&w, X).timeout_s, 30);       /* the first answer still counts as none */
	assert_int_equal(data_up(&w, Y).timeout_s, 180);
	world_close(&w);
}

static void test_pptp_notice_ends_the_connection_of_the_call(void **unused)
{
	struct control c = { 0 };
	struct world w;

	world_with_call(&w, &c);
	data_up(&w, Y);
	say(&c, "13y");
	assert_int_equal(w.told[PH_EVENT_CONN_DESTROY], 1);
	assert_int_equal(w.cause, PH_CAUSE_REMOVED);
	assert_int_equal(data_up(&w, Y).state, PH_STATE_NEW);
	assert_int_equal(data_down(&w, X).state, PH_STATE_NEW);         /* and the keys are forgotten */
	assert_int_equal(say(&c, "7x 8x"), 2);
	world_close(&w);
}

static void test_pptp_end_of_control_ends_the_call(void **unused)
{
	struct control c = { 0 };
	struct world w;

	world_with_call(&w, &c);
	data_up(&w, Y);
	control_reopen(&c);
	assert_int_equal(w.told[PH_EVENT_CONN_DESTROY], 2);
	assert_int_equal(data_down(&w, X).state, PH_STATE_NEW);
	world_close(&w);
	/* nobody listening makes no difference */
	world_with_call(&w, &c);
	data_up(&w, Y);
	w.now_ms += 432001 * 1000ull;
	for (int i = 0; i < 3; i++)
		data_up(&w, Y);
	assert_int_equal(data_down(&w, X).state, PH_STATE_NEW);
	world_close(&w);
}

static void test_pptp_fin_and_rst_leave_the_call(void **unused)
{
	struct control c = { 0 };
	struct world w;

	world_with_call(&w, &c);
	data_up(&w, Y);
	segment(&c, false, 0x14, NULL);
	assert_int_equal(data_down(&w, X).state, PH_STATE_ESTABLISHED);
	w.now_ms += 11000;      /* the time of a connection that was reset */
	assert_int_equal(data_down(&w, X).state, PH_STATE_NEW);
	world_close(&w);
}

/* Without a call the ids are 0, and so is everything in plain GRE. */
static void test_pptp_notice_without_a_call_ends_plain_gre(void **unused)
{
	struct control c = { 0 };
	struct world w;

	world_open(&w, TOPOLOGY PPTP);
	send_gre(&w, true, 0, 0);
	control_open(&c, &w, 4000);
	assert_int_equal(send_gre(&w, false, 0, 0).state, PH_STATE_ESTABLISHED);
	say(&c, "13");
	assert_int_equal(send_gre(&w, false, 0, 0).state, PH_STATE_NEW);
	control_reopen(&c);
	assert_int_equal(send_gre(&w, false, 0, 0).state, PH_STATE_NEW);
	world_close(&w);
}

/* The server's other id evicts the pair of the first call, and then the key map refuses. */
static void test_pptp_other_server_id_leaves_nothing(void **unused)
{
	struct control c = { 0 };
	struct world w;

	world_with_call(&w, &c);
	assert_int_equal(say(&c, "8y"), 0);
	assert_int_equal(w.told[PH_EVENT_REFUSED], 1);
	assert_int_equal(say(&c, "8y"), 0);
	assert_int_equal(say(&c, "8"), 2);              /* the keys of the first are still there */
	assert_int_equal(data_up(&w, Y).state, PH_STATE_RELATED);
	assert_int_equal(data_down(&w, X).state, PH_STATE_ESTABLISHED);
	world_close(&w);
}

/* The client's other id: its own direction shows the same call, the other does not, and the keys of both are forgotten. */
static void test_pptp_other_client_id_forgets_the_keys(void **unused)
{
	struct control c = { 0 };
	struct world w;

	world_with_call(&w, &c);
	assert_int_equal(say(&c, "7x 8x"), 0);
	assert_int_equal(data_up(&w, Y).state, PH_STATE_NEW);
	assert_int_equal(say(&c, "8x"), 2);
	assert_int_equal(data_down(&w, OTHER_X).state, PH_STATE_RELATED);
	world_close(&w);
}

static void test_pptp_end_of_the_call_forgets_its_keys(void **unused)
{
	struct control c = { 0 };
	struct world w;

	world_with_call(&w, &c);
	data_up(&w, Y);
	w.now_ms += 31000;
	assert_int_equal(data_down(&w, X).state, PH_STATE_NEW);
	assert_int_equal(say(&c, "7x 8x"), 2);
	world_close(&w);
}

/* A second connection with the same ids opens nothing; what it ends is the first one's. */
static void test_pptp_clash_opens_nothing_but_its_end_closes(void **unused)
{
	struct control first = { 0 }, second = { 0 };
	struct world w;

	world_with_call(&w, &first);
	control_open(&second, &w, 4001);
	say(&second, "7 8");
	assert_int_equal(w.cause, PH_CAUSE_CLASH);
	assert_int_equal(w.told[PH_EVENT_EXPECT_NEW], 2);
	say(&second, "13");
	assert_int_equal(w.told[PH_EVENT_EXPECT_DESTROY], 2);
	assert_int_equal(data_up(&w, Y).state, PH_STATE_NEW);
	assert_int_equal(say(&first, "8"), 2);
	world_close(&w);
}

/* One of a pair, refused, takes the other along. A notice that finds the connection of the call leaves the client's pinhole of a
 * second reply; then the server opens a control connection of its own and names the same ids. */
static void test_pptp_clash_of_one_direction_undoes_the_other(void **unused)
{
	struct control first = { 0 }, second = { 0 };
	struct world w;

	world_with_call(&w, &first);
	data_up(&w, Y);
	assert_int_equal(say(&first, "8"), 2);
	assert_int_equal(say(&first, "13"), 1);
	second = (struct control){ .by_server = true };
	control_open(&second, &w, 4001);
	assert_int_equal(say(&second, "7s 8s"), 1);
	assert_int_equal(w.told[PH_EVENT_REFUSED], 1);
	assert_int_equal(w.cause, PH_CAUSE_REMOVED);
	assert_int_equal(data_down(&w, X).state, PH_STATE_NEW);
	assert_int_equal(say(&first, "13"), 0);
	assert_int_equal(say(&second, "8s"), 2);
	assert_int_equal(data_down(&w, X).state, PH_STATE_RELATED);     /* with its key now */
	assert_int_equal(data_up(&w, Y).state, PH_STATE_ESTABLISHED);
	world_close(&w);
}

/* Two calls with one server id: what the client sends is taken for the older call's. */
static void test_pptp_same_server_id_goes_to_the_older_call(void **unused)
{
	struct control first = { 0 }, second = { 0 };
	struct world w;

	world_with_call(&w, &first);
	control_open(&second, &w, 4001);
	assert_int_equal(say(&second, "7x 8x"), 4);
	assert_int_equal(data_up(&w, Y).state, PH_STATE_RELATED);
	assert_int_equal(data_down(&w, X).state, PH_STATE_ESTABLISHED);
	assert_int_equal(data_down(&w, OTHER_X).state, PH_STATE_RELATED);
	say(&first, "13");
	assert_int_equal(data_up(&w, Y).state, PH_STATE_ESTABLISHED);
	world_close(&w);
}

static void test_pptp_full_table_opens_nothing_and_passes(void **unused)
{
	struct control c = { 0 };
	struct world w;

	world_open(&w, TOPOLOGY PPTP "sysctl -w net.netfilter.nf_conntrack_expect_max=1\n");
	control_open(&c, &w, 4000);
	assert_int_equal(say(&c, "7 8"), 0);
	assert_int_equal(w.told[PH_EVENT_REFUSED], 1);
	assert_int_equal(w.told[PH_EVENT_EXPECT_NEW], 1);
	assert_int_equal(w.cause, PH_CAUSE_REMOVED);            /* the first, taken back */
	assert_int_equal(data_down(&w, X).state, PH_STATE_NEW);
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pptp_either_end_may_send_first),
		cmocka_unit_test(test_pptp_another_call_is_no_part_of_it),
		cmocka_unit_test(test_pptp_call_lives_as_any_gre),
		cmocka_unit_test(test_pptp_notice_ends_the_connection_of_the_call),
		cmocka_unit_test(test_pptp_end_of_control_ends_the_call),
		cmocka_unit_test(test_pptp_fin_and_rst_leave_the_call),
		cmocka_unit_test(test_pptp_notice_without_a_call_ends_plain_gre),
		cmocka_unit_test(test_pptp_other_server_id_leaves_nothing),
		cmocka_unit_test(test_pptp_other_client_id_forgets_the_keys),
		cmocka_unit_test(test_pptp_end_of_the_call_forgets_its_keys),
		cmocka_unit_test(test_pptp_clash_opens_nothing_but_its_end_closes),
		cmocka_unit_test(test_pptp_clash_of_one_direction_undoes_the_other),
		cmocka_unit_test(test_pptp_same_server_id_goes_to_the_older_call),
		cmocka_unit_test(test_pptp_full_table_opens_nothing_and_passes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
