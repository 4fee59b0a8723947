/* Matches and targets: what one is. Each is one file in rule/match or rule/target with one option table that drives
 * parsing, printing, help and errors; rule/registry.c names them all.
 *
 * To write one: a struct for its fields, an enum for its option ids, the option table, the function that tests a packet.
 * Hooks are for what the table cannot say. All constants; any thread may read them. */
#ifndef PH_RULE_EXT_H
#define PH_RULE_EXT_H

#include "base/writer.h"
#include "rule/rules.h"
#include "rule/text/iptables.h"
#include <stddef.h>

/* What follows an option, and what its field holds. */
enum ph_arg_type {
	PH_ARG_FLAG = 0,        /* nothing; no field */
	PH_ARG_UINT,            /* number from min to max; field of 1, 2 or 4 bytes */
	PH_ARG_RANGE,           /* A, A:B, A:, :B from min to max; struct ph_range16 or ph_range32 */
	PH_ARG_PORTS,           /* the same of ports, by number or service name; struct ph_range16 */
	PH_ARG_MASKED,          /* VALUE[/MASK]; struct ph_masked */
	PH_ARG_ADDR,            /* ADDRESS[/MASK] of the rule's family; struct ph_addr_test */
	PH_ARG_PROTO,           /* protocol by name or number; one byte */
	PH_ARG_ENUM,            /* one of names; field of 1, 2 or 4 bytes */
	PH_ARG_SET,             /* some of names with commas between; bits, field of 1, 2 or 4 bytes */
	PH_ARG_STRING,          /* from min to max characters; char array with room for a terminator */
	PH_ARG_CUSTOM,          /* the parse hook knows; words says how many */
};

enum ph_opt_flag {
	PH_OPT_NEEDED = 1 << 0,
	PH_OPT_INVERT = 1 << 1,         /* may be negated */
	PH_OPT_DEFAULT = 1 << 2,        /* the value that init left there is the same as not giving it */
	PH_OPT_ALWAYS = 1 << 3,         /* printed even if it was not given */
	PH_OPT_SPELLING = 1 << 4,       /* another spelling of the entry with the same id; never printed */
	PH_OPT_PREFIX = 1 << 5,         /* names: the first one that begins so, in any case */
	PH_OPT_NOCASE = 1 << 6,         /* names: in any case */
	PH_OPT_BARE = 1 << 7,           /* string: printed without quotes whatever is in it */
	PH_OPT_QUIET = 1 << 8,          /* never printed: another option shows its effect */
	PH_OPT_OPTIONAL = 1 << 10,      /* CUSTOM, one word: it may be missing; the parse hook asks arg->bare */
	PH_OPT_REPEAT = 1 << 9,         /* CUSTOM, FLAG: may be given again; the parse hook keeps order */
};

struct ph_range16 { uint16_t lo, hi; };
struct ph_range32 { uint32_t lo, hi; };
struct ph_masked { uint32_t value, mask; };

/* Names of values or bits; ended by a NULL name. The first name of a value is the one printed. */
struct ph_name {
	const char *name;
	uint32_t value;
};

struct ph_arg;
struct ph_check;

#define PH_OPTIONS_MAX 32

struct ph_opt {
	const char *name;               /* without the dashes */
	const char *what;               /* what its argument looks like, for help and errors; NULL for flags */
	enum ph_arg_type type;
	uint16_t flags;                 /* PH_OPT_* */
	uint8_t id;                     /* bit in given and inverted, below PH_OPTIONS_MAX */
	uint8_t words;                  /* CUSTOM: how many follow; 0 counts as 1 */
	uint16_t offset, size;          /* its field */
	uint32_t min, max;
	const struct ph_name *names;
	uint32_t excludes;              /* bits of options that may not stand beside it */
	/* Instead of (CUSTOM) or after the generic reading. False: it complained. */
	bool (*parse)(struct ph_arg *arg);
	/* Instead of the generic printing of the value. */
	void (*print)(const struct ph_part *part, uint8_t family, struct ph_writer *w);
};

#define PH_OPT_FIELD(type, member) .offset = offsetof(type, member), .size = sizeof(((type *)0)->member)
#define PH_BIT(id) (1u << (id))

/* One option being read. */
struct ph_arg {
	const struct ph_opt *opt;
	struct ph_part *part;
	const struct ph_word *word;     /* the argument: opt->words of them */
	uint8_t family;
	const struct ph_rule *rule;     /* what was read before it: tests, proto */
	struct ph_rule_load *load;
	bool inverted;
	bool bare;                      /* PH_OPT_OPTIONAL: there is no argument; word is the option itself */
};

/* One finished match or target being checked against its rule. */
struct ph_check {
	struct ph_part *part;
	const struct ph_word *at;       /* its name */
	const struct ph_word *const *value;     /* the words of its options by id, or NULL */
	uint8_t family;
	enum ph_table table;
	const struct ph_rule *rule;
	const struct ph_part *const *parts;     /* all of the rule, in the order given */
	size_t n_parts;
	struct ph_rule_load *load;
};

/* A part of a rule set that is complete: it finds what it shares with others (shared.h). Called at each finish. */
struct ph_bind {
	struct ph_part *part;
	struct ph_ruleset *rules;
	const struct ph_rule *rule;
	struct ph_rule_load *load;
	enum ph_table table;
	const char *chain;
	uint32_t number, place;         /* of the rule in its chain, of the part in its rule; from 1 */
};

enum ph_ext_kind { PH_EXT_MATCH = 1, PH_EXT_TARGET };
enum { PH_FAMILY_4 = 1, PH_FAMILY_6 = 2, PH_FAMILY_ANY = 3 };

/* What a match says. UNKNOWN: it depends on what a replay cannot know (a socket's owner, a CPU, a database); it is never
 * guessed, see eval.c. A negated match that cannot know answers UNKNOWN, too. */
enum ph_match { PH_MATCH_NO = 0, PH_MATCH_YES, PH_MATCH_UNKNOWN };

/* What a target says. CONTINUE: the next rule. UNKNOWN: somebody else decides (a program behind a queue); the walk goes on
 * as if the rule were not there, and the packet's fate is told as uncertain. */
enum ph_target_verdict { PH_TARGET_DROP = 0, PH_TARGET_CONTINUE, PH_TARGET_ACCEPT, PH_TARGET_UNKNOWN };

/* What of a packet's surroundings a match reads, or a target changes: where an uncertain rule may have changed it, a match
 * that reads it cannot know either. */
enum ph_touch {
	PH_TOUCH_MARK = 1, PH_TOUCH_CONNMARK = 2, PH_TOUCH_TRACK = 4 /* NOTRACK, CT */, PH_TOUCH_HEADER = 8 /* TTL, TOS */,
	PH_TOUCH_SET = 16 /* SET, recent */, PH_TOUCH_TCP = 32 /* its options and ECN flags */,
	PH_TOUCH_MSS = 64 /* of a SYN */,
};

struct ph_ext {
	const char *name;
	const char *spelling[2];        /* further names that mean it */
	const char *what;               /* one line for people */
	enum ph_ext_kind kind;
	uint8_t families;               /* set of PH_FAMILY_* */
	uint8_t proto;                  /* needs -p this; 0: any */
	bool implied;                   /* an option of its own after -p proto loads it */
	uint8_t implied_by;             /* after -p this, which the match itself does not need; 0: none */
	uint8_t tables, hooks;          /* where it may stand: sets of 1 << enum; 0: everywhere */
	uint8_t touches;                /* PH_TOUCH_*: what a match reads, what a target changes */
	uint8_t answers;                /* target: what it may say, set of 1 << enum ph_target_verdict; 0: anything */
	/* The same of this packet, where that says more; NULL: the set above. */
	uint8_t (*answers_now)(const struct ph_part *part, const struct ph_rule_ctx *ctx);
	bool found;                     /* match: what lies behind `compared` is what bind found; asking changes nothing */
	bool stateful;                  /* match: changes state outside its own fields (lists of addresses, buckets) */
	uint16_t size;                  /* of its fields */
	uint16_t compared;              /* the first bytes of them, which are the specification; 0: all */
	uint8_t n_options;
	const struct ph_opt *options;
	void (*init)(void *data, uint8_t family);
	bool (*check)(struct ph_check *check);  /* cross-option rules; false: it complained */
	/* Instead of the name and the options; NULL: those. */
	void (*print)(const struct ph_part *part, uint8_t family, struct ph_writer *w);
	/* Which hooks this one may stand in, where its options decide; NULL: those above. */
	uint8_t (*part_hooks)(const struct ph_part *part);
	/* False: it complained, or there is no memory. */
	bool (*bind)(struct ph_bind *bind);
	/* Do two shared memories (shared.h) of one name and size measure the same way? NULL: always. */
	bool (*same_memory)(const void *a, const void *b);
	/* match: why it answers as it does, for people; NULL: its name says enough. Changes nothing. */
	void (*note)(const struct ph_part *part, const struct ph_rule_ctx *ctx, struct ph_writer *w);
	/* Packet path. data, state: its fields; those after `compared` may be changed. */
	enum ph_match (*match)(struct ph_part *part, struct ph_rule_ctx *ctx);
	enum ph_target_verdict (*target)(const struct ph_part *part, struct ph_rule_ctx *ctx, const struct ph_rule_ref *ref);
};

#define PH_EXT_OPTIONS(table) .n_options = (uint8_t)(sizeof(table) / sizeof((table)[0])), .options = (table)

/* All of them, ended by NULL. */
extern const struct ph_ext *const ph_exts[];
const struct ph_ext *ph_ext_find(enum ph_ext_kind kind, uint8_t family, const char *name, size_t len);
/* The match that an option after -p proto may mean, or NULL. */
const struct ph_ext *ph_ext_of_proto(uint8_t family, uint8_t proto);
/* True if iptables has an extension of that name that is not written here yet. */
bool ph_ext_foreign(enum ph_ext_kind kind, const char *name, size_t len);

/* A complaint about an option's argument: `--name: ...`. Returns false. */
bool ph_arg_error(const struct ph_arg *arg, const char *fmt, ...) PH_PRINTF(2, 3);
/* A complaint about a match or target, at option id's argument (-1: at its name). Returns false. */
bool ph_check_error(const struct ph_check *check, int id, const char *fmt, ...) PH_PRINTF(3, 4);

/* A complaint about a rule whose rule set is complete. Returns false. */
bool ph_bind_error(const struct ph_bind *bind, const char *fmt, ...) PH_PRINTF(2, 3);

static inline enum ph_match ph_match_if(bool hit)
{
	return hit ? PH_MATCH_YES : PH_MATCH_NO;
}

static inline bool ph_part_has(const struct ph_part *part, unsigned id)
{
	return part->given >> id & 1;
}

static inline bool ph_part_inverted(const struct ph_part *part, unsigned id)
{
	return part->inverted >> id & 1;
}

#endif
