/* The keeper's two ends: keeper_serve and below it is what runs as root, the rest is the daemon's side. See keeper.h.
 *
 * An answer is a status and what there is to say, each complaint as a letter (E, W), its text and a NUL. */
#include "cmd/keeper.h"

#include "cmd/cmd.h"

#include <cap-ng.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define ANSWER_MAX 8192

struct keeper {
	int fd;
	pid_t pid;
};

struct answer {
	uint32_t status;        /* enum ph_status */
	char said[ANSWER_MAX - sizeof(uint32_t)];
};

/* The state of the privileged side. */
struct serve {
	const struct keeper_config *config;
	char next[PATH_MAX];            /* the new file of saved connections */
	int next_fd;                    /* it, while it is being written; -1 */
};

/* --- the privileged side --- */

static enum ph_status refuse(struct ph_diags *diags, const char *file, const char *what)
{
	ph_diags_add(diags, PH_ERROR, file, 0, 0, "%s", what);
	return PH_INVALID;
}

static enum ph_status failed(struct ph_diags *diags, const char *file, const char *what)
{
	ph_diags_add(diags, PH_ERROR, file, 0, 0, "%s: %s", what, strerror(errno));
	return PH_IO;
}

static enum ph_status serve_policy(const struct serve *s, size_t i, int *fd, struct ph_diags *diags)
{
	struct stat st;
	const char *name;

	if (i >= s->config->n_policies)
		return refuse(diags, NULL, "there is no policy file of this number");
	name = s->config->policy[i];
	if (strcmp(name, "-") == 0)
		return refuse(diags, name, "standard input cannot be read again; have the policy in a file");
	/* Nonblocking: opening a pipe would wait for a writer, and the firewall with it. */
	*fd = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (*fd < 0)
		return failed(diags, name, "cannot be opened");
	if (fstat(*fd, &st) == 0 && S_ISREG(st.st_mode))
		return PH_OK;
	close(*fd);
	*fd = -1;
	return refuse(diags, name, "this is no regular file and cannot be read again");
}

static void state_forget(struct serve *s)
{
	if (s->next_fd >= 0)
		close(s->next_fd);
	s->next_fd = -1;
}

static enum ph_status serve_state(struct serve *s, int *fd, struct ph_diags *diags)
{
	if (!s->config->state)
		return refuse(diags, NULL, "no file for saved connections was named");
	state_forget(s);
	/* What is left of a save that did not end. Made anew, so that nobody else has it open or linked. */
	if (unlink(s->next) != 0 && errno != ENOENT)
		return failed(diags, s->next, "cannot be removed");
	s->next_fd = open(s->next, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (s->next_fd < 0)
		return failed(diags, s->next, "cannot be created");
	*fd = fcntl(s->next_fd, F_DUPFD_CLOEXEC, 0);
	return *fd >= 0 ? PH_OK : failed(diags, s->next, "cannot be opened");
}

/* Makes the rename itself last. A file system that cannot do so is no reason to complain. */
static void sync_folder(const char *file)
{
	char folder[PATH_MAX];
	const char *slash = strrchr(file, '/');
	int n = slash ? (int)(slash - file) + 1 : 1, fd;

	snprintf(folder, sizeof(folder), "%.*s", n, slash ? file : ".");
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	fsync(fd);
	close(fd);
}

static enum ph_status serve_commit(struct serve *s, struct ph_diags *diags)
{
	enum ph_status status = PH_OK;

	if (s->next_fd < 0)
		return refuse(diags, s->config->state, "nothing was begun that could be committed");
	if (fsync(s->next_fd) != 0)
		status = failed(diags, s->next, "cannot be written");
	else if (rename(s->next, s->config->state) != 0)
		status = failed(diags, s->config->state, "cannot be replaced");
	else
		sync_folder(s->config->state);
	state_forget(s);
	return status;
}

static enum ph_status serve_control(const struct serve *s, struct ph_diags *diags)
{
	struct stat st;

	if (!s->config->control)
		return refuse(diags, NULL, "there is no control socket");
	if (lstat(s->config->control, &st) != 0)
		return errno == ENOENT ? PH_OK : failed(diags, s->config->control, "cannot be looked at");
	if (!S_ISSOCK(st.st_mode))
		return refuse(diags, s->config->control, "this is no socket");
	return unlink(s->config->control) == 0 ? PH_OK : failed(diags, s->config->control, "cannot be removed");
}

/* fd: set with PH_OK where the request asks for a descriptor. */
static enum ph_status serve_request(struct serve *s, const struct keeper_request *request, int *fd, struct ph_diags *diags)
{
	if (request->number != 0 && request->code != KEEPER_POLICY)
		return refuse(diags, NULL, "this request has no number");
	switch (request->code) {
	case KEEPER_INSTALL:
		return s->config->rules ? rules_install(s->config->rules, diags) : refuse(diags, NULL, "no rules were asked for");
	case KEEPER_REMOVE:
		return s->config->rules ? rules_take_back(s->config->rules, diags) : refuse(diags, NULL, "no rules were asked for");
	case KEEPER_POLICY:
		return serve_policy(s, request->number, fd, diags);
	case KEEPER_STATE:
		return serve_state(s, fd, diags);
	case KEEPER_COMMIT:
		return serve_commit(s, diags);
	case KEEPER_CONTROL:
		return serve_control(s, diags);
	}
	return refuse(diags, NULL, "there is no such request");
}

/* As much of the complaints as fits; returns the bytes. */
static size_t write_said(const struct ph_diags *diags, char *said, size_t size)
{
	size_t used = 0;

	for (size_t i = 0; i < ph_diags_count(diags); i++) {
		const struct ph_diag *d = ph_diags_get(diags, i);
		int n = snprintf(said + used, size - used, "%c%s%s%s", d->severity == PH_ERROR ? 'E' : 'W', d->file ? d->file : "",
		                 d->file ? ": " : "", d->text);

		if (n < 0 || (size_t)n >= size - used)
			break;
		used += (size_t)n + 1;
	}
	return used;
}

/* False: nobody is there any more. fd: sent along and closed; -1: none. */
static bool send_answer(int to, enum ph_status status, const struct ph_diags *diags, int fd)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { .bytes = { 0 } };
	struct answer answer = { .status = status };
	struct iovec part = { &answer, sizeof(answer.status) + write_said(diags, answer.said, sizeof(answer.said)) };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
	ssize_t n;

	if (fd >= 0) {
		message.msg_control = control.bytes;
		message.msg_controllen = sizeof(control.bytes);
		*CMSG_FIRSTHDR(&message) = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET,
		                                             .cmsg_type = SCM_RIGHTS };
		memcpy(CMSG_DATA(CMSG_FIRSTHDR(&message)), &fd, sizeof(fd));
	}
	do
		n = sendmsg(to, &message, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (fd >= 0)
		close(fd);
	return n >= 0;
}

/* False: the daemon has gone. */
static bool serve_one(struct serve *s, int from)
{
	struct keeper_request request[2];       /* room to see that one was too long */
	struct ph_diags *diags;
	enum ph_status status;
	bool good;
	int fd = -1;
	ssize_t n;

	do
		n = recv(from, request, sizeof(request), 0);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return false;
	diags = ph_diags_new();
	if (!diags)
		return false;
	if (n == (ssize_t)sizeof(request[0]))
		status = serve_request(s, &request[0], &fd, diags);
	else
		status = refuse(diags, NULL, "a request has four bytes");
	good = send_answer(from, status, diags, status == PH_OK ? fd : -1);
	ph_diags_free(diags);
	return good;
}

/* Lets go of all that is the daemon's: signals, descriptors but the socket, which becomes number 3, and standard error. */
static int detach(int fd)
{
	static const int ignored[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE, SIGUSR1, SIGUSR2 };
	int null = open("/dev/null", O_RDWR);
	sigset_t none;

	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		signal(ignored[i], SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (null >= 0) {
		dup2(null, 0);
		dup2(null, 1);
	}
	if (fd != 3)
		dup2(fd, 3);
	fcntl(3, F_SETFD, FD_CLOEXEC);
	close_range(4, ~0U, 0);
	prctl(PR_SET_NAME, "pinhole-keeper");
	prctl(PR_SET_DUMPABLE, 0);
	return 3;
}

/* Rules need the first two; files of root need none, those of others the third. Programs it starts get no more. */
static bool keep_capabilities(void)
{
	capng_clear(CAPNG_SELECT_BOTH);
	capng_updatev(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED | CAPNG_BOUNDING_SET, CAP_NET_ADMIN, CAP_NET_RAW, CAP_DAC_OVERRIDE, -1);
	return capng_apply(CAPNG_SELECT_BOTH) == 0;
}

static _Noreturn void keeper_serve(int fd, const struct keeper_config *config)
{
	struct serve serve = { .config = config, .next_fd = -1 };
	struct ph_diags *diags = ph_diags_new();
	enum ph_status status = PH_OK;
	bool present, more;

	if (!diags)
		_exit(1);
	fd = detach(fd);
	if (config->state && snprintf(serve.next, sizeof(serve.next), "%s.new", config->state) >= (int)sizeof(serve.next))
		status = refuse(diags, config->state, "this name is too long");
	/* A look at the rules makes the kernel and iptables load their modules, which needs more rights than the work itself. */
	if (status == PH_OK && config->rules)
		status = rules_present(&present, diags);
	if (status == PH_OK && !keep_capabilities())
		status = failed(diags, NULL, "pinhole needs CAP_NET_ADMIN, CAP_NET_RAW, CAP_DAC_OVERRIDE and CAP_SETPCAP");
	more = send_answer(fd, status, diags, -1) && status == PH_OK;
	ph_diags_free(diags);
	while (more)
		more = serve_one(&serve, fd);
	_exit(0);
}

/* --- the daemon's side --- */

static void take_said(const char *said, size_t len, struct ph_diags *diags)
{
	while (len > 0) {
		size_t n = strnlen(said, len);

		if (n == len)
			return;
		if (n > 0)
			ph_diags_add(diags, said[0] == 'E' ? PH_ERROR : PH_WARNING, NULL, 0, 0, "%s", said + 1);
		said += n + 1;
		len -= n + 1;
	}
}

/* Reads an answer. fd: the descriptor that came with it, -1 if none did; NULL: none is wanted. */
static enum ph_status take_answer(struct keeper *keeper, int *fd, struct ph_diags *diags)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control;
	struct answer answer;
	struct iovec part = { &answer, sizeof(answer) };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
	struct cmsghdr *head;
	ssize_t n;

	if (fd) {
		*fd = -1;
		message.msg_control = control.bytes;
		message.msg_controllen = sizeof(control.bytes);
	}
	do
		n = recvmsg(keeper->fd, &message, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < (ssize_t)sizeof(answer.status)) {
		ph_diags_add(diags, PH_ERROR, NULL, 0, 0, "the privileged process of this firewall has ended");
		return PH_IO;
	}
	take_said(answer.said, (size_t)n - sizeof(answer.status), diags);
	head = fd ? CMSG_FIRSTHDR(&message) : NULL;
	if (head && head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS && head->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(fd, CMSG_DATA(head), sizeof(*fd));
	return (enum ph_status)answer.status;
}

/* A keeper that has ended is told by the answer that does not come. */
static void put_request(struct keeper *keeper, const struct keeper_request *request)
{
	while (send(keeper->fd, request, sizeof(*request), MSG_NOSIGNAL) < 0 && errno == EINTR)
		;
}

static enum ph_status ask(struct keeper *keeper, const struct keeper_request *request, int *fd, struct ph_diags *diags)
{
	enum ph_status status;

	put_request(keeper, request);
	status = take_answer(keeper, fd, diags);
	if (status != PH_OK || !fd || *fd >= 0)
		return status;
	ph_diags_add(diags, PH_ERROR, NULL, 0, 0, "no descriptor came with the answer: too many files are open");
	return PH_IO;
}

static struct keeper *keeper_fork(const struct keeper_config *config, struct ph_diags *diags)
{
	struct keeper *keeper = cmd_alloc(1, sizeof(*keeper));
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
		failed(diags, NULL, "no socket for the privileged process");
		free(keeper);
		return NULL;
	}
	keeper->fd = pair[0];
	keeper->pid = fork();
	if (keeper->pid == 0)
		keeper_serve(pair[1], config);
	close(pair[1]);
	if (keeper->pid > 0)
		return keeper;
	failed(diags, NULL, "the privileged process cannot be started");
	close(keeper->fd);
	free(keeper);
	return NULL;
}

struct keeper *keeper_start(const struct keeper_config *config, struct ph_diags *diags)
{
	struct keeper *keeper;

	if (config->n_policies > UINT16_MAX) {
		refuse(diags, NULL, "there are too many policy files");
		return NULL;
	}
	keeper = keeper_fork(config, diags);
	if (!keeper || take_answer(keeper, NULL, diags) == PH_OK)
		return keeper;
	keeper_stop(keeper);
	return NULL;
}

void keeper_stop(struct keeper *keeper)
{
	if (!keeper)
		return;
	close(keeper->fd);
	while (waitpid(keeper->pid, NULL, 0) < 0 && errno == EINTR)
		;
	free(keeper);
}

int keeper_fd(const struct keeper *keeper)
{
	return keeper->fd;
}

enum ph_status keeper_install(struct keeper *keeper, struct ph_diags *diags)
{
	return ask(keeper, &(struct keeper_request){ KEEPER_INSTALL, 0 }, NULL, diags);
}

void keeper_remove_begin(struct keeper *keeper)
{
	put_request(keeper, &(struct keeper_request){ KEEPER_REMOVE, 0 });
}

enum ph_status keeper_remove_end(struct keeper *keeper, struct ph_diags *diags)
{
	return take_answer(keeper, NULL, diags);
}

enum ph_status keeper_remove(struct keeper *keeper, struct ph_diags *diags)
{
	keeper_remove_begin(keeper);
	return keeper_remove_end(keeper, diags);
}

enum ph_status keeper_policy_open(struct keeper *keeper, size_t i, int *fd, struct ph_diags *diags)
{
	*fd = -1;
	if (i > UINT16_MAX)
		return refuse(diags, NULL, "there is no policy file of this number");
	return ask(keeper, &(struct keeper_request){ KEEPER_POLICY, (uint16_t)i }, fd, diags);
}

/* At most max bytes and a NUL; NULL: errno says why. */
static char *read_all(int fd, size_t max, size_t *len)
{
	size_t size = 65536, used = 0;
	char *text = cmd_alloc(size, 1);
	ssize_t n;

	while ((n = read(fd, text + used, size - used - 1)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		used += n > 0 ? (size_t)n : 0;
		if (n < 0 || used > max) {
			errno = n < 0 ? errno : EFBIG;
			free(text);
			return NULL;
		}
		if (size - used < 4096) {
			char *more = realloc(text, size *= 2);

			if (!more)
				cmd_no_memory();
			text = more;
		}
	}
	text[used] = '\0';
	*len = used;
	return text;
}

char *keeper_policy_read(struct keeper *keeper, size_t i, size_t max, size_t *len, struct ph_diags *diags)
{
	char *text;
	int fd;

	if (keeper_policy_open(keeper, i, &fd, diags) != PH_OK)
		return NULL;
	text = read_all(fd, max, len);
	if (!text)
		failed(diags, NULL, "the policy cannot be read");
	close(fd);
	return text;
}

enum ph_status keeper_state_begin(struct keeper *keeper, int *fd, struct ph_diags *diags)
{
	return ask(keeper, &(struct keeper_request){ KEEPER_STATE, 0 }, fd, diags);
}

enum ph_status keeper_state_commit(struct keeper *keeper, struct ph_diags *diags)
{
	return ask(keeper, &(struct keeper_request){ KEEPER_COMMIT, 0 }, NULL, diags);
}

enum ph_status keeper_control_remove(struct keeper *keeper, struct ph_diags *diags)
{
	return ask(keeper, &(struct keeper_request){ KEEPER_CONTROL, 0 }, NULL, diags);
}
