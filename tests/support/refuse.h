/* Memory that is refused at a chosen moment. For a test program that includes this once and is linked with
 * -Wl,--wrap=malloc -Wl,--wrap=calloc -Wl,--wrap=realloc (its first comment says so). */
#ifndef TEST_REFUSE_H
#define TEST_REFUSE_H

#include <stdbool.h>
#include <stddef.h>

static long allocations;        /* since the last reset */
static long refuse_at = -1;     /* that many from now on succeed, the next does not; negative: all do */

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *old, size_t size);

static bool refused(void)
{
	return allocations++ == refuse_at;
}

void *__wrap_malloc(size_t size)
{
	return refused() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return refused() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *old, size_t size)
{
	return refused() ? NULL : __real_realloc(old, size);
}

#endif
