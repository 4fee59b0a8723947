/* What systemd would be told, read from a socket in its place. */
#include "cmd/notify.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

static struct {
	int fd;
	char text[4096];
} t;

/* An abstract name: nothing is left behind. */
static int setup(void **state)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	char name[64];
	int n;

	(void)state;
	n = snprintf(name, sizeof(name), "@pinhole-notify-%d", (int)getpid());
	memcpy(at.sun_path + 1, name + 1, (size_t)n - 1);
	t.fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (t.fd < 0 || bind(t.fd, (struct sockaddr *)&at, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)n)) != 0)
		return -1;
	return setenv("NOTIFY_SOCKET", name, 1);
}

static int teardown(void **state)
{
	(void)state;
	close(t.fd);
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	return 0;
}

static const char *told(void)
{
	ssize_t n = recv(t.fd, t.text, sizeof(t.text) - 1, 0);

	t.text[n > 0 ? n : 0] = '\0';
	return t.text;
}

static void test_notify_ready_comes_with_a_status(void **state)
{
	(void)state;
	notify_ready("2 queues");
	assert_string_equal(told(), "READY=1\nSTATUS=2 queues");
	notify_status("3 connections");
	assert_string_equal(told(), "STATUS=3 connections");
}

static void test_notify_status_with_newline_says_nothing_else(void **state)
{
	(void)state;
	notify_status("x\nMAINPID=1\x01\xff");
	assert_string_equal(told(), "STATUS=x?MAINPID=1??");
}

static void test_notify_status_too_long_is_cut(void **state)
{
	char wide[1000];

	(void)state;
	memset(wide, 'x', sizeof(wide));
	wide[sizeof(wide) - 1] = '\0';
	notify_status(wide);
	assert_int_equal(strlen(told()), strlen("STATUS=") + 199);
}

static void test_notify_reload_and_stop_are_told(void **state)
{
	(void)state;
	notify_reloading(1234567);
	assert_string_equal(told(), "RELOADING=1\nMONOTONIC_USEC=1234567");
	notify_reloading(0);
	assert_string_equal(told(), "RELOADING=1");
	notify_stopping();
	assert_string_equal(told(), "STOPPING=1");
}

static void test_notify_watchdog_is_due_at_half_its_time(void **state)
{
	char pid[16];

	(void)state;
	assert_int_equal(notify_watchdog_ms(), 0);
	setenv("WATCHDOG_USEC", "10000000", 1);
	assert_int_equal(notify_watchdog_ms(), 5000);
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	setenv("WATCHDOG_PID", pid, 1);
	assert_int_equal(notify_watchdog_ms(), 5000);
	setenv("WATCHDOG_PID", "1", 1);
	assert_int_equal(notify_watchdog_ms(), 0);
	notify_alive();
	assert_string_equal(told(), "WATCHDOG=1");
}

static void test_notify_without_systemd_does_nothing(void **state)
{
	(void)state;
	unsetenv("NOTIFY_SOCKET");
	notify_ready("x");
	notify_alive();
	assert_string_equal(told(), "");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_notify_ready_comes_with_a_status),
		TEST(test_notify_status_with_newline_says_nothing_else),
		TEST(test_notify_status_too_long_is_cut),
		TEST(test_notify_reload_and_stop_are_told),
		TEST(test_notify_watchdog_is_due_at_half_its_time),
		TEST(test_notify_without_systemd_does_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
