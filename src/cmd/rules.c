/* Rules that send packets to the queues. See rules.h.
 *
 * The machine's rules are read as iptables-save prints them, which is how ours are told from others': a rule is ours if it is, to the
 * letter, one that an instance of pinhole would have made. */
#include "cmd/rules.h"

#include "cmd/program.h"

#include <string.h>
#include <unistd.h>

#define CHAIN "PINHOLE"
#define JUMP "-m comment --comment pinhole -j " CHAIN
#define QUEUE "-m comment --comment pinhole -j NFQUEUE "
#define TRIES 3         /* another program may change the table between reading and writing */

static const char *const hooks[] = { "INPUT", "FORWARD", "OUTPUT" };

#define N_HOOKS (sizeof(hooks) / sizeof(hooks[0]))

struct family {
	const char *name, *tool;
	const char *proof;      /* a file that is there if the kernel has it; NULL: it has */
};

static const struct family families[] = { { "IPv4", "iptables", NULL }, { "IPv6", "ip6tables", "/proc/net/if_inet6" } };

#define N_FAMILIES (sizeof(families) / sizeof(families[0]))

/* What there is of ours in one family's table, and of others next to it. */
struct found {
	bool chain;
	size_t ours;                    /* rules */
	size_t foreign_jumps;           /* rules of others that lead to our chain */
	size_t foreign_rules;           /* rules of others in our chain */
	size_t behind;                  /* rules of others in the three chains, which accepted packets will not reach */
	size_t other_queues;            /* of ours in our chain, those that lead elsewhere than was asked about */
	struct cmd_text undo;           /* a line "-D CHAIN ..." for each jump of ours */
};

static bool family_missing(const struct family *family)
{
	return family->proof && access(family->proof, F_OK) != 0;
}

static void add_target(const struct rules *rules, struct cmd_text *t)
{
	if (rules->n > 1)
		cmd_text_format(t, "NFQUEUE --queue-balance %u:%u", rules->first, rules->first + rules->n - 1U);
	else
		cmd_text_format(t, "NFQUEUE --queue-num %u", rules->first);
	cmd_text_add(t, rules->bypass ? " --queue-bypass\n" : "\n");
}

static void add_table(const struct rules *rules, struct cmd_text *t)
{
	cmd_text_add(t, "table inet pinhole {\n");
	for (size_t i = 0; i < N_HOOKS; i++) {
		static const char *const lower[N_HOOKS] = { "input", "forward", "output" };

		cmd_text_format(t, "\tchain %s {\n\t\ttype filter hook %s priority mangle; policy accept;\n\t\tqueue %sto %u", lower[i],
		                lower[i], rules->bypass ? "flags bypass " : "", rules->first);
		if (rules->n > 1)
			cmd_text_format(t, "-%u", rules->first + rules->n - 1U);
		cmd_text_add(t, "\n\t}\n");
	}
	cmd_text_add(t, "}\n");
}

void rules_print(const struct rules *rules, struct cmd_text *out)
{
	if (rules->form == RULES_NFT) {
		cmd_text_add(out, "nft -f - <<'END'\n");
		add_table(rules, out);
		cmd_text_add(out, "END\n");
		return;
	}
	for (size_t i = 0; i < N_FAMILIES; i++) {
		const char *tool = families[i].tool;

		cmd_text_format(out, "%s-legacy -w -t mangle -N " CHAIN "\n", tool);
		cmd_text_format(out, "%s-legacy -w -t mangle -A " CHAIN " -m comment --comment pinhole -j ", tool);
		add_target(rules, out);
		for (size_t j = 0; j < N_HOOKS; j++)
			cmd_text_format(out, "%s-legacy -w -t mangle -I %s " JUMP "\n", tool, hooks[j]);
	}
}

/* The first line of what a program complained about. */
static void complain(struct ph_diags *diags, const char *tool, const char *what, const struct program_result *got)
{
	const char *end = got->err.len ? memchr(got->err.at, '\n', got->err.len) : NULL;
	struct cmd_text line = { .at = NULL };

	cmd_text_bytes(&line, got->err.at, end ? (size_t)(end - got->err.at) : got->err.len);
	cmd_text_bytes(&line, "", 1);
	if (got->status == PROGRAM_NOT_FOUND)
		ph_diags_add(diags, PH_ERROR, NULL, 0, 0, "%s: there is no such program on this machine; install iptables", tool);
	else
		ph_diags_add(diags, PH_ERROR, NULL, 0, 0, "%s: %s: %s", tool, what, line.len > 1 ? line.at : "it did not end well");
	cmd_text_free(&line);
}

/* --- nftables --- */

static bool nft(const char *script, const struct rules *rules, bool check)
{
	const char *const argv[] = { "nft", check ? "-cf" : "-f", "-", NULL };
	struct cmd_text input = { .at = NULL };
	struct program_result got;
	bool good;

	cmd_text_add(&input, script);
	if (rules)
		add_table(rules, &input);
	program_run(argv, &input, &got);
	good = got.status == 0;
	program_result_free(&got);
	cmd_text_free(&input);
	return good;
}

enum rules_form rules_form(void)
{
	const struct rules trial = { .first = 0, .n = 2, .bypass = true };

	/* The check goes as far as the kernel, which says no to a statement it does not have. */
	return nft("", &trial, true) ? RULES_NFT : RULES_IPTABLES;
}

static bool nft_present(void)
{
	return nft("list table inet pinhole\n", NULL, false);
}

/* Is there a table, of an instance with other queues? Before nftables 1.0 the listing had "num" where it has "to". */
static bool nft_is_others(const struct rules *rules)
{
	struct program_result got;
	bool others = false;
	char queues[16];

	snprintf(queues, sizeof(queues), rules->n > 1 ? "%u-%u" : "%u", rules->first, rules->first + rules->n - 1U);
	program_run((const char *const[]){ "nft", "list", "table", "inet", "pinhole", NULL }, NULL, &got);
	cmd_text_bytes(&got.out, "", 1);
	for (const char *at = got.status == 0 ? got.out.at : ""; (at = strstr(at, "queue ")) != NULL; at++) {
		const char *number = strpbrk(at, "0123456789\n");
		size_t len = number ? strspn(number, "0123456789-") : 0;

		others |= len > 0 && (len != strlen(queues) || strncmp(number, queues, len) != 0);
	}
	program_result_free(&got);
	return others;
}

static enum ph_status nft_install(const struct rules *rules, struct ph_diags *diags)
{
	/* Declared first, so that the deletion finds a table whether or not there was one. */
	if (nft("table inet pinhole\ndelete table inet pinhole\n", rules, false))
		return PH_OK;
	ph_diags_add(diags, PH_ERROR, NULL, 0, 0, "nft: the kernel does not take table inet pinhole; does it have the queue statement?");
	return PH_IO;
}

static enum ph_status nft_remove(struct ph_diags *diags)
{
	if (!nft_present() || nft("delete table inet pinhole\n", NULL, false))
		return PH_OK;
	ph_diags_add(diags, PH_ERROR, NULL, 0, 0, "nft: table inet pinhole cannot be removed");
	return PH_IO;
}

/* --- iptables --- */

static bool is(const char *line, const char *text)
{
	return strcmp(line, text) == 0;
}

static bool starts(const char *line, const char *text)
{
	return strncmp(line, text, strlen(text)) == 0;
}

static bool ends(const char *line, const char *text)
{
	size_t n = strlen(line), m = strlen(text);

	return n >= m && is(line + n - m, text);
}

/* rule: behind "-A CHAIN ". */
static void look_at_rule(const char *chain, const char *rule, const char *target, struct found *found)
{
	if (is(chain, CHAIN)) {
		found->ours += starts(rule, QUEUE);
		found->other_queues += starts(rule, QUEUE) && target && !ends(rule, target);
		found->foreign_rules += !starts(rule, QUEUE);
		return;
	}
	if (is(rule, JUMP)) {
		found->ours++;
		cmd_text_format(&found->undo, "-D %s " JUMP "\n", chain);
		return;
	}
	if (ends(rule, " -j " CHAIN) || ends(rule, " -g " CHAIN) || is(rule, "-j " CHAIN) || is(rule, "-g " CHAIN))
		found->foreign_jumps++;
	for (size_t i = 0; i < N_HOOKS; i++)
		found->behind += is(chain, hooks[i]);
}

/* line: terminated, may be changed. */
static void look_at(char *line, const char *target, struct found *found)
{
	char *rule;

	if (starts(line, ":" CHAIN " "))
		found->chain = true;
	if (!starts(line, "-A "))
		return;
	rule = strchr(line + 3, ' ');
	if (!rule)
		return;
	*rule = '\0';
	look_at_rule(line + 3, rule + 1, target, found);
}

/* Runs TOOL-legacy-WHAT, or TOOL-WHAT where the names are not told apart. */
static void run_tool(const struct family *family, const char *what, const struct cmd_text *input, struct program_result *got)
{
	char name[64];

	snprintf(name, sizeof(name), "%s-legacy-%s", family->tool, what);
	if (!program_exists(name))
		snprintf(name, sizeof(name), "%s-%s", family->tool, what);
	if (input)
		program_run((const char *const[]){ name, "--noflush", "-w", "5", NULL }, input, got);
	else
		program_run((const char *const[]){ name, "-t", "mangle", NULL }, NULL, got);
}

/* Reads the family's table. target: how rules that send to our queues end, or NULL. out->undo is to be freed in any case. */
static enum ph_status find(const struct family *family, const char *target, struct found *out, struct ph_diags *diags)
{
	struct program_result got;
	enum ph_status status = PH_OK;
	char *line, *end;

	*out = (struct found){ .chain = false };
	run_tool(family, "save", NULL, &got);
	if (got.status != 0) {
		complain(diags, family->tool, "the rules of table mangle cannot be read", &got);
		status = PH_IO;
	}
	cmd_text_bytes(&got.out, "", 1);
	for (line = got.out.at; (end = strchr(line, '\n')) != NULL; line = end + 1) {
		*end = '\0';
		look_at(line, target, out);
	}
	program_result_free(&got);
	return status;
}

static enum ph_status apply(const struct family *family, struct cmd_text *script, struct program_result *got)
{
	run_tool(family, "restore", script, got);
	return got->status == 0 ? PH_OK : PH_IO;
}

/* rules: NULL, to remove. One transaction. */
static void write_script(const struct rules *rules, const struct found *found, struct cmd_text *t)
{
	cmd_text_add(t, "*mangle\n:" CHAIN " - [0:0]\n");      /* made, or emptied if it is there */
	cmd_text_bytes(t, found->undo.at, found->undo.len);
	if (rules) {
		cmd_text_add(t, "-A " CHAIN " -m comment --comment pinhole -j ");
		add_target(rules, t);
		for (size_t i = 0; i < N_HOOKS; i++)
			cmd_text_format(t, "-I %s " JUMP "\n", hooks[i]);
	} else if (found->foreign_jumps == 0) {
		cmd_text_add(t, "-X " CHAIN "\n");
	}
	cmd_text_add(t, "COMMIT\n");
}

static void warn_of_others(const struct family *family, const struct rules *rules, const struct found *found, struct ph_diags *diags)
{
	if (rules && found->behind > 0)
		ph_diags_add(diags, PH_WARNING, NULL, 0, 0,
		             "%s: %zu other rules in INPUT, FORWARD and OUTPUT of table mangle: packets that pass pinhole do not reach "
		             "them; have them in POSTROUTING or PREROUTING, or in the policy", family->tool, found->behind);
	if (!rules && found->foreign_jumps > 0)
		ph_diags_add(diags, PH_WARNING, NULL, 0, 0, "%s: chain " CHAIN " of table mangle stays, empty: %zu other rules lead to it",
		             family->tool, found->foreign_jumps);
}

/* rules: NULL, to remove. */
static enum ph_status change_once(const struct family *family, const struct rules *rules, struct ph_diags *diags,
                                  struct program_result *got)
{
	struct cmd_text script = { .at = NULL };
	struct found found;
	enum ph_status status = find(family, NULL, &found, diags);

	*got = (struct program_result){ .status = 0 };
	if (status == PH_OK && found.foreign_rules > 0) {
		ph_diags_add(diags, PH_ERROR, NULL, 0, 0, "%s: chain " CHAIN " of table mangle has %zu rules that are not pinhole's; "
		             "rename it or take them out", family->tool, found.foreign_rules);
		status = PH_INVALID;
	}
	if (status == PH_OK && (rules || found.chain || found.undo.len > 0)) {
		write_script(rules, &found, &script);
		status = apply(family, &script, got) == PH_OK ? PH_OK : PH_BUSY;
	}
	if (status == PH_OK)
		warn_of_others(family, rules, &found, diags);
	cmd_text_free(&script);
	cmd_text_free(&found.undo);
	return status;
}

static enum ph_status change(const struct family *family, const struct rules *rules, struct ph_diags *diags)
{
	struct program_result got;
	enum ph_status status = PH_OK;

	for (int i = 0; i < TRIES; i++) {
		status = change_once(family, rules, diags, &got);
		if (status == PH_BUSY && i == TRIES - 1)
			complain(diags, family->tool, "the rules of table mangle cannot be changed", &got);
		program_result_free(&got);
		if (status != PH_BUSY)
			break;
	}
	return status == PH_OK ? PH_OK : PH_IO;
}

/* A machine that has nft need not have iptables. */
static bool without_iptables(void)
{
	return program_exists("nft") && !program_exists("iptables-legacy-save") && !program_exists("iptables-save");
}

static enum ph_status iptables_remove(struct ph_diags *diags)
{
	enum ph_status status = PH_OK;

	if (without_iptables())
		return PH_OK;
	for (size_t i = 0; i < N_FAMILIES; i++)
		if (!family_missing(&families[i]) && change(&families[i], NULL, diags) != PH_OK)
			status = PH_IO;
	return status;
}

static enum ph_status iptables_install(const struct rules *rules, struct ph_diags *diags)
{
	for (size_t i = 0; i < N_FAMILIES; i++) {
		if (family_missing(&families[i])) {
			ph_diags_add(diags, PH_WARNING, NULL, 0, 0, "this kernel has no %s: there are no rules for it", families[i].name);
			continue;
		}
		if (change(&families[i], rules, diags) == PH_OK)
			continue;
		/* Half a firewall looks like a whole one: what went in goes out again. */
		for (size_t j = 0; j < i; j++)
			(void)change(&families[j], NULL, diags);
		return PH_IO;
	}
	return PH_OK;
}

enum ph_status rules_install(const struct rules *rules, struct ph_diags *diags)
{
	bool by_nft = rules->form == RULES_NFT;

	if ((by_nft ? nft_install(rules, diags) : iptables_install(rules, diags)) != PH_OK)
		return PH_IO;
	/* An instance before this one may have had the other form; two sets of rules would queue each packet twice. */
	if ((by_nft ? iptables_remove(diags) : nft_remove(diags)) == PH_OK)
		return PH_OK;
	(void)(by_nft ? nft_remove(diags) : iptables_remove(diags));
	return PH_IO;
}

enum ph_status rules_remove(struct ph_diags *diags)
{
	enum ph_status by_nft = nft_remove(diags), by_iptables = iptables_remove(diags);

	return by_nft == PH_OK && by_iptables == PH_OK ? PH_OK : PH_IO;
}

static bool iptables_are_others(const struct rules *rules, struct ph_diags *diags)
{
	struct cmd_text target = { .at = NULL };
	struct found found;
	bool others = false;

	add_target(rules, &target);
	target.at[target.len - 1] = '\0';       /* was the end of the line */
	for (size_t i = 0; i < N_FAMILIES && !without_iptables(); i++) {
		if (family_missing(&families[i]))
			continue;
		others |= find(&families[i], target.at, &found, diags) == PH_OK && found.other_queues > 0;
		cmd_text_free(&found.undo);
	}
	cmd_text_free(&target);
	return others;
}

enum ph_status rules_take_back(const struct rules *rules, struct ph_diags *diags)
{
	if (!nft_is_others(rules) && !iptables_are_others(rules, diags))
		return rules_remove(diags);
	ph_diags_add(diags, PH_WARNING, NULL, 0, 0, "the rules are those of another instance, with other queues, by now; they stay");
	return PH_OK;
}

enum ph_status rules_present(bool *present, struct ph_diags *diags)
{
	enum ph_status status = PH_OK;
	struct found found;

	*present = nft_present();
	for (size_t i = 0; i < N_FAMILIES && !without_iptables(); i++) {
		if (family_missing(&families[i]))
			continue;
		if (find(&families[i], NULL, &found, diags) != PH_OK)
			status = PH_IO;
		*present |= found.chain || found.ours > 0;
		cmd_text_free(&found.undo);
	}
	return status;
}
