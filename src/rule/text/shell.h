/* Reads commands as a POSIX shell would, as far as a policy needs it: words, quotes, backslash, comments, line
 * continuation, `;` and `&&`, NAME=value, $NAME and ${NAME}, `> FILE` and `>> FILE`.
 *
 * Nothing is run. Loops, conditionals, functions, command substitution and pipes are errors; reading goes on behind them,
 * so that every error of a text is found. The text is borrowed and holds no NUL. Lives for one text. */
#ifndef PH_RULE_TEXT_SHELL_H
#define PH_RULE_TEXT_SHELL_H

#include "base/cursor.h"
#include "rule/text/iptables.h"
#include "rule/text/vars.h"

#define PH_SHELL_WORDS 4096             /* of one command */
#define PH_SHELL_BYTES (128u * 1024)    /* of the words of one command, variables expanded */

struct ph_shell {
	struct ph_cur in;
	unsigned line, column;          /* of the next byte */
	const char *file;
	struct ph_diags *diags;
	struct ph_vars *vars;
	char *bytes;                    /* owned: text of the words, each terminated */
	struct ph_word *word;           /* owned */
	size_t n_bytes, n_words, n_assign;
	struct ph_word target;          /* FILE of `> FILE` */
	bool has_target;
	bool broken;                    /* the command being read has an error: it is not handed out */
	bool defining;                  /* behind NAME(): the { that follows was complained about */
	unsigned depth;                 /* inside that many if, for, while, case, { } */
	struct ph_word opened;          /* the outermost of them */
	char here[64];                  /* line that ends the here-document of this line; empty: none */
};

/* One command: words as iptables gets them, NUL-terminated. Valid until the next one is read. */
struct ph_shell_cmd {
	const struct ph_word *word;
	size_t n;                       /* at least 1 */
	const struct ph_word *redirect; /* FILE of `> FILE`, or NULL */
};

/* load: where complaints go. vars: read and set. All borrowed. False: no memory. */
PH_MUST_CHECK bool ph_shell_init(struct ph_shell *sh, const struct ph_rule_load *load, const char *text, size_t len,
                                 struct ph_vars *vars);
void ph_shell_fini(struct ph_shell *sh);

/* The next command. Assignments are done on the way, errors go to diags. False: end of the text. */
bool ph_shell_next(struct ph_shell *sh, struct ph_shell_cmd *cmd);

/* What to do instead of feeding us a program. */
#define PH_SHELL_ADVICE "run the script for real and load what iptables-save prints"

#endif
