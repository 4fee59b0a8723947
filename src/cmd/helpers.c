/* pinhole helpers: which there are, their options, and what each may open at most. */
#include "cmd/cmd.h"
#include "cmd/text.h"

#include <errno.h>
#include <getopt.h>
#include <pinhole/helper.h>
#include <stdlib.h>
#include <string.h>

static const char *helper_name(const void *arg, size_t i)
{
	struct ph_helper_info info;

	(void)arg;
	/* Names are constants of the library, so they outlive info. */
	return ph_helper_get(NULL, i, &info) ? info.name : NULL;
}

static const char *families(const struct ph_helper_info *h)
{
	return h->ipv4 && h->ipv6 ? "IPv4, IPv6" : h->ipv6 ? "IPv6" : "IPv4";
}

static const char *protocols(const struct ph_helper_info *h)
{
	return h->tcp && h->udp ? "tcp, udp" : h->udp ? "udp" : "tcp";
}

static const char *flags_text(uint8_t flags)
{
	static const char *const texts[] = { "", ", permanent", ", inactive at first", ", permanent, inactive at first" };

	return texts[flags & (PH_EXPECT_PERMANENT | PH_EXPECT_INACTIVE)];
}

static void contract_row(struct cmd_text *t, const struct ph_contract_info *c)
{
	char limit[24] = "any number", life[24], from[16];

	snprintf(from, sizeof(from), c->fixed_sport ? "%s, %u" : "%s", c->sport, c->fixed_sport);
	if (c->max)
		snprintf(limit, sizeof(limit), "at most %u", c->max);
	snprintf(life, sizeof(life), "%u s", c->timeout_s);
	cmd_text_format(t, "    %-22s %-10s %-8s %-15s %-14s %-15s %-14s %-10s %s%s%s%s\n",
	                c->when[0] ? c->when : "always", c->class_name, c->proto, c->src, from, c->dst, c->dport,
	                limit, life, flags_text(c->flags), c->child ? ", child " : "", c->child ? c->child : "");
}

static void option_row(struct cmd_text *t, const struct ph_helper_option_info *o)
{
	if (o->word) {
		cmd_text_format(t, "    %s=%s  %s\n", o->name, o->word, o->what);
		return;
	}
	cmd_text_format(t, "    %s=%u", o->name, o->value);
	if (o->value != o->default_value)
		cmd_text_format(t, " (default %u)", o->default_value);
	if (o->is_bool)
		cmd_text_format(t, "  0 or 1: %s\n", o->what);
	else
		cmd_text_format(t, "  %u to %u: %s\n", o->min, o->max, o->what);
}

/* Everything about one. */
static void describe(struct cmd_text *t, const struct ph_helper_info *h)
{
	cmd_text_format(t, "%s  %s\n", h->name, h->what);
	cmd_text_format(t, "  module      %s\n  protocols   %s over %s\n", h->module, protocols(h), families(h));
	if (h->port)
		cmd_text_format(t, "  port        %u\n", h->port);
	else
		cmd_text_format(t, "  port        none: only for connections that another helper expects\n");
	cmd_text_add(t, "  names       ");
	for (size_t i = 0; i < h->n_names; i++)
		cmd_text_format(t, h->known_as[i].port ? "%s%s (port %u)" : "%s%s", i ? ", " : "", h->known_as[i].name,
		                h->known_as[i].port);
	cmd_text_add(t, "\n");
	cmd_text_format(t, "  options     %s\n", h->n_options ? "(modprobe, module parameters)" : "none");
	for (size_t i = 0; i < h->n_options; i++)
		option_row(t, &h->option[i]);
	if (!h->n_contracts) {
		cmd_text_format(t, "  may open    nothing\n");
		return;
	}
	cmd_text_format(t, "  may open at most\n    %-22s %-10s %-8s %-15s %-14s %-15s %-14s %-10s %s\n", "when", "class", "protocol",
	                "from address", "from port", "to address", "to port", "alive", "lifetime");
	for (size_t i = 0; i < h->n_contracts; i++)
		contract_row(t, &h->contract[i]);
}

static void table_option(struct cmd_text *t, const struct ph_helper_option_info *o)
{
	if (o->word)
		cmd_text_format(t, " %s=%s", o->name, o->word);
	else
		cmd_text_format(t, " %s=%u", o->name, o->value);
}

static void table_row(struct cmd_text *t, const struct ph_helper_info *h)
{
	bool ports_set = h->n_names > 1 || h->known_as[0].port != h->port;
	char port[8] = "-";

	if (h->port)
		snprintf(port, sizeof(port), "%u", h->port);
	cmd_text_format(t, "%-12s %-26s %-9s %-11s %-6s", h->name, h->module, protocols(h), families(h), port);
	for (size_t i = 0; i < h->n_options; i++)
		table_option(t, &h->option[i]);
	if (ports_set)
		for (size_t i = 0; i < h->n_names; i++)
			cmd_text_format(t, "%s%u", i ? "," : " ports=", h->known_as[i].port);
	if (h->n_options == 0 && !ports_set)
		cmd_text_add(t, " -");
	cmd_text_add(t, "\n");
}

static void list(const struct ph_policy *policy, struct cmd_text *t)
{
	struct ph_helper_info h;

	cmd_text_format(t, "%-12s %-26s %-9s %-11s %-6s %s\n", "helper", "module", "protocols", "families", "port", "options");
	for (size_t i = 0; ph_helper_get(policy, i, &h); i++)
		table_row(t, &h);
	cmd_text_add(t, "\n'pinhole helpers NAME' shows what one may open at most.\n");
}

static void json_contract(struct cmd_text *t, const struct ph_contract_info *c)
{
	static const char *const keys[] = { "when", "class", "src", "sport", "dst", "dport", "proto" };
	const char *const values[] = { c->when, c->class_name, c->src, c->sport, c->dst, c->dport, c->proto };

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		cmd_text_format(t, "%s\"%s\":", i ? "," : "{", keys[i]);
		cmd_text_json(t, values[i]);
	}
	cmd_text_format(t, ",\"max\":%u,\"timeout\":%u,\"flags\":%u,\"min_dport\":%u,\"fixed_sport\":%u,\"child\":", c->max,
	                c->timeout_s, c->flags, c->min_dport, c->fixed_sport);
	cmd_text_json(t, c->child);
	cmd_text_add(t, "}");
}

static void json_option(struct cmd_text *t, const struct ph_helper_option_info *o)
{
	cmd_text_add(t, "{\"name\":");
	cmd_text_json(t, o->name);
	cmd_text_format(t, ",\"value\":%u,\"default\":%u,\"min\":%u,\"max\":%u,\"bool\":%s,\"what\":", o->value, o->default_value,
	                o->min, o->max, o->is_bool ? "true" : "false");
	cmd_text_json(t, o->what);
	cmd_text_add(t, "}");
}

static void json_name(struct cmd_text *t, const struct ph_helper_name_info *n, bool more)
{
	cmd_text_add(t, more ? ",{\"name\":" : "{\"name\":");
	cmd_text_json(t, n->name);
	cmd_text_format(t, ",\"port\":%u}", n->port);
}

/* A line a helper. */
static void json_helper(struct cmd_text *t, const struct ph_helper_info *h)
{
	cmd_text_add(t, "{\"helper\":");
	cmd_text_json(t, h->name);
	cmd_text_add(t, ",\"module\":");
	cmd_text_json(t, h->module);
	cmd_text_add(t, ",\"what\":");
	cmd_text_json(t, h->what);
	cmd_text_format(t, ",\"ipv4\":%s,\"ipv6\":%s,\"tcp\":%s,\"udp\":%s,\"port\":%u,\"names\":[",
	                h->ipv4 ? "true" : "false", h->ipv6 ? "true" : "false",
	                h->tcp ? "true" : "false", h->udp ? "true" : "false", h->port);
	for (size_t i = 0; i < h->n_names; i++)
		json_name(t, &h->known_as[i], i > 0);
	cmd_text_add(t, "],\"options\":[");
	for (size_t i = 0; i < h->n_options; i++) {
		cmd_text_add(t, i ? "," : "");
		json_option(t, &h->option[i]);
	}
	cmd_text_add(t, "],\"may_open\":[");
	for (size_t i = 0; i < h->n_contracts; i++) {
		cmd_text_add(t, i ? "," : "");
		json_contract(t, &h->contract[i]);
	}
	cmd_text_add(t, "]}\n");
}

static enum cmd_exit write_json(struct cmd_text *t, const char *path)
{
	FILE *to = strcmp(path, "-") == 0 ? stdout : fopen(path, "we");
	bool failed;

	if (!to)
		return cmd_error("%s: cannot be written: %s", path, strerror(errno));
	cmd_text_flush(t, to);
	if (to == stdout)
		return CMD_OK;
	failed = ferror(to) != 0;
	failed = fclose(to) != 0 || failed;
	if (failed)
		cmd_error("%s: could not be written: %s", path, strerror(errno));
	return failed ? CMD_TROUBLE : CMD_OK;
}

static enum cmd_exit unknown_helper(const char *name)
{
	const char *near = cmd_nearest(name, helper_name, NULL), *known;
	struct cmd_text t = { .at = NULL };

	for (size_t i = 0; (known = helper_name(NULL, i)); i++)
		cmd_text_format(&t, " %s", known);
	if (near)
		cmd_error("'%s' is no helper; did you mean '%s'? There are:%.*s", name, near, (int)t.len, t.at);
	else
		cmd_error("'%s' is no helper; there are:%.*s", name, (int)t.len, t.at);
	cmd_text_free(&t);
	return CMD_REFUSED;
}

/* name: NULL for all. json: NULL for text. */
static enum cmd_exit show(const struct ph_policy *policy, const char *name, const char *json)
{
	struct cmd_text t = { .at = NULL };
	struct ph_helper_info h;
	enum cmd_exit result = CMD_OK;
	bool found = !name;

	if (!name && !json)
		list(policy, &t);
	for (size_t i = 0; (name || json) && ph_helper_get(policy, i, &h); i++) {
		if (name && strcmp(h.name, name) != 0)
			continue;
		found = true;
		if (json)
			json_helper(&t, &h);
		else
			describe(&t, &h);
	}
	if (!found)
		result = unknown_helper(name);
	else if (json)
		result = write_json(&t, json);
	else
		cmd_text_flush(&t, stdout);
	cmd_text_free(&t);
	return result;
}

static enum cmd_exit load_and_show(const struct cmd_policy *from, const char *name, const char *json)
{
	struct ph_diags *diags = ph_diags_new();
	struct ph_policy *policy = NULL;
	enum cmd_exit result = CMD_REFUSED;

	if (!diags)
		cmd_no_memory();
	if (from->n)
		policy = cmd_policy_load(from, diags);
	if (policy || !from->n)
		result = show(policy, name, json);
	cmd_diags_total(diags);
	ph_policy_free(policy);
	ph_diags_free(diags);
	return result;
}

static enum cmd_exit run(int argc, char **argv)
{
	static const struct option options[] = {
		{ "policy", required_argument, NULL, 'p' },
		{ "json", required_argument, NULL, 'j' },
		{ NULL, 0, NULL, 0 },
	};
	struct cmd_policy from = { .file = cmd_alloc((size_t)argc, sizeof(*from.file)), .lenient = true };
	enum cmd_exit result;
	const char *json = NULL;
	int option;

	while ((option = getopt_long(argc, argv, "p:", options, NULL)) == 'p' || option == 'j') {
		if (option == 'p')
			from.file[from.n++] = optarg;
		else
			json = optarg;
	}
	if (option != -1) {
		result = cmd_usage(&cmd_helpers);
	} else if (argc - optind > 1) {
		cmd_error("helpers: one name at most, got '%s' and '%s'", argv[optind], argv[optind + 1]);
		result = cmd_usage(&cmd_helpers);
	} else {
		result = load_and_show(&from, optind < argc ? argv[optind] : NULL, json);
	}
	free(from.file);
	return result;
}

const struct cmd_command cmd_helpers = {
	.name = "helpers",
	.summary = "list helpers, their options, and what each may open at most",
	.help =
		"Usage: pinhole helpers [-p POLICY]... [--json FILE] [NAME]\n\n"
		"Lists the connection tracking helpers; with a NAME, everything about that one: its options, and for each\n"
		"class of expectation what may be in it at most. The engine holds every helper to that.\n\n"
		"  -p, --policy FILE  show the option values that this policy sets (modprobe); may be repeated\n"
		"      --json FILE    write JSON, a line a helper ('-': standard output) instead of text\n\n"
		"Parts of an expectation are: peer, an address of the connection that asked; payload, whatever the message\n"
		"says; subnet, the network of the interface; fixed, a constant of the protocol; any, not checked.\n",
	.run = run,
};
