/* What a policy that loads well should still not leave open: ph_policy_advise of <pinhole/policy.h>, in its two parts.
 * Rule sets must be finished. Nothing here changes them; each complaint is a PH_WARNING. */
#ifndef PH_RULE_TEXT_ADVICE_H
#define PH_RULE_TEXT_ADVICE_H

#include "rule/ext.h"
#include "rule/policy.h"

/* The option of that name, if the match was given it; else NULL. */
const struct ph_opt *ph_advice_option(const struct ph_part *part, const char *name);

/* Rules of table filter that accept RELATED without -m helper, or without any address, interface or port. Each rule is told
 * once, whatever leads to it. PH_OK or PH_NO_MEMORY. */
enum ph_status ph_advise_related(const struct ph_ruleset *rules, struct ph_diags *diags);

/* Interfaces of the topology by which any source address comes in, one warning that names them.
 * family: PH_IPV4 or PH_IPV6. PH_OK or PH_NO_MEMORY. */
enum ph_status ph_advise_sources(const struct ph_policy *policy, uint8_t family, struct ph_diags *diags);

#endif
