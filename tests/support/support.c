/* See support.h. */
#include "support.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { TCP = 6, UDP = 17, ICMP = 1, ICMPV6 = 58, UDPLITE = 136 };

static void fail(const char *what)
{
	fprintf(stderr, "test support: %s\n", what);
	abort();
}

static size_t page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

/* Whole pages for len bytes, and one more as the guard. */
static size_t guarded_size(size_t len)
{
	size_t page = page_size();

	return (len + page - 1) / page * page + page;
}

uint8_t *guarded(const void *data, size_t len)
{
	size_t size = guarded_size(len);
	uint8_t *map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint8_t *copy;

	if (map == MAP_FAILED || mprotect(map + size - page_size(), page_size(), PROT_NONE) != 0)
		fail("no guarded pages");
	copy = map + size - page_size() - len;
	if (len > 0)
		memcpy(copy, data, len);
	return copy;
}

void guarded_free(uint8_t *copy, size_t len)
{
	size_t size = guarded_size(len);

	munmap(copy + len + page_size() - size, size);
}

void each_cut(const void *data, size_t len, void (*visit)(void *arg, uint8_t *copy, size_t len), void *arg)
{
	for (size_t cut = 0; cut <= len; cut++) {
		uint8_t *copy = guarded(data, cut);

		visit(arg, copy, cut);
		guarded_free(copy, cut);
	}
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

size_t hex_bytes(const char *hex, uint8_t *out, size_t size)
{
	size_t n = 0;

	while (*hex) {
		if (strchr(" \t\n:", *hex)) {
			hex++;
			continue;
		}
		if (n == size || hex_digit(hex[0]) < 0 || hex_digit(hex[1]) < 0)
			fail("bad hex");
		out[n++] = (uint8_t)(hex_digit(hex[0]) << 4 | hex_digit(hex[1]));
		hex += 2;
	}
	return n;
}

uint8_t *file_bytes(const char *path, size_t *len)
{
	FILE *f = fopen(path, "rb");
	uint8_t *data = NULL;
	size_t room = 0, n;

	if (!f)
		fail(path);
	*len = 0;
	do {
		if (*len == room) {
			room = room ? room * 2 : 65536;
			data = realloc(data, room);
			if (!data)
				fail("out of memory");
		}
		n = fread(data + *len, 1, room - *len, f);
		*len += n;
	} while (n > 0);
	fclose(f);
	return data;
}

size_t vector_lines(const char *path, void (*visit)(void *arg, char *line), void *arg)
{
	size_t len, n = 0;
	char *text = (char *)file_bytes(path, &len), *rest, *line;

	text = realloc(text, len + 1);
	if (!text)
		fail("out of memory");
	text[len] = '\0';
	rest = text;
	while ((line = strsep(&rest, "\n"))) {
		if (line[0] == '\0' || line[0] == '#')
			continue;
		visit(arg, line);
		n++;
	}
	free(text);
	return n;
}

char *vector_column(char **line)
{
	char *at = strsep(line, ";"), *end;

	if (!at)
		fail("a vector has too few columns");
	at += strspn(at, " \t");
	end = at + strlen(at);
	while (end > at && (end[-1] == ' ' || end[-1] == '\t'))
		*--end = '\0';
	return at;
}

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

static uint32_t sum16(uint32_t sum, const uint8_t *at, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		sum += i % 2 ? at[i] : (uint32_t)at[i] << 8;
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return sum;
}

static bool is_ipv6(const struct packet *p)
{
	return p->data[0] >> 4 == 6;
}

void packet_fix_ip(struct packet *p)
{
	size_t header = (size_t)(p->data[0] & 15) * 4;

	if (is_ipv6(p))
		return;
	put16(p->data + 10, 0);
	put16(p->data + 10, ~sum16(0, p->data, header) & 0xffff);
}

/* The checksum field's place in each header. */
static size_t sum_place(uint8_t proto)
{
	switch (proto) {
	case TCP: return 16;
	case UDP: case UDPLITE: return 6;
	default: return 2;
	}
}

void packet_fix_l4(struct packet *p, size_t l4, uint8_t proto)
{
	uint8_t *at = p->data + l4;
	size_t len = p->len - l4, place = sum_place(proto);
	uint32_t sum = 0;

	put16(at + place, 0);
	if (proto != ICMP) {
		sum = is_ipv6(p) ? sum16(0, p->data + 8, 32) : sum16(0, p->data + 12, 8);
		/* RFC 3828 says 136; the reference adds 17 (spec/tracking.md 1.6), and so do we. */
		sum += (uint32_t)len + (proto == UDPLITE ? UDP : proto);
	}
	sum = ~sum16(sum, at, len) & 0xffff;
	put16(at + place, sum == 0 && (proto == UDP || proto == UDPLITE) ? 0xffff : sum);
}

static void fix_length(struct packet *p)
{
	if (is_ipv6(p))
		put16(p->data + 4, (uint32_t)(p->len - 40));
	else
		put16(p->data + 2, (uint32_t)p->len);
	packet_fix_ip(p);
}

/* The IP header for a body of len bytes, which is left empty. */
static void ip_header(struct packet *p, const struct packet_spec *spec, uint8_t proto, size_t len)
{
	bool six = strchr(spec->src, ':') != NULL;
	size_t header = six ? 40 : 20;

	if (len > sizeof(p->data) - header)
		fail("packet too long");
	memset(p, 0, sizeof(*p));
	p->data[0] = six ? 0x60 : 0x45;
	p->data[six ? 6 : 9] = proto;
	p->data[six ? 7 : 8] = spec->ttl ? spec->ttl : 64;
	if (inet_pton(six ? AF_INET6 : AF_INET, spec->src, p->data + (six ? 8 : 12)) != 1 ||
	    inet_pton(six ? AF_INET6 : AF_INET, spec->dst, p->data + (six ? 24 : 16)) != 1)
		fail("bad address");
	p->len = header + len;
	fix_length(p);
}

/* Writes the header of spec's protocol; returns its length. */
static size_t l4_header(uint8_t *at, uint8_t proto, const struct packet_spec *spec, size_t payload_len)
{
	size_t options = 0;

	if (proto == ICMP || proto == ICMPV6) {
		at[0] = spec->icmp_type;
		at[1] = spec->icmp_code;
		put16(at + 4, spec->icmp_id);
		put16(at + 6, spec->icmp_seq);
		return 8;
	}
	put16(at, spec->sport);
	put16(at + 2, spec->dport);
	if (proto != TCP) {
		put16(at + 4, (uint32_t)payload_len + 8);
		return 8;
	}
	if (spec->options)
		options = hex_bytes(spec->options, at + 20, 40);
	put32(at + 4, spec->seq);
	put32(at + 8, spec->ack);
	at[12] = (uint8_t)((20 + options) / 4 << 4);
	at[13] = spec->flags;
	put16(at + 14, spec->win ? spec->win : 65535);
	return 20 + options;
}

static bool has_header(uint8_t proto)
{
	return proto == TCP || proto == UDP || proto == UDPLITE || proto == ICMP || proto == ICMPV6;
}

void packet_build(struct packet *p, const struct packet_spec *spec)
{
	uint8_t proto = spec->proto || spec->bare ? spec->proto : TCP, header[60] = { 0 };
	size_t payload_len = spec->payload_len, header_len = 0, l4;

	if (spec->payload && payload_len == 0)
		payload_len = strlen(spec->payload);
	if (!spec->bare && has_header(proto))
		header_len = l4_header(header, proto, spec, payload_len);
	ip_header(p, spec, proto, header_len + payload_len);
	l4 = is_ipv6(p) ? 40 : 20;
	memcpy(p->data + l4, header, header_len);
	if (payload_len > 0)
		memcpy(p->data + l4 + header_len, spec->payload, payload_len);
	if (header_len > 0)
		packet_fix_l4(p, l4, proto);
}

void packet_insert(struct packet *p, size_t at, const void *bytes, size_t len)
{
	if (at > p->len || len > sizeof(p->data) - p->len)
		fail("packet too long");
	memmove(p->data + at + len, p->data + at, p->len - at);
	if (bytes)
		memcpy(p->data + at, bytes, len);
	else
		memset(p->data + at, 0, len);
	p->len += len;
	fix_length(p);
}

void packet_ethernet(struct packet *p)
{
	bool six = is_ipv6(p);

	if (p->len + 14 > sizeof(p->data))
		fail("packet too long");
	memmove(p->data + 14, p->data, p->len);
	memset(p->data, 2, 12);
	put16(p->data + 12, six ? 0x86dd : 0x0800);
	p->len += 14;
}
