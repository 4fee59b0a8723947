/* Lines of text and JSON, put together in memory. See text.h. */
#include "cmd/text.h"

#include "cmd/cmd.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static void room_for(struct cmd_text *t, size_t more)
{
	size_t size = t->size ? t->size : 256;
	char *at;

	if (t->size - t->len >= more)
		return;
	while (size - t->len < more)
		size *= 2;
	at = realloc(t->at, size);
	if (!at)
		cmd_no_memory();
	t->at = at;
	t->size = size;
}

void cmd_text_free(struct cmd_text *t)
{
	free(t->at);
	*t = (struct cmd_text){ .at = NULL };
}

void cmd_text_bytes(struct cmd_text *t, const char *bytes, size_t len)
{
	if (len == 0)
		return;
	room_for(t, len);
	memcpy(t->at + t->len, bytes, len);
	t->len += len;
}

void cmd_text_add(struct cmd_text *t, const char *text)
{
	cmd_text_bytes(t, text, strlen(text));
}

void cmd_text_format(struct cmd_text *t, const char *fmt, ...)
{
	va_list args, again;
	int n;

	va_start(args, fmt);
	va_copy(again, args);
	n = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	if (n >= 0) {
		room_for(t, (size_t)n + 1);
		vsnprintf(t->at + t->len, (size_t)n + 1, fmt, again);
		t->len += (size_t)n;
	}
	va_end(again);
}

void cmd_text_flush(struct cmd_text *t, FILE *to)
{
	if (t->len)
		fwrite(t->at, 1, t->len, to);
	t->len = 0;
}

static void add_char(struct cmd_text *t, char c)
{
	cmd_text_bytes(t, &c, 1);
}

/* One byte for people. quote: also escape what would end or confuse a quoted text. */
static void add_shown(struct cmd_text *t, uint8_t b, bool quote)
{
	if (b == '\r')
		cmd_text_add(t, "\\r");
	else if (b == '\n')
		cmd_text_add(t, "\\n");
	else if (b == '\t')
		cmd_text_add(t, "\\t");
	else if (b < 0x20 || b >= 0x7f)
		cmd_text_format(t, "\\x%02x", b);
	else if (quote && (b == '"' || b == '\\'))
		cmd_text_format(t, "\\%c", b);
	else
		add_char(t, (char)b);
}

void cmd_text_quoted(struct cmd_text *t, const uint8_t *bytes, size_t len, size_t max)
{
	add_char(t, '"');
	for (size_t i = 0; i < len && i < max; i++)
		add_shown(t, bytes[i], true);
	cmd_text_add(t, len > max ? "\"..." : "\"");
}

void cmd_text_name(struct cmd_text *t, const char *name)
{
	for (; *name; name++) {
		/* Letters beyond ASCII are the terminal's business; controls are not let through to it. */
		if ((uint8_t)*name >= 0x80)
			add_char(t, *name);
		else
			add_shown(t, (uint8_t)*name, false);
	}
}

/* Bytes of the UTF-8 sequence at s (RFC 3629), 0 if it is none. s is terminated, so looking ahead stops there. */
static size_t utf8_len(const uint8_t *s)
{
	size_t n = s[0] < 0x80 ? 1 : s[0] >= 0xc2 && s[0] < 0xe0 ? 2 : s[0] >= 0xe0 && s[0] < 0xf0 ? 3 :
	           s[0] >= 0xf0 && s[0] < 0xf5 ? 4 : 0;

	for (size_t i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return n;
}

static bool is_utf8(const char *text)
{
	const uint8_t *s = (const uint8_t *)text;
	size_t n;

	for (; *s; s += n) {
		n = utf8_len(s);
		if (n == 0)
			return false;
	}
	return true;
}

static void add_json_byte(struct cmd_text *t, uint8_t b, bool raw)
{
	if (b == '"' || b == '\\')
		cmd_text_format(t, "\\%c", b);
	else if (b == '\r')
		cmd_text_add(t, "\\r");
	else if (b == '\n')
		cmd_text_add(t, "\\n");
	else if (b < 0x20 || b == 0x7f || (b >= 0x80 && !raw))
		cmd_text_format(t, "\\u%04x", b);
	else
		add_char(t, (char)b);
}

/* Bytes up to the next one that is written in another way. */
static size_t plain_len(const char *text, bool raw)
{
	size_t n = 0;

	for (uint8_t b; (b = (uint8_t)text[n]) >= 0x20 && b != '"' && b != '\\' && b != 0x7f && (b < 0x80 || raw); n++)
		;
	return n;
}

void cmd_text_json(struct cmd_text *t, const char *text)
{
	size_t n;
	bool raw;

	if (!text) {
		cmd_text_add(t, "null");
		return;
	}
	raw = is_utf8(text);
	add_char(t, '"');
	while (*text) {
		n = plain_len(text, raw);
		cmd_text_bytes(t, text, n);
		text += n;
		if (*text)
			add_json_byte(t, (uint8_t)*text++, raw);
	}
	add_char(t, '"');
}

void cmd_text_json_bytes(struct cmd_text *t, const uint8_t *bytes, size_t len)
{
	add_char(t, '"');
	for (size_t i = 0; i < len; i++)
		add_json_byte(t, bytes[i], false);
	add_char(t, '"');
}

bool cmd_proto_has_ports(uint8_t proto)
{
	return proto == PH_PROTO_TCP || proto == PH_PROTO_UDP || proto == PH_PROTO_GRE || proto == PH_PROTO_SCTP ||
	       proto == PH_PROTO_UDPLITE;
}

void cmd_text_proto(struct cmd_text *t, uint8_t proto)
{
	static const struct {
		uint8_t proto;
		const char *name;
	} names[] = {
		{ PH_PROTO_TCP, "tcp" }, { PH_PROTO_UDP, "udp" }, { PH_PROTO_ICMP, "icmp" }, { PH_PROTO_ICMPV6, "icmp6" },
		{ PH_PROTO_IGMP, "igmp" }, { PH_PROTO_GRE, "gre" }, { PH_PROTO_ESP, "esp" }, { PH_PROTO_AH, "ah" },
		{ PH_PROTO_SCTP, "sctp" }, { PH_PROTO_UDPLITE, "udplite" }, { PH_PROTO_IPIP, "ipip" }, { PH_PROTO_IPV6, "ipv6" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (names[i].proto == proto) {
			cmd_text_add(t, names[i].name);
			return;
		}
	}
	cmd_text_format(t, "proto %u", proto);
}

static void add_endpoint(struct cmd_text *t, uint8_t family, const struct ph_addr *addr, const uint16_t *port)
{
	char text[PH_ADDR_TEXT];

	ph_addr_format(text, family, addr);
	if (!port)
		cmd_text_add(t, text);
	else if (family == PH_IPV6)
		cmd_text_format(t, "[%s]:%u", text, *port);
	else
		cmd_text_format(t, "%s:%u", text, *port);
}

static void add_flags(struct cmd_text *t, uint8_t flags)
{
	static const char letters[] = "FSRP.UEW";
	/* The order of tcpdump, which readers know: the ACK dot stands last. */
	static const uint8_t order[] = { 1, 0, 2, 3, 5, 6, 7, 4 };

	cmd_text_add(t, " [");
	for (size_t i = 0; i < sizeof(order); i++)
		if (flags & 1u << order[i])
			add_char(t, letters[order[i]]);
	add_char(t, ']');
}

void cmd_text_brief(struct cmd_text *t, const struct ph_brief *brief)
{
	cmd_text_proto(t, brief->proto);
	add_char(t, ' ');
	add_endpoint(t, brief->family, &brief->src, brief->has_ports ? &brief->sport : NULL);
	cmd_text_add(t, " > ");
	add_endpoint(t, brief->family, &brief->dst, brief->has_ports ? &brief->dport : NULL);
	if (brief->has_flags)
		add_flags(t, brief->tcp_flags);
	if (brief->has_call)
		cmd_text_format(t, " call %u", brief->call);
	if (brief->has_icmp)
		cmd_text_format(t, " type %u code %u", brief->icmp_type, brief->icmp_code);
	if (brief->is_frag)
		cmd_text_format(t, " fragment at %u", brief->frag_off);
	if (brief->payload_len)
		cmd_text_format(t, " %u bytes", brief->payload_len);
}

/* "gre 10.0.0.1 call 1 > 10.0.1.1 call 2": each end has a number of its own for a call of PPTP. */
static void add_call(struct cmd_text *t, const struct ph_tuple *tuple)
{
	char src[PH_ADDR_TEXT], dst[PH_ADDR_TEXT];

	cmd_text_format(t, "gre %s call %u > %s call %u", ph_addr_format(src, tuple->family, &tuple->src), tuple->sport,
	                ph_addr_format(dst, tuple->family, &tuple->dst), tuple->dport);
}

void cmd_text_tuple(struct cmd_text *t, const struct ph_tuple *tuple)
{
	bool ports = cmd_proto_has_ports(tuple->proto) && tuple->proto != PH_PROTO_GRE;

	if (tuple->proto == PH_PROTO_GRE && (tuple->sport || tuple->dport)) {
		add_call(t, tuple);
		return;
	}
	cmd_text_proto(t, tuple->proto);
	add_char(t, ' ');
	add_endpoint(t, tuple->family, &tuple->src, ports ? &tuple->sport : NULL);
	cmd_text_add(t, " > ");
	add_endpoint(t, tuple->family, &tuple->dst, ports ? &tuple->dport : NULL);
}

/* The network of an address under a mask that is neither all nor nothing: 10.0.0.0/24, or with the mask if it has holes. */
static void put_network(struct cmd_text *t, const struct ph_expect_info *x)
{
	char text[PH_ADDR_TEXT];
	struct ph_addr net = x->tuple.src;
	unsigned len = 0, bits = 0;

	for (unsigned i = 0; i < 8 * sizeof(net.b); i++) {
		bool set = x->mask_src.b[i / 8] >> (7 - i % 8) & 1;

		bits += set;
		if (set && bits == i + 1)
			len = bits;
		net.b[i / 8] &= x->mask_src.b[i / 8];
	}
	cmd_text_add(t, ph_addr_format(text, x->tuple.family, &net));
	if (len == bits)
		cmd_text_format(t, "/%u", len);
	else
		cmd_text_format(t, "/%s", ph_addr_format(text, x->tuple.family, &x->mask_src));
}

void cmd_text_expect(struct cmd_text *t, const struct ph_expect_info *x)
{
	static const struct ph_addr any;
	char addr[PH_ADDR_TEXT];
	uint8_t family = x->tuple.family;
	size_t len = family == PH_IPV4 ? 4 : 16;
	bool whole = true, call = x->tuple.proto == PH_PROTO_GRE;

	for (size_t i = 0; i < len; i++)
		whole &= x->mask_src.b[i] == 0xff;
	if (memcmp(x->mask_src.b, any.b, len) == 0)
		cmd_text_add(t, "any address");
	else if (whole)
		cmd_text_add(t, ph_addr_format(addr, family, &x->tuple.src));
	else
		put_network(t, x);
	if (x->mask_sport)
		cmd_text_format(t, " %s %u", call ? "call" : "port", x->tuple.sport);
	cmd_text_format(t, call ? " may send GRE to %s" : " may connect to %s ", ph_addr_format(addr, family, &x->tuple.dst));
	if (!call)
		cmd_text_proto(t, x->tuple.proto);
	cmd_text_format(t, " %s %u", call ? "call" : "port", x->tuple.dport);
	if (x->flags & PH_EXPECT_PERMANENT)
		cmd_text_add(t, ", again and again");
	if (x->child_helper)
		cmd_text_format(t, ", watched by helper %s", x->child_helper);
}

void cmd_text_rule(struct cmd_text *t, const struct ph_rule_ref *rule, uint8_t family)
{
	if (family == PH_IPV6)
		cmd_text_add(t, "IPv6 ");
	if (!rule->table || !rule->chain) {
		cmd_text_add(t, "a rule");
		return;
	}
	if (strcmp(rule->table, "filter") != 0)
		cmd_text_format(t, "%s ", rule->table);
	cmd_text_add(t, rule->chain);
	if (rule->number == 0) {
		cmd_text_add(t, " policy");
		return;
	}
	cmd_text_format(t, " rule %u", rule->number);
	if (!rule->file)
		return;
	cmd_text_add(t, " (");
	cmd_text_name(t, rule->file);
	cmd_text_format(t, ":%u)", rule->line);
}

void cmd_text_diag(struct cmd_text *t, const struct ph_diag *diag)
{
	cmd_text_name(t, diag->file ? diag->file : "pinhole");
	cmd_text_add(t, ":");
	if (diag->line)
		cmd_text_format(t, "%u:", diag->line);
	if (diag->line && diag->column)
		cmd_text_format(t, "%u:", diag->column);
	cmd_text_format(t, " %s: %s\n", diag->severity == PH_ERROR ? "error" : "warning", diag->text);
}
