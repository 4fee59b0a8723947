/* sysctl -w KEY=VALUE, echo VALUE > /proc/sys/..., and which of the keys mean something here.
 * Names and bounds: spec/tracking.md 11.2, of Linux 6.18. */
#include "rule/text/load.h"
#include "base/writer.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#define KEY_SIZE 256

/* How an administrator is shown keys. NOT_SET: not those that the command has set. */
enum { SHOW_KEY = 1, SHOW_VALUE = 2, SHOW_BOTH = 3, SHOW_NOT_SET = 4 };

bool ph_glob_match(const char *pattern, const char *text)
{
	const char *star = NULL, *retry = NULL;

	while (*text) {
		if (*pattern == '*') {
			star = pattern++;
			retry = text;
		} else if (*pattern == '?' || *pattern == *text) {
			pattern++;
			text++;
		} else if (star) {
			pattern = star + 1;
			text = ++retry;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}

static bool is_pattern(const char *text)
{
	return strpbrk(text, "*?") != NULL;
}

/* What a key takes: 0 to max. */
struct bounds {
	const char *key;
	uint32_t max;
};

/* Times below zero mean what 0 means, "at once". */
static bool parse_value(struct ph_policy_load *load, const struct ph_word *at, struct bounds bounds, const char *text,
                        uint32_t *out)
{
	const char *key = bounds.key;
	int64_t value;

	if (!ph_load_number(text, strlen(text), (int64_t)1 << 40, &value)) {
		ph_load_error(load, at, "%s: \"%.40s\" is not a number", key, text);
		return false;
	}
	if (value < 0 && (strstr(key, "_timeout") || strcmp(key, "ipfrag_time") == 0))
		value = 0;
	if (value < 0 || value > bounds.max) {
		ph_load_error(load, at, "%s: %.40s is out of bounds; it takes 0 to %u", key, text, bounds.max);
		return false;
	}
	*out = (uint32_t)value;
	return true;
}

static void thresholds_crossed(struct ph_policy_load *load, const struct ph_word *at, const char *key, const char *value)
{
	ph_load_error(load, at, "%s: %.40s puts the low threshold above the high one; set the other one first", key, value);
}

static void set_track(struct ph_policy_load *load, const struct ph_word *at, const struct ph_track_sysctl *s,
                      const char *text)
{
	struct ph_track_config next = load->policy->track;
	uint32_t value = 0;

	if (s->read_only) {
		ph_load_error(load, at, "%s: can only be read", s->name);
		return;
	}
	if (!parse_value(load, at, (struct bounds){ s->name, s->max }, text, &value))
		return;
	if (s->offset == offsetof(struct ph_track_config, helper) && value == 1)
		ph_load_warn(load, at, "nf_conntrack_helper=1: every connection to a helper's port gets that helper; "
		             "0 and rules with -j CT --helper are the safe way");
	if (ph_track_config_set(&next, s->name, value) != PH_OK)
		ph_load_error(load, at, "%s: does not take %u", s->name, value);
	else if (next.frag6_low_thresh > next.frag6_high_thresh)
		thresholds_crossed(load, at, s->name, text);
	else
		load->policy->track = next;
}

/* Keys of net.netfilter that are not about tracking, or that a kernel had once. */
static bool is_idle_netfilter(const char *name)
{
	static const char *const prefixes[] = { "nf_conntrack_dccp_", "nf_flowtable_", "nf_log", "nf_hooks_lwtunnel", "nf_conntrack_hash" };

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++)
		if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0)
			return true;
	return false;
}

static void no_effect(struct ph_policy_load *load, const struct ph_word *at, const char *key)
{
	ph_load_warn(load, at, "%.120s: this setting has no effect here", key);
}

/* name: behind net/netfilter/. */
static void set_netfilter(struct ph_policy_load *load, const struct ph_word *at, const char *name, const char *value)
{
	bool pattern = is_pattern(name), found = false;

	for (const struct ph_track_sysctl *s = ph_track_sysctls; s->name; s++) {
		if (!ph_glob_match(name, s->name) || (pattern && s->read_only))
			continue;
		found = true;
		set_track(load, at, s, value);
	}
	if (found)
		return;
	if (is_idle_netfilter(name))
		no_effect(load, at, name);
	else
		ph_load_error(load, at, "net.netfilter.%.80s: there is no such key%s", name,
		              pattern ? " that matches" : "; keys are spelled as in /proc/sys/net/netfilter");
}

/* The entry of an interface, "all" or "default"; a new one begins with the values of "default". NULL: no memory. */
static struct ph_iface_sysctl *conf_entry(struct ph_policy *policy, const char *name)
{
	struct ph_iface_sysctl entry = { 0 }, *list;

	for (size_t i = 0; i < policy->n_iface_sysctl; i++) {
		list = &policy->iface_sysctl[i];
		if (strcmp(list->iface.name, name) == 0)
			return list;
		if (strcmp(list->iface.name, "default") == 0 && strcmp(name, "all") != 0)
			memcpy(entry.value, list->value, sizeof(entry.value));
	}
	if (!ph_load_copy(entry.iface.name, sizeof(entry.iface.name), name, strlen(name)))
		return NULL;
	list = realloc(policy->iface_sysctl, (policy->n_iface_sysctl + 1) * sizeof(*list));
	if (!list)
		return NULL;
	policy->iface_sysctl = list;
	list += policy->n_iface_sysctl++;
	*list = entry;
	return list;
}

/* Makes entries for what a pattern can match: all, default, and every interface named so far. */
static bool conf_entries(struct ph_policy *policy)
{
	bool good = conf_entry(policy, "all") != NULL;

	for (size_t i = 0; good && i < ph_route_iface_count(policy->route); i++)
		good = conf_entry(policy, ph_route_iface_name(policy->route, i)->name) != NULL;
	return good && conf_entry(policy, "default") != NULL;
}

static const struct bounds conf_keys[PH_CONF_KEYS] = {
	[PH_CONF_RP_FILTER] = { "rp_filter", 2 },
	[PH_CONF_SRC_VALID_MARK] = { "src_valid_mark", 1 },
	[PH_CONF_ACCEPT_LOCAL] = { "accept_local", 1 },
	[PH_CONF_ROUTE_LOCALNET] = { "route_localnet", 1 },
};

/* net/ipv4/conf/IFACE/KEY, with a known KEY. */
static void set_conf(struct ph_policy_load *load, const struct ph_word *at, const char *iface, enum ph_conf_key key,
                     const char *text)
{
	struct ph_policy *policy = load->policy;
	uint32_t value = 0;

	if (!parse_value(load, at, conf_keys[key], text, &value))
		return;
	if (strlen(iface) >= PH_IFNAME_SIZE) {
		ph_load_error(load, at, "%.80s: an interface name has at most %d characters", iface, PH_IFNAME_SIZE - 1);
		return;
	}
	/* "default" is for interfaces to come: those that are there keep what they have. */
	if (is_pattern(iface) || strcmp(iface, "default") == 0 ? !conf_entries(policy) : !conf_entry(policy, iface)) {
		ph_load_error(load, at, "out of memory");
		return;
	}
	for (size_t i = 0; i < policy->n_iface_sysctl; i++)
		if (ph_glob_match(iface, policy->iface_sysctl[i].iface.name))
			policy->iface_sysctl[i].value[key] = (uint8_t)value;
}

/* IFACE/KEY behind net/ipv4/conf/ or net/ipv6/conf/. */
static void set_device(struct ph_policy_load *load, const struct ph_word *at, const char *key, unsigned family,
                       const char *value)
{
	const char *tail = strstr(key, "/conf/") + strlen("/conf/"), *slash = strchr(tail, '/');
	char iface[KEY_SIZE];
	uint32_t on = 0;

	if (!slash || !ph_load_copy(iface, sizeof(iface), tail, (size_t)(slash - tail))) {
		no_effect(load, at, key);
		return;
	}
	for (int k = 0; family == 0 && k < PH_CONF_KEYS; k++)
		if (strcmp(slash + 1, conf_keys[k].key) == 0) {
			set_conf(load, at, iface, (enum ph_conf_key)k, value);
			return;
		}
	if (strcmp(slash + 1, "forwarding") != 0)
		no_effect(load, at, key);
	else if (parse_value(load, at, (struct bounds){ "forwarding", 1 }, value, &on) && ph_glob_match(iface, "all"))
		load->forwarding_off[family] = on == 0;
}

/* net/ipv4/ipfrag_...: reassembly. */
static const struct {
	struct bounds bounds;
	size_t offset;                  /* of a uint32_t */
} frag_keys[] = {
	{ { "ipfrag_time", INT32_MAX / 250 }, offsetof(struct ph_frag_sysctl, time) },
	{ { "ipfrag_high_thresh", INT32_MAX }, offsetof(struct ph_frag_sysctl, high_thresh) },
	{ { "ipfrag_low_thresh", INT32_MAX }, offsetof(struct ph_frag_sysctl, low_thresh) },
	{ { "ipfrag_max_dist", INT32_MAX }, offsetof(struct ph_frag_sysctl, max_dist) },
};
#define N_FRAG_KEYS (sizeof(frag_keys) / sizeof(frag_keys[0]))

static void set_frag(struct ph_policy_load *load, const struct ph_word *at, const char *name, const char *text)
{
	struct ph_frag_sysctl next = load->policy->frag;
	bool found = false;

	for (size_t i = 0; i < N_FRAG_KEYS; i++) {
		uint32_t value;

		if (!ph_glob_match(name, frag_keys[i].bounds.key))
			continue;
		found = true;
		if (!parse_value(load, at, frag_keys[i].bounds, text, &value))
			return;
		memcpy((unsigned char *)&next + frag_keys[i].offset, &value, sizeof(value));
	}
	if (!found)
		no_effect(load, at, name);
	else if (next.low_thresh > next.high_thresh)
		thresholds_crossed(load, at, name, text);
	else
		load->policy->frag = next;
}

static const char netfilter[] = "net/netfilter/", old[] = "net/ipv4/netfilter/ip_conntrack_";

void ph_load_sysctl(struct ph_policy_load *load, const struct ph_word *at, const char *key, const char *value)
{
	char name[KEY_SIZE] = "nf_conntrack_";
	uint32_t on = 0;

	if (strncmp(key, netfilter, strlen(netfilter)) == 0) {
		set_netfilter(load, at, key + strlen(netfilter), value);
	} else if (strcmp(key, "net/nf_conntrack_max") == 0 || strcmp(key, "net/ipv4/ip_conntrack_max") == 0) {
		set_netfilter(load, at, "nf_conntrack_max", value);
	} else if (strncmp(key, old, strlen(old)) == 0) {
		if (ph_load_copy(name + strlen(name), sizeof(name) - strlen(name), key + strlen(old), strlen(key) - strlen(old)))
			set_netfilter(load, at, name, value);
		else
			no_effect(load, at, key);
	} else if (strncmp(key, "net/ipv4/conf/", 14) == 0) {
		set_device(load, at, key, 0, value);
	} else if (strncmp(key, "net/ipv6/conf/", 14) == 0) {
		set_device(load, at, key, 1, value);
	} else if (strncmp(key, "net/ipv4/ipfrag_", 16) == 0) {
		set_frag(load, at, key + strlen("net/ipv4/"), value);
	} else if (strcmp(key, "net/ipv4/ip_forward") == 0) {
		if (parse_value(load, at, (struct bounds){ "net.ipv4.ip_forward", 1 }, value, &on))
			load->forwarding_off[0] = on == 0;
	} else if (strncmp(key, "net/", 4) == 0) {
		no_effect(load, at, key);
	} else {
		ph_load_warn(load, at, "%.120s: this key is not about the network and has no effect here", key);
	}
}

static bool get_track(const struct ph_track_config *track, const char *name, uint32_t *out)
{
	for (const struct ph_track_sysctl *s = ph_track_sysctls; s->name; s++) {
		if (strcmp(s->name, name) != 0 || s->read_only)
			continue;
		memcpy(out, (const unsigned char *)track + s->offset, sizeof(*out));
		return true;
	}
	return false;
}

static bool get_frag(const struct ph_frag_sysctl *frag, const char *name, uint32_t *out)
{
	for (size_t i = 0; i < N_FRAG_KEYS; i++) {
		if (strcmp(frag_keys[i].bounds.key, name) != 0)
			continue;
		memcpy(out, (const unsigned char *)frag + frag_keys[i].offset, sizeof(*out));
		return true;
	}
	return false;
}

/* The setting of an interface itself: its own entry, or that of "default". */
static uint32_t conf_of(const struct ph_policy *policy, const char *iface, enum ph_conf_key key)
{
	uint32_t fallback = 0;

	for (size_t i = 0; i < policy->n_iface_sysctl; i++) {
		const struct ph_iface_sysctl *entry = &policy->iface_sysctl[i];

		if (strcmp(entry->iface.name, iface) == 0)
			return entry->value[key];
		if (strcmp(entry->iface.name, "default") == 0 && strcmp(iface, "all") != 0)
			fallback = entry->value[key];
	}
	return fallback;
}

/* IFACE/KEY, as set_device takes it. */
static bool get_device(const struct ph_policy_load *load, const char *tail, unsigned family, uint32_t *out)
{
	const char *slash = strchr(tail, '/');
	char iface[PH_IFNAME_SIZE];

	if (!slash || !ph_load_copy(iface, sizeof(iface), tail, (size_t)(slash - tail)) || is_pattern(iface))
		return false;
	for (int k = 0; family == 0 && k < PH_CONF_KEYS; k++) {
		if (strcmp(slash + 1, conf_keys[k].key) != 0)
			continue;
		*out = conf_of(load->policy, iface, (enum ph_conf_key)k);
		return true;
	}
	*out = !load->forwarding_off[family];
	return strcmp(slash + 1, "forwarding") == 0 && strcmp(iface, "all") == 0;
}

bool ph_load_sysctl_get(const struct ph_policy_load *load, const char *key, uint32_t *out)
{
	const struct ph_policy *policy = load->policy;
	char name[KEY_SIZE] = "nf_conntrack_";

	if (strncmp(key, netfilter, strlen(netfilter)) == 0)
		return get_track(&policy->track, key + strlen(netfilter), out);
	if (strcmp(key, "net/nf_conntrack_max") == 0 || strcmp(key, "net/ipv4/ip_conntrack_max") == 0)
		return get_track(&policy->track, "nf_conntrack_max", out);
	if (strncmp(key, old, strlen(old)) == 0)
		return ph_load_copy(name + strlen(name), sizeof(name) - strlen(name), key + strlen(old), strlen(key) - strlen(old)) &&
		       get_track(&policy->track, name, out);
	if (strncmp(key, "net/ipv4/conf/", 14) == 0)
		return get_device(load, key + 14, 0, out);
	if (strncmp(key, "net/ipv6/conf/", 14) == 0)
		return get_device(load, key + 14, 1, out);
	if (strncmp(key, "net/ipv4/ipfrag_", 16) == 0)
		return get_frag(&policy->frag, key + strlen("net/ipv4/"), out);
	*out = !load->forwarding_off[0];
	return strcmp(key, "net/ipv4/ip_forward") == 0;
}

/* net.ipv4.conf.eth0/100.rp_filter and net/ipv4/conf/eth0.100/rp_filter are the same: the first separator parts the
 * key, the other stands for itself (sysctl(8)). */
static bool key_with_slashes(char out[KEY_SIZE], const char *key, size_t len)
{
	bool dots = false;

	if (!ph_load_copy(out, KEY_SIZE, key, len))
		return false;
	if (strpbrk(out, "./"))
		dots = *strpbrk(out, "./") == '.';
	for (char *c = out; dots && *c; c++)
		if (*c == '.' || *c == '/')
			*c = *c == '.' ? '/' : '.';
	return true;
}

static size_t trim(const char **text, size_t len)
{
	while (len > 0 && strchr(" \t\n", **text)) {
		(*text)++;
		len--;
	}
	while (len > 0 && strchr(" \t\n", (*text)[len - 1]))
		len--;
	return len;
}

static void set_assignment(struct ph_policy_load *load, const struct ph_word *word, bool write)
{
	const char *equals = strchr(word->text, '='), *value;
	char key[KEY_SIZE], text[64];

	if (!equals) {
		if (write)
			ph_load_error(load, word, "%.80s: no value; write KEY=VALUE", word->text);
		return;         /* only shows a value */
	}
	value = equals + 1;
	if (!key_with_slashes(key, word->text, (size_t)(equals - word->text))) {
		ph_load_error(load, word, "%.40s...: no key is that long", word->text);
		return;
	}
	if (!ph_load_copy(text, sizeof(text), value, trim(&value, strlen(value)))) {
		ph_load_warn(load, word, "%.80s: this value has no effect here", key);
		return;
	}
	ph_load_sysctl(load, word, key, text);
}

/* What one word asks or has set, for an administrator; print false: only whether it can be told. Keys are shown with dots. */
static void show_word(struct ph_policy_load *load, const struct ph_word *word, uint8_t manner, bool print)
{
	size_t len = strcspn(word->text, "=");
	char key[KEY_SIZE], line[KEY_SIZE + 32];
	struct ph_writer w;
	uint32_t value;

	if (!key_with_slashes(key, word->text, len) || !ph_load_sysctl_get(load, key, &value)) {
		/* What was set without an effect was warned about. */
		if (!word->text[len] && !print)
			ph_load_error(load, word, "%.80s: no such key is kept here", word->text);
		return;
	}
	if (!print || (word->text[len] && (manner & SHOW_NOT_SET)))
		return;
	for (char *c = key; *c; c++)
		if (*c == '.' || *c == '/')
			*c = *c == '.' ? '/' : '.';
	ph_writer_init(&w, line, sizeof(line));
	if (manner & SHOW_KEY)
		ph_put_text(&w, key);
	if ((manner & SHOW_BOTH) == SHOW_BOTH)
		ph_put_text(&w, " = ");
	if (manner & SHOW_VALUE)
		ph_put_format(&w, "%u", value);
	ph_put_char(&w, '\n');
	load->rules.listing->write(load->rules.listing->arg, w.at, w.len);
}

static void show_all(struct ph_policy_load *load, const struct ph_shell_cmd *cmd, uint8_t manner)
{
	size_t errors = ph_diags_errors(load->rules.diags);

	for (unsigned print = 0; print < 2 && ph_diags_errors(load->rules.diags) == errors; print++)
		for (size_t i = 1; i < cmd->n; i++)
			if (cmd->word[i].text[0] != '-')
				show_word(load, &cmd->word[i], manner, print);
}

/* Options in one word: -w, -n ... False: it complained. */
static bool take_flags(struct ph_policy_load *load, const struct ph_word *word, bool *write, uint8_t *manner)
{
	size_t flags = strspn(word->text + 1, "wqeinNr");
	bool is_long = strcmp(word->text, "--write") == 0 || strcmp(word->text, "--quiet") == 0 || strcmp(word->text, "--ignore") == 0 ||
	               strcmp(word->text, "--values") == 0;

	if (flags + 1 != word->len && !is_long) {
		ph_load_error(load, word, "sysctl %.40s: only sysctl -w KEY=VALUE is understood; put the file's keys here, "
		              "a line each", word->text);
		return false;
	}
	*write = *write || (is_long ? word->text[2] == 'w' : strchr(word->text, 'w') != NULL);
	if (is_long ? word->text[2] == 'v' : strchr(word->text, 'n') != NULL)
		*manner &= (uint8_t)~SHOW_KEY;
	if (!is_long && strchr(word->text, 'N'))
		*manner &= (uint8_t)~SHOW_VALUE;
	if (is_long ? word->text[2] == 'q' : strchr(word->text, 'q') != NULL)
		*manner |= SHOW_NOT_SET;
	return true;
}

void ph_cmd_sysctl(struct ph_policy_load *load, const struct ph_shell_cmd *cmd)
{
	size_t errors = ph_diags_errors(load->rules.diags);
	uint8_t manner = SHOW_BOTH;
	bool write = false;

	for (size_t i = 1; i < cmd->n; i++) {
		const struct ph_word *word = &cmd->word[i];

		if (word->text[0] != '-')
			set_assignment(load, word, write);
		else if (!take_flags(load, word, &write, &manner))
			return;
	}
	if (load->rules.listing && ph_diags_errors(load->rules.diags) == errors)
		show_all(load, cmd, manner);
}

/* /sys/module/MODULE/parameters/NAME. False: another file. */
static bool set_parameter(struct ph_policy_load *load, const struct ph_word *at, const char *value)
{
	static const char modules[] = "/sys/module/", parameters[] = "/parameters/";
	const char *middle = strstr(at->text, parameters);
	const char *module = at->text + strlen(modules);
	char name[KEY_SIZE], option[KEY_SIZE];
	int n;

	if (strncmp(at->text, modules, strlen(modules)) != 0 || !middle || middle < module)
		return false;
	if (!ph_load_copy(name, sizeof(name), module, (size_t)(middle - module)))
		return false;
	n = snprintf(option, sizeof(option), "%s=%s", middle + strlen(parameters), value);
	if (n < 0 || (size_t)n >= sizeof(option))
		return false;
	ph_load_module_option(load, at, name, option);
	return true;
}

void ph_cmd_echo(struct ph_policy_load *load, const struct ph_shell_cmd *cmd)
{
	static const char sys[] = "/proc/sys/";
	const struct ph_word *file = cmd->redirect, *value;
	size_t i = 1;

	if (!file)
		return;         /* a message for whoever runs the script */
	while (i < cmd->n && (strcmp(cmd->word[i].text, "-n") == 0 || strcmp(cmd->word[i].text, "-e") == 0))
		i++;
	value = i < cmd->n ? &cmd->word[i] : NULL;
	if (!value || i + 1 != cmd->n) {
		ph_load_error(load, &cmd->word[0], "echo: one value and no more goes into %.120s", file->text);
		return;
	}
	if (strncmp(file->text, sys, strlen(sys)) == 0)
		ph_load_sysctl(load, file, file->text + strlen(sys), value->text);
	else if (!set_parameter(load, file, value->text))
		ph_load_error(load, file, "> %.120s: only files below /proc/sys and /sys/module can be written here", file->text);
}
