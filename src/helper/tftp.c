/* tftp: the server answers a request from a port of its own choosing to the port that asked (RFC 1350 4). Followed is Linux
 * 6.18, which reads the opcode and nothing else, in both directions. */
#include "helper/helper.h"
#include "helper/list.h"

enum { TFTP_RRQ = 1, TFTP_WRQ = 2 };

/* The name of the file, which people recognise. It ends in a zero byte or with the packet. */
static uint32_t name_len(struct ph_cur name)
{
	uint32_t len = (uint32_t)ph_cur_left(&name);

	return ph_cur_find(&name, '\0') ? len - (uint32_t)ph_cur_left(&name) : len;
}

static enum ph_help tftp_inspect(const struct ph_helper_in *in, struct ph_helper_out *out)
{
	const struct ph_tuple *answer = &in->tuple[PH_REPLY];
	struct ph_cur c = in->payload;
	struct ph_finding *f;
	uint16_t opcode;

	if (!ph_cur_u16(&c, &opcode) || (opcode != TFTP_RRQ && opcode != TFTP_WRQ))
		return PH_HELP_ACCEPT;
	f = ph_out_add(out, PH_FIND_EXPECT);
	if (!f)
		return PH_HELP_DROP;
	f->if_refused = PH_HELP_DROP;
	f->at = sizeof(opcode);
	f->len = name_len(c);
	f->want.tuple.family = in->family;
	f->want.tuple.proto = PH_PROTO_UDP;
	f->want.tuple.dst = answer->dst;
	f->want.tuple.dport = answer->dport;
	ph_want_from(&f->want, in->family, &answer->src);
	return PH_HELP_ACCEPT;
}

static const struct ph_contract tftp_contract[] = {
	{ .src = PH_MAY_PEER, .sport = PH_MAY_ANY, .dst = PH_MAY_PEER, .dport = PH_MAY_FIXED, .protos = PH_CONTRACT_UDP },
	{ .ends = true },
};

const struct ph_helper ph_helper_tftp = {
	.name = "tftp", .module = "nf_conntrack_tftp", .what = "TFTP (RFC 1350)",
	.families = 3, .protos = PH_CONTRACT_UDP, .port = 69, .has_ports = true,
	.acts = PH_ACTS(PH_FIND_EXPECT), .policy = { { 1, 300 } },
	.contract = tftp_contract, .inspect = tftp_inspect,
};
