/* A program over <pinhole/queue.h> for scripts that put it before a kernel.
 *
 *   test_queue_probe FIRST N [range=N] [len=N] [bytes=N] [open] [stall] [quiet] [drop] [odd] [mark=N] [hold=N] [batch=N]
 *
 * Opens N queues from FIRST on and prints "ready"; then a line for each packet unless quiet, and gives verdicts: accepts, or with
 * drop drops, with odd drops the second, fourth ...; mark=N marks; hold=N leaves the first N waiting; batch=N receives so many at once.
 * stall: receives nothing before it is told to. Lines that it is told: "go", "stall", "release" (accepts what it holds, latest first), "stats",
 * "send HEX IFINDEX" (a packet of its own). It ends with its input. Without arguments tests itself.
 *
 * link: -Wl,--wrap=calloc -Wl,--wrap=malloc -Wl,--wrap=realloc */
#include <pinhole/queue.h>

#include <inttypes.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "support/refuse.h"
#include "support/support.h"

#define HOLD_MOST 1024
#define BATCH_MOST 512

struct probe {
	struct ph_queues_config config;
	bool stall, quiet, drop, odd, has_mark;
	uint32_t mark;
	size_t hold, batch;
	struct ph_queues *queues;
	struct ph_sender *sender;
	uint64_t n, gso, vouched, of_queue[64];
	size_t n_held;
	struct { uint16_t queue; uint32_t id; } held[HOLD_MOST];
};

static void show(const struct ph_queued *p)
{
	const uint8_t *at = p->frame.data;
	bool ethernet = p->frame.link == PH_LINK_ETHERNET;
	struct ph_l3 l3;

	if (!ph_frame_l3(&p->frame, &l3))
		l3 = (struct ph_l3){ .family = 0 };
	printf("packet queue=%u hook=%u family=%u len=%u wire=%u vouched=%d gso=%d in=%u out=%u mark=%u", p->queue, p->hook, l3.family,
	       p->frame.len, p->frame.wire_len, p->vouched, p->gso, p->ifindex_in, p->ifindex_out, p->mark);
	if (p->has_owner)
		printf(" uid=%u gid=%u", p->uid, p->gid);
	if (ethernet)
		printf(" mac=%02x:%02x:%02x:%02x:%02x:%02x", at[6], at[7], at[8], at[9], at[10], at[11]);
	printf("\n");
}

static void judge(struct probe *probe, const struct ph_queued *p)
{
	bool accept = !probe->drop && !(probe->odd && probe->n % 2 == 1);

	if (!probe->quiet)
		show(p);
	probe->gso += p->gso;
	probe->vouched += p->vouched;
	probe->of_queue[p->queue]++;
	if (probe->n++ < probe->hold) {
		probe->held[probe->n_held].queue = p->queue;
		probe->held[probe->n_held++].id = p->id;
		return;
	}
	ph_queues_verdict(probe->queues, p->queue, p->id, accept, probe->has_mark ? &probe->mark : NULL);
}

static void receive(struct probe *probe)
{
	struct ph_queued packet[BATCH_MOST];
	size_t n;

	while ((n = ph_queues_receive(probe->queues, packet, probe->batch)) > 0) {
		for (size_t i = 0; i < n; i++)
			judge(probe, &packet[i]);
		(void)!ph_queues_flush(probe->queues);
	}
}

static void release(struct probe *probe)
{
	while (probe->n_held > 0) {
		probe->n_held--;
		ph_queues_verdict(probe->queues, probe->held[probe->n_held].queue, probe->held[probe->n_held].id, true, NULL);
	}
	printf(ph_queues_flush(probe->queues) == PH_OK ? "released\n" : "failed\n");
}

static void stats(struct probe *probe)
{
	struct ph_queues_stats s;

	ph_queues_stats(probe->queues, &s);
	printf("stats packets=%" PRIu64 " bytes=%" PRIu64 " cut=%" PRIu64 " accepted=%" PRIu64 " dropped=%" PRIu64 " messages=%" PRIu64
	       " overruns=%" PRIu64 " malformed=%" PRIu64 " refused=%" PRIu64 " kernel_dropped=%" PRIu64 " user_dropped=%" PRIu64
	       " waiting=%" PRIu64 " gso=%" PRIu64 " vouched=%" PRIu64 " allocations=%ld",
	       s.packets, s.bytes, s.cut, s.accepted, s.dropped, s.messages, s.overruns, s.malformed, s.refused, s.kernel_dropped,
	       s.user_dropped, s.waiting, probe->gso, probe->vouched, allocations);
	for (size_t i = 0; i < probe->config.n; i++)
		printf(" queue%zu=%" PRIu64, i, probe->of_queue[i]);
	printf("\n");
}

static void send_packet(struct probe *probe, const char *line)
{
	uint8_t packet[2048];
	char hex[4096] = "";
	size_t len = strcspn(line, " ");

	if (len >= sizeof(hex))
		return;
	memcpy(hex, line, len);
	len = hex_bytes(hex, packet, sizeof(packet));
	printf("sent %d\n", ph_sender_send(probe->sender, packet, (uint32_t)len, (uint32_t)strtoul(line + strcspn(line, " "), NULL, 10)));
}

static bool obey(struct probe *probe)
{
	char line[8192];

	if (!fgets(line, sizeof(line), stdin))
		return false;
	if (strcmp(line, "go\n") == 0 || strcmp(line, "stall\n") == 0)
		probe->stall = line[0] == 's';
	else if (strcmp(line, "release\n") == 0)
		release(probe);
	else if (strcmp(line, "stats\n") == 0)
		stats(probe);
	else if (strncmp(line, "send ", 5) == 0)
		send_packet(probe, line + 5);
	return true;
}

static bool number_option(const char *word, const char *name, uint32_t *out)
{
	size_t len = strlen(name);

	if (strncmp(word, name, len) != 0 || word[len] != '=')
		return false;
	*out = (uint32_t)strtoul(word + len + 1, NULL, 0);
	return true;
}

static void option(struct probe *probe, const char *word)
{
	uint32_t n;

	if (number_option(word, "range", &probe->config.copy_range) || number_option(word, "len", &probe->config.queue_len) ||
	    number_option(word, "bytes", &probe->config.socket_bytes))
		return;
	if (number_option(word, "mark", &probe->mark))
		probe->has_mark = true;
	else if (number_option(word, "hold", &n))
		probe->hold = n < HOLD_MOST ? n : HOLD_MOST;
	else if (number_option(word, "batch", &n))
		probe->batch = n < BATCH_MOST ? n : BATCH_MOST;
	probe->config.fail_open |= strcmp(word, "open") == 0;
	probe->stall |= strcmp(word, "stall") == 0;
	probe->quiet |= strcmp(word, "quiet") == 0;
	probe->drop |= strcmp(word, "drop") == 0;
	probe->odd |= strcmp(word, "odd") == 0;
}

static int complain(struct ph_diags *diags)
{
	for (size_t i = 0; i < ph_diags_count(diags); i++)
		printf("%s\n", ph_diags_get(diags, i)->text);
	ph_diags_free(diags);
	return 1;
}

static int run(struct probe *probe)
{
	struct ph_diags *diags = ph_diags_new();
	struct pollfd fds[2] = { { .fd = STDIN_FILENO, .events = POLLIN } };
	bool more = true;

	setvbuf(stdin, NULL, _IONBF, 0);
	setvbuf(stdout, NULL, _IOLBF, 0);
	probe->queues = ph_queues_open(&probe->config, diags);
	probe->sender = probe->queues ? ph_sender_open(diags) : NULL;
	if (!probe->sender || ph_queues_start(probe->queues) != PH_OK) {
		ph_queues_close(probe->queues);
		return complain(diags);
	}
	ph_diags_free(diags);
	allocations = 0;
	printf("ready\n");
	fds[1] = (struct pollfd){ .fd = ph_queues_fd(probe->queues), .events = POLLIN };
	while (more && poll(fds, probe->stall ? 1 : 2, -1) > 0) {
		if (!probe->stall && fds[1].revents)
			receive(probe);
		if (fds[0].revents)
			more = obey(probe);
	}
	ph_sender_close(probe->sender);
	ph_queues_close(probe->queues);
	return 0;
}

static void test_queues_open_numbers_out_of_range_are_refused(void **state)
{
	static const struct ph_queues_config wrong[] = { { .first = 0, .n = 0 }, { .first = 0, .n = 65 }, { .first = 65535, .n = 2 } };

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct ph_diags *diags = ph_diags_new();

		assert_null(ph_queues_open(&wrong[i], diags));
		assert_int_equal(ph_diags_errors(diags), 1);
		ph_diags_free(diags);
	}
	ph_queues_close(NULL);
	ph_sender_close(NULL);
}

/* As root all is made in the end, in a network namespace without anybody else; otherwise the kernel refuses what memory allowed. */
static void test_queues_open_refused_memory_is_null(void **state)
{
	const struct ph_queues_config config = { .first = 7, .n = 2 };
	bool may = geteuid() == 0 && unshare(CLONE_NEWNET) == 0;
	struct ph_queues *queues = NULL;
	long n = 0;

	for (; n < 20 && !queues; n++) {
		struct ph_diags *diags = ph_diags_new();

		allocations = 0;
		refuse_at = n;
		queues = ph_queues_open(&config, diags);
		refuse_at = -1;
		assert_true(queues || ph_diags_errors(diags) > 0);
		ph_diags_free(diags);
	}
	if (may) {
		assert_non_null(queues);
		assert_int_equal(n, 11);        /* queues, list, and of each: blocks, round, waiting, messages */
		assert_int_equal(ph_queues_start(queues), PH_OK);
	}
	ph_queues_close(queues);
}

static void test_clock_read_twice_does_not_run_backwards(void **state)
{
	uint64_t first = ph_clock_ms();

	assert_true(first > 0);
	assert_true(ph_clock_ms() >= first);
	/* 2020-01-01: the time of day, not that since the start. */
	assert_true(ph_wall_ms() > UINT64_C(1577836800000));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_queues_open_numbers_out_of_range_are_refused),
		cmocka_unit_test(test_queues_open_refused_memory_is_null),
		cmocka_unit_test(test_clock_read_twice_does_not_run_backwards),
	};
	struct probe probe = { .batch = BATCH_MOST };

	if (argc < 3)
		return cmocka_run_group_tests(tests, NULL, NULL);
	probe.config.first = (uint16_t)strtoul(argv[1], NULL, 10);
	probe.config.n = (uint16_t)strtoul(argv[2], NULL, 10);
	for (int i = 3; i < argc; i++)
		option(&probe, argv[i]);
	return run(&probe);
}
