/* TCP: the state of a connection as a firewall in the middle can know it; spec/tracking.md 5.
 *
 * A segment's kind, direction and the old state choose a cell of the table; the cell says what comes next, that the segment
 * is ignored (it passes, nothing changes), or that it is invalid. Windows are in tcp_window.c. */
#include "track/table.h"

/* Cells: zero refuses. The others are a state, or "pass but change nothing". */
enum {
	IV = 0, SS = PH_TCP_SYN_SENT, SR = PH_TCP_SYN_RECV, ES = PH_TCP_ESTABLISHED, FW = PH_TCP_FIN_WAIT,
	CW = PH_TCP_CLOSE_WAIT, LA = PH_TCP_LAST_ACK, TW = PH_TCP_TIME_WAIT, CL = PH_TCP_CLOSE, S2 = PH_TCP_SYN_SENT2, IG = 15,
};

static const uint8_t next_state[PH_DIRS][PH_TCP_KINDS][PH_TCP_STATES] = {
	[PH_ORIG] = {
		/*                          NO  SS  SR  ES  FW  CW  LA  TW  CL  S2 */
		[PH_TCP_KIND_SYN]    = {    SS, SS, IG, IG, IG, IG, IG, SS, SS, S2 },  /* TW, CL: reopened, if it may be */
		[PH_TCP_KIND_SYNACK] = {    IV, IV, SR, IV, IV, IV, IV, IV, IV, SR },
		[PH_TCP_KIND_FIN]    = {    IV, IV, FW, FW, LA, LA, LA, TW, CL, IV },
		[PH_TCP_KIND_ACK]    = {    ES, IV, ES, ES, CW, CW, TW, TW, CL, IV },  /* NO: picked up in the middle */
		[PH_TCP_KIND_RST]    = {    IV, CL, CL, CL, CL, CL, CL, CL, CL, CL },
		[PH_TCP_KIND_NONE]   = {    IV, IV, IV, IV, IV, IV, IV, IV, IV, IV },
	},
	[PH_REPLY] = {
		[PH_TCP_KIND_SYN]    = {    IV, S2, IV, IV, IV, IV, IV, SS, IV, S2 },  /* SS: both open at once */
		[PH_TCP_KIND_SYNACK] = {    IV, SR, IG, IG, IG, IG, IG, IG, IG, SR },
		[PH_TCP_KIND_FIN]    = {    IV, IV, FW, FW, LA, LA, LA, TW, CL, IV },
		[PH_TCP_KIND_ACK]    = {    IV, IG, SR, ES, CW, CW, TW, TW, CL, IG },  /* SS: perhaps half open, its RST will tell */
		[PH_TCP_KIND_RST]    = {    IV, CL, CL, CL, CL, CL, CL, CL, CL, CL },
		[PH_TCP_KIND_NONE]   = {    IV, IV, IV, IV, IV, IV, IV, IV, IV, IV },
	},
};

const char *ph_tcp_state_name(uint8_t state)
{
	static const char *const name[PH_TCP_STATES] = {
		[PH_TCP_NONE] = "NONE", [PH_TCP_SYN_SENT] = "SYN_SENT", [PH_TCP_SYN_RECV] = "SYN_RECV",
		[PH_TCP_ESTABLISHED] = "ESTABLISHED", [PH_TCP_FIN_WAIT] = "FIN_WAIT", [PH_TCP_CLOSE_WAIT] = "CLOSE_WAIT",
		[PH_TCP_LAST_ACK] = "LAST_ACK", [PH_TCP_TIME_WAIT] = "TIME_WAIT", [PH_TCP_CLOSE] = "CLOSE",
		[PH_TCP_SYN_SENT2] = "SYN_SENT2",
	};

	return state < PH_TCP_STATES ? name[state] : NULL;
}

/* The combinations of SYN, FIN, RST, ACK and URG that mean something. */
static bool flags_legal(uint8_t flags)
{
	switch (flags & (PH_TCP_FIN | PH_TCP_SYN | PH_TCP_RST | PH_TCP_ACK | PH_TCP_URG)) {
	case PH_TCP_SYN:
	case PH_TCP_SYN | PH_TCP_URG:
	case PH_TCP_SYN | PH_TCP_ACK:
	case PH_TCP_RST:
	case PH_TCP_RST | PH_TCP_ACK:
	case PH_TCP_FIN | PH_TCP_ACK:
	case PH_TCP_FIN | PH_TCP_ACK | PH_TCP_URG:
	case PH_TCP_ACK:
	case PH_TCP_ACK | PH_TCP_URG:
		return true;
	}
	return false;
}

static enum ph_reason check(const struct ph_track_config *config, const struct ph_track_io *io)
{
	const struct ph_pkt *pkt = io->pkt;

	if (!pkt->l4_complete)
		return PH_WHY_SHORT;
	if (pkt->tcp_off < 20 || pkt->tcp_off > ph_cur_left(&pkt->l4))
		return PH_WHY_TCP_OFFSET;
	if (io->verify && config->checksum && !ph_pkt_checksum_ok(pkt))
		return PH_WHY_CHECKSUM;
	return flags_legal(pkt->tcp_flags) ? PH_WHY_NONE : PH_WHY_TCP_FLAGS;
}

/* The first packet of a connection. False: none can begin with it. */
static bool begin(const struct ph_track_config *config, struct ph_tcp_track *tcp, const struct ph_tcp_segment *seg)
{
	uint8_t next = next_state[PH_ORIG][seg->kind][PH_TCP_NONE];
	uint32_t win = seg->win ? seg->win : 1;

	if (next == IV || (next == ES && !config->tcp_loose))
		return false;
	*tcp = (struct ph_tcp_track){ .last_kind = PH_TCP_KIND_NONE };
	tcp->side[PH_ORIG].end = tcp->side[PH_ORIG].maxend = seg->end;
	tcp->side[PH_ORIG].maxwin = win;
	if (next == SS) {
		ph_tcp_options(seg, &tcp->scale[PH_ORIG], &tcp->flags[PH_ORIG]);
		return true;
	}
	/* In the middle of something: scaling and SACK were agreed before we came. */
	tcp->side[PH_ORIG].maxend += win;
	tcp->flags[PH_ORIG] = tcp->flags[PH_REPLY] = PH_TCP_SIDE_SACK | PH_TCP_SIDE_LIBERAL;
	return true;
}

/* A SYN/ACK that answers a SYN we let pass without believing it: from here on we believe both. */
static bool resync(struct ph_tcp_track *tcp, enum ph_dir dir, const struct ph_tcp_segment *seg)
{
	enum ph_dir syn = tcp->last_dir;

	if (seg->kind != PH_TCP_KIND_SYNACK || tcp->last_kind != PH_TCP_KIND_SYN || syn == dir || seg->ack != tcp->last_end)
		return false;
	tcp->side[syn].end = tcp->side[syn].maxend = tcp->last_end;
	tcp->side[syn].maxwin = tcp->last_win ? tcp->last_win : 1;
	tcp->scale[syn] = tcp->last_scale;
	tcp->last_flags &= (uint8_t)~PH_TCP_SIDE_CHALLENGE;
	tcp->flags[syn] = tcp->last_flags;
	tcp->side[dir].end = tcp->side[dir].maxend = tcp->side[dir].maxwin = tcp->side[dir].maxack = 0;
	tcp->scale[dir] = 0;
	tcp->flags[dir] &= PH_TCP_SIDE_LIBERAL;
	return true;
}

/* Remembers a segment that passes unbelieved: what comes next may explain it. */
static void ignore(struct ph_tcp_track *tcp, enum ph_dir dir, const struct ph_tcp_segment *seg)
{
	tcp->last_kind = seg->kind;
	tcp->last_dir = (uint8_t)dir;
	tcp->last_seq = seg->seq;
	tcp->last_end = seg->end;
	tcp->last_win = (uint16_t)seg->win;
	if (seg->kind == PH_TCP_KIND_SYN && dir == PH_ORIG) {
		tcp->last_scale = tcp->last_flags = 0;
		ph_tcp_options(seg, &tcp->last_scale, &tcp->last_flags);
		/* RFC 5961 4.2: the peer may answer with an ACK that is no answer to the FIN before it. */
		if (tcp->state == PH_TCP_LAST_ACK)
			tcp->last_flags |= PH_TCP_SIDE_CHALLENGE;
	}
	if (tcp->state == PH_TCP_SYN_SENT && seg->kind == PH_TCP_KIND_ACK && dir == PH_REPLY)
		tcp->last_ack = seg->ack;
}

/* May this SYN begin a new connection in place of a closed one? */
static bool may_reopen(const struct ph_tcp_track *tcp, enum ph_dir dir)
{
	return ((tcp->flags[PH_ORIG] | tcp->flags[PH_REPLY]) & PH_TCP_SIDE_CLOSE_INIT) ||
	       (tcp->last_dir == dir && tcp->last_kind == PH_TCP_KIND_RST);
}

enum rst { RST_INVALID = 0, RST_CHECK, RST_KEEP_AND_CHECK, RST_ANSWER, RST_KEEP_AND_ANSWER };

/* What an RST does; spec/tracking.md 5.6. KEEP: the state stays, only the timeout falls. ANSWER: no window check. */
static enum rst judge_rst(const struct ph_track_config *config, const struct ph_conn *conn, enum ph_dir dir,
                          const struct ph_tcp_segment *seg)
{
	const struct ph_tcp_track *tcp = &conn->l4.tcp;
	bool settled = tcp->state == PH_TCP_ESTABLISHED && (conn->status & PH_CT_ASSURED);
	uint32_t maxack = tcp->side[!dir].maxack;
	bool keep = false;

	/* Measured on Linux 6.18: once a FIN or RST was believed, any reset closes, whatever its numbers. */
	if (tcp->state >= PH_TCP_FIN_WAIT && tcp->state <= PH_TCP_CLOSE)
		return RST_ANSWER;
	if (seg->seq == 0 && !settled)
		return RST_CHECK;
	/* Behind an ignored SYN it may be that SYN's answer: the highest ACK says nothing then. */
	if ((tcp->flags[!dir] & PH_TCP_SIDE_MAXACK) && tcp->last_kind != PH_TCP_KIND_SYN) {
		if (ph_seq_before(seg->seq, maxack) && !config->tcp_ignore_invalid_rst)
			return RST_INVALID;
		if (!settled || seg->seq == maxack)
			return RST_CHECK;
		if (tcp->last_kind == PH_TCP_KIND_ACK && tcp->last_dir == dir && seg->seq == tcp->last_end)
			return RST_CHECK;
		keep = true;            /* RFC 5961 3.2: the peer will ask back */
	}
	if (seg->ack == tcp->last_end &&
	    (((conn->status & PH_CT_SEEN_REPLY) && tcp->last_kind == PH_TCP_KIND_SYN && tcp->last_dir != dir) ||
	     (!(conn->status & PH_CT_ASSURED) && tcp->last_kind == PH_TCP_KIND_ACK)))
		return keep ? RST_KEEP_AND_ANSWER : RST_ANSWER;
	if (tcp->state == PH_TCP_SYN_SENT && tcp->last_kind == PH_TCP_KIND_ACK && tcp->last_dir == PH_REPLY &&
	    seg->seq == tcp->last_ack)
		return keep ? RST_KEEP_AND_ANSWER : RST_ANSWER;
	return keep ? RST_KEEP_AND_CHECK : RST_CHECK;
}

static uint64_t limit(uint64_t timeout, uint64_t bound)
{
	return timeout > bound ? bound : timeout;
}

/* spec/tracking.md 5.9. */
static uint64_t choose_timeout(const struct ph_track_config *config, const struct ph_tcp_track *tcp, uint8_t state, bool rst)
{
	uint64_t timeout = config->tcp_timeout[state];

	if (tcp->retrans >= config->tcp_max_retrans && timeout > config->tcp_timeout_max_retrans)
		return config->tcp_timeout_max_retrans;
	if (rst)
		return config->tcp_timeout[PH_TCP_CLOSE];
	if (((tcp->flags[PH_ORIG] | tcp->flags[PH_REPLY]) & PH_TCP_SIDE_UNACKED) &&
	    timeout > config->tcp_timeout_unacknowledged)
		return config->tcp_timeout_unacknowledged;
	if (tcp->last_win == 0)
		return limit(timeout, config->tcp_timeout_max_retrans);
	return timeout;
}

/* One segment on its way through the table. */
struct step {
	struct ph_track *t;
	struct ph_conn *conn;
	struct ph_track_io *io;
	struct ph_tcp_segment seg;
	uint8_t old, next;              /* states */
};

enum act { ACT_ACCEPT, ACT_INVALID, ACT_REPEAT, ACT_WINDOW, ACT_NO_WINDOW };

/* FIN and RST outside the window from both sides: the ends have parted without us. */
static void after_invalid(const struct step *step)
{
	struct ph_conn *conn = step->conn;
	struct ph_tcp_track *tcp = &conn->l4.tcp;
	uint64_t now = step->io->now_ms, bound = step->t->config->tcp_timeout_unacknowledged;
	uint64_t left = conn->expires_ms > now ? conn->expires_ms - now : 0;

	if (!(conn->status & PH_CT_ASSURED) || (conn->status & PH_CT_FIXED_TIMEOUT))
		return;
	if (step->seg.kind != PH_TCP_KIND_RST && step->seg.kind != PH_TCP_KIND_FIN)
		return;
	if (tcp->last_dir != step->io->dir && (tcp->last_kind == PH_TCP_KIND_FIN || tcp->last_kind == PH_TCP_KIND_RST)) {
		if (left >= 120 * 1000 && left > bound * 1000)
			ph_conn_refresh(step->t, conn, bound, now);
		return;
	}
	tcp->last_kind = step->seg.kind;
	tcp->last_dir = (uint8_t)step->io->dir;
}

/* The segment is believed: state, events, ASSURED and timeout follow. */
static void advance(const struct step *step)
{
	struct ph_conn *conn = step->conn;
	struct ph_tcp_track *tcp = &conn->l4.tcp;
	const struct ph_track_config *config = step->t->config;
	bool rst = step->seg.kind == PH_TCP_KIND_RST;
	uint64_t timeout;

	tcp->last_kind = step->seg.kind;
	tcp->last_dir = (uint8_t)step->io->dir;
	tcp->state = step->next;
	if (step->old != step->next) {
		conn->pending |= PH_PENDING_PROTO;
		if (step->next == PH_TCP_FIN_WAIT)
			tcp->flags[step->io->dir] |= PH_TCP_SIDE_CLOSE_INIT;
	}
	timeout = choose_timeout(config, tcp, step->next, rst);

	if (!(conn->status & PH_CT_SEEN_REPLY)) {
		if (rst) {
			ph_conn_kill(step->t, conn, PH_CAUSE_CLOSED);
			return;
		}
		/* A SYN sent again may not keep the entry alive for ever. */
		if (step->seg.kind == PH_TCP_KIND_SYN && step->old == PH_TCP_SYN_SENT) {
			step->io->quiet = true;
			return;
		}
		if (step->next == PH_TCP_ESTABLISHED)
			timeout = limit(timeout, config->tcp_timeout_unacknowledged);
	} else if (!(conn->status & PH_CT_ASSURED) && step->next == PH_TCP_ESTABLISHED &&
	           (step->old == PH_TCP_SYN_RECV || step->old == PH_TCP_ESTABLISHED)) {
		conn->status |= PH_CT_ASSURED;
		conn->pending |= PH_PENDING_ASSURED;
	}
	ph_conn_refresh(step->t, conn, timeout, step->io->now_ms);
}

/* A SYN where a connection is closed, or a cell that says IG. WINDOW: the connection begins again in step. */
static enum act pass_or_reopen(struct step *step)
{
	struct ph_tcp_track *tcp = &step->conn->l4.tcp;

	if (step->next == SS && may_reopen(tcp, step->io->dir)) {
		ph_conn_kill(step->t, step->conn, PH_CAUSE_CLOSED);
		return ACT_REPEAT;
	}
	if (resync(tcp, step->io->dir, &step->seg)) {
		step->old = SS;
		step->next = SR;
		return ACT_WINDOW;
	}
	ignore(tcp, step->io->dir, &step->seg);
	step->io->reason = PH_WHY_TCP_IGNORED;
	return ACT_ACCEPT;
}

static enum act on_rst(struct step *step)
{
	switch (judge_rst(step->t->config, step->conn, step->io->dir, &step->seg)) {
	case RST_INVALID:
		step->io->reason = PH_WHY_TCP_RST;
		return ACT_INVALID;
	case RST_KEEP_AND_CHECK:
		step->next = step->old;
		return ACT_WINDOW;
	case RST_KEEP_AND_ANSWER:
		step->next = step->old;
		return ACT_NO_WINDOW;
	case RST_ANSWER:
		return ACT_NO_WINDOW;
	case RST_CHECK:
		break;
	}
	return ACT_WINDOW;
}

/* Cells with a condition of their own. */
static enum act special(struct step *step)
{
	struct ph_tcp_track *tcp = &step->conn->l4.tcp;
	const struct ph_track_io *io = step->io;
	bool is_ack = step->seg.kind == PH_TCP_KIND_ACK;

	if (step->next == IG || (step->next == SS && step->old >= PH_TCP_TIME_WAIT))
		return pass_or_reopen(step);
	if (step->next == TW && step->old == LA && is_ack && tcp->last_dir != io->dir &&
	    tcp->last_kind == PH_TCP_KIND_SYN && (tcp->last_flags & PH_TCP_SIDE_CHALLENGE)) {
		tcp->last_flags &= (uint8_t)~PH_TCP_SIDE_CHALLENGE;
		step->io->reason = PH_WHY_TCP_IGNORED;
		return ACT_ACCEPT;
	}
	if (step->next == S2)
		tcp->last_flags |= PH_TCP_SIDE_SIMULTANEOUS;
	if (step->next == SR && io->dir == PH_REPLY && is_ack && (tcp->last_flags & PH_TCP_SIDE_SIMULTANEOUS))
		step->next = ES;
	return step->next == CL && step->seg.kind == PH_TCP_KIND_RST ? on_rst(step) : ACT_WINDOW;
}

static enum ph_l4_verdict run(struct step *step)
{
	switch (special(step)) {
	case ACT_ACCEPT:
		step->io->quiet = true;
		return PH_L4_ACCEPT;
	case ACT_INVALID:
		return PH_L4_INVALID;
	case ACT_REPEAT:
		return PH_L4_REPEAT;
	case ACT_NO_WINDOW:
		break;
	case ACT_WINDOW:
		switch (ph_tcp_window(step->t->config, &step->conn->l4.tcp, step->io->dir, &step->seg, &step->io->reason)) {
		case PH_TCP_FIT_INVALID:
			after_invalid(step);
			return PH_L4_INVALID;
		case PH_TCP_FIT_IGNORE:
			step->io->quiet = true;
			return PH_L4_ACCEPT;
		case PH_TCP_FIT_OK:
			break;
		}
	}
	advance(step);
	return PH_L4_ACCEPT;
}

void ph_track_reset(struct ph_track *t, const struct ph_track_io *io)
{
	uint64_t timeout = t->config->tcp_timeout[PH_TCP_CLOSE];
	struct ph_conn *conn = io->conn;

	if (!conn || conn->tuple.proto != PH_PROTO_TCP || (conn->status & (PH_CT_CONFIRMED | PH_CT_DYING)) != PH_CT_CONFIRMED)
		return;
	conn->l4.tcp.state = PH_TCP_CLOSE;
	conn->pending |= PH_PENDING_PROTO;
	if (conn->expires_ms > ph_later(t->now_ms, timeout * 1000))
		ph_conn_refresh(t, conn, timeout, t->now_ms);
}

enum ph_l4_verdict ph_tcp_packet(struct ph_track *t, struct ph_conn *conn, struct ph_track_io *io)
{
	struct step step = { .t = t, .conn = conn, .io = io };

	io->reason = check(t->config, io);
	if (io->reason != PH_WHY_NONE)
		return PH_L4_INVALID;
	ph_tcp_segment_read(io->pkt, &step.seg);
	if (!(conn->status & PH_CT_CONFIRMED) && !begin(t->config, &conn->l4.tcp, &step.seg)) {
		io->reason = PH_WHY_TCP_NEW;
		return PH_L4_INVALID;
	}
	step.old = conn->l4.tcp.state;
	step.next = next_state[io->dir][step.seg.kind][step.old];
	if (step.next == IV) {
		io->reason = PH_WHY_TCP_STATE;
		return PH_L4_INVALID;
	}
	return run(&step);
}
