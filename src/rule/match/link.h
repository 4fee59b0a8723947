/* What the frame around a packet says: the matches that look below IP. */
#ifndef PH_RULE_MATCH_LINK_H
#define PH_RULE_MATCH_LINK_H

#include "rule/ext.h"

enum ph_link_kind { PH_LINKED_UNKNOWN = 0, PH_LINKED_HOST, PH_LINKED_BROADCAST, PH_LINKED_MULTICAST, PH_LINKED_OTHERHOST };

/* What the receiving host's card made of the frame; UNKNOWN where the capture does not say. */
enum ph_link_kind ph_link_kind(const struct ph_rule_ctx *ctx);

/* The sender's Ethernet address. PH_MATCH_NO: this link has none; PH_MATCH_UNKNOWN: the capture does not show it. */
enum ph_match ph_link_source(const struct ph_rule_ctx *ctx, uint8_t out[6]);

#endif
