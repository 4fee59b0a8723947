/* A thread that keeps a topology of the machine: reads the kernel's tables, builds, and leaves the result to be taken. A full routing
 * table takes long to build; the engine goes on meanwhile. */
#ifndef PH_CMD_LIVE_FOLLOW_H
#define PH_CMD_LIVE_FOLLOW_H

#include <pinhole/topology.h>

struct follow;

/* Reads everything once, in the caller's thread, and keeps the result to be taken. NULL: the reason was added to diags. */
struct follow *follow_open(struct ph_diags *diags);
/* Starts the thread. PH_OK or PH_NO_MEMORY. */
enum ph_status follow_start(struct follow *follow);
void follow_close(struct follow *follow);

#define FOLLOW_OTHER_RULES "this machine has rules of policy routing (ip rule): checks of sources follow tables local, main and default only"

/* Readable when there is a topology to take, or a complaint. */
int follow_fd(const struct follow *follow);
/* The newest topology, the caller's from now on; NULL: none is new. */
struct ph_topology *follow_take(struct follow *follow);

/* What the last reading found besides. Good after follow_take gave something. */
struct follow_news {
	bool other_rules;               /* policy routing that is not followed */
	uint64_t left_out;              /* addresses and routes that could not be taken */
	bool failed;                    /* a reading failed since; the topology before it stays */
};
struct follow_news follow_news(struct follow *follow);

#endif
