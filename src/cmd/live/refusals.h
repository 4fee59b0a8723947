/* The inside of a refusal, for those who tell it. Everything is copied: a reload frees what a packet's verdict points to. */
#ifndef PH_CMD_LIVE_REFUSALS_H
#define PH_CMD_LIVE_REFUSALS_H

#include "cmd/live.h"
#include "cmd/nearest.h"

#define REFUSAL_NAME 32
#define REFUSAL_FILE 96
#define REFUSAL_TEXT 80

struct refusal {
	uint64_t n;                     /* ordinal, from 1 */
	uint64_t time_ms;
	struct ph_brief brief;
	bool has_brief;
	char in[PH_IFNAME_ROOM], out[PH_IFNAME_ROOM];   /* empty: none */
	enum ph_fate fate;
	enum ph_state state;
	enum ph_reason reason;
	uint8_t family;
	bool has_conn;
	enum ph_dir dir;
	uint64_t conn_id;
	/* RULE. table empty: not known. */
	char table[REFUSAL_NAME], chain[REFUSAL_NAME], file[REFUSAL_FILE];
	uint32_t number, line;
	uint64_t rules;                 /* generation of the rules it was judged by */
	char reject[REFUSAL_NAME];      /* what was answered; empty: nothing */
	/* A helper's finding in this packet that opened nothing. */
	enum ph_cause cause;            /* NONE: there was none */
	char helper[REFUSAL_NAME];
	uint32_t text_len;              /* may be more than is kept */
	uint8_t text[REFUSAL_TEXT];
	/* The expectation it nearly met. */
	enum { NEAREST_NOT_ASKED = 0, NEAREST_TOO_MANY, NEAREST_LOOKED } looked;
	bool any;
	struct ph_expect_info expect;   /* helper names point to expect_helper */
	unsigned differs;
	char expect_helper[REFUSAL_NAME];
};

/* The i-th before the last one; NULL: not kept. */
const struct refusal *refusals_get(const struct refusals *refusals, size_t i);
uint64_t refusals_total(const struct refusals *refusals);
/* A helper's finding was refused: kept until its packet is told. */
void refusals_heard(struct refusals *refusals, const struct ph_event *event);
/* The rules are others from now on. */
void refusals_rules_changed(struct refusals *refusals);
/* Are the rules still those? */
bool refusals_same_rules(const struct refusals *refusals, const struct live *live, const struct refusal *refusal);

/* One line, without its end: interfaces, packet, state, where it ended and why. */
void put_refusal_line(struct cmd_text *t, const struct refusal *refusal);
/* Its fields behind "time". */
void field_refusal(struct cmd_text *t, const struct refusal *refusal);
/* events.c: for those who follow drops. */
void control_refusal(struct control *control, const struct refusal *refusal);

#endif
