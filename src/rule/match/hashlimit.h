/* The table behind -m hashlimit: a bucket of credit for each group of packets. Made at load, bounded; shared by the rules
 * that give the same name, under the configuration of the first. */
#ifndef PH_RULE_MATCH_HASHLIMIT_H
#define PH_RULE_MATCH_HASHLIMIT_H

#include "rule/shared.h"

enum ph_hash_mode { PH_HASH_DSTIP = 1, PH_HASH_DSTPORT = 2, PH_HASH_SRCIP = 4, PH_HASH_SRCPORT = 8 };

/* What a rule says of its table. Rates are counted as iptables hands them to the kernel: packets as the time one takes, in
 * 1/PH_HASH_SCALE seconds; bytes as 2^32 / chunks of 16 a second. */
#define PH_HASH_SCALE 1000000u
struct ph_hash_config {
	uint64_t avg, burst;
	uint32_t mode;                  /* set of PH_HASH_* */
	uint32_t size, max, gc_ms, expire_ms, interval_s;
	struct ph_addr srcmask, dstmask;
	bool bytes, rate_match;
};

/* Memory for a table of at most so many groups. */
size_t ph_hash_size(uint32_t max);
/* To be called once for a new one. */
void ph_hash_init(void *table, const struct ph_hash_config *config, uint32_t max);

/* Accounts for a packet. False: there is no place for its group. *over: it is above the rate. */
PH_MUST_CHECK bool ph_hash_account(void *table, const struct ph_rule_ctx *ctx, bool *over);

/* Does the kernel's 64-bit arithmetic hold this? */
bool ph_hash_fits(const struct ph_hash_config *config);

/* Were two tables made for the same rate, mode and masks? */
bool ph_hash_same(const void *a, const void *b);

#endif
