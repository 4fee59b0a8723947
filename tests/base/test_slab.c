/* Records of one size: each slot once, zeroed, in the order they came back.
 * link: -Wl,--wrap=calloc */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "base/slab.h"

static bool refuse;

void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);

void *__wrap_calloc(size_t n, size_t size)
{
	return refuse ? NULL : __real_calloc(n, size);
}

static bool is_zero(const uint8_t *at, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (at[i] != 0)
			return false;
	return true;
}

static void test_slab_full_is_refused_until_one_comes_back(void **state)
{
	struct ph_slab slab;

	assert_true(ph_slab_init(&slab, 12, 3));
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(ph_slab_take(&slab), i);
	assert_int_equal(slab.used, 3);
	assert_int_equal(ph_slab_take(&slab), PH_SLAB_NONE);
	ph_slab_give(&slab, 1);
	assert_int_equal(slab.used, 2);
	assert_int_equal(ph_slab_take(&slab), 1);
	assert_int_equal(ph_slab_take(&slab), PH_SLAB_NONE);
	ph_slab_fini(&slab);
}

static void test_slab_of_none_is_always_full(void **state)
{
	struct ph_slab slab;

	assert_true(ph_slab_init(&slab, 8, 0));
	assert_int_equal(ph_slab_take(&slab), PH_SLAB_NONE);
	ph_slab_fini(&slab);
}

static void test_slab_without_memory_is_refused(void **state)
{
	struct ph_slab slab;

	refuse = true;
	assert_false(ph_slab_init(&slab, 8, 8));
	refuse = false;
	ph_slab_fini(&slab);
}

/* Taken slots are marked all over; a slot handed out twice, or not zeroed, would show. */
static void test_slab_random_steps_as_naive_array(void **state)
{
	enum { SLOTS = 50, SIZE = 20 };
	bool taken[SLOTS] = { false };
	uint64_t seed = 88172645463325252ull;
	struct ph_slab slab;
	uint32_t n = 0;

	assert_true(ph_slab_init(&slab, SIZE, SLOTS));
	for (int i = 0; i < 20000; i++) {
		uint32_t slot = (uint32_t)(seed % SLOTS);

		seed ^= seed << 13;
		seed ^= seed >> 7;
		seed ^= seed << 17;
		if (taken[slot] && seed % 2) {
			ph_slab_give(&slab, slot);
			taken[slot] = false;
			n--;
			continue;
		}
		slot = ph_slab_take(&slab);
		assert_int_equal(slot == PH_SLAB_NONE, n == SLOTS);
		if (slot == PH_SLAB_NONE)
			continue;
		assert_false(taken[slot]);
		assert_true(is_zero(ph_slab_at(&slab, slot), SIZE));
		memset(ph_slab_at(&slab, slot), 0xff, SIZE);
		taken[slot] = true;
		n++;
		assert_int_equal(slab.used, n);
	}
	ph_slab_fini(&slab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_slab_full_is_refused_until_one_comes_back),
		cmocka_unit_test(test_slab_of_none_is_always_full),
		cmocka_unit_test(test_slab_without_memory_is_refused),
		cmocka_unit_test(test_slab_random_steps_as_naive_array),
	};

	return cmocka_run_group_tests_name("base/slab", tests, NULL, NULL);
}
