/* Memory that rules share; see shared.h. */
#include "rule/shared.h"

#include <stdlib.h>
#include <string.h>

struct ph_shared *ph_shared_find(struct ph_ruleset *rules, const struct ph_ext *ext, const char *name)
{
	for (struct ph_shared *s = rules->shared; s; s = s->next)
		if (s->ext == ext && s->name[0] && strcmp(s->name, name) == 0)
			return s;
	return NULL;
}

static bool grow(struct ph_shared *s, size_t size)
{
	void *data = calloc(1, size);

	if (!data)
		return false;
	free(s->data);
	s->data = data;
	s->size = size;
	return true;
}

struct ph_shared *ph_shared_get(struct ph_ruleset *rules, const struct ph_ext *ext, const char *name, size_t size)
{
	struct ph_shared *s = name ? ph_shared_find(rules, ext, name) : NULL;
	size_t len = name ? strlen(name) : 0;

	if (s)
		return s->size >= size || grow(s, size) ? s : NULL;
	s = calloc(1, sizeof(*s) + len + 1);
	if (!s || !grow(s, size)) {
		free(s);
		return NULL;
	}
	s->ext = ext;
	memcpy(s->name, name ? name : "", len);
	s->next = rules->shared;
	rules->shared = s;
	return s;
}

void ph_shared_free_all(struct ph_shared *first)
{
	while (first) {
		struct ph_shared *next = first->next;

		free(first->data);
		free(first);
		first = next;
	}
}

/* FNV-1a of the chain's name and the places of rule and part. */
uint64_t ph_bind_seed(const struct ph_bind *bind)
{
	uint64_t hash = 0xcbf29ce484222325u;

	for (const char *c = bind->chain; *c; c++)
		hash = (hash ^ (uint8_t)*c) * 0x100000001b3u;
	hash = (hash ^ bind->number) * 0x100000001b3u;
	return (hash ^ (uint64_t)bind->table << 8 ^ bind->place) * 0x100000001b3u;
}
