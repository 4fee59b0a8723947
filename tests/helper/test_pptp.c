/* pptp: the state of a control connection, message by message; spec/helpers-voip-vpn.md 3.3. Whole conversations are in
 * tests/vectors/helper/pptp.vec, what becomes of calls in tests/engine/test_pptp.c. All of it was checked on 6.18
 * (tests/helper/talk_pptp.py). */
#include "helper/pptp_messages.h"

#include "helper/list.h"
#include "helper/registry.h"

/* What a message must give: G opens the call of X and Y, T tears it down, '-' nothing. */
static const struct {
	char letter;
	bool tears_down;
	uint16_t client, server;
} found[] = {
	{ 'G', false, X, Y }, { 'H', false, X, OTHER_Y }, { 'I', false, OTHER_X, Y },
	{ 'T', true, X, Y }, { 'U', true, X, OTHER_Y }, { 'V', true, OTHER_X, Y }, { 'W', true, X, 0 }, { 'Z', true, 0, 0 },
};

/* One control connection, without an engine. */
struct run {
	struct ph_helper_in in;
	struct ph_helper_out out;
	_Alignas(8) uint8_t state[PH_HELPER_STATE];
};

static void run_begin(struct run *r)
{
	struct ph_tuple *t = r->in.tuple;

	memset(r, 0, sizeof(*r));
	r->in = (struct ph_helper_in){
		.established = true, .family = PH_IPV4, .helper = ph_helper_number(&ph_helper_pptp), .state = r->state,
	};
	t[PH_ORIG] = (struct ph_tuple){ .sport = 4000, .dport = 1723, .proto = PH_PROTO_TCP, .family = PH_IPV4 };
	assert_true(ph_addr_parse(PH_IPV4, CLIENT, strlen(CLIENT), &t[PH_ORIG].src));
	assert_true(ph_addr_parse(PH_IPV4, SERVER, strlen(SERVER), &t[PH_ORIG].dst));
	assert_true(ph_tuple_invert(&t[PH_ORIG], &t[PH_REPLY]));
}

static void run_bytes(struct run *r, const struct bytes *b, size_t len)
{
	uint8_t *copy = guarded(b->data, len);

	r->in.payload = ph_cur_of(copy, len);
	r->in.dir = b->back ? PH_REPLY : PH_ORIG;
	r->out.n = r->out.lost = 0;
	assert_int_equal(ph_helper_pptp.inspect(&r->in, &r->out), PH_HELP_ACCEPT);
	guarded_free(copy, len);
}

static struct ph_tuple wanted(const struct run *r, enum ph_dir dir, uint16_t client, uint16_t server)
{
	struct ph_tuple t = r->in.tuple[dir];

	t.proto = PH_PROTO_GRE;
	t.sport = dir == PH_ORIG ? client : server;
	t.dport = dir == PH_ORIG ? server : client;
	return t;
}

static void check_call(const struct run *r, const char *because, uint32_t ids_len, uint16_t client, uint16_t server)
{
	static const enum ph_find_kind kinds[] = { PH_FIND_EXPECT, PH_FIND_EXPECT, PH_FIND_KEYMAP, PH_FIND_KEYMAP };

	assert_int_equal(r->out.n, 4);
	for (uint32_t i = 0; i < 4; i++) {
		const struct ph_finding *f = &r->out.found[i];
		struct ph_tuple t = wanted(r, (enum ph_dir)(i % 2), client, server);

		assert_int_equal(f->kind, kinds[i]);
		assert_int_equal(f->dir, i % 2);
		assert_true(ph_tuple_equal(&f->want.tuple, &t));
		assert_true(f->group != 0 && f->group == r->out.found[0].group);
		assert_int_equal(f->if_refused, PH_HELP_ACCEPT);
		assert_string_equal(f->because, because);
		assert_int_equal(f->len, 0);
		assert_int_equal(f->spot_at, 12);
		assert_int_equal(f->spot_len, ids_len);
		assert_null(ph_contract_broken(&ph_helper_pptp, &r->in, f));
		if (f->kind == PH_FIND_EXPECT) {
			assert_true(f->want.ends_inverse);
			assert_int_equal(f->want.mask_sport, 0xffff);
			assert_memory_equal(f->want.mask_src.b, "\xff\xff\xff\xff\0\0\0\0", 8);
		}
	}
}

static void check_teardown(const struct run *r, const char *because, uint16_t client, uint16_t server)
{
	assert_int_equal(r->out.n, 2);
	for (uint32_t i = 0; i < 2; i++) {
		const struct ph_finding *f = &r->out.found[i];
		struct ph_tuple t = wanted(r, (enum ph_dir)i, client, server);

		assert_int_equal(f->kind, PH_FIND_TEARDOWN);
		assert_int_equal(f->dir, i);
		assert_true(ph_tuple_equal(&f->want.tuple, &t));
		if (because)
			assert_string_equal(f->because, because);
		assert_null(ph_contract_broken(&ph_helper_pptp, &r->in, f));
	}
}

/* letter: of that message in a row. */
static void check_found(const struct run *r, const char *name, char letter)
{
	bool of_11 = strncmp(name, "11", 2) == 0;

	if (letter == '-') {
		assert_int_equal(r->out.n, 0);
		return;
	}
	for (size_t i = 0; i < sizeof(found) / sizeof(found[0]); i++) {
		if (found[i].letter != letter)
			continue;
		if (found[i].tears_down)
			check_teardown(r, "Call-Disconnect-Notify", found[i].client, found[i].server);
		else
			check_call(r, of_11 ? "Incoming-Call-Connected" : "Outgoing-Call-Reply", of_11 ? 2 : 4, found[i].client,
			           found[i].server);
		return;
	}
	fail_msg("no letter %c", letter);
}

/* Each row of the state table, with what shows the state it leads to; found: a letter a message. */
static const struct {
	const char *talk, *found;
} rows[] = {
	/* sessions */
	{ "1 2 7 8", "---G" },
	{ "7 8", "--" },
	{ "2 7 8", "---" },                     /* not asked for */
	{ "1 7 8", "---" },                     /* not confirmed */
	{ "1 2e 7 8", "----" },
	{ "1 2e 1 2 7 8", "------" },           /* an error is for good, */
	{ "1 2e 3 4 1 2 7 8", "-------G" },     /* but for a stop */
	{ "1 2 2e 7 8", "-----" },              /* as long as it is confirmed, it may be refused */
	{ "1 2 2e 2 7 8", "------" },
	{ "1 2 1 7 8", "----G" },               /* asked for again: nothing */
	{ "1 2 3 7 8", "-----" },
	{ "1 2 3 1 2 7 8", "-------" },         /* stopping, not none */
	{ "1 2 3 4 1 2 7 8", "-------G" },
	{ "1 2 3 4e 1 2 7 8", "--------" },
	{ "1 2 4e 7 8", "----G" },              /* nobody asked for a stop */
	{ "4e 1 2 7 8", "-----" },              /* before a session it counts */
	{ "1 4e 2 7 8", "----G" },
	{ "1 2 7 8 3 4 1 2 8", "---G----G" },   /* the call is remembered over sessions */
	{ "3 2 1 4 1 2 7 8", "-------G" },
	/* calls of the client */
	{ "1 2 8", "---" },
	{ "1 2 7 8x", "----" },
	{ "1 2 7 8x 8", "----G" },
	{ "1 2 7 8e", "----" },
	{ "1 2 7 8e 8", "-----" },
	{ "1 2 7 8 8e 8", "---G--" },
	{ "1 2 7 8 8", "---GG" },
	{ "1 2 7 8 8y 8", "---GHG" },
	{ "1 2 7 7x 8 8x", "-----I" },
	{ "1 2 7 8 7x 8 8x", "---G--I" },
	{ "1 2 7 8 3 8", "---G--" },
	{ "7 1 2 8", "----" },
	{ "1 2 7 11", "----" },
	{ "1 2 7 8 11", "---G-" },
	/* calls of the server */
	{ "1 2 9 10 11", "----G" },
	{ "9 1 2 10 11", "-----" },
	{ "1 2 9 11", "----" },
	{ "1 2 9 10 11x", "-----" },
	{ "1 2 9 10y 11", "-----" },
	{ "1 2 9 10y 10 11", "-----G" },
	{ "1 2 9 10e 11", "-----" },
	{ "1 2 9 10e 10 11", "------" },
	{ "1 2 9 10x 11 10 11", "------G" },
	{ "1 2 9 10x 11x 10 11 11x", "----I--I" },      /* after the connection an answer is late */
	{ "1 2 9 10 10e 11", "------" },
	{ "1 2 9 10 11 11", "----GG" },
	{ "1 2 9y 9 10 11", "-----G" },
	{ "1 2 9 9y 10 11", "------" },
	{ "1 2 9 10 9y 11", "------" },
	{ "1 2 9 3 10 11", "------" },          /* the answer counts while the session is stopped, */
	{ "1 2 9 3 10 4 1 2 11", "--------G" }, /* as is seen afterwards */
	{ "1 2 9 3 4 1 2 10 11", "--------G" },
	{ "1 2 10 11", "----" },
	{ "1 2 9 8", "----" },
	{ "1 2 7 8 9 10 11", "---G--G" },
	{ "1 2 9 10 11 7 8", "----G-G" },
	/* ends */
	{ "1 2 7 8 12 8", "---G--" },
	{ "1 2 7 12 8", "-----" },
	{ "1 2 7 3 12 4 1 2 8", "--------G" },  /* not cleared: there was no session */
	{ "1 2 9 10 12 11", "------" },
	{ "1 2 7 8 13", "---GT" },
	{ "1 2 7 8 13y", "---GT" },             /* whatever id it names */
	{ "1 2 7 8 12 13 7 8", "---G-T-G" },
	{ "1 2 7 8 13 8", "---GT-" },
	{ "1 2 7 8 8y 13", "---GHU" },          /* the ids of the last reply, */
	{ "1 2 7 8 7x 13", "---G-V" },          /* or request */
	{ "1 2 7 8 3 13", "---G-T" },
	{ "1 2 7 13 8", "---W-" },
	{ "1 2 13", "--Z" },                    /* and if there are none, 0 */
	{ "13 13", "ZZ" },
	/* nothing of all that */
	{ "1 2 7 5 14 15 0 16 ffff 8", "---------G" },
	{ "1 2 7 8cookie 8kind 8short 8length", "------G" },
	{ "!1 2 7 8", "----" },
	{ "1 !2 7 8", "----" },
	{ "1 2 !3 7 8", "----G" },
	{ "1 2 3 !4 1 2 7 8", "--------" },
	{ "1 2 !7 8", "----" },
	{ "1 2 7 !8", "----" },
	{ "1 2 !9 10 11", "-----" },
	{ "1 2 9 !10 11", "-----" },
	{ "1 2 9 10 !11", "-----" },
	{ "1 2 7 !12 8", "----G" },
	{ "1 2 7 8 !13 8", "---G-G" },
};

static const char *at_row = "";

static int tell_row(void **unused)
{
	(void)unused;
	print_message("last row: %s\n", at_row);
	return 0;
}

static void test_pptp_state_table(void **unused)
{
	static struct run r;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char talk[64], *rest = talk, *name;
		size_t n = 0;

		run_begin(&r);
		at_row = rows[i].talk;
		snprintf(talk, sizeof(talk), "%s", rows[i].talk);
		for (; (name = strsep(&rest, " ")); n++) {
			const struct bytes b = message(name);

			run_bytes(&r, &b, b.len);
			check_found(&r, name, rows[i].found[n]);
		}
		assert_int_equal(n, strlen(rows[i].found));
	}
}

/* Whatever part of a message is missing, it says nothing and changes nothing. */
static void test_pptp_part_of_a_message_is_none(void **unused)
{
	uint8_t before[PH_HELPER_STATE];
	static struct run r;

	for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
		const struct bytes b = message(messages[i].name), first = message("1"), second = message("2"), third = message("7");

		run_begin(&r);
		run_bytes(&r, &first, first.len);
		run_bytes(&r, &second, second.len);
		run_bytes(&r, &third, third.len);
		memcpy(before, r.state, sizeof(before));
		for (size_t len = 0; len < b.len; len++) {
			run_bytes(&r, &b, len);
			assert_int_equal(r.out.n, 0);
			assert_memory_equal(r.state, before, sizeof(before));
		}
	}
}

static void test_pptp_before_an_answer_nothing_is_read(void **unused)
{
	const struct bytes b = message("13");
	static struct run r;

	run_begin(&r);
	r.in.established = false;
	run_bytes(&r, &b, b.len);
	assert_int_equal(r.out.n, 0);
}

static void check_torn(const struct run *r, uint16_t client_call, uint16_t server_call)
{
	struct ph_tuple torn[PH_DIRS];

	ph_helper_pptp.ended(&r->in, torn);
	for (int dir = 0; dir < PH_DIRS; dir++) {
		struct ph_tuple want = r->in.tuple[dir];

		want.proto = PH_PROTO_GRE;
		want.sport = dir == PH_ORIG ? client_call : server_call;
		want.dport = dir == PH_ORIG ? server_call : client_call;
		assert_memory_equal(&torn[dir], &want, sizeof(want));
	}
}

static void test_pptp_end_names_the_call_known_last(void **unused)
{
	static const char *const talk[] = { "1", "2", "7", "8" };
	static struct run r;

	run_begin(&r);
	check_torn(&r, 0, 0);
	for (size_t i = 0; i < 4; i++) {
		const struct bytes b = message(talk[i]);

		run_bytes(&r, &b, b.len);
	}
	check_torn(&r, X, Y);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_pptp_state_table, tell_row),
		cmocka_unit_test(test_pptp_part_of_a_message_is_none),
		cmocka_unit_test(test_pptp_before_an_answer_nothing_is_read),
		cmocka_unit_test(test_pptp_end_names_the_call_known_last),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
