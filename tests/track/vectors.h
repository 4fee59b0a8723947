/* Runs a vector file of cases: packets of two hosts, and after each what rules see, the protocol's state, the timeout.
 * How a line becomes a packet is the test's own affair. */
#ifndef TEST_TRACK_VECTORS_H
#define TEST_TRACK_VECTORS_H

#include "track/harness.h"
#include "track/restart.h"

#include <stdio.h>
#include <stdlib.h>

struct run {
	const char *file;
	/* Makes the packet of a line; text: up to "->". False: it cannot be read. */
	bool (*build)(const struct run *run, const char *text, struct packet *out);
	uint32_t isn[2];
	bool restarts;          /* the tracker is saved and restored between every two packets */
	struct bench bench;
	uint64_t expires_ms;    /* of the entry, before the packet */
	const char *name;
	unsigned at;
};

/* What a line expects. */
struct want {
	char state[24], proto_state[24], timeout[24], assured[16];
};

static void fail_line(const struct run *run, const struct seen *seen)
{
	char status[PH_STATUS_TEXT];

	fail_msg("%s:%u: case %s (isn %u): got %s %s %llu s %s, reason %s", run->file, run->at, run->name, run->isn[0],
	         ph_state_name(seen->state), seen->proto_state ? seen->proto_state : "-", (unsigned long long)seen->left_s,
	         ph_conn_status_format(status, seen->conn.status), ph_reason_name(seen->reason));
}

static void check_line(struct run *run, const struct want *want, const struct seen *seen)
{
	struct ph_track_stats stats;
	bool same = strcmp(want->timeout, "same") == 0;

	ph_track_stats(run->bench.track, &stats);
	if (strcmp(ph_state_name(seen->state), want->state) != 0)
		fail_line(run, seen);
	if (strcmp(want->proto_state, "-") != 0 && (!seen->proto_state || strcmp(seen->proto_state, want->proto_state) != 0))
		fail_line(run, seen);
	if (strcmp(want->timeout, "gone") == 0) {
		if (stats.conns != 0)
			fail_line(run, seen);
		return;
	}
	if (stats.conns != 1 || (!same && seen->left_s != strtoul(want->timeout, NULL, 10)))
		fail_line(run, seen);
	if (same && seen->alive && seen->conn.expires_ms != run->expires_ms)
		fail_line(run, seen);
	if (seen->has_conn && (want->assured[0] != '\0') != !!(seen->conn.status & PH_CT_ASSURED))
		fail_line(run, seen);
	if (seen->alive)
		run->expires_ms = seen->conn.expires_ms;
}

static void run_line(struct run *run, const char *text)
{
	const char *arrow = strstr(text, "->");
	struct want want = { 0 };
	struct packet p;
	struct seen seen;

	if (!arrow || !run->build(run, text, &p) ||
	    sscanf(arrow, "-> %23s %23s %23s %15s", want.state, want.proto_state, want.timeout, want.assured) < 3)
		fail_msg("%s:%u: cannot be read", run->file, run->at);
	run->bench.now_ms += 10;
	seen = run_packet(&run->bench, &p, NULL);
	run->bench.n_events = 0;
	check_line(run, &want, &seen);
	if (run->restarts) {
		struct ph_track *old = run->bench.track;

		bench_start(&run->bench);
		assert_int_equal(restart_track(old, run->bench.track).lost, 0);
	}
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

/* All cases of run->file. Returns how many. */
static size_t run_all(struct run run)
{
	char text[512], name[512] = "";
	FILE *f = fopen(run.file, "r");
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
		if (cases > 0)
			bench_stop(&run.bench);
		memcpy(name, text + 5, strlen(text + 5) + 1);
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

#endif
