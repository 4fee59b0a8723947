/* Text into a buffer of fixed size: what does not fit is cut and remembered, never written past the end.
 * The buffer is borrowed and always terminated. */
#ifndef PH_BASE_WRITER_H
#define PH_BASE_WRITER_H

#include <pinhole/base.h>

struct ph_writer {
	char *at;
	size_t len, size;       /* bytes in use without the terminator; bytes of room */
	bool cut;
};

/* size: at least 1. */
void ph_writer_init(struct ph_writer *w, char *buffer, size_t size);
void ph_put_char(struct ph_writer *w, char c);
void ph_put_text(struct ph_writer *w, const char *text);
void ph_put_bytes(struct ph_writer *w, const char *text, size_t len);
void ph_put_format(struct ph_writer *w, const char *fmt, ...) PH_PRINTF(2, 3);

#endif
