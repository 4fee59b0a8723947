/* The maximum segment size a SYN offers, for -m tcpmss and -j TCPMSS. */
#ifndef PH_RULE_MATCH_TCPMSS_H
#define PH_RULE_MATCH_TCPMSS_H

#include "rule/ext.h"

enum ph_mss_found { PH_MSS_BROKEN = 0, PH_MSS_ABSENT, PH_MSS_FOUND };

/* As rules see it: what TCPMSS made of it counts. BROKEN: the header is not all there. */
enum ph_mss_found ph_rule_mss(const struct ph_rule_ctx *ctx, uint16_t *mss);

#endif
