/* What the matches hbh and dst share: IPv6 headers that are lists of options. RFC 8200 4.2. */
#ifndef PH_RULE_MATCH_OPTS6_H
#define PH_RULE_MATCH_OPTS6_H

#include "rule/match/headers.h"

enum { PH_OPTS6_LEN, PH_OPTS6_OPTS };
#define PH_OPTS6_MAX 16
#define PH_OPTS6_ANY 255        /* instead of a length */

struct ph_opts6 {
	uint32_t len;                   /* bytes of the whole header */
	uint8_t n;
	struct {
		uint8_t type, len;
	} opt[PH_OPTS6_MAX];
};

bool ph_opts6_parse(struct ph_arg *arg);
void ph_opts6_print(const struct ph_part *part, uint8_t family, struct ph_writer *w);
/* which: PH_EXT_HOP or PH_EXT_DEST. */
enum ph_match ph_opts6_match(const struct ph_part *part, struct ph_rule_ctx *ctx, uint8_t which);

#define PH_OPTS6_OPTIONS(prefix) \
	{ .name = prefix "-len", .what = "bytes of the whole header", .type = PH_ARG_UINT, .flags = PH_OPT_INVERT, \
	  .id = PH_OPTS6_LEN, PH_OPT_FIELD(struct ph_opts6, len), .max = 0xffffffff }, \
	{ .name = prefix "-opts", .what = "a list of TYPE or TYPE:LENGTH, at most 16", .type = PH_ARG_CUSTOM, \
	  .id = PH_OPTS6_OPTS, .parse = ph_opts6_parse, .print = ph_opts6_print }

#endif
