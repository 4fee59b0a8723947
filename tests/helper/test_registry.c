/* Names, ports, options and their bounds; and that every helper has its row in docs/helpers.md, and every written one
 * its vectors. Source of the names: spec of tracking, 8.2 and 11.1. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>
#include "helper/list.h"
#include "helper/registry.h"
#include "support/support.h"

static struct ph_helper_options options;

static int fresh(void **unused)
{
	ph_helper_options_init(&options);
	return 0;
}

static enum ph_status set(const char *module, const char *name, const char *value)
{
	const char *what = NULL;
	enum ph_status status = ph_helper_option_set(&options, module, name, value, &what);

	assert_true(status == PH_OK || (what && *what));
	return status;
}

static uint8_t find(const char *name, uint8_t family, uint8_t proto)
{
	return ph_helper_find(&options, name, family, proto);
}

static void test_registry_every_name_is_found_for_its_families_and_protocols(void **unused)
{
	static const struct {
		const char *name;
		bool v4, v6, tcp, udp;
		uint16_t port;
	} rows[] = {
		{ "ftp", true, true, true, false, 21 }, { "irc", true, false, true, false, 6667 },
		{ "tftp", true, true, false, true, 69 }, { "sip", true, true, true, true, 5060 },
		{ "RAS", true, true, false, true, 1719 }, { "Q.931", true, true, true, false, 1720 },
		{ "H.245", true, true, false, true, 0 }, { "pptp", true, false, true, false, 1723 },
		{ "amanda", true, true, false, true, 10080 }, { "sane", true, true, true, false, 6566 },
		{ "netbios-ns", true, false, false, true, 137 }, { "snmp", true, false, false, true, 161 },
	};
	size_t n = 0;

	for (; ph_helpers[n]; n++) {
		char name[16];
		uint8_t number = ph_helper_number(ph_helpers[n]);

		assert_string_equal(ph_helpers[n]->name, rows[n].name);
		assert_int_equal(ph_helpers[n]->port, rows[n].port);
		assert_ptr_equal(ph_helper_of(number), ph_helpers[n]);
		assert_string_equal(ph_helper_name(&options, number, name), rows[n].name);
		assert_int_equal(find(rows[n].name, PH_IPV4, PH_PROTO_TCP), rows[n].v4 && rows[n].tcp ? number : 0);
		assert_int_equal(find(rows[n].name, PH_IPV4, PH_PROTO_UDP), rows[n].v4 && rows[n].udp ? number : 0);
		assert_int_equal(find(rows[n].name, PH_IPV6, PH_PROTO_TCP), rows[n].v6 && rows[n].tcp ? number : 0);
		assert_int_equal(find(rows[n].name, PH_IPV6, PH_PROTO_UDP), rows[n].v6 && rows[n].udp ? number : 0);
		assert_int_equal(find(rows[n].name, PH_IPV4, PH_PROTO_SCTP), 0);
	}
	assert_int_equal(n, sizeof(rows) / sizeof(rows[0]));
}

static void test_registry_names_that_do_not_exist_are_not_found(void **unused)
{
	static const char *const names[] = {
		"", "FTP", "ftp-", "ftp-21", "ftpx", "ft", "netbios_ns", "h323", "ras", "snmp_trap", "irc-0",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		assert_int_equal(find(names[i], PH_IPV4, PH_PROTO_TCP), PH_HELPER_NONE);
		assert_int_equal(find(names[i], PH_IPV4, PH_PROTO_UDP), PH_HELPER_NONE);
	}
	assert_null(ph_helper_of(PH_HELPER_NONE));
	assert_null(ph_helper_of(255));
}

static void test_registry_ports_make_names(void **unused)
{
	static const struct {
		const char *module, *ports, *have[3], *have_not;
		uint8_t proto;
	} rows[] = {
		{ "nf_conntrack_ftp", "21,2121", { "ftp", "ftp-2121" }, "ftp-1", PH_PROTO_TCP },
		{ "nf_conntrack_ftp", "2121", { "ftp-2121" }, "ftp", PH_PROTO_TCP },
		{ "nf_conntrack_ftp", "0", { "ftp-0" }, "ftp", PH_PROTO_TCP },
		{ "nf_conntrack_sane", "6566,7000", { "sane", "sane-7000" }, "sane-1", PH_PROTO_TCP },
		{ "nf_conntrack_irc", "6667,6668,7000", { "irc", "irc-1", "irc-2" }, "irc-6668", PH_PROTO_TCP },
		{ "nf_conntrack_irc", "7000,6667", { "irc-0", "irc" }, "irc-1", PH_PROTO_TCP },
		{ "nf_conntrack_tftp", "0", { "tftp-0" }, "tftp", PH_PROTO_UDP },
		{ "nf_conntrack_sip", "5070", { "sip-0" }, "sip", PH_PROTO_UDP },
		{ "nf_conntrack_ftp", "1,2,3,4,5,6,7,65535", { "ftp-1", "ftp-7", "ftp-65535" }, "ftp", PH_PROTO_TCP },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		fresh(NULL);
		assert_int_equal(set(rows[i].module, "ports", rows[i].ports), PH_OK);
		for (size_t k = 0; k < 3 && rows[i].have[k]; k++) {
			uint8_t number = find(rows[i].have[k], PH_IPV4, rows[i].proto);
			char name[16];

			assert_int_not_equal(number, PH_HELPER_NONE);
			assert_string_equal(ph_helper_name(&options, number, name), rows[i].have[k]);
			assert_string_equal(ph_helper_of(number)->module, rows[i].module);
			for (size_t j = 0; j < k; j++)
				assert_int_not_equal(number, find(rows[i].have[j], PH_IPV4, rows[i].proto));
		}
		assert_int_equal(find(rows[i].have_not, PH_IPV4, rows[i].proto), PH_HELPER_NONE);
	}
}

static void test_registry_options_take_their_bounds_and_no_more(void **unused)
{
	static const struct {
		const char *module, *name, *value;
		enum ph_status status;
	} rows[] = {
		{ "nf_conntrack_ftp", "loose", "1", PH_OK }, { "nf-conntrack-ftp", "loose", "N", PH_OK }, { "ftp", "loose", "Y", PH_OK },
		{ "nf_conntrack_ftp", "loose", NULL, PH_OK }, { "nf_conntrack_ftp", NULL, NULL, PH_OK },
		{ "nf_conntrack_ftp", "loose", "2", PH_INVALID }, { "nf_conntrack_ftp", "loose", "", PH_INVALID },
		{ "nf_conntrack_ftp", "ports", "", PH_INVALID }, { "nf_conntrack_ftp", "ports", NULL, PH_INVALID },
		{ "nf_conntrack_ftp", "ports", "21,", PH_INVALID }, { "nf_conntrack_ftp", "ports", ",21", PH_INVALID },
		{ "nf_conntrack_ftp", "ports", "21,21", PH_INVALID }, { "nf_conntrack_ftp", "ports", "65536", PH_INVALID },
		{ "nf_conntrack_ftp", "ports", "0x15", PH_OK }, { "nf_conntrack_ftp", "ports", "21 ", PH_INVALID },
		{ "nf_conntrack_ftp", "ports", "1,2,3,4,5,6,7,8,9", PH_INVALID }, { "nf_conntrack_ftp", "ports", "-1", PH_INVALID },
		{ "nf_conntrack_ftp", "ports", "00000000000000000021", PH_INVALID },
		{ "nf_conntrack_ftp", "lose", "1", PH_NOT_FOUND }, { "nf_conntrack_pptp", "ports", "1723", PH_NOT_FOUND },
		{ "nf_conntrack", "acct", "1", PH_NOT_FOUND }, { "ip_tables", NULL, NULL, PH_NOT_FOUND }, { "", NULL, NULL, PH_NOT_FOUND },
		{ "nf_conntrack_irc", "max_dcc_channels", "255", PH_OK }, { "nf_conntrack_irc", "max_dcc_channels", "0", PH_INVALID },
		{ "nf_conntrack_irc", "max_dcc_channels", "256", PH_INVALID }, { "nf_conntrack_irc", "dcc_timeout", "4294967295", PH_OK },
		{ "nf_conntrack_irc", "dcc_timeout", "4294967296", PH_INVALID }, { "nf_conntrack_irc", "dcc_timeout", "010", PH_OK },
		{ "nf_conntrack_irc", "dcc_timeout", "09", PH_INVALID }, { "nf_conntrack_irc", "dcc_timeout", "0x", PH_INVALID },
		{ "nf_conntrack_amanda", "ts_algo", "bm", PH_OK }, { "nf_conntrack_amanda", "ts_algo", "xx", PH_INVALID },
		{ "nf_conntrack_sip", "sip_direct_media", "0", PH_OK }, { "nf_conntrack_sip", "sip_direct_media", "N", PH_INVALID },
		{ "nf_conntrack_h323", "callforward_filter", "N", PH_OK }, { "nf_conntrack_h323", "gkrouted_only", "0", PH_OK },
		{ "nf_conntrack_netbios-ns", "timeout", "5", PH_OK }, { "nf_conntrack_snmp", "timeout", "60", PH_OK },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (set(rows[i].module, rows[i].name, rows[i].value) != rows[i].status)
			fail_msg("%s %s=%s", rows[i].module, rows[i].name ? rows[i].name : "", rows[i].value ? rows[i].value : "");
}

static void test_registry_refused_value_changes_nothing(void **unused)
{
	struct ph_helper_options before;

	assert_int_equal(set("nf_conntrack_ftp", "ports", "21,2121"), PH_OK);
	before = options;
	assert_int_equal(set("nf_conntrack_ftp", "ports", "1,2,x"), PH_INVALID);
	assert_int_equal(set("nf_conntrack_ftp", "loose", "maybe"), PH_INVALID);
	assert_memory_equal(&options, &before, sizeof(options));
}

static void test_registry_options_of_one_module_reach_all_its_helpers(void **unused)
{
	static const char *const names[] = { "RAS", "H.245" };

	assert_int_equal(set("h323", "gkrouted_only", "0"), PH_OK);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(ph_helper_values(&options, find(names[i], PH_IPV4, PH_PROTO_UDP))[1], 0);
	assert_int_equal(ph_helper_values(&options, find("Q.931", PH_IPV4, PH_PROTO_TCP))[1], 0);
}

static void test_registry_limits_follow_options(void **unused)
{
	struct ph_expect_policy policy[PH_EXPECT_CLASSES];

	ph_helper_limits(&options, find("irc", PH_IPV4, PH_PROTO_TCP), policy);
	assert_int_equal(policy[0].max, 8);
	assert_int_equal(policy[0].timeout_s, 300);
	assert_int_equal(set("irc", "max_dcc_channels", "3"), PH_OK);
	assert_int_equal(set("irc", "dcc_timeout", "60"), PH_OK);
	ph_helper_limits(&options, find("irc", PH_IPV4, PH_PROTO_TCP), policy);
	assert_int_equal(policy[0].max, 3);
	assert_int_equal(policy[0].timeout_s, 60);
	assert_int_equal(set("netbios_ns", "timeout", "9"), PH_OK);
	ph_helper_limits(&options, find("netbios-ns", PH_IPV4, PH_PROTO_UDP), policy);
	assert_int_equal(policy[0].timeout_s, 9);
	ph_helper_limits(&options, find("sip", PH_IPV6, PH_PROTO_UDP), policy);
	assert_int_equal(policy[3].max, 2);
	ph_helper_limits(&options, find("ftp", PH_IPV6, PH_PROTO_TCP), policy);
	assert_int_equal(policy[0].max, 1);
	assert_int_equal(policy[1].timeout_s, 0);
}

static void test_registry_by_port_finds_what_is_registered(void **unused)
{
	assert_int_equal(ph_helper_by_port(&options, PH_IPV4, PH_PROTO_TCP, 21), find("ftp", PH_IPV4, PH_PROTO_TCP));
	assert_int_equal(ph_helper_by_port(&options, PH_IPV4, PH_PROTO_UDP, 21), PH_HELPER_NONE);
	assert_int_equal(ph_helper_by_port(&options, PH_IPV6, PH_PROTO_TCP, 1723), PH_HELPER_NONE);
	assert_int_equal(ph_helper_by_port(&options, PH_IPV4, PH_PROTO_UDP, 0), PH_HELPER_NONE);
	assert_int_equal(set("ftp", "ports", "2121"), PH_OK);
	assert_int_equal(ph_helper_by_port(&options, PH_IPV4, PH_PROTO_TCP, 21), PH_HELPER_NONE);
	assert_int_equal(ph_helper_by_port(&options, PH_IPV6, PH_PROTO_TCP, 2121), find("ftp-2121", PH_IPV6, PH_PROTO_TCP));
}

static void test_registry_describes_every_helper_whole(void **unused)
{
	struct ph_helper_info info;
	size_t i;

	for (i = 0; ph_helper_describe(&options, i, &info); i++) {
		const struct ph_helper *h = ph_helpers[i];
		size_t n_options = 0, n_rows = 0;

		while (h->option && h->option[n_options].name)
			n_options++;
		while (!h->contract[n_rows].ends)
			n_rows++;
		assert_string_equal(info.name, h->name);
		assert_non_null(h->inspect);
		assert_int_equal(info.n_options, n_options);
		assert_int_equal(info.n_contracts, n_rows);
		for (size_t k = 0; k < n_rows; k++) {
			assert_non_null(info.contract[k].src);
			assert_string_not_equal(info.contract[k].dst, "none");
			assert_int_not_equal(info.contract[k].timeout_s, 0);
		}
	}
	assert_null(ph_helpers[i]);
	assert_true(ph_helper_describe(&options, 0, &info));
	assert_string_equal(info.contract[1].when, "loose=1");
	assert_string_equal(info.contract[1].src, "peer");
	assert_string_equal(info.contract[1].dst, "payload");
}

static bool contains(const uint8_t *text, size_t len, const char *what)
{
	return memmem(text, len, what, strlen(what)) != NULL;
}

/* "Q.931" has q931.vec. */
static void vector_path(char *path, size_t size, const char *name)
{
	size_t len = (size_t)snprintf(path, size, "tests/vectors/helper/");

	for (; *name && len + 5 < size; name++)
		if (*name != '.')
			path[len++] = (char)ph_lower((uint8_t)*name);
	snprintf(path + len, size - len, ".vec");
}

static void test_registry_every_helper_has_its_documents(void **unused)
{
	size_t len;
	uint8_t *doc = file_bytes("docs/helpers.md", &len);

	for (const struct ph_helper *const *h = ph_helpers; *h; h++) {
		char row[64], path[64];

		snprintf(row, sizeof(row), "\n| `%s` | ", (*h)->name);
		if (!contains(doc, len, row))
			fail_msg("docs/helpers.md has no row that begins %s", row + 1);
		vector_path(path, sizeof(path), (*h)->name);
		if (access(path, R_OK) != 0)
			fail_msg("%s is missing", path);
	}
	free(doc);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_registry_every_name_is_found_for_its_families_and_protocols, fresh),
		cmocka_unit_test_setup(test_registry_names_that_do_not_exist_are_not_found, fresh),
		cmocka_unit_test_setup(test_registry_ports_make_names, fresh),
		cmocka_unit_test_setup(test_registry_options_take_their_bounds_and_no_more, fresh),
		cmocka_unit_test_setup(test_registry_refused_value_changes_nothing, fresh),
		cmocka_unit_test_setup(test_registry_options_of_one_module_reach_all_its_helpers, fresh),
		cmocka_unit_test_setup(test_registry_limits_follow_options, fresh),
		cmocka_unit_test_setup(test_registry_by_port_finds_what_is_registered, fresh),
		cmocka_unit_test_setup(test_registry_describes_every_helper_whole, fresh),
		cmocka_unit_test_setup(test_registry_every_helper_has_its_documents, fresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
