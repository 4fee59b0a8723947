/* H.323's decoder and framing: what the standards say, and each way in which Linux leaves them, one by one. How both end up in a
 * firewall is in tests/vectors/helper/{ras,q931,h245}.vec. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "helper/h323/h323.h"
#include "helper/list.h"
#include "support/support.h"

#define ROOM 4096
#define BROKEN (-1)
#define MANY 600        /* messages whose pairs are more than findings fit */

static struct ph_h323_said said;

static int notes(const struct ph_h323_rules *rules, const struct ph_h323_type *type, struct ph_cur message)
{
	return ph_h323_decode(rules, type, message, &said) ? (int)said.n : BROKEN;
}

static int notes_of(const struct ph_h323_rules *rules, const struct ph_h323_type *type, const char *hex)
{
	uint8_t octets[ROOM];

	return notes(rules, type, ph_cur_of(octets, hex_bytes(hex, octets, sizeof(octets))));
}

/* --- one rule at a time --- */

/* Setup with a channel in the tunnel, behind a bitmap of 28 additions; Connect with 16, one more than Linux knows. */
#define STOPPED_SETUP "20a8060008914a00040240040061006c0069006300650180456702000a02000206b80011111111111111111111111111111111" \
	"00d90d8000001100303132333435363738393a3b3c3d3e3f010001000100010010c00180150113030000000c6013800a040001000a0100021771"
#define NEWER_CONNECT "2280060008914a00040200111111111111111111111111111111111f0c001100303132333435363738393a3b3c3d3e3f01000100" \
	"10c0018019011722c000000880101c00000a0200021b58000a0200021b59"
/* An item of the fast start says that it is of 5 octets and is of 26. */
#define SHORT_ITEM "00a8060008914a00040240040061006c0069006300650180456702000a02000206b80011111111111111111111111111111111" \
	"00d91d8000001100303132333435363738393a3b3c3d3e3f1c01054000000c601380030000014c6013800a040001000a0100020fa10100010001000100"
/* Setup with 27 additions, their bitmap from the sixth bit of an octet on. */
#define BITMAP_OF_27 "20dc060008914a0004000a4e02670bb836406df0ffff014afc40060008914a0004014850ff00ffff039dfb3c1001018013af3073" \
	"dfb65be3f88e08223f8108072ac832ffff020100868403821d1012df9d0221001b16e1ea222138bb3ea8484329f8a12604d0000001000c40" \
	"20011e0300000040ffff1800146c000180ff08c026024f390000000a4e02670fa1"

static const struct row {
	const char *what;
	const struct ph_h323_type *type;
	const char *hex;
	struct ph_h323_rules rules;        /* the standard's but for this */
	int standard, changed;          /* notes, or BROKEN */
} rows[] = {
	{ "D1 stop", &ph_h323_user_information, STOPPED_SETUP, { .goes_on_behind_stop = true }, 1, 0 },
	{ "D2 additions", &ph_h323_user_information, NEWER_CONNECT, { .unknown_always_there = true }, 2, 0 },
	{ "D3 timeToLive", &ph_h323_ras_message, "0e000000060008914a00040001000a01000206b801000a01000206b70000b5000012028002003b",
	  { .time_to_live_twice = true }, 2, BROKEN },
	{ "D4 33 additions", &ph_h323_user_information,
	  "02c0060008914a0004000a0200020bb90000111111111111111111111111111111114000000000", { .short_bitmaps = true }, 1, BROKEN },
	{ "D5 object identifier", &ph_h323_ras_message, "0400000080060008914a0004000a01000206b6", { .oid_length_octet = true }, 1,
	  BROKEN },
	{ "D5 fragments", &ph_h323_ras_message, "05000000060008914a000400012ac0056162636465000a01000206b6",
	  { .lengths = { .long_as_is = true } }, BROKEN, 1 },
	{ "D6 small numbers", &ph_h323_user_information, "0c100430bb1d6d", { .small_is_seven_bits = true }, BROKEN, 0 },
	{ "open types", &ph_h323_user_information, SHORT_ITEM, { .contents_run_over = true }, BROKEN, 1 },
	{ "alignment", &ph_h323_user_information,
	  "0240060008914a0004000a0200020bb92100b5000012020011111111111111111111111111111111",
	  { .aligns_behind_bitmap = true }, 1, BROKEN },
	{ "open field", &ph_h323_user_information,
	  "08002b48060008914a000400000a0200020bb900111111111111111111111111111111110140026162012a000180",
	  { .open_field_as_is = true }, 1, BROKEN },
	{ "bitmap", &ph_h323_user_information, BITMAP_OF_27, { .bitmap_from_octet = true }, 2, BROKEN },
	{ "value", &ph_h323_ras_message, "0400ffff060008914a0004000a01000206b6", { .any_value = true }, BROKEN, 1 },
	{ "two octets", &ph_h323_ras_message, "1800000700", { .lengths = { .wants_two = true } }, 0, BROKEN },
};

static void test_h323_each_deviation_changes_what_it_says(void **unused)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (notes_of(&ph_h323_rules_standard, rows[i].type, rows[i].hex) != rows[i].standard ||
		    notes_of(&rows[i].rules, rows[i].type, rows[i].hex) != rows[i].changed)
			fail_msg("%s: %d, not %d; changed %d, not %d", rows[i].what,
			         notes_of(&ph_h323_rules_standard, rows[i].type, rows[i].hex), rows[i].standard,
			         notes_of(&rows[i].rules, rows[i].type, rows[i].hex), rows[i].changed);
	}
}

static void test_h323_linux_has_all_deviations(void **unused)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(notes_of(&ph_h323_rules_kernel, rows[i].type, rows[i].hex), rows[i].changed);
}

/* --- what is noted --- */

static void test_h323_notes_say_where_an_address_stands(void **unused)
{
	static const char gatekeeper_confirm[] = "04000000060008914a0004000a02000206b6";

	assert_int_equal(notes_of(&ph_h323_rules_kernel, &ph_h323_ras_message, gatekeeper_confirm), 1);
	assert_int_equal(said.message, H323_GCF);
	assert_int_equal(said.note[0].marks, H323_RAS_ADDRESS | H323_IP4);
	assert_int_equal(said.note[0].value, 12);
	assert_int_equal(said.note[0].item, 0);
}

static void test_h323_notes_of_a_channel_have_its_number(void **unused)
{
	assert_int_equal(notes_of(&ph_h323_rules_standard, &ph_h323_user_information, NEWER_CONNECT), 2);
	assert_int_equal(said.message, H323_CONNECT);
	for (uint32_t i = 0; i < 2; i++) {
		uint32_t which = i ? H323_CONTROL : H323_MEDIA;

		assert_int_equal(said.note[i].marks,
		                 H323_TUNNELLED | H323_CHANNEL_ACK | H323_FORWARD_ACK | H323_IP4 | which);
		assert_int_equal(said.note[i].item, 1);
	}
}

static void test_h323_broken_message_says_how_far_it_was_read(void **unused)
{
	assert_int_equal(notes_of(&ph_h323_rules_kernel, &ph_h323_ras_message, "04000000060008914a0004000a020002"), BROKEN);
	assert_string_equal(said.reached, "port");
}

/* The tunnel, a channel, T.84 over a protocol of somebody's own: as deep as the standards go, and the whole stack. */
static void test_h323_deepest_message_fits_the_stack(void **unused)
{
	static const char deep[] = "281001bb0e621c011a0300000010408000ff31e2000001800a040001000a01000210040627a0aeb3fee906211f9ee491c5";

	assert_int_equal(notes_of(&ph_h323_rules_standard, &ph_h323_user_information, deep), 1);
	assert_int_equal(notes_of(&ph_h323_rules_kernel, &ph_h323_user_information, deep), 1);
}

static void test_h323_type_without_a_kind_cannot_be_read(void **unused)
{
	static const struct ph_h323_type nothing = { .kind = H323_REFUSED };

	assert_int_equal(notes_of(&ph_h323_rules_standard, &nothing, "00000000"), BROKEN);
}

/* Contents that run over are read again and again: H323-UU-PDU, alternative "empty", 16 383 items in the tunnel, all of no length. */
static void test_h323_reading_again_and_again_comes_to_an_end(void **unused)
{
	static uint8_t octets[65535];
	size_t head = hex_bytes("280801000440bffdbfff", octets, sizeof(octets));

	for (size_t at = head; at < sizeof(octets); at++)
		octets[at] = 0;
	(void)notes(&ph_h323_rules_kernel, &ph_h323_user_information, ph_cur_of(octets, sizeof(octets)));
	assert_true(said.n < H323_NOTES);
	assert_int_equal(notes(&ph_h323_rules_standard, &ph_h323_user_information, ph_cur_of(octets, sizeof(octets))), BROKEN);
}

static void visit_decode(void *arg, uint8_t *data, size_t len)
{
	const struct ph_h323_type *type = arg;
	struct ph_cur message = ph_cur_of(data, len);

	if (notes(&ph_h323_rules_kernel, type, message) != BROKEN)
		assert_true(said.n < H323_NOTES);
	if (notes(&ph_h323_rules_standard, type, message) != BROKEN)
		assert_true(said.n < H323_NOTES);
}

static void test_h323_messages_cut_anywhere_are_not_read_beyond(void **unused)
{
	uint8_t octets[ROOM];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ph_h323_type type = *rows[i].type;

		each_cut(octets, hex_bytes(rows[i].hex, octets, sizeof(octets)), visit_decode, &type);
	}
}

/* --- framing --- */

/* How many messages a segment holds, and what is remembered behind it. */
static size_t messages_in(const char *hex, uint32_t *remembered, size_t len[8])
{
	uint8_t octets[ROOM];
	struct ph_h323_tpkts t = { .rest = ph_cur_of(octets, hex_bytes(hex, octets, sizeof(octets))), .remembered = remembered };
	struct ph_cur message;
	size_t n = 0;

	while (ph_h323_tpkt_next(&t, &message))
		len[n++] = ph_cur_left(&message);
	return n;
}

static void test_tpkt_lengths(void **unused)
{
	static const struct {
		const char *hex;
		uint32_t before, after;
		size_t n, len[2];
	} table[] = {
		{ "", 0, 0, 0, { 0 } },
		{ "", 7, 0, 0, { 0 } },
		{ "03000006aabb", 0, 0, 1, { 2 } },
		{ "03000006aabb03000005cc", 0, 0, 2, { 2, 1 } },
		{ "03000006aabb03000004", 0, 0, 1, { 2 } },
		{ "03000006aabb0300", 0, 0, 1, { 2 } },
		{ "03000006aabb03010005cc", 0, 0, 1, { 2 } },
		{ "03000004", 0, 0, 1, { 0 } },
		{ "0300000403000005cc", 0, 0, 2, { 0, 1 } },
		{ "03000003", 5, 0, 0, { 0 } },
		{ "03000008", 0, 4, 0, { 0 } },
		{ "03000008aa", 0, 0, 0, { 0 } },
		{ "03000006aabb03000008", 0, 0, 1, { 2 } },
		{ "aabbccdd", 4, 0, 1, { 4 } },
		{ "aabbccdd03000005cc", 4, 0, 2, { 4, 1 } },
		{ "aabbcc", 4, 0, 0, { 0 } },
		{ "aabbccdd", 0, 0, 0, { 0 } },
		{ "03000005cc", 9, 0, 1, { 1 } },
		{ "0301", 2, 0, 1, { 2 } },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		uint32_t remembered = table[i].before;
		size_t len[8] = { 0 };

		assert_int_equal(messages_in(table[i].hex, &remembered, len), table[i].n);
		assert_int_equal(remembered, table[i].after);
		for (size_t k = 0; k < table[i].n; k++)
			assert_int_equal(len[k], table[i].len[k]);
	}
}

static void test_q931_elements(void **unused)
{
	static const struct {
		const char *hex;
		enum ph_h323_q931 kernel, standard;
	} table[] = {
		{ "0802000105" "7e000205ff", H323_Q931_FOUND, H323_Q931_FOUND },
		{ "080005" "7e000205ff", H323_Q931_FOUND, H323_Q931_FOUND },
		{ "0802000105" "a1" "7e000205ff", H323_Q931_FOUND, H323_Q931_FOUND },
		{ "0802000105" "280161" "7e000205ff" "00", H323_Q931_FOUND, H323_Q931_FOUND },
		{ "0802000105" "280161" "a1" "7e000205ff", H323_Q931_BROKEN, H323_Q931_FOUND },
		{ "0802000105", H323_Q931_BROKEN, H323_Q931_NONE },
		{ "0802000105" "280161", H323_Q931_BROKEN, H323_Q931_NONE },
		{ "0802000105" "28", H323_Q931_BROKEN, H323_Q931_BROKEN },
		{ "0802000105" "280261", H323_Q931_BROKEN, H323_Q931_BROKEN },
		{ "0802000105" "7e000105", H323_Q931_BROKEN, H323_Q931_BROKEN },
		{ "0802000105" "7e0000", H323_Q931_BROKEN, H323_Q931_BROKEN },
		{ "0802000105" "7e000305ff", H323_Q931_BROKEN, H323_Q931_BROKEN },
		{ "0802000105" "7e00", H323_Q931_BROKEN, H323_Q931_BROKEN },
		{ "0902000105" "7e000205ff", H323_Q931_BROKEN, H323_Q931_BROKEN },
		{ "0809000105" "7e000205ff", H323_Q931_BROKEN, H323_Q931_BROKEN },
		{ "08020001", H323_Q931_BROKEN, H323_Q931_BROKEN },
		{ "", H323_Q931_BROKEN, H323_Q931_BROKEN },
	};
	uint8_t octets[64];
	struct ph_cur user;

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct ph_cur message = ph_cur_of(octets, hex_bytes(table[i].hex, octets, sizeof(octets)));

		assert_int_equal(ph_h323_q931_read(&ph_h323_rules_kernel, message, &user), table[i].kernel);
		assert_int_equal(ph_h323_q931_read(&ph_h323_rules_standard, message, &user), table[i].standard);
		if (table[i].standard == H323_Q931_FOUND)
			assert_true(ph_cur_left(&user) == 1 && *user.at == 0xff);
	}
}

/* --- the helpers in the other profile --- */

static struct ph_helper_out out;

static bool never(void *arg, uint8_t family, const struct ph_addr *a, const struct ph_addr *b)
{
	return false;
}

static void inspect(const struct ph_helper *helper, enum ph_profile profile, enum ph_dir dir, struct ph_cur payload)
{
	static const struct ph_helper_world world = { .same_side = never };
	static const uint32_t option[] = { 300, 1, 1 };
	_Alignas(8) uint8_t state[PH_HELPER_STATE] = { 0 };
	struct ph_helper_in in = {
		.payload = payload, .dir = dir, .established = true, .family = PH_IPV4, .profile = profile, .option = option,
		.state = state, .world = &world,
	};

	in.tuple[PH_ORIG] = (struct ph_tuple){
		.src = { { 10, 1, 0, 2 } }, .dst = { { 10, 2, 0, 2 } }, .sport = 40000, .dport = 1720, .proto = PH_PROTO_TCP, .family = PH_IPV4,
	};
	assert_true(ph_tuple_invert(&in.tuple[PH_ORIG], &in.tuple[PH_REPLY]));
	out.n = out.lost = 0;
	assert_int_equal(helper->inspect(&in, &out), PH_HELP_ACCEPT);
	for (uint32_t i = 0; i < out.n; i++)
		assert_null(ph_contract_broken(helper, &in, &out.found[i]));
}

static void inspect_hex(enum ph_profile profile, enum ph_dir dir, const char *hex)
{
	uint8_t octets[ROOM];

	inspect(&ph_helper_q931, profile, dir, ph_cur_of(octets, hex_bytes(hex, octets, sizeof(octets))));
}

static void check_pair(uint16_t even)
{
	assert_int_equal(out.n, 2);
	for (uint32_t i = 0; i < 2; i++) {
		assert_int_equal(out.found[i].want.tuple.proto, PH_PROTO_UDP);
		assert_int_equal(out.found[i].want.tuple.dport, even + i);
		assert_int_not_equal(out.found[i].group, 0);
		assert_int_equal(out.found[i].group, out.found[0].group);
	}
}

static void test_h323_strict_reads_what_linux_misses(void **unused)
{
	/* H14, H13, H19 of the specification. */
	static const char setup[] = "0300007a08020001057e006e05" STOPPED_SETUP;
	static const char connect[] = "0300005f08028001077e005305" NEWER_CONNECT;
	static const char behind_facility[] = "0300000908028001620300002f08028001077e0023050240060008914a0004000a0200020bb80200"
		"11111111111111111111111111111111";

	inspect_hex(PH_PROFILE_KERNEL, PH_ORIG, setup);
	assert_int_equal(out.n, 0);
	inspect_hex(PH_PROFILE_STRICT, PH_ORIG, setup);
	check_pair(6000);
	inspect_hex(PH_PROFILE_KERNEL, PH_REPLY, connect);
	assert_int_equal(out.n, 0);
	inspect_hex(PH_PROFILE_STRICT, PH_REPLY, connect);
	assert_int_equal(out.n, 4);
	inspect_hex(PH_PROFILE_KERNEL, PH_REPLY, behind_facility);
	assert_int_equal(out.n, 0);
	inspect_hex(PH_PROFILE_STRICT, PH_REPLY, behind_facility);
	assert_int_equal(out.n, 1);
	assert_int_equal(out.found[0].want.tuple.dport, 3000);
	assert_string_equal(out.found[0].because, "connect.h245Address");
}

static void test_h323_findings_point_at_address_and_port(void **unused)
{
	static const char text[] = "03000017030000000c6013800a040001000a0100020fa1";
	static const uint8_t place[] = { 10, 1, 0, 2, 0x0f, 0xa1 };
	uint8_t octets[64];
	size_t len = hex_bytes(text, octets, sizeof(octets));

	inspect(&ph_helper_h245, PH_PROFILE_KERNEL, PH_ORIG, ph_cur_of(octets, len));
	check_pair(4000);
	for (uint32_t i = 0; i < 2; i++) {
		assert_int_equal(out.found[i].spot_len, sizeof(place));
		assert_memory_equal(octets + out.found[i].spot_at, place, sizeof(place));
		assert_int_equal(out.found[i].len, 0);
	}
}

/* More media than findings fit: what is left out is counted, and RTP never comes without its RTCP. */
static void test_h323_findings_that_do_not_fit_are_left_out_in_pairs(void **unused)
{
	static uint8_t octets[23 * MANY];
	static const char refused[] = "03000017030000000c6013800a040001000a0900020fa1";
	static const char one[] = "03000017030000000c6013800a040001000a0100020fa1";

	assert_int_equal(hex_bytes(refused, octets, 23), 23);
	for (size_t i = 1; i < MANY; i++)
		assert_int_equal(hex_bytes(one, octets + i * 23, 23), 23);
	inspect(&ph_helper_h245, PH_PROFILE_KERNEL, PH_ORIG, ph_cur_of(octets, sizeof(octets)));
	assert_int_equal(out.n, PH_FINDINGS - 1);
	assert_int_equal(out.found[0].kind, PH_FIND_REFUSED);
	assert_int_equal(out.n + out.lost, 1 + 2 * (MANY - 1));
	for (uint32_t i = 1; i < out.n; i += 2)
		assert_int_equal(out.found[i].group, out.found[i + 1].group);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_h323_each_deviation_changes_what_it_says),
		cmocka_unit_test(test_h323_linux_has_all_deviations),
		cmocka_unit_test(test_h323_notes_say_where_an_address_stands),
		cmocka_unit_test(test_h323_notes_of_a_channel_have_its_number),
		cmocka_unit_test(test_h323_broken_message_says_how_far_it_was_read),
		cmocka_unit_test(test_h323_deepest_message_fits_the_stack),
		cmocka_unit_test(test_h323_type_without_a_kind_cannot_be_read),
		cmocka_unit_test(test_h323_reading_again_and_again_comes_to_an_end),
		cmocka_unit_test(test_h323_messages_cut_anywhere_are_not_read_beyond),
		cmocka_unit_test(test_tpkt_lengths),
		cmocka_unit_test(test_q931_elements),
		cmocka_unit_test(test_h323_strict_reads_what_linux_misses),
		cmocka_unit_test(test_h323_findings_point_at_address_and_port),
		cmocka_unit_test(test_h323_findings_that_do_not_fit_are_left_out_in_pairs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
