/* What the targets of table nat share: addresses and ports to translate to, read and printed as DNAT and SNAT do.
 *
 * Their verdict is noted in the packet's context and shown; nothing is rewritten. */
#ifndef PH_RULE_TARGET_NAT_H
#define PH_RULE_TARGET_NAT_H

#include "rule/ext.h"

enum ph_nat_opt { PH_NAT_TO, PH_NAT_RANDOM, PH_NAT_RANDOM_FULLY, PH_NAT_PERSISTENT };

struct ph_nat_to {
	struct ph_addr lo, hi;
	uint16_t port_lo, port_hi;
	uint16_t base;                  /* of the shifted range; only with has_base */
	bool has_addr, has_ports, has_base;
};

#define PH_NAT_TABLE (1 << PH_TABLE_NAT)
#define PH_NAT_DST_HOOKS (1 << PH_HOOK_PREROUTING | 1 << PH_HOOK_OUTPUT)
#define PH_NAT_SRC_HOOKS (1 << PH_HOOK_POSTROUTING | 1 << PH_HOOK_INPUT)

/* ADDRESS[-ADDRESS][:PORT[-PORT[/BASE]]], IPv6 addresses in brackets before a port; BASE for --to-destination only. */
bool ph_nat_parse_to(struct ph_arg *arg);
void ph_nat_print_to(const struct ph_part *part, uint8_t family, struct ph_writer *w);
/* PORT[-PORT] */
bool ph_nat_parse_ports(struct ph_arg *arg);
void ph_nat_print_ports(const struct ph_part *part, uint8_t family, struct ph_writer *w);
/* Notes that the rule decided; the walk through the table ends. */
enum ph_target_verdict ph_nat_target(const struct ph_part *part, struct ph_rule_ctx *ctx, const struct ph_rule_ref *ref);

#define PH_NAT_FLAG(option, which) { .name = option, .type = PH_ARG_FLAG, .id = which }
#define PH_NAT_PORTS_OPT { .name = "to-ports", .what = "a port or a range such as 1024-65535", .type = PH_ARG_CUSTOM, \
	.id = PH_NAT_TO, .parse = ph_nat_parse_ports, .print = ph_nat_print_ports }

#endif
