/* The rules that feed the queues, in network namespaces of this kernel: put in, replaced, taken out, and others' left alone. */
#include "cmd/rules.h"

#include "cmd/program.h"
#include "alone.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/prctl.h>

#include <cmocka.h>

#define JUMP "-m comment --comment pinhole -j PINHOLE"

static const char *const tools[] = { "iptables-legacy", "ip6tables-legacy" };

static const struct rules one = { .first = 7, .n = 1, .bypass = false };
static const struct rules four = { .first = 0, .n = 4, .bypass = true };

/* What TOOL-save -t mangle prints, without comments and counters; terminated. */
static void saved(const char *tool, struct cmd_text *out)
{
	struct program_result got;
	char name[64];

	*out = (struct cmd_text){ .at = NULL };
	snprintf(name, sizeof(name), "%s-save", tool);
	program_run((const char *const[]){ name, "-t", "mangle", NULL }, NULL, &got);
	HOLDS(got.status == 0);
	cmd_text_bytes(&got.out, "", 1);
	for (char *line = got.out.at, *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
		size_t n = *line == ':' ? strcspn(line, "[") : (size_t)(end - line);

		if (*line == '#')
			continue;
		cmd_text_bytes(out, line, n);
		cmd_text_add(out, "\n");
	}
	cmd_text_bytes(out, "", 1);
	program_result_free(&got);
}

static void iptables(const char *tool, const char *script)
{
	struct cmd_text input = { .at = NULL };
	struct program_result got;
	char name[64];

	snprintf(name, sizeof(name), "%s-restore", tool);
	cmd_text_format(&input, "*mangle\n%sCOMMIT\n", script);
	program_run((const char *const[]){ name, "--noflush", "-w", "5", NULL }, &input, &got);
	cmd_text_bytes(&got.err, "", 1);
	if (got.status != 0)
		fprintf(stderr, "%s: %s", script, got.err.at);
	HOLDS(got.status == 0);
	program_result_free(&got);
	cmd_text_free(&input);
}

static size_t occurs(const struct cmd_text *text, const char *what)
{
	size_t n = 0;

	for (const char *at = text->at; (at = strstr(at, what)) != NULL; at++)
		n++;
	return n;
}

static bool has(const struct cmd_text *text, const char *what)
{
	return occurs(text, what) == 1;
}

/* Ours, whole, once and first, in both families. */
static void expect_installed(const char *target)
{
	static const char *const chains[] = { "INPUT", "FORWARD", "OUTPUT" };
	struct cmd_text now;
	char line[128];

	for (size_t i = 0; i < 2; i++) {
		saved(tools[i], &now);
		HOLDS(occurs(&now, JUMP) == 3);
		for (size_t j = 0; j < 3; j++) {
			const char *first;

			snprintf(line, sizeof(line), "-A %s ", chains[j]);
			first = strstr(now.at, line);
			HOLDS(first && strncmp(first + strlen(line), JUMP "\n", strlen(JUMP "\n")) == 0);
		}
		HOLDS(occurs(&now, "-A PINHOLE ") == 1);
		snprintf(line, sizeof(line), "-A PINHOLE -m comment --comment pinhole -j NFQUEUE %s\n", target);
		HOLDS(has(&now, line));
		cmd_text_free(&now);
	}
}

static void install(const struct rules *rules, size_t warnings)
{
	struct ph_diags *diags = ph_diags_new();
	bool present = false;

	if (rules_install(rules, diags) != PH_OK || ph_diags_count(diags) != warnings) {
		print_diags(diags);
		HOLDS(!"rules_install");
	}
	HOLDS(rules_present(&present, diags) == PH_OK && present);
	ph_diags_free(diags);
}

static void take_out(size_t warnings)
{
	struct ph_diags *diags = ph_diags_new();

	if (rules_remove(diags) != PH_OK || ph_diags_count(diags) != warnings) {
		print_diags(diags);
		HOLDS(!"rules_remove");
	}
	ph_diags_free(diags);
}

static void expect_absent(void)
{
	struct ph_diags *diags = ph_diags_new();
	bool present = true;

	HOLDS(rules_present(&present, diags) == PH_OK && !present && ph_diags_count(diags) == 0);
	ph_diags_free(diags);
}

static void in_and_out(void *arg)
{
	(void)arg;
	expect_absent();
	install(&one, 0);
	expect_installed("--queue-num 7");
	take_out(0);
	expect_absent();
	install(&four, 0);
	expect_installed("--queue-balance 0:3 --queue-bypass");
	take_out(0);
	take_out(0);
	expect_absent();
}

static void with_no_new_privileges(void *arg)
{
	HOLDS(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	in_and_out(arg);
}

static const char theirs[] = ":MINE - [0:0]\n"
                             "-A MINE -m comment --comment \"a -j PINHOLE of mine\" -j RETURN\n"
                             "-A PREROUTING -j MARK --set-mark 0x5\n"
                             "-A INPUT -m comment --comment pinhole -j MINE\n"
                             "-A FORWARD -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu\n"
                             "-P FORWARD DROP\n";

static void others_stay(void *arg)
{
	struct cmd_text before[2], after;

	(void)arg;
	for (size_t i = 0; i < 2; i++) {
		iptables(tools[i], theirs);
		saved(tools[i], &before[i]);
	}
	/* Warned, for each family, of the rules that packets will not reach. */
	install(&one, 2);
	expect_installed("--queue-num 7");
	for (size_t i = 0; i < 2; i++) {
		saved(tools[i], &after);
		HOLDS(has(&after, "-A INPUT " JUMP "\n-A INPUT -m comment --comment pinhole -j MINE\n"));
		HOLDS(has(&after, "--clamp-mss-to-pmtu\n"));
		cmd_text_free(&after);
	}
	take_out(0);
	for (size_t i = 0; i < 2; i++) {
		saved(tools[i], &after);
		HOLDS(strcmp(before[i].at, after.at) == 0);
		cmd_text_free(&after);
		cmd_text_free(&before[i]);
	}
}

/* As three instances that crashed may have left it, in part by hands that helped. */
static const char leftovers[] = ":PINHOLE - [0:0]\n"
                                "-A INPUT " JUMP "\n-A INPUT " JUMP "\n-A FORWARD " JUMP "\n-A FORWARD -j MARK --set-mark 1\n"
                                "-A FORWARD " JUMP "\n-A PREROUTING " JUMP "\n"
                                "-A PINHOLE -m comment --comment pinhole -j NFQUEUE --queue-num 3\n"
                                "-A PINHOLE -m comment --comment pinhole -j NFQUEUE --queue-balance 0:3 --queue-bypass\n";

static void leftovers_go(void *arg)
{
	struct cmd_text now;

	(void)arg;
	for (size_t i = 0; i < 2; i++)
		iptables(tools[i], leftovers);
	install(&one, 2);
	expect_installed("--queue-num 7");
	take_out(0);
	expect_absent();
	for (size_t i = 0; i < 2; i++) {
		saved(tools[i], &now);
		HOLDS(has(&now, "-A FORWARD -j MARK --set-xmark 0x1/0xffffffff\n") && occurs(&now, "-A ") == 1);
		cmd_text_free(&now);
		iptables(tools[i], leftovers);
	}
	take_out(0);
	expect_absent();
}

static void chain_alone_goes(void *arg)
{
	(void)arg;
	iptables(tools[1], ":PINHOLE - [0:0]\n");
	take_out(0);
	expect_absent();
}

static void foreign_chain_stays(void *arg)
{
	struct ph_diags *diags = ph_diags_new();
	struct cmd_text before, after;

	(void)arg;
	/* Found in the second family, when the first has its rules already. */
	iptables(tools[1], ":PINHOLE - [0:0]\n-A PINHOLE -s 2001:db8::1/128 -j DROP\n");
	saved(tools[1], &before);
	HOLDS(rules_install(&one, diags) == PH_IO);
	HOLDS(ph_diags_errors(diags) == 1 && strstr(ph_diags_get(diags, 0)->text, "not pinhole's"));
	saved(tools[1], &after);
	HOLDS(strcmp(before.at, after.at) == 0);
	cmd_text_free(&after);
	saved(tools[0], &after);
	HOLDS(occurs(&after, "PINHOLE") == 0);
	cmd_text_free(&before);
	cmd_text_free(&after);
	ph_diags_free(diags);
}

static void foreign_jump_keeps_the_chain(void *arg)
{
	struct cmd_text now;

	(void)arg;
	install(&one, 0);
	iptables(tools[0], "-A POSTROUTING -j PINHOLE\n");
	take_out(1);
	saved(tools[0], &now);
	HOLDS(has(&now, ":PINHOLE ") && has(&now, "-A POSTROUTING -j PINHOLE\n") && occurs(&now, "-A ") == 1);
	cmd_text_free(&now);
	install(&four, 0);
	expect_installed("--queue-balance 0:3 --queue-bypass");
}

static void printed_rules_work(void *arg)
{
	struct cmd_text text = { .at = NULL }, input = { .at = NULL };
	struct program_result got;

	(void)arg;
	rules_print(&four, &text);
	cmd_text_format(&input, "set -e\n%.*s", (int)text.len, text.at);
	program_run((const char *const[]){ "sh", NULL }, &input, &got);
	HOLDS(got.status == 0);
	expect_installed("--queue-balance 0:3 --queue-bypass");
	install(&one, 0);
	take_out(0);
	expect_absent();
	program_result_free(&got);
	cmd_text_free(&text);
	cmd_text_free(&input);
}

static bool nft(const char *script)
{
	struct cmd_text input = { .at = NULL };
	struct program_result got;
	bool good;

	cmd_text_add(&input, script);
	program_run((const char *const[]){ "nft", "-f", "-", NULL }, &input, &got);
	good = got.status == 0;
	program_result_free(&got);
	cmd_text_free(&input);
	return good;
}

/* A table of the other form is replaced, whatever is in it. */
static void nft_leftovers_go(void *arg)
{
	(void)arg;
	HOLDS(nft("table inet pinhole {\n\tchain input {\n\t\ttype filter hook input priority mangle\n\t}\n}\n"));
	install(&one, 0);
	expect_installed("--queue-num 7");
	HOLDS(!nft("list table inet pinhole\n"));
	HOLDS(nft("table inet pinhole { }\ntable inet mine { }\n"));
	take_out(0);
	expect_absent();
	HOLDS(nft("list table inet mine\n"));
}

/* With the queue statement they are there, instead of those of iptables; without it nothing is. */
static void nft_form_is_whole_or_not_at_all(void *arg)
{
	const struct rules rules = { .first = 0, .n = 4, .bypass = true, .form = RULES_NFT };
	struct ph_diags *diags = ph_diags_new();
	struct cmd_text now;

	(void)arg;
	if (rules_form() == RULES_NFT) {
		install(&one, 0);
		install(&rules, 0);
		saved(tools[0], &now);
		HOLDS(occurs(&now, "PINHOLE") == 0);
		cmd_text_free(&now);
	} else {
		HOLDS(rules_install(&rules, diags) == PH_IO && ph_diags_errors(diags) == 1);
		expect_absent();
	}
	take_out(0);
	expect_absent();
	ph_diags_free(diags);
}

static void in_namespace(void (*work)(void *arg))
{
	if (!is_root()) {
		print_message("needs root and network namespaces\n");
		skip();
	}
	assert_int_equal(alone(work, NULL, true), 0);
}

static void test_rules_installed_and_removed_leave_nothing(void **state)
{
	(void)state;
	in_namespace(in_and_out);
}

static void test_rules_under_no_new_privileges_are_installed(void **state)
{
	(void)state;
	in_namespace(with_no_new_privileges);
}

static void test_rules_of_others_stay_as_they_were(void **state)
{
	(void)state;
	in_namespace(others_stay);
}

static void test_rules_left_by_a_crash_are_replaced(void **state)
{
	(void)state;
	in_namespace(leftovers_go);
}

static void test_rules_removed_from_a_chain_alone_remove_it(void **state)
{
	(void)state;
	in_namespace(chain_alone_goes);
}

static void test_rules_with_foreign_chain_of_that_name_are_refused_whole(void **state)
{
	(void)state;
	in_namespace(foreign_chain_stays);
}

static void test_rules_removed_under_a_foreign_jump_keep_an_empty_chain(void **state)
{
	(void)state;
	in_namespace(foreign_jump_keeps_the_chain);
}

static void test_rules_printed_are_the_ones_installed(void **state)
{
	(void)state;
	in_namespace(printed_rules_work);
}

static void test_rules_left_in_nftables_are_replaced(void **state)
{
	(void)state;
	in_namespace(nft_leftovers_go);
}

static void test_rules_for_nft_are_whole_or_not_at_all(void **state)
{
	(void)state;
	in_namespace(nft_form_is_whole_or_not_at_all);
}

static void test_rules_printed_for_nft_name_queues_and_bypass(void **state)
{
	struct cmd_text text = { .at = NULL };

	(void)state;
	rules_print(&(struct rules){ .first = 0, .n = 4, .bypass = true, .form = RULES_NFT }, &text);
	rules_print(&(struct rules){ .first = 7, .n = 1, .form = RULES_NFT }, &text);
	cmd_text_bytes(&text, "", 1);
	assert_int_equal(occurs(&text, "\t\tqueue flags bypass to 0-3\n"), 3);
	assert_int_equal(occurs(&text, "\t\tqueue to 7\n"), 3);
	assert_int_equal(occurs(&text, "hook forward priority mangle; policy accept;\n"), 2);
	cmd_text_free(&text);
}

static void test_program_that_is_not_there_or_fails_is_told(void **state)
{
	struct program_result got;

	(void)state;
	program_run((const char *const[]){ "no-such-program-pinhole", NULL }, NULL, &got);
	assert_int_equal(got.status, PROGRAM_NOT_FOUND);
	program_result_free(&got);
	program_run((const char *const[]){ "sh", "-c", "cat; echo $HOME$PATH; echo no >&2; exit 3", NULL },
	            &(struct cmd_text){ .at = (char[]){ "in\n" }, .len = 3 }, &got);
	assert_int_equal(got.status, 3);
	assert_int_equal(got.out.len, strlen("in\n/usr/sbin:/sbin:/usr/bin:/bin\n"));
	assert_memory_equal(got.out.at, "in\n/usr/sbin:/sbin:/usr/bin:/bin\n", got.out.len);
	assert_memory_equal(got.err.at, "no\n", 3);
	program_result_free(&got);
	program_run((const char *const[]){ "sh", "-c", "kill -9 $$", NULL }, NULL, &got);
	assert_int_equal(got.status, PROGRAM_FAILED);
	program_result_free(&got);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules_installed_and_removed_leave_nothing),
		cmocka_unit_test(test_rules_under_no_new_privileges_are_installed),
		cmocka_unit_test(test_rules_of_others_stay_as_they_were),
		cmocka_unit_test(test_rules_left_by_a_crash_are_replaced),
		cmocka_unit_test(test_rules_removed_from_a_chain_alone_remove_it),
		cmocka_unit_test(test_rules_with_foreign_chain_of_that_name_are_refused_whole),
		cmocka_unit_test(test_rules_removed_under_a_foreign_jump_keep_an_empty_chain),
		cmocka_unit_test(test_rules_printed_are_the_ones_installed),
		cmocka_unit_test(test_rules_left_in_nftables_are_replaced),
		cmocka_unit_test(test_rules_for_nft_are_whole_or_not_at_all),
		cmocka_unit_test(test_rules_printed_for_nft_name_queues_and_bypass),
		cmocka_unit_test(test_program_that_is_not_there_or_fails_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
