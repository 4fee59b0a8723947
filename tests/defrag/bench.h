/* Fragments as the vectors of tests/vectors/defrag have them, put to the room, and what came of them checked. */
#ifndef TEST_DEFRAG_BENCH_H
#define TEST_DEFRAG_BENCH_H

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

static inline uint8_t pattern(size_t i)
{
	static const uint8_t udp[8] = { 1000 >> 8, 1000 & 255, 0, 9, 0, 8, 0, 0 };

	return i < 8 ? udp[i] : (uint8_t)(i * 7 + (i >> 8));
}

static inline const char *read_data(const char *at, struct step *step)
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

static inline void set_mark(struct step *step, char mark, unsigned long value)
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

static inline void read_step(const char *at, struct step *step)
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

static inline void put_u16(uint8_t *at, size_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static inline void put_ipv4_sum(uint8_t *ip)
{
	uint32_t sum = 0;

	put_u16(ip + 10, 0);
	for (size_t i = 0; i < (ip[0] & 15u) * 4; i += 2)
		sum += (uint32_t)(ip[i] << 8 | ip[i + 1]);
	put_u16(ip + 10, ~((sum & 0xffff) + (sum >> 16)));
}

/* The headers of a fragment, then room for its data; the length of all. */
static inline size_t build_ipv4(const struct step *step, uint32_t id, uint8_t *ip)
{
	memset(ip, 0, 20);
	memset(ip + 20, 1, step->options);
	ip[0] = (uint8_t)(0x45 + step->options / 4);
	ip[1] = (uint8_t)step->tos;
	put_u16(ip + 2, 20 + step->options + step->len);
	put_u16(ip + 4, id);
	put_u16(ip + 6, (step->dont_fragment ? 0x4000u : 0) | (step->more ? 0x2000u : 0) | step->offset >> 3);
	ip[8] = 64;
	ip[9] = (uint8_t)step->next;
	memcpy(ip + 12, (const uint8_t[]){ 192, 0, 2, (uint8_t)step->source, 198, 51, 100, 2 }, 8);
	put_ipv4_sum(ip);
	return 20 + step->options;
}

static inline size_t build_ipv6(const struct step *step, uint32_t id, uint8_t *ip)
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

static inline size_t build(const struct bench *bench, const struct step *step, uint32_t id, uint8_t *ip)
{
	size_t head = bench->family == PH_IPV4 ? build_ipv4(step, id, ip) : build_ipv6(step, id, ip);

	memcpy(ip + head, step->data, step->len);
	return head + step->len;
}

/* --- what comes of them --- */

static inline uint64_t ended(const struct ph_frag_stats *s)
{
	uint64_t sum = s->joined + s->passed + s->waiting;

	for (int i = 0; i < PH_FRAG_CAUSES; i++)
		sum += s->discarded[i];
	return sum;
}

/* Nothing is lost, whatever comes. */
static inline void check_books(const struct bench *bench)
{
	struct ph_frag_stats stats;

	ph_defrag_stats(bench->defrag, bench->now_ms, &stats);
	assert_int_equal(stats.seen, bench->seen);
	assert_int_equal(ended(&stats), stats.seen);
	assert_true(ph_defrag_memory(bench->defrag, bench->family) <= MEMORY);
}

static inline enum ph_defrag_answer put(struct bench *bench, const uint8_t *ip, size_t len, unsigned user, struct ph_datagram *out)
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
static inline void check_data(const struct bench *bench, const struct ph_datagram *whole, size_t head)
{
	if (bench->head->is_hex)
		return;
	for (size_t i = head; i < whole->len; i++)
		if (whole->ip[i] != pattern(i - head))
			fail_msg("%s: byte %zu of the data is wrong", bench->name, i - head);
}

static inline void check_ipv4(const struct bench *bench, const struct ph_datagram *whole, const char *result)
{
	struct ph_pkt pkt;

	assert_int_equal(ph_pkt_parse(whole->ip, whole->len, &pkt), PH_PKT_OK);
	assert_int_equal(pkt.len, whole->len);
	assert_false(pkt.is_frag);
	assert_int_equal(whole->ip[6] >> 6 & 1, strchr(result, 'd') != NULL);
	assert_int_equal(whole->ip[6] & 0xbf, 0);
	assert_memory_equal(whole->ip + 12, bench->head->bytes + 12, 8);
	assert_memory_equal(whole->ip + 4, bench->head->bytes + 4, 2);
	check_data(bench, whole, bench->head->len);
}

static inline void check_ipv6(const struct bench *bench, const struct ph_datagram *whole)
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

static inline void check_whole(const struct bench *bench, const struct ph_datagram *whole, const char *result)
{
	size_t head = bench->family == PH_IPV4 ? bench->head->len : bench->head->len - 8;
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

static inline void run_step(struct bench *bench, const struct step *step)
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

static inline void bench_open(struct bench *bench, uint8_t family, const char *name)
{
	*bench = (struct bench){ .family = family, .name = name, .fresh_id = 1000 };
	bench->defrag = ph_defrag_new(&config);
	assert_non_null(bench->defrag);
}

#endif
