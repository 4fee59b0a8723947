/* Feeds a helper packets of both directions and holds every finding to its contract. For the targets of single helpers.
 *
 * Input: one byte of settings (1: IPv6 where the helper has it, 2: a broadcast of this host, 4: not established, 8: every other
 * question is answered yes, 16, 32, 64: the first, second, third option that is a switch is the other way round, 128: TCP where
 * the helper has both), then packets: a byte of direction (top bit) and the high bits of the length, a byte of length, that many
 * bytes. */
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

/* What the engine would answer. */
struct fuzz_world {
	bool is_broadcast, yes;
};

static inline bool fuzz_broadcast_net(void *arg, struct ph_addr *mask)
{
	const struct fuzz_world *world = arg;

	*mask = (struct ph_addr){ { 255, 255, 255, 0 } };
	return world->is_broadcast;
}

static inline bool fuzz_held(void *arg, const struct ph_expect_want *want)
{
	const struct fuzz_world *world = arg;

	check(want->class_ < PH_EXPECT_CLASSES);
	return world->yes;
}

static inline bool fuzz_same_side(void *arg, uint8_t family, const struct ph_addr *a, const struct ph_addr *b)
{
	const struct fuzz_world *world = arg;

	return world->yes && (family == PH_IPV6 || !ph_addr_equal(a, b));
}

static inline bool fuzz_leaves_here(void *arg, uint8_t family, const struct ph_addr *addr)
{
	const struct fuzz_world *world = arg;

	return world->yes && (family == PH_IPV6 || addr->b[3] & 1);
}

/* The defaults, with the switches that the settings turn round. */
static inline void fuzz_options(const struct ph_helper *helper, uint8_t settings, uint32_t option[PH_HELPER_OPTIONS])
{
	uint8_t bit = 16;

	for (size_t i = 0; helper->option && helper->option[i].name; i++) {
		option[i] = helper->option[i].value;
		if (helper->option[i].max != 1)
			continue;
		option[i] ^= (settings & bit) != 0;
		bit = (uint8_t)(bit << 1 & 0x7f);
	}
}

static inline void check_findings(const struct ph_helper *helper, const struct ph_helper_in *in,
                                  const struct ph_helper_out *out)
{
	size_t len = ph_cur_left(&in->payload);

	check(out->n <= PH_FINDINGS);
	for (uint32_t i = 0; i < out->n; i++) {
		const struct ph_finding *f = &out->found[i];

		check(ph_contract_broken(helper, in, f) == NULL);
		check(f->at + f->len <= len && f->spot_at + f->spot_len <= len);
		check(f->call_at + f->call_len <= len);
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
	enum ph_help verdict;

	check(copy != NULL);
	memcpy(copy, payload.at, len);
	memcpy(before, in->state, sizeof(before));
	in->payload = ph_cur_of(copy, len);
	out.n = out.lost = again.n = again.lost = 0;
	verdict = helper->inspect(in, &out);
	check(verdict == PH_HELP_ACCEPT || verdict == PH_HELP_DROP);
	check_findings(helper, in, &out);
	memcpy(after, in->state, sizeof(after));
	memcpy(in->state, before, sizeof(before));
	check(helper->inspect(in, &again) == verdict);
	check(again.n == out.n && memcmp(after, in->state, sizeof(after)) == 0);
	for (uint32_t i = 0; i < out.n; i++)
		check(again.found[i].kind == out.found[i].kind &&
		      again.found[i].want.tuple.dport == out.found[i].want.tuple.dport);
	/* As the engine does when nothing is refused. */
	for (uint32_t i = 0; i < out.n; i++)
		if (out.found[i].kind == PH_FIND_STATE)
			memcpy((uint8_t *)in->state + out.found[i].word * sizeof(uint32_t), &out.found[i].value, sizeof(uint32_t));
	free(copy);
}

/* The connection ends: only calls are torn down, and within the contract. */
static inline void end_of(const struct ph_helper *helper, struct ph_helper_in *in)
{
	static struct ph_helper_out out;

	if (!helper->ended)
		return;
	in->payload = ph_cur_of("", 0);
	in->world = NULL;
	out.n = out.lost = 0;
	helper->ended(in, &out);
	check_findings(helper, in, &out);
	for (uint32_t i = 0; i < out.n; i++)
		check(out.found[i].kind == PH_FIND_TEARDOWN);
}

static inline void fuzz_helper(const struct ph_helper *helper, const uint8_t *data, size_t size)
{
	_Alignas(8) uint8_t state[PH_HELPER_STATE] = { 0 };
	uint32_t option[PH_HELPER_OPTIONS] = { 0 };
	struct fuzz_world answers;
	const struct ph_helper_world world = {
		.arg = &answers, .broadcast_net = fuzz_broadcast_net, .held_elsewhere = fuzz_held, .held_here = fuzz_held,
		.same_side = fuzz_same_side, .leaves_here = fuzz_leaves_here,
	};
	struct ph_helper_in in = { .state = state, .option = option, .world = &world, .helper = ph_helper_number(helper) };
	struct ph_cur c = ph_cur_of(data, size), payload;
	struct ph_tuple *tuple = in.tuple;
	uint8_t settings, high, low;

	if (!ph_cur_u8(&c, &settings))
		return;
	in.family = settings & 1 && helper->families & 2 ? PH_IPV6 : PH_IPV4;
	answers = (struct fuzz_world){ .is_broadcast = settings & 2, .yes = settings & 8 };
	in.established = !(settings & 4);
	fuzz_options(helper, settings, option);
	tuple[PH_ORIG] = (struct ph_tuple){
		.src = { { 10, 77, 1, 2 } }, .dst = { { 10, 77, 2, 2 } }, .sport = 40000, .dport = helper->port,
		.proto = helper->protos & PH_CONTRACT_TCP ? PH_PROTO_TCP : PH_PROTO_UDP, .family = in.family,
	};
	if (helper->protos & PH_CONTRACT_UDP && !(settings & 128))
		tuple[PH_ORIG].proto = PH_PROTO_UDP;
	check(ph_tuple_invert(&tuple[PH_ORIG], &tuple[PH_REPLY]));
	while (ph_cur_u8(&c, &high) && ph_cur_u8(&c, &low)) {
		size_t len = (size_t)(high & 0x7f) << 8 | low;

		if (!ph_cur_sub(&c, len, &payload) && !ph_cur_sub(&c, ph_cur_left(&c), &payload))
			break;
		in.dir = high & 0x80 ? PH_REPLY : PH_ORIG;
		packet(helper, &in, payload);
	}
	end_of(helper, &in);
}

#endif
