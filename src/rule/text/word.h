/* Small reads of one word: numbers as C writes them, protocol and service names. No files are looked into. */
#ifndef PH_RULE_TEXT_WORD_H
#define PH_RULE_TEXT_WORD_H

#include "base/cursor.h"
#include "rule/rules.h"
#include "rule/text/iptables.h"

/* How a word is shown in a message: at most this much of it. */
#define PH_WORD_SHOWN(w) ((int)((w)->len < 60 ? (w)->len : 60)), (w)->text
#define PH_CUR_SHOWN(c) ((int)(ph_cur_left(c) < 60 ? ph_cur_left(c) : 60)), ((const char *)(c)->at)

static inline struct ph_cur ph_word_cur(const struct ph_word *word)
{
	return ph_cur_of(word->text, word->len);
}

static inline bool ph_word_is(const struct ph_word *word, const char *text)
{
	return word->len == strlen(text) && memcmp(word->text, text, word->len) == 0;
}

/* Copies a word into room for size bytes, terminated. False: too long, or it holds a NUL. */
PH_MUST_CHECK bool ph_word_copy(const struct ph_word *word, char *out, size_t size);

/* True if a word can be printed as it is and read back as one: no blanks, control characters or quotes. */
bool ph_word_is_plain(const struct ph_word *word);

/* A number in decimal, 0x hexadecimal or 0 octal, at most max; consumes it or nothing. */
PH_MUST_CHECK bool ph_cur_number(struct ph_cur *c, uint32_t max, uint32_t *out);
/* The same to 64 bits. */
PH_MUST_CHECK bool ph_cur_number64(struct ph_cur *c, uint64_t *out);

/* The next piece up to a separator, which is consumed; false when nothing is left. An empty piece counts:
 * "a," is "a" and "". *more starts as true. */
bool ph_cur_piece(struct ph_cur *c, char separator, bool *more, struct ph_cur *piece);

/* Do these bytes equal, or (prefix) begin, a name? */
bool ph_cur_is(const struct ph_cur *c, const char *name);
bool ph_cur_begins_nocase(const struct ph_cur *c, const char *name);

/* IANA's names of protocols, those iptables has besides ("icmpv6", "all" = 0), or a number to 255. Letters in any case. */
PH_MUST_CHECK bool ph_proto_parse(const struct ph_cur *text, uint8_t *out);
/* The name iptables-save 1.8.11 prints, or NULL: then it prints the number. */
const char *ph_proto_print_name(uint8_t proto);

/* A port: number to 65535 or a service's name. */
PH_MUST_CHECK bool ph_port_parse(const struct ph_cur *text, uint16_t *out);

/* ADDRESS[/MASK] as iptables takes it: mask as a prefix length or an address; "10/8" is 10.0.0.0/8. keep_host: host bits stay. NULL
 * when fine, otherwise what is wrong with it. */
const char *ph_addr_test_parse(uint8_t family, struct ph_cur text, bool keep_host, struct ph_addr_test *out);

/* The name of a list that is nearest to a misspelt one; NULL if none is near. names: ended by NULL. */
const char *ph_nearest(const char *const *names, const char *text, size_t len);

#endif
