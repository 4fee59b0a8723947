/* ICMP and ICMPv6: queries are connections, errors belong to the connection they report about; spec/tracking.md 1.7, 1.8, 6.3. */
#include "track/table.h"

#define ICMP_TYPE_MAX 18
#define ICMPV6_QUERY_MIN 128    /* below are the errors */
enum { ND_REDIRECT = 137, ND_OPT_REDIRECTED = 4, ND_REDIRECT_HEADER = 40, ND_OPT_TO_PACKET = 8 };

/* RFC 2710, RFC 4861, RFC 3810, RFC 4286: talk of the link, not of flows. */
static bool is_link_talk(uint8_t type)
{
	return (type >= 130 && type <= 136) || type == 143 || type == 151 || type == 152;
}

/* RFC 792: unreachable, source quench, redirect, time exceeded, parameter problem. */
static bool is_error_v4(uint8_t type)
{
	return (type >= 3 && type <= 5) || type == 11 || type == 12;
}

static enum ph_icmp_kind invalid(struct ph_track_io *io, enum ph_reason why)
{
	io->conn = NULL;
	io->state = PH_STATE_INVALID;
	io->reason = why;
	return PH_ICMP_SETTLED;
}

/* Attaches the error to the connection whose packet it carries, behind `at`. */
static enum ph_icmp_kind relate(struct ph_track *t, struct ph_track_io *io, struct ph_cur at)
{
	const uint16_t zone[PH_DIRS] = { ph_track_io_zone(io, PH_ORIG), ph_track_io_zone(io, PH_REPLY) };
	struct ph_tuple inner, back, found;
	enum ph_reason why;
	struct ph_pkt pkt;
	struct ph_conn *conn;
	enum ph_dir dir;

	if (!ph_pkt_parse_quoted(io->pkt->family, at.at, (uint32_t)ph_cur_left(&at), &pkt) || !ph_tuple_from_packet(t, &pkt, &inner, &why) ||
	    !ph_tuple_invert(&inner, &back))
		return invalid(io, PH_WHY_ICMP_EMBEDDED);
	conn = ph_conn_lookup(t, &back, zone, &dir);
	if (!conn)
		return invalid(io, PH_WHY_ICMP_NO_CONN);
	/* It must be sent to the side whose packet it is about, or it rides on a stranger's connection. */
	ph_conn_tuple(conn, dir, &found);
	if (!ph_addr_equal(&found.dst, &io->pkt->dst))
		return invalid(io, PH_WHY_ICMP_DST);
	ph_conn_hold(conn);
	io->conn = conn;
	io->dir = dir;
	io->state = PH_STATE_RELATED;
	io->icmp_error = true;
	return PH_ICMP_SETTLED;
}

static enum ph_icmp_kind early_v4(struct ph_track *t, struct ph_track_io *io)
{
	struct ph_cur at = io->pkt->l4;

	if (io->pkt->icmp_type > ICMP_TYPE_MAX)
		return invalid(io, PH_WHY_ICMP_TYPE);
	if (!is_error_v4(io->pkt->icmp_type))
		return PH_ICMP_PLAIN;
	if (!ph_cur_skip(&at, 8))
		return invalid(io, PH_WHY_SHORT);
	return relate(t, io, at);
}

/* RFC 4861 8.1: a redirect counts only from a router on the link, and says something only with the packet it is about. */
static enum ph_icmp_kind redirect(struct ph_track *t, struct ph_track_io *io)
{
	struct ph_cur at = io->pkt->l4;
	uint8_t type, length;
	bool link_local = io->pkt->src.b[0] == 0xfe && (io->pkt->src.b[1] & 0xc0) == 0x80;

	if (io->pkt->ttl != 255 || !link_local || !ph_cur_skip(&at, ND_REDIRECT_HEADER) || !ph_cur_u8(&at, &type) ||
	    !ph_cur_u8(&at, &length) || length == 0)
		return invalid(io, PH_WHY_ICMP_REDIRECT);
	if (type != ND_OPT_REDIRECTED)
		return PH_ICMP_PLAIN;
	if (!ph_cur_skip(&at, ND_OPT_TO_PACKET - 2))
		return invalid(io, PH_WHY_ICMP_REDIRECT);
	return relate(t, io, at);
}

static enum ph_icmp_kind early_v6(struct ph_track *t, struct ph_track_io *io)
{
	struct ph_cur at = io->pkt->l4;
	uint8_t type = io->pkt->icmp_type;

	if (is_link_talk(type)) {
		io->conn = NULL;
		io->state = PH_STATE_UNTRACKED;
		return PH_ICMP_SETTLED;
	}
	if (type == ND_REDIRECT && io->pkt->icmp_code == 0)
		return redirect(t, io);
	if (type >= ICMPV6_QUERY_MIN)
		return PH_ICMP_PLAIN;
	if (!ph_cur_skip(&at, 8))
		return invalid(io, PH_WHY_SHORT);
	return relate(t, io, at);
}

enum ph_icmp_kind ph_icmp_early(struct ph_track *t, struct ph_track_io *io)
{
	const struct ph_pkt *pkt = io->pkt;

	if (!pkt->l4_complete)
		return invalid(io, PH_WHY_SHORT);
	if (io->verify && t->config->checksum && !ph_pkt_checksum_ok(pkt))
		return invalid(io, PH_WHY_CHECKSUM);
	return pkt->l4_proto == PH_PROTO_ICMP ? early_v4(t, io) : early_v6(t, io);
}

/* Only a question may begin a connection. */
static bool may_begin(uint8_t proto, uint8_t type)
{
	if (proto == PH_PROTO_ICMP)
		return type == 8 || type == 13 || type == 15 || type == 17;
	return type == 128 || type == 139;
}

enum ph_l4_verdict ph_icmp_packet(struct ph_track *t, struct ph_conn *conn, struct ph_track_io *io)
{
	bool v4 = io->pkt->l4_proto == PH_PROTO_ICMP;

	/* ICMP inside IPv6 and the reverse have no meaning. */
	if (v4 != (io->pkt->family == PH_IPV4) ||
	    (!(conn->status & PH_CT_CONFIRMED) && !may_begin(io->pkt->l4_proto, io->pkt->icmp_type))) {
		io->reason = PH_WHY_ICMP_NEW;
		return PH_L4_INVALID;
	}
	ph_conn_refresh(t, conn, v4 ? t->config->icmp_timeout : t->config->icmpv6_timeout, io->now_ms);
	return PH_L4_ACCEPT;
}
