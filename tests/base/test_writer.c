/* Text into a buffer of fixed size. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "base/writer.h"
#include "support/support.h"

static void put_all(struct ph_writer *w)
{
	ph_put_char(w, 'a');
	ph_put_text(w, "bcd");
	ph_put_bytes(w, "efgh", 2);
	ph_put_format(w, "%s%d", "g", 12);
	ph_put_text(w, "");
}

/* At every size: what fits is there and terminated, `cut` says whether that is all, nothing is written behind. */
static void test_writer_each_size_cuts_and_terminates(void **state)
{
	static const char all[] = "abcdefg12";

	for (size_t size = 1; size <= sizeof(all) + 1; size++) {
		char *buffer = (char *)guarded("xxxxxxxxxxxxxxxx", size);
		struct ph_writer w;
		size_t want = size - 1 < strlen(all) ? size - 1 : strlen(all);

		ph_writer_init(&w, buffer, size);
		put_all(&w);
		assert_int_equal(w.len, want);
		assert_memory_equal(buffer, all, want);
		assert_int_equal(buffer[want], '\0');
		assert_int_equal(w.cut, want < strlen(all));
		guarded_free((uint8_t *)buffer, size);
	}
}

static void test_writer_new_is_empty_text(void **state)
{
	char buffer[4] = "xyz";
	struct ph_writer w;

	ph_writer_init(&w, buffer, sizeof(buffer));
	assert_string_equal(buffer, "");
	assert_int_equal(w.len, 0);
	assert_false(w.cut);
}

static void test_writer_after_a_cut_stays_cut(void **state)
{
	char buffer[4];
	struct ph_writer w;

	ph_writer_init(&w, buffer, sizeof(buffer));
	ph_put_format(&w, "%d", 12345);
	ph_put_text(&w, "6");
	ph_put_char(&w, '7');
	ph_put_format(&w, "%s", "8");
	assert_string_equal(buffer, "123");
	assert_true(w.cut);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_writer_each_size_cuts_and_terminates),
		cmocka_unit_test(test_writer_new_is_empty_text),
		cmocka_unit_test(test_writer_after_a_cut_stays_cut),
	};

	return cmocka_run_group_tests_name("base/writer", tests, NULL, NULL);
}
