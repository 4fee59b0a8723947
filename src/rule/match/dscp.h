/* The names of code points, for -m dscp and -j DSCP. */
#ifndef PH_RULE_MATCH_DSCP_H
#define PH_RULE_MATCH_DSCP_H

#include "rule/ext.h"

extern const struct ph_name ph_dscp_classes[];

#endif
