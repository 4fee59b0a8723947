/* SCTP associations against tests/vectors/track/sctp.vec, and packets cut at every byte. */
#include "track/vectors.h"

#define CASES 19
#define HEADER 12

static const struct {
	const char *name;
	uint8_t type, body;     /* bytes behind the chunk header */
} kinds[] = {
	{ "DATA", 0, 16 }, { "INIT", 1, 16 }, { "INITACK", 2, 16 }, { "SACK", 3, 12 }, { "HB", 4, 8 }, { "HBA", 5, 8 },
	{ "ABORT", 6, 0 }, { "SD", 7, 4 }, { "SDA", 8, 0 }, { "ERR", 9, 4 }, { "CE", 10, 8 }, { "CA", 11, 0 }, { "SDC", 14, 0 },
	{ "ZERO", 0, 0 },
};

static void put32(uint8_t *at, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> (24 - 8 * i));
}

/* Appends a chunk as text names it; returns its bytes, 0 when the name is unknown. */
static size_t put_chunk(uint8_t *at, char *text)
{
	char *t = strchr(text, '+'), *tag;
	size_t k = 0;

	if (t)
		*t = '\0';
	tag = strchr(text, ':');
	if (tag)
		*tag++ = '\0';
	while (k < sizeof(kinds) / sizeof(kinds[0]) && strcmp(kinds[k].name, text) != 0)
		k++;
	if (k == sizeof(kinds) / sizeof(kinds[0]))
		return 0;
	memset(at, 0, 4u + kinds[k].body);
	at[0] = kinds[k].type;
	at[1] = t ? 1 : 0;
	at[3] = strcmp(text, "ZERO") == 0 ? 0 : (uint8_t)(4 + kinds[k].body);
	if (tag)
		put32(at + 4, (uint32_t)strtoul(tag, NULL, 10));
	return 4u + kinds[k].body;
}

/* CRC32c bit by bit: the slow way, shared with nobody. */
static uint32_t crc_of(const uint8_t *data, size_t len)
{
	uint32_t crc = 0xffffffffu;

	for (size_t i = 0; i < len; i++) {
		crc ^= data[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0);
	}
	return ~crc;
}

static bool build(const struct run *run, const char *text, struct packet *out)
{
	uint8_t body[512] = { 0 };
	char dir, chunks[256], *save = NULL;
	size_t len = HEADER;
	uint32_t crc;
	unsigned tag;
	bool back;

	(void)run;
	if (sscanf(text, "%c %u %255s", &dir, &tag, chunks) != 3)
		return false;
	back = dir == '<';
	body[0] = back ? 5000 >> 8 : 1234 >> 8;
	body[1] = (uint8_t)(back ? 5000 : 1234);
	body[2] = back ? 1234 >> 8 : 5000 >> 8;
	body[3] = (uint8_t)(back ? 1234 : 5000);
	put32(body + 4, tag);
	for (char *c = strtok_r(chunks, ",", &save); c; c = strtok_r(NULL, ",", &save)) {
		size_t n = put_chunk(body + len, c);

		if (n == 0)
			return false;
		len += n;
	}
	crc = crc_of(body, len);
	for (int i = 0; i < 4; i++)
		body[8 + i] = (uint8_t)(crc >> (8 * i));
	packet_raw(out, back ? SERVER : CLIENT, back ? CLIENT : SERVER, PH_PROTO_SCTP, body, len);
	return true;
}

static void test_sctp_vectors_match(void **state)
{
	(void)state;
	assert_int_equal(run_all((struct run){ .file = "tests/vectors/track/sctp.vec", .build = build }), CASES);
}

static void test_sctp_vectors_match_across_restarts(void **state)
{
	(void)state;
	assert_int_equal(run_all((struct run){ .file = "tests/vectors/track/sctp.vec", .build = build, .restarts = true }), CASES);
}

/* Every prefix of a packet, its end against an unreadable page; the checksum is not looked at. */
static void try_cut(void *arg, uint8_t *copy, size_t len)
{
	struct bench *b = arg;
	struct ph_track_io io = { .now_ms = b->now_ms, .zone_dir = PH_ZONE_BOTH };
	struct ph_pkt pkt;

	if (len < 20)
		return;
	copy[2] = (uint8_t)(len >> 8);
	copy[3] = (uint8_t)len;
	copy[10] = copy[11] = 0;
	if (!ph_pkt_parse_quoted(PH_IPV4, copy, (uint32_t)len, &pkt))
		return;
	io.pkt = &pkt;
	(void)!ph_track_packet(b->track, &io);
	(void)!ph_track_confirm(b->track, &io);
	ph_track_done(b->track, &io);
	b->n_events = 0;
}

static void test_sctp_cut_anywhere_reads_nothing_behind_the_end(void **state)
{
	static const char *const lines[] = { "> 0 INIT:100", "> 200 CE,DATA", "< 100 CA,SACK", "> 200 SD", "> 333 HB" };
	struct bench b;
	struct packet p;

	(void)state;
	bench_init(&b);
	bench_start(&b);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		assert_true(build(NULL, lines[i], &p));
		each_cut(p.data, p.len, try_cut, &b);
	}
	bench_stop(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sctp_vectors_match),
		cmocka_unit_test(test_sctp_vectors_match_across_restarts),
		cmocka_unit_test(test_sctp_cut_anywhere_reads_nothing_behind_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
