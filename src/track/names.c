/* Names and phrases for reasons and causes; see <pinhole/track.h>. */
#include <pinhole/track.h>

static const struct {
	const char *name, *text;
} reasons[PH_WHY_COUNT] = {
	[PH_WHY_NONE] = { "none", "no reason" },
	[PH_WHY_NO_L4] = { "no-l4", "no upper-layer header can be found" },
	[PH_WHY_SHORT] = { "short", "the upper-layer header is cut short" },
	[PH_WHY_CHECKSUM] = { "checksum", "wrong checksum" },
	[PH_WHY_TUPLE] = { "tuple", "no ports or identifiers can be read" },
	[PH_WHY_NO_INVERSE] = { "no-inverse", "a message that nobody answers cannot begin a connection" },
	[PH_WHY_ICMP_TYPE] = { "icmp-type", "unknown ICMP type" },
	[PH_WHY_ICMP_NEW] = { "icmp-new", "an ICMP message that cannot begin a connection" },
	[PH_WHY_ICMP_EMBEDDED] = { "icmp-embedded", "the packet that the ICMP error is about cannot be read" },
	[PH_WHY_ICMP_NO_CONN] = { "icmp-no-connection", "the ICMP error is about no known connection" },
	[PH_WHY_ICMP_DST] = { "icmp-destination", "the ICMP error is not sent to the one it concerns" },
	[PH_WHY_ICMP_REDIRECT] = { "icmp-redirect", "a redirect that no router on the link may have sent" },
	[PH_WHY_UDP_LENGTH] = { "udp-length", "the UDP length does not fit the packet" },
	[PH_WHY_TCP_OFFSET] = { "tcp-offset", "the TCP header length does not fit the packet" },
	[PH_WHY_TCP_FLAGS] = { "tcp-flags", "TCP flags that mean nothing together" },
	[PH_WHY_TCP_NEW] = { "tcp-new", "no TCP connection begins with this segment" },
	[PH_WHY_TCP_STATE] = { "tcp-state", "this segment has no place in the state of the connection" },
	[PH_WHY_TCP_SEQ_ABOVE] = { "tcp-sequence", "sequence number above the window" },
	[PH_WHY_TCP_ACK_ABOVE] = { "tcp-ack", "acknowledges data that was never seen" },
	[PH_WHY_TCP_RST] = { "tcp-reset", "a reset that lies below what was acknowledged" },
	[PH_WHY_TCP_IGNORED] = { "tcp-ignored", "passed without changing the connection" },
	[PH_WHY_TCP_OLD] = { "tcp-old", "outside the window, passed without changing the connection" },
	[PH_WHY_SCTP_CHUNKS] = { "sctp-chunks", "SCTP chunks that may not stand together, or none" },
	[PH_WHY_SCTP_NEW] = { "sctp-new", "no SCTP association begins with this packet" },
	[PH_WHY_SCTP_TAG] = { "sctp-tag", "wrong SCTP verification tag" },
	[PH_WHY_SCTP_STATE] = { "sctp-state", "this SCTP chunk has no place in the state of the association, or a wrong tag" },
	[PH_WHY_TABLE_FULL] = { "table-full", "the connection table is full" },
	[PH_WHY_CLASH] = { "clash", "another connection took the same tuple" },
	[PH_WHY_DYING] = { "dying", "the connection ended under way" },
	[PH_WHY_HELPER_PARTIAL] = { "helper-partial", "a command cut short or malformed" },
	[PH_WHY_HELPER_EXPECT] = { "helper-expectation", "the expectation it asked for was refused" },
	[PH_WHY_HELPER_CONTRACT] = { "helper-contract", "the helper asked for more than it declared" },
	[PH_WHY_HELPER_VERDICT] = { "helper-verdict", "the helper refused it" },
	[PH_WHY_RP_FILTER] = { "rp-filter", "rp_filter: the way back to its source is not where it came in" },
	[PH_WHY_LOCAL_SOURCE] = { "local-source", "its source is an address of the firewall itself, or a broadcast address" },
};

const char *ph_reason_name(enum ph_reason reason)
{
	return (unsigned)reason < PH_WHY_COUNT ? reasons[reason].name : "unknown";
}

const char *ph_reason_text(enum ph_reason reason)
{
	return (unsigned)reason < PH_WHY_COUNT ? reasons[reason].text : "unknown reason";
}

const char *ph_cause_text(enum ph_cause cause)
{
	switch (cause) {
	case PH_CAUSE_NONE: return "";
	case PH_CAUSE_USED: return "used";
	case PH_CAUSE_EXPIRED: return "time ran out";
	case PH_CAUSE_REPLACED: return "asked for again";
	case PH_CAUSE_EVICTED: return "made room for a newer one";
	case PH_CAUSE_MASTER_GONE: return "its control connection ended";
	case PH_CAUSE_REMOVED: return "taken back";
	case PH_CAUSE_CLOSED: return "reset or reopened";
	case PH_CAUSE_ADDRESS: return "the announced address is not the speaker's";
	case PH_CAUSE_CLASH: return "another connection expects the same";
	case PH_CAUSE_FULL: return "a table is full";
	case PH_CAUSE_CONTRACT: return "outside what the helper declares";
	case PH_CAUSE_PORT: return "a port that may not be opened";
	case PH_CAUSE_CALL: return "another call of this connection is known";
	case PH_CAUSE_COVERED: return "not needed, the other way was used";
	case PH_CAUSE_MALFORMED: return "cut short or malformed";
	}
	return "";
}
