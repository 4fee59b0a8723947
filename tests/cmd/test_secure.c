/* After the privileges are given up: what is gone, what still works. Each look is a child's, the lock being for good. */
#include "cmd/secure.h"

#include "cmd/keeper.h"
#include "cmd/log.h"
#include "cmd/notify.h"
#include "alone.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cmocka.h>

#ifdef __SANITIZE_ADDRESS__
enum { SANITIZED = 1 };         /* the runtime needs more, see seccomp.c */
#else
enum { SANITIZED = 0 };
#endif

static void lock(const char *user)
{
	struct ph_diags *diags = ph_diags_new();

	if (secure_drop(user, diags) != PH_OK || secure_filter(false, diags) != PH_OK) {
		print_diags(diags);
		HOLDS(!"locked");
	}
	ph_diags_free(diags);
}

/* --- what /proc says --- */

/* The value of a line, read anew from a status file that was opened before the lock. */
static const char *of_status(int fd, const char *name, char value[128])
{
	char text[8192], *line;
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

	HOLDS(n > 0);
	text[n] = '\0';
	line = strstr(text, name);
	HOLDS(line);
	line += strlen(name);
	snprintf(value, 128, "%.*s", (int)strcspn(line, "\n"), line);
	return value;
}

static void expect_status(int fd, const char *name, const char *want)
{
	char value[128];

	of_status(fd, name, value);
	if (strcmp(value, want) != 0)
		fprintf(stderr, "%s is '%s', not '%s'\n", name, value, want);
	HOLDS(strcmp(value, want) == 0);
}

#define NET_ADMIN_ONLY "\t0000000000001000"
#define NOTHING "\t0000000000000000"

static void expect_locked(int fd, const char *ids)
{
	expect_status(fd, "\nUid:", ids);
	expect_status(fd, "\nGid:", ids);
	expect_status(fd, "\nGroups:", "\t ");
	expect_status(fd, "\nCapInh:", NOTHING);
	expect_status(fd, "\nCapPrm:", NET_ADMIN_ONLY);
	expect_status(fd, "\nCapEff:", NET_ADMIN_ONLY);
	expect_status(fd, "\nCapBnd:", NOTHING);
	expect_status(fd, "\nCapAmb:", NOTHING);
	expect_status(fd, "\nNoNewPrivs:", "\t1");
	expect_status(fd, "\nSeccomp:", "\t2");
}

static void as_nobody(void *arg)
{
	int fd = open("/proc/self/status", O_RDONLY);

	(void)arg;
	lock("nobody");
	expect_locked(fd, "\t65534\t65534\t65534\t65534");
}

static void as_root(void *arg)
{
	int fd = open("/proc/self/status", O_RDONLY);

	lock(arg);
	expect_locked(fd, "\t0\t0\t0\t0");
}

static void no_core(void *arg)
{
	struct ph_diags *diags = ph_diags_new();
	struct rlimit limit;

	(void)arg;
	HOLDS(secure_drop("nobody", diags) == PH_OK);
	HOLDS(getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_cur == 0 && limit.rlim_max == 0);
	ph_diags_free(diags);
}

struct reader {
	int in, out;
};

/* Says its number, then waits. */
static void *reader(void *arg)
{
	const struct reader *r = arg;
	pid_t tid = gettid();
	char c;

	if (write(r->out, &tid, sizeof(tid)) != sizeof(tid))
		return NULL;
	return read(r->in, &c, 1) == 1 ? arg : NULL;
}

/* A thread made before the filter is under it as well. */
static void thread(void *arg)
{
	struct ph_diags *diags = ph_diags_new();
	int to[2], from[2], fd;
	struct reader ends;
	pthread_t id;
	pid_t tid;
	char path[64];
	void *good;

	(void)arg;
	HOLDS(pipe(to) == 0 && pipe(from) == 0);
	ends = (struct reader){ .in = to[0], .out = from[1] };
	HOLDS(secure_drop("nobody", diags) == PH_OK);
	HOLDS(pthread_create(&id, NULL, reader, &ends) == 0);
	HOLDS(read(from[0], &tid, sizeof(tid)) == sizeof(tid));
	snprintf(path, sizeof(path), "/proc/self/task/%d/status", (int)tid);
	fd = open(path, O_RDONLY);
	HOLDS(fd >= 0);
	HOLDS(secure_filter(false, diags) == PH_OK);
	expect_locked(fd, "\t65534\t65534\t65534\t65534");
	HOLDS(write(to[1], "x", 1) == 1);
	HOLDS(pthread_join(id, &good) == 0 && good);
	ph_diags_free(diags);
}

/* --- what is refused --- */

static void call_execve(void)
{
	char *const argv[] = { (char[]){ "true" }, NULL };

	execve("/bin/true", argv, NULL);
}

static void call_ptrace(void)
{
	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}

static void call_fork(void)
{
	if (fork() == 0)
		_exit(0);
}

static void call_mmap_exec(void)
{
	(void)!mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void call_mprotect_exec(void)
{
	void *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	HOLDS(at != MAP_FAILED);
	mprotect(at, 4096, PROT_READ | PROT_EXEC);
}

static void call_kill(void)
{
	kill(getppid(), 0);
}

static void call_setuid(void)
{
	(void)!setuid(0);
}

/* The rules of iptables could be replaced by such a call on a raw socket. */
static void call_setsockopt_ip(void)
{
	setsockopt(0, IPPROTO_IP, 64, "", 1);
}

static void call_unshare(void)
{
	unshare(CLONE_NEWNET);
}

static void (*const deadly[])(void) = { call_execve, call_mmap_exec, call_mprotect_exec, call_setuid, call_setsockopt_ip, call_unshare,
	                                /* Those below are what the sanitizers' runtime does itself. */
	                                call_ptrace, call_fork, call_kill };
#define N_DEADLY (sizeof(deadly) / sizeof(deadly[0]))
#define N_DEADLY_SANITIZED 6

static void locked_call(void *arg)
{
	void (*const *call)(void) = arg;

	lock("nobody");
	(*call)();
}

static void files_and_sockets(void *arg)
{
	char path[64];
	int fd;

	(void)arg;
	snprintf(path, sizeof(path), "/tmp/pinhole-secure-%d", (int)getpid());
	lock("nobody");
	HOLDS(socket(AF_INET, SOCK_STREAM, 0) == -1 && errno == EACCES);
	HOLDS(socket(AF_INET6, SOCK_RAW, 0) == -1 && errno == EACCES);
	HOLDS(socket(AF_PACKET, SOCK_RAW, 0) == -1 && errno == EACCES);
	HOLDS(socket(AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER) == -1 && errno == EACCES);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	HOLDS(fd >= 0 && connect(fd, (struct sockaddr *)&(struct sockaddr_un){ .sun_family = AF_UNIX }, sizeof(struct sockaddr_un)) == -1 &&
	      errno == EACCES);
	/* The sanitizers' runtime may open files: there the account alone stands in the way. */
	HOLDS(open("/etc/shadow", O_RDONLY) == -1 && errno == EACCES);
	HOLDS(open("/etc/hosts", O_WRONLY) == -1 && errno == EACCES);
	if (SANITIZED)
		return;
	HOLDS(open("/etc/hosts", O_RDONLY) == -1 && errno == EACCES);
	HOLDS(open(path, O_WRONLY | O_CREAT, 0600) == -1 && errno == EACCES);
	HOLDS(unlink(path) == -1 && errno == EACCES);
	HOLDS(rename(path, path) == -1 && errno == EACCES);
}

/* --- what goes on working --- */

static void ordinary_work(void *arg)
{
	struct epoll_event event = { .events = EPOLLIN };
	int epoll = epoll_create1(0), wake = eventfd(0, EFD_NONBLOCK), pair[2], client;
	struct log *log = log_new(2);
	char *memory, c;
	struct ucred who;
	socklen_t len = sizeof(who);
	uint64_t n = 1;

	(void)arg;
	HOLDS(epoll >= 0 && wake >= 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	lock("nobody");
	HOLDS(epoll_ctl(epoll, EPOLL_CTL_ADD, wake, &event) == 0);
	HOLDS(write(wake, &n, sizeof(n)) == sizeof(n));
	HOLDS(epoll_wait(epoll, &event, 1, 1000) == 1 && read(wake, &n, sizeof(n)) == sizeof(n));
	HOLDS(fcntl(pair[0], F_SETFL, O_NONBLOCK) == 0 && read(pair[0], &c, 1) == -1 && errno == EAGAIN);
	HOLDS(send(pair[1], "x", 1, MSG_NOSIGNAL) == 1 && read(pair[0], &c, 1) == 1);
	HOLDS(getsockopt(pair[0], SOL_SOCKET, SO_PEERCRED, &who, &len) == 0);
	HOLDS(setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &(int){ 65536 }, sizeof(int)) == 0);
	/* Loading a policy: small and large memory, given back and made larger. */
	for (size_t size = 16; size < (size_t)64 << 20; size *= 4) {
		memory = malloc(size);
		HOLDS(memory);
		memory = realloc(memory, size * 2);
		HOLDS(memory);
		memory[size * 2 - 1] = 'x';
		free(memory);
	}
	log_say(log, LOG_STATE, LOG_LEVEL_INFO, 0, "said from behind the lock");
	client = accept4(pair[0], NULL, NULL, SOCK_CLOEXEC);
	HOLDS(client == -1 && errno != EACCES);
	log_free(log);
	close(epoll);
	exit(0);
}

static void notified(void *arg)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	char folder[] = "/tmp/pinhole-secure-XXXXXX", path[64], text[256];
	ssize_t n, m;

	(void)arg;
	HOLDS(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/notify", folder);
	memcpy(at.sun_path, path, strlen(path) + 1);
	HOLDS(bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0 && chmod(path, 0777) == 0 && chmod(folder, 0755) == 0);
	setenv("NOTIFY_SOCKET", path, 1);
	setenv("WATCHDOG_USEC", "10000000", 1);
	if (fork() == 0) {
		lock("nobody");
		HOLDS(notify_watchdog_ms() == 5000);
		notify_alive();
		notify_ready("locked");
		_exit(0);
	}
	HOLDS(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){ .tv_sec = 10 }, sizeof(struct timeval)) == 0);
	n = recv(fd, text, sizeof(text), 0);
	m = recv(fd, text + 128, sizeof(text) - 128, 0);
	unlink(path);
	rmdir(folder);
	HOLDS(n == 10 && memcmp(text, "WATCHDOG=1", 10) == 0);
	HOLDS(m > 8 && memcmp(text + 128, "READY=1\n", 8) == 0);
}

static void keeper_behind_lock(void *arg)
{
	const struct rules rules = { .first = 0, .n = 1, .bypass = true };
	const char *const policies[] = { "docs/examples/ftp.policy" };
	struct keeper_config config = { .rules = &rules, .policy = policies, .n_policies = 1, .state = arg };
	struct ph_diags *diags = ph_diags_new();
	struct keeper *keeper;
	size_t len;
	char *text;
	int fd;

	keeper = keeper_start(&config, diags);
	HOLDS(keeper);
	fd = keeper_fd(keeper);
	secure_close_others(&fd, 1);
	lock("nobody");
	HOLDS(keeper_install(keeper, diags) == PH_OK);
	text = keeper_policy_read(keeper, 0, 1 << 20, &len, diags);
	HOLDS(text && len > 100);
	free(text);
	HOLDS(keeper_state_begin(keeper, &fd, diags) == PH_OK && write(fd, "x", 1) == 1 && close(fd) == 0);
	HOLDS(keeper_state_commit(keeper, diags) == PH_OK);
	HOLDS(keeper_remove(keeper, diags) == PH_OK);
	HOLDS(ph_diags_count(diags) == 0);
	keeper_stop(keeper);
	ph_diags_free(diags);
}

/* --- verdicts --- */

/* A message to the queue subsystem with one attribute. */
struct queue_message {
	struct nlmsghdr head;
	struct nfgenmsg nf;
	struct nlattr attr;
	uint8_t data[8];
};

static void queue_say(int fd, uint16_t type, uint16_t attr, const void *data, size_t len)
{
	struct queue_message m = {
		.head = { .nlmsg_type = (uint16_t)(NFNL_SUBSYS_QUEUE << 8 | type), .nlmsg_flags = NLM_F_REQUEST },
		.nf = { .nfgen_family = AF_UNSPEC, .version = NFNETLINK_V0, .res_id = htons(0) },
		.attr = { .nla_len = (uint16_t)(sizeof(struct nlattr) + len), .nla_type = attr },
	};

	memcpy(m.data, data, len);
	m.head.nlmsg_len = (uint32_t)(offsetof(struct queue_message, data) + ((len + 3) & ~(size_t)3));
	HOLDS(send(fd, &m, m.head.nlmsg_len, 0) == (ssize_t)m.head.nlmsg_len);
}

static int queue_open(void)
{
	const struct nfqnl_msg_config_cmd bind_cmd = { .command = NFQNL_CFG_CMD_BIND };
	const struct nfqnl_msg_config_params params = { .copy_range = htonl(0), .copy_mode = NFQNL_COPY_META };
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER);

	HOLDS(fd >= 0);
	queue_say(fd, NFQNL_MSG_CONFIG, NFQA_CFG_CMD, &bind_cmd, sizeof(bind_cmd));
	queue_say(fd, NFQNL_MSG_CONFIG, NFQA_CFG_PARAMS, &params, sizeof(params));
	return fd;
}

/* Waits for a packet and accepts it. */
static void queue_accept(int fd)
{
	struct nfqnl_msg_verdict_hdr verdict = { .verdict = htonl(NF_ACCEPT) };
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	uint8_t message[4096];

	HOLDS(poll(&ready, 1, 10000) == 1);
	HOLDS(recv(fd, message, sizeof(message), 0) > (ssize_t)offsetof(struct queue_message, data) + 4);
	/* The packet's header is the first attribute, its number comes first. */
	memcpy(&verdict.id, message + offsetof(struct queue_message, data), 4);
	queue_say(fd, NFQNL_MSG_VERDICT, NFQA_VERDICT_HDR, &verdict, sizeof(verdict));
}

static void verdicts(void *arg)
{
	const struct rules rules = { .first = 0, .n = 1, .bypass = false };
	struct sockaddr_in here = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int udp = socket(AF_INET, SOCK_DGRAM, 0), queue = queue_open();
	struct ph_diags *diags = ph_diags_new();
	socklen_t len = sizeof(here);
	struct pollfd ready = { .fd = udp, .events = POLLIN };
	char text[8];

	HOLDS(ioctl(udp, SIOCSIFFLAGS, &lo) == 0);
	HOLDS(bind(udp, (struct sockaddr *)&here, sizeof(here)) == 0 && getsockname(udp, (struct sockaddr *)&here, &len) == 0);
	HOLDS(rules_install(&rules, diags) == PH_OK);
	lock(arg);
	HOLDS(sendto(udp, "hello", 5, 0, (struct sockaddr *)&here, len) == 5);
	HOLDS(poll(&ready, 1, 0) == 0);
	/* On its way out, and on its way in. */
	queue_accept(queue);
	queue_accept(queue);
	HOLDS(poll(&ready, 1, 10000) == 1 && recv(udp, text, sizeof(text), 0) == 5 && memcmp(text, "hello", 5) == 0);
	ph_diags_free(diags);
}

static void close_others(void *arg)
{
	int keep[] = { dup2(2, 90), dup2(2, 40) }, fd;

	(void)arg;
	dup2(2, 41);
	dup2(2, 89);
	dup2(2, 91);
	secure_close_others(keep, 2);
	for (fd = 0; fd < 200; fd++)
		HOLDS((fcntl(fd, F_GETFD) >= 0) == (fd < 3 || fd == 40 || fd == 90));
}

/* --- the tests --- */

static void need_root(void)
{
	if (is_root())
		return;
	print_message("needs root\n");
	skip();
}

static void good_alone(void (*work)(void *arg), const void *arg, bool netns)
{
	need_root();
	assert_int_equal(alone(work, (void *)(uintptr_t)arg, netns), 0);
}

static void test_secure_daemon_has_one_capability_and_no_identity(void **state)
{
	(void)state;
	good_alone(as_nobody, NULL, false);
	good_alone(no_core, NULL, false);
}

static void test_secure_daemon_that_stays_root_has_no_more(void **state)
{
	(void)state;
	good_alone(as_root, "root", false);
	good_alone(as_root, NULL, false);
}

static void test_secure_unknown_account_is_refused(void **state)
{
	struct ph_diags *diags = ph_diags_new();

	(void)state;
	assert_int_equal(secure_drop("no-such-account-pinhole", diags), PH_NOT_FOUND);
	assert_int_equal(ph_diags_errors(diags), 1);
	assert_true(strcmp(secure_account(), "nobody") == 0 || strcmp(secure_account(), "pinhole") == 0);
	ph_diags_free(diags);
}

static void test_secure_filter_is_over_older_threads_too(void **state)
{
	(void)state;
	good_alone(thread, NULL, false);
}

static void test_secure_call_of_an_intruder_kills(void **state)
{
	(void)state;
	need_root();
	for (size_t i = 0; i < (SANITIZED ? N_DEADLY_SANITIZED : N_DEADLY); i++) {
		void (*call)(void) = deadly[i];
		int status = alone(locked_call, &call, false);

		if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS)
			fail_msg("call %zu: status %#x", i, (unsigned)status);
	}
}

static void test_secure_files_and_sockets_are_refused(void **state)
{
	(void)state;
	good_alone(files_and_sockets, NULL, false);
}

static void test_secure_ordinary_work_goes_on(void **state)
{
	(void)state;
	good_alone(ordinary_work, NULL, false);
}

static void test_secure_daemon_can_notify(void **state)
{
	(void)state;
	good_alone(notified, NULL, false);
}

static void test_secure_daemon_can_ask_its_keeper(void **state)
{
	char file[64];

	(void)state;
	snprintf(file, sizeof(file), "/tmp/pinhole-secure-%d.state", (int)getpid());
	good_alone(keeper_behind_lock, file, true);
	assert_int_equal(unlink(file), 0);
}

static void test_secure_daemon_gives_verdicts(void **state)
{
	(void)state;
	good_alone(verdicts, "nobody", true);
	good_alone(verdicts, "root", true);
}

static void test_secure_close_others_keeps_what_is_named(void **state)
{
	(void)state;
	assert_int_equal(alone(close_others, NULL, false), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_secure_daemon_has_one_capability_and_no_identity),
		cmocka_unit_test(test_secure_daemon_that_stays_root_has_no_more),
		cmocka_unit_test(test_secure_unknown_account_is_refused),
		cmocka_unit_test(test_secure_filter_is_over_older_threads_too),
		cmocka_unit_test(test_secure_call_of_an_intruder_kills),
		cmocka_unit_test(test_secure_files_and_sockets_are_refused),
		cmocka_unit_test(test_secure_ordinary_work_goes_on),
		cmocka_unit_test(test_secure_daemon_can_notify),
		cmocka_unit_test(test_secure_daemon_can_ask_its_keeper),
		cmocka_unit_test(test_secure_daemon_gives_verdicts),
		cmocka_unit_test(test_secure_close_others_keeps_what_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
