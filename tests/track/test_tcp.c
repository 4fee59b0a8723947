/* The TCP state machine against tests/vectors/track/tcp.vec, each case also with numbers that wrap. */
#include "track/harness.h"

#include <stdio.h>
#include <stdlib.h>

#define VECTORS "tests/vectors/track/tcp.vec"

struct line {
	char dir, flags[16], state[24], tcp[24], timeout[24], assured[16], options[96];
	uint32_t seq, ack;
	unsigned win, len;
};

static uint8_t flag_bits(const char *text)
{
	static const char names[] = "FSRPAU";
	unsigned bits = 0;

	for (; *text; text++)
		if (*text != '-')
			bits |= 1u << (strchr(names, *text) - names);
	return (uint8_t)bits;
}

static bool read_line(const char *text, struct line *l)
{
	const char *option = strstr(text, "opt=");
	int n;

	memset(l, 0, sizeof(*l));
	n = sscanf(text, "%c %15s %u %u %u %u", &l->dir, l->flags, &l->seq, &l->ack, &l->win, &l->len);
	if (n != 6)
		return false;
	if (option)
		assert_int_equal(sscanf(option, "opt=%95s", l->options), 1);
	text = strstr(text, "->");
	return text && sscanf(text, "-> %23s %23s %23s %15s", l->state, l->tcp, l->timeout, l->assured) >= 3;
}

struct run {
	struct bench bench;
	uint32_t isn[2];
	uint64_t expires_ms;    /* of the entry, before the packet */
	const char *name;
	unsigned at;
};

static void fail_line(const struct run *run, const struct seen *seen)
{
	char status[PH_STATUS_TEXT];

	fail_msg("%s:%u: case %s (isn %u): got %s %s %llu s %s, reason %s", VECTORS, run->at, run->name, run->isn[0],
	         ph_state_name(seen->state), seen->proto_state ? seen->proto_state : "-", (unsigned long long)seen->left_s,
	         ph_conn_status_format(status, seen->conn.status), ph_reason_name(seen->reason));
}

static void check_line(struct run *run, const struct line *l, const struct seen *seen)
{
	struct ph_track_stats stats;
	bool same = strcmp(l->timeout, "same") == 0;

	ph_track_stats(run->bench.track, &stats);
	if (strcmp(ph_state_name(seen->state), l->state) != 0)
		fail_line(run, seen);
	if (strcmp(l->tcp, "-") != 0 && (!seen->proto_state || strcmp(seen->proto_state, l->tcp) != 0))
		fail_line(run, seen);
	if (strcmp(l->timeout, "gone") == 0) {
		if (stats.conns != 0)
			fail_line(run, seen);
		return;
	}
	if (stats.conns != 1 || (!same && seen->left_s != strtoul(l->timeout, NULL, 10)))
		fail_line(run, seen);
	if (same && seen->alive && seen->conn.expires_ms != run->expires_ms)
		fail_line(run, seen);
	if (seen->has_conn && (l->assured[0] != '\0') != !!(seen->conn.status & PH_CT_ASSURED))
		fail_line(run, seen);
	if (seen->alive)
		run->expires_ms = seen->conn.expires_ms;
}

static void run_line(struct run *run, const char *text)
{
	static const uint8_t data[70000];
	bool back;
	struct line l;
	struct seen seen;
	struct packet_spec spec = { 0 };
	struct packet p;

	if (!read_line(text, &l))
		fail_msg("%s:%u: cannot be read", VECTORS, run->at);
	back = l.dir == '<';
	spec.src = back ? SERVER : CLIENT;
	spec.dst = back ? CLIENT : SERVER;
	spec.sport = back ? 80 : 1234;
	spec.dport = back ? 1234 : 80;
	spec.seq = run->isn[back] + l.seq;
	spec.ack = run->isn[!back] + l.ack;
	spec.flags = flag_bits(l.flags);
	spec.options = l.options[0] ? l.options : NULL;
	spec.payload = l.len ? data : NULL;
	spec.payload_len = l.len;
	run->bench.now_ms += 10;
	packet_build(&p, &spec);
	p.data[34] = (uint8_t)(l.win >> 8);
	p.data[35] = (uint8_t)l.win;
	packet_fix_l4(&p, 20, PH_PROTO_TCP);
	seen = run_packet(&run->bench, &p, NULL);
	run->bench.n_events = 0;
	check_line(run, &l, &seen);
}

static void set_sysctls(struct ph_track_config *config, char *words)
{
	char *save = NULL;

	for (char *w = strtok_r(words, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
		char *value = strchr(w, '=');

		assert_non_null(value);
		*value++ = '\0';
		assert_int_equal(ph_track_config_set(config, w, strtoull(value, NULL, 10)), PH_OK);
	}
}

/* All cases under one pair of initial numbers. Returns how many. */
static size_t run_all(uint32_t isn_client, uint32_t isn_server)
{
	struct run run = { .isn = { isn_client, isn_server } };
	char text[512], name[512] = "";
	FILE *f = fopen(VECTORS, "r");
	size_t cases = 0;

	assert_non_null(f);
	while (fgets(text, sizeof(text), f)) {
		run.at++;
		text[strcspn(text, "\n")] = '\0';
		if (text[0] == '#' || text[0] == '\0')
			continue;
		if (strncmp(text, "case ", 5) != 0) {
			run_line(&run, text);
			continue;
		}
		if (run.bench.track)
			bench_stop(&run.bench);
		strcpy(name, text + 5);
		bench_init(&run.bench);
		run.name = name;
		if (strchr(name, ' ')) {
			*strchr(name, ' ') = '\0';
			set_sysctls(&run.bench.config, name + strlen(name) + 1);
		}
		bench_start(&run.bench);
		cases++;
	}
	bench_stop(&run.bench);
	fclose(f);
	return cases;
}

static void test_tcp_vectors_small_numbers_match(void **state)
{
	(void)state;
	assert_int_equal(run_all(1000, 50000), 41);
}

static void test_tcp_vectors_wrapping_numbers_match(void **state)
{
	(void)state;
	assert_int_equal(run_all(0xfffffff8u, 0xffffff00u), 41);
	assert_int_equal(run_all(0x7ffffff0u, 0xffff0000u), 41);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tcp_vectors_small_numbers_match),
		cmocka_unit_test(test_tcp_vectors_wrapping_numbers_match),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
