/* What FTP commands and replies say: one line in, the announced end point out. RFC 959 4.1.2 (PORT) and 4.2 (227),
 * RFC 2428 (EPRT, 229). Knows no connection and keeps nothing; ftp.c decides which bytes are a line and what to make
 * of it. */
#ifndef PH_HELPER_FTP_GRAMMAR_H
#define PH_HELPER_FTP_GRAMMAR_H

#include "base/cursor.h"
#include <pinhole/track.h>

struct ph_ftp_grammar;

/* How one command or reply begins and how the rest is read. */
struct ph_ftp_verb {
	const char *text;
	enum ph_dir dir;                /* who says it */
	char until;                     /* skip to the first of these, whatever stands before it; 0: nothing is skipped */
	/* From behind `until`: the numbers. False: malformed. */
	bool (*read)(const struct ph_ftp_grammar *grammar, uint8_t family, struct ph_cur *c, struct ph_addr *addr, uint16_t *port);
};

/* What is taken for FTP. */
struct ph_ftp_grammar {
	const struct ph_ftp_verb *verb; /* tried in order; ended by a NULL text */
	bool wraps;                     /* numbers too large for their field lose their high bits, parts of IPv6 addresses may have
	                                 * any number of leading zeros; otherwise both are malformed */
};

/* As Linux 6.18 reads it: numbers wrap. */
extern const struct ph_ftp_grammar ph_ftp_kernel;
/* The same verbs, with every number held to its range. */
extern const struct ph_ftp_grammar ph_ftp_ranged;

enum ph_ftp_said {
	PH_FTP_NOTHING = 0,     /* no command or reply of the list */
	PH_FTP_HOST,            /* an end point was announced */
	PH_FTP_CUT,             /* all there is, is the beginning of one */
	PH_FTP_BROKEN,          /* begins like one and goes on wrong */
};

/* The announced end point. */
struct ph_ftp_host {
	struct ph_addr addr;            /* before the call: the speaker's own, which remains where none is announced */
	uint16_t port;
	struct ph_cur spot;             /* the numbers in the text: with HOST only */
};

/* Reads the line that begins at text.at; text may go on behind it, what comes after the announcement is not looked at.
 * host: changed with PH_FTP_HOST only. */
enum ph_ftp_said ph_ftp_read(const struct ph_ftp_grammar *grammar, enum ph_dir dir, uint8_t family, struct ph_cur text,
                             struct ph_ftp_host *host);

#endif
