/* The packets that REJECT sends: made from the refused one, by its bytes alone. Linux 6.18 is the model
 * (tests/engine/test_answers_kernel.py), but for IPv4 options such as record route, which Linux sends back and which are left out here;
 * RFC 792, RFC 1122 3.2.2, RFC 1812 4.3.2, RFC 4443 2.4 and 3.1, RFC 9293 3.10.7.1. */
#ifndef PH_NET_REJECT_H
#define PH_NET_REJECT_H

#include "net/packet.h"

#define PH_REJECT_MAX 1280      /* the least every IPv6 link carries: no error is longer; those of IPv4 end at 576 */

enum ph_reject_kind { PH_REJECT_NONE = 0, PH_REJECT_UNREACHABLE, PH_REJECT_RESET };

struct ph_reject {
	enum ph_reject_kind kind;
	uint8_t code;                   /* of UNREACHABLE */
};

/* What a name of --reject-with asks for. kind NONE: it names no answer of that family. */
struct ph_reject ph_reject_named(uint8_t family, const char *name);

/* May this packet be answered so? Not one whose checksum is wrong, an error or what may be one, a reset by a reset, a later fragment, what
 * does not come from one host. vouched: checksums do not count. Whether its destination is a broadcast address only routes can say. */
PH_MUST_CHECK bool ph_reject_due(const struct ph_pkt *pkt, struct ph_reject answer, bool vouched);

/* Writes the answer to a packet of which it is due. from: whose error it is; a reset comes from the packet's destination. Returns how many
 * bytes. */
size_t ph_reject_write(const struct ph_pkt *pkt, struct ph_reject answer, const struct ph_addr *from, uint8_t out[PH_REJECT_MAX]);

#endif
