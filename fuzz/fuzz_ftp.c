/* Feeds the ftp helper segments of both directions and holds every finding to the helper's contract.
 *
 * Input: one byte of settings (1: IPv6, 2: loose, 4: not established), then segments: a byte of direction (top bit) and
 * sequence step (0: right behind the last segment of that side), a byte of length, that many bytes. */
#include <stdlib.h>
#include <string.h>
#include "helper/ftp_grammar.h"
#include "helper/list.h"
#include "helper/registry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int ok)
{
	if (!ok)
		abort();
}

/* What is taken with numbers held to their range is taken alike when they wrap. */
static void compare_grammars(const struct ph_helper_in *in)
{
	struct ph_ftp_host ranged = { .addr = in->tuple[in->dir].src }, wrapped = ranged;

	if (ph_ftp_read(&ph_ftp_ranged, in->dir, in->family, in->payload, &ranged) != PH_FTP_HOST)
		return;
	check(ph_ftp_read(&ph_ftp_kernel, in->dir, in->family, in->payload, &wrapped) == PH_FTP_HOST);
	check(ph_addr_equal(&ranged.addr, &wrapped.addr) && ranged.port == wrapped.port && ranged.spot.at == wrapped.spot.at);
}

/* A copy that ends where its memory ends, so that the sanitizer sees one byte too many. */
static void segment(struct ph_helper_in *in, struct ph_cur payload)
{
	static struct ph_helper_out out;
	size_t len = ph_cur_left(&payload);
	uint8_t *copy = malloc(len ? len : 1);
	enum ph_help verdict;

	check(copy != NULL);
	memcpy(copy, payload.at, len);
	in->payload = ph_cur_of(copy, len);
	out.n = out.lost = 0;
	verdict = ph_helper_ftp.inspect(in, &out);
	check(verdict == PH_HELP_ACCEPT || verdict == PH_HELP_DROP);
	check(out.n <= 1 && out.lost == 0 && (verdict == PH_HELP_ACCEPT || out.n == 1));
	for (uint32_t i = 0; i < out.n; i++) {
		const struct ph_finding *f = &out.found[i];

		check(ph_contract_broken(&ph_helper_ftp, in, f) == NULL);
		check(f->at + f->len <= len && f->spot_at + f->spot_len <= f->at + f->len);
		check((f->kind == PH_FIND_EXPECT) == (f->refusal == PH_REFUSAL_NONE));
	}
	compare_grammars(in);
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_Alignas(8) uint8_t state[PH_HELPER_STATE] = { 0 };
	uint32_t next[PH_DIRS] = { 0xfffffff0, 0x7ffffff0 }, option[PH_HELPER_OPTIONS] = { 0 };
	struct ph_helper_in in = { .state = state, .option = option };
	struct ph_cur c = ph_cur_of(data, size), payload;
	struct ph_tuple *tuple = in.tuple;
	uint8_t settings, how, len;

	if (!ph_cur_u8(&c, &settings))
		return 0;
	in.family = settings & 1 ? PH_IPV6 : PH_IPV4;
	option[0] = settings >> 1 & 1;
	in.established = !(settings & 4);
	tuple[PH_ORIG] = (struct ph_tuple){
		.src = { { 10, 77, 1, 2 } }, .dst = { { 10, 77, 2, 2 } }, .sport = 40000, .dport = 21,
		.proto = PH_PROTO_TCP, .family = in.family,
	};
	check(ph_tuple_invert(&tuple[PH_ORIG], &tuple[PH_REPLY]));
	while (ph_cur_u8(&c, &how) && ph_cur_u8(&c, &len)) {
		if (!ph_cur_sub(&c, len, &payload) && !ph_cur_sub(&c, ph_cur_left(&c), &payload))
			break;
		in.dir = how & 0x80 ? PH_REPLY : PH_ORIG;
		in.seq = next[in.dir] + (uint32_t)(how & 0x7f);
		segment(&in, payload);
		next[in.dir] = in.seq + (uint32_t)ph_cur_left(&payload);
	}
	return 0;
}
