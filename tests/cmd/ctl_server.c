/* The control socket without a kernel behind it: a policy, an engine, packets from captures, and a clock that its caller turns.
 *
 *   ctl_server SOCKET POLICY
 *
 * Commands on standard input, a line each, answered by "done": play CAPTURE, flood N (UDP packets, a connection each), wait SECONDS,
 * huge N (the next answer of an edit has N lines more). End of file: it ends. 10.20/16 lies behind eth0, 10.30/16 behind eth1. The
 * queues and the edits are made up.
 *
 * link: -Wl,--wrap=ph_queues_stats */
#include "cmd/live.h"

#include <pinhole/capture.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define START_MS 1763842503123  /* 2025-11-22T20:15:03.123Z */

void __wrap_ph_queues_stats(struct ph_queues *queues, struct ph_queues_stats *out);

static struct {
	struct live live;
	struct live_options options;
	uint64_t now_ms, huge;
	uint32_t id;
} server;

uint64_t live_now_ms(const struct live *live)
{
	(void)live;
	return server.now_ms;
}

void __wrap_ph_queues_stats(struct ph_queues *queues, struct ph_queues_stats *out)
{
	(void)queues;
	*out = (struct ph_queues_stats){ .packets = 17, .kernel_dropped = 3, .waiting = 2 };
}

enum ph_status live_reload(struct live *live, struct ph_diags *diags)
{
	struct ph_policy *policy = cmd_policy_read(&server.options.policy, diags);

	if (!policy) {
		live->counts.reloads_failed++;
		return PH_INVALID;
	}
	ph_policy_free(policy);
	live->counts.reloads++;
	return PH_OK;
}

/* Says what it was given; -C is a no, "gone" finds nothing, "bad" is an error, "odd" a status without a word. */
enum ph_status live_edit(struct live *live, const char *const *word, size_t n, struct ph_sink out, struct ph_diags *diags)
{
	(void)live;
	for (size_t i = 0; i < n; i++) {
		out.write(out.arg, word[i], strlen(word[i]));
		out.write(out.arg, "\n", 1);
	}
	for (; server.huge; server.huge--)
		out.write(out.arg, "0123456789abcde\n", 16);
	if (n > 1 && strcmp(word[1], "-C") == 0) {
		ph_diags_add(diags, PH_WARNING, NULL, 0, 0, "Bad rule");
		return PH_EXISTS;
	}
	if (n > 1 && strcmp(word[1], "gone") == 0) {
		ph_diags_add(diags, PH_ERROR, NULL, 0, 0, "no such rule");
		return PH_NOT_FOUND;
	}
	if (n > 1 && strcmp(word[1], "odd") == 0)
		return PH_NO_MEMORY;
	if (n < 2 || strcmp(word[1], "bad") != 0)
		return PH_OK;
	ph_diags_add(diags, PH_WARNING, NULL, 0, 0, "a warning with \033[31m");
	ph_diags_add(diags, PH_ERROR, NULL, 0, 0, "bad: is bad");
	return PH_INVALID;
}

static void on_event(void *arg, const struct ph_event *event)
{
	struct live *live = arg;

	control_event(live->control, live, event);
}

static void one_packet(const struct ph_frame *frame)
{
	struct live *live = &server.live;
	struct ph_queued queued = { .frame = *frame, .id = ++server.id };
	struct ph_packet_in in = { .iface = PH_IFACE_ROUTE, .vouched = true };
	struct ph_packet_out out;
	struct ph_brief brief;
	struct ph_l3 l3;

	queued.frame.time_ms = server.now_ms;
	in.frame = queued.frame;
	live->packet = &queued;
	if (ph_frame_l3(frame, &l3) && ph_packet_brief(frame->data + l3.at, l3.len, &brief) && brief.src.b[0] == 10) {
		in.iface = brief.src.b[1] == 30;
		in.out_iface = !in.iface;
		in.place = PH_PLACE_FORWARD;
	}
	ph_engine_process(live->engine, &in, &out, 1);
	live->counts.passed += out.verdict == PH_ACCEPT;
	live->counts.dropped += out.verdict == PH_DROP;
	if (out.verdict == PH_DROP)
		refusals_add(live->refusals, live, &out);
	live->packet = NULL;
}

static void play(const char *path)
{
	struct ph_diags *diags = ph_diags_new();
	struct ph_capture *capture = ph_capture_open(path, diags);
	struct ph_capture_frame frame;
	const char *error = NULL;

	cmd_diags_print(diags, 0);
	while (capture && ph_capture_next(capture, &frame, &error) == PH_OK)
		one_packet(&frame.frame);
	ph_capture_close(capture);
	ph_diags_free(diags);
}

/* 10.20.x.y to 10.30.0.2, from different addresses and ports. */
static void flood(unsigned n)
{
	uint8_t ip[28] = { 0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0, 0, 10, 20, 0, 2, 10, 30, 0, 2, 0, 0, 0, 9, 0, 8, 0, 0 };
	struct ph_frame frame = { .data = ip, .len = sizeof(ip), .wire_len = sizeof(ip), .link = PH_LINK_RAW };

	for (unsigned i = 0; i < n; i++) {
		ip[15] = (uint8_t)(2 + i / 50000);
		ip[20] = (uint8_t)((1024 + i % 50000) >> 8);
		ip[21] = (uint8_t)(1024 + i % 50000);
		ph_packet_mend(ip, sizeof(ip), sizeof(ip), PH_MEND_IPSUM);
		one_packet(&frame);
	}
}

static void obey(char *line)
{
	char *word = strchrnul(line, ' ');

	if (*word)
		*word++ = '\0';
	if (strcmp(line, "play") == 0)
		play(word);
	else if (strcmp(line, "flood") == 0)
		flood((unsigned)strtoul(word, NULL, 10));
	else if (strcmp(line, "huge") == 0)
		server.huge = strtoul(word, NULL, 10);
	else if (strcmp(line, "wait") == 0)
		server.now_ms += 1000 * strtoull(word, NULL, 10);
	ph_engine_advance(server.live.engine, server.now_ms);
	puts("done");
	fflush(stdout);
}

/* Reads what is there; false at the end. */
static bool read_commands(void)
{
	static char line[4096];
	static size_t len;
	ssize_t n = read(STDIN_FILENO, line + len, sizeof(line) - len);
	char *end;

	if (n <= 0)
		return false;
	len += (size_t)n;
	while ((end = memchr(line, '\n', len))) {
		*end++ = '\0';
		obey(line);
		len -= (size_t)(end - line);
		memmove(line, end, len);
	}
	return true;
}

static void serve(void)
{
	struct pollfd fds[] = { { .fd = STDIN_FILENO, .events = POLLIN }, { .fd = control_fd(server.live.control), .events = POLLIN } };

	puts("ready");
	fflush(stdout);
	while (poll(fds, 2, -1) >= 0) {
		if (fds[1].revents)
			control_serve(server.live.control, &server.live);
		if (fds[0].revents && !read_commands())
			return;
	}
}

int main(int argc, char **argv)
{
	struct ph_diags *diags = ph_diags_new();
	struct live *live = &server.live;
	const char *file;

	if (argc != 3)
		return 2;
	file = argv[2];
	server.options.policy = (struct cmd_policy){ .file = &file, .n = 1, .no_advice = true };
	server.now_ms = START_MS;
	*live = (struct live){ .options = &server.options, .start_wall_ms = START_MS, .queues = (struct ph_queues *)(void *)&server };
	live->policy = cmd_policy_read(&server.options.policy, diags);
	live->refusals = refusals_new();
	live->control = live->policy ? control_open(argv[1], diags) : NULL;
	cmd_diags_print(diags, 0);
	if (live->control) {
		live->engine = ph_engine_new(live->policy, &(struct ph_engine_config){ .on_event = on_event, .arg = live });
		ph_engine_advance(live->engine, server.now_ms);
		serve();
	}
	argc = live->control ? 0 : 1;
	control_close(live->control);
	ph_engine_free(live->engine);
	refusals_free(live->refusals);
	ph_policy_free(live->policy);
	ph_diags_free(diags);
	return argc;
}
