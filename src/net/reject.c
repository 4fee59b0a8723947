/* Answers to refused packets; see reject.h. */
#include "net/reject.h"

enum {
	IPV4_HEADER = 20, IPV6_HEADER = 40, ICMP_HEADER = 8, TCP_HEADER = 20,
	IPV4_ERROR_MAX = 576,           /* RFC 1812 4.3.2.3 */
	HOPS = 64,                      /* Linux's usual */
	ICMP_UNREACHABLE = 3, ICMPV6_UNREACHABLE = 1,
};

static void put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value)
{
	put16(at, value >> 16);
	put16(at + 2, value);
}

struct ph_reject ph_reject_named(uint8_t family, const char *name)
{
	static const struct {
		const char *name;
		uint8_t family, code;
	} errors[] = {
		{ "icmp-net-unreachable", PH_IPV4, 0 }, { "icmp-host-unreachable", PH_IPV4, 1 }, { "icmp-proto-unreachable", PH_IPV4, 2 },
		{ "icmp-port-unreachable", PH_IPV4, 3 }, { "icmp-net-prohibited", PH_IPV4, 9 }, { "icmp-host-prohibited", PH_IPV4, 10 },
		{ "icmp-admin-prohibited", PH_IPV4, 13 },
		{ "icmp6-no-route", PH_IPV6, 0 }, { "icmp6-adm-prohibited", PH_IPV6, 1 }, { "icmp6-addr-unreachable", PH_IPV6, 3 },
		{ "icmp6-port-unreachable", PH_IPV6, 4 }, { "icmp6-policy-fail", PH_IPV6, 5 }, { "icmp6-reject-route", PH_IPV6, 6 },
	};

	if (strcmp(name, "tcp-reset") == 0)
		return (struct ph_reject){ .kind = PH_REJECT_RESET };
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (errors[i].family == family && strcmp(errors[i].name, name) == 0)
			return (struct ph_reject){ .kind = PH_REJECT_UNREACHABLE, .code = errors[i].code };
	return (struct ph_reject){ .kind = PH_REJECT_NONE };
}

/* --- is one due? --- */

/* Has the packet a checksum over everything behind the IP header, which must be right? Of UDP only where it carries one. */
static bool must_sum_up(const struct ph_pkt *pkt)
{
	struct ph_cur c = pkt->l4;
	uint16_t word;

	switch (pkt->l4_proto) {
	case PH_PROTO_UDP:
		return ph_cur_left(&pkt->l4) < 8 || !ph_cur_skip(&c, 6) || !ph_cur_u16(&c, &word) || word != 0;
	case PH_PROTO_GRE: case PH_PROTO_ESP: case PH_PROTO_AH: case PH_PROTO_SCTP: case PH_PROTO_UDPLITE:
		return false;
	default:
		/* Linux wants it of all others, known or not. */
		return true;
	}
}

/* Without pseudo header a sum of nothing is as good as one of all ones. */
static bool sums_up(const struct ph_pkt *pkt)
{
	bool pseudo = pkt->family == PH_IPV6 || pkt->l4_proto == PH_PROTO_TCP || pkt->l4_proto == PH_PROTO_UDP;
	size_t len = ph_cur_left(&pkt->l4);
	uint64_t sum = pseudo ? ph_pkt_sum_pseudo(pkt, pkt->l4_proto, (uint32_t)len) : 0xffff;

	return ph_sum_fold(ph_sum_add(sum, pkt->l4.at, len)) == 0;
}

/* RFC 1122 3.2.2: no error about an error. What is not known may be one; a cut message too. For Linux also the types that were never given
 * away, and router discovery. */
static bool may_be_error_v4(const struct ph_pkt *pkt)
{
	static const uint32_t errors = 0xfe | 1u << 9 | 1u << 10 | 1u << 11 | 1u << 12;         /* 1 to 7 and these */
	struct ph_cur c = pkt->l4;
	uint8_t type;

	if (pkt->l4_proto != PH_PROTO_ICMP)
		return false;
	return !ph_cur_u8(&c, &type) || type > 18 || (errors >> type & 1);
}

static bool may_be_error_v6(const struct ph_pkt *pkt)
{
	struct ph_cur c = pkt->l4;
	uint8_t type;

	return pkt->l4_proto == PH_PROTO_ICMPV6 && (!ph_cur_u8(&c, &type) || !(type & 0x80));
}

/* RFC 4443 2.4 e: no error to what does not name a single node. */
static bool one_host_v6(const struct ph_addr *addr)
{
	static const struct ph_addr zero;

	return addr->b[0] != 0xff && memcmp(addr, &zero, sizeof(zero)) != 0;
}

static bool error_due(const struct ph_pkt *pkt, bool vouched)
{
	if (pkt->family == PH_IPV4)
		return !may_be_error_v4(pkt) && (vouched || !must_sum_up(pkt) || sums_up(pkt));
	if (!one_host_v6(&pkt->src) || pkt->dst.b[0] == 0xff || may_be_error_v6(pkt))
		return false;
	return vouched || (ph_cur_left(&pkt->l4) > 0 && (!must_sum_up(pkt) || sums_up(pkt)));
}

static bool reset_due(const struct ph_pkt *pkt, bool vouched)
{
	if (pkt->l4_proto != PH_PROTO_TCP || ph_cur_left(&pkt->l4) < TCP_HEADER || (pkt->tcp_flags & PH_TCP_RST))
		return false;
	if (pkt->family == PH_IPV6 && (!one_host_v6(&pkt->src) || !one_host_v6(&pkt->dst)))
		return false;
	return vouched || sums_up(pkt);
}

bool ph_reject_due(const struct ph_pkt *pkt, struct ph_reject answer, bool vouched)
{
	if (!pkt->l4_found || pkt->frag_off != 0)
		return false;
	switch (answer.kind) {
	case PH_REJECT_NONE: break;
	case PH_REJECT_UNREACHABLE: return error_due(pkt, vouched);
	case PH_REJECT_RESET: return reset_due(pkt, vouched);
	}
	return false;
}

/* --- making it --- */

struct head {
	const struct ph_addr *src, *dst;
	uint8_t proto, tos;
	bool dont_fragment;
	size_t len;                     /* of what follows */
};

static void write_ipv4(uint8_t *out, const struct head *head)
{
	memset(out, 0, IPV4_HEADER);
	out[0] = 0x45;
	out[1] = head->tos;
	put16(out + 2, (uint32_t)(IPV4_HEADER + head->len));
	out[6] = head->dont_fragment ? 0x40 : 0;
	out[8] = HOPS;
	out[9] = head->proto;
	memcpy(out + 12, head->src->b, 4);
	memcpy(out + 16, head->dst->b, 4);
	put16(out + 10, ph_sum_fold(ph_sum_add(0, out, IPV4_HEADER)));
}

static void write_ipv6(uint8_t *out, const struct head *head)
{
	memset(out, 0, IPV6_HEADER);
	out[0] = 0x60;
	put16(out + 4, (uint32_t)head->len);
	out[6] = head->proto;
	out[7] = HOPS;
	memcpy(out + 8, head->src->b, 16);
	memcpy(out + 24, head->dst->b, 16);
}

/* Sum of the pseudo header (RFC 9293 3.1, RFC 8200 8.1) and what follows. */
static uint16_t sum_with_pseudo(uint8_t family, const struct head *head, const uint8_t *body)
{
	size_t addr_len = family == PH_IPV4 ? 4 : 16;
	uint64_t sum = (uint64_t)head->proto + head->len;

	sum = ph_sum_add(sum, head->src->b, addr_len);
	sum = ph_sum_add(sum, head->dst->b, addr_len);
	return ph_sum_fold(ph_sum_add(sum, body, head->len));
}

/* What rules or forwarding changed in the header is changed in what is quoted. */
static void renew_quoted(const struct ph_pkt *pkt, uint8_t *quoted)
{
	size_t header_len = (size_t)(quoted[0] & 15) * 4;

	if (pkt->family == PH_IPV6) {
		quoted[0] = (uint8_t)(0x60 | pkt->tos >> 4);
		quoted[1] = (uint8_t)((quoted[1] & 0x0f) | pkt->tos << 4);
		quoted[7] = pkt->ttl;
		return;
	}
	if (quoted[1] == pkt->tos && quoted[8] == pkt->ttl)
		return;
	quoted[1] = pkt->tos;
	quoted[8] = pkt->ttl;
	put16(quoted + 10, 0);
	put16(quoted + 10, ph_sum_fold(ph_sum_add(0, quoted, header_len)));
}

static size_t write_error(const struct ph_pkt *pkt, uint8_t code, const struct ph_addr *from, uint8_t *out)
{
	bool is_v4 = pkt->family == PH_IPV4;
	size_t head_len = is_v4 ? IPV4_HEADER : IPV6_HEADER, most = (is_v4 ? IPV4_ERROR_MAX : PH_REJECT_MAX) - head_len - ICMP_HEADER;
	size_t quoted = pkt->len < most ? pkt->len : most;
	uint8_t *icmp = out + head_len;
	/* RFC 1812 4.3.2.5: the type of service of the packet it is about, precedence of internetwork control. */
	const struct head head = {
		.src = from, .dst = &pkt->src, .proto = is_v4 ? PH_PROTO_ICMP : PH_PROTO_ICMPV6,
		.tos = (uint8_t)((pkt->tos & 0x1e) | 0xc0), .len = ICMP_HEADER + quoted,
	};

	memset(icmp, 0, ICMP_HEADER);
	icmp[0] = is_v4 ? ICMP_UNREACHABLE : ICMPV6_UNREACHABLE;
	icmp[1] = code;
	memcpy(icmp + ICMP_HEADER, pkt->ip, quoted);
	renew_quoted(pkt, icmp + ICMP_HEADER);
	if (is_v4) {
		write_ipv4(out, &head);
		put16(icmp + 2, ph_sum_fold(ph_sum_add(0, icmp, head.len)));
	} else {
		write_ipv6(out, &head);
		put16(icmp + 2, sum_with_pseudo(PH_IPV6, &head, icmp));
	}
	return head_len + head.len;
}

/* RFC 9293 3.10.7.1. */
static size_t write_reset(const struct ph_pkt *pkt, uint8_t *out)
{
	bool is_v4 = pkt->family == PH_IPV4, has_ack = pkt->tcp_flags & PH_TCP_ACK;
	size_t head_len = is_v4 ? IPV4_HEADER : IPV6_HEADER;
	uint32_t taken = (uint32_t)ph_cur_left(&pkt->l4) - pkt->tcp_off + (pkt->tcp_flags & PH_TCP_SYN ? 1 : 0) +
	                 (pkt->tcp_flags & PH_TCP_FIN ? 1 : 0);
	uint8_t *tcp = out + head_len;
	const struct head head = {
		.src = &pkt->dst, .dst = &pkt->src, .proto = PH_PROTO_TCP, .dont_fragment = true, .len = TCP_HEADER,
	};

	memset(tcp, 0, TCP_HEADER);
	put16(tcp, pkt->dport);
	put16(tcp + 2, pkt->sport);
	if (has_ack)
		put32(tcp + 4, pkt->ack);
	else
		put32(tcp + 8, pkt->seq + taken);
	tcp[12] = TCP_HEADER / 4 << 4;
	tcp[13] = (uint8_t)(PH_TCP_RST | (has_ack ? 0 : PH_TCP_ACK));
	put16(tcp + 16, sum_with_pseudo(pkt->family, &head, tcp));
	if (is_v4)
		write_ipv4(out, &head);
	else
		write_ipv6(out, &head);
	return head_len + TCP_HEADER;
}

size_t ph_reject_write(const struct ph_pkt *pkt, struct ph_reject answer, const struct ph_addr *from, uint8_t out[PH_REJECT_MAX])
{
	switch (answer.kind) {
	case PH_REJECT_NONE: break;
	case PH_REJECT_UNREACHABLE: return write_error(pkt, answer.code, from, out);
	case PH_REJECT_RESET: return write_reset(pkt, out);
	}
	return 0;
}
