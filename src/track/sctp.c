/* SCTP: state of an association, and the verification tags that prove who speaks; spec/tracking.md 6.6, RFC 9260 8.4, 8.5.
 *
 * A packet is a list of chunks. Each of a few kinds moves the state; the others (DATA, SACK ...) leave it. */
#include "track/table.h"

enum { NO = 0, CL, CW, CE, ES, SS, SR, SA, HS, IV = 15 };

enum chunk {
	DATA = 0, INIT = 1, INIT_ACK = 2, HEARTBEAT = 4, HEARTBEAT_ACK = 5, ABORT = 6, SHUTDOWN = 7, SHUTDOWN_ACK = 8,
	ERROR = 9, COOKIE_ECHO = 10, COOKIE_ACK = 11, SHUTDOWN_COMPLETE = 14, CHUNKS = 15,
};
#define FLAG_T 1                /* the tag is the peer's: RFC 9260 3.3.7, 3.3.13 */
#define HEADER 12

/* Chunks without a row change nothing. */
static const struct {
	bool counts;
	uint8_t next[PH_DIRS][HS + 1];
} moves[CHUNKS] = {
	/*                                   NO  CL  CW  CE  ES  SS  SR  SA  HS */
	[INIT]              = { true, { {    CL, CL, CW, CE, ES, CL, CL, SA, CW },
	                                {    IV, CL, CW, CE, ES, SS, SR, SA, IV } } },
	[INIT_ACK]          = { true, { {    CL, CL, CW, CE, ES, SS, SR, SA, CL },
	                                {    IV, CW, CW, CE, ES, SS, SR, SA, IV } } },
	[ABORT]             = { true, { {    CL, CL, CL, CL, CL, CL, CL, CL, CL },
	                                {    IV, CL, CL, CL, CL, CL, CL, CL, IV } } },
	[SHUTDOWN]          = { true, { {    CL, CL, CW, CE, SS, SS, SR, SA, CL },
	                                {    IV, CL, CW, CE, SR, SS, SR, SA, IV } } },
	[SHUTDOWN_ACK]      = { true, { {    SA, CL, CW, CE, ES, SA, SA, SA, SA },
	                                {    IV, CL, CW, CE, ES, SA, SA, SA, IV } } },
	[ERROR]             = { true, { {    CL, CL, CW, CE, ES, SS, SR, SA, CL },
	                                {    IV, CL, CW, CL, ES, SS, SR, SA, IV } } },
	[COOKIE_ECHO]       = { true, { {    CL, CL, CE, CE, ES, SS, SR, SA, CL },
	                                {    IV, CL, CE, CE, ES, SS, SR, SA, IV } } },
	[COOKIE_ACK]        = { true, { {    CL, CL, CW, ES, ES, SS, SR, SA, CL },
	                                {    IV, CL, CW, ES, ES, SS, SR, SA, IV } } },
	[SHUTDOWN_COMPLETE] = { true, { {    CL, CL, CW, CE, ES, SS, SR, CL, CL },
	                                {    IV, CL, CW, CE, ES, SS, SR, CL, IV } } },
	[HEARTBEAT]         = { true, { {    HS, CL, CW, CE, ES, SS, SR, SA, HS },
	                                {    IV, CL, CW, CE, ES, SS, SR, SA, HS } } },
	[HEARTBEAT_ACK]     = { true, { {    CL, CL, CW, CE, ES, SS, SR, SA, HS },
	                                {    IV, CL, CW, CE, ES, SS, SR, SA, ES } } },
};

const char *ph_sctp_state_name(uint8_t state)
{
	static const char *const name[] = {
		[NO] = "NONE", [CL] = "CLOSED", [CW] = "COOKIE_WAIT", [CE] = "COOKIE_ECHOED", [ES] = "ESTABLISHED",
		[SS] = "SHUTDOWN_SENT", [SR] = "SHUTDOWN_RECD", [SA] = "SHUTDOWN_ACK_SENT", [HS] = "HEARTBEAT_SENT",
	};

	return state <= HS ? name[state] : NULL;
}

static uint8_t next_state(enum ph_dir dir, uint8_t state, uint8_t type)
{
	return type < CHUNKS && moves[type].counts ? moves[type].next[dir][state] : state;
}

/* One chunk: its header, and as much of its body as the packet has. */
struct chunk_at {
	uint8_t type, flags;
	uint16_t length;
	struct ph_cur body;
};

/* The next chunk; padding to four bytes belongs to it. */
static bool next_chunk(struct ph_cur *c, struct chunk_at *out)
{
	size_t step, left;

	if (!ph_cur_u8(c, &out->type) || !ph_cur_u8(c, &out->flags) || !ph_cur_u16(c, &out->length))
		return false;
	out->body = *c;
	step = out->length < 4 ? 0 : (((size_t)out->length + 3) & ~(size_t)3) - 4;
	left = ph_cur_left(c);
	return ph_cur_skip(c, step < left ? step : left);
}

/* What a packet is made of. */
struct parcel {
	struct ph_cur chunks;           /* behind the common header */
	uint32_t tag;
	uint32_t types;                 /* bit per chunk type below CHUNKS */
};

static bool has(const struct parcel *p, enum chunk type)
{
	return p->types >> type & 1;
}

/* RFC 9260 6.10: who may stand beside whom. False: malformed. */
static bool read_parcel(const struct ph_pkt *pkt, struct parcel *p)
{
	struct ph_cur c = pkt->l4;
	struct chunk_at chunk;
	bool alone = false;
	size_t n = 0;

	*p = (struct parcel){ 0 };
	if (!ph_cur_skip(&c, 4) || !ph_cur_u32(&c, &p->tag) || !ph_cur_skip(&c, 4))
		return false;
	p->chunks = c;
	for (; next_chunk(&c, &chunk); n++) {
		alone = alone || chunk.type == INIT || chunk.type == INIT_ACK || chunk.type == SHUTDOWN_COMPLETE;
		if (chunk.length == 0)
			return false;
		if (n > 0 && (alone || chunk.type == COOKIE_ECHO || chunk.type == COOKIE_ACK))
			return false;
		if (chunk.type < CHUNKS)
			p->types |= 1u << chunk.type;
	}
	return n > 0;
}

static bool init_tag(const struct chunk_at *chunk, uint32_t *out)
{
	struct ph_cur body = chunk->body;
	struct ph_cur whole = body;

	/* The fixed part has 16 bytes: tag, window, two stream counts, first number. */
	return ph_cur_u32(&body, out) && ph_cur_skip(&whole, 16);
}

/* RFC 9260 8.4: a packet out of the blue that may begin something. */
static bool begin(struct ph_sctp_track *sctp, const struct parcel *p)
{
	struct ph_cur c = p->chunks;
	struct chunk_at chunk;

	if (has(p, ABORT) || has(p, SHUTDOWN_COMPLETE) || has(p, COOKIE_ACK))
		return false;
	*sctp = (struct ph_sctp_track){ .state = NO };
	while (next_chunk(&c, &chunk)) {
		uint8_t next = next_state(PH_ORIG, NO, chunk.type);

		if (next == NO || next == IV)
			return false;
		if (chunk.type == INIT) {
			if (p->tag != 0 || !init_tag(&chunk, &sctp->tag[PH_REPLY]))
				return false;
			sctp->init[PH_ORIG] = true;
		} else if (chunk.type == HEARTBEAT) {
			sctp->tag[PH_ORIG] = p->tag;
		} else if (chunk.type == SHUTDOWN_ACK) {
			sctp->tag[PH_REPLY] = p->tag;
		}
	}
	return true;
}

/* RFC 9260 8.5: only these may carry another tag than their direction's; each has a rule of its own. */
static bool tag_fits(const struct ph_sctp_track *sctp, const struct parcel *p, enum ph_dir dir)
{
	return has(p, INIT) || has(p, SHUTDOWN_COMPLETE) || has(p, COOKIE_ECHO) || has(p, ABORT) || has(p, SHUTDOWN_ACK) ||
	       has(p, HEARTBEAT) || has(p, HEARTBEAT_ACK) || p->tag == sctp->tag[dir];
}

/* One packet on its way. */
struct step {
	struct ph_conn *conn;
	struct ph_sctp_track *sctp;
	const struct parcel *p;
	enum ph_dir dir;
	bool keep;                      /* accepted, but nothing is refreshed */
};

enum act { ACT_INVALID = 0, ACT_MOVE, ACT_PASS };

/* A path that came up again may speak with a new tag, if the other side answers for it. */
static enum act heartbeat(struct step *s, bool is_ack)
{
	uint32_t *tag = s->sctp->tag;

	if (tag[s->dir] == 0 || s->p->tag == tag[s->dir]) {
		if (tag[s->dir] == 0)
			tag[s->dir] = s->p->tag;
		else
			s->sctp->tag_failed = false;
		return ACT_MOVE;
	}
	if (has(s->p, DATA) || s->keep)
		return ACT_INVALID;
	if (!is_ack) {
		s->sctp->tag_failed = true;
		s->sctp->last_dir = (uint8_t)s->dir;
		s->keep = true;
		return ACT_PASS;
	}
	if (!s->sctp->tag_failed || s->sctp->last_dir == s->dir)
		return ACT_INVALID;
	s->sctp->tag_failed = false;
	tag[s->dir] = s->p->tag;
	tag[!s->dir] = 0;
	return ACT_MOVE;
}

/* RFC 9260 8.5.1. */
static enum act check_tag(struct step *s, const struct chunk_at *chunk)
{
	bool ok = true;

	switch (chunk->type) {
	case INIT:
		ok = s->p->tag == 0;
		break;
	case ABORT:
	case SHUTDOWN_COMPLETE:
		ok = s->p->tag == s->sctp->tag[chunk->flags & FLAG_T ? !s->dir : s->dir];
		break;
	case COOKIE_ECHO:
		ok = s->p->tag == s->sctp->tag[s->dir];
		break;
	case COOKIE_ACK:
		s->sctp->init[PH_ORIG] = s->sctp->init[PH_REPLY] = false;
		break;
	case HEARTBEAT:
	case HEARTBEAT_ACK:
		return heartbeat(s, chunk->type == HEARTBEAT_ACK);
	}
	return ok ? ACT_MOVE : ACT_INVALID;
}

/* INIT and INIT ACK say with which tag the other side will speak. */
static bool learn_tag(struct step *s, const struct chunk_at *chunk)
{
	struct ph_sctp_track *sctp = s->sctp;
	uint32_t known = sctp->tag[!s->dir], tag;

	if (!init_tag(chunk, &tag))
		return false;
	if (chunk->type == INIT_ACK) {
		if (known != 0 && known != tag && (!sctp->init[!s->dir] || (sctp->init[s->dir] && sctp->init[!s->dir])))
			return false;
	} else if (tag != known) {
		sctp->init[s->dir] = true;
	}
	sctp->tag[!s->dir] = tag;
	return true;
}

static bool take_chunk(struct step *s, const struct chunk_at *chunk)
{
	struct ph_sctp_track *sctp = s->sctp;
	uint8_t old = sctp->state, next;
	enum act act = check_tag(s, chunk);

	if (act != ACT_MOVE)
		return act == ACT_PASS;
	next = next_state(s->dir, old, chunk->type);
	if (next == IV)
		return false;
	if (chunk->type == INIT || chunk->type == INIT_ACK) {
		if (!learn_tag(s, chunk))
			return false;
		/* An INIT sent again may not keep the entry alive for ever. */
		if (old == CL && next == CL && (s->conn->status & PH_CT_CONFIRMED))
			s->keep = true;
	}
	sctp->state = next;
	if (old == next)
		return true;
	s->conn->pending |= PH_PENDING_PROTO;
	if (next == ES && !(s->conn->status & PH_CT_ASSURED)) {
		s->conn->status |= PH_CT_ASSURED;
		s->conn->pending |= PH_PENDING_ASSURED;
	}
	return true;
}

static enum ph_l4_verdict invalid(struct ph_track_io *io, enum ph_reason why)
{
	io->reason = why;
	return PH_L4_INVALID;
}

enum ph_l4_verdict ph_sctp_packet(struct ph_track *t, struct ph_conn *conn, struct ph_track_io *io)
{
	struct ph_sctp_track *sctp = &conn->l4.sctp;
	struct step step = { .conn = conn, .sctp = sctp, .dir = io->dir };
	struct chunk_at chunk;
	struct parcel p;
	struct ph_cur c;

	if (ph_cur_left(&io->pkt->l4) < HEADER)
		return invalid(io, PH_WHY_SHORT);
	if (io->verify && t->config->checksum && !ph_pkt_checksum_ok(io->pkt))
		return invalid(io, PH_WHY_CHECKSUM);
	if (!read_parcel(io->pkt, &p))
		return invalid(io, PH_WHY_SCTP_CHUNKS);
	if (!(conn->status & PH_CT_CONFIRMED) && !begin(sctp, &p))
		return invalid(io, PH_WHY_SCTP_NEW);
	if (!tag_fits(sctp, &p, io->dir))
		return invalid(io, PH_WHY_SCTP_TAG);
	step.p = &p;
	c = p.chunks;
	while (next_chunk(&c, &chunk))
		if (!take_chunk(&step, &chunk))
			return invalid(io, PH_WHY_SCTP_STATE);
	io->quiet = step.keep;
	if (!step.keep && sctp->state != NO)
		ph_conn_refresh(t, conn, t->config->sctp_timeout[sctp->state - 1], io->now_ms);
	return PH_L4_ACCEPT;
}
