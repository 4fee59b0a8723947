/* A bare NFQUEUE accept loop, to compare with: accepts whatever comes and looks at nothing.
 *
 *   queue_loop NUMBER            a packet, a verdict, a system call each, as libnetfilter_queue's own example has it
 *   queue_loop NUMBER batched    many packets by one system call, one verdict for all of them
 *
 * Queue length and socket buffer are pinhole's. Stand-alone on purpose: no code of pinhole is in it. */
#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <libnetfilter_queue/libnetfilter_queue.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS = 64, SLOT = 65536 + 4096 + 320, QUEUE_LEN = 8192, SOCKET_BYTES = 16 << 20 };

struct loop {
	struct mnl_socket *socket;
	unsigned number;
	char *slots;
};

static int open_queue(struct loop *loop)
{
	char text[1024] __attribute__((aligned(4)));
	int bytes = SOCKET_BYTES;
	struct nlmsghdr *m;

	loop->slots = malloc((size_t)SLOTS * SLOT);
	loop->socket = mnl_socket_open(NETLINK_NETFILTER);
	if (!loop->slots || !loop->socket || mnl_socket_bind(loop->socket, 0, MNL_SOCKET_AUTOPID) < 0)
		return -1;
	(void)setsockopt(mnl_socket_get_fd(loop->socket), SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes));
	m = nfq_nlmsg_put(text, NFQNL_MSG_CONFIG, loop->number);
	nfq_nlmsg_cfg_put_cmd(m, AF_UNSPEC, NFQNL_CFG_CMD_BIND);
	nfq_nlmsg_cfg_put_params(m, NFQNL_COPY_PACKET, 0xffff);
	nfq_nlmsg_cfg_put_qmaxlen(m, QUEUE_LEN);
	mnl_attr_put_u32(m, NFQA_CFG_FLAGS, htonl(NFQA_CFG_F_GSO));
	mnl_attr_put_u32(m, NFQA_CFG_MASK, htonl(NFQA_CFG_F_GSO));
	return mnl_socket_sendto(loop->socket, m, m->nlmsg_len) < 0 ? -1 : 0;
}

static void send_verdict(const struct loop *loop, int type, uint32_t id)
{
	char text[256] __attribute__((aligned(4)));
	struct nlmsghdr *m = nfq_nlmsg_put(text, type, loop->number);

	nfq_nlmsg_verdict_put(m, (int)id, NF_ACCEPT);
	if (mnl_socket_sendto(loop->socket, m, m->nlmsg_len) < 0)
		perror("verdict");
}

/* Of a message's packet. */
static int id_of(const struct nlmsghdr *m, void *id)
{
	struct nlattr *attr[NFQA_MAX + 1] = { NULL };
	const struct nfqnl_msg_packet_hdr *packet;

	if (nfq_nlmsg_parse(m, attr) < 0 || !attr[NFQA_PACKET_HDR])
		return MNL_CB_ERROR;
	packet = mnl_attr_get_payload(attr[NFQA_PACKET_HDR]);
	*(uint32_t *)id = ntohl(packet->packet_id);
	return MNL_CB_OK;
}

static void simple(const struct loop *loop)
{
	uint32_t id;

	for (;;) {
		ssize_t len = mnl_socket_recvfrom(loop->socket, loop->slots, SLOT);

		if (len > 0 && mnl_cb_run(loop->slots, (size_t)len, 0, mnl_socket_get_portid(loop->socket), id_of, &id) > 0)
			send_verdict(loop, NFQNL_MSG_VERDICT, id);
	}
}

static void batched(const struct loop *loop)
{
	struct mmsghdr header[SLOTS] = { 0 };
	struct iovec piece[SLOTS];
	uint32_t id;

	for (size_t i = 0; i < SLOTS; i++) {
		piece[i] = (struct iovec){ .iov_base = loop->slots + i * SLOT, .iov_len = SLOT };
		header[i].msg_hdr = (struct msghdr){ .msg_iov = &piece[i], .msg_iovlen = 1 };
	}
	for (;;) {
		int n = recvmmsg(mnl_socket_get_fd(loop->socket), header, SLOTS, MSG_WAITFORONE, NULL), seen = 0;

		for (int i = 0; i < n; i++)
			seen += mnl_cb_run(piece[i].iov_base, header[i].msg_len, 0, mnl_socket_get_portid(loop->socket), id_of, &id) > 0;
		if (seen > 0)
			send_verdict(loop, NFQNL_MSG_VERDICT_BATCH, id);
	}
}

int main(int argc, char **argv)
{
	struct loop loop = { 0 };

	if (argc < 2 || argc > 3 || (argc == 3 && strcmp(argv[2], "batched") != 0)) {
		fprintf(stderr, "usage: queue_loop NUMBER [batched]\n");
		return 2;
	}
	loop.number = (unsigned)strtoul(argv[1], NULL, 10);
	if (open_queue(&loop) != 0) {
		perror("queue_loop");
		return 1;
	}
	if (argc == 3)
		batched(&loop);
	simple(&loop);
}
