/* A firewall from start to end.
 *
 * The order of the start matters: the keeper is forked while there is one thread and everything is still allowed; what needs root is
 * opened; privileges go, threads start without them, and the filter of system calls closes behind it all. The keeper's rules come last,
 * so that packets find a queue. */
#include "cmd/live/run.h"

#include "cmd/keeper.h"
#include "cmd/live/change.h"
#include "cmd/live/follow.h"
#include "cmd/live/judge.h"
#include "cmd/live/start.h"
#include "cmd/log.h"
#include "cmd/notify.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define SECOND_MS 1000
#define LAST_MS 1000           /* for what waits at the end */

uint64_t live_now_ms(const struct live *live)
{
	return live->start_wall_ms + (ph_clock_ms() - live->start_ms);
}

/* --- what happens beside packets --- */

static void tell(struct live *live, enum log_level level, const char *what)
{
	log_say(live->log, LOG_STATE, level, live_now_ms(live), "%s", what);
}

/* For `systemctl status`, and once for people. */
static void tell_ready(struct live *live)
{
	const struct live_options *o = live->options;
	char status[160];

	snprintf(status, sizeof(status), "running: queues %u to %u, on failure %s, %zu policy file%s", o->queue,
	         o->queue + o->n_queues - 1u, o->fail_open ? "open" : "closed", o->policy.n, o->policy.n == 1 ? "" : "s");
	notify_ready(status);
	tell(live, LOG_LEVEL_NOTICE, status);
}

static void reload(struct run *run)
{
	struct ph_diags *diags = ph_diags_new();
	struct live *live = &run->live;

	if (!diags)
		return;
	notify_reloading(0);
	(void)live_reload(live, diags);
	log_diags(live->log, diags, 0);
	notify_ready(ph_diags_errors(diags) ? "running: the policy was not taken, all is as before" : "running: the policy was read anew");
	ph_diags_free(diags);
}

static void follow_machine(struct run *run)
{
	struct ph_topology *topology = follow_take(run->follow);
	struct follow_news news = follow_news(run->follow);
	struct live *live = &run->live;

	if (news.failed)
		tell(live, LOG_LEVEL_WARNING, "the kernel's routes could not be read; those known before stay");
	if (topology && news.other_rules && !run->other_rules)
		tell(live, LOG_LEVEL_WARNING, FOLLOW_OTHER_RULES);
	if (topology)
		run->other_rules = news.other_rules;
	if (topology && live_topology(live, topology) != PH_OK)
		tell(live, LOG_LEVEL_ERROR, "no memory for the kernel's routes; those known before stay");
}

static void take_signals(struct run *run)
{
	struct signalfd_siginfo info;

	while (read(run->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGHUP)
			reload(run);
		else
			run->stop = true;
	}
}

/* Once a second, or as often as systemd wants to hear of it. */
static uint64_t beat_ms(const struct run *run)
{
	return run->watchdog_ms && run->watchdog_ms < SECOND_MS ? run->watchdog_ms : SECOND_MS;
}

/* Timers that no packet turned, a clock that was set, the watchdog, what the log kept back. */
static void beat(struct run *run, uint64_t now_ms)
{
	struct live *live = &run->live;

	if (now_ms < run->next_ms)
		return;
	run->next_ms = now_ms + beat_ms(run);
	if (run->watchdog_ms)
		notify_alive();
	ph_engine_set_day(live->engine, (int64_t)(ph_wall_ms() - now_ms));
	ph_engine_advance(live->engine, now_ms);
	judge_flush(live);
	log_tick(live->log, now_ms);
}

/* Nobody can remove the rules or read the policy any more. */
static void lose_keeper(struct run *run)
{
	tell(&run->live, LOG_LEVEL_ERROR, "the keeper is gone: ending");
	run->stop = run->failed = true;
}

/* --- the loop --- */

static void serve(struct run *run, int fd)
{
	struct live *live = &run->live;

	if (fd == ph_queues_fd(live->queues))
		(void)judge_serve(run->judge, live);
	else if (fd == run->signals)
		take_signals(run);
	else if (fd == follow_fd(run->follow))
		follow_machine(run);
	else if (fd == keeper_fd(live->keeper))
		lose_keeper(run);
	else
		control_serve(live->control, live);
}

static void loop(struct run *run)
{
	struct epoll_event events[8];
	int n;

	while (!run->stop) {
		n = epoll_wait(run->epoll, events, sizeof(events) / sizeof(events[0]), (int)beat_ms(run));
		for (int i = 0; i < n; i++)
			serve(run, events[i].data.fd);
		beat(run, live_now_ms(&run->live));
	}
}

/* It takes seconds if another program has the lock of iptables; until the rules are gone packets are judged. */
static enum ph_status remove_rules(struct run *run, struct ph_diags *diags)
{
	struct pollfd fds[2] = {
		{ .fd = keeper_fd(run->live.keeper), .events = POLLIN }, { .fd = ph_queues_fd(run->live.queues), .events = POLLIN },
	};

	keeper_remove_begin(run->live.keeper);
	while (fds[0].revents == 0) {
		(void)poll(fds, 2, SECOND_MS);
		(void)judge_serve(run->judge, &run->live);
	}
	return keeper_remove_end(run->live.keeper, diags);
}

/* In the kernel or with the readers of the queues, and not for the rest of its datagram. */
static bool is_waiting(const struct run *run)
{
	struct ph_queues_stats stats;

	ph_queues_stats(run->live.queues, &stats);
	return stats.waiting > judge_held(run->judge);
}

/* Rules that are kept bring packets for as long as they are there: then the kernel drops what still waits. */
static void judge_last(struct run *run)
{
	uint64_t end_ms = ph_clock_ms() + LAST_MS;

	while ((judge_serve(run->judge, &run->live) || is_waiting(run)) && ph_clock_ms() < end_ms)
		;
}

/* What waits is judged, then the state is final. */
static void finish(struct run *run)
{
	struct ph_diags *diags = ph_diags_new();
	struct live *live = &run->live;
	bool good = diags != NULL;

	notify_stopping();
	if (good && live->options->install && !live->options->keep_rules)
		good = remove_rules(run, diags) == PH_OK;
	judge_last(run);
	if (good && live->options->state)
		good = live_save(live, diags) == PH_OK;
	if (diags)
		log_diags(live->log, diags, 0);
	run->failed |= !good;
	ph_diags_free(diags);
}

static void wait_for(struct run *run, int fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

	if (epoll_ctl(run->epoll, EPOLL_CTL_ADD, fd, &event) != 0)
		run->failed = run->stop = true;
}

static void wait_for_all(struct run *run)
{
	wait_for(run, run->signals);
	wait_for(run, keeper_fd(run->live.keeper));
	wait_for(run, ph_queues_fd(run->live.queues));
	wait_for(run, follow_fd(run->follow));
	if (run->live.control)
		wait_for(run, control_fd(run->live.control));
}

enum cmd_exit live_run(const struct live_options *options)
{
	struct run run = { .signals = -1, .epoll = -1, .live = { .options = options } };
	enum cmd_exit result;

	if (options->only != LIVE_RUN)
		return live_rules_only(options);
	result = live_start(&run);
	if (result == CMD_OK) {
		wait_for_all(&run);
		run.watchdog_ms = notify_watchdog_ms();
		tell_ready(&run.live);
		loop(&run);
		finish(&run);
		result = run.failed ? CMD_TROUBLE : CMD_OK;
	}
	live_end(&run);
	return result;
}
