/* A helper without an engine: one payload after the other, each held to the contract and to its own bytes; and every one cut
 * anywhere, its end against an unreadable page. */
#ifndef TEST_HELPER_ALONE_H
#define TEST_HELPER_ALONE_H

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include "helper/helper.h"
#include "support/support.h"

/* Payloads cut so far. */
static size_t cuts;

static inline bool no(void *arg, const struct ph_expect_want *want)
{
	(void)arg;
	(void)want;
	return false;
}

static inline bool not_same(void *arg, uint8_t family, const struct ph_addr *a, const struct ph_addr *b)
{
	(void)arg;
	return family == PH_IPV4 && ph_addr_equal(a, b);
}

static inline bool not_here(void *arg, uint8_t family, const struct ph_addr *addr)
{
	(void)arg;
	(void)addr;
	return family == 0;
}

struct alone {
	const struct ph_helper *helper;
	const uint32_t *option;
	struct ph_helper_in in;
	_Alignas(8) uint8_t state[PH_HELPER_STATE];
};

/* Cutting may change what a payload means, never what it may ask for. */
static inline void inspect_alone(struct alone *a, struct ph_cur payload, enum ph_dir dir)
{
	static const struct ph_helper_world world = {
		.held_elsewhere = no, .held_here = no, .same_side = not_same, .leaves_here = not_here,
	};
	static struct ph_helper_out out;

	a->in.payload = payload;
	a->in.dir = dir;
	a->in.state = a->state;
	a->in.option = a->option;
	a->in.world = &world;
	out.n = out.lost = 0;
	(void)a->helper->inspect(&a->in, &out);
	for (uint32_t i = 0; i < out.n; i++) {
		const struct ph_finding *f = &out.found[i];

		assert_null(ph_contract_broken(a->helper, &a->in, f));
		assert_true(f->at + f->len <= ph_cur_left(&payload) && f->spot_at + f->spot_len <= ph_cur_left(&payload));
		assert_true(f->call_at + f->call_len <= ph_cur_left(&payload));
		if (f->kind == PH_FIND_STATE)
			memcpy(a->state + f->word * 4, &f->value, 4);
	}
	assert_int_equal(out.lost, 0);
}

static inline void visit_cut(void *arg, uint8_t *copy, size_t len)
{
	for (int dir = 0; dir < PH_DIRS; dir++) {
		struct alone again = *(struct alone *)arg;

		inspect_alone(&again, ph_cur_of(copy, len), (enum ph_dir)dir);
	}
	cuts++;
}

#endif
