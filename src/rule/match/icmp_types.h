/* What -m icmp and -m icmp6 share: a type, or a type with a code, by number or name. */
#ifndef PH_RULE_MATCH_ICMP_TYPES_H
#define PH_RULE_MATCH_ICMP_TYPES_H

#include "rule/ext.h"

/* lo, hi: codes. */
struct ph_icmp_test {
	uint8_t type, lo, hi;
	bool any;
};

struct ph_icmp_name {
	const char *name;
	uint8_t type, lo, hi;
};

/* Reads "8", "3/1", or an unambiguous beginning of a name in any case. names: ended by a NULL name.
 * False: it complained. */
bool ph_icmp_test_parse(struct ph_arg *arg, const struct ph_icmp_name *names, struct ph_icmp_test *out);
void ph_icmp_test_print(const struct ph_icmp_test *test, struct ph_writer *w);
/* The match itself: part's data begins with a struct ph_icmp_test, option id 0. */
enum ph_match ph_icmp_test_match(struct ph_part *part, struct ph_rule_ctx *ctx);

#endif
