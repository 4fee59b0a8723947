/* Text that grows: lines are put together here and written in one piece. */
#ifndef PH_CMD_TEXT_H
#define PH_CMD_TEXT_H

#include <pinhole/policy.h>
#include <pinhole/track.h>
#include <stdio.h>

/* Zero is an empty one. */
struct cmd_text {
	char *at;               /* owned; not terminated */
	size_t len, size;
};

void cmd_text_free(struct cmd_text *t);
void cmd_text_bytes(struct cmd_text *t, const char *bytes, size_t len);
void cmd_text_add(struct cmd_text *t, const char *text);
void cmd_text_format(struct cmd_text *t, const char *fmt, ...) PH_PRINTF(2, 3);
/* Writes it to a file and empties it. */
void cmd_text_flush(struct cmd_text *t, FILE *to);

/* Foreign bytes for people: in quotes, controls as \r \n \t \xHH, at most max bytes of them (then "..."). */
void cmd_text_quoted(struct cmd_text *t, const uint8_t *bytes, size_t len, size_t max);
/* A foreign name for people: as it is, controls as \xHH. */
void cmd_text_name(struct cmd_text *t, const char *name);

/* A JSON string: text is passed as it is if it is all UTF-8, otherwise a byte is a character. NULL: null. */
void cmd_text_json(struct cmd_text *t, const char *text);
/* A JSON string in which each byte is a character, for payload. */
void cmd_text_json_bytes(struct cmd_text *t, const uint8_t *bytes, size_t len);

/* "tcp 10.0.0.1:40000 > 10.0.1.1:21 [S]", and the name of a protocol ("tcp", "icmp6", "proto 47"). */
void cmd_text_brief(struct cmd_text *t, const struct ph_brief *brief);
void cmd_text_proto(struct cmd_text *t, uint8_t proto);
/* "tcp 10.0.0.1:40000 > 10.0.1.1:21", without ports where there are none; of GRE the call ids, unless both are 0. */
void cmd_text_tuple(struct cmd_text *t, const struct ph_tuple *tuple);
/* "10.0.0.1 may connect to 10.0.1.1 tcp port 1024": who may come by an expectation. */
void cmd_text_expect(struct cmd_text *t, const struct ph_expect_info *expect);
/* "FORWARD policy", "raw PREROUTING rule 3 (guide.policy:12)". family: 0 where it goes without saying. */
void cmd_text_rule(struct cmd_text *t, const struct ph_rule_ref *rule, uint8_t family);
/* "guide.policy:12:3: error: text" and a line's end. */
void cmd_text_diag(struct cmd_text *t, const struct ph_diag *diag);
/* True for the protocols whose tuples hold ports or keys. */
bool cmd_proto_has_ports(uint8_t proto);

#endif
