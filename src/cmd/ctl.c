/* pinhole ctl: asks a running firewall. The words go to it as they are; what it answers is printed. src/cmd/live/control.h has the
 * other end. */
#include "cmd/cmd.h"

#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define ANSWER_MAX ((size_t)64 << 20)   /* bytes of one line of an answer */

struct answer {
	int fd;
	char *at;               /* owned; `len` bytes, of which a line may be incomplete */
	size_t len, size;
	int code;               /* -1: not yet */
};

/* The commands of others: all that follows them is theirs. */
static bool is_foreign(const char *verb)
{
	static const char *const names[] = { "iptables", "ip6tables", "sysctl", "modprobe" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(verb, names[i]) == 0)
			return true;
	return false;
}

/* -1 after a complaint. */
static int reach(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t len = strlen(path);
	int fd;

	if (len == 0 || len >= sizeof(address.sun_path)) {
		cmd_error("ctl: --control %s: the path of a socket has 1 to %zu bytes", path, sizeof(address.sun_path) - 1);
		return -1;
	}
	memcpy(address.sun_path, path, len + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	cmd_error("ctl: nobody answers on %s: %s; is 'pinhole run' running, and are you root?", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

/* The request's line, to be freed. NULL: a word that is no UTF-8, after a complaint. */
static char *request(char **word, int n, bool json)
{
	json_t *args = json_array(), *root;
	char *line;

	for (int i = 0; i < n; i++) {
		if (json_array_append_new(args, json_string(word[i])) != 0) {
			cmd_error("ctl: '%s' is not valid UTF-8", word[i]);
			json_decref(args);
			return NULL;
		}
	}
	root = json_pack("{s:o,s:b}", "args", args, "json", (int)json);
	line = json_dumps(root, JSON_COMPACT);
	json_decref(root);
	if (!line)
		cmd_no_memory();
	return line;
}

static bool send_all(int fd, const char *text, size_t len)
{
	while (len) {
		ssize_t n = send(fd, text, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		text += n;
		len -= (size_t)n;
	}
	return true;
}

/* False: it is none of the protocol. */
static bool take_line(struct answer *a, const char *line, size_t len)
{
	json_t *root = json_loadb(line, len, JSON_ALLOW_NUL, NULL);
	const json_t *out = json_object_get(root, "out"), *err = json_object_get(root, "err"), *code = json_object_get(root, "exit");
	bool good = out || err || code;

	if (json_is_string(out))
		fwrite(json_string_value(out), 1, json_string_length(out), stdout);
	if (json_is_string(err)) {
		/* In the order in which they came, where both go to one terminal. */
		fflush(stdout);
		fwrite(json_string_value(err), 1, json_string_length(err), stderr);
	}
	if (json_is_integer(code))
		a->code = json_integer_value(code) >= 0 && json_integer_value(code) <= 255 ? (int)json_integer_value(code) : CMD_TROUBLE;
	json_decref(root);
	return good;
}

static bool take_lines(struct answer *a)
{
	char *end, *at = a->at;
	bool good = true;

	while (good && a->code < 0 && (end = memchr(at, '\n', a->len - (size_t)(at - a->at)))) {
		good = take_line(a, at, (size_t)(end - at));
		at = end + 1;
	}
	a->len -= (size_t)(at - a->at);
	memmove(a->at, at, a->len);
	fflush(stdout);
	return good;
}

static bool make_room(struct answer *a)
{
	char *more;

	if (a->len < a->size)
		return true;
	if (a->size >= ANSWER_MAX)
		return false;
	a->size = a->size ? a->size * 2 : 65536;
	more = realloc(a->at, a->size);
	if (!more)
		cmd_no_memory();
	a->at = more;
	return true;
}

static enum cmd_exit listen_to(struct answer *a)
{
	ssize_t n;

	while (a->code < 0) {
		if (!make_room(a) || ferror(stdout))
			return CMD_TROUBLE;
		n = recv(a->fd, a->at + a->len, a->size - a->len, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			cmd_error("ctl: the firewall went away before it had answered");
			return CMD_TROUBLE;
		}
		a->len += (size_t)n;
		if (!take_lines(a)) {
			cmd_error("ctl: what it answers cannot be understood; is it another version?");
			return CMD_TROUBLE;
		}
	}
	return (enum cmd_exit)a->code;
}

static enum cmd_exit ask(const char *path, char **word, int n, bool json)
{
	struct answer answer = { .code = -1 };
	enum cmd_exit result = CMD_TROUBLE;
	char *line = request(word, n, json);

	if (!line)
		return CMD_REFUSED;
	answer.fd = reach(path);
	if (answer.fd >= 0) {
		/* A firewall that hangs up in the middle of a request may have said why. */
		if (send_all(answer.fd, line, strlen(line)))
			send_all(answer.fd, "\n", 1);
		result = listen_to(&answer);
		close(answer.fd);
	}
	free(answer.at);
	free(line);
	return result;
}

static bool wants_help(char **word, int n)
{
	for (int i = 1; i < n && !is_foreign(word[0]); i++)
		if (strcmp(word[i], "--help") == 0)
			return true;
	return false;
}

static enum cmd_exit run(int argc, char **argv)
{
	static const struct option options[] = {
		{ "control", required_argument, NULL, 'c' }, { "json", no_argument, NULL, 'j' }, { "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	const char *path = CMD_CONTROL;
	bool json = false;
	int option;

	/* Options end at the verb. */
	while ((option = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		switch (option) {
		case 'c': path = optarg; break;
		case 'j': json = true; break;
		case 'h': fputs(cmd_ctl.help, stdout); return CMD_OK;
		default: return cmd_usage(&cmd_ctl);
		}
	}
	if (optind == argc) {
		cmd_error("ctl: a verb is needed, such as 'connections' or 'stats'");
		return cmd_usage(&cmd_ctl);
	}
	if (wants_help(argv + optind, argc - optind)) {
		fputs(cmd_ctl.help, stdout);
		return CMD_OK;
	}
	return ask(path, argv + optind, argc - optind, json);
}

const struct cmd_command cmd_ctl = {
	.name = "ctl",
	.summary = "list, watch and change a running firewall",
	.help =
		"Usage: pinhole ctl [--control PATH] [--json] VERB [ARGUMENT]...\n\n"
		"Asks a firewall started with 'pinhole run', by its control socket. Only root and the firewall's own account may.\n\n"
		"Verbs:\n"
		"  connections [-p PROTO] [--helper NAME] [-s ADDR[/LEN]] [-d ADDR[/LEN]] [--sport N] [--dport N]\n"
		"                  a line a connection, as 'conntrack -L'; addresses and ports of its original direction\n"
		"  expectations    who may connect to whom, for how long, and the words that asked for it\n"
		"  events [--conn] [--expect] [--refused] [--log] [--drops]\n"
		"                  what happens from now on, all or of these kinds; a slow reader is told how many it missed\n"
		"  explain [N]     the last N packets that did not pass (10; at most 256), and why\n"
		"  stats           counters of the engine, the queues and the program\n"
		"  reload          reads the policy files anew; established connections survive\n"
		"  version         of the running firewall\n"
		"  iptables ..., ip6tables ..., sysctl ..., modprobe ...\n"
		"                  an administrator's command on the running policy; all that follows belongs to it\n\n"
		"      --control PATH  its socket (" CMD_CONTROL ")\n"
		"      --json          answers are JSON, a line a record; also after the verb, but for the commands above\n\n"
		"Exit status: 0 done; 1 nobody answers, a rule or chain is not there, or it could not be done; 2 wrong usage, or a\n"
		"policy or command with errors: nothing was changed.\n",
	.run = run,
	.passes_on = true,
};
