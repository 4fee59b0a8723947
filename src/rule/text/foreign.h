/* Matches and targets that pinhole does not know, in a policy that is loaded leniently: their words are kept as they are,
 * printed back, and nobody can know what they do with a packet. */
#ifndef PH_RULE_TEXT_FOREIGN_H
#define PH_RULE_TEXT_FOREIGN_H

#include "rule/text/command.h"

/* -m NAME or -j NAME of which nothing is known. False: it complained. */
bool ph_foreign_begin(struct ph_command *cmd, enum ph_ext_kind kind, const struct ph_word *name);
/* -j NAME, which may be a chain as well: it is a target if options of its own follow. */
void ph_foreign_maybe(struct ph_command *cmd, const struct ph_word *name);

/* May this word be one of the foreign match or target that was named last? Then it is added there. */
bool ph_foreign_takes(const struct ph_command *cmd);
bool ph_foreign_add(struct ph_command *cmd, const struct ph_word *word);

#endif
