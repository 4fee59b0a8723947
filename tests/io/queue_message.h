/* Messages of a kernel's queue, made by hand: for the tests of their reading. */
#ifndef TEST_QUEUE_MESSAGE_H
#define TEST_QUEUE_MESSAGE_H

#include <linux/netfilter/nfnetlink_queue.h>
#include <stdint.h>
#include <string.h>

struct message {
	_Alignas(4) uint8_t at[1024];
	size_t len;
};

static inline void message_put(struct message *m, uint64_t value, size_t n)
{
	for (size_t i = 0; i < n; i++)
		m->at[m->len++] = (uint8_t)(value >> 8 * (n - 1 - i));
}

static inline void message_put_host(struct message *m, uint32_t value, size_t n)
{
	/* Tests run on little-endian machines and others: the same bytes as the kernel's. */
	uint16_t half = (uint16_t)value;

	memcpy(m->at + m->len, n == 2 ? (const void *)&half : (const void *)&value, n);
	m->len += n;
}

/* nlmsg_len, as it is now. */
static inline void message_end(struct message *m)
{
	uint32_t len = (uint32_t)m->len;

	memcpy(m->at, &len, 4);
}

static inline void message_begin(struct message *m, uint16_t type)
{
	memset(m, 0, sizeof(*m));
	m->len = 4;
	message_put_host(m, type, 2);
	m->len = 16;
	message_end(m);
}

/* Of a packet: nlmsghdr and nfgenmsg. */
static inline void message_packet(struct message *m, uint8_t family, uint16_t queue)
{
	message_begin(m, 3 << 8 | NFQNL_MSG_PACKET);
	message_put(m, family, 1);
	message_put(m, 0, 1);
	message_put(m, queue, 2);
	message_end(m);
}

static inline void message_attr(struct message *m, uint16_t type, const void *data, uint16_t len)
{
	m->len = (m->len + 3) / 4 * 4;
	message_put_host(m, 4u + len, 2);
	message_put_host(m, type, 2);
	memcpy(m->at + m->len, data, len);
	m->len += len;
	message_end(m);
}

/* A number of 4 bytes, in network order. */
static inline void message_number(struct message *m, uint16_t type, uint32_t value)
{
	uint8_t b[4] = { (uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8), (uint8_t)value };

	message_attr(m, type, b, 4);
}

static inline void message_header(struct message *m, uint32_t id, uint16_t protocol, uint8_t hook)
{
	uint8_t b[7] = { (uint8_t)(id >> 24), (uint8_t)(id >> 16), (uint8_t)(id >> 8), (uint8_t)id, (uint8_t)(protocol >> 8),
		         (uint8_t)protocol, hook };

	message_attr(m, NFQA_PACKET_HDR, b, 7);
}

static inline void message_hwaddr(struct message *m, uint16_t len)
{
	const uint8_t b[12] = { (uint8_t)(len >> 8), (uint8_t)len, 0, 0, 2, 4, 6, 8, 10, 12, 14, 16 };

	message_attr(m, NFQA_HWADDR, b, 12);
}

#endif
