/* The grammar by itself: the two number rules side by side, and that a host is changed only by an announcement. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "helper/ftp_grammar.h"

static enum ph_ftp_said read_text(const struct ph_ftp_grammar *grammar, enum ph_dir dir, uint8_t family, const char *text,
                                  struct ph_ftp_host *host)
{
	*host = (struct ph_ftp_host){ .port = 9 };
	memset(host->addr.b, 0x11, sizeof(host->addr.b));
	return ph_ftp_read(grammar, dir, family, ph_cur_of(text, strlen(text)), host);
}

static void test_ftp_grammar_number_rules_differ_only_out_of_range(void **unused)
{
	static const struct {
		const char *text;
		enum ph_dir dir;
		uint8_t family;
		uint16_t wrapped, ranged;       /* port; 0: broken */
	} rows[] = {
		{ "PORT 1,2,3,4,5,6\r", PH_ORIG, PH_IPV4, 1286, 1286 },
		{ "PORT 255,255,255,255,255,255\r", PH_ORIG, PH_IPV4, 65535, 65535 },
		{ "PORT 256,2,3,4,5,6\r", PH_ORIG, PH_IPV4, 1286, 0 },
		{ "PORT 1,2,3,4,0,256\r", PH_ORIG, PH_IPV4, 256, 0 },
		{ "PORT 1,2,3,4,4294967297,1\r", PH_ORIG, PH_IPV4, 257, 0 },
		{ "EPRT |1|1.2.3.4|65535|", PH_ORIG, PH_IPV4, 65535, 65535 },
		{ "EPRT |1|1.2.3.4|65537|", PH_ORIG, PH_IPV4, 1, 0 },
		{ "EPRT |1|1.2.3.256|77|", PH_ORIG, PH_IPV4, 77, 0 },
		{ "EPRT |2|::00001|77|", PH_ORIG, PH_IPV6, 77, 0 },
		{ "EPRT |2|::0001|77|", PH_ORIG, PH_IPV6, 77, 77 },
		{ "227 1,2,3,4,5,6)", PH_REPLY, PH_IPV4, 1286, 1286 },
		{ "227 1,2,3,4,5,300)", PH_REPLY, PH_IPV4, 1324, 0 },
		{ "229 (|||65536001|)", PH_REPLY, PH_IPV4, 1, 0 },
	};
	struct ph_ftp_host host;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(read_text(&ph_ftp_kernel, rows[i].dir, rows[i].family, rows[i].text, &host), PH_FTP_HOST);
		assert_int_equal(host.port, rows[i].wrapped);
		assert_int_equal(read_text(&ph_ftp_ranged, rows[i].dir, rows[i].family, rows[i].text, &host),
		                 rows[i].ranged ? PH_FTP_HOST : PH_FTP_BROKEN);
		assert_int_equal(host.port, rows[i].ranged ? rows[i].ranged : 9);
	}
}

static void test_ftp_grammar_without_announcement_leaves_the_host(void **unused)
{
	static const struct {
		const char *text;
		enum ph_ftp_said said;
	} rows[] = {
		{ "", PH_FTP_CUT }, { "PO", PH_FTP_CUT }, { "PORT", PH_FTP_CUT }, { "PORT ", PH_FTP_BROKEN },
		{ "PORT 1,2,3,4,5,6", PH_FTP_BROKEN }, { "EPRT |1|1.2.3.4|0|", PH_FTP_BROKEN },
		{ "NOOP\r\n", PH_FTP_NOTHING }, { "227 1,2,3,4,5,6)", PH_FTP_NOTHING },
	};
	struct ph_ftp_host host, before;

	(void)read_text(&ph_ftp_kernel, PH_ORIG, PH_IPV4, "NOOP\r\n", &before);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(read_text(&ph_ftp_kernel, PH_ORIG, PH_IPV4, rows[i].text, &host), rows[i].said);
		assert_memory_equal(&host, &before, sizeof(host));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ftp_grammar_number_rules_differ_only_out_of_range),
		cmocka_unit_test(test_ftp_grammar_without_announcement_leaves_the_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
