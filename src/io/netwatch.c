/* Links, addresses and routes of the machine, by rtnetlink; see <pinhole/topology.h>.
 *
 * Two sockets: one that the kernel tells of changes, one that is asked. A dump is kept as bytes until its end, because only there the
 * kernel may say that it was interrupted. Links are asked first: the kernel answers that under the lock that a change holds to its
 * end, so that what a message has announced is done when addresses and routes are asked. */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "io/netknown.h"
#include "io/netlink.h"

#define MESSAGE_SIZE 65536              /* the kernel sends 32 kB at once */
#define WATCH_BUFFER (4 << 20)
#define ANSWER_SECONDS 10
#define MAX_TRIES 16                    /* of a dump that changes interrupt */
#define MAX_DATAGRAMS 4096              /* taken in by one poll */
#define KEPT_SIZE (1u << 20)            /* of the room for a dump, between dumps */

static const char who[] = "rtnetlink";

struct ph_netwatch {
	struct mnl_socket *events, *asked;
	struct ph_netknown known;
	uint8_t *store;                 /* the dump that is coming in */
	size_t stored, store_size;
	uint32_t seq;
	bool changed;
	uint8_t message[MESSAGE_SIZE];
};

/* One dump: who takes the records, and what came of it. */
struct taking {
	const struct ph_net_sink *sink;
	struct ph_netknown known;
	enum ph_status status;          /* NO_MEMORY: known is not whole */
	unsigned rules[2];              /* by family: those of enum ph_nl_rule that were seen */
	bool other_rules;
};

/* --- sockets --- */

static bool set_option(struct mnl_socket *socket, int level, int option, int value)
{
	return setsockopt(mnl_socket_get_fd(socket), level, option, &value, sizeof(value)) == 0;
}

static bool join_groups(struct mnl_socket *socket)
{
	static const int needed[] = { RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV4_RULE };
	/* A kernel without IPv6 or without numbered next hops may refuse these. */
	static const int wanted[] = { RTNLGRP_IPV6_IFADDR, RTNLGRP_IPV6_ROUTE, RTNLGRP_IPV6_RULE, RTNLGRP_NEXTHOP };

	for (size_t i = 0; i < sizeof(needed) / sizeof(*needed); i++)
		if (!set_option(socket, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, needed[i]))
			return false;
	for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++)
		(void)set_option(socket, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, wanted[i]);
	return true;
}

static bool open_sockets(struct ph_netwatch *watch)
{
	const struct timeval patience = { .tv_sec = ANSWER_SECONDS };

	watch->events = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK);
	watch->asked = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (!watch->events || !watch->asked)
		return false;
	/* Beyond the system's limit with the right to, else as far as it goes: what is lost costs a dump, nothing more. */
	if (!set_option(watch->events, SOL_SOCKET, SO_RCVBUFFORCE, WATCH_BUFFER))
		(void)set_option(watch->events, SOL_SOCKET, SO_RCVBUF, WATCH_BUFFER);
	/* Without it (before Linux 4.20) a request may only have more of it ignored. */
	(void)set_option(watch->asked, SOL_NETLINK, NETLINK_GET_STRICT_CHK, 1);
	return setsockopt(mnl_socket_get_fd(watch->asked), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) == 0 &&
	       mnl_socket_bind(watch->events, 0, MNL_SOCKET_AUTOPID) == 0 && mnl_socket_bind(watch->asked, 0, MNL_SOCKET_AUTOPID) == 0 &&
	       join_groups(watch->events);
}

struct ph_netwatch *ph_netwatch_open(struct ph_diags *diags)
{
	static const struct ph_net_sink nobody;
	struct ph_netwatch *watch = calloc(1, sizeof(*watch));

	if (!watch) {
		ph_diags_add(diags, PH_ERROR, who, 0, 0, "%s", ph_status_text(PH_NO_MEMORY));
		return NULL;
	}
	if (!open_sockets(watch))
		ph_diags_add(diags, PH_ERROR, who, 0, 0, "cannot be asked for interfaces and routes: %s", strerror(errno));
	else if (ph_netwatch_dump(watch, &nobody, NULL, diags) == PH_OK)
		return watch;
	ph_netwatch_close(watch);
	return NULL;
}

void ph_netwatch_close(struct ph_netwatch *watch)
{
	if (!watch)
		return;
	if (watch->events)
		mnl_socket_close(watch->events);
	if (watch->asked)
		mnl_socket_close(watch->asked);
	ph_netknown_fini(&watch->known);
	free(watch->store);
	free(watch);
}

int ph_netwatch_fd(const struct ph_netwatch *watch)
{
	return mnl_socket_get_fd(watch->events);
}

/* One datagram of the kernel's. False: errno says why; EMSGSIZE for one that was cut, EPERM for one from somebody else. */
static bool receive(struct ph_netwatch *watch, const struct mnl_socket *from, struct ph_cur *out)
{
	struct sockaddr_nl sender;
	struct iovec room = { .iov_base = watch->message, .iov_len = sizeof(watch->message) };
	struct msghdr head = { .msg_name = &sender, .msg_namelen = sizeof(sender), .msg_iov = &room, .msg_iovlen = 1 };
	ssize_t len;

	do
		len = recvmsg(mnl_socket_get_fd(from), &head, 0);
	while (len < 0 && errno == EINTR);
	if (len < 0)
		return false;
	if (head.msg_namelen != sizeof(sender) || sender.nl_pid != 0)
		errno = EPERM;
	else if (head.msg_flags & MSG_TRUNC)
		errno = EMSGSIZE;
	else
		*out = ph_cur_of(watch->message, (size_t)len);
	return head.msg_namelen == sizeof(sender) && sender.nl_pid == 0 && (head.msg_flags & MSG_TRUNC) == 0;
}

/* --- changes --- */

static bool link_matters(const struct ph_netwatch *watch, const struct ph_nl_msg *msg)
{
	struct ph_nl_link link;

	return ph_nl_link(msg->body, &link) && (msg->type == RTM_DELLINK || !ph_netknown_has_link(&watch->known, &link));
}

static bool addr_matters(const struct ph_netwatch *watch, const struct ph_nl_msg *msg)
{
	struct ph_net_addr addr;

	return ph_nl_addr(msg->body, &addr) && (msg->type == RTM_DELADDR || !ph_netknown_has_addr(&watch->known, &addr));
}

static bool matters(const struct ph_netwatch *watch, const struct ph_nl_msg *msg)
{
	switch (msg->type) {
	case RTM_NEWLINK: case RTM_DELLINK: return link_matters(watch, msg);
	case RTM_NEWADDR: case RTM_DELADDR: return addr_matters(watch, msg);
	case RTM_NEWROUTE: case RTM_DELROUTE: return ph_nl_route_matters(msg->body);
	case RTM_NEWRULE: case RTM_DELRULE: return true;
	/* A new one changes nothing before a route uses it; with one that goes, its routes go without a word. */
	case RTM_NEWNEXTHOP: return (msg->flags & NLM_F_REPLACE) != 0;
	case RTM_DELNEXTHOP: return true;
	}
	return false;
}

bool ph_netwatch_poll(struct ph_netwatch *watch)
{
	struct ph_nl_msg msg;
	struct ph_cur datagram;

	for (unsigned i = 0; i < MAX_DATAGRAMS; i++) {
		if (receive(watch, watch->events, &datagram)) {
			while (ph_nl_next(&datagram, &msg))
				watch->changed |= matters(watch, &msg);
			continue;
		}
		if (errno == EAGAIN || errno == EWOULDBLOCK)
			break;
		watch->changed |= errno != EPERM;
	}
	return watch->changed;
}

/* --- dumps --- */

struct question {
	uint16_t type;
	uint8_t family;
	size_t head_size;
	void (*take)(struct taking *taking, uint8_t family, const struct ph_nl_msg *msg);
};

static void note(struct taking *taking, enum ph_status status)
{
	if (status != PH_OK)
		taking->status = status;
}

static void take_link(struct taking *taking, uint8_t family, const struct ph_nl_msg *msg)
{
	struct ph_nl_link link;

	(void)family;
	if (msg->type != RTM_NEWLINK || !ph_nl_link(msg->body, &link))
		return;
	note(taking, ph_netknown_add_link(&taking->known, &link));
	if (taking->sink->link)
		taking->sink->link(taking->sink->arg, &link.link);
}

/* A kernel without IPv6 answers with all families it has: with IPv4 again. */
static uint8_t family_number(uint8_t family)
{
	return family == AF_INET6 ? PH_IPV6 : PH_IPV4;
}

static void take_addr(struct taking *taking, uint8_t family, const struct ph_nl_msg *msg)
{
	struct ph_net_addr addr;

	if (msg->type != RTM_NEWADDR || !ph_nl_addr(msg->body, &addr) || addr.family != family_number(family))
		return;
	note(taking, ph_netknown_add_addr(&taking->known, &addr));
	if (taking->sink->addr)
		taking->sink->addr(taking->sink->arg, &addr);
}

static void take_route(struct taking *taking, uint8_t family, const struct ph_nl_msg *msg)
{
	struct ph_net_route route;

	if (msg->type == RTM_NEWROUTE && ph_nl_route(msg->body, &route) && route.family == family_number(family))
		taking->sink->route(taking->sink->arg, &route);
}

static void take_rule(struct taking *taking, uint8_t family, const struct ph_nl_msg *msg)
{
	uint8_t of;
	enum ph_nl_rule rule;

	if (msg->type != RTM_NEWRULE || !ph_cur_peek(&msg->body, 0, &of) || of != family)
		return;
	rule = ph_nl_rule(msg->body);
	taking->other_rules |= rule == PH_NL_RULE_OTHER || (taking->rules[family == AF_INET6] & rule) != 0;
	taking->rules[family == AF_INET6] |= rule;
}

static bool ask(struct ph_netwatch *watch, const struct question *q)
{
	uint8_t buffer[64] __attribute__((aligned(4))) = { 0 };
	struct nlmsghdr *head = mnl_nlmsg_put_header(buffer);
	uint8_t *family = mnl_nlmsg_put_extra_header(head, q->head_size);

	*family = q->family;
	head->nlmsg_type = q->type;
	head->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	head->nlmsg_seq = ++watch->seq;
	return mnl_socket_sendto(watch->asked, head, head->nlmsg_len) == (ssize_t)head->nlmsg_len;
}

static bool store(struct ph_netwatch *watch, struct ph_cur bytes)
{
	size_t len = ph_cur_left(&bytes), size = watch->store_size < MESSAGE_SIZE ? MESSAGE_SIZE : watch->store_size;
	uint8_t *bigger;

	while (size - watch->stored < len)
		size *= 2;
	if (size != watch->store_size) {
		bigger = realloc(watch->store, size);
		if (!bigger)
			return false;
		watch->store = bigger;
		watch->store_size = size;
	}
	memcpy(watch->store + watch->stored, bytes.at, len);
	watch->stored += len;
	return true;
}

/* What one datagram says of the dump's course. */
struct course {
	bool done, interrupted;
	int error;              /* the kernel's, 0 or positive */
};

static void look_through(const struct ph_netwatch *watch, struct ph_cur datagram, struct course *course)
{
	struct ph_nl_msg msg;
	int32_t error;

	while (!course->done && ph_nl_next(&datagram, &msg)) {
		if (msg.seq != watch->seq)
			continue;
		course->interrupted |= (msg.flags & NLM_F_DUMP_INTR) != 0;
		course->done = msg.type == NLMSG_DONE || msg.type == NLMSG_ERROR;
		if (course->done && ph_nl_error(msg.body, &error) && error < 0 && error > INT32_MIN)
			course->error = -error;
	}
}

/* Fetches a dump to its end, whatever happens on the way: the kernel refuses the next one before. PH_BUSY: it was interrupted. */
static enum ph_status fetch(struct ph_netwatch *watch, const struct question *q)
{
	struct course course = { 0 };
	struct ph_cur datagram;
	bool room = true;

	watch->stored = 0;
	if (!ask(watch, q))
		return PH_IO;
	while (!course.done) {
		if (!receive(watch, watch->asked, &datagram)) {
			if (errno == EPERM)
				continue;
			return PH_IO;
		}
		look_through(watch, datagram, &course);
		room = room && store(watch, datagram);
	}
	/* A kernel without IPv6. */
	if (course.error != 0 && q->family == AF_INET6 && (course.error == EOPNOTSUPP || course.error == EAFNOSUPPORT)) {
		watch->stored = 0;
		return PH_OK;
	}
	errno = course.error;
	return course.error != 0 ? PH_IO : !room ? PH_NO_MEMORY : course.interrupted ? PH_BUSY : PH_OK;
}

static enum ph_status answer(struct ph_netwatch *watch, const struct question *q, struct taking *taking)
{
	enum ph_status status = PH_BUSY;
	struct ph_nl_msg msg;
	struct ph_cur all;

	for (unsigned i = 0; i < MAX_TRIES && status == PH_BUSY; i++)
		status = fetch(watch, q);
	if (status != PH_OK)
		return status;
	all = ph_cur_of(watch->store, watch->stored);
	while (ph_nl_next(&all, &msg))
		if (msg.seq == watch->seq)
			q->take(taking, q->family, &msg);
	return taking->status;
}

static enum ph_status ask_all(struct ph_netwatch *watch, struct taking *taking, bool rules)
{
	static const struct question questions[] = {
		{ RTM_GETLINK, AF_UNSPEC, sizeof(struct ifinfomsg), take_link },
		{ RTM_GETADDR, AF_INET, sizeof(struct ifaddrmsg), take_addr },
		{ RTM_GETADDR, AF_INET6, sizeof(struct ifaddrmsg), take_addr },
		{ RTM_GETROUTE, AF_INET, sizeof(struct rtmsg), take_route },
		{ RTM_GETROUTE, AF_INET6, sizeof(struct rtmsg), take_route },
		{ RTM_GETRULE, AF_INET, sizeof(struct rtmsg), take_rule },
		{ RTM_GETRULE, AF_INET6, sizeof(struct rtmsg), take_rule },
	};

	for (size_t i = 0; i < sizeof(questions) / sizeof(*questions); i++) {
		const struct question *q = &questions[i];
		enum ph_status status;

		if ((q->type == RTM_GETROUTE && !taking->sink->route) || (q->type == RTM_GETRULE && !rules))
			continue;
		status = answer(watch, q, taking);
		if (status != PH_OK)
			return status;
	}
	return PH_OK;
}

static bool rules_are_usual(const struct taking *taking)
{
	bool v6 = taking->rules[1] == 0 || taking->rules[1] == (PH_NL_RULE_LOCAL | PH_NL_RULE_MAIN);

	return !taking->other_rules && taking->rules[0] == (PH_NL_RULE_LOCAL | PH_NL_RULE_MAIN | PH_NL_RULE_DEFAULT) && v6;
}

static void complain(struct ph_diags *diags, enum ph_status status, int error)
{
	const char *why = error == EAGAIN ? "the kernel does not answer" : strerror(error);

	if (status == PH_BUSY)
		why = "it changes all the time";
	else if (status == PH_NO_MEMORY)
		why = ph_status_text(status);
	ph_diags_add(diags, PH_ERROR, who, 0, 0, "interfaces and routes cannot be read: %s", why);
}

enum ph_status ph_netwatch_dump(struct ph_netwatch *watch, const struct ph_net_sink *sink, bool *other_rules, struct ph_diags *diags)
{
	struct taking taking = { .sink = sink };
	enum ph_status status;
	int error;

	(void)ph_netwatch_poll(watch);
	watch->changed = false;
	status = ask_all(watch, &taking, other_rules != NULL);
	error = errno;
	if (watch->store_size > KEPT_SIZE) {
		free(watch->store);
		watch->store = NULL;
		watch->store_size = 0;
	}
	if (status != PH_OK) {
		complain(diags, status, error);
		ph_netknown_fini(&taking.known);
		watch->changed = true;
		return status == PH_NO_MEMORY ? status : PH_IO;
	}
	ph_netknown_fini(&watch->known);
	watch->known = taking.known;
	if (other_rules)
		*other_rules = !rules_are_usual(&taking);
	return PH_OK;
}
