/* UDP, UDP-Lite, GRE and everything without a tracker of its own; spec/tracking.md 6.1, 6.2, 6.4, 6.5. */
#include "track/table.h"

#define STREAM_AFTER_MS 2000    /* answered and still alive after that long: a stream, not a question */

/* RFC 768, RFC 3828. Less data than the header says is fine for neither; more is. */
static enum ph_reason check(const struct ph_track_config *config, const struct ph_track_io *io)
{
	const struct ph_pkt *pkt = io->pkt;
	struct ph_cur c = pkt->l4;
	uint16_t length;

	if (!pkt->l4_complete || !ph_cur_skip(&c, 4) || !ph_cur_u16(&c, &length))
		return PH_WHY_SHORT;
	if (pkt->l4_proto == PH_PROTO_UDPLITE && length == 0)
		length = 8;             /* all of it is covered */
	if (length < 8 || length > ph_cur_left(&pkt->l4))
		return PH_WHY_UDP_LENGTH;
	if (io->verify && config->checksum && !ph_pkt_checksum_ok(pkt))
		return PH_WHY_CHECKSUM;
	return PH_WHY_NONE;
}

static void set_assured(struct ph_conn *conn)
{
	if (conn->status & PH_CT_ASSURED)
		return;
	conn->status |= PH_CT_ASSURED;
	conn->pending |= PH_PENDING_ASSURED;
}

enum ph_l4_verdict ph_udp_packet(struct ph_track *t, struct ph_conn *conn, struct ph_track_io *io)
{
	const struct ph_track_config *config = t->config;
	bool stream;

	io->reason = check(config, io);
	if (io->reason != PH_WHY_NONE)
		return PH_L4_INVALID;
	if (!(conn->status & PH_CT_CONFIRMED))
		conn->l4.udp_stream_ms = io->now_ms + STREAM_AFTER_MS;
	stream = (conn->status & PH_CT_SEEN_REPLY) && io->now_ms > conn->l4.udp_stream_ms;
	ph_conn_refresh(t, conn, stream ? config->udp_timeout_stream : config->udp_timeout, io->now_ms);
	if (stream)
		set_assured(conn);
	return PH_L4_ACCEPT;
}

enum ph_l4_verdict ph_udplite_packet(struct ph_track *t, struct ph_conn *conn, struct ph_track_io *io)
{
	bool answered = conn->status & PH_CT_SEEN_REPLY;

	io->reason = check(t->config, io);
	if (io->reason != PH_WHY_NONE)
		return PH_L4_INVALID;
	ph_conn_refresh(t, conn, answered ? t->config->udp_timeout_stream : t->config->udp_timeout, io->now_ms);
	if (answered)
		set_assured(conn);
	return PH_L4_ACCEPT;
}

enum ph_l4_verdict ph_gre_packet(struct ph_track *t, struct ph_conn *conn, struct ph_track_io *io)
{
	if (!(conn->status & PH_CT_CONFIRMED)) {
		conn->l4.gre.timeout = t->config->gre_timeout;
		conn->l4.gre.stream_timeout = t->config->gre_timeout_stream;
	}
	if (!(conn->status & PH_CT_SEEN_REPLY)) {
		ph_conn_refresh(t, conn, conn->l4.gre.timeout, io->now_ms);
		return PH_L4_ACCEPT;
	}
	ph_conn_refresh(t, conn, conn->l4.gre.stream_timeout, io->now_ms);
	set_assured(conn);
	return PH_L4_ACCEPT;
}

enum ph_l4_verdict ph_generic_packet(struct ph_track *t, struct ph_conn *conn, struct ph_track_io *io)
{
	ph_conn_refresh(t, conn, t->config->generic_timeout, io->now_ms);
	return PH_L4_ACCEPT;
}
