/* What a rule set is made of; see stats.c. */
#ifndef PH_RULE_TEXT_STATS_H
#define PH_RULE_TEXT_STATS_H

#include "rule/rules.h"

/* Prints tables with their numbers of rules and chains, chains and rules that no packet can reach, and the matches and
 * targets in use. The rule set must be finished. False: no memory. */
bool ph_ruleset_stats(const struct ph_ruleset *rules, struct ph_sink sink);

#endif
