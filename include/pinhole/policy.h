/* A policy: what an administrator configured. Rules of both families, helper modules and their options,
 * sysctls, interfaces, addresses and routes, read from the commands and files they already have.
 *
 * One thread at a time. Loading allocates; nothing here prints or opens files. */
#ifndef PINHOLE_POLICY_H
#define PINHOLE_POLICY_H

#include <pinhole/net.h>

struct ph_policy;

/* Where a rule stands. Strings belong to the policy and are good until it is edited (ph_policy_edit) or freed. */
struct ph_rule_ref {
	const char *table, *chain;      /* NULL: no rule */
	uint32_t number;                /* from 1; 0: the chain's policy */
	const char *file;
	uint32_t line;
};

enum ph_answer { PH_ANSWER_NO = 0, PH_ANSWER_YES, PH_ANSWER_UNKNOWN };

/* A rule, or a chain's policy, put to a packet. Strings are valid during the callback. */
struct ph_rule_trial {
	struct ph_rule_ref rule;
	const char *text;       /* as iptables-save prints it, without -A CHAIN; of a policy: ACCEPT or DROP */
	enum ph_answer answer;
	const char *failed;     /* the first test that said no or cannot know, such as "-s" or "-m tcp"; NULL: none */
	const char *note;       /* what the match that decided adds, such as where a route leads; NULL: nothing */
	bool broken;            /* a match could not read its header: the packet is dropped */
};

/* An empty policy: chains empty and ACCEPT, kernel defaults everywhere. NULL without memory. */
PH_API struct ph_policy *ph_policy_new(void);
PH_API void ph_policy_free(struct ph_policy *policy);

/* How a text is to be read. */
struct ph_policy_source {
	const char *name;       /* for messages, and its ending .v4/.v6 tells the family of a save file; never opened */
	uint8_t family;         /* PH_IPV4 or PH_IPV6: of a save file that does not say; 0: find out */
	bool lenient;           /* what the engine does not know or cannot honour yet is a warning, not an error */
	bool no_flush;          /* a save file adds to its tables instead of replacing them, as iptables-restore -n */
};

/* Adds one text: commands, a save file, or `ip -j` JSON, told apart by its content. text need not be terminated.
 * PH_OK; PH_INVALID: at least one error was added to diags, all errors of the text are there, and the policy
 * must not be used any more except to be freed. */
PH_API PH_MUST_CHECK enum ph_status ph_policy_load(struct ph_policy *policy, const struct ph_policy_source *source,
                                                   const char *text, size_t len, struct ph_diags *diags);

/* To be called once after the last text: checks what only the whole can show (chains jumped to, loops, helpers).
 * Same results as ph_policy_load. */
PH_API PH_MUST_CHECK enum ph_status ph_policy_finish(struct ph_policy *policy, struct ph_diags *diags);

/* One command of an administrator on a finished policy: `iptables`, `ip6tables`, `sysctl`, `modprobe` with their words. word: n of them,
 * terminated, word[0] the command's name, with or without a path. What the command lists (-L, -S, sysctl KEY) or sysctl has set goes to out.
 * Counters and what rules remember stay. Diagnostics name the file "command" and the column that a word has with a blank between words.
 * PH_OK; PH_EXISTS: the answer was no without being an error (iptables -C), a warning in diags has the words for it; PH_NOT_FOUND: there
 * is no such chain, rule or number; PH_INVALID: anything else. diags says why (no memory is one reason), and nothing has changed. docs/editing.md says what can be edited.
 * An engine that borrows the policy is told by ph_engine_refresh before its next packet, unless the command only listed. */
PH_API PH_MUST_CHECK enum ph_status ph_policy_edit(struct ph_policy *policy, const char *const *word, size_t n, struct ph_sink out,
                                                   struct ph_diags *diags);

/* Adds a warning for what a policy that loads well leaves open against the advice of "Secure use of iptables and connection
 * tracking helpers": rules of filter that accept RELATED without -m helper, or with it but from anywhere to anywhere; and, where
 * there is a topology, the interfaces by which packets with any source address come in, one warning for each family in use.
 * After ph_policy_finish; changes nothing. PH_OK or PH_NO_MEMORY. */
PH_API enum ph_status ph_policy_advise(const struct ph_policy *policy, struct ph_diags *diags);

/* Prints one family as iptables-save does: every table that was touched, chains with policies and counters.
 * counters: also before each rule, as with -c. */
PH_API void ph_policy_print(const struct ph_policy *policy, uint8_t family, bool counters, struct ph_sink sink);

/* Prints what one family's rules are made of: tables, chains, matches and targets in use, and what no packet can reach.
 * After ph_policy_finish. PH_OK or PH_NO_MEMORY. */
PH_API enum ph_status ph_policy_stats(const struct ph_policy *policy, uint8_t family, struct ph_sink sink);

/* True if the policy says anything about that family's rules. */
PH_API bool ph_policy_has_rules(const struct ph_policy *policy, uint8_t family);

/* Interfaces in the order they were first named by `ip` commands or JSON. Without any topology there are two, in0 and
 * out0. name: NULL when out of range. index: -1 when there is none of that name (and it is not created). */
PH_API size_t ph_policy_iface_count(const struct ph_policy *policy);
PH_API const char *ph_policy_iface_name(const struct ph_policy *policy, size_t index);
PH_API int ph_policy_iface_find(const struct ph_policy *policy, const char *name);
/* Adds an interface a capture names (before ph_engine_new). Its index, or -1 (no memory, name longer than 15). */
PH_API int ph_policy_iface_add(struct ph_policy *policy, const char *name);
/* True if `ip` commands or JSON gave any interface, address or route. */
PH_API bool ph_policy_has_topology(const struct ph_policy *policy);

#endif
