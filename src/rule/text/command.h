/* One iptables command while it is being read: words -> draft -> rule records -> edit of the rule set.
 *
 *   command.c    the walk over the words, options found by name or beginning
 *   base_opts.c  the options every command has
 *   build.c      checks and records
 *   edit.c       what -A, -D, -N ... do
 *   list.c       what -S and -L print */
#ifndef PH_RULE_TEXT_COMMAND_H
#define PH_RULE_TEXT_COMMAND_H

#include "rule/ext.h"

struct ph_draft_part {
	struct ph_part *part;           /* owned */
	const struct ph_word *at;       /* its name */
	const struct ph_word *value[PH_OPTIONS_MAX];
};

struct ph_addr_list {
	struct ph_addr_test *item;      /* owned */
	size_t n;
};

struct ph_command {
	struct ph_ruleset *rules;
	struct ph_rule_load *load;
	const struct ph_word *words;
	size_t n, at;
	struct ph_word *glued;          /* values that stood in one word with their option; two places for each word */
	size_t n_glued;
	bool invert;                    /* a `!` waits for its option */
	bool failed;
	bool restoring;                 /* a line of a save file: the table is given, chains may come later */
	enum ph_table table;
	char op;                        /* letter of the command, 0: none yet */
	const struct ph_word *op_at, *chain, *extra;    /* extra: rule number, policy, new name */
	bool zero;                      /* -Z beside -L or -S */
	uint8_t show;                   /* PH_SHOW_*: how to list */
	uint32_t seen;                  /* letters of options given, see PH_SEEN */
	struct ph_rule *base;           /* what all records of this command share, without parts; owned */
	struct ph_addr_list src, dst;
	struct ph_draft_part part[PH_RULE_MATCHES + 1];
	size_t n_parts;                 /* in the order given, the target among them */
	bool foreign;                   /* the part added last is one that nobody knows; see foreign.h */
	const struct ph_word *jump;     /* -j of what may be a chain, or a target that nobody knows */
	bool implied;                   /* -p's own match was loaded by one of its options */
};

/* Options of which a command takes one each. */
enum {
	PH_SEEN_SRC = 1, PH_SEEN_DST = 2, PH_SEEN_PROTO = 4, PH_SEEN_IN = 8, PH_SEEN_OUT = 16, PH_SEEN_FRAG = 32,
	PH_SEEN_JUMP = 64, PH_SEEN_COUNTERS = 128, PH_SEEN_MATCH = 256, PH_SEEN_LISTING = 512,
};
#define PH_SEEN_RULE (0x1ff & ~PH_SEEN_COUNTERS)

enum { PH_SHOW_COUNTERS = 1, PH_SHOW_NUMERIC = 2, PH_SHOW_EXACT = 4, PH_SHOW_NUMBERS = 8 };

/* A complaint at a word; the command has failed then. Returns false. */
bool ph_command_error(struct ph_command *cmd, const struct ph_word *at, const char *fmt, ...) PH_PRINTF(3, 4);

/* The options every command has. argument: 0 none, 1 one, 2 one if the next word is none of an option's. */
struct ph_base_opt {
	const char *name;
	char letter;
	uint8_t argument;
	bool invertible;
	/* at: the option; value: its argument or NULL. False: it complained. */
	bool (*take)(struct ph_command *cmd, const struct ph_base_opt *opt, const struct ph_word *at,
	             const struct ph_word *value);
};
extern const struct ph_base_opt ph_base_opts[];        /* ended by a NULL name */

/* Takes the next word if it can be an argument that may be left away; NULL if it cannot. */
const struct ph_word *ph_command_next(struct ph_command *cmd);

/* Adds a match or target. NULL: it complained. */
struct ph_part *ph_command_add_part(struct ph_command *cmd, const struct ph_ext *ext, const struct ph_word *at);

/* Reads a whole command into cmd; checks it. False: it complained. Ended by ph_command_fini in any case. */
bool ph_command_read(struct ph_command *cmd);
bool ph_command_check(struct ph_command *cmd);
void ph_command_fini(struct ph_command *cmd);

/* One record with the given addresses; NULL without memory. */
struct ph_rule *ph_command_build(const struct ph_command *cmd, const struct ph_addr_test *src, const struct ph_addr_test *dst);

/* Does it. PH_OK, PH_INVALID (it complained), PH_NO_MEMORY. */
enum ph_status ph_command_apply(struct ph_command *cmd);

/* What is wrong with a chain's name; NULL: nothing. A command may not take a target's name either; a save file may, and -j
 * means the chain then, as iptables-restore has it. */
const char *ph_chain_name_wrong(const struct ph_word *name);
const char *ph_chain_name_taken(const struct ph_ruleset *rules, const struct ph_word *name);

/* Are all parts of a rule allowed at these hooks? False: it complained. chain: for the message. */
bool ph_rule_hooks_ok(struct ph_rule_load *load, const struct ph_rule *rule, const char *chain, unsigned hooks);

/* Runs one command in a table that is given (a save file's line) or found in it. */
struct ph_command_env {
	struct ph_ruleset *rules;
	struct ph_rule_load *load;
	bool restoring;
	enum ph_table table;
	uint64_t packets, bytes;
};
enum ph_status ph_rule_command_run(const struct ph_command_env *env, const struct ph_word *words, size_t n);

/* What -S and -L print of a table; list.c. chain: NULL for all; number: of one rule in it, 0 for all. */
struct ph_listing {
	const struct ph_ruleset *rules;
	const struct ph_rtable *table;
	const struct ph_chain *chain;
	uint32_t number;
	uint8_t show;                   /* PH_SHOW_* */
};
void ph_list_specifications(const struct ph_listing *list, struct ph_sink sink);
void ph_list_columns(const struct ph_listing *list, struct ph_sink sink);

/* Says once for each target that translates addresses that it is not applied; nat.c. */
void ph_warn_nat(struct ph_rule_load *load, const struct ph_rtable *table);

#endif
