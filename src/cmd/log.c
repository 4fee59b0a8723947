/* Lines with a limit. See log.h. */
#include "cmd/log.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEXT_MAX 1000
/* Each byte may become four. Below PIPE_BUF, which a pipe that is writable takes without waiting. */
#define LINE_MAX_BYTES 1100
#define TOKEN_MS (1000 / LOG_PER_SECOND)

/* A bucket of LOG_BURST tokens, each TOKEN_MS worth. */
struct bucket {
	uint64_t credit_ms, last_ms;
	uint64_t suppressed;
	enum log_level level;           /* of the last one suppressed */
	bool used;
};

struct log {
	int fd;
	bool journal, is_socket;
	uint64_t lost;                  /* lines nobody took */
	struct bucket bucket[LOG_KINDS];
};

static const char *const kind_names[LOG_KINDS] = {
	[LOG_STATE] = "about the daemon", [LOG_PACKET] = "about packets", [LOG_HELPER] = "about helpers",
	[LOG_KERNEL] = "about the kernel", [LOG_CONTROL] = "about the control socket",
};

/* JOURNAL_STREAM is "device:inode" of the stream that leads to the journal; it may have been redirected since. */
static bool leads_to_journal(const struct stat *st)
{
	const char *stream = getenv("JOURNAL_STREAM");
	char own[64];

	if (!stream)
		return false;
	snprintf(own, sizeof(own), "%ju:%ju", (uintmax_t)st->st_dev, (uintmax_t)st->st_ino);
	return strcmp(own, stream) == 0;
}

struct log *log_new(int fd)
{
	struct log *log = calloc(1, sizeof(*log));
	struct stat st;

	if (!log)
		return NULL;
	log->fd = fd;
	if (fstat(fd, &st) == 0) {
		log->is_socket = S_ISSOCK(st.st_mode);
		log->journal = leads_to_journal(&st);
	}
	return log;
}

void log_free(struct log *log)
{
	free(log);
}

/* Appends text with what is not printable as \xHH; returns the new length. The line is cut where no more fits. */
static size_t escape(char *line, size_t len, const char *text)
{
	static const char digit[] = "0123456789abcdef";

	for (; *text != '\0' && len + 8 < LINE_MAX_BYTES; text++) {
		unsigned char c = (unsigned char)*text;

		if (c >= ' ' && c <= '~') {
			line[len++] = (char)c;
			continue;
		}
		line[len++] = '\\';
		line[len++] = 'x';
		line[len++] = digit[c >> 4];
		line[len++] = digit[c & 15];
	}
	if (*text != '\0') {
		memcpy(line + len, "...", 3);
		len += 3;
	}
	return len;
}

/* Never waits, and does not make the descriptor nonblocking either: others may share it. */
static bool write_line(const struct log *log, const char *line, size_t len)
{
	struct pollfd ready = { .fd = log->fd, .events = POLLOUT };
	ssize_t n;

	if (poll(&ready, 1, 0) != 1 || !(ready.revents & POLLOUT))
		return false;
	if (log->is_socket)
		n = send(log->fd, line, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	else
		n = write(log->fd, line, len);
	return n == (ssize_t)len;
}

static void put(struct log *log, enum log_level level, const char *text)
{
	static const char *const words[] = { [LOG_LEVEL_ERROR] = "error: ", [LOG_LEVEL_WARNING] = "warning: ", [LOG_LEVEL_NOTICE] = "",
	                                     [LOG_LEVEL_INFO] = "" };
	char line[LINE_MAX_BYTES];
	size_t len;

	if (log->journal)
		len = (size_t)snprintf(line, sizeof(line), "<%d>", (int)level);
	else
		len = (size_t)snprintf(line, sizeof(line), "pinhole: %s", words[level]);
	len = escape(line, len, text);
	line[len++] = '\n';
	if (!write_line(log, line, len))
		log->lost += log->lost < UINT64_MAX;
}

static bool has_token(struct bucket *b, uint64_t now_ms)
{
	const uint64_t full = (uint64_t)LOG_BURST * TOKEN_MS;

	if (!b->used)
		*b = (struct bucket){ .credit_ms = full, .last_ms = now_ms, .used = true };
	if (now_ms > b->last_ms) {
		uint64_t passed = now_ms - b->last_ms;

		b->credit_ms = passed >= full - b->credit_ms ? full : b->credit_ms + passed;
		b->last_ms = now_ms;
	}
	return b->credit_ms >= TOKEN_MS;
}

static void tell_lost(struct log *log)
{
	uint64_t lost = log->lost;
	char text[80];

	if (lost == 0)
		return;
	log->lost = 0;
	snprintf(text, sizeof(text), "%" PRIu64 " messages were lost: nobody read them", lost);
	put(log, LOG_LEVEL_WARNING, text);
	if (log->lost > 0)
		log->lost = lost;       /* this one could not be told either */
}

/* Costs no token: there is at most one for each message that is let through. */
static void tell_suppressed(struct log *log, enum log_kind kind)
{
	struct bucket *b = &log->bucket[kind];
	char text[120];

	if (b->suppressed == 0)
		return;
	snprintf(text, sizeof(text), "suppressed %" PRIu64 " messages %s", b->suppressed, kind_names[kind]);
	b->suppressed = 0;
	put(log, b->level, text);
}

void log_say(struct log *log, enum log_kind kind, enum log_level level, uint64_t now_ms, const char *fmt, ...)
{
	struct bucket *b = &log->bucket[kind];
	char text[TEXT_MAX];
	va_list args;

	if (!has_token(b, now_ms)) {
		b->suppressed += b->suppressed < UINT64_MAX;
		b->level = level;
		return;
	}
	tell_lost(log);
	tell_suppressed(log, kind);
	b->credit_ms -= TOKEN_MS;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	put(log, level, text);
}

void log_diags(struct log *log, const struct ph_diags *diags, size_t from)
{
	char text[TEXT_MAX];

	for (; from < ph_diags_count(diags); from++) {
		const struct ph_diag *d = ph_diags_get(diags, from);

		if (d->file && d->line > 0)
			snprintf(text, sizeof(text), "%s:%u:%u: %s", d->file, d->line, d->column, d->text);
		else
			snprintf(text, sizeof(text), "%s%s%s", d->file ? d->file : "", d->file ? ": " : "", d->text);
		put(log, d->severity == PH_ERROR ? LOG_LEVEL_ERROR : LOG_LEVEL_WARNING, text);
	}
}

void log_tick(struct log *log, uint64_t now_ms)
{
	tell_lost(log);
	for (unsigned kind = 0; kind < LOG_KINDS; kind++)
		if (has_token(&log->bucket[kind], now_ms))
			tell_suppressed(log, (enum log_kind)kind);
}
