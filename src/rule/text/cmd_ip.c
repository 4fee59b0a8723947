/* ip link add|set, ip addr add: the interfaces and addresses of the firewall; see ip-link(8), ip-address(8). */
#include "rule/text/cmd_ip.h"

const struct ph_word *ph_ip_next(struct ph_ip_args *args)
{
	return args->at < args->n ? &args->word[args->at++] : NULL;
}

const struct ph_word *ph_ip_need(struct ph_policy_load *load, struct ph_ip_args *args)
{
	const struct ph_word *word = ph_ip_next(args);

	if (!word)
		ph_load_error(load, &args->word[args->n - 1], "%.60s: something must follow", args->word[args->n - 1].text);
	return word;
}

int ph_ip_iface(struct ph_policy_load *load, const struct ph_word *word)
{
	int iface;

	if (word->len == 0 || word->len >= PH_IFNAME_SIZE || strpbrk(word->text, "/ \t\n:") || strcmp(word->text, ".") == 0 ||
	    strcmp(word->text, "..") == 0) {
		ph_load_error(load, word, "%.40s: not an interface name; it has 1 to %d characters, no blank, / or :", word->text,
		              PH_IFNAME_SIZE - 1);
		return PH_NO_IFACE;
	}
	iface = ph_route_iface_add(load->policy->written, word->text);
	if (iface == PH_NO_IFACE)
		ph_load_error(load, word, "%s: too many interfaces, or out of memory", word->text);
	else
		ph_route_set_configured(load->policy->written);
	return iface;
}

/* ip link add [link DEV] [name|dev] NAME ... [type TYPE [peer [name] NAME]] */
static void link_add(struct ph_policy_load *load, struct ph_ip_args *args)
{
	const struct ph_word *word, *name = NULL, *peer = NULL;

	while ((word = ph_ip_next(args)) && strcmp(word->text, "type") != 0) {
		if (strcmp(word->text, "name") == 0 || strcmp(word->text, "dev") == 0)
			name = ph_ip_need(load, args);
		else if (!name && strcmp(word->text, "link") != 0)
			name = word;
		else
			(void)ph_ip_next(args);         /* another keyword with its value: mtu 1400 */
	}
	while ((word = ph_ip_next(args)))
		if (strcmp(word->text, "peer") == 0) {
			peer = ph_ip_next(args);
			if (peer && strcmp(peer->text, "name") == 0)
				peer = ph_ip_next(args);
		}
	if (!name)
		ph_load_error(load, &args->word[args->n - 1], "ip link add: no name; write ip link add NAME");
	else if (ph_ip_iface(load, name) != PH_NO_IFACE && peer)
		(void)ph_ip_iface(load, peer);
}

/* ip link set [dev] NAME ...: what it sets is no matter here, except what would change which packets come by. */
static void link_set(struct ph_policy_load *load, struct ph_ip_args *args)
{
	static const char *const ignored[] = { "down", "name", "netns", "master", "vrf" };
	const struct ph_word *word = ph_ip_need(load, args);

	if (word && strcmp(word->text, "dev") == 0)
		word = ph_ip_need(load, args);
	if (!word || ph_ip_iface(load, word) == PH_NO_IFACE)
		return;
	while ((word = ph_ip_next(args)))
		for (size_t i = 0; i < sizeof(ignored) / sizeof(*ignored); i++)
			if (strcmp(word->text, ignored[i]) == 0)
				ph_load_warn(load, word, "ip link set: \"%s\" has no effect here", word->text);
}

static bool parse_octets(struct ph_cur *c, struct ph_addr *out, unsigned *n)
{
	uint32_t value;

	*n = 0;
	do {
		if (*n == 4 || !ph_cur_dec(c, 255, &value))
			return false;
		out->b[(*n)++] = (uint8_t)value;
	} while (ph_cur_byte(c, '.'));
	return true;
}

bool ph_ip_addr(const char *text, size_t len, uint8_t *family, struct ph_addr *out)
{
	*family = memchr(text, ':', len) ? PH_IPV6 : PH_IPV4;
	return ph_addr_parse(*family, text, len, out);
}

/* 255.255.255.0 is 24; a mask with holes is none. */
static bool mask_len(const struct ph_addr *mask, uint8_t *len)
{
	uint32_t bits = (uint32_t)mask->b[0] << 24 | (uint32_t)mask->b[1] << 16 | (uint32_t)mask->b[2] << 8 | mask->b[3];

	*len = 0;
	while (bits & 0x80000000u) {
		bits <<= 1;
		(*len)++;
	}
	return bits == 0;
}

static bool parse_len(struct ph_cur c, struct ph_ip_prefix *out)
{
	struct ph_cur mask_text = c;
	struct ph_addr mask = { 0 };
	uint32_t value;
	unsigned n;

	if (ph_cur_dec(&c, out->family == PH_IPV6 ? 128 : 32, &value) && ph_cur_left(&c) == 0) {
		out->len = (uint8_t)value;
		return true;
	}
	return out->family == PH_IPV4 && parse_octets(&mask_text, &mask, &n) && n == 4 && ph_cur_left(&mask_text) == 0 &&
	       mask_len(&mask, &out->len);
}

bool ph_ip_prefix(const char *text, size_t len, struct ph_ip_prefix *out)
{
	const char *slash = memchr(text, '/', len);
	size_t addr_len = slash ? (size_t)(slash - text) : len;
	struct ph_cur c = ph_cur_of(text, addr_len);
	unsigned n;

	*out = (struct ph_ip_prefix){ 0 };
	if ((len == 7 && memcmp(text, "default", 7) == 0) || (len == 3 && (memcmp(text, "any", 3) == 0 || memcmp(text, "all", 3) == 0)))
		return true;
	if (memchr(text, ':', addr_len)) {
		out->family = PH_IPV6;
		out->len = 128;
		if (!ph_addr_parse(PH_IPV6, text, addr_len, &out->addr))
			return false;
	} else {
		out->family = PH_IPV4;
		out->len = 32;
		if (!parse_octets(&c, &out->addr, &n) || ph_cur_left(&c) > 0)
			return false;
	}
	return !slash || parse_len(ph_cur_of(slash + 1, len - addr_len - 1), out);
}

void ph_ip_own_add(struct ph_policy_load *load, const struct ph_word *at, const struct ph_ip_own *own)
{
	const struct ph_ip_prefix *p = &own->prefix;
	struct ph_route_own row = {
		.iface = own->iface, .family = p->family, .prefix_len = p->len, .addr = p->addr,
		.brd = own->has_brd ? &own->brd : NULL,
	};
	enum ph_status status = p->family == 0 ? PH_INVALID : ph_route_addr_add(load->policy->written, &row);
	char text[PH_ADDR_TEXT];

	if (status == PH_EXISTS && !own->again)
		ph_load_error(load, at, "%s: File exists: the interface has this address already",
		              ph_addr_format(text, p->family, &p->addr));
	else if (status == PH_INVALID)
		ph_load_error(load, at, "%.60s: not an address with a prefix length above 0", at->text);
	else if (status != PH_OK && status != PH_EXISTS)
		ph_load_error(load, at, "%s", ph_status_text(status));
}

/* Of the words behind ip addr add. */
struct addr_words {
	const struct ph_word *own, *peer, *brd, *dev;
};

static bool addr_words(struct ph_policy_load *load, struct ph_ip_args *args, struct addr_words *out)
{
	static const char *const with_value[] = { "label", "scope", "metric", "valid_lft", "preferred_lft", "proto", "anycast", "to" };
	static const char *const alone[] = { "nodad", "home", "mngtmpaddr", "noprefixroute", "autojoin", "optimistic" };
	const struct {
		const char *name;
		const struct ph_word **word;
	} known[] = {
		{ "dev", &out->dev }, { "brd", &out->brd }, { "broadcast", &out->brd }, { "peer", &out->peer },
		{ "remote", &out->peer }, { "local", &out->own },
	};
	const struct ph_word *word;

	while ((word = ph_ip_next(args))) {
		const struct ph_word **place = NULL;
		bool value = false, flag = false;

		for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
			if (strcmp(word->text, known[i].name) == 0)
				place = known[i].word;
		for (size_t i = 0; i < sizeof(with_value) / sizeof(*with_value); i++)
			value = value || strcmp(word->text, with_value[i]) == 0;
		for (size_t i = 0; i < sizeof(alone) / sizeof(*alone); i++)
			flag = flag || strcmp(word->text, alone[i]) == 0;
		if ((place || value) && !(word = ph_ip_need(load, args)))
			return false;
		if (!place && !value && !flag) {
			if (out->own) {
				ph_load_error(load, word, "ip addr add: \"%.40s\" is not known; write ip addr add A/P dev NAME", word->text);
				return false;
			}
			place = &out->own;
		}
		if (place)
			*place = word;
	}
	return true;
}

/* brd: an address, + (the usual one, which Linux makes anyway), - (host bits zero). */
static bool addr_brd(struct ph_policy_load *load, const struct ph_word *word, struct ph_ip_own *own)
{
	uint8_t family;

	if (strcmp(word->text, "+") == 0)
		return true;
	own->has_brd = true;
	if (strcmp(word->text, "-") == 0) {
		own->brd = own->prefix.addr;
		for (unsigned bit = own->prefix.len; bit < 32; bit++)
			own->brd.b[bit / 8] &= (uint8_t)~(0x80u >> (bit % 8));
		return true;
	}
	if (ph_ip_addr(word->text, word->len, &family, &own->brd) && family == PH_IPV4)
		return true;
	ph_load_error(load, word, "brd %.60s: not an IPv4 address, + or -", word->text);
	return false;
}

/* A peer: the own address stands alone, and the network is the peer's. */
static void addr_peer(struct ph_policy_load *load, const struct ph_word *word, const struct ph_ip_own *own)
{
	struct ph_ip_route route = { .again = true };
	struct ph_ip_prefix peer;

	if (!ph_ip_prefix(word->text, word->len, &peer) || peer.family != own->prefix.family) {
		ph_load_error(load, word, "peer %.60s: not an address of that family", word->text);
		return;
	}
	route.entry = (struct ph_route_entry){
		.family = peer.family, .prefix_len = peer.len, .prefix = peer.addr,
		.hop = { .type = PH_ROUTE_UNICAST, .iface = own->iface },
		.metric = peer.family == PH_IPV6 ? 256 : 0,
	};
	route.metric_given = true;
	ph_ip_route_add(load, word, &route);
}

static void addr_add(struct ph_policy_load *load, struct ph_ip_args *args)
{
	const struct ph_word *add = &args->word[args->at - 1];
	struct addr_words words = { 0 };
	struct ph_ip_own own = { 0 };

	if (!addr_words(load, args, &words))
		return;
	if (!words.own || !words.dev) {
		ph_load_error(load, add, "ip addr add: %s is missing; write ip addr add A/P dev NAME", words.own ? "dev NAME" : "an address");
		return;
	}
	if (!ph_ip_prefix(words.own->text, words.own->len, &own.prefix) || own.prefix.family == 0 ||
	    (args->family != 0 && args->family != own.prefix.family)) {
		ph_load_error(load, words.own, "%.60s: not an %saddress with a prefix length", words.own->text,
		              args->family == PH_IPV4 ? "IPv4 " : args->family == PH_IPV6 ? "IPv6 " : "");
		return;
	}
	if (words.brd && own.prefix.family == PH_IPV4 && !addr_brd(load, words.brd, &own))
		return;
	own.iface = ph_ip_iface(load, words.dev);
	if (own.iface == PH_NO_IFACE)
		return;
	if (words.peer)
		own.prefix.len = own.prefix.family == PH_IPV6 ? 128 : 32;
	ph_ip_own_add(load, words.own, &own);
	if (words.peer)
		addr_peer(load, words.peer, &own);
}

/* ip(8) takes any beginning of these; the first that fits. */
static const struct {
	const char *object, *verb;
	void (*run)(struct ph_policy_load *load, struct ph_ip_args *args);
} ip_commands[] = {
	{ "link", "add", link_add },
	{ "link", "set", link_set },
	{ "address", "add", addr_add },
	{ "route", "add", ph_ip_route_command },
	{ "route", "replace", ph_ip_route_command },
	{ "route", "append", ph_ip_route_command },
	{ "rule", "add", ph_ip_rule_command },
	{ "rule", "delete", ph_ip_rule_command },
};

static bool begins(const char *whole, const struct ph_word *word)
{
	return word->len > 0 && word->len <= strlen(whole) && memcmp(whole, word->text, word->len) == 0;
}

/* `ip addr` and `ip route show` only show. */
static bool only_shows(const struct ph_word *verb)
{
	return !verb || begins("show", verb) || begins("list", verb) || begins("lst", verb) || strcmp(verb->text, "get") == 0;
}

static void run_object(struct ph_policy_load *load, struct ph_ip_args *args)
{
	const struct ph_word *object = ph_ip_need(load, args), *verb;
	bool known = false;

	if (!object)
		return;
	verb = ph_ip_next(args);
	for (size_t i = 0; i < sizeof(ip_commands) / sizeof(*ip_commands); i++) {
		if (!begins(ip_commands[i].object, object))
			continue;
		known = true;
		if (!verb || !begins(ip_commands[i].verb, verb))
			continue;
		ip_commands[i].run(load, args);
		return;
	}
	if (known && only_shows(verb))
		return;
	if (known)
		ph_load_error(load, verb, "ip %s %.40s: only ip link add|set, ip addr add, ip route add|append|replace and ip rule add "
		              "are understood", object->text, verb->text);
	else
		ph_load_error(load, object, "ip %.40s: only ip link, ip addr, ip route and ip rule are understood", object->text);
}

/* -4, -6, -f FAMILY. False: complained. */
static bool set_family(struct ph_policy_load *load, struct ph_ip_args *args, const struct ph_word *option)
{
	const struct ph_word *name;

	if (strcmp(option->text, "-4") == 0 || strcmp(option->text, "-6") == 0) {
		args->family = option->text[1] == '4' ? PH_IPV4 : PH_IPV6;
		return true;
	}
	name = ph_ip_need(load, args);
	if (!name)
		return false;
	if (strcmp(name->text, "inet") == 0)
		args->family = PH_IPV4;
	else if (strcmp(name->text, "inet6") == 0)
		args->family = PH_IPV6;
	else
		ph_load_error(load, name, "%.40s: family is inet or inet6", name->text);
	return args->family != 0;
}

void ph_cmd_ip(struct ph_policy_load *load, const struct ph_shell_cmd *cmd)
{
	struct ph_ip_args args = { .word = cmd->word, .n = cmd->n, .at = 1 };

	while (args.at < args.n && args.word[args.at].text[0] == '-') {
		const struct ph_word *option = ph_ip_next(&args);
		const char *name = option->text + (option->len > 1 && option->text[1] == '-');
		bool family = strcmp(name, "-4") == 0 || strcmp(name, "-6") == 0 || strcmp(name, "-f") == 0 ||
		              strcmp(name, "-family") == 0;

		if (family) {
			if (!set_family(load, &args, option))
				return;
		} else if (strspn(option->text, "-sdojpbrc") != option->len) {
			ph_load_error(load, option, "ip %.40s: this option is not understood; -4, -6 and -family are", option->text);
			return;
		}
	}
	run_object(load, &args);
}
