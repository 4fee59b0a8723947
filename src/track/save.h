/* Connections and expectations on their way through a restart: written by save.c, read by restore.c.
 *
 *   counts | connections | helper states | expectations | key map
 *
 * Connections and expectations stand in order of their ids, so that a master stands before its children: it is named by its place,
 * and every reference points backwards. A connection that has ended but is some living one's master is written too. Key map entries
 * stand in the order in which they answer. Times are what is left, in milliseconds.
 *
 * A helper's state is the bytes as they are in memory: the file is for the machine and version that wrote it. */
#ifndef PH_TRACK_SAVE_H
#define PH_TRACK_SAVE_H

#include "base/record.h"
#include "track/track.h"

#define PH_SAVED_COUNTS 33
#define PH_SAVED_TUPLE 38
#define PH_SAVED_L4 56
#define PH_SAVED_CONN (PH_SAVED_TUPLE + 32 + PH_SAVED_L4)
#define PH_SAVED_ACCT 40                /* behind each connection, if they were counted */
#define PH_SAVED_HELP (4 + PH_CONN_HELP_STATE)
#define PH_SAVED_EXPECT (PH_SAVED_TUPLE + 46)
#define PH_SAVED_KEYMAP (5 + PH_SAVED_TUPLE)

#define PH_SAVED_LEFT_MAX (UINT32_MAX * 1000ull)        /* the longest that a helper may ask for */
#define PH_SAVED_ID_MAX ((uint64_t)INT64_MAX)

/* What is to be written, in order. Nothing may happen to the tracker in between. */
struct ph_track_saving {
	const struct ph_track *t;
	struct ph_saved_place {
		uint64_t id;
		uint32_t slot;
	} *conn, *expect;
	uint32_t *number;               /* by slot of a connection: its place, from 1; 0: it is not there */
	uint32_t *keys_of;              /* by slot of a key map entry: place of its connection * 2 + direction + 1; 0: it is not there */
	uint32_t n_conns, n_helps, n_expects, n_keymaps;
	size_t len;                     /* of what will be written */
};

/* PH_OK or PH_NO_MEMORY; _fini in either case. */
PH_MUST_CHECK enum ph_status ph_track_saving_init(struct ph_track_saving *saving, const struct ph_track *t);
void ph_track_saving_write(const struct ph_track_saving *saving, struct ph_record_out *out);
void ph_track_saving_fini(struct ph_track_saving *saving);

/* What restoring asks of the engine. */
struct ph_restore_world {
	void *arg;
	uint64_t now_ms;                /* from which what is left counts */
	uint64_t elapsed_ms;            /* since they were saved */
	/* The number of the helper that had this number in the file; PH_HELPER_NONE if there is none for such a connection. */
	uint8_t (*helper)(void *arg, uint8_t saved, const struct ph_conn *conn);
	/* May the helper find such a state? state: PH_CONN_HELP_STATE bytes, aligned to 8. */
	bool (*state_ok)(void *arg, uint8_t helper, const void *state);
	/* May this connection's helper open that? The limits of the class, or NULL. want->child_helper: as in the file, replaced. */
	const struct ph_expect_policy *(*may_expect)(void *arg, const struct ph_conn *master, struct ph_expect_want *want);
	bool (*may_call)(void *arg, const struct ph_conn *master, enum ph_dir dir, const struct ph_tuple *tuple);
};

struct ph_track_restored {
	uint64_t conns, expects, late, lost;
};

/* Into a tracker that never had a connection; nobody is told. file: all of it is read, and may hold anything. Everything is checked
 * before the tracker is touched. PH_OK; PH_INVALID, PH_NO_MEMORY: nothing has changed. */
PH_MUST_CHECK enum ph_status ph_track_restore(struct ph_track *t, const struct ph_restore_world *world, struct ph_cur file,
                                              struct ph_track_restored *out);

#endif
