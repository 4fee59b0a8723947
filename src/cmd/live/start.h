/* A running firewall's parts: opening them in order, closing them, saving what is remembered. */
#ifndef PH_CMD_LIVE_START_H
#define PH_CMD_LIVE_START_H

#include "cmd/live.h"

struct judge;
struct follow;

struct run {
	struct live live;
	struct judge *judge;
	struct follow *follow;
	int signals, epoll;
	uint64_t next_ms;               /* when the next beat is due */
	uint64_t watchdog_ms;           /* how often systemd wants to hear of it; 0: never */
	bool other_rules;               /* policy routing was seen, and said so */
	bool stop, failed;
};

/* Packets that may wait in the kernel, each queue. */
uint32_t live_queue_len(const struct live_options *options);

/* Opens everything and gives up what is not needed any more. Complains on standard error; CMD_OK, or CMD_REFUSED, after which
 * live_end is due as well. */
enum cmd_exit live_start(struct run *run);
/* Closes what was opened. */
void live_end(struct run *run);
/* Writes connections and expectations to the file of --state. Complaints are left in diags. */
enum ph_status live_save(struct live *live, struct ph_diags *diags);
/* --print-rules and --remove-rules. */
enum cmd_exit live_rules_only(const struct live_options *options);

#endif
