/* The timer wheel, beside an array that is searched from end to end.
 * link: -Wl,--wrap=calloc */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "base/wheel.h"

#define NODES 400u
#define DAY_MS (86400ull * 1000)

/* One owner of timers. deadline 0: the timer does not run. */
struct owner {
	struct ph_wheel *wheel;
	struct ph_wheel_node nodes[NODES];
	uint64_t deadline[NODES];
	uint32_t tick_ms;
	uint32_t order[NODES];          /* numbers in the order in which they ran out */
	uint64_t when[NODES];
	uint32_t n_order, n_calls;
	uint32_t remove_too;            /* taken out from within the next due(); NODES: none */
};

static bool refuse;

void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);

void *__wrap_calloc(size_t n, size_t size)
{
	return refuse ? NULL : __real_calloc(n, size);
}

static struct ph_wheel_node *node_of(void *arg, uint32_t number)
{
	struct owner *o = arg;

	assert_true(number < NODES);
	return &o->nodes[number];
}

static void due(void *arg, uint32_t number)
{
	struct owner *o = arg;

	o->n_calls++;
	assert_true(o->deadline[number] > 0);
	assert_int_equal(o->nodes[number].prev, PH_WHEEL_NONE);
	if (o->deadline[number] > ph_wheel_now_ms(o->wheel)) {
		ph_wheel_add(o->wheel, number, o->deadline[number]);
		return;
	}
	o->deadline[number] = 0;
	o->when[o->n_order] = ph_wheel_now_ms(o->wheel);
	o->order[o->n_order++] = number;
	if (o->remove_too < NODES) {
		ph_wheel_remove(o->wheel, o->remove_too);
		o->deadline[o->remove_too] = 0;
		o->remove_too = NODES;
	}
}

static void owner_init(struct owner *o, uint32_t tick_ms, uint64_t now_ms)
{
	memset(o, 0, sizeof(*o));
	o->tick_ms = tick_ms;
	o->remove_too = NODES;
	for (uint32_t i = 0; i < NODES; i++)
		ph_wheel_node_init(&o->nodes[i]);
	o->wheel = ph_wheel_new(tick_ms, now_ms, node_of, o);
	assert_non_null(o->wheel);
}

static void start(struct owner *o, uint32_t number, uint64_t at_ms)
{
	o->deadline[number] = at_ms;
	ph_wheel_add(o->wheel, number, at_ms);
}

static void advance(struct owner *o, uint64_t now_ms)
{
	o->n_order = 0;
	assert_true(ph_wheel_advance(o->wheel, now_ms, due, o, SIZE_MAX));
}

static void test_wheel_timer_runs_out_at_its_tick(void **state)
{
	static const uint64_t delays[] = { 1, 99, 100, 101, 25599, 25600, 25601, 1638400, 1700000, 104857600, DAY_MS * 5,
		                           DAY_MS * 365, 4294967295ull * 1000 };
	struct owner o;

	for (size_t i = 0; i < sizeof(delays) / sizeof(delays[0]); i++)
		for (uint64_t now = 0; now < 60000; now += 12345) {
			uint64_t at = now + delays[i], tick = (at + 99) / 100 * 100;

			owner_init(&o, 100, now);
			start(&o, 0, at);
			advance(&o, tick - 1);
			assert_int_equal(o.n_order, 0);
			advance(&o, tick);
			assert_int_equal(o.n_order, 1);
			assert_int_equal(o.when[0], tick);
			assert_true(o.n_calls <= 12);
			ph_wheel_free(o.wheel);
		}
}

static void test_wheel_time_past_is_next_tick(void **state)
{
	struct owner o;

	owner_init(&o, 1000, 50000);
	start(&o, 3, 1);
	advance(&o, 50999);
	assert_int_equal(o.n_order, 0);
	advance(&o, 51000);
	assert_int_equal(o.n_order, 1);
	ph_wheel_free(o.wheel);
}

static void test_wheel_time_going_back_is_ignored(void **state)
{
	struct owner o;

	owner_init(&o, 1000, 50000);
	start(&o, 3, 60000);
	advance(&o, 10000);
	assert_int_equal(ph_wheel_now_ms(o.wheel), 50000);
	advance(&o, 60000);
	assert_int_equal(o.n_order, 1);
	ph_wheel_free(o.wheel);
}

static void test_wheel_same_tick_in_order_of_filing(void **state)
{
	static const uint32_t numbers[] = { 7, 2, 9, 4 };
	struct owner o;

	owner_init(&o, 1000, 0);
	for (size_t i = 0; i < 4; i++)
		start(&o, numbers[i], 9500 + i);
	start(&o, 1, 9000);
	advance(&o, 100000);
	assert_int_equal(o.n_order, 5);
	assert_int_equal(o.order[0], 1);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(o.order[i + 1], numbers[i]);
	ph_wheel_free(o.wheel);
}

static void test_wheel_moved_deadline_comes_back(void **state)
{
	struct owner o;

	owner_init(&o, 1000, 0);
	start(&o, 0, 30000);
	o.deadline[0] = 600000;
	advance(&o, 599999);
	assert_int_equal(o.n_order, 0);
	advance(&o, 600000);
	assert_int_equal(o.n_order, 1);
	ph_wheel_free(o.wheel);
}

static void test_wheel_remove_from_within_due(void **state)
{
	struct owner o;

	owner_init(&o, 1000, 0);
	for (uint32_t i = 0; i < 3; i++)
		start(&o, i, 5000);
	o.remove_too = 1;
	advance(&o, 5000);
	assert_int_equal(o.n_order, 2);
	assert_int_equal(o.order[1], 2);
	ph_wheel_remove(o.wheel, 1);
	ph_wheel_free(o.wheel);
}

/* Calls are counted, not time: a thousand years are no more work than a second. */
static void test_wheel_jump_of_ages_is_little_work(void **state)
{
	struct owner o;

	owner_init(&o, 1, 0);
	start(&o, 0, 5);
	start(&o, 1, 1000ull * 365 * DAY_MS);
	advance(&o, 1000ull * 365 * DAY_MS - 1);
	assert_int_equal(o.n_order, 1);
	advance(&o, 5000ull * 365 * DAY_MS);
	assert_int_equal(o.n_order, 1);
	assert_true(o.n_calls < 16);
	start(&o, 2, UINT64_MAX);
	advance(&o, UINT64_MAX - 1);
	assert_int_equal(o.n_order, 0);
	ph_wheel_remove(o.wheel, 2);
	ph_wheel_free(o.wheel);
}

static void test_wheel_without_memory_is_null(void **state)
{
	refuse = true;
	assert_null(ph_wheel_new(1000, 0, node_of, NULL));
	refuse = false;
	ph_wheel_free(NULL);
}

/* A small generator, so that every machine sees the same run. */
static uint64_t next_random(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

static uint64_t tick_of(const struct owner *o, uint64_t at_ms)
{
	return at_ms / o->tick_ms + (at_ms % o->tick_ms != 0);
}

/* What the array says: all that ran by `now` and only those, in order of their ticks. */
static void check_advance(struct owner *o, const uint64_t *deadline, uint64_t now)
{
	uint32_t n_due = 0;

	for (uint32_t i = 0; i < NODES; i++) {
		bool is_due = deadline[i] && tick_of(o, deadline[i]) <= now / o->tick_ms;

		n_due += is_due;
		assert_int_equal(o->deadline[i], is_due ? 0 : deadline[i]);
	}
	assert_int_equal(o->n_order, n_due);
	for (uint32_t i = 0; i < n_due; i++) {
		assert_int_equal(o->when[i] / o->tick_ms, tick_of(o, deadline[o->order[i]]));
		assert_true(i == 0 || o->when[i - 1] <= o->when[i]);
	}
}

static void random_step(struct owner *o, uint64_t *seed, uint64_t *now)
{
	uint32_t number = (uint32_t)(next_random(seed) % NODES);
	uint64_t delay = next_random(seed) >> (20 + next_random(seed) % 44);
	uint64_t deadline[NODES];

	switch (next_random(seed) % 8) {
	case 0:
		memcpy(deadline, o->deadline, sizeof(deadline));
		*now += delay % (1 + (next_random(seed) >> (24 + next_random(seed) % 40)));
		advance(o, *now);
		check_advance(o, deadline, *now);
		return;
	case 1:
		ph_wheel_remove(o->wheel, number);
		o->deadline[number] = 0;
		return;
	case 2:
		if (o->deadline[number])
			o->deadline[number] += delay;
		return;
	default:
		/* A time past would run out at the next tick: that has its own test. */
		if (!o->deadline[number])
			start(o, number, *now + o->tick_ms + delay);
	}
}

static void test_wheel_random_steps_as_naive_array(void **state)
{
	static const uint32_t ticks[] = { 1, 7, 100, 1000 };

	for (uint64_t run = 0; run < 12; run++) {
		uint64_t seed = 0x9e3779b97f4a7c15ull + run, now = run * 1234567;
		struct owner o;

		owner_init(&o, ticks[run % 4], now);
		for (int i = 0; i < 20000; i++)
			random_step(&o, &seed, &now);
		ph_wheel_free(o.wheel);
	}
}

static void test_wheel_budget_leaves_the_rest_for_the_next_call(void **state)
{
	struct owner o;

	(void)state;
	owner_init(&o, 1000, 0);
	for (uint32_t i = 0; i < 10; i++)
		start(&o, i, 1000);
	o.n_order = 0;
	assert_false(ph_wheel_advance(o.wheel, 5000, due, &o, 4));
	assert_int_equal(o.n_order, 4);
	/* what is filed meanwhile is not lost */
	start(&o, 20, 3000);
	assert_false(ph_wheel_advance(o.wheel, 5000, due, &o, 6));
	assert_true(ph_wheel_advance(o.wheel, 5000, due, &o, 6));
	assert_int_equal(o.n_order, 11);
	ph_wheel_free(o.wheel);
}

/* Nodes of a higher level come down a few at a time; what lies ahead on a lower one, as there always is something in a busy table, must
 * not hide the others. */
static void test_wheel_budget_within_a_higher_level_loses_none(void **state)
{
	static const uint64_t first[] = { 300, 20000, 1100000 };        /* ticks that lie on levels 1, 2 and 3 */
	const uint32_t ahead = NODES - 1;
	struct owner o;

	(void)state;
	for (size_t level = 0; level < 3; level++) {
		owner_init(&o, 1000, 0);
		for (uint32_t i = 0; i < ahead; i++)
			start(&o, i, (first[level] + i % 7) * 1000);
		o.n_order = 0;
		for (uint64_t tick = first[level] - first[level] % 256; tick <= first[level] + 7; tick++) {
			ph_wheel_remove(o.wheel, ahead);
			start(&o, ahead, (tick + 9) * 1000);
			while (!ph_wheel_advance(o.wheel, tick * 1000, due, &o, 50))
				;
		}
		assert_int_equal(o.n_order, ahead);
		for (uint32_t i = 0; i < ahead; i++)
			assert_int_equal(o.when[i], (first[level] + o.order[i] % 7) * 1000);
		ph_wheel_free(o.wheel);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wheel_budget_within_a_higher_level_loses_none),
		cmocka_unit_test(test_wheel_timer_runs_out_at_its_tick),
		cmocka_unit_test(test_wheel_budget_leaves_the_rest_for_the_next_call),
		cmocka_unit_test(test_wheel_time_past_is_next_tick),
		cmocka_unit_test(test_wheel_time_going_back_is_ignored),
		cmocka_unit_test(test_wheel_same_tick_in_order_of_filing),
		cmocka_unit_test(test_wheel_moved_deadline_comes_back),
		cmocka_unit_test(test_wheel_remove_from_within_due),
		cmocka_unit_test(test_wheel_jump_of_ages_is_little_work),
		cmocka_unit_test(test_wheel_without_memory_is_null),
		cmocka_unit_test(test_wheel_random_steps_as_naive_array),
	};

	return cmocka_run_group_tests_name("base/wheel", tests, NULL, NULL);
}
