/* Elements of sets as ipset writes them: 10.0.0.0/8, 1.2.3.4,tcp:80-90, 10.0.0.1-10.0.0.9. */
#ifndef PH_RULE_TEXT_IPSET_ENTRY_H
#define PH_RULE_TEXT_IPSET_ENTRY_H

#include "rule/set.h"

/* Addresses one after the other, or the networks that make up a range. */
struct ph_set_span {
	bool net, many, done;           /* many: IPv4, from lo to hi */
	uint32_t lo, hi;
	uint8_t netmask;                /* steps of single addresses */
	struct ph_addr addr;
	uint8_t cidr;
};

struct ph_set_entry {
	struct ph_set_key key;          /* what all its elements have in common */
	struct ph_set_span ip, ip2;
	uint16_t port_lo, port_hi;
};

/* Reads an element for a set of this configuration. NULL when fine, otherwise what is wrong with it. */
const char *ph_set_entry_parse(const struct ph_set_config *config, struct ph_cur text, struct ph_set_entry *out);

/* Calls each with every key it stands for, until that returns false. False: it did. */
bool ph_set_entry_each(const struct ph_set_entry *entry, bool (*each)(void *arg, const struct ph_set_key *key), void *arg);

/* Range of a bitmap: A-B or A/LEN for addresses, A-B for ports. False: none. */
PH_MUST_CHECK bool ph_set_range_parse(struct ph_set_config *config, struct ph_cur text);

#endif
