/* Which expectation a packet met, or nearly met, and in which fields it differed. */
#ifndef PH_CMD_NEAREST_H
#define PH_CMD_NEAREST_H

#include "cmd/text.h"

enum { NEAREST_SRC = 1, NEAREST_SPORT = 2, NEAREST_DST = 4, NEAREST_DPORT = 8, NEAREST_PROTO = 16 };

/* While expectations are gone through. Only brief is set at first. */
struct nearest {
	const struct ph_brief *brief;   /* guest */
	struct ph_expect_info expect;
	unsigned differs;               /* NEAREST_*; none of them: it was this one */
	bool any;                       /* expect and differs are set */
};

/* For ph_engine_each_expect and _expects_from; arg: a struct nearest. */
void nearest_look(void *arg, const struct ph_expect_info *expect);
/* "nearest, not matched: expectation 3 of connection 1 (ftp): tcp ...; not the source address". */
void cmd_text_nearest(struct cmd_text *t, const struct nearest *nearest);

#endif
