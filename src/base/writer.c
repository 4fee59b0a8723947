/* Bounded text output; see writer.h. */
#include "base/writer.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void ph_writer_init(struct ph_writer *w, char *buffer, size_t size)
{
	*w = (struct ph_writer){ .at = buffer, .size = size };
	buffer[0] = '\0';
}

void ph_put_bytes(struct ph_writer *w, const char *text, size_t len)
{
	size_t room = w->size - 1 - w->len;

	if (len > room) {
		len = room;
		w->cut = true;
	}
	memcpy(w->at + w->len, text, len);
	w->len += len;
	w->at[w->len] = '\0';
}

void ph_put_char(struct ph_writer *w, char c)
{
	ph_put_bytes(w, &c, 1);
}

void ph_put_text(struct ph_writer *w, const char *text)
{
	ph_put_bytes(w, text, strlen(text));
}

void ph_put_format(struct ph_writer *w, const char *fmt, ...)
{
	size_t room = w->size - w->len;
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(w->at + w->len, room, fmt, args);
	va_end(args);
	if (n < 0)
		return;
	if ((size_t)n >= room) {
		w->cut = true;
		w->len = w->size - 1;
		return;
	}
	w->len += (size_t)n;
}
