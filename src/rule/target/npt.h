/* What SNPT and DNPT share: one prefix of IPv6 addresses in place of another, without connections (RFC 6296). Noted, not
 * done, which a warning says. */
#ifndef PH_RULE_TARGET_NPT_H
#define PH_RULE_TARGET_NPT_H

#include "rule/target/simple.h"

#define PH_NPT_MAX 64           /* bits of a prefix */

enum { PH_NPT_SRC, PH_NPT_DST };

struct ph_target_npt {
	struct ph_addr_test prefix[2];          /* PH_NPT_SRC, PH_NPT_DST */
};

bool ph_npt_parse(struct ph_arg *arg);
void ph_npt_print_src(const struct ph_part *part, uint8_t family, struct ph_writer *w);
void ph_npt_print_dst(const struct ph_part *part, uint8_t family, struct ph_writer *w);

#define PH_NPT_OPT(option, which, hook) \
	{ .name = option, .what = "a prefix such as 2001:db8:1::/48", .type = PH_ARG_CUSTOM, .flags = PH_OPT_NEEDED, \
	  .id = which, .parse = ph_npt_parse, .print = hook }
#define PH_NPT_OPTIONS \
	PH_NPT_OPT("src-pfx", PH_NPT_SRC, ph_npt_print_src), PH_NPT_OPT("dst-pfx", PH_NPT_DST, ph_npt_print_dst)

#endif
