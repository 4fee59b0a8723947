/* The fields of JSON records under the names of the kernel reference (docs/output.md): each is added behind a comma. */
#ifndef PH_CMD_FIELDS_H
#define PH_CMD_FIELDS_H

#include "cmd/text.h"

#include <pinhole/engine.h>

void field_str(struct cmd_text *t, const char *key, const char *value);
void field_num(struct cmd_text *t, const char *key, uint64_t value);
void field_status(struct cmd_text *t, uint32_t status);
void field_tuple(struct cmd_text *t, const char *key, const struct ph_tuple *tuple);
void field_mask(struct cmd_text *t, const struct ph_expect_info *expect);
/* table, chain, number, and file and line where they are known. */
void field_rule(struct cmd_text *t, const struct ph_rule_ref *rule);
/* Bytes of a packet: the first of them, and how many there are if that is not all. */
void field_bytes(struct cmd_text *t, const char *key, const uint8_t *bytes, uint32_t len);

/* One word for a cause. */
const char *field_cause_name(enum ph_cause cause);

/* A connection as it is. */
void field_conn(struct cmd_text *t, const struct ph_conn_info *conn);
/* An expectation as it is. timeout: with the seconds left. */
void field_expect(struct cmd_text *t, const struct ph_expect_info *expect, bool timeout);

/* The fields of an event, from "event" on; of REFUSED: what follows the helper. */
void field_conn_event(struct cmd_text *t, const struct ph_event *event);
void field_expect_event(struct cmd_text *t, const struct ph_event *event);
void field_refused(struct cmd_text *t, const struct ph_event *event);

#endif
