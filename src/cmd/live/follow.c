/* The thread that follows the kernel's interfaces, addresses and routes. It owns the netwatch; what it builds changes hands under a
 * lock that is held for a few assignments only. */
#include "cmd/live/follow.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <pinhole/queue.h>

#define REST 4          /* times as long as the last reading took is waited before the next one, */
#define REST_MAX_MS 5000        /* but no longer than this */

struct follow {
	struct ph_netwatch *watch;      /* the thread's, once it runs */
	pthread_t thread;
	bool running;
	int ready, stop;                /* eventfds */
	pthread_mutex_t lock;           /* of what follows */
	struct ph_topology *newest;
	struct follow_news news;
};

/* One topology in the making. */
struct making {
	struct ph_topology *topology;
	enum ph_status status;
};

/* Addresses and routes of an interface that went away between two parts of the dump are no reason to give up: only memory is. */
static void note(struct making *m, enum ph_status status)
{
	if (status == PH_NO_MEMORY)
		m->status = status;
}

static void take_link(void *arg, const struct ph_net_link *link)
{
	struct making *m = arg;

	note(m, ph_topology_link(m->topology, link));
}

static void take_addr(void *arg, const struct ph_net_addr *addr)
{
	struct making *m = arg;

	note(m, ph_topology_addr(m->topology, addr));
}

static void take_route(void *arg, const struct ph_net_route *route)
{
	struct making *m = arg;

	note(m, ph_topology_route(m->topology, route));
}

static struct ph_topology *build(struct follow *follow, struct follow_news *news, struct ph_diags *diags)
{
	struct making m = { .topology = ph_topology_new(), .status = PH_OK };
	const struct ph_net_sink sink = { .link = take_link, .addr = take_addr, .route = take_route, .arg = &m };
	enum ph_status status;

	if (!m.topology) {
		ph_diags_add(diags, PH_ERROR, NULL, 0, 0, "routes: %s", ph_status_text(PH_NO_MEMORY));
		return NULL;
	}
	status = ph_netwatch_dump(follow->watch, &sink, &news->other_rules, diags);
	if (status == PH_OK && m.status == PH_OK) {
		news->left_out = ph_topology_left_out(m.topology);
		return m.topology;
	}
	if (ph_diags_errors(diags) == 0)
		ph_diags_add(diags, PH_ERROR, NULL, 0, 0, "routes: %s", ph_status_text(m.status == PH_OK ? status : m.status));
	ph_topology_free(m.topology);
	return NULL;
}

/* Hands over what was built; NULL: it failed. */
static void post(struct follow *follow, struct ph_topology *topology, const struct follow_news *news)
{
	struct ph_topology *former = NULL;
	const uint64_t one = 1;
	ssize_t written;

	pthread_mutex_lock(&follow->lock);
	if (topology) {
		former = follow->newest;
		follow->newest = topology;
		follow->news = *news;
	} else {
		follow->news.failed = true;
	}
	pthread_mutex_unlock(&follow->lock);
	ph_topology_free(former);
	/* It can only fail when it is readable anyway. */
	written = write(follow->ready, &one, sizeof(one));
	(void)written;
}

static void read_again(struct follow *follow)
{
	struct ph_diags *diags = ph_diags_new();
	struct follow_news news = { .left_out = 0 };

	post(follow, diags ? build(follow, &news, diags) : NULL, &news);
	ph_diags_free(diags);
}

/* True: asked to stop. */
static bool wait_ms(struct follow *follow, int timeout_ms, bool *changed)
{
	struct pollfd fds[2] = {
		{ .fd = follow->stop, .events = POLLIN }, { .fd = ph_netwatch_fd(follow->watch), .events = POLLIN },
	};

	(void)poll(fds, changed ? 2 : 1, timeout_ms);
	if (changed && fds[1].revents)
		*changed = ph_netwatch_poll(follow->watch);
	return fds[0].revents != 0;
}

static void *work(void *arg)
{
	struct follow *follow = arg;
	bool changed = false;
	uint64_t began, rest;

	while (!wait_ms(follow, -1, &changed)) {
		if (!changed)
			continue;
		began = ph_clock_ms();
		read_again(follow);
		changed = false;
		rest = (ph_clock_ms() - began) * REST;
		if (wait_ms(follow, (int)(rest < REST_MAX_MS ? rest : REST_MAX_MS), NULL))
			break;
	}
	return NULL;
}

struct follow *follow_open(struct ph_diags *diags)
{
	struct follow *follow = calloc(1, sizeof(*follow));

	if (!follow) {
		ph_diags_add(diags, PH_ERROR, NULL, 0, 0, "routes: %s", ph_status_text(PH_NO_MEMORY));
		return NULL;
	}
	pthread_mutex_init(&follow->lock, NULL);
	follow->ready = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	follow->stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	follow->watch = follow->ready < 0 || follow->stop < 0 ? NULL : ph_netwatch_open(diags);
	if (follow->watch)
		follow->newest = build(follow, &follow->news, diags);
	if (follow->newest)
		return follow;
	if (ph_diags_errors(diags) == 0)
		ph_diags_add(diags, PH_ERROR, NULL, 0, 0, "routes: no descriptors are left");
	follow_close(follow);
	return NULL;
}

enum ph_status follow_start(struct follow *follow)
{
	follow->running = pthread_create(&follow->thread, NULL, work, follow) == 0;
	return follow->running ? PH_OK : PH_NO_MEMORY;
}

void follow_close(struct follow *follow)
{
	const uint64_t one = 1;

	if (!follow)
		return;
	if (follow->running && write(follow->stop, &one, sizeof(one)) == (ssize_t)sizeof(one))
		pthread_join(follow->thread, NULL);
	ph_netwatch_close(follow->watch);
	ph_topology_free(follow->newest);
	if (follow->ready >= 0)
		close(follow->ready);
	if (follow->stop >= 0)
		close(follow->stop);
	pthread_mutex_destroy(&follow->lock);
	free(follow);
}

int follow_fd(const struct follow *follow)
{
	return follow->ready;
}

struct ph_topology *follow_take(struct follow *follow)
{
	struct ph_topology *topology;
	uint64_t times;
	ssize_t got;

	/* Empty it first: what is posted after the lock was let go makes it readable again. */
	got = read(follow->ready, &times, sizeof(times));
	(void)got;
	pthread_mutex_lock(&follow->lock);
	topology = follow->newest;
	follow->newest = NULL;
	pthread_mutex_unlock(&follow->lock);
	return topology;
}

struct follow_news follow_news(struct follow *follow)
{
	struct follow_news news;

	pthread_mutex_lock(&follow->lock);
	news = follow->news;
	follow->news.failed = false;
	pthread_mutex_unlock(&follow->lock);
	return news;
}
