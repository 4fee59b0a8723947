/* Tuples and the names of what tracking shows; see <pinhole/track.h> and tuple.h. */
#include "track/tuple.h"
#include "base/writer.h"

/* The ICMP types that are asked and answered; spec/tracking.md 2.2. */
static const struct {
	uint8_t proto, request, answer;
} icmp_pairs[] = {
	{ PH_PROTO_ICMP, 8, 0 }, { PH_PROTO_ICMP, 13, 14 }, { PH_PROTO_ICMP, 15, 16 }, { PH_PROTO_ICMP, 17, 18 },
	{ PH_PROTO_ICMPV6, 128, 129 }, { PH_PROTO_ICMPV6, 139, 140 },
};

static bool icmp_invert(uint8_t proto, uint16_t type_code, uint16_t *out)
{
	uint8_t type = (uint8_t)(type_code >> 8);

	for (size_t i = 0; i < sizeof(icmp_pairs) / sizeof(icmp_pairs[0]); i++) {
		if (icmp_pairs[i].proto != proto)
			continue;
		if (icmp_pairs[i].request == type || icmp_pairs[i].answer == type) {
			uint8_t other = (uint8_t)(icmp_pairs[i].request ^ icmp_pairs[i].answer ^ type);

			*out = (uint16_t)(other << 8 | (type_code & 0xff));
			return true;
		}
	}
	return false;
}

bool ph_tuple_invert(const struct ph_tuple *in, struct ph_tuple *out)
{
	uint16_t type_code = 0;
	bool icmp = in->proto == PH_PROTO_ICMP || in->proto == PH_PROTO_ICMPV6;

	if (icmp && !icmp_invert(in->proto, in->dport, &type_code))
		return false;
	out->src = in->dst;
	out->dst = in->src;
	out->sport = icmp ? in->sport : in->dport;
	out->dport = icmp ? type_code : in->sport;
	out->proto = in->proto;
	out->family = in->family;
	return true;
}

const char *ph_state_name(enum ph_state state)
{
	switch (state) {
	case PH_STATE_NONE: return NULL;
	case PH_STATE_NEW: return "NEW";
	case PH_STATE_ESTABLISHED: return "ESTABLISHED";
	case PH_STATE_RELATED: return "RELATED";
	case PH_STATE_INVALID: return "INVALID";
	case PH_STATE_UNTRACKED: return "UNTRACKED";
	}
	return NULL;
}

static const struct {
	uint32_t bit;
	const char *name;
} status_names[] = {
	{ PH_CT_EXPECTED, "EXPECTED" }, { PH_CT_SEEN_REPLY, "SEEN_REPLY" }, { PH_CT_ASSURED, "ASSURED" },
	{ PH_CT_CONFIRMED, "CONFIRMED" }, { PH_CT_SRC_NAT, "SRC_NAT" }, { PH_CT_DST_NAT, "DST_NAT" },
	{ PH_CT_SEQ_ADJUST, "SEQ_ADJUST" }, { PH_CT_SRC_NAT_DONE, "SRC_NAT_DONE" },
	{ PH_CT_DST_NAT_DONE, "DST_NAT_DONE" }, { PH_CT_DYING, "DYING" }, { PH_CT_FIXED_TIMEOUT, "FIXED_TIMEOUT" },
	{ PH_CT_HELPER, "HELPER" },
};

const char *ph_conn_status_format(char out[PH_STATUS_TEXT], uint32_t status)
{
	struct ph_writer w;

	ph_writer_init(&w, out, PH_STATUS_TEXT);
	for (size_t i = 0; i < sizeof(status_names) / sizeof(status_names[0]); i++) {
		if (!(status & status_names[i].bit))
			continue;
		if (w.len > 0)
			ph_put_char(&w, '|');
		ph_put_text(&w, status_names[i].name);
	}
	return out;
}
