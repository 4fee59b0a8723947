/* Status codes and diagnostics: what every room speaks.
 *
 * Diagnostics are made while a policy is loaded, never on the packet path. A collector is owned by its
 * creator and filled by one thread at a time. */
#ifndef PINHOLE_BASE_H
#define PINHOLE_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PH_API __attribute__((visibility("default")))
#define PH_MUST_CHECK __attribute__((warn_unused_result))
#define PH_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

enum ph_status {
	PH_OK = 0,
	PH_EXISTS,      /* the same thing is already there */
	PH_BUSY,        /* something else holds the place */
	PH_FULL,        /* a documented limit was reached */
	PH_INVALID,     /* the input is wrong; a diagnostic says where */
	PH_NOT_FOUND,
	PH_NO_MEMORY,
	PH_IO,          /* the system said no; errno or a diagnostic says why */
	PH_END,         /* no more input */
};

/* A few words for each status, for messages. Never NULL. */
PH_API const char *ph_status_text(enum ph_status status);

/* The version of the library, "major.minor.patch". */
PH_API const char *ph_version(void);

enum ph_severity { PH_ERROR, PH_WARNING };

/* One complaint. Strings belong to the collector. line and column count from 1; 0 = not known. */
struct ph_diag {
	enum ph_severity severity;
	const char *file;
	unsigned line, column;
	const char *text;       /* what: why; what would do */
};

struct ph_diags;

/* A new, empty collector, or NULL without memory. */
PH_API struct ph_diags *ph_diags_new(void);
/* Frees it and its strings. NULL is fine. */
PH_API void ph_diags_free(struct ph_diags *diags);

/* How many there are; how many of them are errors (a complaint lost to memory shortage counts as one). */
PH_API size_t ph_diags_count(const struct ph_diags *diags);
PH_API size_t ph_diags_errors(const struct ph_diags *diags);

/* The i-th in the order they were added; NULL when out of range. */
PH_API const struct ph_diag *ph_diags_get(const struct ph_diags *diags, size_t i);

/* Adds one. file: copied, may be NULL. fmt: as printf, may not end in a newline. */
PH_API void ph_diags_add(struct ph_diags *diags, enum ph_severity severity, const char *file, unsigned line,
                         unsigned column, const char *fmt, ...) PH_PRINTF(6, 7);

/* Receives text as it is made, for printers: len bytes, not terminated. */
struct ph_sink {
	void (*write)(void *arg, const char *text, size_t len);
	void *arg;
};

#endif
