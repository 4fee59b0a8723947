/* What rules remember outside their record: lists of addresses that several rules name, buckets, connections counted.
 * Made while rules are loaded, sized then, owned by the rule set until no rule names it any more; two rules that give the
 * same name share one. No packet allocates. */
#ifndef PH_RULE_SHARED_H
#define PH_RULE_SHARED_H

#include "rule/ext.h"

struct ph_shared {
	struct ph_shared *next;
	const struct ph_ext *ext;
	void *data;             /* owned; zero at first */
	size_t size;
	void *former;           /* owned: what data was before the edit that is under way, or NULL */
	size_t former_size;
	bool fresh;             /* made by that edit */
	bool held;              /* a rule was bound to it since the edit began */
	char name[];
};

/* The memory of that name of an extension, made if there is none; made anew, empty, if it is smaller than size. name:
 * NULL for one of the rule's own. NULL: no memory. */
struct ph_shared *ph_shared_get(struct ph_ruleset *rules, const struct ph_ext *ext, const char *name, size_t size);

/* The same if it is there, or NULL. */
struct ph_shared *ph_shared_find(struct ph_ruleset *rules, const struct ph_ext *ext, const char *name);

/* A rule that found its memory at an earlier finish still wants it. */
void ph_shared_hold(struct ph_shared *shared);

/* An edit (change.h) begins; it stays, and memory that no rule was bound to goes; it is taken back. */
void ph_shared_begin(struct ph_ruleset *rules);
void ph_shared_keep(struct ph_ruleset *rules);
void ph_shared_undo(struct ph_ruleset *rules);

/* Trades what is remembered under the same name by the same extension in the same size and way: rules that come into the
 * place of others go on with it. */
void ph_shared_trade(struct ph_ruleset *a, struct ph_ruleset *b);

/* To be called by the rule set's end. */
void ph_shared_free_all(struct ph_shared *first);

/* A number for each place in the rules, the same in every run: the seed of what shall look random. */
uint64_t ph_bind_seed(const struct ph_bind *bind);

#endif
