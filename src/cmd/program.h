/* Other programs of the machine: looked for in a fixed list of folders, given a clean environment and bounded time.
 *
 *   struct program_result got;
 *   program_run((const char *const[]){ "nft", "list", "tables", NULL }, NULL, &got);
 *   if (got.status == 0) ... got.out ...
 *   program_result_free(&got); */
#ifndef PH_CMD_PROGRAM_H
#define PH_CMD_PROGRAM_H

#include "cmd/text.h"

#define PROGRAM_NOT_FOUND (-1)  /* in none of the folders */
#define PROGRAM_FAILED (-2)     /* could not be started, was killed by a signal, or took too long */

struct program_result {
	int status;                     /* what it exited with, or one of the above */
	struct cmd_text out, err;       /* what it wrote */
};

/* Runs argv[0] (a name without folders) with the words up to NULL and waits for its end. input: what it can read, NULL for nothing.
 * out is written in any case. */
void program_run(const char *const *argv, const struct cmd_text *input, struct program_result *out);
void program_result_free(struct program_result *result);
/* Is there a program of that name? */
bool program_exists(const char *name);

#endif
