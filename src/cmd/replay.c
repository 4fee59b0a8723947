/* pinhole replay: captures through a policy. */
#include "cmd/replay.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PROGRESS_EVERY 8192     /* frames */

const char *const replay_mend_names[4] = { "len", "ttl", "ipsum", "l4sum" };

bool replay_is_hairpin(const struct ph_packet_out *out)
{
	return out->in >= 0 && out->in == out->out;
}

bool replay_passed(const struct ph_packet_out *out)
{
	return out->fate == PH_FATE_FORWARDED || out->fate == PH_FATE_LOCAL || out->fate == PH_FATE_SENT;
}

static void on_event(void *arg, const struct ph_event *event)
{
	struct replay *r = arg;

	if (r->json)
		json_event(r->json, &r->now, event);
	if (r->report)
		report_event(r->report, &r->now, event);
}

static void on_trace(void *arg, const struct ph_trace *trace)
{
	struct replay *r = arg;

	explain_trace(r->explain, r, trace);
}

/* A copy of the frame that may be changed. */
static uint8_t *frame_copy(struct replay *r, const struct ph_frame *frame)
{
	if (r->scratch_size < frame->len) {
		free(r->scratch);
		r->scratch_size = frame->len < 65536 ? 65536 : frame->len;
		r->scratch = cmd_alloc(1, r->scratch_size);
	}
	if (frame->len)
		memcpy(r->scratch, frame->data, frame->len);
	return r->scratch;
}

/* A capture that was not taken on the firewall itself says nothing about the hops left there. */
static unsigned to_mend(const struct replay *r)
{
	unsigned what = PH_MEND_LENGTH | PH_MEND_IPSUM | PH_MEND_L4SUM;

	if (r->options->keep_checksums)
		what = PH_MEND_LENGTH;
	if (r->source.ifaces == SOURCE_BY_ROUTE)
		what |= PH_MEND_TTL;
	return what;
}

static void count_packet(struct replay *r)
{
	struct replay_totals *t = &r->totals;
	const struct ph_packet_out *out = &r->now.out;

	if (out->verdict == PH_SKIPPED || out->fate == PH_FATE_NOT_SENT) {
		t->skipped[out->skip]++;
		return;
	}
	t->replayed++;
	t->states[out->state]++;
	t->passed[out->state] += replay_passed(out);
	t->fates[out->fate]++;
	t->hairpin += replay_is_hairpin(out);
	t->forwarded += out->fate == PH_FATE_FORWARDED || out->fate == PH_FATE_SENT;
	for (size_t i = 0; i < 4; i++)
		t->mended[i] += r->now.mended >> i & 1;
}

/* True: this is the second sight of a packet, and that is all there is to say. */
static bool is_copy(struct replay *r, const struct ph_l3 *l3, uint32_t *handle)
{
	const struct ph_capture_frame *head = &r->now.input->head;
	struct copies_sight sight = {
		.ip = head->frame.data + l3->at,
		.len = l3->len,
		.family = l3->family,
		.iface = source_iface(&r->source, r->now.input, r->policy),
		.time_us = head->time_us,
	};

	if (!r->copies || !copies_seen(r->copies, &sight, handle, &r->now.copy_passed))
		return false;
	r->now.is_copy = true;
	r->totals.copies++;
	r->totals.copies_of_dropped += !r->now.copy_passed;
	return true;
}

static void process(struct replay *r, const struct ph_l3 *l3)
{
	struct ph_packet_in in = {
		.frame = r->now.input->head.frame,
		.iface = source_iface(&r->source, r->now.input, r->policy),
	};
	uint8_t *copy;

	if (l3) {
		copy = frame_copy(r, &in.frame);
		in.frame.data = copy;
		r->now.mended = ph_packet_mend(copy + l3->at, l3->len, in.frame.wire_len - l3->at, to_mend(r));
	}
	if (r->now.explained) {
		in.explain = true;
		explain_begin(r->explain, r, in.frame.time_ms);
	}
	ph_engine_process(r->engine, &in, &r->now.out, 1);
	count_packet(r);
}

static void one_frame(struct replay *r, const struct source_input *input)
{
	const struct ph_capture_frame *head = &input->head;
	uint32_t handle = COPIES_NONE;
	struct ph_l3 l3;
	bool is_ip;

	if (!r->started)
		r->start_us = head->time_us;
	r->started = true;
	r->now = (struct replay_packet){ .input = input, .n = head->number };
	r->now.explained = r->explain && head->number == r->options->explain;
	r->now.time_us = head->time_us > r->start_us ? head->time_us - r->start_us : 0;
	r->totals.frames++;
	if (r->now.time_us > r->totals.last_us)
		r->totals.last_us = r->now.time_us;
	is_ip = ph_frame_l3(&head->frame, &l3);
	r->now.has_brief = is_ip && ph_packet_brief(head->frame.data + l3.at, l3.len, &r->now.brief);
	if (!is_ip || !is_copy(r, &l3, &handle)) {
		process(r, is_ip ? &l3 : NULL);
		if (r->copies)
			copies_note(r->copies, handle, replay_passed(&r->now.out) || r->now.out.verdict == PH_HELD,
			            r->now.out.in == r->now.out.out);
	}
	if (r->json)
		json_packet(r->json, r);
	if (r->report)
		report_packet(r->report, r);
}

static void progress(const struct replay *r)
{
	uint64_t read, all;

	if (source_progress(&r->source, &read, &all))
		fprintf(stderr, "\r%3.0f%%, %llu frames", 100.0 * (double)read / (double)all, (unsigned long long)r->totals.frames);
	else
		fprintf(stderr, "\r%llu frames", (unsigned long long)r->totals.frames);
	fflush(stderr);
}

static void run_frames(struct replay *r)
{
	const struct source_input *input;
	bool watched = isatty(STDERR_FILENO), shown = false;

	while ((input = source_next(&r->source))) {
		one_frame(r, input);
		if (watched && r->totals.frames % PROGRESS_EVERY == 0) {
			progress(r);
			shown = true;
		}
	}
	if (shown)
		fputs("\r\033[K", stderr);
}

/* Damaged captures: said on standard error, and CMD_TROUBLE. */
static enum cmd_exit damages(const struct source *source)
{
	enum cmd_exit result = CMD_OK;

	for (size_t i = 0; i < source->n; i++) {
		if (!source->input[i].error)
			continue;
		fprintf(stderr, "%s: error: %s; the %llu frames before it were processed\n", source->input[i].path,
		        source->input[i].error, (unsigned long long)source->input[i].frames);
		result = CMD_TROUBLE;
	}
	return result;
}

static void to_stdout(void *arg, const char *text, size_t len)
{
	(void)arg;
	fwrite(text, 1, len, stdout);
}

static void print_counters(const struct ph_policy *policy)
{
	static const uint8_t families[] = { PH_IPV4, PH_IPV6 };
	struct ph_sink sink = { .write = to_stdout };

	for (size_t i = 0; i < sizeof(families); i++)
		if (ph_policy_has_rules(policy, families[i]))
			ph_policy_print(policy, families[i], true, sink);
}

static enum cmd_exit run_all(struct replay *r)
{
	struct ph_engine_config config = {
		.frozen_clock = r->options->frozen, .on_event = on_event, .on_trace = on_trace, .arg = r,
	};
	bool json_only = r->options->json && strcmp(r->options->json, "-") == 0;
	enum cmd_exit result, written = CMD_OK;

	/* Nobody who made the capture chooses the slots of our tables; nothing that is printed depends on them. */
	if (ph_random(config.hash_key, sizeof(config.hash_key)) != PH_OK)
		config.hash_key[0] = 1;
	r->engine = ph_engine_new(r->policy, &config);
	if (!r->engine)
		cmd_no_memory();
	if (source_has_copies(&r->source))
		r->copies = copies_new();
	if (r->options->json && !(r->json = json_open(r->options->json)))
		return CMD_REFUSED;
	if (!json_only)
		r->report = report_new(r);
	if (r->json)
		json_header(r->json, r);
	if (r->options->explain)
		r->explain = explain_new();
	run_frames(r);
	ph_engine_advance(r->engine, 0);        /* to the last packet's time: what is over by then has ended */
	if (r->options->counters)
		print_counters(r->policy);
	else if (r->report)
		report_print(r->report, r);
	if (r->json) {
		json_summary(r->json, r);
		written = json_close(r->json);
	}
	result = damages(&r->source);
	return result == CMD_OK ? written : result;
}

/* Interfaces and captures; complaints are printed. */
static bool prepare(struct replay *r, struct ph_diags *diags)
{
	size_t from = ph_diags_count(diags);
	bool good;

	r->source.limit = r->options->limit;
	good = source_prepare(&r->source, r->policy, r->options->json != NULL, diags);
	good = source_open(&r->source, diags) && good;
	cmd_diags_print(diags, from);
	return good;
}

static enum cmd_exit replay(struct replay *r)
{
	struct ph_diags *diags = ph_diags_new();
	enum cmd_exit result = CMD_REFUSED;

	if (!diags)
		cmd_no_memory();
	if (r->options->policy.n == 0)
		fputs("pinhole: note: no policy given (-p): everything is accepted and no helper is assigned\n", stderr);
	r->policy = cmd_policy_load(&r->options->policy, diags);
	r->warnings = ph_diags_count(diags);
	if (!r->policy)
		cmd_diags_total(diags);
	else if (prepare(r, diags))
		result = run_all(r);
	report_free(r->report);
	explain_free(r->explain);
	copies_free(r->copies);
	ph_engine_free(r->engine);
	ph_policy_free(r->policy);
	ph_diags_free(diags);
	free(r->scratch);
	return result;
}

enum { OPT_CLOCK = 256, OPT_EXPLAIN, OPT_COUNTERS, OPT_PROFILE, OPT_KEEP, OPT_LENIENT, OPT_JSON, OPT_PACKETS, OPT_NO_ADVICE };

static const struct option long_options[] = {
	{ "policy", required_argument, NULL, 'p' },
	{ "ipv4", no_argument, NULL, '4' },
	{ "ipv6", no_argument, NULL, '6' },
	{ "count", required_argument, NULL, 'c' },
	{ "packets", no_argument, NULL, OPT_PACKETS },
	{ "explain", required_argument, NULL, OPT_EXPLAIN },
	{ "counters", no_argument, NULL, OPT_COUNTERS },
	{ "json", required_argument, NULL, OPT_JSON },
	{ "clock", required_argument, NULL, OPT_CLOCK },
	{ "profile", required_argument, NULL, OPT_PROFILE },
	{ "no-fix-checksums", no_argument, NULL, OPT_KEEP },
	{ "lenient", no_argument, NULL, OPT_LENIENT },
	{ "no-advice", no_argument, NULL, OPT_NO_ADVICE },
	{ "noflush", no_argument, NULL, 'n' },
	{ NULL, 0, NULL, 0 },
};

static bool set_clock(struct replay_options *o, const char *word)
{
	o->frozen = strcmp(word, "frozen") == 0;
	if (o->frozen || strcmp(word, "capture") == 0)
		return true;
	cmd_error("replay: --clock %s: is 'capture' (the time of the packets) or 'frozen' (no timer runs out)", word);
	return false;
}

static bool set_profile(const char *word)
{
	if (strcmp(word, "kernel") == 0)
		return true;
	if (strcmp(word, "strict") == 0)
		cmd_error("replay: --profile strict: does not exist yet; 'kernel' (what Linux does) is the only one");
	else
		cmd_error("replay: --profile %s: is 'kernel', the only one there is", word);
	return false;
}

/* A number from 1 to about 4e10, for an option. */
static bool set_number(uint64_t *out, const char *option, const char *what, const char *word)
{
	uint64_t n = 0;

	*out = 0;
	for (const char *at = word; *at >= '0' && *at <= '9' && n < UINT32_MAX; at++) {
		n = n * 10 + (uint64_t)(*at - '0');
		if (!at[1])
			*out = n;
	}
	if (!*out)
		cmd_error("replay: --%s %s: is %s, at least 1", option, word, what);
	return *out != 0;
}

static bool set_option(struct replay_options *o, int option, const char *value)
{
	switch (option) {
	case 'p': o->policy.file[o->policy.n++] = value; return true;
	case '4': o->policy.family = PH_IPV4; return true;
	case '6': o->policy.family = PH_IPV6; return true;
	case 'c': return set_number(&o->limit, "count", "a number of frames", value);
	case OPT_COUNTERS: o->counters = true; return true;
	case OPT_EXPLAIN: return set_number(&o->explain, "explain", "the number of a frame", value);
	case OPT_PACKETS: o->packets = true; return true;
	case OPT_JSON: o->json = value; return true;
	case OPT_CLOCK: return set_clock(o, value);
	case OPT_PROFILE: return set_profile(value);
	case OPT_KEEP: o->keep_checksums = true; return true;
	case 'n': o->policy.no_flush = true; return true;
	case OPT_LENIENT: o->policy.lenient = true; return true;
	case OPT_NO_ADVICE: o->policy.no_advice = true; return true;
	}
	return false;
}

static bool options_fit(const struct replay_options *o)
{
	const char *text = o->packets ? "packets" : o->explain ? "explain" : o->counters ? "counters" : NULL;

	if (!text || !o->json || strcmp(o->json, "-") != 0)
		return true;
	cmd_error("replay: --%s and --json - would both write to standard output", text);
	return false;
}

static enum cmd_exit run(int argc, char **argv)
{
	struct replay_options options = { .json = NULL };
	struct replay r = { .options = &options };
	enum cmd_exit result = CMD_REFUSED;
	bool good = true;
	int option;

	options.policy.file = cmd_alloc((size_t)argc, sizeof(*options.policy.file));
	while (good && (option = getopt_long(argc, argv, "p:46c:n", long_options, NULL)) != -1)
		good = set_option(&options, option, optarg);
	if (good && options_fit(&options) && source_args(&r.source, argv + optind, (size_t)(argc - optind)) == CMD_OK)
		result = replay(&r);
	else
		cmd_usage(&cmd_replay);
	source_free(&r.source);
	free(options.policy.file);
	return result;
}

const struct cmd_command cmd_replay = {
	.name = "replay",
	.summary = "run captures through a policy: what passes, what opens, and why",
	.help =
		"Usage: pinhole replay -p POLICY [OPTION]... CAPTURE\n"
		"       pinhole replay -p POLICY [OPTION]... IFACE=CAPTURE...\n\n"
		"Sends the packets of a capture (pcap, pcapng; '-': standard input) through the policy and reports which passed,\n"
		"which connections the helpers opened the firewall for, which bytes asked for each, and who used it.\n"
		"With IFACE=CAPTURE, one for each interface of the firewall, packets come in where they were captured, in time\n"
		"order, and the forwarded copy of a packet is not processed again. A CAPTURE alone uses the interface names in\n"
		"it, or else the route to the source address of each packet.\n\n"
		"  -p, --policy FILE       commands, iptables-save output or 'ip -j' output; may be repeated\n"
		"  -4, --ipv4 | -6, --ipv6 the family of a save file that does not say\n"
		"  -c, --count N           only the first N frames of each capture\n"
		"      --packets           also a line a packet\n"
		"      --explain N         the whole story of frame N: each rule tried, and the first test that failed\n"
		"      --counters          instead of the report: the rules with their counters, as iptables-save -c\n"
		"      --json FILE         write JSON Lines; '-': to standard output, instead of the text\n"
		"      --clock capture     timers run by the time of the packets (the default)\n"
		"      --clock frozen      no timer runs out\n"
		"      --profile kernel    behave as Linux does (the default, and the only one)\n"
		"      --no-fix-checksums  take checksums as captured, even where the network card was to fill them in\n"
		"  -n, --noflush           save files add to their tables instead of replacing them\n"
		"      --lenient           what pinhole does not know in a policy is kept and told as uncertain\n"
		"      --no-advice         leaves out warnings of sound policies that leave something open (docs/guide.md)\n\n"
		"Exit status: 0 all went well; 1 a capture was damaged (what came before is reported) or output failed;\n"
		"2 wrong usage, a policy with errors, or no capture.\n",
	.run = run,
};
