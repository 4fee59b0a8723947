/* A timer wheel: many timers, few of which ever run out. Nodes live in the caller's records and are named by
 * their number, so that records may be 32-bit-indexed. Moving a deadline further away costs nothing: the owner
 * keeps the real deadline, and files the node again when the wheel hands it over too early.
 *
 *   level 0: 256 slots of one tick | level 1: 64 slots of 256 ticks | level 2: 64 x 16384 | ...
 */
#ifndef PH_BASE_WHEEL_H
#define PH_BASE_WHEEL_H

#include <pinhole/base.h>

#define PH_WHEEL_NONE 0xffffffffu

struct ph_wheel_node {
	uint32_t prev, next;            /* prev: node number, or slot number with the top bit; PH_WHEEL_NONE: not filed */
};

struct ph_wheel;

/* node_of: the node with a number. tick_ms: length of a tick. NULL without memory. */
struct ph_wheel *ph_wheel_new(uint32_t tick_ms, uint64_t now_ms,
                              struct ph_wheel_node *(*node_of)(void *arg, uint32_t number), void *arg);
void ph_wheel_free(struct ph_wheel *wheel);

void ph_wheel_node_init(struct ph_wheel_node *node);
/* Files a node to be handed over at or after at_ms (a time already past: at the next tick). It must not be filed. */
void ph_wheel_add(struct ph_wheel *wheel, uint32_t number, uint64_t at_ms);
/* Takes it out if it is filed. */
void ph_wheel_remove(struct ph_wheel *wheel, uint32_t number);

/* Moves to now_ms and hands over every node that is due, oldest tick first; due may add and remove nodes. */
void ph_wheel_advance(struct ph_wheel *wheel, uint64_t now_ms, void (*due)(void *arg, uint32_t number), void *arg);

#endif
