/* The bytes and words under shell.c: position keeping, quotes, variables. Internal to the lexer. */
#ifndef PH_RULE_TEXT_SHELL_WORD_H
#define PH_RULE_TEXT_SHELL_WORD_H

#include "rule/text/shell.h"

/* The next byte, `\` line ends taken away before it; -1 at the end. */
int ph_shell_peek(struct ph_shell *sh);
/* Consumes one byte as it stands in the text. There must be one. */
void ph_shell_take(struct ph_shell *sh);
/* Moves to the end of the line, continued lines included; its newline stays unread. */
void ph_shell_skip_line(struct ph_shell *sh);
/* Blanks and a comment, if they stand here. */
void ph_shell_skip_blanks(struct ph_shell *sh);

/* Spoils the command that is being read; adds the complaint unless we are inside something already complained about. */
void ph_shell_error(struct ph_shell *sh, unsigned line, unsigned column, const char *fmt, ...) PH_PRINTF(4, 5);

/* Reads the word that begins here into sh->word: none, one, or more when split and a variable holds blanks.
 * False: it cannot be read; complained, and moved to the end of a line. */
PH_MUST_CHECK bool ph_shell_word(struct ph_shell *sh, bool split);

#endif
