/* TCP: segments, options and the window check. Sequence arithmetic is modulo 2^32 throughout; spec/tracking.md 5.4.
 * For tcp.c; works on struct ph_tcp_track alone. */
#include "track/table.h"

enum { OPT_END = 0, OPT_NOP = 1, OPT_SCALE = 3, OPT_SACK_PERMITTED = 4, OPT_SACK = 5 };
#define MAX_SCALE 14
#define MAX_ACK_WINDOW 66000u           /* the least distance of an old ACK that is still believed */

static enum ph_tcp_kind kind_of(uint8_t flags)
{
	if (flags & PH_TCP_RST)
		return PH_TCP_KIND_RST;
	if (flags & PH_TCP_SYN)
		return flags & PH_TCP_ACK ? PH_TCP_KIND_SYNACK : PH_TCP_KIND_SYN;
	if (flags & PH_TCP_FIN)
		return PH_TCP_KIND_FIN;
	return flags & PH_TCP_ACK ? PH_TCP_KIND_ACK : PH_TCP_KIND_NONE;
}

void ph_tcp_segment_read(const struct ph_pkt *pkt, struct ph_tcp_segment *seg)
{
	uint32_t len = (uint32_t)ph_cur_left(&pkt->payload);
	struct ph_cur header = pkt->l4;

	len += pkt->tcp_flags & PH_TCP_SYN ? 1 : 0;
	len += pkt->tcp_flags & PH_TCP_FIN ? 1 : 0;
	seg->seq = pkt->seq;
	seg->end = pkt->seq + len;
	seg->ack = seg->sack = pkt->ack;
	seg->win = pkt->win;
	seg->flags = pkt->tcp_flags;
	seg->kind = kind_of(pkt->tcp_flags);
	if (!ph_cur_skip(&header, 20) || pkt->tcp_off < 20 || !ph_cur_sub(&header, pkt->tcp_off - 20u, &seg->options))
		seg->options = (struct ph_cur){ header.at, header.at };
}

/* The next option of a list, its body as a cursor. False at the end, or where the list is broken. */
static bool next_option(struct ph_cur *list, uint8_t *kind, struct ph_cur *body)
{
	uint8_t len;

	while (ph_cur_u8(list, kind)) {
		if (*kind == OPT_NOP)
			continue;
		if (*kind == OPT_END || !ph_cur_u8(list, &len) || len < 2)
			return false;
		return ph_cur_sub(list, len - 2u, body);
	}
	return false;
}

void ph_tcp_options(const struct ph_tcp_segment *seg, uint8_t *scale, uint8_t *flags)
{
	struct ph_cur list = seg->options, body;
	uint8_t kind, shift;

	if (ph_cur_left(&list) == 0)
		return;
	*scale = 0;
	*flags &= PH_TCP_SIDE_LIBERAL;
	while (next_option(&list, &kind, &body)) {
		if (kind == OPT_SACK_PERMITTED && ph_cur_left(&body) == 0) {
			*flags |= PH_TCP_SIDE_SACK;
		} else if (kind == OPT_SCALE && ph_cur_left(&body) == 1 && ph_cur_u8(&body, &shift)) {
			*scale = shift > MAX_SCALE ? MAX_SCALE : shift;
			*flags |= PH_TCP_SIDE_SCALE;
		}
	}
}

/* The highest right edge of the selective acknowledgements, if any is above the plain one. */
static void read_sack(struct ph_tcp_segment *seg)
{
	struct ph_cur list = seg->options, body;
	uint32_t left, right;
	uint8_t kind;

	while (next_option(&list, &kind, &body)) {
		if (kind != OPT_SACK || ph_cur_left(&body) < 8 || ph_cur_left(&body) % 8 != 0)
			continue;
		while (ph_cur_u32(&body, &left) && ph_cur_u32(&body, &right))
			if (ph_seq_after(right, seg->sack))
				seg->sack = right;
		return;
	}
}

/* A SYN tells everything about its sender anew. */
static void side_init(struct ph_tcp_track *tcp, enum ph_dir dir, const struct ph_tcp_segment *seg)
{
	uint8_t *flags = tcp->flags;

	tcp->side[dir].end = tcp->side[dir].maxend = seg->end;
	tcp->side[dir].maxwin = seg->win ? seg->win : 1;
	ph_tcp_options(seg, &tcp->scale[dir], &flags[dir]);
	/* RFC 7323 2.2: scaling counts only if both sides offered it. */
	if (dir == PH_REPLY && !(flags[PH_ORIG] & flags[PH_REPLY] & PH_TCP_SIDE_SCALE))
		tcp->scale[PH_ORIG] = tcp->scale[PH_REPLY] = 0;
}

/* The first packet of a side was not its SYN: believe what it says. */
static void side_guess(struct ph_tcp_track *tcp, enum ph_dir dir, const struct ph_tcp_segment *seg)
{
	uint32_t win = seg->win << tcp->scale[dir];
	enum ph_dir other = !dir;

	tcp->side[dir].end = seg->end;
	tcp->side[dir].maxwin = win ? win : 1;
	tcp->side[dir].maxend = seg->end + tcp->side[dir].maxwin;
	if (tcp->side[other].maxwin == 0)
		tcp->side[other].end = tcp->side[other].maxend = seg->sack;
	else if (seg->sack == tcp->side[other].end + 1)
		tcp->side[other].end++;         /* the answer to a keep-alive */
}

/* Makes the sender known. True: nothing further is to be checked (simultaneous open). */
static bool side_learn(struct ph_tcp_track *tcp, enum ph_dir dir, const struct ph_tcp_segment *seg)
{
	bool syn = seg->flags & PH_TCP_SYN, has_ack = seg->flags & PH_TCP_ACK;

	if (tcp->side[dir].maxwin == 0) {
		if (!syn) {
			side_guess(tcp, dir, seg);
			return false;
		}
		side_init(tcp, dir, seg);
		return !has_ack;
	}
	if (syn && ph_seq_after(seg->end, tcp->side[dir].end) &&
	    (tcp->state == PH_TCP_SYN_SENT || tcp->state == PH_TCP_SYN_RECV)) {
		side_init(tcp, dir, seg);
		return dir == PH_REPLY && !has_ack;
	}
	return false;
}

/* The four bounds. OK, or what their breach means to a tracker that is not liberal. */
static enum ph_tcp_fit bounds(struct ph_tcp_track *tcp, enum ph_dir dir, const struct ph_tcp_segment *seg,
                              enum ph_reason *why)
{
	uint32_t snd_end = tcp->side[dir].end, snd_maxend = tcp->side[dir].maxend;
	uint32_t rcv_end = tcp->side[!dir].end, rcv_maxwin = tcp->side[!dir].maxwin;
	uint32_t back = tcp->side[dir].maxwin > MAX_ACK_WINDOW ? tcp->side[dir].maxwin : MAX_ACK_WINDOW;
	bool above_low = ph_seq_after(seg->end, snd_end - rcv_maxwin - 1);
	bool ack_low = ph_seq_after(seg->sack, rcv_end - back - 1), ack_high = ph_seq_before(seg->sack, rcv_end + 1);

	*why = PH_WHY_TCP_SEQ_ABOVE;
	if (!ph_seq_before(seg->seq, snd_maxend + 1)) {
		if (!rcv_maxwin || !above_low || !ack_low || !ack_high || seg->end - snd_maxend + 1 > rcv_maxwin)
			return PH_TCP_FIT_INVALID;
		/* A sender that overshoots a little: its peer may still acknowledge it, so remember the end. */
		tcp->side[dir].end = seg->end;
		tcp->flags[dir] |= PH_TCP_SIDE_UNACKED;
		*why = PH_WHY_TCP_OLD;
		return PH_TCP_FIT_IGNORE;
	}
	*why = PH_WHY_TCP_ACK_ABOVE;
	if (!ack_high)
		return PH_TCP_FIT_INVALID;
	*why = PH_WHY_TCP_OLD;
	if ((rcv_maxwin && !above_low) || !ack_low)
		return PH_TCP_FIT_IGNORE;
	*why = PH_WHY_NONE;
	return PH_TCP_FIT_OK;
}

static void update_sender(struct ph_tcp_track *tcp, enum ph_dir dir, const struct ph_tcp_segment *seg, uint32_t win)
{
	uint32_t reach = win + (seg->sack - seg->ack);

	if (tcp->side[dir].maxwin < reach)
		tcp->side[dir].maxwin = reach;
	if (ph_seq_after(seg->end, tcp->side[dir].end)) {
		tcp->side[dir].end = seg->end;
		tcp->flags[dir] |= PH_TCP_SIDE_UNACKED;
	}
	if (!(seg->flags & PH_TCP_ACK))
		return;
	if (!(tcp->flags[dir] & PH_TCP_SIDE_MAXACK) || ph_seq_after(seg->ack, tcp->side[dir].maxack))
		tcp->side[dir].maxack = seg->ack;
	tcp->flags[dir] |= PH_TCP_SIDE_MAXACK;
}

static void update_receiver(struct ph_tcp_track *tcp, enum ph_dir dir, const struct ph_tcp_segment *seg, uint32_t win)
{
	enum ph_dir other = !dir;

	if (tcp->side[other].maxwin != 0 && ph_seq_after(seg->end, tcp->side[dir].maxend))
		tcp->side[other].maxwin += seg->end - tcp->side[dir].maxend;
	if (ph_seq_after(seg->sack + win, tcp->side[other].maxend - 1))
		tcp->side[other].maxend = seg->sack + win + (win == 0);
	if (seg->ack == tcp->side[other].end)
		tcp->flags[other] &= (uint8_t)~PH_TCP_SIDE_UNACKED;
}

/* The same ACK again and again: how often. */
static void count_retransmission(struct ph_tcp_track *tcp, enum ph_dir dir, const struct ph_tcp_segment *seg)
{
	if (tcp->last_dir == dir && tcp->last_seq == seg->seq && tcp->last_ack == seg->ack &&
	    tcp->last_end == seg->end && tcp->last_win == seg->win) {
		if (tcp->retrans < UINT8_MAX)
			tcp->retrans++;
		return;
	}
	tcp->last_dir = (uint8_t)dir;
	tcp->last_seq = seg->seq;
	tcp->last_ack = seg->ack;
	tcp->last_end = seg->end;
	tcp->last_win = (uint16_t)seg->win;
	tcp->retrans = 0;
}

enum ph_tcp_fit ph_tcp_window(const struct ph_track_config *config, struct ph_tcp_track *tcp, enum ph_dir dir,
                              struct ph_tcp_segment *seg, enum ph_reason *why)
{
	uint32_t win = seg->win;
	enum ph_tcp_fit fit;

	*why = PH_WHY_NONE;
	if (tcp->flags[!dir] & PH_TCP_SIDE_SACK)
		read_sack(seg);
	if (side_learn(tcp, dir, seg))
		return PH_TCP_FIT_OK;
	if (!(seg->flags & PH_TCP_ACK) || ((seg->flags & PH_TCP_RST) && seg->ack == 0))
		seg->ack = seg->sack = tcp->side[!dir].end;
	if ((seg->flags & PH_TCP_RST) && seg->seq == 0 && tcp->state == PH_TCP_SYN_SENT)
		seg->seq = seg->end = tcp->side[dir].end;       /* the answer to a SYN */

	fit = bounds(tcp, dir, seg, why);
	if (fit != PH_TCP_FIT_OK) {
		if (!config->tcp_be_liberal && !(tcp->flags[dir] & PH_TCP_SIDE_LIBERAL))
			return fit;
		*why = PH_WHY_NONE;
		return PH_TCP_FIT_OK;
	}
	if (!(seg->flags & PH_TCP_SYN))
		win <<= tcp->scale[dir];
	update_sender(tcp, dir, seg, win);
	update_receiver(tcp, dir, seg, win);
	if (seg->kind == PH_TCP_KIND_ACK)
		count_retransmission(tcp, dir, seg);
	return PH_TCP_FIT_OK;
}
