/* Starting, running and ending a firewall. */
#ifndef PH_CMD_LIVE_RUN_H
#define PH_CMD_LIVE_RUN_H

#include "cmd/live.h"

/* From start to end; complaints and progress on standard error. */
enum cmd_exit live_run(const struct live_options *options);

#endif
