/* Answers to a broadcast; see broadcast.h. Source: spec of helpers, 8.1. */
#include "helper/broadcast.h"

enum ph_help ph_broadcast_inspect(const struct ph_helper_in *in, uint16_t port, struct ph_helper_out *out)
{
	const struct ph_helper_world *world = in->world;
	struct ph_finding *f;
	struct ph_addr net;

	if (in->dir != PH_ORIG || !world || !world->broadcast_net || !world->broadcast_net(world->arg, &net))
		return PH_HELP_ACCEPT;
	f = ph_out_add(out, PH_FIND_EXPECT);
	if (!f)
		return PH_HELP_ACCEPT;
	f->if_refused = PH_HELP_ACCEPT;
	f->want.flags = PH_EXPECT_PERMANENT;
	f->want.tuple.family = in->family;
	f->want.tuple.proto = PH_PROTO_UDP;
	f->want.tuple.src = in->tuple[PH_ORIG].dst;
	f->want.mask_src = net;
	f->want.tuple.sport = port;
	f->want.mask_sport = UINT16_MAX;
	f->want.tuple.dst = in->tuple[PH_REPLY].dst;
	f->want.tuple.dport = in->tuple[PH_REPLY].dport;
	f = ph_out_add(out, PH_FIND_MASTER_TIMEOUT);
	if (f)
		f->timeout_s = in->option[PH_BROADCAST_TIMEOUT];
	return PH_HELP_ACCEPT;
}

void ph_broadcast_limits(const uint32_t *option, struct ph_expect_policy policy[PH_EXPECT_CLASSES])
{
	policy[0] = (struct ph_expect_policy){ .max = 1, .timeout_s = option[PH_BROADCAST_TIMEOUT] };
}
