/* What the matches that look at ports share. */
#ifndef PH_RULE_MATCH_PORTS_H
#define PH_RULE_MATCH_PORTS_H

#include "rule/ext.h"

static inline bool ph_range16_has(const struct ph_range16 *range, uint16_t value, bool inverted)
{
	return (value >= range->lo && value <= range->hi) != inverted;
}

#endif
