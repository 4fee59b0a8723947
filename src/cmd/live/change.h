/* Changes of a running firewall between two packets; live_reload and live_edit are declared in cmd/live.h. */
#ifndef PH_CMD_LIVE_CHANGE_H
#define PH_CMD_LIVE_CHANGE_H

#include "cmd/live.h"

/* The machine has other interfaces, addresses or routes. Takes the topology over. PH_OK or PH_NO_MEMORY, after which the former one
 * may still be in use. */
enum ph_status live_topology(struct live *live, struct ph_topology *topology);

#endif
