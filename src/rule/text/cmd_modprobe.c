/* modprobe MODULE [NAME=VALUE]...: options of nf_conntrack and of the helpers' modules (spec/tracking.md 11.1). */
#include "rule/text/load.h"

#define NAME_SIZE 64

/* Modules that pinhole has built in, or that a policy's other commands bring: nothing to do. */
static const char *const idle_modules[] = {
	"nf_nat*", "ip_nat_*", "iptable_*", "ip6table_*", "ip_tables", "ip6_tables", "x_tables", "xt_*", "ipt_*", "ip6t_*",
	"nf_conntrack_ipv4", "nf_conntrack_ipv6", "nf_conntrack_proto_*", "nf_conntrack_netlink", "nf_conntrack_broadcast",
	"nf_defrag_*", "nf_log*", "nf_reject_*", "nf_tables*", "nft_*", "nfnetlink*", "ip_set*", "nf_synproxy_core", "nf_dup_*",
	"nf_tproxy_*", "nf_socket_*",
};

static bool is_idle(const char *module)
{
	for (size_t i = 0; i < sizeof(idle_modules) / sizeof(*idle_modules); i++)
		if (ph_glob_match(idle_modules[i], module))
			return true;
	return false;
}

/* The name a module goes by today, with underscores: ip_conntrack_ftp and nf-conntrack-ftp.ko.xz are nf_conntrack_ftp. */
static bool module_name(char out[NAME_SIZE], const char *text)
{
	static const char today[] = "nf_conntrack", before[] = "ip_conntrack";
	const char *slash = strrchr(text, '/');
	const char *name = slash ? slash + 1 : text, *dot = strchr(name, '.');

	if (!ph_load_copy(out, NAME_SIZE, name, dot ? (size_t)(dot - name) : strlen(name)))
		return false;
	for (char *c = out; *c; c++)
		if (*c == '-')
			*c = '_';
	if (strncmp(out, before, strlen(before)) == 0)
		memcpy(out, today, strlen(today));
	return true;
}

/* Options of nf_conntrack itself, and the sysctl that each one is the first value of. */
static const struct {
	const char *option, *sysctl;
	bool is_bool;
} tracking_options[] = {
	{ "hashsize", "nf_conntrack_buckets", false },
	{ "nf_conntrack_helper", "nf_conntrack_helper", true },
	{ "helper", "nf_conntrack_helper", true },
	{ "acct", "nf_conntrack_acct", true },
	{ "tstamp", "nf_conntrack_timestamp", true },
	{ "expect_hashsize", NULL, false },
	{ "enable_hooks", NULL, true },
};

/* Switches of modules are also written with letters. */
static const char *bool_value(const char *text)
{
	if (text[0] != '\0' && text[1] == '\0') {
		if (strchr("yYtT", text[0]))
			return "1";
		if (strchr("nNfF", text[0]))
			return "0";
	}
	return text;
}

static void set_tracking(struct ph_policy_load *load, const struct ph_word *at, const char *name, const char *value)
{
	static const char netfilter[] = "net/netfilter/";
	size_t i = 0, n = sizeof(tracking_options) / sizeof(*tracking_options);
	char key[NAME_SIZE] = "net/netfilter/";
	size_t errors = ph_diags_errors(load->rules.diags);
	struct ph_track_config *track = &load->policy->track;
	int64_t buckets;

	while (i < n && strcmp(tracking_options[i].option, name) != 0)
		i++;
	if (i == n) {
		ph_load_error(load, at, "%.60s: nf_conntrack has no such option; it has hashsize, nf_conntrack_helper, acct, tstamp, "
		              "expect_hashsize, enable_hooks", name);
		return;
	}
	if (!tracking_options[i].sysctl) {
		ph_load_warn(load, at, "%s: this option has no effect here", name);
		return;
	}
	if (!value && !tracking_options[i].is_bool) {
		ph_load_error(load, at, "%s: needs a number", name);
		return;
	}
	memcpy(key + strlen(netfilter), tracking_options[i].sysctl, strlen(tracking_options[i].sysctl) + 1);
	ph_load_sysctl(load, at, key, tracking_options[i].is_bool ? bool_value(value ? value : "1") : value);
	/* With hashsize given, the limit of the table is eight times that (spec/tracking.md 3.5). */
	if (i == 0 && errors == ph_diags_errors(load->rules.diags) && ph_load_number(value, strlen(value), INT32_MAX, &buckets) &&
	    ph_track_config_set(track, "nf_conntrack_max", (uint64_t)buckets * 8) != PH_OK)
		ph_load_error(load, at, "hashsize: %.20s is too large", value);
}

static void unknown_module(struct ph_policy_load *load, const struct ph_word *at, const char *module)
{
	if (is_idle(module))
		return;
	if (ph_glob_match("nf_conntrack_*", module))
		ph_load_error(load, at, "%s: there is no such helper module; there are nf_conntrack_amanda, _ftp, _h323, _irc, "
		              "_netbios_ns, _pptp, _sane, _sip, _snmp, _tftp", module);
	else
		ph_load_warn(load, at, "%s: this module has no effect here", module);
}

/* option NULL: the module is only loaded. */
static void set_option(struct ph_policy_load *load, const struct ph_word *at, const char *module, const char *option)
{
	const char *equals = option ? strchr(option, '=') : NULL, *what = NULL;
	const char *value = equals ? equals + 1 : NULL;
	char name[NAME_SIZE];
	enum ph_status status;

	if (option && !ph_load_copy(name, sizeof(name), option, equals ? (size_t)(equals - option) : strlen(option))) {
		ph_load_error(load, at, "%.60s...: no option has so long a name", option);
		return;
	}
	if (strcmp(module, "nf_conntrack") == 0) {
		if (option)
			set_tracking(load, at, name, value);
		return;
	}
	status = PH_NOT_FOUND;
	what = "module";
	if (ph_glob_match("nf_conntrack_*", module))
		status = ph_helper_option_set(&load->policy->helpers, module, option ? name : NULL, value, &what);
	if (status == PH_INVALID)
		ph_load_error(load, at, "%s: %s: \"%.60s\" is not a value of it; it takes %s", module, name, value ? value : "", what);
	else if (status == PH_NOT_FOUND && strcmp(what, "option") == 0)
		ph_load_error(load, at, "%s: this module has no option \"%s\"", module, name);
	else if (status == PH_NOT_FOUND)
		unknown_module(load, at, module);
}

void ph_load_module_option(struct ph_policy_load *load, const struct ph_word *at, const char *module, const char *option)
{
	char name[NAME_SIZE];

	if (module_name(name, module))
		set_option(load, at, name, option);
	else
		ph_load_error(load, at, "%.60s...: no module has so long a name", module);
}

/* The one option of iptable_raw and ip6table_raw: raw at priority -450, where rules meet fragments. */
static void refuse_raw_first(struct ph_policy_load *load, const struct ph_word *at, const char *module)
{
	static const char option[] = "raw_before_defrag";
	const char *equals = strchr(at->text, '=');

	if (strncmp(at->text, option, strlen(option)) != 0 || (equals && strcmp(bool_value(equals + 1), "0") == 0))
		return;
	if (load->rules.lenient)
		ph_load_warn(load, at, "%s: %s has no effect here: raw rules see whole datagrams", module, option);
	else
		ph_load_error(load, at, "%s: %s is not there yet: raw rules see whole datagrams; with --lenient the option is left out",
		              module, option);
}

/* The words from `first` on: a module and its options. */
static void load_module(struct ph_policy_load *load, const struct ph_shell_cmd *cmd, size_t first)
{
	const struct ph_word *module = &cmd->word[first];
	size_t errors = ph_diags_errors(load->rules.diags);
	char name[NAME_SIZE];

	if (!module_name(name, module->text)) {
		ph_load_error(load, module, "%.60s...: no module has so long a name", module->text);
		return;
	}
	set_option(load, module, name, NULL);
	for (size_t i = first + 1; ph_glob_match("ip*table_raw", name) && i < cmd->n; i++)
		refuse_raw_first(load, &cmd->word[i], name);
	if (!ph_glob_match("nf_conntrack*", name) || is_idle(name) || ph_diags_errors(load->rules.diags) != errors)
		return;
	for (size_t i = first + 1; i < cmd->n; i++)
		set_option(load, &cmd->word[i], name, cmd->word[i].text);
}

void ph_cmd_modprobe(struct ph_policy_load *load, const struct ph_shell_cmd *cmd)
{
	bool all = false;
	size_t i = 1;

	for (; i < cmd->n && cmd->word[i].text[0] == '-'; i++) {
		const char *flag = cmd->word[i].text;

		if (strcmp(flag, "-a") == 0 || strcmp(flag, "--all") == 0)
			all = true;
		else if (strspn(flag + 1, "qvbsf") != strlen(flag + 1) && strcmp(flag, "--quiet") != 0 && strcmp(flag, "--verbose") != 0) {
			ph_load_error(load, &cmd->word[i], "modprobe %.40s: only loading is understood: modprobe [-q] [-v] [-a] MODULE "
			              "[NAME=VALUE]...", flag);
			return;
		}
	}
	if (i == cmd->n)
		ph_load_error(load, &cmd->word[0], "modprobe: no module named; write modprobe MODULE [NAME=VALUE]...");
	else if (!all)
		load_module(load, cmd, i);
	for (; all && i < cmd->n; i++)
		ph_load_module_option(load, &cmd->word[i], cmd->word[i].text, NULL);
}

void ph_cmd_insmod(struct ph_policy_load *load, const struct ph_shell_cmd *cmd)
{
	if (cmd->n < 2)
		ph_load_error(load, &cmd->word[0], "insmod: no module named");
	else
		load_module(load, cmd, 1);
}
