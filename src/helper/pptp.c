/* pptp: client and server agree on a call over TCP, and its data follows as GRE (RFC 2637). A GRE packet names only its receiver's
 * call, so besides the two pinholes a call needs a key map. Followed is Linux 6.18: one message a segment, one call a connection.
 *
 * The client is whoever opened the control connection; a server (PAC) that opens it is not understood. */
#include "helper/helper.h"
#include "helper/list.h"

#define HEADER_LEN 12           /* length, kind, cookie, type, reserved: the body follows */
#define CONTROL_MESSAGE 1
#define MAGIC_COOKIE 0x1a2b3c4d
#define RESULT_OK 1             /* of every reply */
#define CALL_GROUP 1

/* In this order: "not yet asked for" is what is less than REQUESTED. */
enum session { SESSION_NONE = 0, SESSION_ERROR, SESSION_STOPPING, SESSION_REQUESTED, SESSION_CONFIRMED };
enum call { CALL_NONE = 0, CALL_OUT_ASKED, CALL_OUT_MADE, CALL_IN_ASKED, CALL_IN_ACCEPTED, CALL_IN_MADE, CALL_CLEARING };

/* All zero at first. */
struct pptp_state {
	uint8_t session, call;
	uint16_t client_call, server_call;      /* ids that the two ends have chosen; also of a call that came to nothing */
};
_Static_assert(sizeof(struct pptp_state) <= PH_HELPER_STATE, "fits what the engine lends");

/* A message at work. */
struct talk {
	const struct ph_helper_in *in;
	struct ph_helper_out *out;
	struct pptp_state *state;
	const char *name;
	struct ph_cur body;             /* as long as its type asks for, at least */
};

/* What one direction of the call looks like: the receiver's id in the packet, the sender's from the key map. */
static struct ph_tuple call_tuple(const struct ph_helper_in *in, const struct pptp_state *state, enum ph_dir dir)
{
	struct ph_tuple tuple = in->tuple[dir];

	tuple.proto = PH_PROTO_GRE;
	tuple.sport = dir == PH_ORIG ? state->client_call : state->server_call;
	tuple.dport = dir == PH_ORIG ? state->server_call : state->client_call;
	return tuple;
}

/* Ids at the start of the body asked for it; at least 2 bytes, of which there are as many. */
static struct ph_finding *add(const struct talk *talk, enum ph_find_kind kind, enum ph_dir dir, uint32_t ids_len)
{
	struct ph_finding *f = ph_out_add(talk->out, kind);

	if (!f)
		return NULL;
	f->dir = dir;
	f->if_refused = PH_HELP_ACCEPT;
	f->because = talk->name;
	f->spot_at = HEADER_LEN;
	f->spot_len = ids_len;
	f->want.tuple = call_tuple(talk->in, talk->state, dir);
	return f;
}

/* Both ends may send, and either may be first. */
static void expect_call(const struct talk *talk, uint32_t ids_len)
{
	struct ph_finding *f;

	for (int dir = 0; dir < PH_DIRS; dir++) {
		f = add(talk, PH_FIND_EXPECT, (enum ph_dir)dir, ids_len);
		if (!f)
			return;
		f->group = CALL_GROUP;
		ph_want_from(&f->want, talk->in->family, &f->want.tuple.src);
		f->want.mask_sport = 0xffff;
		f->want.ends_inverse = true;
	}
	for (int dir = 0; dir < PH_DIRS; dir++) {
		f = add(talk, PH_FIND_KEYMAP, (enum ph_dir)dir, ids_len);
		if (!f)
			return;
		f->group = CALL_GROUP;
	}
}

/* --- of the client --- */

static void ask_session(struct talk *talk)
{
	if (talk->state->session == SESSION_NONE)
		talk->state->session = SESSION_REQUESTED;
}

static void ask_stop(struct talk *talk)
{
	talk->state->session = SESSION_STOPPING;
}

static void ask_call(struct talk *talk)
{
	struct pptp_state *state = talk->state;
	uint16_t id;

	if (state->session != SESSION_CONFIRMED || !ph_cur_u16(&talk->body, &id))
		return;
	state->call = CALL_OUT_ASKED;
	state->client_call = id;
}

/* The ids and the result that both kinds of replies to a call begin with. */
static bool read_reply(struct talk *talk, uint16_t *id, uint16_t *peers_id, uint8_t *result)
{
	return ph_cur_u16(&talk->body, id) && ph_cur_u16(&talk->body, peers_id) && ph_cur_u8(&talk->body, result);
}

/* The session is not asked about: what counts is that the server asked. */
static void accept_call(struct talk *talk)
{
	struct pptp_state *state = talk->state;
	uint16_t id, peers_id;
	uint8_t result;

	if ((state->call != CALL_IN_ASKED && state->call != CALL_IN_ACCEPTED) ||
	    !read_reply(talk, &id, &peers_id, &result) || peers_id != state->server_call)
		return;
	state->call = result == RESULT_OK ? CALL_IN_ACCEPTED : CALL_NONE;
	if (result == RESULT_OK)
		state->client_call = id;
}

/* The pinholes stay until the server notifies. */
static void clear_call(struct talk *talk)
{
	if (talk->state->session == SESSION_CONFIRMED)
		talk->state->call = CALL_CLEARING;
}

/* --- of the server --- */

static void confirm_session(struct talk *talk)
{
	uint8_t result;

	if (talk->state->session < SESSION_REQUESTED || !ph_cur_skip(&talk->body, 2) || !ph_cur_u8(&talk->body, &result))
		return;
	talk->state->session = result == RESULT_OK ? SESSION_CONFIRMED : SESSION_ERROR;
}

static void confirm_stop(struct talk *talk)
{
	uint8_t result;

	if (talk->state->session > SESSION_STOPPING || !ph_cur_u8(&talk->body, &result))
		return;
	talk->state->session = result == RESULT_OK ? SESSION_NONE : SESSION_ERROR;
}

static void answer_call(struct talk *talk)
{
	struct pptp_state *state = talk->state;
	uint16_t id, peers_id;
	uint8_t result;

	if (state->session != SESSION_CONFIRMED || (state->call != CALL_OUT_ASKED && state->call != CALL_OUT_MADE) ||
	    !read_reply(talk, &id, &peers_id, &result) || peers_id != state->client_call)
		return;
	if (result != RESULT_OK) {
		state->call = CALL_NONE;
		return;
	}
	state->call = CALL_OUT_MADE;
	state->server_call = id;
	expect_call(talk, 4);
}

static void announce_call(struct talk *talk)
{
	struct pptp_state *state = talk->state;
	uint16_t id;

	if (state->session != SESSION_CONFIRMED || !ph_cur_u16(&talk->body, &id))
		return;
	state->call = CALL_IN_ASKED;
	state->server_call = id;
}

static void connect_call(struct talk *talk)
{
	struct pptp_state *state = talk->state;
	uint16_t peers_id;

	if (state->session != SESSION_CONFIRMED || (state->call != CALL_IN_ACCEPTED && state->call != CALL_IN_MADE) ||
	    !ph_cur_u16(&talk->body, &peers_id) || peers_id != state->client_call)
		return;
	state->call = CALL_IN_MADE;
	expect_call(talk, 2);
}

/* Whatever call it names, and whether or not one was made: the ids known last are torn down. */
static void end_call(struct talk *talk)
{
	talk->state->call = CALL_NONE;
	for (int dir = 0; dir < PH_DIRS; dir++)
		if (!add(talk, PH_FIND_TEARDOWN, (enum ph_dir)dir, 2))
			return;
}

/* --- messages --- */

/* A message that is shorter is not looked at; one without a reader changes nothing. */
static const struct message {
	const char *name;
	uint16_t body_len;
	void (*read[PH_DIRS])(struct talk *talk);
} messages[] = {
	[1] = { "Start-Control-Connection-Request", 144, { [PH_ORIG] = ask_session } },
	[2] = { "Start-Control-Connection-Reply", 144, { [PH_REPLY] = confirm_session } },
	[3] = { "Stop-Control-Connection-Request", 4, { [PH_ORIG] = ask_stop } },
	[4] = { "Stop-Control-Connection-Reply", 4, { [PH_REPLY] = confirm_stop } },
	[7] = { "Outgoing-Call-Request", 156, { [PH_ORIG] = ask_call } },
	[8] = { "Outgoing-Call-Reply", 20, { [PH_REPLY] = answer_call } },
	[9] = { "Incoming-Call-Request", 208, { [PH_REPLY] = announce_call } },
	[10] = { "Incoming-Call-Reply", 12, { [PH_ORIG] = accept_call } },
	[11] = { "Incoming-Call-Connected", 16, { [PH_REPLY] = connect_call } },
	[12] = { "Call-Clear-Request", 4, { [PH_ORIG] = clear_call } },
	[13] = { "Call-Disconnect-Notify", 136, { [PH_REPLY] = end_call } },
};
#define N_MESSAGES (sizeof(messages) / sizeof(messages[0]))

/* To the body. Neither the length that the message claims nor the reserved word counts. */
static const struct message *read_header(struct ph_cur *c)
{
	uint16_t kind, type;
	uint32_t cookie;

	if (!ph_cur_skip(c, 2) || !ph_cur_u16(c, &kind) || !ph_cur_u32(c, &cookie) || !ph_cur_u16(c, &type) ||
	    !ph_cur_skip(c, 2) || kind != CONTROL_MESSAGE || cookie != MAGIC_COOKIE || type >= N_MESSAGES)
		return NULL;
	return &messages[type];
}

static enum ph_help pptp_inspect(const struct ph_helper_in *in, struct ph_helper_out *out)
{
	struct talk talk = { .in = in, .out = out, .state = in->state, .body = in->payload };
	const struct message *message;

	if (!in->established)
		return PH_HELP_ACCEPT;
	message = read_header(&talk.body);
	if (!message || !message->read[in->dir] || ph_cur_left(&talk.body) < message->body_len)
		return PH_HELP_ACCEPT;
	talk.name = message->name;
	message->read[in->dir](&talk);
	return PH_HELP_ACCEPT;
}

/* As if the server had notified, also where there never was a call: with ids 0 that is plain GRE between the two. */
static void pptp_ended(const struct ph_helper_in *in, struct ph_tuple torn[PH_DIRS])
{
	for (int dir = 0; dir < PH_DIRS; dir++)
		torn[dir] = call_tuple(in, in->state, (enum ph_dir)dir);
}

static bool pptp_state_ok(const void *bytes)
{
	const struct pptp_state *state = bytes;

	return state->session <= SESSION_CONFIRMED && state->call <= CALL_CLEARING;
}

/* Call ids stand in the place of ports. */
static const struct ph_contract pptp_contract[] = {
	{ .src = PH_MAY_PEER, .sport = PH_MAY_PAYLOAD, .dst = PH_MAY_PEER, .dport = PH_MAY_PAYLOAD, .protos = PH_CONTRACT_GRE },
	{ .ends = true },
};

const struct ph_helper ph_helper_pptp = {
	.name = "pptp", .module = "nf_conntrack_pptp", .what = "PPTP (RFC 2637)",
	.families = 1, .protos = PH_CONTRACT_TCP, .port = 1723,
	.acts = PH_ACTS(PH_FIND_EXPECT) | PH_ACTS(PH_FIND_KEYMAP) | PH_ACTS(PH_FIND_TEARDOWN),
	.policy = { { 2, 300 } }, .contract = pptp_contract, .inspect = pptp_inspect, .ended = pptp_ended,
	.state_ok = pptp_state_ok,
};
