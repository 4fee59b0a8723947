/* A replay in progress: what replay.c, the JSON writer and the report share. */
#ifndef PH_CMD_REPLAY_H
#define PH_CMD_REPLAY_H

#include "cmd/cmd.h"
#include "cmd/copies.h"
#include "cmd/source.h"
#include "cmd/text.h"

#include <pinhole/engine.h>

struct replay_options {
	struct cmd_policy policy;
	const char *json;               /* NULL: none; "-": standard output, instead of the text */
	bool packets;                   /* a line a packet */
	bool counters;                  /* the rules with their counters instead of the report */
	uint64_t explain;               /* number of the frame whose story is told; 0: none */
	bool frozen;                    /* the clock stands still */
	bool keep_checksums;
	uint64_t limit;                 /* frames of each capture; 0: all */
};

/* The packet at hand. */
struct replay_packet {
	const struct source_input *input;
	uint64_t n;                     /* frame number in its capture */
	uint64_t time_us;               /* since the first frame of all */
	struct ph_brief brief;
	bool has_brief;
	bool is_copy;                   /* second sight of a forwarded packet: not processed */
	bool copy_passed;               /* the first one went on here as well */
	bool explained;                 /* its story was asked for */
	unsigned mended;                /* PH_MEND_* that changed something */
	struct ph_packet_out out;       /* not of copies */
};

/* Sums over all packets. */
struct replay_totals {
	uint64_t frames, copies, copies_of_dropped, replayed, forwarded, hairpin;
	uint64_t skipped[PH_SKIP_UNPLACED + 1];
	uint64_t states[PH_STATE_UNTRACKED + 1];
	uint64_t passed[PH_STATE_UNTRACKED + 1];
	uint64_t fates[PH_FATE_COUNT];
	uint64_t mended[4];             /* in the order of PH_MEND_* */
	uint64_t last_us;
};

struct report;
struct json_out;
struct explain;

struct replay {
	const struct replay_options *options;
	struct source source;
	struct ph_policy *policy;
	struct ph_engine *engine;
	struct copies *copies;          /* NULL where there can be none */
	struct report *report;          /* NULL with JSON on standard output */
	struct json_out *json;          /* NULL without */
	struct explain *explain;        /* NULL without */
	struct replay_totals totals;
	struct replay_packet now;
	uint8_t *scratch;               /* the packet at hand, to be mended */
	size_t scratch_size;
	uint64_t start_us;
	bool started;
	size_t warnings;                /* given while loading */
};

/* Names of the mendings, in order: "len", "ttl", "ipsum", "l4sum". */
extern const char *const replay_mend_names[4];

/* Did the packet leave for where it came in? */
bool replay_is_hairpin(const struct ph_packet_out *out);
/* Was it let through: forwarded, delivered or sent? */
bool replay_passed(const struct ph_packet_out *out);

/* --- json.c: one line a packet, then its events --- */

/* NULL after a complaint: the file cannot be written. */
struct json_out *json_open(const char *path);
void json_header(struct json_out *json, const struct replay *replay);
/* During ph_engine_process. */
void json_event(struct json_out *json, const struct replay_packet *packet, const struct ph_event *event);
/* After it. */
void json_packet(struct json_out *json, const struct replay *replay);
void json_summary(struct json_out *json, const struct replay *replay);
/* CMD_OK, or CMD_TROUBLE after a complaint. */
enum cmd_exit json_close(struct json_out *json);

/* --- report.c: the summary for people; packets.c: a line a packet --- */

struct report *report_new(const struct replay *replay);
void report_event(struct report *report, const struct replay_packet *packet, const struct ph_event *event);
void report_packet(struct report *report, const struct replay *replay);
void report_print(struct report *report, const struct replay *replay);
void report_free(struct report *report);

/* --- explain.c: one packet's whole story --- */

struct explain *explain_new(void);
void explain_free(struct explain *explain);
/* Before the engine has the packet: looks at the expectations. */
void explain_begin(struct explain *x, const struct replay *replay, uint64_t time_ms);
void explain_trace(struct explain *x, const struct replay *replay, const struct ph_trace *trace);
void explain_print(struct explain *x);

/* One line, written to standard output. notes: what happened during it, emptied. */
void packet_line(const struct replay *replay, struct cmd_text *notes);

/* "packet 17"; when there are several captures, "packet 17 of eth0". */
void replay_ref(struct cmd_text *t, const struct source *source, const struct source_input *input, uint64_t n);

#endif
