/* Making the room with each allocation refused in turn: no room, and nothing leaks; once made it asks for no more.
 * link: -Wl,--wrap=calloc -Wl,--wrap=malloc -Wl,--wrap=realloc */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include <string.h>

#include "defrag/defrag.h"
#include "support/refuse.h"

static const struct ph_defrag_config config = { .limits = { { 30, 65536 }, { 60, 65536 } }, .max_distance = 64 };

static void test_defrag_new_refused_memory_is_null(void **state)
{
	struct ph_defrag *defrag = NULL;

	(void)state;
	for (refuse_at = 0; !defrag; refuse_at++) {
		allocations = 0;
		defrag = ph_defrag_new(&config);
		assert_true(refuse_at < 20);
	}
	assert_true(refuse_at > 6);     /* the room, blocks and buckets of two stores, two of sources */
	refuse_at = -1;
	ph_defrag_free(defrag);
}

static void test_defrag_put_allocates_nothing(void **state)
{
	static uint8_t ip[60] = { 0x45, 0, 0, 60, 0, 0, 0x20, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2 };
	struct ph_defrag *defrag;
	struct ph_datagram whole;
	struct ph_pkt pkt;

	(void)state;
	defrag = ph_defrag_new(&config);
	assert_non_null(defrag);
	allocations = 0;
	for (unsigned i = 0; i < 20000; i++) {
		const struct ph_defrag_place place = { .now_ms = i * 3 };
		uint16_t sum;

		/* Two of three datagrams get their end; sources and identifications change. */
		ip[4] = (uint8_t)(i / 512);
		ip[5] = (uint8_t)(i / 2);
		ip[13] = (uint8_t)(i / 6);
		ip[6] = i % 2 && i % 3 ? 0 : 0x20;
		ip[7] = i % 2 ? 5 : 0;
		ip[10] = ip[11] = 0;
		sum = ph_sum_fold(ph_sum_add(0, ip, 20));
		ip[10] = (uint8_t)(sum >> 8);
		ip[11] = (uint8_t)sum;
		assert_int_equal(ph_pkt_parse(ip, sizeof(ip), &pkt), PH_PKT_OK);
		(void)!ph_defrag_put(defrag, &pkt, &place, &whole);
	}
	assert_int_equal(allocations, 0);
	ph_defrag_free(defrag);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defrag_new_refused_memory_is_null),
		cmocka_unit_test(test_defrag_put_allocates_nothing),
	};

	return cmocka_run_group_tests_name("defrag memory", tests, NULL, NULL);
}
