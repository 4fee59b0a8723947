/* A message of the kernel's queue to a packet. It comes from the kernel; no length in it is believed all the same.
 *
 * nlmsghdr, nfgenmsg, attributes. Written by the kernel in host order: header, attribute lengths and types. In network order: all else.
 *
 * What NFQA_SKB_INFO means (Linux 6.18; the attribute is missing when no bit is set):
 *   CSUMNOTREADY      CHECKSUM_PARTIAL: the upper-layer checksum is not filled in yet, the card or the receiver's kernel would do it.
 *                     Sent by this machine, or by a guest or another namespace of it.
 *   CSUM_NOTVERIFIED  neither the card nor the kernel has verified it; set at PREROUTING, INPUT and FORWARD only, and at POSTROUTING
 *                     for what no socket of this machine sent. Says nothing of whether it is right: that must be looked at.
 *   GSO               longer than a frame: several segments, whose checksums are made later.
 * So what bears no NOTVERIFIED was verified, or was made here; the kernel's own tracking asks no more of it either. */
#include "io/nfq.h"

#include <arpa/inet.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <string.h>

#define HEADER sizeof(struct nlmsghdr)
#define ETHERNET_HEADER 14
#define ETHERNET_ADDRESS 6

/* The attributes that are read, and how long they are at least. */
static const uint8_t least[NFQA_MAX + 1] = {
	[NFQA_PACKET_HDR] = sizeof(struct nfqnl_msg_packet_hdr),
	[NFQA_MARK] = 4,
	[NFQA_IFINDEX_INDEV] = 4,
	[NFQA_IFINDEX_OUTDEV] = 4,
	[NFQA_HWADDR] = sizeof(struct nfqnl_msg_packet_hw),
	[NFQA_PAYLOAD] = 1,
	[NFQA_CAP_LEN] = 4,
	[NFQA_SKB_INFO] = 4,
	[NFQA_UID] = 4,
	[NFQA_GID] = 4,
};

struct attributes {
	uint8_t *at[NFQA_MAX + 1];              /* NULL: missing */
	uint16_t len[NFQA_MAX + 1];
};

static size_t aligned(size_t len)
{
	return (len + 3) / 4 * 4;
}

static uint32_t number_of(const struct attributes *a, unsigned type)
{
	uint32_t value;

	if (!a->at[type])
		return 0;
	memcpy(&value, a->at[type], sizeof(value));
	return ntohl(value);
}

/* at to end: nothing but attributes. Not mnl_attr_for_each, whose end is rounded up behind that of the bytes. */
static bool attributes_read(uint8_t *at, const uint8_t *end, struct attributes *out)
{
	memset(out->at, 0, sizeof(out->at));
	while (at < end) {
		struct nlattr *attr = (struct nlattr *)(void *)at;
		size_t left = (size_t)(end - at), step;
		uint16_t type;

		if (!mnl_attr_ok(attr, (int)left))
			return false;
		type = mnl_attr_get_type(attr);
		if (type <= NFQA_MAX && least[type] > 0) {
			out->at[type] = mnl_attr_get_payload(attr);
			out->len[type] = mnl_attr_get_payload_len(attr);
			if (out->len[type] < least[type])
				return false;
		}
		step = aligned(mnl_attr_get_len(attr));
		at += step < left ? step : left;
	}
	return true;
}

/* Puts an Ethernet header before the packet if its sender's address is known. What it overwrites has been read. */
static void link_set(const struct attributes *a, uint8_t family, struct ph_frame *frame)
{
	uint8_t *header = a->at[NFQA_PAYLOAD] - ETHERNET_HEADER;
	struct nfqnl_msg_packet_hdr packet;
	struct nfqnl_msg_packet_hw hw;

	if (!a->at[NFQA_HWADDR])
		return;
	memcpy(&hw, a->at[NFQA_HWADDR], sizeof(hw));
	if (ntohs(hw.hw_addrlen) != ETHERNET_ADDRESS)
		return;
	memcpy(&packet, a->at[NFQA_PACKET_HDR], sizeof(packet));
	/* The kernel does not say to whom it was. */
	memset(header, 0, ETHERNET_ADDRESS);
	memcpy(header + ETHERNET_ADDRESS, hw.hw_addr, ETHERNET_ADDRESS);
	if (family == AF_INET)
		packet.hw_protocol = htons(0x0800);
	else if (family == AF_INET6)
		packet.hw_protocol = htons(0x86dd);
	memcpy(header + ETHERNET_HEADER - 2, &packet.hw_protocol, 2);
	frame->data = header;
	frame->len += ETHERNET_HEADER;
	frame->wire_len += ETHERNET_HEADER;
	frame->link = PH_LINK_ETHERNET;
}

static void packet_fill(const struct attributes *a, uint8_t family, struct ph_queued *out)
{
	uint32_t whole = number_of(a, NFQA_CAP_LEN), info = number_of(a, NFQA_SKB_INFO);
	struct nfqnl_msg_packet_hdr packet;

	memcpy(&packet, a->at[NFQA_PACKET_HDR], sizeof(packet));
	*out = (struct ph_queued){
		.frame = { .data = a->at[NFQA_PAYLOAD], .len = a->len[NFQA_PAYLOAD], .link = PH_LINK_RAW },
		.id = ntohl(packet.packet_id),
		.hook = packet.hook,
		.vouched = (info & NFQA_SKB_CSUMNOTREADY) != 0 || (info & NFQA_SKB_CSUM_NOTVERIFIED) == 0,
		.gso = (info & NFQA_SKB_GSO) != 0,
		.has_owner = a->at[NFQA_UID] && a->at[NFQA_GID],
		.uid = number_of(a, NFQA_UID),
		.gid = number_of(a, NFQA_GID),
		.ifindex_in = number_of(a, NFQA_IFINDEX_INDEV),
		.ifindex_out = number_of(a, NFQA_IFINDEX_OUTDEV),
		.mark = number_of(a, NFQA_MARK),
	};
	/* A packet of 4 GiB there is not: room for the Ethernet header is left. */
	out->frame.wire_len = whole > out->frame.len && whole < UINT32_MAX / 2 ? whole : out->frame.len;
	link_set(a, family, &out->frame);
}

static enum ph_nfq_kind packet_read(uint8_t *message, size_t len, uint16_t number, struct ph_queued *out)
{
	const size_t head = HEADER + sizeof(struct nfgenmsg);
	struct nfqnl_msg_packet_hdr packet;
	struct attributes a;
	struct nfgenmsg family;
	bool all;

	if (len < head)
		return PH_NFQ_BAD;
	memcpy(&family, message + HEADER, sizeof(family));
	if (ntohs(family.res_id) != number)
		return PH_NFQ_BAD;
	all = attributes_read(message + head, message + len, &a);
	if (!a.at[NFQA_PACKET_HDR] || a.len[NFQA_PACKET_HDR] < sizeof(packet))
		return PH_NFQ_BAD;
	memcpy(&packet, a.at[NFQA_PACKET_HDR], sizeof(packet));
	if (!all || !a.at[NFQA_PAYLOAD] || packet.hook > PH_QUEUE_POSTROUTING) {
		out->id = ntohl(packet.packet_id);
		return PH_NFQ_UNREAD;
	}
	packet_fill(&a, family.nfgen_family, out);
	return PH_NFQ_PACKET;
}

enum ph_nfq_kind ph_nfq_parse(uint8_t *message, size_t len, uint16_t number, struct ph_queued *out)
{
	struct nlmsghdr head;
	int error;

	if (len < sizeof(head))
		return PH_NFQ_BAD;
	memcpy(&head, message, sizeof(head));
	/* Not mnl_nlmsg_ok, which takes a length above 2 GiB for a negative one. */
	if (head.nlmsg_len < sizeof(head) || head.nlmsg_len > len)
		return PH_NFQ_BAD;
	/* One message in a datagram: what stood behind it would be lost unseen. */
	if (len > aligned(head.nlmsg_len))
		return PH_NFQ_BAD;
	if (head.nlmsg_type == (NFNL_SUBSYS_QUEUE << 8 | NFQNL_MSG_PACKET))
		return packet_read(message, head.nlmsg_len, number, out);
	if (head.nlmsg_type != NLMSG_ERROR)
		return head.nlmsg_type < NLMSG_MIN_TYPE ? PH_NFQ_NOTHING : PH_NFQ_BAD;
	if (head.nlmsg_len < HEADER + sizeof(error))
		return PH_NFQ_BAD;
	memcpy(&error, message + HEADER, sizeof(error));
	return error == 0 ? PH_NFQ_NOTHING : PH_NFQ_REFUSED;
}
