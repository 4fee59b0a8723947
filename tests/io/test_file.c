/* Whole files and random bytes. */
#include <pinhole/capture.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

/* A file of len bytes that has no name; path gets one for it. Returns its descriptor. */
static int file_of(size_t len, char path[32])
{
	int fd = memfd_create("file", 0);
	char *data = malloc(len + 1);

	assert_true(fd >= 0);
	assert_non_null(data);
	memset(data, 'x', len + 1);
	assert_int_equal(write(fd, data, len), (ssize_t)len);
	snprintf(path, 32, "/proc/self/fd/%d", fd);
	free(data);
	return fd;
}

static void test_file_of_any_length_is_read_and_terminated(void **state)
{
	static const size_t lengths[] = { 0, 1, 65534, 65535, 65536, 65537, 131071, 131072, 300000 };
	struct ph_diags *diags = ph_diags_new();
	char path[32], *text;
	size_t len;
	int fd;

	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		fd = file_of(lengths[i], path);
		text = ph_file_read(path, 300000, &len, diags);
		assert_non_null(text);
		assert_int_equal(len, lengths[i]);
		assert_int_equal(text[len], '\0');
		assert_true(strspn(text, "x") == len);
		free(text);
		close(fd);
	}
	assert_int_equal(ph_diags_count(diags), 0);
	ph_diags_free(diags);
}

static void assert_refused(const char *path, size_t max, const char *why)
{
	struct ph_diags *diags = ph_diags_new();
	size_t len;

	assert_null(ph_file_read(path, max, &len, diags));
	assert_int_equal(ph_diags_errors(diags), 1);
	assert_string_equal(ph_diags_get(diags, 0)->file, path);
	assert_non_null(strstr(ph_diags_get(diags, 0)->text, why));
	ph_diags_free(diags);
}

static void test_file_that_cannot_be_read_says_why(void **state)
{
	char path[32];
	int fd = file_of(1001, path);

	(void)state;
	assert_refused("/nonexistent/policy", 1000, "No such file or directory");
	assert_refused("tests", 1000, "is a directory");
	assert_refused(path, 1000, "too long");
	close(fd);
}

static void test_random_fills_and_differs(void **state)
{
	uint64_t a[8] = { 0 }, b[8] = { 0 };

	(void)state;
	assert_int_equal(ph_random(a, sizeof(a)), PH_OK);
	assert_int_equal(ph_random(b, sizeof(b)), PH_OK);
	assert_memory_not_equal(a, b, sizeof(a));
	assert_true(a[7] || b[7]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_file_of_any_length_is_read_and_terminated),
		cmocka_unit_test(test_file_that_cannot_be_read_says_why),
		cmocka_unit_test(test_random_fills_and_differs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
