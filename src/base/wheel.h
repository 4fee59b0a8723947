/* A timer wheel: many timers, few of which ever run out. Nodes live in the caller's records and are named by
 * their number, so that records may be 32-bit-indexed. A node knows no time. The owner keeps the real deadline; the
 * wheel hands a node over no later than at its tick, perhaps sooner, and the owner then compares and files it again:
 *
 *   due(arg, number):  if (deadline > ph_wheel_now_ms(wheel))
 *                              ph_wheel_add(wheel, number, deadline);   it has moved, or came down a level
 *                      else
 *                              it has run out
 *
 * So moving a deadline further away costs nothing. Each level hands a node over at most once per filing.
 *
 *   level 0: 256 slots of one tick | level 1: 64 slots of 256 ticks | level 2: 64 x 16384 | ... to 2^64 ticks
 *
 * A node lies at the level of the highest bit in which its tick differs from the wheel's, in the slot that its tick's
 * bits there name. All of a level's nodes are therefore due before all of the next level's. */
#ifndef PH_BASE_WHEEL_H
#define PH_BASE_WHEEL_H

#include <pinhole/base.h>

#define PH_WHEEL_NONE 0xffffffffu

struct ph_wheel_node {
	uint32_t prev, next;            /* node number, or slot number with the top bit; prev PH_WHEEL_NONE: not filed */
};

struct ph_wheel;

/* node_of: the node with a number below 2^31. tick_ms: length of a tick, at least 1. NULL without memory. */
struct ph_wheel *ph_wheel_new(uint32_t tick_ms, uint64_t now_ms,
                              struct ph_wheel_node *(*node_of)(void *arg, uint32_t number), void *arg);
void ph_wheel_free(struct ph_wheel *wheel);

void ph_wheel_node_init(struct ph_wheel_node *node);
/* Files a node for at_ms, rounded up to a tick (a time already past: the next tick). It must not be filed. */
void ph_wheel_add(struct ph_wheel *wheel, uint32_t number, uint64_t at_ms);
/* Takes it out if it is filed. */
void ph_wheel_remove(struct ph_wheel *wheel, uint32_t number);

/* The time the wheel has come to: within due(), of the tick at hand, which is never after the time advanced to. */
uint64_t ph_wheel_now_ms(const struct ph_wheel *wheel);

/* Moves to now_ms (an earlier time: does nothing) and hands over every node that may be due, oldest tick first and
 * in the order of filing within a tick. A node is no longer filed when due is called with it; due may add and remove
 * any node, but not advance. Work is by nodes handed over, not by time passed, and at most budget of them.
 * False: more are due; the wheel stands still until the next call. */
PH_MUST_CHECK bool ph_wheel_advance(struct ph_wheel *wheel, uint64_t now_ms, void (*due)(void *arg, uint32_t number),
                                    void *arg, size_t budget);

#endif
