/* Saved states that are damaged, or made by somebody who knows the checksum, and memory that is refused.
 * link: -Wl,--wrap=malloc -Wl,--wrap=calloc -Wl,--wrap=realloc */
#include "engine/state.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "support/refuse.h"
#include "track/save.h"

#define HEAD 48
#define NAMES (HEAD + 255 * 16)

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
