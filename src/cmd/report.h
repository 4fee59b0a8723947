/* The parts of the report: pinholes.c, drops.c, doubts.c and report.c. */
#ifndef PH_CMD_REPORT_H
#define PH_CMD_REPORT_H

#include "cmd/replay.h"

#define REPORT_TEXT 80          /* bytes of payload that are shown */

/* A frame, to be referred to later. input: NULL, none. */
struct report_at {
	const struct source_input *input;
	uint64_t n;
};

/* --- pinholes.c: what helpers opened, and what was refused --- */

struct pinholes;

struct pinholes *pinholes_new(void);
void pinholes_free(struct pinholes *pinholes);
/* notes: lines about what happens with this packet are added. */
void pinholes_event(struct pinholes *p, const struct replay_packet *packet, const struct ph_event *event, struct cmd_text *notes);
/* The packet during which the last events came has ended. */
void pinholes_packet(struct pinholes *p, const struct replay_packet *packet);
void pinholes_print(const struct pinholes *p, const struct source *source, struct cmd_text *t);

/* --- drops.c: drops by where they happened, and what rules logged --- */

struct drops;

struct drops *drops_new(void);
void drops_free(struct drops *drops);
void drops_packet(struct drops *d, const struct replay_packet *packet);
void drops_log(struct drops *d, const struct ph_event *event);
void drops_print(const struct drops *d, const struct source *source, struct cmd_text *t);
bool drops_same_rule(const struct ph_rule_ref *a, const struct ph_rule_ref *b);

/* --- doubts.c: packets whose verdict cannot be known --- */

struct doubts;

struct doubts *doubts_new(void);
void doubts_free(struct doubts *doubts);
void doubts_packet(struct doubts *d, const struct replay_packet *packet);
void doubts_print(const struct doubts *d, const struct source *source, struct cmd_text *t);

#endif
