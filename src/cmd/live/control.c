/* The control socket. One thread; epoll tells who can be read or written, and each call does a bounded piece of it. */
#include "cmd/live/control.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define LISTENER CONTROL_CLIENTS        /* in epoll's data, where clients have their number */
#define EVENTS 8                        /* of one call */
#define BACKLOG 64
#define PATIENCE_MS 10000               /* of a client that does nothing, when another wants its place */
#define TRIM 65536                      /* sent bytes that the buffer keeps at most before it is moved up */

/* --- open and close --- */

static bool address_of(struct sockaddr_un *address, const char *path, struct ph_diags *diags)
{
	size_t len = strlen(path);

	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (len == 0 || len >= sizeof(address->sun_path)) {
		ph_diags_add(diags, PH_ERROR, path, 0, 0, "the path of a socket has 1 to %zu bytes", sizeof(address->sun_path) - 1);
		return false;
	}
	memcpy(address->sun_path, path, len + 1);
	return true;
}

/* The folder it lies in, if that is missing; what fails shows when the socket is made. */
static void make_parent(const struct sockaddr_un *address)
{
	char folder[sizeof(address->sun_path)];
	char *slash;

	memcpy(folder, address->sun_path, sizeof(folder));
	slash = strrchr(folder, '/');
	if (!slash || slash == folder)
		return;
	*slash = '\0';
	if (mkdir(folder, 0755) == 0 && chmod(folder, 0755) != 0)
		rmdir(folder);
}

static bool complain(struct ph_diags *diags, const char *path, const char *what)
{
	ph_diags_add(diags, PH_ERROR, path, 0, 0, "%s: %s", what, strerror(errno));
	return false;
}

/* What stands in the way: nothing, or a socket that nobody answers on, which goes. */
static bool clear_way(const struct sockaddr_un *address, struct ph_diags *diags)
{
	const char *path = address->sun_path;
	struct stat st;
	int fd, why;

	if (lstat(path, &st) != 0)
		return errno == ENOENT || complain(diags, path, "cannot be looked at");
	if (!S_ISSOCK(st.st_mode)) {
		ph_diags_add(diags, PH_ERROR, path, 0, 0, "is there already and no socket; it is left alone");
		return false;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return complain(diags, path, "no socket");
	why = connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 ? 0 : errno;
	close(fd);
	if (why == ECONNREFUSED)
		return unlink(path) == 0 || complain(diags, path, "cannot be removed");
	if (why == 0 || why == EAGAIN)
		ph_diags_add(diags, PH_ERROR, path, 0, 0, "another pinhole answers on it; it has to end first, or take another path");
	else
		ph_diags_add(diags, PH_ERROR, path, 0, 0, "cannot be connected to: %s", strerror(why));
	return false;
}

/* Nobody else may open it at any time: the mode of a socket's file is that of its descriptor when it is bound. */
static bool bind_private(int fd, const struct sockaddr_un *address, struct ph_diags *diags)
{
	const char *path = address->sun_path;

	if (fchmod(fd, 0600) != 0 || bind(fd, (const struct sockaddr *)address, sizeof(*address)) != 0)
		return complain(diags, path, "cannot be made");
	if (chmod(path, 0600) == 0 && listen(fd, BACKLOG) == 0)
		return true;
	complain(diags, path, "cannot be listened on");
	unlink(path);
	return false;
}

static bool watch(struct control *control, int fd, uint32_t number, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.u32 = number };

	return epoll_ctl(control->epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

static bool open_all(struct control *control, const char *path, struct ph_diags *diags)
{
	struct sockaddr_un address;

	if (!address_of(&address, path, diags))
		return false;
	make_parent(&address);
	if (!clear_way(&address, diags))
		return false;
	control->path = strdup(path);
	control->texts = texts_new();
	control->epoll = epoll_create1(EPOLL_CLOEXEC);
	control->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (!control->path || !control->texts || control->epoll < 0 || control->fd < 0)
		return complain(diags, path, "cannot be made");
	if (!bind_private(control->fd, &address, diags)) {
		free(control->path);
		control->path = NULL;
		return false;
	}
	return watch(control, control->fd, LISTENER, EPOLLIN) || complain(diags, path, "cannot be watched");
}

struct control *control_open(const char *path, struct ph_diags *diags)
{
	struct control *control = calloc(1, sizeof(*control));

	if (!control) {
		ph_diags_add(diags, PH_ERROR, path, 0, 0, "%s", ph_status_text(PH_NO_MEMORY));
		return NULL;
	}
	control->fd = control->epoll = -1;
	for (size_t i = 0; i < CONTROL_CLIENTS; i++)
		control->client[i].fd = -1;
	if (open_all(control, path, diags))
		return control;
	/* A socket that was not bound here is not removed. */
	control_close(control);
	return NULL;
}

static void drop(struct control *control, struct client *client)
{
	close(client->fd);
	free(client->in);
	cmd_text_free(&client->out);
	*client = (struct client){ .fd = -1 };
	control->follows = 0;
	for (size_t i = 0; i < CONTROL_CLIENTS; i++)
		control->follows |= control->client[i].follows;
}

void control_close(struct control *control)
{
	if (!control)
		return;
	for (size_t i = 0; i < CONTROL_CLIENTS; i++)
		if (control->client[i].fd >= 0)
			drop(control, &control->client[i]);
	if (control->fd >= 0)
		close(control->fd);
	if (control->epoll >= 0)
		close(control->epoll);
	if (control->path)
		unlink(control->path);
	free(control->path);
	texts_free(control->texts);
	cmd_text_free(&control->event);
	cmd_text_free(&control->line[0]);
	cmd_text_free(&control->line[1]);
	free(control);
}

int control_fd(const struct control *control)
{
	return control->epoll;
}

/* --- clients --- */

void client_arm(struct control *control, struct client *client)
{
	bool writes = client_waiting(client) || client->listing.kind != LISTING_NONE || client->lost;
	uint32_t want = (client->deaf ? 0u : (uint32_t)EPOLLIN) | (writes ? (uint32_t)EPOLLOUT : 0u);
	struct epoll_event event = { .events = want, .data.u32 = (uint32_t)(client - control->client) };

	if (want != client->armed && epoll_ctl(control->epoll, EPOLL_CTL_MOD, client->fd, &event) == 0)
		client->armed = want;
}

/* Only the administrator, and who runs this. */
static bool is_welcome(int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0 || len != sizeof(peer))
		return false;
	return peer.uid == 0 || peer.uid == geteuid();
}

/* A free place, if need be that of who has done nothing for the longest time; who follows and has been told all may be silent. */
static struct client *place_for(struct control *control, uint64_t now_ms)
{
	struct client *idle = NULL;

	for (size_t i = 0; i < CONTROL_CLIENTS; i++) {
		struct client *client = &control->client[i];

		if (client->fd < 0)
			return client;
		if ((!client->follows || client_waiting(client)) && (!idle || client->moved_ms < idle->moved_ms))
			idle = client;
	}
	if (!idle || now_ms < idle->moved_ms + PATIENCE_MS)
		return NULL;
	drop(control, idle);
	return idle;
}

static void turn_away(struct control *control, int fd, const char *answer)
{
	/* Not waited for: if it does not fit into an empty socket, nobody needs it. */
	ssize_t sent = send(fd, answer, strlen(answer), MSG_NOSIGNAL | MSG_DONTWAIT);

	(void)sent;
	control->turned_away++;
	close(fd);
}

/* False: nobody is waiting. */
static bool welcome(struct control *control, uint64_t now_ms)
{
	int fd = accept4(control->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct client *client;

	if (fd < 0)
		return false;
	if (!is_welcome(fd)) {
		turn_away(control, fd, "{\"err\":\"pinhole: only root may ask\\n\"}\n{\"exit\":1}\n");
		return true;
	}
	client = place_for(control, now_ms);
	if (!client) {
		turn_away(control, fd, "{\"err\":\"pinhole: too many clients at once\\n\"}\n{\"exit\":1}\n");
		return true;
	}
	*client = (struct client){ .fd = fd, .armed = EPOLLIN, .moved_ms = now_ms, .in = malloc(CONTROL_REQUEST) };
	if (!client->in || !watch(control, fd, (uint32_t)(client - control->client), EPOLLIN))
		drop(control, client);
	return true;
}

/* --- reading and writing --- */

static void take_request(struct control *control, struct client *client, struct live *live)
{
	const char *end = memchr(client->in, '\n', client->in_len);

	if (!end && client->in_len < CONTROL_REQUEST)
		return;
	client->asked = true;
	if (end)
		request_take(control, client, live, client->in, (size_t)(end - client->in));
	else
		reply_fail(client, CMD_REFUSED, "ctl: a request has at most %d bytes", CONTROL_REQUEST);
	free(client->in);
	client->in = NULL;
}

/* What comes after a request is read and forgotten. False: the client is gone. */
static bool read_some(struct control *control, struct client *client, struct live *live)
{
	char waste[4096];
	char *to = client->asked ? waste : client->in + client->in_len;
	ssize_t n = recv(client->fd, to, client->asked ? sizeof(waste) : CONTROL_REQUEST - client->in_len, 0);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	client->deaf = n == 0;
	if (n == 0 || client->asked)
		return client->asked;
	client->moved_ms = live_now_ms(live);
	client->in_len += (size_t)n;
	take_request(control, client, live);
	return true;
}

/* False: the client is gone. */
static bool write_some(struct client *client, const struct live *live)
{
	ssize_t n;

	if (!client_waiting(client))
		return true;
	n = send(client->fd, client->out.at + client->sent, client_waiting(client), MSG_NOSIGNAL);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	client->moved_ms = live_now_ms(live);
	client->sent += (size_t)n;
	if (client->sent == client->out.len) {
		client->sent = client->out.len = 0;
	} else if (client->sent >= TRIM) {
		memmove(client->out.at, client->out.at + client->sent, client_waiting(client));
		client->out.len -= client->sent;
		client->sent = 0;
	}
	return true;
}

/* False: it is gone, or its answer is. */
static bool serve(struct control *control, struct client *client, struct live *live, uint32_t events)
{
	if (events & EPOLLIN && !read_some(control, client, live))
		return false;
	if (events & EPOLLERR || (events & EPOLLHUP && !(events & EPOLLIN)))
		return false;
	if (client->listing.kind != LISTING_NONE && client_waiting(client) < CONTROL_LOW)
		listing_step(control, client, live);
	if (!write_some(client, live))
		return false;
	if (client->lost && client_waiting(client) < CONTROL_LOW)
		follow_lost(client);
	if (client->done && !client_waiting(client))
		return false;
	client_arm(control, client);
	return true;
}

void control_serve(struct control *control, struct live *live)
{
	struct epoll_event event[EVENTS];
	int n = epoll_wait(control->epoll, event, EVENTS, 0);
	bool knocks = false;

	for (int i = 0; i < n; i++) {
		uint32_t number = event[i].data.u32;
		struct client *client;

		if (number == LISTENER) {
			knocks = true;
			continue;
		}
		client = &control->client[number];
		if (client->fd >= 0 && !serve(control, client, live, event[i].events))
			drop(control, client);
	}
	/* Last: who comes in may get the number of one that another event was about. */
	for (int more = EVENTS; knocks && more > 0; more--)
		knocks = welcome(control, live_now_ms(live));
}
