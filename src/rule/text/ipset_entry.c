/* Elements of sets; see ipset_entry.h. */
#include "rule/text/ipset_entry.h"

#include "rule/text/word.h"

struct icmp_name {
	const char *name;
	uint8_t type, code;
};

static const struct icmp_name icmp4[] = {
	{ "echo-reply", 0, 0 }, { "pong", 0, 0 }, { "network-unreachable", 3, 0 }, { "host-unreachable", 3, 1 },
	{ "protocol-unreachable", 3, 2 }, { "port-unreachable", 3, 3 }, { "fragmentation-needed", 3, 4 },
	{ "source-route-failed", 3, 5 }, { "network-unknown", 3, 6 }, { "host-unknown", 3, 7 },
	{ "network-prohibited", 3, 9 }, { "host-prohibited", 3, 10 }, { "communication-prohibited", 3, 13 },
	{ "source-quench", 4, 0 }, { "network-redirect", 5, 0 }, { "host-redirect", 5, 1 }, { "echo-request", 8, 0 },
	{ "ping", 8, 0 }, { "router-advertisement", 9, 0 }, { "router-solicitation", 10, 0 },
	{ "ttl-zero-during-transit", 11, 0 }, { "ttl-zero-during-reassembly", 11, 1 }, { "ip-header-bad", 12, 0 },
	{ "timestamp-request", 13, 0 }, { "timestamp-reply", 14, 0 }, { NULL, 0, 0 },
};
static const struct icmp_name icmp6[] = {
	{ "no-route", 1, 0 }, { "communication-prohibited", 1, 1 }, { "address-unreachable", 1, 3 },
	{ "port-unreachable", 1, 4 }, { "packet-too-big", 2, 0 }, { "ttl-zero-during-transit", 3, 0 },
	{ "ttl-zero-during-reassembly", 3, 1 }, { "bad-header", 4, 0 }, { "echo-request", 128, 0 }, { "ping", 128, 0 },
	{ "echo-reply", 129, 0 }, { "pong", 129, 0 }, { "router-solicitation", 133, 0 },
	{ "router-advertisement", 134, 0 }, { "neighbour-solicitation", 135, 0 }, { "neighbor-solicitation", 135, 0 },
	{ "neighbour-advertisement", 136, 0 }, { "neighbor-advertisement", 136, 0 }, { "redirect", 137, 0 }, { NULL, 0, 0 },
};

static uint32_t number_of(const struct ph_addr *addr)
{
	return (uint32_t)addr->b[0] << 24 | (uint32_t)addr->b[1] << 16 | (uint32_t)addr->b[2] << 8 | addr->b[3];
}

static struct ph_addr addr_of(uint32_t number)
{
	return (struct ph_addr){ { (uint8_t)(number >> 24), (uint8_t)(number >> 16), (uint8_t)(number >> 8), (uint8_t)number } };
}

/* The last address of a network. */
static uint32_t last_of(uint32_t number, uint32_t len)
{
	return len == 0 ? 0xffffffff : number | (uint32_t)((UINT64_C(1) << (32 - len)) - 1);
}

static bool parse_addr(uint8_t family, struct ph_cur text, struct ph_addr *out)
{
	if (ph_cur_byte(&text, '[')) {
		if (!ph_cur_left(&text) || text.end[-1] != ']')
			return false;
		text.end--;
	}
	return ph_addr_parse(family, (const char *)text.at, ph_cur_left(&text), out);
}

/* ADDRESS-ADDRESS, of IPv4. */
static const char *parse_range(struct ph_cur low, struct ph_cur high, struct ph_set_span *span)
{
	struct ph_addr lo, hi;

	if (!parse_addr(PH_IPV4, low, &lo) || !parse_addr(PH_IPV4, high, &hi))
		return "its range does not run from one IPv4 address to another";
	span->lo = number_of(&lo);
	span->hi = number_of(&hi);
	span->many = true;
	return span->lo <= span->hi ? NULL : "its range runs backwards";
}

static const char *parse_span(const struct ph_set_config *config, struct ph_cur text, bool net, struct ph_set_span *span)
{
	uint32_t bits = config->family == PH_IPV6 ? 128 : 32, len = bits;
	struct ph_cur rest = text;

	*span = (struct ph_set_span){ .net = net, .netmask = config->netmask };
	if (config->family != PH_IPV6 && ph_cur_find(&rest, '-')) {
		text.end = rest.at++;
		return parse_range(text, rest, span);
	}
	rest = text;
	if (ph_cur_find(&rest, '/')) {
		text.end = rest.at++;
		if (!ph_cur_dec(&rest, bits, &len) || ph_cur_left(&rest))
			return "the prefix length is wrong";
	}
	if (!parse_addr(bits == 32 ? PH_IPV4 : PH_IPV6, text, &span->addr))
		return bits == 32 ? "no IPv4 address (names are not looked up)" : "no IPv6 address (names are not looked up)";
	span->cidr = (uint8_t)len;
	if (net) {
		ph_set_cut(&span->addr, len);
		return len || config->type->any_net ? NULL : "a network of length 0 cannot be in such a set";
	}
	if (len == bits)
		return NULL;
	if (bits == 128)
		return "such a set holds single addresses";
	ph_set_cut(&span->addr, len);
	span->lo = number_of(&span->addr);
	span->hi = last_of(span->lo, len);
	span->many = true;
	return NULL;
}

/* The next network of a range: as large as its place and the end allow. */
static uint8_t net_at(uint32_t lo, uint32_t hi)
{
	uint8_t len = 32;

	while (len > 0 && !(lo & (uint32_t)(UINT64_C(1) << (32 - len))) && last_of(lo, len - 1u) <= hi)
		len--;
	return len;
}

static bool span_next(struct ph_set_span *s, struct ph_addr *addr, uint8_t *cidr)
{
	uint32_t last;

	if (s->done)
		return false;
	*addr = s->addr;
	*cidr = s->cidr;
	s->done = !s->many;
	if (!s->many)
		return true;
	*addr = addr_of(s->lo);
	*cidr = s->net ? net_at(s->lo, s->hi) : 32;
	last = last_of(s->lo, s->net ? *cidr : s->netmask);
	s->done = last >= s->hi;
	s->lo = last + 1;
	return true;
}

static const char *parse_icmp(const struct icmp_name *names, struct ph_cur text, uint16_t *out)
{
	struct ph_cur c = text;
	uint32_t type, code;

	if (ph_cur_dec(&c, 255, &type) && ph_cur_byte(&c, '/') && ph_cur_dec(&c, 255, &code) && !ph_cur_left(&c)) {
		*out = (uint16_t)(type << 8 | code);
		return NULL;
	}
	while (names->name && !ph_cur_is(&text, names->name))
		names++;
	*out = (uint16_t)(names->type << 8 | names->code);
	return names->name ? NULL : "no ICMP type by name or as TYPE/CODE";
}

static const char *parse_port_range(struct ph_cur text, struct ph_set_entry *e)
{
	struct ph_cur high = text;

	if (ph_port_parse(&text, &e->port_lo)) {
		e->port_hi = e->port_lo;
		return NULL;
	}
	if (!ph_cur_find(&high, '-'))
		return "no port";
	text.end = high.at++;
	if (!ph_port_parse(&text, &e->port_lo) || !ph_port_parse(&high, &e->port_hi) || e->port_lo > e->port_hi)
		return "no range of ports";
	return NULL;
}

/* [PROTOCOL:]PORT[-PORT]; TCP if it is not said. */
static const char *parse_port(const struct ph_set_config *config, struct ph_cur text, struct ph_set_entry *e)
{
	static const uint8_t with_ports[] = { PH_PROTO_TCP, PH_PROTO_UDP, PH_PROTO_UDPLITE, PH_PROTO_SCTP };
	struct ph_cur proto = text;
	const char *wrong;

	e->key.proto = PH_PROTO_TCP;
	if (ph_cur_find(&text, ':')) {
		proto.end = text.at++;
		if (!ph_proto_parse(&proto, &e->key.proto) || e->key.proto == 0)
			return "no such protocol";
	} else {
		text = proto;
	}
	if (e->key.proto == PH_PROTO_ICMP || e->key.proto == PH_PROTO_ICMPV6) {
		wrong = parse_icmp(e->key.proto == PH_PROTO_ICMP ? icmp4 : icmp6, text, &e->port_lo);
		e->port_hi = e->port_lo;
		return wrong;
	}
	wrong = parse_port_range(text, e);
	if (!wrong && !memchr(with_ports, e->key.proto, sizeof(with_ports)) && e->port_hi != 0)
		return "this protocol has no ports: write 0";
	if (config->type->bitmap)
		e->key.proto = 0;
	return wrong;
}

static const char *parse_iface(struct ph_cur text, struct ph_set_key *key)
{
	key->physdev = ph_cur_word(&text, "physdev:", 8);
	if (!ph_cur_left(&text) || ph_cur_left(&text) >= sizeof(key->iface))
		return "no interface name of 1 to 15 characters";
	memcpy(key->iface, text.at, ph_cur_left(&text));
	return NULL;
}

static const char *parse_mac(struct ph_cur text, struct ph_set_key *key)
{
	for (unsigned i = 0; i < 12; i++) {
		uint8_t b;

		if ((i % 2 == 0 && i > 0 && !ph_cur_byte(&text, ':')) || !ph_cur_u8(&text, &b))
			return "no Ethernet address";
		b = ph_lower(b);
		if (!ph_is_digit(b) && (b < 'a' || b > 'f'))
			return "no Ethernet address";
		key->mac[i / 2] = (uint8_t)(key->mac[i / 2] << 4 | (ph_is_digit(b) ? b - '0' : b - 'a' + 10));
	}
	return ph_cur_left(&text) ? "no Ethernet address" : NULL;
}

static const char *parse_part(const struct ph_set_config *config, enum ph_set_part part, struct ph_cur text,
                              struct ph_set_entry *e)
{
	switch (part) {
	case PH_SET_IP:
	case PH_SET_NET:
		return parse_span(config, text, part == PH_SET_NET, &e->ip);
	case PH_SET_IP2:
	case PH_SET_NET2:
		return parse_span(config, text, part == PH_SET_NET2, &e->ip2);
	case PH_SET_PORT:
		return parse_port(config, text, e);
	case PH_SET_IFACE:
		return parse_iface(text, &e->key);
	case PH_SET_MAC:
		return parse_mac(text, &e->key);
	case PH_SET_NOTHING:
		break;
	}
	return "no element of such a set";
}

const char *ph_set_entry_parse(const struct ph_set_config *config, struct ph_cur text, struct ph_set_entry *out)
{
	struct ph_cur piece;
	const char *wrong = NULL;
	bool more = true;
	unsigned i = 0;

	/* A part that a type does not have is passed once, as nothing. */
	*out = (struct ph_set_entry){ .ip = { .cidr = 0 } };
	for (; i < config->type->n && !wrong && ph_cur_piece(&text, ',', &more, &piece); i++)
		wrong = parse_part(config, (enum ph_set_part)config->type->part[i], piece, out);
	if (wrong)
		return wrong;
	return i < config->type->n || more ? "it has too many or too few parts for this type of set" : NULL;
}

/* One call being made for many keys. */
struct calls {
	bool (*each)(void *arg, const struct ph_set_key *key);
	void *arg;
};

static bool each_second(const struct ph_set_entry *entry, struct ph_set_key *key, const struct calls *calls)
{
	struct ph_set_span ip2 = entry->ip2;

	while (span_next(&ip2, &key->ip2, &key->cidr2)) {
		if (!ip2.net)
			key->cidr2 = 0;
		if (!calls->each(calls->arg, key))
			return false;
	}
	return true;
}

bool ph_set_entry_each(const struct ph_set_entry *entry, bool (*each)(void *arg, const struct ph_set_key *key), void *arg)
{
	const struct calls calls = { each, arg };
	struct ph_set_span ip = entry->ip;
	struct ph_set_key key = entry->key;

	while (span_next(&ip, &key.ip, &key.cidr)) {
		if (!ip.net)
			key.cidr = 0;
		for (uint32_t port = entry->port_lo; port <= entry->port_hi; port++) {
			key.port = (uint16_t)port;
			if (!each_second(entry, &key, &calls))
				return false;
		}
	}
	return true;
}

bool ph_set_range_parse(struct ph_set_config *config, struct ph_cur text)
{
	struct ph_set_span span;
	struct ph_set_entry ports;

	if (config->type->part[0] == PH_SET_PORT) {
		if (parse_port_range(text, &ports))
			return false;
		config->port_lo = ports.port_lo;
		config->port_hi = ports.port_hi;
		return true;
	}
	config->family = PH_IPV4;
	if (parse_span(config, text, false, &span) || !span.many)
		return false;
	config->lo = addr_of(span.lo);
	config->hi = addr_of(span.hi);
	return true;
}
