/* Whole files, and random bytes. See <pinhole/capture.h>. */
#include "io/file.h"

#include <errno.h>
#include <pinhole/capture.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIRST_SIZE 65536

FILE *ph_file_open(const char *path, struct ph_diags *diags)
{
	FILE *file = fopen(path, "rbe");
	struct stat st;

	if (!file) {
		ph_diags_add(diags, PH_ERROR, path, 0, 0, "cannot be opened: %s", strerror(errno));
		return NULL;
	}
	/* A directory opens, and only reading it fails. */
	if (fstat(fileno(file), &st) == 0 && S_ISDIR(st.st_mode)) {
		ph_diags_add(diags, PH_ERROR, path, 0, 0, "is a directory: a file is needed");
		fclose(file);
		return NULL;
	}
	return file;
}

/* Reads to the end. NULL: *why says why not. */
static char *read_all(FILE *file, size_t max, size_t *len, const char **why)
{
	size_t size = FIRST_SIZE, used = 0;
	char *text = malloc(size), *more;

	while (text) {
		used += fread(text + used, 1, size - 1 - used, file);
		if (used < size - 1)
			break;
		if (used > max)
			break;
		more = realloc(text, size * 2);
		if (!more) {
			free(text);
			text = NULL;
			break;
		}
		text = more;
		size *= 2;
	}
	*why = !text ? ph_status_text(PH_NO_MEMORY) : ferror(file) ? strerror(errno) : used > max ? "it is too long" : NULL;
	if (*why) {
		free(text);
		return NULL;
	}
	text[used] = '\0';
	*len = used;
	return text;
}

static char *read_file(FILE *file, const char *name, size_t max, size_t *len, struct ph_diags *diags)
{
	const char *why;
	char *text = read_all(file, max, len, &why);

	if (!text)
		ph_diags_add(diags, PH_ERROR, name, 0, 0, "cannot be read: %s", why);
	if (file != stdin)
		fclose(file);
	return text;
}

char *ph_file_read(const char *path, size_t max, size_t *len, struct ph_diags *diags)
{
	FILE *file = strcmp(path, "-") == 0 ? stdin : ph_file_open(path, diags);

	return file ? read_file(file, path, max, len, diags) : NULL;
}

char *ph_fd_read(int fd, const char *name, size_t max, size_t *len, struct ph_diags *diags)
{
	FILE *file = fdopen(fd, "rb");

	if (!file) {
		ph_diags_add(diags, PH_ERROR, name, 0, 0, "cannot be read: %s", strerror(errno));
		close(fd);
		return NULL;
	}
	return read_file(file, name, max, len, diags);
}

enum ph_status ph_random(void *out, size_t len)
{
	uint8_t *at = out;
	ssize_t got;

	while (len > 0) {
		got = getrandom(at, len, 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return PH_IO;
		at += got;
		len -= (size_t)got;
	}
	return PH_OK;
}
