/* Inside the control socket: its clients, their requests, and what is told them.
 *
 *   client --{"args":[...],"json":bool}--> request.c --> a verb: answers at once, or leaves a listing or a subscription behind
 *   client <--{"out":..} {"err":..} {"exit":N}-- its buffer <-- reply_* | listing_step, a piece when the buffer is low | follow_*
 *
 * Nothing blocks: what a socket does not take stays in its client's buffer, and the buffer is bounded by who fills it. */
#ifndef PH_CMD_LIVE_CONTROL_H
#define PH_CMD_LIVE_CONTROL_H

#include "cmd/live.h"

#define CONTROL_CLIENTS 32
#define CONTROL_REQUEST 65536           /* bytes of a request, its line's end included */
#define CONTROL_WORDS 1024              /* of a request */
#define CONTROL_LOW 65536               /* bytes that wait: below this a listing goes on */
#define CONTROL_FOLLOW 262144           /* from here on a follower loses events */
#define CONTROL_EVENTS 10000            /* of a kind that are told in a second */
#define CONTROL_ANSWER ((size_t)8 << 20)        /* of an answer given at once; what is beyond is cut off */

/* Kinds of events, bits. */
enum { FOLLOW_CONN = 1, FOLLOW_EXPECT = 2, FOLLOW_REFUSED = 4, FOLLOW_LOG = 8, FOLLOW_DROPS = 16 };
#define FOLLOW_KINDS 5

/* What connections are asked for. Zero: all. */
struct conn_filter {
	bool has_proto, has_sport, has_dport;
	uint8_t proto;
	uint16_t sport, dport;
	char helper[17];                /* longer ones do not exist */
	struct filter_net {
		uint8_t family, len;    /* family 0: any address */
		struct ph_addr addr;
	} src, dst;
};

enum listing_kind { LISTING_NONE = 0, LISTING_CONNS, LISTING_EXPECTS };

/* A listing at work: goes on at `from`. */
struct listing {
	enum listing_kind kind;
	uint32_t from;
	struct conn_filter filter;
};

struct client {
	int fd;                         /* -1: nobody */
	uint32_t armed;                 /* what epoll waits for */
	bool asked;                     /* its request was taken */
	bool done;                      /* its last answer is in the buffer */
	bool deaf;                      /* it will send nothing more */
	bool json;
	uint64_t moved_ms;              /* when it last took or sent something */
	char *in;                       /* owned; CONTROL_REQUEST bytes, until it has asked */
	size_t in_len;
	struct cmd_text out;            /* `sent` bytes of it are gone */
	size_t sent;
	struct listing listing;
	unsigned follows;               /* FOLLOW_*; 0: does not follow */
	uint64_t lost;                  /* events since the last one it was told */
};

struct texts;

struct control {
	int fd, epoll;
	char *path;                     /* owned */
	struct client client[CONTROL_CLIENTS];
	unsigned follows;               /* of all clients together */
	struct texts *texts;            /* owned: what asked for each expectation */
	struct cmd_text event;          /* scratch: an event, */
	struct cmd_text line[2];        /* and the line that tells it as text, as JSON */
	uint64_t second, told[FOLLOW_KINDS];    /* events in this second */
	uint64_t requests, turned_away, lost;
};

struct request {
	struct control *control;
	struct client *client;
	struct live *live;
	const char *const *word;        /* word[0]: the verb */
	size_t n;
	bool json;
};

/* --- control.c --- */

/* Something may have been added to the client's buffer, or it waits for nothing any more. */
void client_arm(struct control *control, struct client *client);
static inline size_t client_waiting(const struct client *client)
{
	return client->out.len - client->sent;
}

/* --- reply.c: lines of the protocol --- */

void reply_out(struct client *client, const char *text, size_t len);
/* The same line for several clients; text is not long. */
void reply_line(struct cmd_text *out, const char *text, size_t len);
/* A message with its line's end. Untrusted bytes must be escaped already. */
void reply_err(struct client *client, const char *text, size_t len);
/* "pinhole: " and a message; and the exit code, which ends the answer. */
void reply_fail(struct client *client, enum cmd_exit code, const char *fmt, ...) PH_PRINTF(3, 4);
void reply_exit(struct client *client, enum cmd_exit code);

/* --- request.c --- */

/* A line without its end. It is answered, or a listing or a subscription is left in the client. */
void request_take(struct control *control, struct client *client, struct live *live, const char *line, size_t len);

/* An option of a verb; a NULL name ends the list. */
struct verb_option {
	const char *name;               /* without -- */
	char letter;                    /* 0: none */
	bool takes;                     /* a value follows */
};
/* Takes an option, or with NULL a word that is none. NULL, or what is wrong with it. */
typedef const char *verb_set(void *arg, const struct verb_option *option, const char *value);
/* Reads the words after the verb; --json goes without saying. False: the request was answered. */
bool request_options(struct request *r, const struct verb_option *options, verb_set *set, void *arg);
/* The same for a verb that takes nothing. */
bool request_no_words(struct request *r);

/* --- the verbs --- */

void verb_connections(struct request *r);
void verb_expectations(struct request *r);
void verb_events(struct request *r);
void verb_stats(struct request *r);
void verb_explain(struct request *r);
void verb_reload(struct request *r);
void verb_version(struct request *r);
void verb_edit(struct request *r);

/* --- filter.c --- */

extern const struct verb_option filter_options[];
verb_set filter_set;            /* arg: a struct conn_filter */
bool filter_takes(const struct conn_filter *filter, const struct ph_conn_info *conn);

/* --- listing.c --- */

/* The next piece, and the exit code behind the last one. */
void listing_step(struct control *control, struct client *client, struct live *live);
/* One line of the kind of `conntrack -L`, without its end. */
void put_conn_line(struct cmd_text *t, const struct ph_conn_info *conn);

/* --- events.c --- */

/* 2026-11-22T20:15:03.123Z */
void put_time(struct cmd_text *t, uint64_t wall_ms);
/* "time":1763842503.123 behind the brace that opens a record. */
void field_time(struct cmd_text *t, uint64_t wall_ms);
/* What LOG or NFLOG says of the packet at work, as the kernel would: "IN=eth0 OUT=eth1 SRC=...". */
void put_log_line(struct cmd_text *t, const struct live *live, const struct ph_event *event);
/* A follower has room again: tells what it has lost. */
void follow_lost(struct client *client);

/* --- texts.c: the words that asked for the expectations alive --- */

#define TEXT_ROOM 96
struct text {
	uint64_t id;                    /* of the expectation; 0: free */
	const char *because;            /* a constant of the library, or NULL */
	uint32_t len, call_len;         /* may be more than is kept */
	uint8_t bytes[TEXT_ROOM], call[TEXT_ROOM];
};

struct texts *texts_new(void);
void texts_free(struct texts *texts);
void texts_event(struct texts *texts, const struct ph_event *event);
/* NULL: not kept, too many came after it. */
const struct text *texts_find(const struct texts *texts, uint64_t id);
/* INVITE of call "x": "the words", or nothing. */
void put_asked(struct cmd_text *t, const struct text *text);

#endif
