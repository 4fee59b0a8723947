/* Fragments to datagrams, from tests/vectors/defrag: results, bytes, headers, counters; every order; memory; time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "defrag/defrag.h"
#include "support/support.h"

#define MEMORY (4u << 20)
#define MAX_LEN 65535u

static const struct ph_defrag_config config = {
	.limits = { { 30, MEMORY }, { 60, MEMORY } }, .max_distance = 64, .hash_key = { 1, 2 },
};

/* One fragment of a vector; see the heads of the vector files. */
struct step {
	unsigned times;
	uint32_t offset;
	uint8_t data[MAX_LEN + 1];
	size_t len;
	bool more, other, dont_fragment, no_length, fresh_id;
	unsigned id, source, tos, next, user, options, header_len;
	uint64_t later_ms;
	char result[16];
};

struct bench {
	struct ph_defrag *defrag;
	uint8_t family;
	const char *name;
	uint64_t now_ms;
	uint32_t fresh_id;
	uint64_t seen;
	struct head {
		uint8_t bytes[512];
		size_t len;
		bool is_hex;
	} heads[16], *head;             /* of the latest fragments with offset 0, by what tells datagrams apart; at hand */
};

/* --- fragments --- */

static uint8_t pattern(size_t i)
{
	static const uint8_t udp[8] = { 1000 >> 8, 1000 & 255, 0, 9, 0, 8, 0, 0 };

	return i < 8 ? udp[i] : (uint8_t)(i * 7 + (i >> 8));
}

static const char *read_data(const char *at, struct step *step)
{
	char hex[512];
	size_t n = 0;
	char *end;

	if (*at != 'x') {
		step->len = strtoul(at, &end, 10);
		assert_true(step->len <= MAX_LEN);
		for (size_t i = 0; i < step->len; i++)
			step->data[i] = pattern(step->offset + i);
		return end;
	}
	for (at++; *at != '.'; at++) {
		assert_true(n + 1 < sizeof(hex));
		hex[n++] = *at;
	}
	hex[n] = '\0';
	step->len = hex_bytes(hex, step->data, sizeof(step->data));
	return at + 1;
}

static void set_mark(struct step *step, char mark, unsigned long value)
{
	switch (mark) {
	case 'm': step->more = true; return;
	case '~': step->other = true; return;
	case 'd': step->dont_fragment = true; return;
	case 'z': step->no_length = true; return;
	case 'i': step->id = (unsigned)value; return;
	case 's': step->source = (unsigned)value; return;
	case 't': step->tos = (unsigned)value; return;
	case 'n': step->next = (unsigned)value; return;
	case 'u': step->user = (unsigned)value; return;
	case 'o': step->options = (unsigned)value; return;
	case 'c': step->header_len = (unsigned)value; return;
	case '@': step->later_ms = value; return;
	}
	fail_msg("no such mark: %c", mark);
}

static void read_step(const char *at, struct step *step)
{
	char *end;

	memset(step, 0, sizeof(*step));
	step->times = 1;
	step->source = 1;
	step->next = 17;
	step->header_len = 8;
	step->offset = (uint32_t)strtoul(at, &end, 10);
	if (*end == '*') {
		step->times = step->offset;
		step->offset = (uint32_t)strtoul(end + 1, &end, 10);
	}
	assert_int_equal(*end, '+');
	for (at = read_data(end + 1, step); *at != '='; at = end) {
		char mark = *at;

		step->fresh_id |= at[1] == '*';
		set_mark(step, mark, strtoul(at + 1, &end, 10));
		if (end == at + 1 || *end == '*')
			end = (char *)(uintptr_t)(at + (at[1] == '*' ? 2 : 1));
	}
	for (size_t i = 0; step->other && i < step->len; i++)
		step->data[i] ^= 255;
	snprintf(step->result, sizeof(step->result), "%s", at + 1);
}

static void put_u16(uint8_t *at, size_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

/* The headers of a fragment, then room for its data; the length of all. */
static size_t build_ipv4(const struct step *step, uint32_t id, uint8_t *ip)
{
	size_t len = 20 + step->len;
	uint32_t sum = 0;

	memset(ip, 0, 20);
	ip[0] = 0x45;
	ip[1] = (uint8_t)step->tos;
	put_u16(ip + 2, len);
	put_u16(ip + 4, id);
	put_u16(ip + 6, (step->dont_fragment ? 0x4000u : 0) | (step->more ? 0x2000u : 0) | step->offset >> 3);
	ip[8] = 64;
	ip[9] = (uint8_t)step->next;
	memcpy(ip + 12, (const uint8_t[]){ 192, 0, 2, (uint8_t)step->source, 198, 51, 100, 2 }, 8);
	for (size_t i = 0; i < 20; i += 2)
		sum += (uint32_t)(ip[i] << 8 | ip[i + 1]);
	put_u16(ip + 10, ~((sum & 0xffff) + (sum >> 16)));
	return 20;
}

static size_t build_ipv6(const struct step *step, uint32_t id, uint8_t *ip)
{
	uint8_t header[8] = { (uint8_t)step->next, 0, 0, 0, (uint8_t)(id >> 24), (uint8_t)(id >> 16), (uint8_t)(id >> 8), (uint8_t)id };
	size_t at = 40;

	memset(ip, 0, 40 + step->options);
	ip[0] = (uint8_t)(0x60 | step->tos >> 4);
	ip[1] = (uint8_t)(step->tos << 4);
	if (!step->no_length)
		put_u16(ip + 4, step->options + step->header_len + step->len);
	ip[6] = step->options ? 60 : 44;
	ip[7] = 64;
	memcpy(ip + 8, (const uint8_t[]){ 0x20, 1, 0xd, 0xb8, 0, 1 }, 6);
	memcpy(ip + 24, (const uint8_t[]){ 0x20, 1, 0xd, 0xb8, 0, 2 }, 6);
	ip[23] = (uint8_t)step->source;
	ip[39] = 2;
	if (step->options) {
		memcpy(ip + at, (const uint8_t[]){ 44, (uint8_t)(step->options / 8 - 1), 1, (uint8_t)(step->options - 4) }, 4);
		at += step->options;
	}
	put_u16(header + 2, step->offset | step->more);
	memcpy(ip + at, header, step->header_len);
	return at + step->header_len;
}

static size_t build(const struct bench *bench, const struct step *step, uint32_t id, uint8_t *ip)
{
	size_t head = bench->family == PH_IPV4 ? build_ipv4(step, id, ip) : build_ipv6(step, id, ip);

	memcpy(ip + head, step->data, step->len);
	return head + step->len;
}

/* --- what comes of them --- */

static uint64_t ended(const struct ph_frag_stats *s)
{
	uint64_t sum = s->joined + s->passed + s->waiting;

	for (int i = 0; i < PH_FRAG_CAUSES; i++)
		sum += s->discarded[i];
	return sum;
}

/* Nothing is lost, whatever comes. */
static void check_books(const struct bench *bench)
{
	struct ph_frag_stats stats;

	ph_defrag_stats(bench->defrag, bench->now_ms, &stats);
	assert_int_equal(stats.seen, bench->seen);
	assert_int_equal(ended(&stats), stats.seen);
	assert_true(ph_defrag_memory(bench->defrag, bench->family) <= MEMORY);
}

static enum ph_defrag_answer put(struct bench *bench, const uint8_t *ip, size_t len, unsigned user, struct ph_datagram *out)
{
	const struct ph_defrag_place place = { .user = user, .now_ms = bench->now_ms };
	struct ph_frag_stats before, after;
	enum ph_defrag_answer answer;
	struct ph_pkt pkt;

	if (ph_pkt_parse(ip, (uint32_t)len, &pkt) != PH_PKT_OK)
		return PH_DEFRAG_DISCARDED;
	ph_defrag_stats(bench->defrag, bench->now_ms, &before);
	answer = ph_defrag_put(bench->defrag, &pkt, &place, out);
	ph_defrag_stats(bench->defrag, bench->now_ms, &after);
	bench->seen += after.seen - before.seen;
	assert_true(after.seen - before.seen <= 1);
	if (!ph_defrag_concerns(&pkt))
		assert_int_equal(answer, PH_DEFRAG_PASS);
	return answer;
}

/* The data of the whole, behind `head` bytes: the pattern, where it was not given in hex. */
static void check_data(const struct bench *bench, const struct ph_datagram *whole, size_t head)
{
	if (bench->head->is_hex)
		return;
	for (size_t i = head; i < whole->len; i++)
		if (whole->ip[i] != pattern(i - head))
			fail_msg("%s: byte %zu of the data is wrong", bench->name, i - head);
}

static void check_ipv4(const struct bench *bench, const struct ph_datagram *whole, const char *result)
{
	struct ph_pkt pkt;

	assert_int_equal(ph_pkt_parse(whole->ip, whole->len, &pkt), PH_PKT_OK);
	assert_int_equal(pkt.len, whole->len);
	assert_false(pkt.is_frag);
	assert_int_equal(whole->ip[6] >> 6 & 1, strchr(result, 'd') != NULL);
	assert_int_equal(whole->ip[6] & 0xbf, 0);
	assert_memory_equal(whole->ip + 12, bench->head->bytes + 12, 8);
	assert_memory_equal(whole->ip + 4, bench->head->bytes + 4, 2);
	check_data(bench, whole, 20);
}

static void check_ipv6(const struct bench *bench, const struct ph_datagram *whole)
{
	size_t head = bench->head->len - 8, next_at = head > 40 ? 40 : 6;

	assert_int_equal(whole->ip[4] << 8 | whole->ip[5], whole->len - 40);
	assert_int_equal(whole->ip[next_at], bench->head->bytes[head]);
	if (head > 40)
		assert_int_equal(whole->ip[6], 60);
	assert_memory_equal(whole->ip + 7, bench->head->bytes + 7, 33);
	assert_memory_equal(whole->ip + 41, bench->head->bytes + 41, head > 40 ? head - 41 : 0);
	check_data(bench, whole, head);
}

static void check_whole(const struct bench *bench, const struct ph_datagram *whole, const char *result)
{
	size_t head = bench->family == PH_IPV4 ? 20 : bench->head->len - 8;
	const char *tos = strchr(result, 't');
	unsigned class = bench->family == PH_IPV4 ? whole->ip[1] : (unsigned)(whole->ip[0] << 4 | whole->ip[1] >> 4) & 255;

	if (whole->len != head + strtoul(result + 1, NULL, 10))
		fail_msg("%s: %u bytes, not %s", bench->name, whole->len, result);
	if (tos)
		assert_int_equal(class, strtoul(tos + 1, NULL, 10));
	if (bench->family == PH_IPV4)
		check_ipv4(bench, whole, result);
	else
		check_ipv6(bench, whole);
}

static void run_step(struct bench *bench, const struct step *step)
{
	static const char letters[] = {
		[PH_DEFRAG_DISCARDED] = 'd', [PH_DEFRAG_HELD] = 'h', [PH_DEFRAG_PASS] = 'p', [PH_DEFRAG_WHOLE] = 'w',
	};
	static uint8_t ip[MAX_LEN + 512];
	enum ph_defrag_answer answer;
	struct ph_datagram whole;

	bench->now_ms += step->later_ms;
	for (unsigned i = 0; i < step->times; i++) {
		size_t len = build(bench, step, step->fresh_id ? ++bench->fresh_id : step->id, ip);
		uint8_t *copy = guarded(ip, len);

		bench->head = &bench->heads[(step->source & 3) | (step->id & 1) << 2 | (step->user & 1) << 3];
		if (step->offset == 0 && !step->fresh_id) {
			bench->head->len = len - step->len;
			memcpy(bench->head->bytes, ip, bench->head->len);
			bench->head->is_hex = step->len > 0 && step->data[0] != pattern(0);
		}
		answer = put(bench, copy, len, step->user, &whole);
		guarded_free(copy, len);
		if (letters[answer] != step->result[0])
			fail_msg("%s: at %u+%zu: %c, not %s", bench->name, step->offset, step->len, letters[answer], step->result);
		if (answer == PH_DEFRAG_WHOLE)
			check_whole(bench, &whole, step->result);
		check_books(bench);
	}
}

/* --- the vectors --- */

static void bench_open(struct bench *bench, uint8_t family, const char *name)
{
	*bench = (struct bench){ .family = family, .name = name, .fresh_id = 1000 };
	bench->defrag = ph_defrag_new(&config);
	assert_non_null(bench->defrag);
}

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

	assert_true(vector_lines("tests/vectors/defrag/ipv4.vec", run_vector, &family) >= 59);
}

static void test_defrag_ipv6_vectors_as_linux(void **state)
{
	uint8_t family = PH_IPV6;

	assert_true(vector_lines("tests/vectors/defrag/ipv6.vec", run_vector, &family) >= 60);
}

/* A prefix whose length fields and checksum say so. */
static void cut_to(uint8_t family, uint8_t *ip, size_t len)
{
	uint32_t sum = 0;

	if (family == PH_IPV6) {
		if (len >= 40)
			put_u16(ip + 4, len - 40);
		return;
	}
	if (len < 20)
		return;
	put_u16(ip + 2, len);
	put_u16(ip + 10, 0);
	for (size_t i = 0; i < 20; i += 2)
		sum += (uint32_t)(ip[i] << 8 | ip[i + 1]);
	put_u16(ip + 10, ~((sum & 0xffff) + (sum >> 16)));
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
		cmocka_unit_test(test_defrag_causes_all_have_a_text),
	};

	return cmocka_run_group_tests_name("defrag", tests, NULL, NULL);
}
