/* The collector of diagnostics, status words, the version; also when memory is refused.
 * link: -Wl,--wrap=realloc -Wl,--wrap=calloc */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include <pinhole/base.h>

static bool refuse;

void *__real_realloc(void *old, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);

void *__wrap_realloc(void *old, size_t size)
{
	return refuse ? NULL : __real_realloc(old, size);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return refuse ? NULL : __real_calloc(n, size);
}

static void test_diag_kept_in_order_with_copies(void **state)
{
	struct ph_diags *diags = ph_diags_new();
	char file[] = "rules.v4";

	assert_non_null(diags);
	for (unsigned i = 1; i <= 100; i++)
		ph_diags_add(diags, i % 4 ? PH_ERROR : PH_WARNING, file, i, i + 1, "number %u", i);
	file[0] = 'X';
	assert_int_equal(ph_diags_count(diags), 100);
	assert_int_equal(ph_diags_errors(diags), 75);
	for (unsigned i = 1; i <= 100; i++) {
		const struct ph_diag *d = ph_diags_get(diags, i - 1);

		assert_int_equal(d->line, i);
		assert_int_equal(d->column, i + 1);
		assert_int_equal(d->severity, i % 4 ? PH_ERROR : PH_WARNING);
		assert_string_equal(d->file, "rules.v4");
	}
	assert_string_equal(ph_diags_get(diags, 41)->text, "number 42");
	assert_null(ph_diags_get(diags, 100));
	ph_diags_free(diags);
}

static void test_diag_without_file_has_none(void **state)
{
	struct ph_diags *diags = ph_diags_new();

	ph_diags_add(diags, PH_WARNING, NULL, 0, 0, "no place");
	assert_null(ph_diags_get(diags, 0)->file);
	assert_int_equal(ph_diags_errors(diags), 0);
	ph_diags_free(diags);
	ph_diags_free(NULL);
}

static void test_diag_without_memory_still_counts_errors(void **state)
{
	struct ph_diags *diags = ph_diags_new();

	refuse = true;
	ph_diags_add(diags, PH_ERROR, "f", 1, 1, "lost");
	assert_null(ph_diags_new());
	refuse = false;
	assert_int_equal(ph_diags_count(diags), 0);
	assert_int_equal(ph_diags_errors(diags), 1);
	ph_diags_free(diags);
}

static void test_status_each_has_its_own_words(void **state)
{
	for (int i = PH_OK; i <= PH_END; i++)
		for (int j = PH_OK; j < i; j++)
			assert_string_not_equal(ph_status_text((enum ph_status)i), ph_status_text((enum ph_status)j));
	assert_string_equal(ph_status_text((enum ph_status)99), "unknown status");
}

static void test_version_is_three_numbers(void **state)
{
	const char *at = ph_version();

	for (int i = 0; i < 3; i++) {
		size_t digits = strspn(at, "0123456789");

		assert_true(digits > 0);
		at += digits;
		assert_int_equal(*at, i < 2 ? '.' : '\0');
		at += i < 2;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_diag_kept_in_order_with_copies),
		cmocka_unit_test(test_diag_without_file_has_none),
		cmocka_unit_test(test_diag_without_memory_still_counts_errors),
		cmocka_unit_test(test_status_each_has_its_own_words),
		cmocka_unit_test(test_version_is_three_numbers),
	};

	return cmocka_run_group_tests_name("base/diag", tests, NULL, NULL);
}
