/* Records of fixed size, little endian: written through a buffer that empties itself, read from a cursor.
 *
 * A record is split off its file with ph_cur_sub before its fields are taken; behind its end they are zero. */
#ifndef PH_BASE_RECORD_H
#define PH_BASE_RECORD_H

#include "base/cursor.h"

#define PH_RECORD_BUFFER 8192

struct ph_record_out {
	void (*write)(void *arg, const uint8_t *bytes, size_t len);
	void *arg;
	size_t len;                     /* in the buffer */
	uint8_t buffer[PH_RECORD_BUFFER];
};

static inline void ph_record_flush(struct ph_record_out *out)
{
	if (out->len > 0)
		out->write(out->arg, out->buffer, out->len);
	out->len = 0;
}

/* len: at most PH_RECORD_BUFFER. */
static inline void ph_record_put_bytes(struct ph_record_out *out, const void *bytes, size_t len)
{
	if (len > sizeof(out->buffer) - out->len)
		ph_record_flush(out);
	memcpy(out->buffer + out->len, bytes, len);
	out->len += len;
}

/* The lower n bytes of value, the lowest first. n: at most 8. */
static inline void ph_record_put(struct ph_record_out *out, uint64_t value, size_t n)
{
	uint8_t bytes[sizeof(value)];

	for (size_t i = 0; i < n; i++)
		bytes[i] = (uint8_t)(value >> 8 * i);
	ph_record_put_bytes(out, bytes, n);
}

static inline uint64_t ph_record_take(struct ph_cur *record, size_t n)
{
	uint64_t value = 0;
	struct ph_cur field;

	if (!ph_cur_sub(record, n, &field))
		return 0;
	for (size_t i = 0; i < n; i++)
		value |= (uint64_t)field.at[i] << 8 * i;
	return value;
}

static inline uint8_t ph_record_u8(struct ph_cur *record)
{
	return (uint8_t)ph_record_take(record, 1);
}

static inline uint16_t ph_record_u16(struct ph_cur *record)
{
	return (uint16_t)ph_record_take(record, 2);
}

static inline uint32_t ph_record_u32(struct ph_cur *record)
{
	return (uint32_t)ph_record_take(record, 4);
}

static inline uint64_t ph_record_u64(struct ph_cur *record)
{
	return ph_record_take(record, 8);
}

static inline void ph_record_bytes(struct ph_cur *record, void *out, size_t n)
{
	if (!ph_cur_bytes(record, out, n))
		memset(out, 0, n);
}

#endif
