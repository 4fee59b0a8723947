/* Commands on chains and rules, save files, and what is said about wrong ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "support.h"
#include "support/support.h"

static int setup(void **state)
{
	struct test_rules *t = malloc(sizeof(*t));

	if (!t)
		return -1;
	test_rules_init(t, PH_IPV4);
	*state = t;
	return 0;
}

static int teardown(void **state)
{
	test_rules_fini(*state);
	free(*state);
	return 0;
}

/* Runs the lines given, ended by NULL; all must load. */
static void run(struct test_rules *t, ...)
{
	const char *line;
	va_list args;

	va_start(args, t);
	while ((line = va_arg(args, const char *)))
		if (test_command(t, line) != PH_OK)
			fail_msg("%s: %s", line, ph_diags_get(t->load.diags, 0)->text);
	va_end(args);
}

/* A command that must fail, with this complaint as the newest one: "line:column: text" begins so. */
static void refuse(struct test_rules *t, const char *line, const char *complaint)
{
	size_t before = ph_diags_errors(t->load.diags);
	char text[1024];

	if (test_command(t, line) == PH_OK)
		fail_msg("%s: loaded", line);
	assert_true(ph_diags_errors(t->load.diags) > before);
	test_diag(t, ph_diags_count(t->load.diags) - 1, text, sizeof(text));
	if (strncmp(text, complaint, strlen(complaint)) != 0)
		fail_msg("%s: said %s, wanted %s", line, text, complaint);
}

/* The table filter as printed, between its name and COMMIT. */
static void assert_filter(struct test_rules *t, const char *want)
{
	const char *start, *end;
	char got[8192];

	test_print(t, false);
	start = strstr(t->text, "*filter\n");
	assert_non_null(start);
	start += strlen("*filter\n");
	end = strstr(start, "COMMIT\n");
	assert_non_null(end);
	snprintf(got, sizeof(got), "%.*s", (int)(end - start), start);
	assert_string_equal(got, want);
}

#define BUILTIN ":INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n"

static void test_edit_untouched_prints_nothing(void **state)
{
	assert_string_equal(test_print(*state, true), "");
}

static void test_edit_insert_places_rules(void **state)
{
	struct test_rules *t = *state;

	run(t, "-A INPUT -s 1.1.1.1", "-A INPUT -s 2.2.2.2", "-I INPUT -s 3.3.3.3", "-I INPUT 2 -s 4.4.4.4",
	    "-I INPUT 5 -s 5.5.5.5", NULL);
	assert_filter(t, BUILTIN "-A INPUT -s 3.3.3.3/32\n-A INPUT -s 4.4.4.4/32\n-A INPUT -s 1.1.1.1/32\n"
	              "-A INPUT -s 2.2.2.2/32\n-A INPUT -s 5.5.5.5/32\n");
	refuse(t, "-I INPUT 7 -s 1.1.1.1", "1:10: -I 7: the number is beyond the end");
	refuse(t, "-I INPUT 0 -s 1.1.1.1", "1:10: -I 0: not a rule number");
}

static void test_edit_insert_several_addresses_turns_them_round(void **state)
{
	struct test_rules *t = *state;

	run(t, "-I INPUT -s 1.1.1.1,2.2.2.2", "-A FORWARD -s 1.1.1.1,2.2.2.2", NULL);
	assert_filter(t, BUILTIN "-A INPUT -s 2.2.2.2/32\n-A INPUT -s 1.1.1.1/32\n"
	              "-A FORWARD -s 1.1.1.1/32\n-A FORWARD -s 2.2.2.2/32\n");
}

static void test_edit_delete_by_number_and_specification(void **state)
{
	struct test_rules *t = *state;

	run(t, "-A INPUT -p tcp --dport 80 -j ACCEPT", "-A INPUT -m limit --limit 3/hour", "-A INPUT -p udp", NULL);
	refuse(t, "-D INPUT -p tcp --dport 81 -j ACCEPT", "1:4: -D INPUT: the chain has no such rule");
	refuse(t, "-D INPUT -p tcp --dport 80", "1:4: -D INPUT: the chain has no such rule");
	run(t, "-D INPUT -p tcp -m tcp --dport http -j ACCEPT", "-C INPUT -p udp", "-D INPUT 2", "-D INPUT -m limit", NULL);
	assert_filter(t, BUILTIN);
	refuse(t, "-D INPUT 1", "1:10: -D 1: the chain has no such rule");
	refuse(t, "-C INPUT -p udp", "1:4: -C INPUT: the chain has no such rule");
}

static void test_edit_replace_needs_one_rule_and_a_number(void **state)
{
	struct test_rules *t = *state;

	run(t, "-A INPUT -p tcp", "-A INPUT -p udp", "-R INPUT 1 -p icmp", NULL);
	assert_filter(t, BUILTIN "-A INPUT -p icmp\n-A INPUT -p udp\n");
	refuse(t, "-R INPUT -p icmp", "1:4: -R INPUT: needs the number");
	refuse(t, "-R INPUT 3 -p icmp", "1:10: -R 3: the chain has no such rule");
	refuse(t, "-R INPUT 1 -s 1.1.1.1,2.2.2.2", "1:4: -R INPUT: several addresses");
}

static void test_edit_chains_are_made_renamed_deleted(void **state)
{
	struct test_rules *t = *state;

	run(t, "-N zoo", "-N ant", "-A INPUT -j zoo", "-A zoo -g ant", NULL);
	refuse(t, "-N zoo", "1:4: -N zoo: the chain is already there");
	refuse(t, "-N INPUT", "1:4: -N INPUT: the chain is already there");
	refuse(t, "-N LOG", "1:4: -N LOG: it is the name of a target");
	refuse(t, "-N DNAT", "1:4: -N DNAT: it is the name of a target");
	refuse(t, "-N 12345678901234567890123456789", "1:4: -N 12345678901234567890123456789: names of chains have at most");
	refuse(t, "-N \"a b\"", "1:4: -N a b: a name may not hold blanks or quotes");
	refuse(t, "-X zoo", "1:4: -X zoo: the chain still has rules");
	refuse(t, "-X ant", "1:4: -X ant: rules still lead to it");
	refuse(t, "-X INPUT", "1:4: -X INPUT: it is built in");
	refuse(t, "-X nope", "1:4: -X nope: no such chain");
	refuse(t, "-E zoo ant", "1:8: -E ant: a chain of that name");
	refuse(t, "-E nope other", "1:4: -E nope: no such chain");
	refuse(t, "-E INPUT other", "1:4: -E INPUT: built-in chains keep");
	run(t, "-E zoo bee", NULL);
	assert_filter(t, BUILTIN ":ant - [0:0]\n:bee - [0:0]\n-A INPUT -j bee\n-A bee -g ant\n");
	run(t, "-F bee", "-F INPUT", "-X", NULL);
	assert_filter(t, BUILTIN);
}

static void test_edit_policies_and_counters_are_set_and_zeroed(void **state)
{
	struct test_rules *t = *state;

	run(t, "-P INPUT DROP -c 3 4", "-A INPUT -c 1 2 -j ACCEPT", "-A INPUT --set-counters 5,6 -j DROP", NULL);
	assert_non_null(strstr(test_print(t, true), ":INPUT DROP [3:4]\n"));
	assert_non_null(strstr(t->text, "[1:2] -A INPUT -j ACCEPT\n[5:6] -A INPUT -j DROP\n"));
	run(t, "-Z INPUT 1", NULL);
	assert_non_null(strstr(test_print(t, true), "[0:0] -A INPUT -j ACCEPT\n[5:6] -A INPUT -j DROP\n"));
	run(t, "-Z", NULL);
	assert_non_null(strstr(test_print(t, true), ":INPUT DROP [0:0]\n"));
	assert_non_null(strstr(t->text, "[0:0] -A INPUT -j DROP\n"));
	refuse(t, "-P INPUT REJECT", "1:10: -P REJECT: a policy is ACCEPT or DROP");
	refuse(t, "-P nope DROP", "1:4: -P nope: only built-in chains");
	refuse(t, "-P INPUT", "1:1: -P: needs a chain and a policy");
}

static void test_edit_failed_command_changes_nothing(void **state)
{
	struct test_rules *t = *state;
	char before[4096];

	run(t, "-N a", "-A INPUT -p tcp", NULL);
	snprintf(before, sizeof(before), "%.4000s", test_print(t, true));
	refuse(t, "-D INPUT -s 0/0,1.1.1.1 -p tcp", "1:4: -D INPUT: the chain has no such rule");
	refuse(t, "-A INPUT -p tcp -m limit --limit 3/day", "1:34: limit: this rate with a burst of 5");
	refuse(t, "-A INPUT -j CT --notrack", "1:13: CT: cannot stand in table filter");
	assert_string_equal(test_print(t, true), before);
}

static void test_edit_wrong_commands_say_where_and_why(void **state)
{
	struct test_rules *t = *state;

	refuse(t, "-A INPUT -m conntrack --ctstate ESTABLISH,FOO",
	       "1:33: --ctstate: \"FOO\" is not a state (INVALID NEW RELATED ESTABLISHED UNTRACKED SNAT DNAT)");
	refuse(t, "-A INPUT -m contrack --ctstate NEW", "1:13: contrack: no such match over IPv4; did you mean conntrack, ");
	refuse(t, "-A INPUT -m ipvs --ipvs", "1:13: ipvs: this match is not there yet");
	refuse(t, "-A INPUT -j ULOG --ulog-nlgroup 1", "1:13: ULOG: this target is gone; NFLOG does its work today");
	refuse(t, "-A INPUT -j MASQUERADE", "1:13: MASQUERADE: cannot stand in table filter");
	refuse(t, "-A INPUT -j nope", "1:13: nope: no such target, and table filter has no chain");
	refuse(t, "-A INPUT --dport 80 -p tcp", "1:10: --dport: no such option here");
	refuse(t, "-A INPUT -p tcp --dprt 80", "1:17: --dprt: no such option here; did you mean --dport?");
	refuse(t, "-A INPUT -p tcp --s 80", "1:17: --s: could be several options");
	refuse(t, "-A INPUT -p tcp --dport", "1:17: --dport: needs a port");
	refuse(t, "-A INPUT -s", "1:10: --source: needs an argument");
	refuse(t, "-A INPUT ! -j DROP", "1:12: !: --jump cannot be negated");
	refuse(t, "-A INPUT -p tcp !", "1:17: !: nothing to negate follows");
	refuse(t, "-A INPUT DROP", "1:10: \"DROP\": not an option");
	refuse(t, "-A INPUT -o eth0", "1:1: -o: packets in INPUT");
	refuse(t, "-A FORWARD -A INPUT", "1:12: -A: the command is already -A");
	refuse(t, "-s 1.2.3.4", "1:1: no command");
	refuse(t, "-A nope", "1:4: -A nope: table filter has no such chain");
	refuse(t, "-t nope -A INPUT", "1:4: --table: \"nope\" is not a table");
	refuse(t, "-F INPUT -p tcp", "1:1: -F: takes no options that describe a rule");
	refuse(t, "-A INPUT -i eth0 -i eth1", "1:18: --in-interface: given twice");
	refuse(t, "-A INPUT -q", "1:10: -q: no such option");
}

static void test_edit_two_errors_of_one_command_are_both_said(void **state)
{
	struct test_rules *t = *state;

	refuse(t, "-A INPUT -s 1.2.3.400 -p xyz", "1:26: --protocol: \"xyz\" is not a protocol");
	assert_int_equal(ph_diags_errors(t->load.diags), 2);
}

static void test_edit_unknown_helper_lists_those_there_are(void **state)
{
	struct test_rules *t = *state;
	char text[1024];

	refuse(t, "-t raw -A PREROUTING -p tcp -j CT --helper fpt", "1:44: CT: no helper \"fpt\" for tcp over IPv4; there are: ");
	test_diag(t, 0, text, sizeof(text));
	assert_non_null(strstr(text, " ftp"));
	assert_null(strstr(text, "tftp"));
	refuse(t, "-t raw -A PREROUTING -j CT --helper ftp", "1:37: CT: --helper needs -p in the same rule");
}

static void test_edit_hooks_are_checked_through_user_chains(void **state)
{
	struct test_rules *t = *state;
	char text[1024];

	run(t, "-t mangle -N pre", "-t mangle -A pre -m mark --mark 1", "-t mangle -A INPUT -j pre", NULL);
	t->load.lenient = true;
	refuse(t, "-t mangle -A INPUT -m rpfilter", "1:1: rpfilter: cannot stand in chain INPUT");
	run(t, "-t mangle -A pre -m rpfilter", NULL);
	assert_int_equal(ph_ruleset_finish(t->rules, &t->load), PH_INVALID);
	test_diag(t, ph_diags_count(t->load.diags) - 1, text, sizeof(text));
	assert_string_equal(text, "1:1: rpfilter: cannot stand in chain pre; only in PREROUTING and chains called from there");
}

static void test_edit_loops_are_refused(void **state)
{
	struct test_rules *t = *state;
	char text[1024];

	run(t, "-N a", "-N b", "-N c", "-A a -j b", "-A b -g c", "-A c -j a", NULL);
	/* Nothing reaches the loop. */
	assert_int_equal(ph_ruleset_finish(t->rules, &t->load), PH_OK);
	/* And no packet comes here. */
	run(t, "-A FORWARD -j ACCEPT", "-A FORWARD -j b", NULL);
	assert_int_equal(ph_ruleset_finish(t->rules, &t->load), PH_OK);
	run(t, "-R FORWARD 1 -p tcp -j ACCEPT", NULL);
	assert_int_equal(ph_ruleset_finish(t->rules, &t->load), PH_INVALID);
	test_diag(t, 0, text, sizeof(text));
	assert_string_equal(text, "1:9: b: this jump makes a loop");
}

static void test_edit_nat_targets_warn_once_each(void **state)
{
	struct test_rules *t = *state;

	run(t, "-t nat -A POSTROUTING -o eth0 -j MASQUERADE", "-t nat -A POSTROUTING -j MASQUERADE",
	    "-t nat -A PREROUTING -j DNAT --to-destination 1.1.1.1", "-t nat -N x", "-t nat -A x -j LOG", NULL);
	assert_int_equal(ph_ruleset_finish(t->rules, &t->load), PH_OK);
	assert_int_equal(ph_ruleset_finish(t->rules, &t->load), PH_OK);
	assert_int_equal(ph_diags_count(t->load.diags), 2);
	assert_int_equal(ph_diags_errors(t->load.diags), 0);
	assert_non_null(strstr(ph_diags_get(t->load.diags, 0)->text, "DNAT: is not applied yet"));
	assert_non_null(strstr(ph_diags_get(t->load.diags, 1)->text, "MASQUERADE: is not applied yet"));
}

static void test_edit_nat_table_refuses_to_drop(void **state)
{
	struct test_rules *t = *state;

	refuse(t, "-t nat -A PREROUTING -j DROP", "1:8: DROP: table nat says where packets go, not whether; drop in table filter");
	refuse(t, "-t nat -P OUTPUT DROP", "1:18: -P OUTPUT DROP: table nat says where packets go");
	run(t, "-t nat -P OUTPUT ACCEPT", NULL);
}

static void test_edit_nat_target_in_chain_of_other_hook_is_refused(void **state)
{
	struct test_rules *t = *state;

	run(t, "-t nat -N x", "-t nat -A x -j DNAT --to-destination 1.1.1.1", "-t nat -A PREROUTING -j x", NULL);
	assert_int_equal(ph_ruleset_finish(t->rules, &t->load), PH_OK);
	run(t, "-t nat -A POSTROUTING -j x", NULL);
	assert_int_equal(ph_ruleset_finish(t->rules, &t->load), PH_INVALID);
}

static enum ph_status restore(struct test_rules *t, const char *text)
{
	return ph_iptables_restore(t->rules, &t->load, text, strlen(text));
}

static void test_restore_reads_what_people_and_programs_write(void **state)
{
	struct test_rules *t = *state;

	assert_int_equal(restore(t,
		"# Generated by iptables-save v1.8.9\n*nat\n:PREROUTING ACCEPT [0:0]\n-A POSTROUTING -j MASQUERADE\nCOMMIT\n"
		"*filter\n:INPUT DROP [10:20]\n:FORWARD ACCEPT\n\n# a remark\n:mine - [0:0]\n"
		"[3:4] -A INPUT -m comment --comment \"a \\\"b\\\" c\" -j mine\n"
		"-A mine  -m comment --comment 'x y' \t-j LOG --log-prefix \"p \"  \n"
		"-6 -A INPUT -s ::1\n-4 -A INPUT -s 9.9.9.9\n-I FORWARD -p tcp\n-N two\n-P OUTPUT DROP\nCOMMIT\n"), PH_OK);
	assert_filter(t, ":INPUT DROP [10:20]\n:FORWARD ACCEPT [0:0]\n:OUTPUT DROP [0:0]\n:mine - [0:0]\n:two - [0:0]\n"
	              "-A INPUT -m comment --comment \"a \\\"b\\\" c\" -j mine\n-A INPUT -s 9.9.9.9/32\n-A FORWARD -p tcp\n"
	              "-A mine -m comment --comment \"x y\" -j LOG --log-prefix \"p \"\n");
	assert_non_null(strstr(test_print(t, true), "[3:4] -A INPUT -m comment"));
	assert_int_equal(ph_diags_count(t->load.diags), 0);
	assert_non_null(strstr(t->text, "[0:0] -A POSTROUTING -j MASQUERADE\n"));
}

static void test_restore_chain_named_like_a_target_is_the_chain(void **state)
{
	struct test_rules *t = *state;
	static const char file[] = "*filter\n:AUDIT - [0:0]\n:ULOG - [0:0]\n-A INPUT -j AUDIT\n-A INPUT -j ULOG\nCOMMIT\n";

	assert_int_equal(restore(t, file), PH_OK);
	assert_int_equal(ph_ruleset_finish(t->rules, &t->load), PH_OK);
	assert_int_equal(ph_diags_count(t->load.diags), 0);
	assert_non_null(strstr(test_print(t, false), "-A INPUT -j AUDIT\n-A INPUT -j ULOG\n"));
	refuse(t, "-N TTL", "1:4: -N TTL: it is the name of a target");
	assert_int_equal(restore(t, "*filter\n:ACCEPT - [0:0]\nCOMMIT\n"), PH_INVALID);
}

static void test_restore_own_print_reads_back_the_same(void **state)
{
	struct test_rules *t = *state, *again = malloc(sizeof(*again));

	assert_non_null(again);
	test_rules_init(again, PH_IPV4);
	run(t, "-N x", "-A INPUT -c 1 2 -s 10.0.0.0/8 ! -i lo -p tcp -m multiport --dports 1,2:3 -m comment --comment \"it's \\\\ 5\" -j x",
	    "-t raw -A PREROUTING -p tcp --dport 2121 -j CT --helper ftp --ctevents new", "-P FORWARD DROP", NULL);
	test_print(t, true);
	assert_int_equal(restore(again, t->text), PH_OK);
	assert_string_equal(test_print(again, true), t->text);
	test_rules_fini(again);
	free(again);
}

static void test_restore_replaces_the_table_and_says_so(void **state)
{
	struct test_rules *t = *state;

	run(t, "-N old", "-A INPUT -j old", "-P INPUT DROP", NULL);
	assert_int_equal(restore(t, "*filter\n-A FORWARD -p tcp\nCOMMIT\n"), PH_OK);
	assert_filter(t, ":INPUT DROP [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n-A FORWARD -p tcp\n");
	assert_int_equal(ph_diags_count(t->load.diags), 1);
	assert_int_equal(ph_diags_errors(t->load.diags), 0);
	t->load.no_flush = true;
	assert_int_equal(restore(t, "*filter\n-A FORWARD -p udp\nCOMMIT\n"), PH_OK);
	assert_non_null(strstr(test_print(t, false), "-A FORWARD -p tcp\n-A FORWARD -p udp\n"));
}

static void test_restore_all_errors_are_found(void **state)
{
	static const char *const want[] = {
		"1:1: line: before any *table line",
		"3:2: :CHAIN: the table has no built-in chain of that name; a chain of one's own has the policy -",
		"4:13: nope: no such match over IPv4",
		"5:32: --dport: \"x\" is not a port",
		"7:33: quote: it is not closed on this line",
		"8:10: -t: the table is that of the *TABLE line above",
		"10:1: *raww: no such table",
		"12:1: COMMIT: missing at the end of this table",
	};
	struct test_rules *t = *state;
	char text[1024];

	assert_int_equal(restore(t,
		"-A INPUT\n*filter\n:NOPE DROP [0:0]\n-A INPUT -m nope --x y\n-A INPUT -p tcp -m tcp --dport x\n-A INPUT -p udp\n"
		"-A INPUT -m comment  --comment  \"open\n-A INPUT -t raw\nCOMMIT\n*raww\nCOMMIT\n*mangle\n"), PH_INVALID);
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		test_diag(t, i, text, sizeof(text));
		if (strncmp(text, want[i], strlen(want[i])) != 0)
			fail_msg("%zu: %s, wanted %s", i, text, want[i]);
	}
	assert_int_equal(ph_diags_errors(t->load.diags), 8);
}

static void test_restore_jump_to_missing_chain_is_found_at_the_end(void **state)
{
	struct test_rules *t = *state;
	char text[1024];

	assert_int_equal(restore(t, "*filter\n:later - [0:0]\n-A INPUT -j accept\n-A INPUT -j later\n-A INPUT -j FORWARD\nCOMMIT\n"), PH_OK);
	assert_int_equal(ph_ruleset_finish(t->rules, &t->load), PH_INVALID);
	test_diag(t, 0, text, sizeof(text));
	assert_string_equal(text, "3:13: accept: no such target, and this table has no chain of that name; did you mean ACCEPT");
	test_diag(t, 1, text, sizeof(text));
	assert_string_equal(text, "5:13: FORWARD: a built-in chain cannot be jumped to");
}

static const char whole[] =
	"*raw\n:PREROUTING ACCEPT [0:0]\n[1:2] -A PREROUTING -d 1.2.3.4/32 -p tcp -m tcp --dport 2121 -j CT --helper ftp\nCOMMIT\n"
	"*filter\n:FORWARD DROP [3:4]\n:x - [0:0]\n-A FORWARD -p tcp -m conntrack --ctstate RELATED --ctorigsrcport 1:2 -m helper "
	"--helper \"Q.931\" -m tcp --tcp-flags SYN,ACK SYN -j x\n-A x ! -s 10.0.0.0/255.0.255.0 -m limit --limit 3/min -m multiport "
	"-p udp\n-A x -m mark --mark 0x1/0xff -j LOG --log-prefix \"a \\\" b\" --log-level=debug\nCOMMIT\n";

static void visit_cut(void *arg, uint8_t *copy, size_t len)
{
	struct test_rules *t = malloc(sizeof(*t));

	(void)arg;
	assert_non_null(t);
	test_rules_init(t, PH_IPV4);
	if (ph_iptables_restore(t->rules, &t->load, (const char *)copy, len) == PH_OK)
		assert_int_equal(ph_diags_errors(t->load.diags), 0);
	else
		assert_true(ph_diags_errors(t->load.diags) > 0);
	if (ph_ruleset_finish(t->rules, &t->load) == PH_OK)
		test_print(t, true);
	test_rules_fini(t);
	free(t);
}

static void test_restore_cut_anywhere_stays_in_bounds(void **state)
{
	(void)state;
	each_cut(whole, strlen(whole), visit_cut, NULL);
}

#define T(name) cmocka_unit_test_setup_teardown(test_##name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(edit_untouched_prints_nothing), T(edit_insert_places_rules),
		T(edit_insert_several_addresses_turns_them_round), T(edit_delete_by_number_and_specification),
		T(edit_replace_needs_one_rule_and_a_number), T(edit_chains_are_made_renamed_deleted),
		T(edit_policies_and_counters_are_set_and_zeroed), T(edit_failed_command_changes_nothing),
		T(edit_wrong_commands_say_where_and_why), T(edit_two_errors_of_one_command_are_both_said),
		T(edit_unknown_helper_lists_those_there_are), T(edit_hooks_are_checked_through_user_chains),
		T(edit_loops_are_refused), T(edit_nat_targets_warn_once_each),
		T(edit_nat_table_refuses_to_drop), T(edit_nat_target_in_chain_of_other_hook_is_refused),
		T(restore_reads_what_people_and_programs_write), T(restore_own_print_reads_back_the_same),
		T(restore_replaces_the_table_and_says_so), T(restore_chain_named_like_a_target_is_the_chain), T(restore_all_errors_are_found),
		T(restore_jump_to_missing_chain_is_found_at_the_end), T(restore_cut_anywhere_stays_in_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
