/* Addresses as text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include <pinhole/net.h>
#include "support/support.h"

static void test_addr_parse_and_format_are_inverse(void **state)
{
	static const struct {
		uint8_t family;
		const char *text, *same;
	} rows[] = {
		{ PH_IPV4, "0.0.0.0", "0.0.0.0" }, { PH_IPV4, "255.255.255.255", "255.255.255.255" },
		{ PH_IPV4, "192.0.2.1", "192.0.2.1" }, { PH_IPV6, "::", "::" }, { PH_IPV6, "::1", "::1" },
		{ PH_IPV6, "2001:DB8:0:0:0:0:0:2", "2001:db8::2" },
		{ PH_IPV6, "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" },
		{ PH_IPV6, "::ffff:192.0.2.1", "::ffff:192.0.2.1" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ph_addr addr;
		char text[PH_ADDR_TEXT];

		assert_true(ph_addr_parse(rows[i].family, rows[i].text, strlen(rows[i].text), &addr));
		assert_string_equal(ph_addr_format(text, rows[i].family, &addr), rows[i].same);
	}
}

static void test_addr_v4_leaves_the_rest_zero(void **state)
{
	static const struct ph_addr want = { { 192, 0, 2, 1 } };
	struct ph_addr addr;

	memset(&addr, 0xff, sizeof(addr));
	assert_true(ph_addr_parse(PH_IPV4, "192.0.2.1", 9, &addr));
	assert_memory_equal(&addr, &want, sizeof(addr));
}

static void test_addr_other_text_is_refused_and_changes_nothing(void **state)
{
	static const struct {
		uint8_t family;
		const char *text;
	} rows[] = {
		{ PH_IPV4, "" }, { PH_IPV4, "1" }, { PH_IPV4, "1.2.3" }, { PH_IPV4, "1.2.3.4.5" }, { PH_IPV4, "1.2.3.256" },
		{ PH_IPV4, "1.2.3.4 " }, { PH_IPV4, " 1.2.3.4" }, { PH_IPV4, "01.2.3.4" }, { PH_IPV4, "0x1.2.3.4" },
		{ PH_IPV4, "::1" }, { PH_IPV6, "1.2.3.4" }, { PH_IPV6, "" }, { PH_IPV6, ":" }, { PH_IPV6, ":::" },
		{ PH_IPV6, "1::2::3" }, { PH_IPV6, "12345::" }, { PH_IPV6, "fe80::1%eth0" }, { PH_IPV6, "1:2:3:4:5:6:7:8:9" },
		{ PH_IPV6, "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ph_addr addr = { { 7 } };

		assert_false(ph_addr_parse(rows[i].family, rows[i].text, strlen(rows[i].text), &addr));
		assert_int_equal(addr.b[0], 7);
	}
}

static void test_addr_text_without_terminator_is_not_overrun(void **state)
{
	static const char text[] = "2001:db8::192.0.2.1";

	for (size_t len = 0; len < sizeof(text); len++) {
		uint8_t *copy = guarded(text, len);
		struct ph_addr addr;
		bool ok = ph_addr_parse(PH_IPV6, (const char *)copy, len, &addr);

		assert_true(ok || len < sizeof(text) - 1);
		guarded_free(copy, len);
	}
}

static void test_addr_with_nul_inside_is_refused(void **state)
{
	struct ph_addr addr;

	assert_false(ph_addr_parse(PH_IPV4, "1.2.3.4\0", 8, &addr));
	assert_false(ph_addr_parse(PH_IPV4, "1.2.3.4\0.5", 10, &addr));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addr_parse_and_format_are_inverse),
		cmocka_unit_test(test_addr_v4_leaves_the_rest_zero),
		cmocka_unit_test(test_addr_other_text_is_refused_and_changes_nothing),
		cmocka_unit_test(test_addr_text_without_terminator_is_not_overrun),
		cmocka_unit_test(test_addr_with_nul_inside_is_refused),
	};

	return cmocka_run_group_tests_name("net/addr", tests, NULL, NULL);
}
