/* Policies as people write them: the blocks of tests/vectors/policy/ *.vec are loaded and their directives checked.
 *
 *   @values              what follows is loaded before each block of the file (one at its head)
 *   @block TITLE         a policy of its own begins; its lines count from 1
 *   @lenient  @name FILE  @family 4|6      how it is loaded
 *   @advise              the complaints are those of ph_policy_advise; loading must succeed, warnings of it are ignored
 *   @error LINE:COL TEXT  @warning LINE:COL TEXT   all complaints, each kind in order; the text is part of the message
 *   @cmd L:C[WORD]...    the next command the lexer gives
 *   @prints4 LINE  @prints6 LINE     that line is in what is printed back
 *   @sysctl KEY N  @option HELPER OPTION N  @conf IFACE KEY N  @helper NAME PROTO  @no-helper NAME PROTO
 *   @ifaces NAME...  @route ADDR TYPE IFACE [VIA]  @legs ADDR (IFACE VIA)...  (-: none)  @no-topology  @has-rules 4|6|both|none
 *
 * A complaint that no directive names fails the block. Every block is also loaded cut at every byte, its end against
 * an unreadable page. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "rule/policy.h"
#include "rule/text/shell.h"
#include "support/support.h"

#define TEXT_SIZE 8192
#define MAX_CHECKS 64

struct block {
	const char *file;
	char title[128], name[64];
	char values[1024], text[TEXT_SIZE];
	const char *check[MAX_CHECKS];
	size_t n_checks;
	struct ph_policy_source source;
	unsigned checked;
	bool advise;
};

/* What a test asserts with, so that a failure names its block. */
#define CHECK(block, condition, ...) \
	do { \
		if (!(condition)) { \
			print_error("%s: %s: ", (block)->file, (block)->title); \
			print_error(__VA_ARGS__); \
			print_error("\n"); \
			fail(); \
		} \
	} while (0)

static enum ph_status load(struct ph_policy *policy, const struct block *b, const char *text, size_t len, struct ph_diags *diags)
{
	struct ph_policy_source values = { .name = "values" };
	enum ph_status status;

	assert_int_equal(ph_policy_load(policy, &values, b->values, strlen(b->values), diags), PH_OK);
	status = ph_policy_load(policy, &b->source, text, len, diags);
	if (ph_policy_finish(policy, diags) != PH_OK)
		status = PH_INVALID;
	return status;
}

/* The same, with the complaints that the block is about. */
static enum ph_status load_or_advise(struct ph_policy *policy, const struct block *b, const char *text, size_t len,
                                     struct ph_diags *diags)
{
	struct ph_diags *ignored;
	enum ph_status status;

	if (!b->advise)
		return load(policy, b, text, len, diags);
	ignored = ph_diags_new();
	status = load(policy, b, text, len, ignored);
	if (status == PH_OK)
		assert_int_equal(ph_policy_advise(policy, diags), PH_OK);
	ph_diags_free(ignored);
	return status;
}

/* --- one function for each directive; rest: what follows its name --- */

struct run {
	struct block *block;
	struct ph_policy *policy;
	struct ph_diags *diags;
	size_t next[2];                 /* complaints seen, by severity */
	struct ph_shell shell;
	char printed[2][TEXT_SIZE];
};

static const struct ph_diag *next_diag(struct run *run, enum ph_severity severity)
{
	const struct ph_diag *diag;

	while ((diag = ph_diags_get(run->diags, run->next[severity]++)))
		if (diag->severity == severity)
			return diag;
	return NULL;
}

static void check_diag(struct run *run, enum ph_severity severity, const char *rest)
{
	const struct ph_diag *diag = next_diag(run, severity);
	char place[32];
	int n;

	CHECK(run->block, diag, "not complained about: %s", rest);
	n = snprintf(place, sizeof(place), "%u:%u ", diag->line, diag->column);
	CHECK(run->block, strncmp(rest, place, (size_t)n) == 0 && strstr(diag->text, rest + n), "wanted %s, got %u:%u %s", rest,
	      diag->line, diag->column, diag->text);
}

static void check_error(struct run *run, const char *rest)
{
	check_diag(run, PH_ERROR, rest);
}

static void check_warning(struct run *run, const char *rest)
{
	check_diag(run, PH_WARNING, rest);
}

static void check_cmd(struct run *run, const char *rest)
{
	char got[1024] = "";
	struct ph_shell_cmd cmd;

	CHECK(run->block, ph_shell_next(&run->shell, &cmd), "no command where %s should be", rest);
	for (size_t i = 0; i < cmd.n; i++) {
		size_t len = strlen(got);

		assert_int_equal(strlen(cmd.word[i].text), cmd.word[i].len);
		snprintf(got + len, sizeof(got) - len, "%s%u:%u%s[%s]", i ? " " : "", cmd.word[i].line, cmd.word[i].column,
		         cmd.word[i].quoted ? "q" : "", cmd.word[i].text);
	}
	CHECK(run->block, strcmp(got, rest) == 0, "wanted %s, got %s", rest, got);
}

static void check_prints(struct run *run, unsigned family, const char *rest)
{
	char line[512];

	snprintf(line, sizeof(line), "\n%s\n", rest);
	CHECK(run->block, strstr(run->printed[family], line), "does not print %s but %s", rest, run->printed[family]);
}

static void check_prints4(struct run *run, const char *rest)
{
	check_prints(run, 0, rest);
}

static void check_prints6(struct run *run, const char *rest)
{
	check_prints(run, 1, rest);
}

/* The next word of rest, copied out. */
static const char *word(const char **rest, char out[64])
{
	size_t len = strcspn(*rest, " ");

	assert_true(len > 0 && len < 64);
	memcpy(out, *rest, len);
	out[len] = '\0';
	*rest += len + strspn(*rest + len, " ");
	return out;
}

static unsigned long number(const char **rest)
{
	char text[64];

	return strtoul(word(rest, text), NULL, 10);
}

static void check_sysctl(struct run *run, const char *rest)
{
	char key[80] = "nf_conntrack_", name[64];
	uint32_t value;

	strncat(key, word(&rest, name), sizeof(key) - strlen(key) - 1);
	for (const struct ph_track_sysctl *s = ph_track_sysctls; s->name; s++) {
		if (strcmp(s->name, key) != 0)
			continue;
		memcpy(&value, (const char *)&run->policy->track + s->offset, sizeof(value));
		CHECK(run->block, value == number(&rest), "%s is %u", key, value);
		return;
	}
	CHECK(run->block, false, "no sysctl %s", key);
}

static void check_option(struct run *run, const char *rest)
{
	char helper[64], option[64];
	struct ph_helper_info info;

	word(&rest, helper);
	word(&rest, option);
	for (size_t i = 0; ph_helper_get(run->policy, i, &info); i++)
		for (size_t k = 0; strcmp(info.name, helper) == 0 && k < info.n_options; k++)
			if (strcmp(info.option[k].name, option) == 0) {
				CHECK(run->block, info.option[k].value == number(&rest), "%s is %u", option, info.option[k].value);
				return;
			}
	CHECK(run->block, false, "no option %s of %s", option, helper);
}

static void check_conf(struct run *run, const char *rest)
{
	static const char *const keys[PH_CONF_KEYS] = { "rp_filter", "src_valid_mark", "accept_local", "route_localnet" };
	char iface[64], key[64];
	unsigned k = 0;

	word(&rest, iface);
	word(&rest, key);
	while (k < PH_CONF_KEYS && strcmp(keys[k], key) != 0)
		k++;
	assert_true(k < PH_CONF_KEYS);
	CHECK(run->block, ph_policy_conf(run->policy, iface, k) == number(&rest), "%s of %s is %u", key, iface,
	      ph_policy_conf(run->policy, iface, k));
}

static bool has_helper(struct run *run, const char *rest)
{
	char name[64], proto[64];

	word(&rest, name);
	word(&rest, proto);
	return ph_helper_find(&run->policy->helpers, name, PH_IPV4, strcmp(proto, "tcp") == 0 ? PH_PROTO_TCP : PH_PROTO_UDP) !=
	       PH_HELPER_NONE;
}

static void check_helper(struct run *run, const char *rest)
{
	CHECK(run->block, has_helper(run, rest), "no helper %s", rest);
}

static void check_no_helper(struct run *run, const char *rest)
{
	CHECK(run->block, !has_helper(run, rest), "there is a helper %s", rest);
}

static void check_ifaces(struct run *run, const char *rest)
{
	size_t n = 0;
	char name[64];

	for (; *rest; n++) {
		const char *got = ph_policy_iface_name(run->policy, n);

		word(&rest, name);
		CHECK(run->block, got && strcmp(got, name) == 0, "interface %zu is %s, not %s", n, got ? got : "none", name);
		assert_int_equal(ph_policy_iface_find(run->policy, name), n);
	}
	CHECK(run->block, ph_policy_iface_count(run->policy) == n, "more than %zu interfaces", n);
}

static struct ph_addr addr_of(const char *text, uint8_t *family)
{
	struct ph_addr addr;

	*family = strchr(text, ':') ? PH_IPV6 : PH_IPV4;
	assert_true(ph_addr_parse(*family, text, strlen(text), &addr));
	return addr;
}

static void check_route(struct run *run, const char *rest)
{
	static const char *const types[] = { "none", "unicast", "local", "broadcast", "multicast", "blackhole", "unreachable",
	                                     "prohibit", "anycast" };
	char text[64], type[64], iface[64];
	struct ph_addr addr, via = { 0 };
	struct ph_route_hop hop;
	uint8_t family;

	addr = addr_of(word(&rest, text), &family);
	word(&rest, type);
	word(&rest, iface);
	ph_route_lookup(run->policy->route, family, &addr, &hop);
	CHECK(run->block, strcmp(types[hop.type], type) == 0, "%s is %s, not %s", text, types[hop.type], type);
	if (strcmp(iface, "-") == 0)
		CHECK(run->block, hop.iface == PH_NO_IFACE, "%s leads somewhere", text);
	else
		CHECK(run->block, hop.iface == ph_policy_iface_find(run->policy, iface), "%s does not lead to %s", text, iface);
	if (*rest)
		via = addr_of(rest, &family);
	CHECK(run->block, memcmp(&via, &hop.via, sizeof(via)) == 0, "%s has another gateway", text);
}

/* All next hops, in order. */
static void check_legs(struct run *run, const char *rest)
{
	struct ph_route_hop leg[PH_ROUTE_LEGS];
	char text[64], iface[64], gateway[64];
	uint8_t family, family_via;
	struct ph_addr addr = addr_of(word(&rest, text), &family);
	size_t n = ph_route_legs(run->policy->route, family, &addr, leg), i = 0;

	for (; *rest; i++) {
		struct ph_addr via = { 0 };

		word(&rest, iface);
		if (strcmp(word(&rest, gateway), "-") != 0)
			via = addr_of(gateway, &family_via);
		CHECK(run->block, i < n, "%s has %zu next hops", text, n);
		CHECK(run->block, leg[i].iface == ph_policy_iface_find(run->policy, iface), "%s does not lead to %s", text, iface);
		CHECK(run->block, memcmp(&via, &leg[i].via, sizeof(via)) == 0, "%s has another gateway than %s", text, gateway);
	}
	CHECK(run->block, i == n, "%s has %zu next hops", text, n);
}

static void check_no_topology(struct run *run, const char *rest)
{
	(void)rest;
	CHECK(run->block, !ph_policy_has_topology(run->policy), "there is a topology");
}

static void check_has_rules(struct run *run, const char *rest)
{
	bool v4 = strcmp(rest, "4") == 0 || strcmp(rest, "both") == 0, v6 = strcmp(rest, "6") == 0 || strcmp(rest, "both") == 0;

	CHECK(run->block, ph_policy_has_rules(run->policy, PH_IPV4) == v4, "IPv4 rules: not %s", rest);
	CHECK(run->block, ph_policy_has_rules(run->policy, PH_IPV6) == v6, "IPv6 rules: not %s", rest);
}

static const struct {
	const char *name;
	void (*check)(struct run *run, const char *rest);
} directives[] = {
	{ "error", check_error },
	{ "warning", check_warning },
	{ "cmd", check_cmd },
	{ "prints4", check_prints4 },
	{ "prints6", check_prints6 },
	{ "sysctl", check_sysctl },
	{ "option", check_option },
	{ "conf", check_conf },
	{ "helper", check_helper },
	{ "no-helper", check_no_helper },
	{ "ifaces", check_ifaces },
	{ "route", check_route },
	{ "legs", check_legs },
	{ "no-topology", check_no_topology },
	{ "has-rules", check_has_rules },
};

static void check_one(struct run *run, const char *directive)
{
	size_t len = strcspn(directive, " ");

	for (size_t i = 0; i < sizeof(directives) / sizeof(*directives); i++)
		if (strlen(directives[i].name) == len && memcmp(directives[i].name, directive, len) == 0) {
			directives[i].check(run, directive + len + strspn(directive + len, " "));
			run->block->checked++;
			return;
		}
	CHECK(run->block, false, "no directive @%s", directive);
}

/* --- running a block --- */

static void append(void *arg, const char *text, size_t len)
{
	char *out = arg;
	size_t have = strlen(out);

	assert_true(have + len < TEXT_SIZE);
	memcpy(out + have, text, len);
	out[have + len] = '\0';
}

static void load_cut(void *arg, uint8_t *copy, size_t len)
{
	struct ph_policy *policy = ph_policy_new();
	struct ph_diags *diags = ph_diags_new();

	(void)(load_or_advise(policy, arg, (const char *)copy, len, diags) == PH_OK);
	ph_diags_free(diags);
	ph_policy_free(policy);
}

/* The lexer once more by itself: its complaints were seen already. */
static void with_shell(struct run *run)
{
	struct ph_diags *ignored = ph_diags_new();
	struct ph_rule_load rules = { .file = "again", .diags = ignored };
	struct ph_vars vars = { 0 };

	assert_true(ph_shell_init(&run->shell, &rules, run->block->text, strlen(run->block->text), &vars));
	for (size_t i = 0; i < run->block->n_checks; i++)
		check_one(run, run->block->check[i]);
	ph_shell_fini(&run->shell);
	ph_vars_fini(&vars);
	ph_diags_free(ignored);
}

static void run_block(struct block *b)
{
	static struct run run;
	const struct ph_diag *diag;
	enum ph_status status;
	bool wants_error = false;

	run = (struct run){ .block = b, .policy = ph_policy_new(), .diags = ph_diags_new() };
	b->source.name = b->name;
	for (size_t i = 0; i < b->n_checks; i++)
		wants_error = wants_error || strncmp(b->check[i], "error ", 6) == 0;
	status = load_or_advise(run.policy, b, b->text, strlen(b->text), run.diags);
	for (unsigned f = 0; f < 2; f++) {
		run.printed[f][0] = '\n';
		ph_policy_print(run.policy, f ? PH_IPV6 : PH_IPV4, false, (struct ph_sink){ append, run.printed[f] });
	}
	with_shell(&run);
	for (int s = PH_ERROR; s <= PH_WARNING; s++) {
		diag = next_diag(&run, (enum ph_severity)s);
		CHECK(b, !diag, "also complained: %u:%u %s", diag->line, diag->column, diag->text);
	}
	CHECK(b, (status == PH_OK) != wants_error, "status: %s", ph_status_text(status));
	ph_diags_free(run.diags);
	ph_policy_free(run.policy);
	each_cut(b->text, strlen(b->text), load_cut, b);
}

/* --- reading the file --- */

static void setting(struct block *b, char *line)
{
	if (strcmp(line, "@lenient") == 0) {
		b->source.lenient = true;
	} else if (strcmp(line, "@advise") == 0) {
		b->advise = true;
	} else if (strncmp(line, "@name ", 6) == 0) {
		snprintf(b->name, sizeof(b->name), "%s", line + 6);
	} else if (strncmp(line, "@family ", 8) == 0) {
		b->source.family = line[8] == '6' ? PH_IPV6 : PH_IPV4;
	} else {
		assert_true(b->n_checks < MAX_CHECKS);
		b->check[b->n_checks++] = line + 1;
	}
}

static void new_block(struct block *b, const char *title)
{
	b->title[0] = b->text[0] = '\0';
	b->n_checks = 0;
	b->advise = false;
	b->source = (struct ph_policy_source){ 0 };
	snprintf(b->title, sizeof(b->title), "%s", title);
	snprintf(b->name, sizeof(b->name), "test.policy");
}

static void run_file(const char *path, unsigned blocks, unsigned checks)
{
	static struct block b;
	size_t len;
	char *text = (char *)file_bytes(path, &len), *line = text, *end;
	unsigned n = 0;

	b = (struct block){ .file = path };
	for (; line < text + len; line = end + 1) {
		end = memchr(line, '\n', (size_t)(text + len - line));
		assert_non_null(end);
		*end = '\0';
		if (strncmp(line, "@block ", 7) == 0) {
			if (n++ > 0)
				run_block(&b);
			new_block(&b, line + 7);
		} else if (line[0] == '@' && strcmp(line, "@values") != 0) {
			setting(&b, line);
		} else if (line[0] != '@' && (n > 0 || line[0] != '#') && b.n_checks == 0) {
			*end = '\n';
			append(n > 0 ? b.text : b.values, line, (size_t)(end + 1 - line));
			*end = '\0';
		}
	}
	run_block(&b);
	free(text);
	assert_int_equal(n, blocks);
	assert_int_equal(b.checked, checks);
}

static void test_policy_guide_does_what_it_says(void **state)
{
	(void)state;
	run_file("tests/vectors/policy/guide.vec", 19, 41);
}

static void test_policy_shell_words_are_a_shells(void **state)
{
	(void)state;
	run_file("tests/vectors/policy/shell.vec", 24, 79);
}

static void test_policy_settings_take_effect(void **state)
{
	(void)state;
	run_file("tests/vectors/policy/settings.vec", 11, 90);
}

static void test_policy_network_is_what_ip_makes(void **state)
{
	(void)state;
	run_file("tests/vectors/policy/network.vec", 16, 122);
}

static void test_policy_forms_are_told_apart(void **state)
{
	(void)state;
	run_file("tests/vectors/policy/forms.vec", 13, 20);
}

static void test_policy_sets_are_those_of_ipset(void **state)
{
	(void)state;
	run_file("tests/vectors/policy/ipset.vec", 8, 46);
}

static void test_policy_advice_names_what_is_open(void **state)
{
	(void)state;
	run_file("tests/vectors/policy/advice.vec", 55, 47);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_policy_guide_does_what_it_says),
		cmocka_unit_test(test_policy_shell_words_are_a_shells),
		cmocka_unit_test(test_policy_settings_take_effect),
		cmocka_unit_test(test_policy_network_is_what_ip_makes),
		cmocka_unit_test(test_policy_forms_are_told_apart),
		cmocka_unit_test(test_policy_sets_are_those_of_ipset),
		cmocka_unit_test(test_policy_advice_names_what_is_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
