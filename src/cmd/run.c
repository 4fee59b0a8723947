/* pinhole run: options, and nothing else. What a running firewall does is in cmd/live/. */
#include "cmd/live.h"
#include "cmd/live/run.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

enum {
	OPT_INSTALL = 256, OPT_KEEP, OPT_PRINT, OPT_REMOVE, OPT_FAILURE, OPT_CONTROL, OPT_NO_CONTROL, OPT_STATE, OPT_USER, OPT_RANGE,
	OPT_LENGTH, OPT_QUIET, OPT_LENIENT, OPT_NO_ADVICE,
};

static const struct option long_options[] = {
	{ "policy", required_argument, NULL, 'p' },
	{ "ipv4", no_argument, NULL, '4' },
	{ "ipv6", no_argument, NULL, '6' },
	{ "noflush", no_argument, NULL, 'n' },
	{ "queue", required_argument, NULL, 'q' },
	{ "install", no_argument, NULL, OPT_INSTALL },
	{ "keep-rules", no_argument, NULL, OPT_KEEP },
	{ "print-rules", no_argument, NULL, OPT_PRINT },
	{ "remove-rules", no_argument, NULL, OPT_REMOVE },
	{ "on-failure", required_argument, NULL, OPT_FAILURE },
	{ "control", required_argument, NULL, OPT_CONTROL },
	{ "no-control", no_argument, NULL, OPT_NO_CONTROL },
	{ "state", required_argument, NULL, OPT_STATE },
	{ "user", required_argument, NULL, OPT_USER },
	{ "copy-range", required_argument, NULL, OPT_RANGE },
	{ "queue-length", required_argument, NULL, OPT_LENGTH },
	{ "quiet", no_argument, NULL, OPT_QUIET },
	{ "lenient", no_argument, NULL, OPT_LENIENT },
	{ "no-advice", no_argument, NULL, OPT_NO_ADVICE },
	{ NULL, 0, NULL, 0 },
};

/* A number up to max at *at, which is moved behind it. False: none there. */
static bool number(const char **at, uint32_t max, uint32_t *out)
{
	uint64_t n = 0;
	const char *digit = *at;

	while (*digit >= '0' && *digit <= '9' && n <= max)
		n = n * 10 + (uint64_t)(*digit++ - '0');
	if (digit == *at || n > max)
		return false;
	*at = digit;
	*out = (uint32_t)n;
	return true;
}

static bool set_queue(struct live_options *o, const char *word)
{
	const char *at = word;
	uint32_t first, last;

	if (number(&at, UINT16_MAX, &first)) {
		last = first;
		if ((*at != ':' || (at++, number(&at, UINT16_MAX, &last))) && *at == '\0' && last >= first && last - first < 64) {
			o->queue = (uint16_t)first;
			o->n_queues = (uint16_t)(last - first + 1);
			return true;
		}
	}
	cmd_error("run: --queue %s: is N or N:M, 0 to 65535, at most 64 queues", word);
	return false;
}

static bool set_count(uint32_t *out, const char *option, uint32_t least, uint32_t most, const char *word)
{
	const char *at = word;

	if (number(&at, most, out) && *at == '\0' && *out >= least)
		return true;
	cmd_error("run: --%s %s: is a number, %u to %u", option, word, least, most);
	return false;
}

static bool set_failure(struct live_options *o, const char *word)
{
	o->fail_open = strcmp(word, "open") == 0;
	if (o->fail_open || strcmp(word, "closed") == 0)
		return true;
	cmd_error("run: --on-failure %s: is open or closed", word);
	return false;
}

static bool set_option(struct live_options *o, int option, const char *value)
{
	switch (option) {
	case 'p': o->policy.file[o->policy.n++] = value; return true;
	case '4': o->policy.family = PH_IPV4; return true;
	case '6': o->policy.family = PH_IPV6; return true;
	case 'n': o->policy.no_flush = true; return true;
	case 'q': return set_queue(o, value);
	case OPT_INSTALL: o->install = true; return true;
	case OPT_KEEP: o->keep_rules = true; return true;
	case OPT_PRINT: o->only = LIVE_PRINT_RULES; return true;
	case OPT_REMOVE: o->only = LIVE_REMOVE_RULES; return true;
	case OPT_FAILURE: return set_failure(o, value);
	case OPT_CONTROL: o->control = value; return true;
	case OPT_NO_CONTROL: o->control = NULL; return true;
	case OPT_STATE: o->state = value; return true;
	case OPT_USER: o->user = value; return true;
	case OPT_RANGE: return set_count(&o->copy_range, "copy-range", 128, 65535, value);
	case OPT_LENGTH: return set_count(&o->queue_len, "queue-length", 16, 1 << 20, value);
	case OPT_QUIET: o->quiet = true; return true;
	case OPT_LENIENT: o->policy.lenient = true; return true;
	case OPT_NO_ADVICE: o->policy.no_advice = true; return true;
	}
	return false;
}

static bool options_fit(const struct live_options *o)
{
	if (o->only != LIVE_RUN)
		return true;
	if (!o->policy.n) {
		cmd_error("run: no policy; give one with -p FILE");
		return false;
	}
	if (o->keep_rules && !o->install) {
		cmd_error("run: --keep-rules says what becomes of the rules of --install, which is not there");
		return false;
	}
	return true;
}

static enum cmd_exit run(int argc, char **argv)
{
	struct live_options options = { .n_queues = 1, .control = CMD_CONTROL };
	enum cmd_exit result = CMD_REFUSED;
	bool good = true;
	int option;

	options.policy.file = cmd_alloc((size_t)argc, sizeof(*options.policy.file));
	while (good && (option = getopt_long(argc, argv, "p:46nq:", long_options, NULL)) != -1)
		good = set_option(&options, option, optarg);
	if (good && optind < argc)
		good = cmd_error("run: '%s' is no option; policies are given with -p", argv[optind]) == CMD_OK;
	if (good && options_fit(&options))
		result = live_run(&options);
	else
		cmd_usage(&cmd_run);
	free(options.policy.file);
	return result;
}

const struct cmd_command cmd_run = {
	.name = "run",
	.summary = "be the firewall of this machine",
	.help =
		"Usage: pinhole run -p POLICY [--queue N[:M]] [--install] [OPTION]...\n"
		"       pinhole run --print-rules | --remove-rules [OPTION]...\n\n"
		"Judges what this machine forwards, receives and sends. The kernel hands packets over by NFQUEUE; interfaces,\n"
		"addresses and routes are the machine's own, and followed. Stays in the foreground; 'pinhole ctl' talks to it.\n"
		"SIGHUP reads the policy anew, SIGTERM and SIGINT end it. Needs root to start, and gives it up.\n\n"
		"  -p, --policy FILE       commands or iptables-save output; may be repeated\n"
		"  -4, --ipv4 | -6, --ipv6 the family of a save file that does not say\n"
		"  -n, --noflush           save files add to their tables instead of replacing them\n"
		"  -q, --queue N[:M]       number of the queue, or of several: a thread for each, one engine (default 0)\n"
		"      --install           send packets there: rules in table mangle, removed at the end\n"
		"      --keep-rules        leave them at the end, so that nothing passes unjudged during a restart\n"
		"      --print-rules       print these rules and exit\n"
		"      --remove-rules      remove what a former run left, and exit\n"
		"      --on-failure WHAT   closed: what cannot be judged is dropped, and everything while pinhole does not run\n"
		"                          but its rules are there (the default); open: it passes\n"
		"      --control PATH      socket of 'pinhole ctl' (default " CMD_CONTROL ")\n"
		"      --no-control        no such socket\n"
		"      --state FILE        connections and expectations are saved there at the end, and taken from there\n"
		"      --user NAME         the account it becomes (default pinhole, or nobody where there is no such account)\n"
		"      --copy-range N      bytes of each packet that are looked at (default and most 65535); longer ones fail\n"
		"      --queue-length N    packets that may wait in the kernel, each queue\n"
		"      --quiet             what LOG and NFLOG say is not written to standard error\n"
		"      --lenient           what pinhole does not know in a policy is kept, and taken as not matching\n"
		"      --no-advice         leaves out warnings of sound policies that leave something open (docs/guide.md)\n\n"
		"Exit status: 0 it was ended by a signal; 1 something failed while it ran; 2 wrong usage, a policy with errors,\n"
		"or it could not start.\n",
	.run = run,
};
