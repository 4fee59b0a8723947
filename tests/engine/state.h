/* Saved states in memory, for the tests of saving and restoring. */
#ifndef TEST_ENGINE_STATE_H
#define TEST_ENGINE_STATE_H

#include <stdlib.h>
#include "engine/walk.h"
#include "engine/world.h"
#include "track/tables.h"

struct state_bytes {
	uint8_t *bytes;
	size_t len, size;
};

static inline void state_write(void *arg, const char *text, size_t len)
{
	struct state_bytes *s = arg;

	if (s->len + len > s->size) {
		s->size = (s->len + len) * 2;
		s->bytes = realloc(s->bytes, s->size);
		assert_non_null(s->bytes);
	}
	memcpy(s->bytes + s->len, text, len);
	s->len += len;
}

static inline void state_save(struct state_bytes *s, const struct ph_engine *engine, uint64_t wall_ms)
{
	s->len = 0;
	assert_int_equal(ph_engine_save(engine, wall_ms, (struct ph_sink){ state_write, s }), PH_OK);
}

static inline enum ph_status state_restore(struct ph_engine *engine, uint64_t wall_ms, const uint8_t *bytes, size_t len,
                                           struct ph_restored *out)
{
	const struct ph_saved saved = { .bytes = bytes, .len = len, .wall_ms = wall_ms };
	struct ph_diags *diags = ph_diags_new();
	enum ph_status status = ph_engine_restore(engine, &saved, out, diags);
	const char *broken = tables_broken(engine->track);

	assert_int_equal(ph_diags_errors(diags), status == PH_INVALID);
	ph_diags_free(diags);
	if (broken)
		fail_msg("tables: %s", broken);
	return status;
}

#endif
