/* From a kernel queue through the engine and back: batches of packets, their verdicts, fragments that wait, answers that are sent. */
#ifndef PH_CMD_LIVE_JUDGE_H
#define PH_CMD_LIVE_JUDGE_H

#include "cmd/live.h"

struct judge;

/* Never NULL. max_held: fragments that may wait in the kernel. */
struct judge *judge_new(size_t max_held);
void judge_free(struct judge *judge);

#define JUDGE_MOST 1024         /* packets of one judge_serve */

/* Fragments that wait for the rest of their datagram. */
size_t judge_held(const struct judge *judge);
/* Judges what waits, at most JUDGE_MOST packets. True: there may be more. */
bool judge_serve(struct judge *judge, struct live *live);
/* The engine gives a datagram up: its pieces are dropped. For ph_engine_config.on_given_up. */
void judge_give_up(struct judge *judge, struct live *live, uint64_t datagram);
/* Sends verdicts that are not out yet: after judge_give_up was called outside judge_serve. */
void judge_flush(struct live *live);
/* An event of the engine, for logs and followers. */
void judge_event(struct judge *judge, struct live *live, const struct ph_event *event);

#endif
