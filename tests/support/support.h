/* What tests of every room share: buffers that end at an unreadable page, hex, and packets made by hand.
 *
 * The checksums here are computed by the plainest loop there is and share no code with src/net, so that a packet
 * built here and verified there is checked twice. Everything that fails here ends the test program: a broken test
 * is no result. */
#ifndef TEST_SUPPORT_H
#define TEST_SUPPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A copy of len bytes whose end touches an unreadable page: reading one byte too many is a crash.
 * The copy may be written. Freed by guarded_free() with the same len. */
uint8_t *guarded(const void *data, size_t len);
void guarded_free(uint8_t *copy, size_t len);

/* Calls visit for every prefix of data, from 0 bytes to all len of them, each a guarded copy. */
void each_cut(const void *data, size_t len, void (*visit)(void *arg, uint8_t *copy, size_t len), void *arg);

/* Reads hex digits into out; white space and ':' may stand between bytes. Returns the number of bytes. */
size_t hex_bytes(const char *hex, uint8_t *out, size_t size);

/* A file of the repository, read whole. path: relative to its root. Freed by free(). */
uint8_t *file_bytes(const char *path, size_t *len);

/* Calls visit with each line of a file that is neither empty nor begins with '#'; returns how many there were.
 * The line may be written. */
size_t vector_lines(const char *path, void (*visit)(void *arg, char *line), void *arg);

/* Takes the next column off a line: up to the next ';', without white space around it. There must be one. */
char *vector_column(char **line);

struct packet {
	uint8_t data[9216];
	size_t len;
};

/* What a packet says. Zero is the usual value: TCP, time to live 64, window 65535, no payload. */
struct packet_spec {
	const char *src, *dst;          /* text; a ':' in src makes it IPv6 */
	uint8_t proto;                  /* 0: TCP; 6, 17, 136, 1, 58 get their header; others: payload only */
	uint8_t ttl;
	uint16_t sport, dport;
	uint32_t seq, ack;
	uint16_t win;
	uint8_t flags;                  /* of TCP: FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32 */
	const char *options;            /* of TCP, in hex, a multiple of 4 bytes */
	uint8_t icmp_type, icmp_code;
	uint16_t icmp_id, icmp_seq;
	const void *payload;
	size_t payload_len;             /* 0 with a payload: it is text up to its NUL */
	bool bare;                      /* the payload stands right behind the IP header; proto 0 is 0 */
};

/* Builds the packet with right lengths and checksums. */
void packet_build(struct packet *p, const struct packet_spec *spec);

/* An IP header, then len bytes as they are. proto: the next header. */
#define packet_raw(p, from, to, next, body, len) \
	packet_build((p), &(struct packet_spec){ .src = (from), .dst = (to), .proto = (next), .bare = true, \
	                                         .payload = (len) ? (body) : NULL, .payload_len = (len) })

/* Puts bytes into a packet, or (of NULL) room for them, and corrects the IP lengths and the IPv4 header checksum.
 * Used for extension headers and IPv4 options: the caller sets next header fields and header length. */
void packet_insert(struct packet *p, size_t at, const void *bytes, size_t len);

/* Puts an Ethernet header with the right EtherType in front. */
void packet_ethernet(struct packet *p);

/* Corrects what a test changed: the IPv4 header checksum; the checksum of the TCP, UDP or ICMP header at l4. */
void packet_fix_ip(struct packet *p);
void packet_fix_l4(struct packet *p, size_t l4, uint8_t proto);

#endif
