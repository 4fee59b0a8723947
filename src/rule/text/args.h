/* The option engine: one option of a match or target read or printed by its table entry. */
#ifndef PH_RULE_TEXT_ARGS_H
#define PH_RULE_TEXT_ARGS_H

#include "rule/ext.h"

/* How many words follow the option. */
unsigned ph_opt_words(const struct ph_opt *opt);

/* Reads one option into its part and notes it as given. False: it complained. */
bool ph_arg_parse(struct ph_arg *arg);

/* After the last option: what is missing, what excludes each other, the extension's own check; then values that equal the
 * defaults no longer count as given. False: it complained. */
bool ph_part_finish(struct ph_check *check);

/* A new part with the values init gives. NULL without memory. free() ends it. */
struct ph_part *ph_part_new(const struct ph_ext *ext, uint8_t family);
bool ph_part_equal(const struct ph_part *a, const struct ph_part *b);

/* " -m name --option value ..." */
void ph_part_print(const struct ph_part *part, uint8_t family, struct ph_writer *w);

/* " -s ADDRESS ... -m NAME ... -j TARGET"; cut where the writer is full. */
void ph_rule_print(const struct ph_rule *rule, uint8_t family, struct ph_writer *w);
/* Its beginning and its end: the rule's own tests, and -j or -g. */
void ph_rule_print_tests(const struct ph_rule *rule, uint8_t family, struct ph_writer *w);
void ph_rule_print_target(const struct ph_rule *rule, uint8_t family, struct ph_writer *w);

/* In double quotes if it holds more than letters, digits, '-' and '_'. */
void ph_put_quoted(struct ph_writer *w, const char *text);
void ph_put_range16(struct ph_writer *w, const struct ph_range16 *range);
/* "/24", "/255.0.255.0". */
void ph_put_mask(struct ph_writer *w, uint8_t family, const struct ph_addr *mask);
/* The length of a prefix mask, or -1 if it has holes. */
int ph_mask_len(uint8_t family, const struct ph_addr *mask);

#endif
