/* All or nothing for a rule set: an edit works on a copy of the tables while the true ones stand aside untouched.
 *
 *   ph_change_begin -> ph_iptables_command, ph_ruleset_finish ... -> ph_change_keep, or ph_change_undo, which cannot fail
 *
 * What rules share (shared.h) is not copied: what an edit adds or replaces there is remembered and taken back. */
#ifndef PH_RULE_CHANGE_H
#define PH_RULE_CHANGE_H

#include "rule/rules.h"

struct ph_change {
	struct ph_ruleset *rules;
	struct ph_rtable table[PH_TABLES];      /* the true ones, owned */
	struct ph_return *stack;
	struct ph_explored *explored;
	bool finished;
};

/* Counters and state are copied with the rules. False: no memory, and nothing has changed. */
PH_MUST_CHECK bool ph_change_begin(struct ph_change *change, struct ph_ruleset *rules);
/* The edited tables stay. What no rule shares any more is forgotten. After ph_ruleset_finish said PH_OK. */
void ph_change_keep(struct ph_change *change);
/* Everything is as it was. */
void ph_change_undo(struct ph_change *change);

#endif
