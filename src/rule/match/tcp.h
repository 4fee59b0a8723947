/* What a target asks of the rule's -m tcp. */
#ifndef PH_RULE_MATCH_TCP_H
#define PH_RULE_MATCH_TCP_H

#include "rule/ext.h"

/* True if part is -m tcp and lets only segments with SYN pass. */
bool ph_match_tcp_wants_syn(const struct ph_part *part);

#endif
