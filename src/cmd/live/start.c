/* Starting: each part in its place, because what comes later is not allowed any more to do what came before. Ending: the other way. */
#include "cmd/live/start.h"

#include "cmd/keeper.h"
#include "cmd/live/follow.h"
#include "cmd/live/judge.h"
#include "cmd/log.h"
#include "cmd/secure.h"

#include <errno.h>
#include <pinhole/capture.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define QUEUE_LENGTH 8192
#define STATE_MAX ((size_t)4 << 30)
#define HELD_SHARE 4            /* of the queue's length, what fragments may take */

uint32_t live_queue_len(const struct live_options *options)
{
	return options->queue_len ? options->queue_len : QUEUE_LENGTH;
}

static struct rules rules_of(const struct live_options *o)
{
	return (struct rules){ .first = o->queue, .n = o->n_queues, .bypass = o->fail_open, .form = rules_form() };
}

static bool start_keeper(struct run *run, struct ph_diags *diags)
{
	const struct live_options *o = run->live.options;
	const struct rules rules = rules_of(o);
	const struct keeper_config config = {
		.rules = o->install ? &rules : NULL, .policy = o->policy.file, .n_policies = o->policy.n, .state = o->state,
		.control = o->control,
	};

	run->live.keeper = keeper_start(&config, diags);
	return run->live.keeper != NULL;
}

/* Signals become readable, in this thread; those that are started later leave them alone. */
static bool take_over_signals(struct run *run, struct ph_diags *diags)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	run->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	run->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (run->signals >= 0 && run->epoll >= 0)
		return true;
	ph_diags_add(diags, PH_ERROR, NULL, 0, 0, "signals: %s", strerror(errno));
	return false;
}

/* The policy, and with it the last use of descriptors that came from outside. */
static bool read_policy(struct run *run, struct ph_diags *diags)
{
	struct live *live = &run->live;
	struct cmd_policy from = live->options->policy;
	const int keep[] = { keeper_fd(live->keeper), run->signals, run->epoll };

	from.no_advice = true;  /* that comes when the topology is known */
	live->policy = cmd_policy_read(&from, diags);
	secure_close_others(keep, sizeof(keep) / sizeof(keep[0]));
	return live->policy != NULL;
}

/* The policy, with the machine's interfaces, addresses and routes. */
static bool load(struct run *run, struct ph_diags *diags)
{
	struct live *live = &run->live;
	struct ph_topology *topology;

	if (!read_policy(run, diags))
		return false;
	if (ph_policy_has_topology(live->policy))
		ph_diags_add(diags, PH_WARNING, NULL, 0, 0, "what the policy says of interfaces, addresses and routes is not used: a "
		             "running firewall has those of its machine");
	run->follow = follow_open(diags);
	if (!run->follow)
		return false;
	run->other_rules = follow_news(run->follow).other_rules;
	if (run->other_rules)
		ph_diags_add(diags, PH_WARNING, NULL, 0, 0, FOLLOW_OTHER_RULES);
	topology = follow_take(run->follow);
	if (!topology || ph_policy_set_topology(live->policy, topology) != PH_OK) {
		ph_topology_free(topology);
		ph_diags_add(diags, PH_ERROR, NULL, 0, 0, "%s", ph_status_text(PH_NO_MEMORY));
		return false;
	}
	return live->options->policy.no_advice || ph_policy_advise(live->policy, diags) == PH_OK;
}

static void on_event(void *arg, const struct ph_event *event)
{
	struct run *run = arg;

	judge_event(run->judge, &run->live, event);
}

static void on_given_up(void *arg, uint64_t datagram)
{
	struct run *run = arg;

	judge_give_up(run->judge, &run->live, datagram);
}

static bool make_engine(struct run *run, struct ph_diags *diags)
{
	struct live *live = &run->live;
	struct ph_engine_config config = { .answers = true, .on_event = on_event, .on_given_up = on_given_up, .arg = run };

	live->start_ms = ph_clock_ms();
	live->start_wall_ms = ph_wall_ms();
	run->judge = judge_new(live_queue_len(live->options) / HELD_SHARE);
	live->refusals = refusals_new();
	if (ph_random(config.hash_key, sizeof(config.hash_key)) == PH_OK)
		live->engine = ph_engine_new(live->policy, &config);
	if (!live->engine)
		ph_diags_add(diags, PH_ERROR, NULL, 0, 0, "%s", ph_status_text(PH_NO_MEMORY));
	return live->engine != NULL;
}

/* A state that cannot be read is no reason to stay away: it says so and begins anew. */
static void restore(struct live *live, struct ph_diags *diags)
{
	struct ph_diags *own = ph_diags_new();
	struct ph_saved saved = { .wall_ms = live_now_ms(live) };
	struct ph_restored got;
	char *bytes;

	if (!own || access(live->options->state, F_OK) != 0) {
		ph_diags_free(own);
		return;
	}
	bytes = ph_file_read(live->options->state, STATE_MAX, &saved.len, own);
	saved.bytes = (const uint8_t *)bytes;
	if (bytes && ph_engine_restore(live->engine, &saved, &got, own) == PH_OK)
		log_say(live->log, LOG_STATE, LOG_LEVEL_NOTICE, live_now_ms(live), "%llu connections and %llu expectations are back, %llu "
		        "were late, %llu lost", (unsigned long long)got.conns, (unsigned long long)got.expects,
		        (unsigned long long)got.late, (unsigned long long)got.lost);
	else
		ph_diags_add(diags, PH_WARNING, live->options->state, 0, 0, "its connections are not taken up: %s",
		             ph_diags_get(own, 0) ? ph_diags_get(own, 0)->text : ph_status_text(PH_INVALID));
	free(bytes);
	ph_diags_free(own);
}

/* Told now, not at the end, when it is too late. */
static void look_at_state_folder(const char *state, struct ph_diags *diags)
{
	const char *slash = strrchr(state, '/');
	struct cmd_text folder = { .at = NULL };

	cmd_text_format(&folder, "%.*s", slash ? (int)(slash - state) + 1 : 1, slash ? state : ".");
	cmd_text_bytes(&folder, "", 1);
	if (access(folder.at, W_OK) != 0)
		ph_diags_add(diags, PH_WARNING, state, 0, 0, "connections cannot be saved there at the end: %s", strerror(errno));
	cmd_text_free(&folder);
}

/* That another one, of another network namespace perhaps, has the usual socket is no reason not to protect: only one that was asked for must be
 * there. */
static bool open_control(struct live *live, struct ph_diags *diags)
{
	bool usual = strcmp(live->options->control, CMD_CONTROL) == 0;
	struct ph_diags *own = usual ? ph_diags_new() : NULL;

	live->control = control_open(live->options->control, own ? own : diags);
	if (own && !live->control)
		ph_diags_add(diags, PH_WARNING, live->options->control, 0, 0, "%s; this one runs without: give it --control PATH to talk to it",
		             ph_diags_get(own, 0) ? ph_diags_get(own, 0)->text : ph_status_text(PH_IO));
	ph_diags_free(own);
	return usual || live->control;
}

static bool open_doors(struct run *run, struct ph_diags *diags)
{
	struct live *live = &run->live;
	const struct live_options *o = live->options;
	const struct ph_queues_config queues = {
		.first = o->queue, .n = o->n_queues, .fail_open = o->fail_open, .copy_range = o->copy_range,
		.queue_len = live_queue_len(o),
	};

	live->queues = ph_queues_open(&queues, diags);
	live->sender = live->queues ? ph_sender_open(diags) : NULL;
	if (!live->sender)
		return false;
	return !o->control || open_control(live, diags);
}

/* From here on nothing is opened that needs root. */
static bool lock_in(struct run *run, struct ph_diags *diags)
{
	struct live *live = &run->live;
	const char *user = live->options->user ? live->options->user : secure_account();

	if (secure_drop(user, diags) != PH_OK)
		return false;
	if (ph_queues_start(live->queues) != PH_OK || follow_start(run->follow) != PH_OK) {
		ph_diags_add(diags, PH_ERROR, NULL, 0, 0, "no more threads can be started");
		return false;
	}
	return secure_filter(false, diags) == PH_OK;
}

static void print_rules(const struct live_options *o)
{
	const struct rules rules = rules_of(o);
	struct cmd_text text = { .at = NULL };

	rules_print(&rules, &text);
	cmd_text_flush(&text, stdout);
	cmd_text_free(&text);
}

static bool start(struct run *run, struct ph_diags *diags)
{
	struct live *live = &run->live;

	if (!start_keeper(run, diags) || !take_over_signals(run, diags) || !load(run, diags) || !make_engine(run, diags))
		return false;
	live->log = log_new(STDERR_FILENO);
	if (!live->log) {
		ph_diags_add(diags, PH_ERROR, NULL, 0, 0, "%s", ph_status_text(PH_NO_MEMORY));
		return false;
	}
	if (live->options->state) {
		look_at_state_folder(live->options->state, diags);
		restore(live, diags);
	}
	if (!open_doors(run, diags))
		return false;
	if (!live->options->install)
		print_rules(live->options);
	if (!lock_in(run, diags))
		return false;
	return !live->options->install || keeper_install(live->keeper, diags) == PH_OK;
}

enum cmd_exit live_start(struct run *run)
{
	struct ph_diags *diags = ph_diags_new();
	bool good;

	if (!diags)
		cmd_no_memory();
	if (geteuid() != 0) {
		ph_diags_free(diags);
		return cmd_error("run: needs root to start: it opens queues of the kernel");
	}
	good = start(run, diags);
	cmd_diags_print(diags, 0);
	cmd_diags_total(diags);
	ph_diags_free(diags);
	return good ? CMD_OK : CMD_REFUSED;
}

void live_end(struct run *run)
{
	struct live *live = &run->live;
	struct ph_diags *diags = ph_diags_new();

	if (live->control) {
		control_close(live->control);
		if (diags)
			(void)keeper_control_remove(live->keeper, diags);
	}
	ph_diags_free(diags);
	keeper_stop(live->keeper);
	follow_close(run->follow);
	ph_queues_close(live->queues);
	ph_sender_close(live->sender);
	ph_engine_free(live->engine);
	ph_policy_free(live->policy);
	refusals_free(live->refusals);
	judge_free(run->judge);
	log_free(live->log);
	if (run->signals >= 0)
		close(run->signals);
	if (run->epoll >= 0)
		close(run->epoll);
}

static void to_file(void *arg, const char *text, size_t len)
{
	FILE *file = arg;

	fwrite(text, 1, len, file);     /* ferror tells at the end */
}

enum ph_status live_save(struct live *live, struct ph_diags *diags)
{
	enum ph_status status;
	FILE *file;
	int fd;

	status = keeper_state_begin(live->keeper, &fd, diags);
	if (status != PH_OK)
		return status;
	file = fdopen(fd, "wb");
	if (!file) {
		close(fd);
		return PH_NO_MEMORY;
	}
	status = ph_engine_save(live->engine, ph_wall_ms(), (struct ph_sink){ .write = to_file, .arg = file });
	if (fflush(file) != 0 || ferror(file))
		status = PH_IO;
	fclose(file);
	if (status == PH_OK)
		status = keeper_state_commit(live->keeper, diags);
	if (status != PH_OK && ph_diags_errors(diags) == 0)
		ph_diags_add(diags, PH_ERROR, live->options->state, 0, 0, "connections could not be saved: %s", ph_status_text(status));
	return status;
}

enum cmd_exit live_rules_only(const struct live_options *options)
{
	struct ph_diags *diags = ph_diags_new();
	enum cmd_exit result = CMD_OK;

	if (!diags)
		cmd_no_memory();
	if (options->only == LIVE_PRINT_RULES)
		print_rules(options);
	else if (rules_remove(diags) != PH_OK)
		result = CMD_TROUBLE;
	cmd_diags_print(diags, 0);
	ph_diags_free(diags);
	return result;
}
