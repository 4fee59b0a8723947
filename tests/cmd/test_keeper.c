/* The keeper's protocol: what it does when asked, what it refuses, and what stays when the daemon is gone. */
#include "cmd/keeper.h"

#include "alone.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cmocka.h>

static const struct rules rules = { .first = 5, .n = 1, .bypass = false };

/* A folder of the test's own, with the files a daemon would have. */
static struct {
	char folder[64], policy[96], pipe[96], state[96], next[96], control[96];
	const char *policies[4];
	struct keeper_config config;
	struct keeper *keeper;
	struct ph_diags *diags;
} t;

static void name_file(char *out, const char *name)
{
	snprintf(out, 96, "%s/%s", t.folder, name);
}

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void expect_file(const char *path, const char *text)
{
	char bytes[256];
	FILE *f = fopen(path, "r");
	size_t n;

	assert_non_null(f);
	n = fread(bytes, 1, sizeof(bytes), f);
	fclose(f);
	assert_int_equal(n, strlen(text));
	assert_memory_equal(bytes, text, n);
}

static int setup(void **state)
{
	(void)state;
	snprintf(t.folder, sizeof(t.folder), "/tmp/pinhole-keeper-XXXXXX");
	if (!mkdtemp(t.folder))
		return -1;
	name_file(t.policy, "a.policy");
	name_file(t.pipe, "pipe");
	name_file(t.state, "state");
	name_file(t.next, "state.new");
	name_file(t.control, "control");
	write_file(t.policy, "iptables -P INPUT DROP\n");
	if (mkfifo(t.pipe, 0600) != 0)
		return -1;
	t.policies[0] = t.policy;
	t.policies[1] = "-";
	t.policies[2] = t.pipe;
	t.policies[3] = "/nonexistent/pinhole";
	t.config = (struct keeper_config){ .policy = t.policies, .n_policies = 4, .state = t.state, .control = t.control };
	t.diags = ph_diags_new();
	t.keeper = NULL;
	return 0;
}

static int teardown(void **state)
{
	const char *const files[] = { t.policy, t.pipe, t.state, t.next, t.control };

	(void)state;
	keeper_stop(t.keeper);
	ph_diags_free(t.diags);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		unlink(files[i]);
	return rmdir(t.folder);
}

static void start(void)
{
	if (!is_root()) {
		print_message("needs root\n");
		skip();
	}
	t.keeper = keeper_start(&t.config, t.diags);
	print_diags(t.diags);
	assert_non_null(t.keeper);
	assert_int_equal(ph_diags_count(t.diags), 0);
}

/* The last complaint is an error that says this. */
static void expect_said(const char *text)
{
	const struct ph_diag *d;

	assert_true(ph_diags_count(t.diags) > 0);
	d = ph_diags_get(t.diags, ph_diags_count(t.diags) - 1);
	assert_int_equal(d->severity, PH_ERROR);
	if (!strstr(d->text, text))
		fail_msg("'%s' does not say '%s'", d->text, text);
}

static void test_keeper_policy_is_opened_for_reading_only(void **state)
{
	size_t len;
	char *text;
	int fd;

	(void)state;
	start();
	assert_int_equal(keeper_policy_open(t.keeper, 0, &fd, t.diags), PH_OK);
	assert_int_equal(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDONLY);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	close(fd);
	/* Another file under the same name, as editors leave it. */
	unlink(t.policy);
	write_file(t.policy, "iptables -P INPUT ACCEPT\n");
	text = keeper_policy_read(t.keeper, 0, 1000, &len, t.diags);
	assert_non_null(text);
	assert_string_equal(text, "iptables -P INPUT ACCEPT\n");
	assert_int_equal(len, strlen(text));
	free(text);
	assert_null(keeper_policy_read(t.keeper, 0, 10, &len, t.diags));
	expect_said("cannot be read: File too large");
}

static void test_keeper_policy_of_many_bytes_is_read_whole(void **state)
{
	const size_t size = 300000;
	char *text = malloc(size + 1);
	size_t len;

	(void)state;
	memset(text, 'x', size);
	text[size] = '\0';
	write_file(t.policy, text);
	free(text);
	start();
	text = keeper_policy_read(t.keeper, 0, size, &len, t.diags);
	assert_non_null(text);
	assert_int_equal(len, size);
	assert_int_equal(strspn(text, "x"), size);
	free(text);
}

static void test_keeper_policy_that_cannot_be_read_again_is_refused(void **state)
{
	int fd;

	(void)state;
	start();
	assert_int_equal(keeper_policy_open(t.keeper, 1, &fd, t.diags), PH_INVALID);
	expect_said("standard input");
	assert_int_equal(keeper_policy_open(t.keeper, 2, &fd, t.diags), PH_INVALID);
	expect_said("no regular file");
	assert_int_equal(keeper_policy_open(t.keeper, 3, &fd, t.diags), PH_IO);
	expect_said("/nonexistent/pinhole: cannot be opened: No such file");
	assert_int_equal(keeper_policy_open(t.keeper, 4, &fd, t.diags), PH_INVALID);
	expect_said("no policy file of this number");
	assert_int_equal(keeper_policy_open(t.keeper, UINT16_MAX, &fd, t.diags), PH_INVALID);
	assert_int_equal(keeper_policy_open(t.keeper, (size_t)UINT16_MAX + 1, &fd, t.diags), PH_INVALID);
	assert_int_equal(fd, -1);
}

static void test_keeper_state_is_replaced_whole_or_not(void **state)
{
	struct stat st;
	int fd, again;

	(void)state;
	write_file(t.state, "old");
	write_file(t.next, "left by a crash, with a long text");
	start();
	assert_int_equal(keeper_state_commit(t.keeper, t.diags), PH_INVALID);
	expect_said("nothing was begun");
	assert_int_equal(keeper_state_begin(t.keeper, &fd, t.diags), PH_OK);
	assert_int_equal(write(fd, "half", 4), 4);
	expect_file(t.state, "old");
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	/* Begun anew: what was half written goes nowhere. */
	assert_int_equal(keeper_state_begin(t.keeper, &again, t.diags), PH_OK);
	assert_int_equal(write(again, "new", 3), 3);
	assert_int_equal(write(fd, "half", 4), 4);
	assert_int_equal(keeper_state_commit(t.keeper, t.diags), PH_OK);
	expect_file(t.state, "new");
	assert_int_equal(access(t.next, F_OK), -1);
	assert_int_equal(keeper_state_commit(t.keeper, t.diags), PH_INVALID);
	expect_file(t.state, "new");
	close(fd);
	close(again);
}

static void test_keeper_state_does_not_follow_links(void **state)
{
	int fd;

	(void)state;
	assert_int_equal(symlink(t.policy, t.next), 0);
	start();
	assert_int_equal(keeper_state_begin(t.keeper, &fd, t.diags), PH_OK);
	assert_int_equal(write(fd, "new", 3), 3);
	close(fd);
	expect_file(t.policy, "iptables -P INPUT DROP\n");
	assert_int_equal(keeper_state_commit(t.keeper, t.diags), PH_OK);
	expect_file(t.state, "new");
}

static void test_keeper_control_removes_sockets_only(void **state)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)state;
	memcpy(at.sun_path, t.control, strlen(t.control) + 1);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	start();
	assert_int_equal(keeper_control_remove(t.keeper, t.diags), PH_OK);
	assert_int_equal(access(t.control, F_OK), -1);
	assert_int_equal(keeper_control_remove(t.keeper, t.diags), PH_OK);
	write_file(t.control, "mine");
	assert_int_equal(keeper_control_remove(t.keeper, t.diags), PH_INVALID);
	expect_said("no socket");
	expect_file(t.control, "mine");
	close(fd);
}

static void test_keeper_asked_for_what_it_was_not_started_for_refuses(void **state)
{
	int fd;

	(void)state;
	t.config = (struct keeper_config){ .rules = NULL };
	start();
	assert_int_equal(keeper_install(t.keeper, t.diags), PH_INVALID);
	assert_int_equal(keeper_remove(t.keeper, t.diags), PH_INVALID);
	assert_int_equal(keeper_policy_open(t.keeper, 0, &fd, t.diags), PH_INVALID);
	assert_int_equal(keeper_state_begin(t.keeper, &fd, t.diags), PH_INVALID);
	assert_int_equal(keeper_state_commit(t.keeper, t.diags), PH_INVALID);
	assert_int_equal(keeper_control_remove(t.keeper, t.diags), PH_INVALID);
	assert_int_equal(ph_diags_errors(t.diags), 6);
}

/* Sends bytes as they are; what the answer's status is. */
static uint32_t answer_to(const void *bytes, size_t len)
{
	uint8_t answer[9000];
	uint32_t status;

	assert_int_equal(send(keeper_fd(t.keeper), bytes, len, 0), (ssize_t)len);
	assert_true(recv(keeper_fd(t.keeper), answer, sizeof(answer), 0) >= (ssize_t)sizeof(status));
	memcpy(&status, answer, sizeof(status));
	return status;
}

static void test_keeper_request_that_is_none_is_refused(void **state)
{
	static const uint8_t wide[200];
	struct keeper_request request;

	(void)state;
	start();
	for (size_t len = 1; len < sizeof(wide); len++)
		assert_int_equal(answer_to(wide, len), PH_INVALID);
	for (uint32_t code = 0; code <= UINT16_MAX; code += code < 16 ? 1 : 97) {
		if (code >= KEEPER_INSTALL && code <= KEEPER_CONTROL)
			continue;
		request = (struct keeper_request){ (uint16_t)code, 0 };
		assert_int_equal(answer_to(&request, sizeof(request)), PH_INVALID);
	}
	for (uint16_t code = KEEPER_INSTALL; code <= KEEPER_CONTROL; code++) {
		if (code == KEEPER_POLICY)
			continue;
		request = (struct keeper_request){ code, 1 };
		assert_int_equal(answer_to(&request, sizeof(request)), PH_INVALID);
	}
	/* And it goes on. */
	request = (struct keeper_request){ KEEPER_CONTROL, 0 };
	assert_int_equal(answer_to(&request, sizeof(request)), PH_OK);
}

/* Its process: the one child there is. */
static pid_t keeper_pid(void)
{
	char path[64];
	FILE *f;
	int pid = 0;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	f = fopen(path, "r");
	assert_non_null(f);
	assert_int_equal(fscanf(f, "%d", &pid), 1);
	fclose(f);
	return pid;
}

/* What /proc/PID/status says under a name, in hex. */
static unsigned long long of_status(pid_t pid, const char *name)
{
	unsigned long long value = 0;
	char path[64], line[256];
	bool found = false;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	f = fopen(path, "r");
	assert_non_null(f);
	while (!found && fgets(line, sizeof(line), f))
		if (strncmp(line, name, strlen(name)) == 0 && line[strlen(name)] == ':') {
			value = strtoull(line + strlen(name) + 1, NULL, 16);
			found = true;
		}
	fclose(f);
	assert_true(found);
	return value;
}

static void test_keeper_has_three_capabilities_and_three_descriptors(void **state)
{
	const unsigned long long caps = 1ULL << 12 | 1ULL << 13 | 1ULL << 1;    /* NET_ADMIN, NET_RAW, DAC_OVERRIDE */
	struct dirent *entry;
	char path[64];
	size_t n = 0;
	DIR *dir;
	pid_t pid;

	(void)state;
	start();
	pid = keeper_pid();
	assert_true(of_status(pid, "CapEff") == caps);
	assert_true(of_status(pid, "CapPrm") == caps);
	assert_true(of_status(pid, "CapBnd") == caps);
	assert_true(of_status(pid, "CapInh") == 0);
	assert_true(of_status(pid, "CapAmb") == 0);
	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	dir = opendir(path);
	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL)
		n += entry->d_name[0] != '.';
	closedir(dir);
	assert_int_equal(n, 4);
	/* What a service manager sends to all of a service does not end it. */
	kill(pid, SIGTERM);
	kill(pid, SIGINT);
	kill(pid, SIGHUP);
	assert_int_equal(keeper_control_remove(t.keeper, t.diags), PH_OK);
}

static void test_keeper_that_died_is_noticed(void **state)
{
	struct pollfd gone;

	(void)state;
	start();
	gone = (struct pollfd){ .fd = keeper_fd(t.keeper), .events = POLLIN };
	assert_int_equal(poll(&gone, 1, 0), 0);
	kill(keeper_pid(), SIGKILL);
	assert_int_equal(poll(&gone, 1, 10000), 1);
	assert_int_equal(keeper_control_remove(t.keeper, t.diags), PH_IO);
	expect_said("has ended");
}

static void test_keeper_with_name_too_long_does_not_start(void **state)
{
	static char wide[5000];

	(void)state;
	memset(wide, 'x', sizeof(wide) - 1);
	t.config.state = wide;
	if (!is_root())
		skip();
	assert_null(keeper_start(&t.config, t.diags));
	expect_said("too long");
}

/* --- with rules: in a namespace --- */

static bool rules_there(void)
{
	bool present = false;

	HOLDS(rules_present(&present, t.diags) == PH_OK);
	return present;
}

static struct keeper *start_with_rules(void)
{
	struct keeper *keeper;

	t.config.rules = &rules;
	keeper = keeper_start(&t.config, t.diags);
	print_diags(t.diags);
	HOLDS(keeper);
	return keeper;
}

static void install_and_remove(void *arg)
{
	struct keeper *keeper = start_with_rules();

	(void)arg;
	HOLDS(!rules_there());
	HOLDS(keeper_install(keeper, t.diags) == PH_OK && rules_there());
	HOLDS(keeper_install(keeper, t.diags) == PH_OK && rules_there());
	HOLDS(keeper_remove(keeper, t.diags) == PH_OK && !rules_there());
	HOLDS(keeper_remove(keeper, t.diags) == PH_OK && !rules_there());
	HOLDS(ph_diags_count(t.diags) == 0);
	keeper_stop(keeper);
}

/* The daemon, to be killed: installs, says so and waits for its end. */
static void daemon_with_rules(int say)
{
	struct keeper *keeper = start_with_rules();

	HOLDS(keeper_install(keeper, t.diags) == PH_OK);
	HOLDS(write(say, "x", 1) == 1);
	for (;;)
		pause();
}

static void killed_daemon(void *arg)
{
	struct keeper *next;
	struct pollfd end;
	int said[2];
	char c;
	pid_t pid;

	(void)arg;
	HOLDS(pipe(said) == 0);
	pid = fork();
	if (pid == 0)
		daemon_with_rules(said[1]);
	HOLDS(read(said[0], &c, 1) == 1);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	HOLDS(rules_there());
	close(said[1]);
	/* The keeper was the last but us that could hold the pipe; it holds nothing, and it is gone or going. */
	end = (struct pollfd){ .fd = said[0], .events = POLLIN };
	HOLDS(poll(&end, 1, 10000) == 1 && read(said[0], &c, 1) == 0);
	HOLDS(rules_there());
	/* The next instance replaces them, and ends in good order. */
	next = start_with_rules();
	HOLDS(keeper_install(next, t.diags) == PH_OK && rules_there());
	HOLDS(keeper_remove(next, t.diags) == PH_OK && !rules_there());
	keeper_stop(next);
}

static void in_namespace(void (*work)(void *arg))
{
	if (!is_root()) {
		print_message("needs root and network namespaces\n");
		skip();
	}
	assert_int_equal(alone(work, NULL, true), 0);
}

static void test_keeper_rules_are_installed_and_removed(void **state)
{
	(void)state;
	in_namespace(install_and_remove);
}

static void test_keeper_of_a_killed_daemon_leaves_the_rules(void **state)
{
	(void)state;
	in_namespace(killed_daemon);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_keeper_policy_is_opened_for_reading_only),
		TEST(test_keeper_policy_of_many_bytes_is_read_whole),
		TEST(test_keeper_policy_that_cannot_be_read_again_is_refused),
		TEST(test_keeper_state_is_replaced_whole_or_not),
		TEST(test_keeper_state_does_not_follow_links),
		TEST(test_keeper_control_removes_sockets_only),
		TEST(test_keeper_asked_for_what_it_was_not_started_for_refuses),
		TEST(test_keeper_request_that_is_none_is_refused),
		TEST(test_keeper_has_three_capabilities_and_three_descriptors),
		TEST(test_keeper_that_died_is_noticed),
		TEST(test_keeper_with_name_too_long_does_not_start),
		TEST(test_keeper_rules_are_installed_and_removed),
		TEST(test_keeper_of_a_killed_daemon_leaves_the_rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
