/* The few rules by which the kernel hands its packets to pinhole's queues.
 *
 * They stand in table mangle: a packet accepted from a queue skips what is left of the chain that queued it and goes on with the next
 * table, so the machine's own filter rules are never bypassed. What it does skip are rules of mangle behind the jump; the installing
 * function warns when there are any.
 *
 * With iptables-legacy: a chain PINHOLE with one NFQUEUE rule, jumped to by the first rule of INPUT, FORWARD and OUTPUT, for both
 * families; each of these rules has the comment "pinhole". Where the kernel has the queue statement of nftables: a table `inet pinhole`
 * instead. Each family is changed in one transaction, in which leftovers of an instance that crashed are replaced.
 *
 *   struct rules rules = { .first = 0, .n = 1, .bypass = false, .form = rules_form() };
 *   rules_print(&rules, &text);                            what an administrator would type
 *   rules_install(&rules, diags); ... rules_take_back(&rules, diags);
 *
 * All but printing need CAP_NET_ADMIN and CAP_NET_RAW, and start other programs. One caller at a time. */
#ifndef PH_CMD_RULES_H
#define PH_CMD_RULES_H

#include "cmd/text.h"

enum rules_form { RULES_IPTABLES = 0, RULES_NFT };

struct rules {
	uint16_t first, n;      /* queues first to first + n - 1; n at least 1 */
	bool bypass;            /* packets pass when no program listens to their queue; otherwise they are dropped */
	enum rules_form form;
};

/* The form this machine should have: nftables' if its kernel takes them. */
enum rules_form rules_form(void);

/* The rules as commands of a shell, to install them by hand. */
void rules_print(const struct rules *rules, struct cmd_text *out);

/* Puts them in, first of their chains, and takes out those of the other form. PH_OK; PH_IO after an error in diags: what went in is
 * out again. Warnings: the kernel has no IPv6, rules of mangle that accepted packets do not reach. */
enum ph_status rules_install(const struct rules *rules, struct ph_diags *diags);

/* Takes out all that were ever installed, in both forms. PH_OK, also if there were none; PH_IO after an error in diags. */
enum ph_status rules_remove(struct ph_diags *diags);

/* Takes out what rules_install put in. Another instance, with other queues, may have replaced it since: its rules stay, with a warning. As
 * rules_remove otherwise. */
enum ph_status rules_take_back(const struct rules *rules, struct ph_diags *diags);

/* Are there any, whole or in part? PH_OK, PH_IO after an error in diags. */
enum ph_status rules_present(bool *present, struct ph_diags *diags);

#endif
