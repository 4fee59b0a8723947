/* The inside of a rule set: tables, chains, rules, and the flat form that packets walk.
 *
 *   struct ph_ruleset
 *     table[raw, mangle, nat, filter, security]
 *       chain[]: the built-in ones in hook order, then the others by name
 *         rule[]  -> one record each:  | header | match | match | target |
 *       flat      -> all records of the table behind each other, made by ph_ruleset_finish
 *
 * A record is one block of memory without pointers into itself, so that making the flat form is copying, and deleting by
 * specification is comparing. While the flat form exists its counters are the true ones; any edit first takes them back
 * (ph_ruleset_thaw) and drops it. */
#ifndef PH_RULE_RULES_H
#define PH_RULE_RULES_H

#include "rule/ruleset.h"

#define PH_CHAIN_NAME_MAX 28    /* characters, as in the kernel's tables */
#define PH_TARGET_NAME_SIZE 32
#define PH_RULE_MATCHES 64      /* in one rule */

struct ph_ext;
struct ph_helper_options;
struct ph_shared;

/* One match or target of a rule. */
struct ph_part {
	const struct ph_ext *ext;
	uint32_t size;                  /* of the record, a multiple of 8 */
	uint32_t given, inverted;       /* a bit for each option id */
	_Alignas(8) unsigned char data[];       /* ext->size bytes, its options' fields */
};

/* What of a rule's own fields is tested, and negated. */
enum ph_test {
	PH_TEST_SRC = 1, PH_TEST_DST = 2, PH_TEST_IN = 4, PH_TEST_OUT = 8, PH_TEST_PROTO = 16, PH_TEST_FRAG = 32,
};

enum ph_action { PH_ACT_NONE = 0, PH_ACT_ACCEPT, PH_ACT_DROP, PH_ACT_RETURN, PH_ACT_JUMP, PH_ACT_GOTO, PH_ACT_TARGET,
	PH_ACT_UNKNOWN,                 /* a jump to what is no chain, in a policy that is loaded leniently */
};

/* An interface name, or its first part where `+` followed: only bytes under the mask count. */
struct ph_iface_test {
	struct ph_ifname name, mask;
};

static inline bool ph_iface_test_hits(const struct ph_ifname *name, const struct ph_iface_test *test)
{
	uint64_t n[2], t[2], m[2];

	memcpy(n, name, sizeof(n));
	memcpy(t, &test->name, sizeof(t));
	memcpy(m, &test->mask, sizeof(m));
	return (((n[0] ^ t[0]) & m[0]) | ((n[1] ^ t[1]) & m[1])) == 0;
}

struct ph_addr_test {
	struct ph_addr addr, mask;
};

struct ph_rule {
	uint32_t size;                  /* of the record with its parts, a multiple of 8 */
	uint8_t tests, inverted;        /* sets of enum ph_test */
	uint8_t proto, action;
	uint16_t n_matches;
	uint32_t target_at;             /* offset of the target's part; 0: none */
	uint32_t to;                    /* flat form: index of the chain that JUMP and GOTO lead to */
	uint32_t line, column, target_column;
	uint64_t packets, bytes;
	const char *file;               /* belongs to the rule set */
	struct ph_addr_test src, dst;
	struct ph_iface_test in, out;
	char chain[PH_TARGET_NAME_SIZE];        /* JUMP, GOTO: where to */
	_Alignas(8) unsigned char parts[];
};

struct ph_chain {
	char name[PH_TARGET_NAME_SIZE];
	int hook;                       /* enum ph_hook, or -1: made by a person */
	bool policy_drop;
	uint64_t packets, bytes;        /* of the policy */
	struct ph_rule **rule;
	size_t n, room;
	uint32_t flat_at;               /* flat form: offset of the first rule */
	uint8_t from;                   /* hooks it can be reached from, set of 1 << enum ph_hook */
	uint32_t depth;                 /* jumps on the way down from here */
	uint32_t may_stamp;             /* explore.c: for which question `may` was found out */
	uint8_t may;
};

struct ph_rtable {
	bool touched;
	struct ph_chain **chain;
	size_t n, room;
	struct ph_chain *hook[PH_HOOKS];        /* those of chain[] that are built in, or NULL */
	unsigned char *flat;
};

/* Where to go on after a chain that was jumped to. */
struct ph_return {
	uint32_t chain, at, number;
};

/* A chain being explored; see explore.c. */
struct ph_explored {
	uint32_t chain, at, number, stamp;
	uint8_t may;
	bool whole;                     /* from its first rule on */
};

struct ph_file_name {
	struct ph_file_name *next;
	char text[];
};

struct ph_ruleset {
	uint8_t family;
	bool finished;
	struct ph_rtable table[PH_TABLES];
	struct ph_return *stack;        /* as deep as the deepest chain of jumps */
	struct ph_explored *explored;   /* as many, and one more */
	uint32_t stamp;                 /* of the question at work */
	struct ph_file_name *files;
	struct ph_shared *shared;       /* what rules remember outside their records, shared.h */
	bool changing;                  /* an edit is under way that may be taken back, change.h */
};

extern const char *const ph_table_name[PH_TABLES];
extern const char *const ph_hook_name[PH_HOOKS];
/* The hooks at which a table has a chain: set of 1 << enum ph_hook. */
extern const uint8_t ph_table_hooks[PH_TABLES];

static inline struct ph_part *ph_part_at(struct ph_rule *rule, uint32_t offset)
{
	return (struct ph_part *)(void *)((unsigned char *)rule + offset);
}

static inline const struct ph_part *ph_part_at_const(const struct ph_rule *rule, uint32_t offset)
{
	return (const struct ph_part *)(const void *)((const unsigned char *)rule + offset);
}

static inline uint32_t ph_rule_first_part(void)
{
	return (uint32_t)sizeof(struct ph_rule);
}

/* Chains. name: terminated. NULL: there is none. */
struct ph_chain *ph_chain_find(const struct ph_rtable *table, const char *name);
/* PH_OK, PH_EXISTS, PH_NO_MEMORY. */
enum ph_status ph_chain_new(struct ph_ruleset *rules, enum ph_table table, const char *name);
/* PH_OK, PH_NOT_FOUND, PH_BUSY (has rules), PH_EXISTS (something jumps to it), PH_INVALID (built in). */
enum ph_status ph_chain_delete(struct ph_ruleset *rules, enum ph_table table, const char *name);
/* PH_OK, PH_NOT_FOUND, PH_EXISTS (the new name is taken), PH_INVALID (built in). Jumps to it follow. */
enum ph_status ph_chain_rename(struct ph_ruleset *rules, enum ph_table table, const char *from, const char *to);
/* Does this one jump or go to the chain of that name? */
bool ph_rule_leads_to(const struct ph_rule *rule, const char *name);
/* Does any rule of the table lead to it? */
bool ph_chain_used(const struct ph_rtable *table, const char *name);
void ph_chain_flush(struct ph_chain *chain);
/* With its rules; it must stand in no table any more. */
void ph_chain_free(struct ph_chain *chain);
/* What tables hold. */
void ph_tables_free(struct ph_rtable table[PH_TABLES]);

/* Puts a rule before index at (0: first; chain->n: last). The chain owns it then. False: no memory. */
bool ph_chain_insert(struct ph_chain *chain, size_t at, struct ph_rule *rule);
void ph_chain_remove(struct ph_chain *chain, size_t at);
/* Index of the first rule with the same specification; chain->n if there is none. */
size_t ph_chain_find_rule(const struct ph_chain *chain, const struct ph_rule *rule);

/* Does CT --helper of this rule mean the same helper under these options of modules? True for rules without. target/ct.c. */
bool ph_rule_helper_stands(const struct ph_rule *rule, uint8_t family, const struct ph_helper_options *options);

/* To be called before any edit: takes counters back from the flat form and drops it. */
void ph_ruleset_thaw(struct ph_ruleset *rules);
/* Makes a table's built-in chains exist. False: no memory. */
bool ph_ruleset_touch(struct ph_ruleset *rules, enum ph_table table);
/* A copy of a file's name that lives as long as the rule set; NULL for NULL and without memory. */
const char *ph_ruleset_file(struct ph_ruleset *rules, const char *file);

#endif
