/* Which connections are asked for: fields of their original direction, and the helper. */
#include "cmd/live/control.h"

#include <string.h>

const struct verb_option filter_options[] = {
	{ "proto", 'p', true }, { "helper", 0, true }, { "src", 's', true }, { "dst", 'd', true },
	{ "sport", 0, true }, { "dport", 0, true }, { NULL, 0, false },
};

/* A decimal number up to max, and nothing else. */
static bool read_number(const char *text, size_t len, uint32_t max, uint32_t *out)
{
	uint32_t n = 0;

	if (len == 0 || len > 5)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		n = n * 10 + (uint32_t)(text[i] - '0');
	}
	if (n > max)
		return false;
	*out = n;
	return true;
}

static const char *set_proto(struct conn_filter *f, const char *value)
{
	static const struct {
		const char *name;
		uint8_t proto;
	} names[] = {
		{ "tcp", PH_PROTO_TCP }, { "udp", PH_PROTO_UDP }, { "icmp", PH_PROTO_ICMP }, { "icmpv6", PH_PROTO_ICMPV6 },
		{ "ipv6-icmp", PH_PROTO_ICMPV6 }, { "icmp6", PH_PROTO_ICMPV6 }, { "gre", PH_PROTO_GRE }, { "sctp", PH_PROTO_SCTP },
		{ "udplite", PH_PROTO_UDPLITE }, { "esp", PH_PROTO_ESP }, { "ah", PH_PROTO_AH }, { "igmp", PH_PROTO_IGMP },
	};
	uint32_t n;

	f->has_proto = true;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(value, names[i].name) == 0) {
			f->proto = names[i].proto;
			return NULL;
		}
	}
	if (!read_number(value, strlen(value), 255, &n))
		return "is no protocol (tcp, udp, icmp, icmpv6, gre, sctp, udplite, esp, ah, igmp, or 0 to 255)";
	f->proto = (uint8_t)n;
	return NULL;
}

static const char *set_net(struct filter_net *net, const char *value)
{
	const char *slash = strchrnul(value, '/');
	size_t len = (size_t)(slash - value);
	uint32_t bits;

	if (ph_addr_parse(PH_IPV4, value, len, &net->addr))
		net->family = PH_IPV4;
	else if (ph_addr_parse(PH_IPV6, value, len, &net->addr))
		net->family = PH_IPV6;
	else
		return "is no address";
	bits = net->family == PH_IPV4 ? 32 : 128;
	if (*slash && !read_number(slash + 1, strlen(slash + 1), bits, &bits))
		return "is no network";
	net->len = (uint8_t)bits;
	return NULL;
}

static const char *set_port(bool *has, uint16_t *port, const char *value)
{
	uint32_t n;

	if (!read_number(value, strlen(value), 65535, &n))
		return "is no port";
	*has = true;
	*port = (uint16_t)n;
	return NULL;
}

const char *filter_set(void *arg, const struct verb_option *option, const char *value)
{
	struct conn_filter *f = arg;

	if (!option)
		return "is unexpected here";
	if (option->letter == 'p')
		return set_proto(f, value);
	if (option->letter == 's')
		return set_net(&f->src, value);
	if (option->letter == 'd')
		return set_net(&f->dst, value);
	if (strcmp(option->name, "sport") == 0)
		return set_port(&f->has_sport, &f->sport, value);
	if (strcmp(option->name, "dport") == 0)
		return set_port(&f->has_dport, &f->dport, value);
	if (!*value || strlen(value) >= sizeof(f->helper))
		return "is no helper";
	memcpy(f->helper, value, strlen(value) + 1);
	return NULL;
}

static bool in_net(const struct filter_net *net, uint8_t family, const struct ph_addr *addr)
{
	if (!net->family)
		return true;
	if (net->family != family || memcmp(net->addr.b, addr->b, net->len / 8) != 0)
		return false;
	return net->len % 8 == 0 || !((net->addr.b[net->len / 8] ^ addr->b[net->len / 8]) & (uint8_t)(0xff00 >> net->len % 8));
}

bool filter_takes(const struct conn_filter *f, const struct ph_conn_info *conn)
{
	const struct ph_tuple *tuple = &conn->tuple[PH_ORIG];

	if (f->has_proto && tuple->proto != f->proto)
		return false;
	if ((f->has_sport || f->has_dport) && !cmd_proto_has_ports(tuple->proto))
		return false;
	if ((f->has_sport && tuple->sport != f->sport) || (f->has_dport && tuple->dport != f->dport))
		return false;
	if (f->helper[0] && (!conn->helper || strcmp(conn->helper, f->helper) != 0))
		return false;
	return in_net(&f->src, tuple->family, &tuple->src) && in_net(&f->dst, tuple->family, &tuple->dst);
}
