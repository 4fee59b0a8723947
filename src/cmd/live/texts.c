/* The words that asked for each expectation: events carry them once, listings want them later. A table of fixed size; an
 * expectation whose neighbourhood is full takes the place of the oldest there. */
#include "cmd/live/control.h"

#include <stdlib.h>
#include <string.h>

#define PLACES 8192             /* a power of two */
#define WINDOW 8                /* places where one may stand */

struct texts {
	struct text place[PLACES];
};

struct texts *texts_new(void)
{
	return calloc(1, sizeof(struct texts));
}

void texts_free(struct texts *texts)
{
	free(texts);
}

/* Ids are given out in order: as they are, they spread evenly. */
static size_t place_of(uint64_t id, size_t i)
{
	return (size_t)(id * WINDOW + id / (PLACES / WINDOW) + i) & (PLACES - 1);
}

const struct text *texts_find(const struct texts *texts, uint64_t id)
{
	for (size_t i = 0; i < WINDOW; i++)
		if (texts->place[place_of(id, i)].id == id)
			return &texts->place[place_of(id, i)];
	return NULL;
}

static void keep(struct texts *texts, const struct ph_event *event)
{
	uint64_t id = event->expect->id;
	struct text *text = &texts->place[place_of(id, 0)], *other;

	for (size_t i = 1; i < WINDOW; i++) {
		other = &texts->place[place_of(id, i)];
		if (other->id < text->id)
			text = other;
	}
	text->id = id;
	text->because = event->because;
	text->len = event->text ? event->text_len : 0;
	text->call_len = event->call ? event->call_len : 0;
	if (text->len)
		memcpy(text->bytes, event->text, text->len < TEXT_ROOM ? text->len : TEXT_ROOM);
	if (text->call_len)
		memcpy(text->call, event->call, text->call_len < TEXT_ROOM ? text->call_len : TEXT_ROOM);
}

void texts_event(struct texts *texts, const struct ph_event *event)
{
	const struct text *text;

	if (event->kind == PH_EVENT_EXPECT_NEW) {
		keep(texts, event);
	} else if (event->kind == PH_EVENT_EXPECT_DESTROY) {
		text = texts_find(texts, event->expect->id);
		if (text)
			texts->place[text - texts->place].id = 0;
	}
}

void put_asked(struct cmd_text *t, const struct text *text)
{
	if (text->because)
		cmd_text_add(t, text->because);
	if (text->call_len) {
		cmd_text_add(t, text->because ? " of call " : "call ");
		cmd_text_quoted(t, text->call, text->call_len, TEXT_ROOM);
	}
	if ((text->because || text->call_len) && text->len)
		cmd_text_add(t, ": ");
	if (text->len)
		cmd_text_quoted(t, text->bytes, text->len, TEXT_ROOM);
}
