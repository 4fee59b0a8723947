/* The subcommands, and what they share. Everything here may print and exit; nothing here is part of the library. */
#ifndef PH_CMD_CMD_H
#define PH_CMD_CMD_H

#include <pinhole/policy.h>

enum cmd_exit {
	CMD_OK = 0,
	CMD_TROUBLE = 1,        /* the work was done, but not on all of the input, or could not be written */
	CMD_REFUSED = 2,        /* wrong usage, or a policy with errors: nothing was done */
};

struct cmd_command {
	const char *name, *summary, *help;
	enum cmd_exit (*run)(int argc, char **argv);    /* argv[0]: "pinhole NAME" */
	bool passes_on;         /* words may be meant for somebody else: it looks for --help itself */
};

extern const struct cmd_command cmd_replay, cmd_run, cmd_check, cmd_helpers, cmd_ctl;

/* Where a running firewall listens, unless it is told otherwise. */
#define CMD_CONTROL "/run/pinhole/control.sock"

/* Says on standard error where to find help; CMD_REFUSED. */
enum cmd_exit cmd_usage(const struct cmd_command *command);

/* Prints "pinhole: " and a message on standard error; CMD_REFUSED. */
enum cmd_exit cmd_error(const char *fmt, ...) PH_PRINTF(1, 2);

/* Flushes standard output; result, or CMD_TROUBLE with a complaint when something could not be written. */
enum cmd_exit cmd_finish(enum cmd_exit result);

/* For a command line tool there is no way on without memory: says so and exits. */
_Noreturn void cmd_no_memory(void);
void *cmd_alloc(size_t n, size_t size);

/* The candidate nearest to a mistyped word, NULL if none is near. next: the i-th candidate, NULL ends. */
const char *cmd_nearest(const char *word, const char *(*next)(const void *arg, size_t i), const void *arg);

/* Prints diagnostics from number `from` on as file:line:column: error: text, on standard error. */
void cmd_diags_print(const struct ph_diags *diags, size_t from);
/* "2 errors, 1 warning" on standard error, if there are any. */
void cmd_diags_total(const struct ph_diags *diags);

/* Policy files, in order. */
struct cmd_policy {
	const char **file;      /* owned array of borrowed names */
	size_t n;
	uint8_t family;
	bool lenient, no_flush;
	bool no_advice;         /* leaves ph_policy_advise out */
	/* Opens file i for one who may not open files himself; -1 after a complaint. NULL: they are opened by name. */
	int (*open)(void *arg, size_t i, struct ph_diags *diags);
	void *arg;
};

/* Loads and finishes them all; diagnostics stay in diags. NULL: there was at least one error, or no memory. */
struct ph_policy *cmd_policy_read(const struct cmd_policy *from, struct ph_diags *diags);

/* The same, printing diagnostics. NULL: there were errors. No file at all: an empty policy. */
struct ph_policy *cmd_policy_load(const struct cmd_policy *from, struct ph_diags *diags);

#endif
