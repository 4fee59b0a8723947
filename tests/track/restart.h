/* A tracker that is saved and restored under way, for the tests of this room. */
#ifndef TEST_TRACK_RESTART_H
#define TEST_TRACK_RESTART_H

#include <stdlib.h>
#include "track/harness.h"
#include "track/save.h"
#include "track/tables.h"

struct restart_file {
	uint8_t *bytes;
	size_t len, size;
};

static inline void restart_write(void *arg, const uint8_t *bytes, size_t len)
{
	struct restart_file *file = arg;

	assert_true(len <= file->size - file->len);
	memcpy(file->bytes + file->len, bytes, len);
	file->len += len;
}

static inline uint8_t restart_helper(void *arg, uint8_t saved, const struct ph_conn *conn)
{
	return saved;
}

static inline bool restart_state_ok(void *arg, uint8_t helper, const void *state)
{
	return true;
}

static inline const struct ph_expect_policy *restart_may_expect(void *arg, const struct ph_conn *master, struct ph_expect_want *want)
{
	static const struct ph_expect_policy any = { .max = 0 };

	return &any;
}

static inline bool restart_may_call(void *arg, const struct ph_conn *master, enum ph_dir dir, const struct ph_tuple *tuple)
{
	return true;
}

/* Saves the old one and frees it; new: fresh, of an equal configuration. */
static inline struct ph_track_restored restart_track(struct ph_track *old, struct ph_track *new)
{
	struct ph_restore_world world = {
		.now_ms = old->now_ms, .helper = restart_helper, .state_ok = restart_state_ok,
		.may_expect = restart_may_expect, .may_call = restart_may_call,
	};
	struct restart_file file = { .len = 0 };
	struct ph_record_out out = { .write = restart_write, .arg = &file };
	struct ph_track_restored done;
	struct ph_track_saving saving;

	assert_non_null(new);
	assert_int_equal(ph_track_saving_init(&saving, old), PH_OK);
	file.size = saving.len;
	file.bytes = malloc(file.size);
	assert_non_null(file.bytes);
	ph_track_saving_write(&saving, &out);
	ph_record_flush(&out);
	assert_int_equal(file.len, saving.len);
	ph_track_saving_fini(&saving);
	assert_int_equal(ph_track_restore(new, &world, ph_cur_of(file.bytes, file.len), &done), PH_OK);
	free(file.bytes);
	ph_track_free(old);
	assert_null(tables_broken(new));
	return done;
}

#endif
