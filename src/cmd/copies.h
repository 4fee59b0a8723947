/* A packet that a firewall forwards is seen twice when both of its sides were captured. This tells the second sight from
 * a new packet: same content but for hop limit and header checksum, same or one lower hop limit, another interface,
 * within a second; one lower on the same interface if it went out there again. A multiset: each sight is paired once. */
#ifndef PH_CMD_COPIES_H
#define PH_CMD_COPIES_H

#include <pinhole/base.h>

struct copies;

struct copies_sight {
	const uint8_t *ip;      /* the packet as captured */
	uint32_t len;
	uint8_t family;
	uint16_t iface;         /* below COPIES_IFACES */
	uint64_t time_us;
};

#define COPIES_IFACES 64
#define COPIES_NONE 0xffffffffu

struct copies *copies_new(void);
void copies_free(struct copies *copies);

/* True: the second sight; *passed says what was noted about the first. False: a first sight, remembered; *handle names it
 * for copies_note until the next call. */
bool copies_seen(struct copies *copies, const struct copies_sight *sight, uint32_t *handle, bool *passed);

/* Notes whether the packet of a first sight went on, and whether out of the interface it came in by. */
void copies_note(struct copies *copies, uint32_t handle, bool passed, bool turned);

/* How many first sights were forgotten within their second because there were too many. */
uint64_t copies_forgotten(const struct copies *copies);

#endif
