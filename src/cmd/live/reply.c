/* The lines of the control protocol: JSON objects with one member each. */
#include "cmd/live/control.h"

#include <stdarg.h>
#include <string.h>

#define PIECE 16384     /* bytes of text in a line, if the text has ends of lines to be cut at */

static void put_line(struct cmd_text *out, const char *key, const char *text, size_t len)
{
	struct cmd_text copy = { .at = NULL };

	cmd_text_bytes(&copy, text, len);
	cmd_text_bytes(&copy, "", 1);
	cmd_text_format(out, "{\"%s\":", key);
	cmd_text_json(out, copy.at);
	cmd_text_add(out, "}\n");
	cmd_text_free(&copy);
}

void reply_line(struct cmd_text *out, const char *text, size_t len)
{
	put_line(out, "out", text, len);
}

/* Where the first piece of a long text ends: behind a line, if there is one. */
static size_t piece(const char *text, size_t len)
{
	const char *end;

	if (len <= PIECE)
		return len;
	end = memrchr(text, '\n', PIECE);
	if (!end)
		end = memchr(text, '\n', len);
	return end ? (size_t)(end - text) + 1 : len;
}

static void put_all(struct client *client, const char *key, const char *text, size_t len)
{
	for (size_t n; len; text += n, len -= n) {
		n = piece(text, len);
		put_line(&client->out, key, text, n);
	}
}

void reply_out(struct client *client, const char *text, size_t len)
{
	put_all(client, "out", text, len);
}

void reply_err(struct client *client, const char *text, size_t len)
{
	put_all(client, "err", text, len);
}

void reply_exit(struct client *client, enum cmd_exit code)
{
	cmd_text_format(&client->out, "{\"exit\":%d}\n", (int)code);
	client->done = true;
}

void reply_fail(struct client *client, enum cmd_exit code, const char *fmt, ...)
{
	struct cmd_text t = { .at = NULL };
	char text[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	cmd_text_add(&t, "pinhole: ");
	cmd_text_name(&t, text);
	cmd_text_add(&t, "\n");
	reply_err(client, t.at, t.len);
	cmd_text_free(&t);
	reply_exit(client, code);
}
