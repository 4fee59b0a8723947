/* The commands a policy may hold, and what is told about those it may not; see load.h. */
#include <stdarg.h>
#include <stdio.h>

#include "rule/text/load.h"

#define TEXT_SIZE 512

static void complain(struct ph_policy_load *load, enum ph_severity severity, const struct ph_word *at, const char *text)
{
	ph_diags_add(load->rules.diags, severity, load->rules.file, at->line, at->column, "%s", text);
}

void ph_load_error(struct ph_policy_load *load, const struct ph_word *at, const char *fmt, ...)
{
	char text[TEXT_SIZE];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	complain(load, PH_ERROR, at, text);
}

void ph_load_warn(struct ph_policy_load *load, const struct ph_word *at, const char *fmt, ...)
{
	char text[TEXT_SIZE];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	complain(load, PH_WARNING, at, text);
}

void ph_load_status(struct ph_policy_load *load, const struct ph_word *at, enum ph_status status, size_t errors)
{
	if (status != PH_OK && ph_diags_errors(load->rules.diags) == errors)
		ph_load_error(load, at, "out of memory");
}

bool ph_load_copy(char *out, size_t size, const char *text, size_t len)
{
	if (len >= size)
		return false;
	memcpy(out, text, len);
	out[len] = '\0';
	return true;
}

/* Of a hexadecimal digit; 16 for anything else. */
static int64_t digit_value(char c)
{
	uint8_t b = ph_lower((uint8_t)c);

	if (ph_is_digit(b))
		return b - '0';
	return b >= 'a' && b <= 'f' ? b - 'a' + 10 : 16;
}

bool ph_load_number(const char *text, size_t len, int64_t max, int64_t *out)
{
	bool minus = len > 0 && text[0] == '-';
	size_t i = minus ? 1 : 0;
	int64_t base = 10, value = 0;

	if (i + 1 < len && text[i] == '0') {
		base = ph_lower((uint8_t)text[i + 1]) == 'x' ? 16 : 8;
		i += base == 16 ? 2 : 1;
	}
	if (i == len)
		return false;
	for (; i < len; i++) {
		int64_t digit = digit_value(text[i]);

		if (digit >= base)
			return false;
		value = value * base + digit;
		if (value > max)
			return false;
	}
	*out = minus ? -value : value;
	return true;
}

enum ph_status ph_cmd_iptables(struct ph_policy_load *load, const struct ph_shell_cmd *cmd, unsigned family)
{
	size_t errors = ph_diags_errors(load->rules.diags);
	enum ph_status status;

	load->policy->has_rules[family] = true;
	status = ph_iptables_command(load->policy->rules[family], &load->rules, cmd->word + 1, cmd->n - 1);
	if (status != PH_EXISTS)
		ph_load_status(load, &cmd->word[0], status, errors);
	return status;
}

static void cmd_iptables4(struct ph_policy_load *load, const struct ph_shell_cmd *cmd)
{
	(void)ph_cmd_iptables(load, cmd, 0);
}

static void cmd_iptables6(struct ph_policy_load *load, const struct ph_shell_cmd *cmd)
{
	(void)ph_cmd_iptables(load, cmd, 1);
}

/* Without a file to read or write, these have nothing to do here. */
static void cmd_save_restore(struct ph_policy_load *load, const struct ph_shell_cmd *cmd)
{
	ph_load_error(load, &cmd->word[0], "%s: a save file is loaded by itself, not through a command; give it as a policy too",
	              cmd->word[0].text);
}

/* export NAME=VALUE... and export NAME... */
static void cmd_export(struct ph_policy_load *load, const struct ph_shell_cmd *cmd)
{
	for (size_t i = 1; i < cmd->n; i++) {
		const struct ph_word *word = &cmd->word[i];
		size_t name_len = ph_var_name_len(word->text, word->len);
		enum ph_status status = PH_OK;

		if (word->text[0] == '-' && !word->quoted)
			continue;
		if (name_len > 0 && name_len < word->len && word->text[name_len] == '=')
			status = ph_vars_set(&load->vars, word->text, name_len, word->text + name_len + 1, word->len - name_len - 1);
		else if (name_len == 0 || name_len < word->len)
			ph_load_error(load, word, "%s: not NAME=VALUE", word->text);
		if (status != PH_OK)
			ph_load_error(load, word, "%s: %s", word->text, status == PH_FULL ? "too many variables" : "out of memory");
	}
}

/* set -e and the like say how a shell runs; set VALUE would change $1. */
static void cmd_set(struct ph_policy_load *load, const struct ph_shell_cmd *cmd)
{
	if (cmd->n > 1 && cmd->word[1].text[0] != '-' && cmd->word[1].text[0] != '+')
		ph_load_error(load, &cmd->word[1], "set: parameters of a script are not known here; " PH_SHELL_ADVICE);
}

static void cmd_nothing(struct ph_policy_load *load, const struct ph_shell_cmd *cmd)
{
	(void)load;
	(void)cmd;
}

static void cmd_exit(struct ph_policy_load *load, const struct ph_shell_cmd *cmd)
{
	if (cmd->n > 2 || (cmd->n == 2 && strcmp(cmd->word[1].text, "0") != 0))
		ph_load_error(load, &cmd->word[1], "exit: a policy cannot end with a failure; leave the line out");
}

static void cmd_conditional(struct ph_policy_load *load, const struct ph_shell_cmd *cmd)
{
	ph_load_error(load, &cmd->word[0], "%s: conditions are not evaluated here; " PH_SHELL_ADVICE, cmd->word[0].text);
}

static void cmd_source(struct ph_policy_load *load, const struct ph_shell_cmd *cmd)
{
	ph_load_error(load, &cmd->word[0], "%s: files are not read from within a policy; give that file as a policy before this one",
	              cmd->word[0].text);
}

struct command {
	const char *name;
	void (*run)(struct ph_policy_load *load, const struct ph_shell_cmd *cmd);
	bool takes_file;        /* `> FILE` may follow */
};

static const struct command commands[] = {
	{ "iptables", cmd_iptables4, false },
	{ "iptables-legacy", cmd_iptables4, false },
	{ "iptables-nft", cmd_iptables4, false },
	{ "ip6tables", cmd_iptables6, false },
	{ "ip6tables-legacy", cmd_iptables6, false },
	{ "ip6tables-nft", cmd_iptables6, false },
	{ "iptables-restore", cmd_save_restore, false },
	{ "iptables-legacy-restore", cmd_save_restore, false },
	{ "iptables-nft-restore", cmd_save_restore, false },
	{ "iptables-save", cmd_save_restore, false },
	{ "ip6tables-restore", cmd_save_restore, false },
	{ "ip6tables-legacy-restore", cmd_save_restore, false },
	{ "ip6tables-nft-restore", cmd_save_restore, false },
	{ "ip6tables-save", cmd_save_restore, false },
	{ "modprobe", ph_cmd_modprobe, false },
	{ "insmod", ph_cmd_insmod, false },
	{ "sysctl", ph_cmd_sysctl, false },
	{ "echo", ph_cmd_echo, true },
	{ "ip", ph_cmd_ip, false },
	{ "ipset", ph_cmd_ipset, false },
	{ "export", cmd_export, false },
	{ "readonly", cmd_export, false },
	{ "set", cmd_set, false },
	{ ":", cmd_nothing, false },
	{ "true", cmd_nothing, false },
	{ "exit", cmd_exit, false },
	{ "[", cmd_conditional, false },
	{ "[[", cmd_conditional, false },
	{ "test", cmd_conditional, false },
	{ "!", cmd_conditional, false },
	{ ".", cmd_source, false },
	{ "source", cmd_source, false },
};

const char *ph_command_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

int ph_command_family(const char *name)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		if (strcmp(commands[i].name, name) == 0)
			return commands[i].run == cmd_iptables4 ? 0 : commands[i].run == cmd_iptables6 ? 1 : -1;
	return -1;
}

void ph_command_run(struct ph_policy_load *load, const struct ph_shell_cmd *cmd)
{
	const char *name = ph_command_name(cmd->word[0].text);
	size_t i = 0, n = sizeof(commands) / sizeof(*commands);

	while (i < n && strcmp(commands[i].name, name) != 0)
		i++;
	if (i == n)
		ph_load_error(load, &cmd->word[0], "%.80s: unknown command; known are iptables, ip6tables, ipset, modprobe, sysctl, "
		              "echo VALUE > /proc/sys/..., ip link|addr|route add, NAME=VALUE, export", cmd->word[0].text);
	else if (cmd->redirect && !commands[i].takes_file)
		ph_load_error(load, cmd->redirect, "> %.80s: only `echo VALUE > /proc/sys/...` is understood; " PH_SHELL_ADVICE,
		              cmd->redirect->text);
	else
		commands[i].run(load, cmd);
}
