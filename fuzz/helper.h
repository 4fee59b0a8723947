/* Feeds a helper packets of both directions and holds every finding to its contract. For the targets of single helpers.
 *
 * Input: one byte of settings (1: IPv6 where the helper has it, 2: a broadcast of this host, 4: not established), then
 * packets: a byte of direction (top bit) and the high bits of the length, a byte of length, that many bytes. */
#ifndef FUZZ_HELPER_H
#define FUZZ_HELPER_H

#include <stdlib.h>
#include <string.h>
#include "helper/list.h"
#include "helper/registry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void check(int ok)
{
	if (!ok)
		abort();
}

static inline bool fuzz_broadcast_net(void *arg, struct ph_addr *mask)
{
	const bool *is_broadcast = arg;

	*mask = (struct ph_addr){ { 255, 255, 255, 0 } };
	return *is_broadcast;
}

static inline void check_findings(const struct ph_helper *helper, const struct ph_helper_in *in,
                                  const struct ph_helper_out *out)
{
	size_t len = ph_cur_left(&in->payload);

	check(out->n <= 8 && out->lost == 0);
	for (uint32_t i = 0; i < out->n; i++) {
		const struct ph_finding *f = &out->found[i];

		check(ph_contract_broken(helper, in, f) == NULL);
		check(f->at + f->len <= len && f->spot_at + f->spot_len <= len);
		check(f->kind != PH_FIND_EXPECT || f->want.tuple.dport != 0 || helper == &ph_helper_sane);
		check((f->kind == PH_FIND_REFUSED) == (f->refusal != PH_REFUSAL_NONE));
	}
}

/* A copy that ends where its memory ends, so that the sanitizer sees one byte too many. The same packet in the same state
 * must give the same again. */
static inline void packet(const struct ph_helper *helper, struct ph_helper_in *in, struct ph_cur payload)
{
	static struct ph_helper_out out, again;
	uint8_t before[PH_HELPER_STATE], after[PH_HELPER_STATE];
	size_t len = ph_cur_left(&payload);
	uint8_t *copy = malloc(len ? len : 1);

	check(copy != NULL);
	memcpy(copy, payload.at, len);
	memcpy(before, in->state, sizeof(before));
	in->payload = ph_cur_of(copy, len);
	out.n = out.lost = again.n = again.lost = 0;
	check(helper->inspect(in, &out) == PH_HELP_ACCEPT);
	check_findings(helper, in, &out);
	memcpy(after, in->state, sizeof(after));
	memcpy(in->state, before, sizeof(before));
	check(helper->inspect(in, &again) == PH_HELP_ACCEPT);
	check(again.n == out.n && memcmp(after, in->state, sizeof(after)) == 0);
	for (uint32_t i = 0; i < out.n; i++)
		check(again.found[i].kind == out.found[i].kind &&
		      again.found[i].want.tuple.dport == out.found[i].want.tuple.dport);
	free(copy);
}

static inline void fuzz_helper(const struct ph_helper *helper, const uint8_t *data, size_t size)
{
	_Alignas(8) uint8_t state[PH_HELPER_STATE] = { 0 };
	uint32_t option[PH_HELPER_OPTIONS] = { 8, 300 };
	bool is_broadcast;
	const struct ph_helper_world world = { .arg = &is_broadcast, .broadcast_net = fuzz_broadcast_net };
	struct ph_helper_in in = { .state = state, .option = option, .world = &world, .helper = ph_helper_number(helper) };
	struct ph_cur c = ph_cur_of(data, size), payload;
	struct ph_tuple *tuple = in.tuple;
	uint8_t settings, high, low;

	if (!ph_cur_u8(&c, &settings))
		return;
	in.family = settings & 1 && helper->families & 2 ? PH_IPV6 : PH_IPV4;
	is_broadcast = settings & 2;
	in.established = !(settings & 4);
	tuple[PH_ORIG] = (struct ph_tuple){
		.src = { { 10, 77, 1, 2 } }, .dst = { { 10, 77, 2, 2 } }, .sport = 40000, .dport = helper->port,
		.proto = helper->protos & PH_CONTRACT_TCP ? PH_PROTO_TCP : PH_PROTO_UDP, .family = in.family,
	};
	check(ph_tuple_invert(&tuple[PH_ORIG], &tuple[PH_REPLY]));
	while (ph_cur_u8(&c, &high) && ph_cur_u8(&c, &low)) {
		size_t len = (size_t)(high & 0x7f) << 8 | low;

		if (!ph_cur_sub(&c, len, &payload) && !ph_cur_sub(&c, ph_cur_left(&c), &payload))
			break;
		in.dir = high & 0x80 ? PH_REPLY : PH_ORIG;
		packet(helper, &in, payload);
	}
}

#endif
