/* What a running firewall says: a line each on standard error, for people or for the journal.
 *
 * Messages have a kind, and each kind its own rate: ten at once, five a second; what is beyond is counted and told with the next one that
 * is let through. Lines go to a descriptor that is never waited for: if nobody reads, they are lost, counted and told later. No memory is
 * allocated, so it may be used on the packet path. Bytes that are not printable ASCII become \xHH, whoever they came from.
 *
 *   struct log *log = log_new(2);
 *   log_say(log, LOG_PACKET, LOG_LEVEL_NOTICE, now_ms, "%s refused", name);
 *   log_tick(log, now_ms);         now and then, so that the last count is told as well
 *
 * The caller ignores SIGPIPE. One thread. */
#ifndef PH_CMD_LOG_H
#define PH_CMD_LOG_H

#include <pinhole/base.h>

struct log;

/* Kinds differ in their rate only. */
enum log_kind {
	LOG_STATE = 0,          /* what the daemon does: start, reload, end */
	LOG_PACKET,             /* a packet, for the LOG target */
	LOG_HELPER,             /* pinholes opened and refused */
	LOG_KERNEL,             /* queues and netlink: overruns, refused verdicts */
	LOG_CONTROL,            /* the control socket and its clients */
	LOG_KINDS
};

/* Under the numbers of syslog. */
enum log_level { LOG_LEVEL_ERROR = 3, LOG_LEVEL_WARNING = 4, LOG_LEVEL_NOTICE = 5, LOG_LEVEL_INFO = 6 };

#define LOG_BURST 10
#define LOG_PER_SECOND 5

/* Writes to fd, which stays the caller's. With priorities for the journal if JOURNAL_STREAM says that fd leads there; otherwise lines
 * begin with "pinhole: ", for warnings and errors followed by "warning: " or "error: ". NULL without memory. */
struct log *log_new(int fd);
void log_free(struct log *log);

/* now_ms: of a clock that does not run backwards. fmt: without a newline at its end; the line is cut at about a thousand bytes. */
void log_say(struct log *log, enum log_kind kind, enum log_level level, uint64_t now_ms, const char *fmt, ...) PH_PRINTF(5, 6);
/* Diagnostics from number `from` on, errors and warnings as they are, of kind LOG_STATE but past its rate: they are bounded by the
 * policy, and none may be missing. */
void log_diags(struct log *log, const struct ph_diags *diags, size_t from);
/* Tells what was suppressed or lost, if the rates allow it by now. */
void log_tick(struct log *log, uint64_t now_ms);

#endif
