/* Addresses in payloads: what is taken, where it ends, and that it agrees with the library where both apply. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include "helper/address.h"
#include "support/support.h"

/* rest: what is left behind the address. as: how the library writes it; NULL: none is taken. */
static const struct {
	const char *text, *as, *rest;
} rows[] = {
	/* The first V4_ROWS are IPv4. */
#define V4_ROWS 12
	{ "10.1.0.2", "10.1.0.2", "" },
	{ "10.1.0.2 ", "10.1.0.2", " " },
	{ "10.1.0.2:5060", "10.1.0.2", ":5060" },
	{ "10.1.0.2g", "10.1.0.2", "g" },
	{ "010.0000001.0.00", "10.1.0.0", "" },
	{ "10.1.0.2a", NULL, NULL },
	{ "10.1.0.2.", NULL, NULL },
	{ "10.1.0.2.3", NULL, NULL },
	{ "10.1.0", NULL, NULL },
	{ "10.1.0.256", NULL, NULL },
	{ "10.1..2", NULL, NULL },
	{ "", NULL, NULL },
	{ "::", "::", "" },
	{ "::]", "::", "]" },
	{ "::1", "::1", "" },
	{ "1::", "1::", "" },
	{ "1::z", "1::", "z" },
	{ "2001:DB8::2", "2001:db8::2", "" },
	{ "2001:00000db8::0002", "2001:db8::2", "" },
	{ "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8", "" },
	{ "1:2:3:4:5:6:7:8]:9", "1:2:3:4:5:6:7:8", "]:9" },
	{ "1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0", "" },
	{ "::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8", "" },
	{ "::1.2.3.4", "::1.2.3.4", "" },
	{ "::ffff:1.2.3.4/", "::ffff:1.2.3.4", "/" },
	{ "::ffff:1.2.3.4:99", "::ffff:1.2.3.4", ":99" },
	{ "1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304", "" },
	{ "1:2:3:4:5:6:7:8:", NULL, NULL },
	{ "1:2:3:4:5:6:7:8:9", NULL, NULL },
	{ "1:2:3:4:5:6:7", NULL, NULL },
	{ "1:2:3:4::5:6:7:8", NULL, NULL },
	{ "1:2:3:4:5:1.2.3.4", NULL, NULL },
	{ "1:2:3:4:5:6:7:1.2.3.4", NULL, NULL },
	{ "1::2::3", NULL, NULL },
	{ ":::", NULL, NULL },
	{ ":1::2", NULL, NULL },
	{ "1:::2", NULL, NULL },
	{ "1::2:", NULL, NULL },
	{ "12345::", NULL, NULL },
	{ "1::1.2.3", NULL, NULL },
	{ "g::", NULL, NULL },
};
#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

static void visit(void *arg, uint8_t *copy, size_t len)
{
	struct ph_cur c = ph_cur_of(copy, len);
	struct ph_addr addr;

	if (!ph_text_addr(&c, *(uint8_t *)arg, &addr))
		assert_ptr_equal(c.at, copy);
	assert_ptr_equal(c.end, copy + len);
}

static void test_address_texts_end_where_the_grammar_ends(void **unused)
{
	char written[PH_ADDR_TEXT];

	(void)unused;
	for (size_t i = 0; i < N_ROWS; i++) {
		struct ph_cur c = ph_cur_of(rows[i].text, strlen(rows[i].text));
		uint8_t family = i < V4_ROWS ? PH_IPV4 : PH_IPV6;
		struct ph_addr addr;

		each_cut(rows[i].text, strlen(rows[i].text), visit, &family);
		if (!rows[i].as) {
			assert_false(ph_text_addr(&c, family, &addr));
			assert_int_equal(ph_cur_left(&c), strlen(rows[i].text));
			continue;
		}
		assert_true(ph_text_addr(&c, family, &addr));
		assert_string_equal(ph_addr_format(written, family, &addr), rows[i].as);
		assert_int_equal(ph_cur_left(&c), strlen(rows[i].rest));
	}
}

/* Whatever inet_ntop writes is read back. */
static void test_address_what_the_library_writes_is_read(void **unused)
{
	char written[PH_ADDR_TEXT];
	uint32_t seed = 1;

	(void)unused;
	for (int i = 0; i < 20000; i++) {
		uint8_t family = i & 1 ? PH_IPV6 : PH_IPV4;
		struct ph_addr addr = { { 0 } }, read;
		struct ph_cur c;

		for (size_t k = 0; k < (family == PH_IPV6 ? 16 : 4); k++) {
			seed = seed * 1664525 + 1013904223;
			addr.b[k] = seed >> 30 ? (uint8_t)(seed >> 16) : 0;
		}
		ph_addr_format(written, family, &addr);
		c = ph_cur_of(written, strlen(written));
		assert_true(ph_text_addr(&c, family, &read));
		assert_int_equal(ph_cur_left(&c), 0);
		assert_memory_equal(&read, &addr, sizeof(addr));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_address_texts_end_where_the_grammar_ends),
		cmocka_unit_test(test_address_what_the_library_writes_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
