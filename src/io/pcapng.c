/* Walks the blocks of a pcapng file for interface names. Format: draft-ietf-opsawg-pcapng.
 *
 *   section header -> interface descriptions (numbered from 0) -> packets that refer to them by number
 *
 * A section header starts the numbering anew and says the byte order of what follows. */
#include "io/pcapng.h"
#include "base/cursor.h"

#include <stdlib.h>
#include <unistd.h>

#define BLOCK_SECTION 0x0a0d0d0au
#define BLOCK_INTERFACE 1u
#define BLOCK_PACKET_OLD 2u
#define BLOCK_PACKET_SIMPLE 3u
#define BLOCK_PACKET 6u
#define BYTE_ORDER_MAGIC 0x1a2b3c4du
#define OPTION_END 0u
#define OPTION_IF_NAME 2u

#define MAX_INTERFACES 4096     /* of one section; later ones have no name */
#define MAX_NAME 64             /* longer ones are no Linux interface names */
#define WINDOW 65536

struct ph_pcapng {
	int fd;
	bool swapped;                   /* little-endian section: the cursor reads big-endian */
	bool done;                      /* end, or something not understood */
	uint64_t at;                    /* next block */
	uint64_t window_at;             /* file offset of window[0] */
	size_t window_len;
	char (*name)[MAX_NAME];         /* owned; grows with the interfaces of the section */
	size_t n_names, size_names;
	uint8_t window[WINDOW];
};

/* A view of n bytes at a file offset, n at most WINDOW. False: the file ends before. */
static bool view(struct ph_pcapng *walk, uint64_t at, size_t n, struct ph_cur *out)
{
	ssize_t got;

	if (at >= walk->window_at && at - walk->window_at <= walk->window_len &&
	    walk->window_len - (at - walk->window_at) >= n) {
		*out = ph_cur_of(walk->window + (at - walk->window_at), n);
		return true;
	}
	walk->window_at = at;
	walk->window_len = 0;
	while (walk->window_len < WINDOW) {
		got = pread(walk->fd, walk->window + walk->window_len, WINDOW - walk->window_len,
		            (off_t)(at + walk->window_len));
		if (got <= 0)
			break;
		walk->window_len += (size_t)got;
	}
	if (walk->window_len < n)
		return false;
	*out = ph_cur_of(walk->window, n);
	return true;
}

static bool read_u32(const struct ph_pcapng *walk, struct ph_cur *c, uint32_t *out)
{
	uint32_t v;

	if (!ph_cur_u32(c, &v))
		return false;
	*out = walk->swapped ? __builtin_bswap32(v) : v;
	return true;
}

static bool read_u16(const struct ph_pcapng *walk, struct ph_cur *c, uint16_t *out)
{
	uint16_t v;

	if (!ph_cur_u16(c, &v))
		return false;
	*out = walk->swapped ? __builtin_bswap16(v) : v;
	return true;
}

/* Section 4.1: the byte order is known by how its magic number reads. */
static bool section_begins(struct ph_pcapng *walk, uint64_t at)
{
	struct ph_cur c;
	uint32_t magic;

	if (!view(walk, at, 12, &c) || !ph_cur_skip(&c, 8) || !ph_cur_u32(&c, &magic))
		return false;
	if (magic != BYTE_ORDER_MAGIC && __builtin_bswap32(magic) != BYTE_ORDER_MAGIC)
		return false;
	walk->swapped = magic != BYTE_ORDER_MAGIC;
	walk->n_names = 0;
	return true;
}

static bool name_room(struct ph_pcapng *walk)
{
	size_t size = walk->size_names ? walk->size_names * 2 : 8;
	void *more;

	if (walk->n_names < walk->size_names)
		return true;
	more = realloc(walk->name, size * sizeof(*walk->name));
	if (!more)
		return false;
	walk->name = more;
	walk->size_names = size;
	return true;
}

/* The if_name option (3.5, 4.2) into name; empty when there is none that we can use. */
static void option_name(const struct ph_pcapng *walk, struct ph_cur options, char name[MAX_NAME])
{
	uint16_t code, len;
	struct ph_cur value;

	name[0] = '\0';
	while (read_u16(walk, &options, &code) && read_u16(walk, &options, &len) && code != OPTION_END &&
	       ph_cur_sub(&options, len, &value)) {
		if (code == OPTION_IF_NAME && len < MAX_NAME) {
			memcpy(name, value.at, len);
			name[len] = '\0';
			return;
		}
		if (!ph_cur_skip(&options, (4 - len % 4u) % 4u))
			return;
	}
}

/* 4.2: type, length, link type and reserved, snap length, options, length again. */
static bool interface_described(struct ph_pcapng *walk, uint64_t at, uint32_t len)
{
	struct ph_cur c;
	size_t n = len < WINDOW ? len : WINDOW;

	if (walk->n_names >= MAX_INTERFACES)
		return true;
	if (len < 20 || !view(walk, at, n, &c) || !name_room(walk))
		return false;
	if (n == len)
		c.end -= 4;
	if (!ph_cur_skip(&c, 16))
		return false;
	option_name(walk, c, walk->name[walk->n_names++]);
	return true;
}

/* The number of the interface a packet block refers to; 0 for simple packets (4.4). */
static bool packet_interface(struct ph_pcapng *walk, uint64_t at, uint32_t type, uint32_t *id)
{
	struct ph_cur c;
	uint16_t old;

	*id = 0;
	if (type == BLOCK_PACKET_SIMPLE)
		return true;
	if (!view(walk, at, 12, &c) || !ph_cur_skip(&c, 8))
		return false;
	if (type == BLOCK_PACKET)
		return read_u32(walk, &c, id);
	if (!read_u16(walk, &c, &old))
		return false;
	*id = old;
	return true;
}

/* Reads the block at walk->at and moves behind it. False: no further block can be read. */
static bool next_block(struct ph_pcapng *walk, uint32_t *type, uint32_t *id)
{
	uint64_t at = walk->at;
	struct ph_cur c;
	uint32_t len;

	if (!view(walk, at, 8, &c) || !read_u32(walk, &c, type))
		return false;
	if (*type == BLOCK_SECTION && !section_begins(walk, at))
		return false;
	if (!read_u32(walk, &c, &len) || len < 12 || len % 4)
		return false;
	walk->at = at + len;
	switch (*type) {
	case BLOCK_INTERFACE:
		return interface_described(walk, at, len);
	case BLOCK_PACKET:
	case BLOCK_PACKET_OLD:
	case BLOCK_PACKET_SIMPLE:
		return packet_interface(walk, at, *type, id);
	}
	return true;
}

struct ph_pcapng *ph_pcapng_new(int fd)
{
	struct ph_pcapng *walk = calloc(1, sizeof(*walk));
	struct ph_cur c;
	uint32_t type;

	if (!walk)
		return NULL;
	walk->fd = fd;
	/* The type of a section header reads the same in either byte order. */
	if (!view(walk, 0, 12, &c) || !ph_cur_u32(&c, &type) || type != BLOCK_SECTION) {
		ph_pcapng_free(walk);
		return NULL;
	}
	return walk;
}

void ph_pcapng_free(struct ph_pcapng *walk)
{
	if (!walk)
		return;
	free(walk->name);
	free(walk);
}

const char *ph_pcapng_next(struct ph_pcapng *walk)
{
	uint32_t type, id;

	while (!walk->done) {
		if (!next_block(walk, &type, &id)) {
			walk->done = true;
			break;
		}
		if (type != BLOCK_PACKET && type != BLOCK_PACKET_OLD && type != BLOCK_PACKET_SIMPLE)
			continue;
		return id < walk->n_names && walk->name[id][0] ? walk->name[id] : NULL;
	}
	return NULL;
}
