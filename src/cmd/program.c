/* Starting other programs. See program.h.
 *
 * Input and output are files in memory, not pipes: nobody can wait for anybody, and what a program writes is bounded by the size
 * limit of files. */
#include "cmd/program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define TIME_LIMIT_MS 20000
#define OUTPUT_MAX ((rlim_t)64 << 20)

static const char *const folders[] = { "/usr/sbin", "/sbin", "/usr/bin", "/bin" };
static const char *const environment[] = { "PATH=/usr/sbin:/sbin:/usr/bin:/bin", "LC_ALL=C", NULL };

/* path: room for 256 bytes. */
static bool program_find(const char *name, char *path)
{
	int n;

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		n = snprintf(path, 256, "%s/%s", folders[i], name);
		if (n > 0 && n < 256 && access(path, X_OK) == 0)
			return true;
	}
	return false;
}

bool program_exists(const char *name)
{
	char path[256];

	return program_find(name, path);
}

/* An unnamed file at its beginning, -1 without memory. */
static int memory_file(const struct cmd_text *content)
{
	int fd = memfd_create("pinhole", MFD_CLOEXEC);

	if (fd < 0 || !content || content->len == 0)
		return fd;
	if (write(fd, content->at, content->len) == (ssize_t)content->len && lseek(fd, 0, SEEK_SET) == 0)
		return fd;
	close(fd);
	return -1;
}

static void take_output(int fd, struct cmd_text *out)
{
	char bytes[4096];
	ssize_t n;

	if (lseek(fd, 0, SEEK_SET) != 0)
		return;
	while ((n = read(fd, bytes, sizeof(bytes))) > 0 || (n < 0 && errno == EINTR))
		if (n > 0)
			cmd_text_bytes(out, bytes, (size_t)n);
}

/* In the child. fd: what becomes 0, 1 and 2. */
static _Noreturn void become(const char *path, const char *const *argv, const int *fd)
{
	struct rlimit limit = { OUTPUT_MAX, OUTPUT_MAX };
	sigset_t none;

	/* The three are moved out of each other's way first: the caller may have started with 0, 1 or 2 closed. */
	for (int i = 0; i < 3; i++)
		if (dup2(fd[i], 100 + i) < 0)
			_exit(127);
	for (int i = 0; i < 3; i++)
		if (dup2(100 + i, i) < 0)
			_exit(127);
	close_range(3, ~0U, 0);
	setrlimit(RLIMIT_FSIZE, &limit);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGCHLD, SIG_DFL);
	execve(path, (char *const *)argv, (char *const *)environment);
	_exit(127);
}

/* What it exited with. Without pidfds the wait is as long as the program takes. */
static int wait_for(pid_t child)
{
	int pidfd = pidfd_open(child, 0), status = 0, ready;

	if (pidfd >= 0) {
		struct pollfd end = { .fd = pidfd, .events = POLLIN };

		while ((ready = poll(&end, 1, TIME_LIMIT_MS)) < 0 && errno == EINTR)
			;
		if (ready == 0)
			kill(child, SIGKILL);
		close(pidfd);
	}
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return PROGRAM_FAILED;
	return WIFEXITED(status) && WEXITSTATUS(status) != 127 ? WEXITSTATUS(status) : PROGRAM_FAILED;
}

static int run_with(const char *path, const char *const *argv, const int *fd)
{
	pid_t child = fork();

	if (child < 0)
		return PROGRAM_FAILED;
	if (child == 0)
		become(path, argv, fd);
	return wait_for(child);
}

void program_run(const char *const *argv, const struct cmd_text *input, struct program_result *out)
{
	char path[256];
	int fd[3];

	*out = (struct program_result){ .status = PROGRAM_NOT_FOUND };
	if (!program_find(argv[0], path))
		return;
	fd[0] = memory_file(input);
	fd[1] = memory_file(NULL);
	fd[2] = memory_file(NULL);
	out->status = PROGRAM_FAILED;
	if (fd[0] >= 0 && fd[1] >= 0 && fd[2] >= 0) {
		out->status = run_with(path, argv, fd);
		take_output(fd[1], &out->out);
		take_output(fd[2], &out->err);
	}
	for (int i = 0; i < 3; i++)
		if (fd[i] >= 0)
			close(fd[i]);
}

void program_result_free(struct program_result *result)
{
	cmd_text_free(&result->out);
	cmd_text_free(&result->err);
}
