/* The captures of a replay: which interface each stands for, and their frames in time order. */
#ifndef PH_CMD_SOURCE_H
#define PH_CMD_SOURCE_H

#include <pinhole/capture.h>
#include <pinhole/engine.h>

/* How the interface a packet came in by is known. */
enum source_ifaces {
	SOURCE_BY_ROUTE = 0,    /* the one the route to the source address leads to */
	SOURCE_BY_ARGUMENT,     /* IFACE=CAPTURE */
	SOURCE_BY_CAPTURE,      /* names in a pcapng file */
};

struct source_input {
	const char *path;               /* borrowed from the command line */
	const char *name;               /* the last part of path */
	char iface_name[16];            /* empty: not given */
	int iface;                      /* index in the policy, -1: not given */
	uint64_t frames;                /* handed out so far */
	uint64_t total;                 /* in the file, if the source was counted */
	char *error;                    /* owned; NULL: not damaged so far */
	struct ph_capture *capture;     /* owned */
	struct ph_capture_frame head;   /* the next frame */
	bool ready, ended;
};

struct source {
	struct source_input *input;     /* owned, n of them */
	size_t n;
	enum source_ifaces ifaces;
	bool counted;                   /* totals are known */
	uint64_t limit;                 /* frames to take of each; 0: all */
	struct source_input *last;      /* whose head the caller has */
};

/* Reads the arguments. CMD_REFUSED (as int) after a complaint when they make no sense; else CMD_OK. */
int source_args(struct source *source, char **arg, size_t n);

/* Finds out about interfaces, adding those to the policy that it may. count: also count the frames (files only).
 * False: after a complaint. */
bool source_prepare(struct source *source, struct ph_policy *policy, bool count, struct ph_diags *diags);

/* Opens the captures for reading. False: the reasons were added to diags. */
bool source_open(struct source *source, struct ph_diags *diags);

/* The next frame of all in time order; NULL: no more. Its frame is ->head, good until the next call. */
struct source_input *source_next(struct source *source);

/* The interface of a frame: an index of the policy or PH_IFACE_ROUTE. */
uint16_t source_iface(const struct source *source, const struct source_input *input, const struct ph_policy *policy);

/* Can a packet be seen twice, on two interfaces? */
bool source_has_copies(const struct source *source);

/* Bytes read and bytes in all; false if the whole is not known. */
bool source_progress(const struct source *source, uint64_t *read, uint64_t *all);

void source_free(struct source *source);

#endif
