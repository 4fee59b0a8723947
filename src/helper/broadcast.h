/* What netbios-ns and snmp have in common: a question to everybody on the network, answered by whoever knows. */
#ifndef PH_HELPER_BROADCAST_H
#define PH_HELPER_BROADCAST_H

#include "helper/helper.h"

/* The one option of such a helper. */
enum { PH_BROADCAST_TIMEOUT };

/* What a broadcast of this host opens: anybody of the network of the interface may answer from the helper's own port to
 * the port that asked, again and again, for the seconds of the option; the connection of the question lives as long.
 * Payload is not read. port: of the helper, which is where answers come from, also when the question went to another. */
enum ph_help ph_broadcast_inspect(const struct ph_helper_in *in, uint16_t port, struct ph_helper_out *out);

/* One alive at a time, for the seconds of the option. */
void ph_broadcast_limits(const uint32_t *option, struct ph_expect_policy policy[PH_EXPECT_CLASSES]);

#endif
