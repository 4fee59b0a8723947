/* Fragments to datagrams, from tests/vectors/defrag: results, bytes, headers, counters; every order; memory; time. */
#include "defrag/bench.h"

/* --- the vectors --- */

static void run_vector(void *arg, char *line)
{
	const uint8_t *family = arg;
	static struct step step;
	struct bench bench;
	char *rest;

	bench_open(&bench, *family, vector_column(&line));
	for (char *word = strtok_r(line, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
		read_step(word, &step);
		run_step(&bench, &step);
	}
	ph_defrag_advance(bench.defrag, bench.now_ms + 60000);
	assert_int_equal(ph_defrag_memory(bench.defrag, *family), 0);
	check_books(&bench);
	ph_defrag_free(bench.defrag);
}

static void test_defrag_ipv4_vectors_as_linux(void **state)
{
	uint8_t family = PH_IPV4;

	assert_true(vector_lines("tests/vectors/defrag/ipv4.vec", run_vector, &family) >= 66);
}

static void test_defrag_ipv6_vectors_as_linux(void **state)
{
	uint8_t family = PH_IPV6;

	assert_true(vector_lines("tests/vectors/defrag/ipv6.vec", run_vector, &family) >= 70);
}

/* A prefix whose length fields and checksum say so. */
static void cut_to(uint8_t family, uint8_t *ip, size_t len)
{
	if (family == PH_IPV6) {
		if (len >= 40)
			put_u16(ip + 4, len - 40);
		return;
	}
	if (len < 20 || len < (ip[0] & 15u) * 4)
		return;
	put_u16(ip + 2, len);
	put_ipv4_sum(ip);
}

static void visit_cut(void *arg, uint8_t *copy, size_t len)
{
	struct bench *bench = arg;
	struct ph_datagram whole;

	(void)put(bench, copy, len, 0, &whole);
	cut_to(bench->family, copy, len);
	(void)put(bench, copy, len, 0, &whole);
	check_books(bench);
}

static void cut_vector(void *arg, char *line)
{
	const uint8_t *family = arg;
	static uint8_t ip[MAX_LEN + 512];
	static struct step step;
	struct bench bench;
	char *rest;

	bench_open(&bench, *family, vector_column(&line));
	for (char *word = strtok_r(line, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
		size_t len;

		read_step(word, &step);
		len = build(&bench, &step, step.id, ip);
		each_cut(ip, len < 600 ? len : 600, visit_cut, &bench);
	}
	ph_defrag_free(bench.defrag);
}

static void test_defrag_fragments_cut_at_every_byte_stay_inside(void **state)
{
	uint8_t family = PH_IPV4;

	(void)vector_lines("tests/vectors/defrag/ipv4.vec", cut_vector, &family);
	family = PH_IPV6;
	(void)vector_lines("tests/vectors/defrag/ipv6.vec", cut_vector, &family);
}

/* --- every order --- */

static void put_piece(struct bench *bench, size_t i, size_t n, char result)
{
	static const uint32_t len[5] = { 16, 8, 600, 1480, 24 };
	static struct step step;
	char word[64];
	uint32_t offset = 0, all;

	for (size_t k = 0; k < i; k++)
		offset += len[k];
	all = offset;
	for (size_t k = i; k < n; k++)
		all += len[k];
	snprintf(word, sizeof(word), "%u+%u%s=%c%u", offset, len[i], i + 1 < n ? "m" : "", result, all);
	read_step(word, &step);
	run_step(bench, &step);
}

/* Heap's algorithm. */
static void each_order(struct bench *bench, size_t order[5], size_t n, size_t k)
{
	if (k == 1) {
		for (size_t i = 0; i < n; i++)
			put_piece(bench, order[i], n, i + 1 < n ? 'h' : 'w');
		return;
	}
	for (size_t i = 0; i < k; i++) {
		size_t other = k % 2 ? 0 : i, kept;

		each_order(bench, order, n, k - 1);
		kept = order[other];
		order[other] = order[k - 1];
		order[k - 1] = kept;
	}
}

static void test_defrag_every_order_of_two_to_five_is_whole(void **state)
{
	for (uint8_t family = PH_IPV4; family <= PH_IPV6; family += 2) {
		struct bench bench;

		bench_open(&bench, family, "every order");
		for (size_t n = 2; n <= 5; n++) {
			size_t order[5] = { 0, 1, 2, 3, 4 };

			each_order(&bench, order, n, n);
		}
		assert_int_equal(ph_defrag_memory(bench.defrag, family), 0);
		ph_defrag_free(bench.defrag);
	}
}

/* --- against a naive model: which bytes are there --- */

static uint32_t next_random(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*seed >> 33);
}

/* Pieces of a shuffled datagram of 8-byte units that never overlap: whole exactly with the last one. */
static void shuffle_one(struct bench *bench, uint64_t *seed)
{
	static struct step step;
	uint32_t start[65], n = 1, units = 512 + next_random(seed) % 512, order[64];

	start[0] = 0;
	while (n < 64 && start[n - 1] + 1 < units) {
		start[n] = start[n - 1] + 1 + next_random(seed) % 40;
		n++;
	}
	for (uint32_t i = 0; i + 1 < n; i++)
		order[i] = i;
	for (uint32_t i = n - 1; i > 1; i--) {
		uint32_t j = next_random(seed) % i, kept = order[j];

		order[j] = order[i - 1];
		order[i - 1] = kept;
	}
	for (uint32_t i = 0; i + 1 < n; i++) {
		uint32_t piece = order[i];
		char word[64];

		snprintf(word, sizeof(word), "%u+%u%s=%c%u", start[piece] * 8, (start[piece + 1] - start[piece]) * 8,
		         piece + 2 < n ? "m" : "", i + 2 < n ? 'h' : 'w', start[n - 1] * 8);
		read_step(word, &step);
		run_step(bench, &step);
	}
}

static void test_defrag_shuffled_pieces_are_whole_with_the_last(void **state)
{
	uint64_t seed = 7;

	for (uint8_t family = PH_IPV4; family <= PH_IPV6; family += 2) {
		struct bench bench;

		bench_open(&bench, family, "shuffled");
		for (int i = 0; i < 100; i++)
			shuffle_one(&bench, &seed);
		assert_int_equal(ph_defrag_memory(bench.defrag, family), 0);
		ph_defrag_free(bench.defrag);
	}
}

/* --- limits --- */

static void flood(struct bench *bench, uint32_t n)
{
	static struct step step;
	static uint8_t ip[2048];
	struct ph_datagram whole;

	read_step("0+1480m=h", &step);
	for (uint32_t i = 0; i < n; i++) {
		step.source = i & 255;
		(void)put(bench, ip, build(bench, &step, i >> 8, ip), 0, &whole);
	}
}

static void test_defrag_flood_of_first_fragments_stays_in_bounds(void **state)
{
	for (uint8_t family = PH_IPV4; family <= PH_IPV6; family += 2) {
		struct ph_frag_stats stats;
		struct step step;
		struct bench bench;

		bench_open(&bench, family, "flood");
		flood(&bench, 100000);
		check_books(&bench);
		assert_true(ph_defrag_memory(bench.defrag, family) > MEMORY - 4096);
		ph_defrag_stats(bench.defrag, 0, &stats);
		assert_true(stats.waiting > 2000 && stats.waiting < 3000);
		assert_int_equal(stats.discarded[PH_FRAG_FULL], 100000 - stats.waiting);
		/* As in Linux nothing is served until time has made room. */
		read_step("0+1480mi70000=d", &step);
		run_step(&bench, &step);
		read_step("0+1480mi70000@60000=h", &step);
		run_step(&bench, &step);
		read_step("1480+8i70000=w1488", &step);
		run_step(&bench, &step);
		ph_defrag_advance(bench.defrag, bench.now_ms);
		assert_int_equal(ph_defrag_memory(bench.defrag, family), 0);
		ph_defrag_free(bench.defrag);
	}
}

static void test_defrag_no_memory_given_takes_nothing(void **state)
{
	const struct ph_defrag_config none = { .limits = { { 30, 0 }, { 60, 0 } } };

	for (uint8_t family = PH_IPV4; family <= PH_IPV6; family += 2) {
		struct bench bench = { .family = family, .name = "none", .defrag = ph_defrag_new(&none) };
		struct step step;

		assert_non_null(bench.defrag);
		read_step("0+16m=d", &step);
		run_step(&bench, &step);
		ph_defrag_free(bench.defrag);
	}
}

static void test_defrag_zero_timeout_never_completes(void **state)
{
	const struct ph_defrag_config at_once = { .limits = { { 0, MEMORY }, { 0, MEMORY } } };
	struct bench bench = { .family = PH_IPV4, .name = "at once", .defrag = ph_defrag_new(&at_once) };
	struct step step;

	assert_non_null(bench.defrag);
	read_step("0+16m=h", &step);
	run_step(&bench, &step);
	read_step("16+8=h", &step);
	run_step(&bench, &step);
	ph_defrag_free(bench.defrag);
}

/* 8191 pieces of 8 bytes, from the last to the first: the search must not walk them all each time. */
static void test_defrag_thousands_of_smallest_pieces_backwards_are_whole(void **state)
{
	static struct step step;
	struct ph_datagram whole;
	static uint8_t ip[64];
	struct bench bench;

	bench_open(&bench, PH_IPV4, "backwards");
	read_step("65512+8=h", &step);
	for (uint32_t at = 65512;; at -= 8) {
		enum ph_defrag_answer answer;

		step.offset = at;
		step.more = at < 65504;
		step.len = at == 65504 ? 3 : 8;
		for (size_t i = 0; i < step.len; i++)
			step.data[i] = pattern(at + i);
		if (at <= 65504) {
			answer = put(&bench, ip, build(&bench, &step, 1, ip), 0, &whole);
			assert_int_equal(answer, at == 0 ? PH_DEFRAG_WHOLE : PH_DEFRAG_HELD);
		}
		if (at == 0)
			break;
	}
	assert_int_equal(whole.n_fragments, 8189);
	bench.head = &bench.heads[0];
	memcpy(bench.head->bytes, ip, 20);
	bench.head->len = 20;
	check_whole(&bench, &whole, "w65507");
	ph_defrag_free(bench.defrag);
}

/* IPv6 fragments for link-local destinations belong to their interface, others may come over several. */
static void test_defrag_link_local_other_interface_is_another_datagram(void **state)
{
	static const uint8_t prefix[2][2] = { { 0x20, 0x01 }, { 0xfe, 0x80 } };

	for (size_t i = 0; i < 2; i++) {
		static uint8_t ip[256];
		static struct step step;
		struct ph_datagram whole;
		struct bench bench;
		struct ph_pkt pkt;

		bench_open(&bench, PH_IPV6, "link");
		for (int iface = 0; iface < 2; iface++) {
			const struct ph_defrag_place place = { .iface = iface };
			size_t len;

			read_step(iface ? "16+8=h" : "0+16m=h", &step);
			len = build(&bench, &step, 1, ip);
			memcpy(ip + 24, prefix[i], 2);
			assert_int_equal(ph_pkt_parse(ip, (uint32_t)len, &pkt), PH_PKT_OK);
			assert_int_equal(ph_defrag_put(bench.defrag, &pkt, &place, &whole),
			                 iface && i == 0 ? PH_DEFRAG_WHOLE : PH_DEFRAG_HELD);
		}
		ph_defrag_free(bench.defrag);
	}
}

/* Linux keeps the place of the number that announces the fragment header in one byte, and writes the new number into the
 * destination address if there are more than 255 bytes in front of it; see docs/differences.md. */
static void test_defrag_long_headers_in_front_lead_to_the_right_next_header(void **state)
{
	static uint8_t ip[512];
	static struct step step;
	struct ph_datagram whole;
	struct bench bench;

	bench_open(&bench, PH_IPV6, "long headers");
	for (int last = 0; last < 2; last++) {
		size_t len;

		read_step(last ? "16+8o264=w" : "0+16mo264=h", &step);
		len = build(&bench, &step, 1, ip);
		/* Two headers of 256 and 8 bytes instead of one of 264. */
		memcpy(ip + 40, (const uint8_t[]){ 60, 31, 1, 252 }, 4);
		memcpy(ip + 296, (const uint8_t[]){ 44, 0, 1, 4, 0, 0, 0, 0 }, 8);
		assert_int_equal(put(&bench, ip, len, 0, &whole), last ? PH_DEFRAG_WHOLE : PH_DEFRAG_HELD);
	}
	assert_int_equal(whole.len, 40 + 264 + 24);
	assert_int_equal(whole.ip[296], 17);
	assert_int_equal(whole.ip[40], 60);
	assert_memory_equal(whole.ip + 8, ip + 8, 32);
	ph_defrag_free(bench.defrag);
}

static void test_defrag_causes_all_have_a_text(void **state)
{
	for (int i = 0; i < PH_FRAG_CAUSES; i++)
		assert_string_not_equal(ph_frag_cause_text((enum ph_frag_cause)i), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defrag_ipv4_vectors_as_linux),
		cmocka_unit_test(test_defrag_ipv6_vectors_as_linux),
		cmocka_unit_test(test_defrag_fragments_cut_at_every_byte_stay_inside),
		cmocka_unit_test(test_defrag_every_order_of_two_to_five_is_whole),
		cmocka_unit_test(test_defrag_shuffled_pieces_are_whole_with_the_last),
		cmocka_unit_test(test_defrag_flood_of_first_fragments_stays_in_bounds),
		cmocka_unit_test(test_defrag_no_memory_given_takes_nothing),
		cmocka_unit_test(test_defrag_zero_timeout_never_completes),
		cmocka_unit_test(test_defrag_thousands_of_smallest_pieces_backwards_are_whole),
		cmocka_unit_test(test_defrag_link_local_other_interface_is_another_datagram),
		cmocka_unit_test(test_defrag_long_headers_in_front_lead_to_the_right_next_header),
		cmocka_unit_test(test_defrag_causes_all_have_a_text),
	};

	return cmocka_run_group_tests_name("defrag", tests, NULL, NULL);
}
