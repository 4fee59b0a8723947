/* Memory that rules share; see shared.h. */
#include "rule/shared.h"

#include <stdlib.h>
#include <string.h>

void ph_shared_hold(struct ph_shared *shared)
{
	shared->held = true;
}

static struct ph_shared *find(const struct ph_ruleset *rules, const struct ph_ext *ext, const char *name)
{
	for (struct ph_shared *s = rules->shared; s; s = s->next)
		if (s->ext == ext && s->name[0] && strcmp(s->name, name) == 0)
			return s;
	return NULL;
}

struct ph_shared *ph_shared_find(struct ph_ruleset *rules, const struct ph_ext *ext, const char *name)
{
	struct ph_shared *s = find(rules, ext, name);

	if (s)
		ph_shared_hold(s);
	return s;
}

/* undoable: what was there stays until it is known that the edit stays. */
static bool grow(struct ph_shared *s, size_t size, bool undoable)
{
	void *data = calloc(1, size);

	if (!data)
		return false;
	if (undoable && !s->fresh && !s->former) {
		s->former = s->data;
		s->former_size = s->size;
	} else {
		free(s->data);
	}
	s->data = data;
	s->size = size;
	return true;
}

struct ph_shared *ph_shared_get(struct ph_ruleset *rules, const struct ph_ext *ext, const char *name, size_t size)
{
	struct ph_shared *s = name ? ph_shared_find(rules, ext, name) : NULL;
	size_t len = name ? strlen(name) : 0;

	if (s)
		return s->size >= size || grow(s, size, rules->changing) ? s : NULL;
	s = calloc(1, sizeof(*s) + len + 1);
	if (!s || !grow(s, size, false)) {
		free(s);
		return NULL;
	}
	s->ext = ext;
	s->fresh = s->held = true;
	memcpy(s->name, name ? name : "", len);
	s->next = rules->shared;
	rules->shared = s;
	return s;
}

void ph_shared_begin(struct ph_ruleset *rules)
{
	rules->changing = true;
	for (struct ph_shared *s = rules->shared; s; s = s->next)
		s->fresh = s->held = false;
}

void ph_shared_keep(struct ph_ruleset *rules)
{
	struct ph_shared **link = &rules->shared;

	rules->changing = false;
	while (*link) {
		struct ph_shared *s = *link;

		free(s->former);
		s->former = NULL;
		if (s->held) {
			link = &s->next;
			continue;
		}
		*link = s->next;
		free(s->data);
		free(s);
	}
}

void ph_shared_undo(struct ph_ruleset *rules)
{
	struct ph_shared **link = &rules->shared;

	rules->changing = false;
	while (*link) {
		struct ph_shared *s = *link;

		if (s->former) {
			free(s->data);
			s->data = s->former;
			s->size = s->former_size;
			s->former = NULL;
		}
		if (!s->fresh) {
			link = &s->next;
			continue;
		}
		*link = s->next;
		free(s->data);
		free(s);
	}
}

void ph_shared_trade(struct ph_ruleset *a, struct ph_ruleset *b)
{
	for (struct ph_shared *x = a->shared; x; x = x->next) {
		struct ph_shared *y = x->name[0] ? find(b, x->ext, x->name) : NULL;
		void *data = x->data;

		if (!y || x->size != y->size || (x->ext->same_memory && !x->ext->same_memory(x->data, y->data)))
			continue;
		x->data = y->data;
		y->data = data;
	}
}

void ph_shared_free_all(struct ph_shared *first)
{
	while (first) {
		struct ph_shared *next = first->next;

		free(first->former);
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
