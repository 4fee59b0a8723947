/* The daemon's lines: their rate under given times, their form, and that nobody is waited for. */
#include "cmd/log.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static struct {
	int pipe[2];
	struct log *log;
	char text[65536];
} t;

static int setup(void **state)
{
	(void)state;
	unsetenv("JOURNAL_STREAM");
	if (pipe(t.pipe) != 0 || fcntl(t.pipe[0], F_SETFL, O_NONBLOCK) != 0)
		return -1;
	t.log = log_new(t.pipe[1]);
	return t.log ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	log_free(t.log);
	close(t.pipe[0]);
	close(t.pipe[1]);
	return 0;
}

/* All that was written since the last call. */
static const char *said(void)
{
	size_t len = 0;
	ssize_t n;

	while (len < sizeof(t.text) - 1 && (n = read(t.pipe[0], t.text + len, sizeof(t.text) - 1 - len)) > 0)
		len += (size_t)n;
	t.text[len] = '\0';
	return t.text;
}

static size_t lines(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

static void test_log_line_of_each_level_names_it(void **state)
{
	(void)state;
	log_say(t.log, LOG_STATE, LOG_LEVEL_INFO, 0, "policy of %d files", 3);
	log_say(t.log, LOG_STATE, LOG_LEVEL_NOTICE, 0, "b");
	log_say(t.log, LOG_STATE, LOG_LEVEL_WARNING, 0, "c");
	log_say(t.log, LOG_STATE, LOG_LEVEL_ERROR, 0, "d");
	assert_string_equal(said(), "pinhole: policy of 3 files\npinhole: b\npinhole: warning: c\npinhole: error: d\n");
}

static void test_log_burst_is_let_through_then_five_a_second(void **state)
{
	(void)state;
	for (int i = 0; i < 100; i++)
		log_say(t.log, LOG_PACKET, LOG_LEVEL_NOTICE, 1000, "packet %d", i);
	assert_int_equal(lines(said()), LOG_BURST);
	log_say(t.log, LOG_PACKET, LOG_LEVEL_NOTICE, 1199, "too early");
	assert_string_equal(said(), "");
	log_say(t.log, LOG_PACKET, LOG_LEVEL_NOTICE, 1200, "in time");
	assert_string_equal(said(), "pinhole: suppressed 91 messages about packets\npinhole: in time\n");
	for (uint64_t now = 1201; now <= 2200; now++)
		log_say(t.log, LOG_PACKET, LOG_LEVEL_NOTICE, now, "many");
	said();
	for (uint64_t now = 3000; now <= 13000; now++)
		log_say(t.log, LOG_HELPER, LOG_LEVEL_NOTICE, now, "many");
	/* Ten at once, fifty in ten seconds, each of these with a count before it. */
	assert_int_equal(lines(said()), LOG_BURST + 2 * LOG_PER_SECOND * 10);
}

static void test_log_kinds_have_rates_of_their_own(void **state)
{
	(void)state;
	for (int i = 0; i < 50; i++)
		log_say(t.log, LOG_PACKET, LOG_LEVEL_NOTICE, 0, "packet");
	said();
	log_say(t.log, LOG_CONTROL, LOG_LEVEL_WARNING, 0, "client");
	assert_string_equal(said(), "pinhole: warning: client\n");
}

static void test_log_rest_fills_up_to_the_burst_only(void **state)
{
	(void)state;
	log_say(t.log, LOG_PACKET, LOG_LEVEL_NOTICE, 0, "first");
	said();
	for (int i = 0; i < 100; i++)
		log_say(t.log, LOG_PACKET, LOG_LEVEL_NOTICE, UINT64_MAX - 1, "packet");
	assert_int_equal(lines(said()), LOG_BURST);
}

static void test_log_time_that_stands_or_runs_back_gives_nothing(void **state)
{
	(void)state;
	for (int i = 0; i < LOG_BURST; i++)
		log_say(t.log, LOG_PACKET, LOG_LEVEL_NOTICE, 5000, "packet");
	said();
	log_say(t.log, LOG_PACKET, LOG_LEVEL_NOTICE, 0, "packet");
	log_say(t.log, LOG_PACKET, LOG_LEVEL_NOTICE, 5000, "packet");
	assert_string_equal(said(), "");
}

static void test_log_tick_tells_the_last_count(void **state)
{
	(void)state;
	for (int i = 0; i < LOG_BURST + 7; i++)
		log_say(t.log, LOG_KERNEL, LOG_LEVEL_WARNING, 0, "overrun");
	said();
	log_tick(t.log, 100);
	assert_string_equal(said(), "");
	log_tick(t.log, 200);
	assert_string_equal(said(), "pinhole: warning: suppressed 7 messages about the kernel\n");
	log_tick(t.log, 9999);
	assert_string_equal(said(), "");
}

static void test_log_foreign_bytes_are_escaped(void **state)
{
	(void)state;
	log_say(t.log, LOG_STATE, LOG_LEVEL_INFO, 0, "%s", "a\nb\x1b[31m\x7f\xc3\xa9<3>");
	assert_string_equal(said(), "pinhole: a\\x0ab\\x1b[31m\\x7f\\xc3\\xa9<3>\n");
}

static void test_log_long_line_is_cut_and_ends(void **state)
{
	char wide[5000];
	const char *out;

	(void)state;
	memset(wide, 'x', sizeof(wide));
	wide[sizeof(wide) - 1] = '\0';
	log_say(t.log, LOG_STATE, LOG_LEVEL_INFO, 0, "%s", wide);
	out = said();
	assert_int_equal(lines(out), 1);
	assert_in_range(strlen(out), 900, 1100);
	memset(wide, '\x01', sizeof(wide) - 1);
	log_say(t.log, LOG_STATE, LOG_LEVEL_INFO, 0, "%s", wide);
	out = said();
	assert_int_equal(lines(out), 1);
	assert_in_range(strlen(out), 900, 1100);
	assert_string_equal(out + strlen(out) - 4, "...\n");
}

static void test_log_journal_gets_priorities(void **state)
{
	char stream[64];
	struct stat st;

	(void)state;
	assert_int_equal(fstat(t.pipe[1], &st), 0);
	snprintf(stream, sizeof(stream), "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
	setenv("JOURNAL_STREAM", stream, 1);
	log_free(t.log);
	t.log = log_new(t.pipe[1]);
	log_say(t.log, LOG_STATE, LOG_LEVEL_WARNING, 0, "a");
	log_say(t.log, LOG_STATE, LOG_LEVEL_ERROR, 0, "b");
	assert_string_equal(said(), "<4>a\n<3>b\n");
}

static void test_log_journal_of_another_descriptor_is_none_of_ours(void **state)
{
	(void)state;
	setenv("JOURNAL_STREAM", "1:2", 1);
	log_free(t.log);
	t.log = log_new(t.pipe[1]);
	log_say(t.log, LOG_STATE, LOG_LEVEL_WARNING, 0, "a");
	assert_string_equal(said(), "pinhole: warning: a\n");
}

static void test_log_full_pipe_is_not_waited_for(void **state)
{
	char page[4096] = { 0 };
	const char *out;

	(void)state;
	assert_int_equal(fcntl(t.pipe[1], F_SETFL, O_NONBLOCK), 0);
	while (write(t.pipe[1], page, sizeof(page)) > 0)
		;
	assert_int_equal(fcntl(t.pipe[1], F_SETFL, 0), 0);
	for (int i = 0; i < 4; i++)
		log_say(t.log, LOG_STATE, LOG_LEVEL_INFO, 0, "nobody reads");
	while (read(t.pipe[0], page, sizeof(page)) > 0)
		;
	log_say(t.log, LOG_STATE, LOG_LEVEL_INFO, 0, "somebody reads");
	out = said();
	assert_string_equal(out, "pinhole: warning: 4 messages were lost: nobody read them\npinhole: somebody reads\n");
}

static void test_log_full_socket_is_not_waited_for(void **state)
{
	struct log *log;
	char bytes[2000];
	size_t n = 0;
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	log = log_new(pair[1]);
	for (uint64_t now = 0; now < 1000000000; now += 100000)
		log_say(log, LOG_STATE, LOG_LEVEL_INFO, now, "%900s", "x");
	while (recv(pair[0], bytes, sizeof(bytes), MSG_DONTWAIT) > 0)
		n++;
	assert_true(n > 0);
	log_tick(log, 2000000000);
	assert_true(recv(pair[0], bytes, sizeof(bytes), MSG_DONTWAIT) > 0);
	assert_non_null(strstr(bytes, "were lost"));
	log_free(log);
	close(pair[0]);
	close(pair[1]);
}

static void test_log_diagnostics_are_told_from_the_number_given(void **state)
{
	struct ph_diags *diags = ph_diags_new();

	(void)state;
	ph_diags_add(diags, PH_ERROR, "old", 1, 1, "told before");
	ph_diags_add(diags, PH_ERROR, "a.policy", 3, 4, "no such chain");
	ph_diags_add(diags, PH_WARNING, NULL, 0, 0, "this kernel has no IPv6");
	log_diags(t.log, diags, 1);
	assert_string_equal(said(), "pinhole: error: a.policy:3:4: no such chain\npinhole: warning: this kernel has no IPv6\n");
	ph_diags_free(diags);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_log_line_of_each_level_names_it),
		TEST(test_log_burst_is_let_through_then_five_a_second),
		TEST(test_log_kinds_have_rates_of_their_own),
		TEST(test_log_rest_fills_up_to_the_burst_only),
		TEST(test_log_time_that_stands_or_runs_back_gives_nothing),
		TEST(test_log_tick_tells_the_last_count),
		TEST(test_log_foreign_bytes_are_escaped),
		TEST(test_log_long_line_is_cut_and_ends),
		TEST(test_log_journal_gets_priorities),
		TEST(test_log_journal_of_another_descriptor_is_none_of_ours),
		TEST(test_log_full_pipe_is_not_waited_for),
		TEST(test_log_full_socket_is_not_waited_for),
		TEST(test_log_diagnostics_are_told_from_the_number_given),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
