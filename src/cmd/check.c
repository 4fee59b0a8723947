/* pinhole check: load a policy, report what is wrong with it, print it back as iptables-save does. */
#include "cmd/cmd.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

static void to_stdout(void *arg, const char *text, size_t len)
{
	(void)arg;
	fwrite(text, 1, len, stdout);
}

static void print_rules(const struct ph_policy *policy, bool counters)
{
	static const uint8_t families[] = { PH_IPV4, PH_IPV6 };
	struct ph_sink sink = { .write = to_stdout };

	for (size_t i = 0; i < sizeof(families); i++)
		if (ph_policy_has_rules(policy, families[i]))
			ph_policy_print(policy, families[i], counters, sink);
}

static void print_stats(const struct ph_policy *policy)
{
	static const uint8_t families[] = { PH_IPV4, PH_IPV6 };
	struct ph_sink sink = { .write = to_stdout };

	for (size_t i = 0; i < sizeof(families); i++)
		if (ph_policy_has_rules(policy, families[i]) && ph_policy_stats(policy, families[i], sink) != PH_OK)
			cmd_no_memory();
}

static enum cmd_exit check(const struct cmd_policy *from, bool counters, bool stats)
{
	struct ph_diags *diags = ph_diags_new();
	struct ph_policy *policy;

	if (!diags)
		cmd_no_memory();
	policy = cmd_policy_load(from, diags);
	if (policy && stats)
		print_stats(policy);
	else if (policy)
		print_rules(policy, counters);
	cmd_diags_total(diags);
	ph_policy_free(policy);
	ph_diags_free(diags);
	return policy ? CMD_OK : CMD_REFUSED;
}

static enum cmd_exit run(int argc, char **argv)
{
	static const struct option options[] = {
		{ "ipv4", no_argument, NULL, '4' },
		{ "ipv6", no_argument, NULL, '6' },
		{ "counters", no_argument, NULL, 'c' },
		{ "lenient", no_argument, NULL, 'l' },
		{ "noflush", no_argument, NULL, 'n' },
		{ "no-advice", no_argument, NULL, 'a' },
		{ "stats", no_argument, NULL, 's' },
		{ NULL, 0, NULL, 0 },
	};
	struct cmd_policy from = { .n = 0 };
	enum cmd_exit result;
	bool counters = false, stats = false;
	int option;

	while ((option = getopt_long(argc, argv, "46cn", options, NULL)) != -1) {
		switch (option) {
		case '4': from.family = PH_IPV4; break;
		case '6': from.family = PH_IPV6; break;
		case 'c': counters = true; break;
		case 'l': from.lenient = true; break;
		case 'n': from.no_flush = true; break;
		case 'a': from.no_advice = true; break;
		case 's': stats = true; break;
		default: return cmd_usage(&cmd_check);
		}
	}
	if (optind == argc) {
		cmd_error("check: a policy file is needed ('-' for standard input)");
		return cmd_usage(&cmd_check);
	}
	from.n = (size_t)(argc - optind);
	from.file = cmd_alloc(from.n, sizeof(*from.file));
	for (size_t i = 0; i < from.n; i++)
		from.file[i] = argv[optind + (int)i];
	result = check(&from, counters, stats);
	free(from.file);
	return result;
}

const struct cmd_command cmd_check = {
	.name = "check",
	.summary = "load a policy, report errors, print it back in iptables-save form",
	.help =
		"Usage: pinhole check [-4|-6] [-c] [-n] [--stats] [--lenient] [--no-advice] FILE...\n\n"
		"Loads the files into one policy, in order, and prints the rules of each family that has any, as\n"
		"iptables-save and ip6tables-save would. A file holds commands (iptables, ip6tables, modprobe, sysctl -w,\n"
		"ip link|addr|route|rule), the output of iptables-save, or of 'ip -j addr|route|rule'; '-' is standard input.\n"
		"Complaints go to standard error as FILE:LINE:COLUMN: error: TEXT, all of them.\n\n"
		"  -4, --ipv4      a save file that does not say its family is of iptables-save\n"
		"  -6, --ipv6      ... of ip6tables-save\n"
		"  -c, --counters  print the counters before each rule\n"
		"  -n, --noflush   save files add to their tables instead of replacing them\n"
		"      --stats     instead of the rules: how many there are, what they use, what no packet can reach\n"
		"      --lenient   what pinhole does not know is kept and told as uncertain, not an error\n"
		"      --no-advice leaves out warnings of sound policies that leave something open (docs/guide.md)\n\n"
		"Exit status: 0 the policy is sound; 2 it has errors, or wrong usage.\n",
	.run = run,
};
