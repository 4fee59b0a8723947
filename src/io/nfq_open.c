/* The socket of a queue: binding, settings, and the kernel's list of queues. */
#include "base/cursor.h"
#include "io/nfq.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <libnetfilter_queue/libnetfilter_queue.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <string.h>
#include <unistd.h>

#define TABLE "/proc/self/net/netfilter/nfnetlink_queue"
#define TABLE_SIZE 16384                /* bytes of it that are read: some 250 queues */
#define ANSWER_SIZE 4096

int ph_nfq_table_open(void)
{
	return open(TABLE, O_RDONLY | O_CLOEXEC);
}

/* A line: number, netlink port, waiting, copy mode, copy range, dropped by the kernel, by the socket, last id, 1. */
static bool row_read(struct ph_cur *c, uint32_t field[7])
{
	for (size_t i = 0; i < 7; i++) {
		while (ph_cur_byte(c, ' '))
			;
		if (!ph_cur_dec(c, UINT32_MAX, &field[i]))
			return false;
	}
	return ph_cur_find(c, '\n') && ph_cur_byte(c, '\n');
}

bool ph_nfq_table_find(int table_fd, uint16_t number, struct ph_nfq_row *out)
{
	uint8_t text[TABLE_SIZE];
	size_t len = 0;
	ssize_t got;
	struct ph_cur c;
	uint32_t field[7];

	if (table_fd < 0)
		return false;
	while ((got = pread(table_fd, text + len, sizeof(text) - len, (off_t)len)) > 0)
		len += (size_t)got;
	c = ph_cur_of(text, len);
	while (row_read(&c, field)) {
		if (field[0] != number)
			continue;
		*out = (struct ph_nfq_row){
			.port = field[1], .waiting = field[2], .kernel_dropped = field[5], .user_dropped = field[6],
		};
		return true;
	}
	return false;
}

/* Asks for the queue, and reads the kernel's answer. As long as no copy mode is set no packet comes, so that the answer is all there
 * is to read. 0 or an error number. */
static int ask(struct ph_nfq *q, const struct ph_queues_config *config)
{
	uint32_t flags = NFQA_CFG_F_GSO | NFQA_CFG_F_UID_GID | (config->fail_open ? NFQA_CFG_F_FAIL_OPEN : 0);
	char text[ANSWER_SIZE] __attribute__((aligned(MNL_ALIGNTO)));
	struct nlmsghdr *message = nfq_nlmsg_put(text, NFQNL_MSG_CONFIG, q->number);
	ssize_t len;

	message->nlmsg_flags |= NLM_F_ACK;
	nfq_nlmsg_cfg_put_cmd(message, AF_UNSPEC, NFQNL_CFG_CMD_BIND);
	mnl_attr_put_u32(message, NFQA_CFG_FLAGS, htonl(flags));
	mnl_attr_put_u32(message, NFQA_CFG_MASK, htonl(NFQA_CFG_F_GSO | NFQA_CFG_F_UID_GID | NFQA_CFG_F_FAIL_OPEN));
	nfq_nlmsg_cfg_put_qmaxlen(message, config->queue_len);
	if (mnl_socket_sendto(q->socket, message, message->nlmsg_len) < 0)
		return errno;
	len = mnl_socket_recvfrom(q->socket, text, sizeof(text));
	if (len < 0 || mnl_cb_run(text, (size_t)len, 0, mnl_socket_get_portid(q->socket), NULL, NULL) < 0)
		return errno;
	return 0;
}

/* From here on packets come; a refusal, which there is no reason for, would be counted like one of a verdict. */
static int copy_set(struct ph_nfq *q, const struct ph_queues_config *config)
{
	char text[256] __attribute__((aligned(MNL_ALIGNTO)));
	struct nlmsghdr *message = nfq_nlmsg_put(text, NFQNL_MSG_CONFIG, q->number);
	uint32_t range = config->copy_range > 0 && config->copy_range < 0xffff ? config->copy_range : 0xffff;

	nfq_nlmsg_cfg_put_params(message, NFQNL_COPY_PACKET, (int)range);
	return mnl_socket_sendto(q->socket, message, message->nlmsg_len) < 0 ? errno : 0;
}

static void refused(const struct ph_nfq *q, int error, int table_fd, struct ph_diags *diags)
{
	struct ph_nfq_row row;

	if ((error == EPERM || error == EBUSY) && ph_nfq_table_find(table_fd, q->number, &row))
		ph_diags_add(diags, PH_ERROR, NULL, 0, 0,
		             "queue %u is taken: a program reads it already (netlink port %u, mostly its process id); end that, "
		             "or use another queue",
		             q->number, row.port);
	else if (error == EPERM)
		ph_diags_add(diags, PH_ERROR, NULL, 0, 0, "queue %u: not permitted: run as root or with CAP_NET_ADMIN", q->number);
	else if (error == EINVAL || error == EPROTONOSUPPORT)
		ph_diags_add(diags, PH_ERROR, NULL, 0, 0,
		             "queue %u: this kernel has no NFQUEUE: it needs CONFIG_NETFILTER_NETLINK_QUEUE (modprobe nfnetlink_queue)",
		             q->number);
	else
		ph_diags_add(diags, PH_ERROR, NULL, 0, 0, "queue %u cannot be opened: %s", q->number, strerror(error));
}

/* The kernel doubles what is asked, for its own bookkeeping. */
static void buffer_set(struct ph_nfq *q, uint32_t bytes, struct ph_diags *diags)
{
	int want = bytes < INT32_MAX / 2 ? (int)bytes : INT32_MAX / 2, have = 0;
	socklen_t len = sizeof(have);

	if (setsockopt(q->fd, SOL_SOCKET, SO_RCVBUFFORCE, &want, sizeof(want)) != 0)
		(void)setsockopt(q->fd, SOL_SOCKET, SO_RCVBUF, &want, sizeof(want));
	if (getsockopt(q->fd, SOL_SOCKET, SO_RCVBUF, &have, &len) == 0 && have / 2 < want)
		ph_diags_add(diags, PH_WARNING, NULL, 0, 0,
		             "queue %u: the receive buffer is %d bytes, not %d: without CAP_NET_ADMIN net.core.rmem_max limits it", q->number,
		             have / 2, want);
}

bool ph_nfq_bind(struct ph_nfq *q, const struct ph_queues_config *config, int table_fd, struct ph_diags *diags)
{
	int error;

	q->socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (!q->socket || mnl_socket_bind(q->socket, 0, MNL_SOCKET_AUTOPID) != 0) {
		refused(q, errno, table_fd, diags);
		return false;
	}
	q->fd = mnl_socket_get_fd(q->socket);
	error = ask(q, config);
	if (error == 0) {
		buffer_set(q, config->socket_bytes, diags);
		error = copy_set(q, config);
	}
	if (error != 0)
		refused(q, error, table_fd, diags);
	return error == 0;
}

/* With its socket ends the queue; what waits in it is dropped. */
void ph_nfq_unbind(struct ph_nfq *q)
{
	if (q->socket)
		mnl_socket_close(q->socket);
	q->socket = NULL;
}
