/* Listings: what is alive now, in order of creation (which takes room to sort) or piece by piece as it stands in the tables. Not on
 * the packet path. */
#include "engine/walk.h"

#include <stdlib.h>

/* What is to be listed: pointers into the tables. */
struct list {
	const void **item;
	size_t n, room;
};

static void add(struct list *list, const void *item)
{
	if (list->n < list->room)
		list->item[list->n++] = item;
}

static void add_conn(void *arg, const struct ph_conn *conn)
{
	add(arg, conn);
}

static void add_expect(void *arg, const struct ph_expect *expect)
{
	add(arg, expect);
}

static int by_conn_id(const void *a, const void *b)
{
	uint64_t x = (*(const struct ph_conn *const *)a)->id, y = (*(const struct ph_conn *const *)b)->id;

	return (x > y) - (x < y);
}

static int by_expect_id(const void *a, const void *b)
{
	uint64_t x = (*(const struct ph_expect *const *)a)->id, y = (*(const struct ph_expect *const *)b)->id;

	return (x > y) - (x < y);
}

static bool list_init(struct list *list, size_t room)
{
	*list = (struct list){ .room = room, .item = calloc(room ? room : 1, sizeof(*list->item)) };
	return list->item != NULL;
}

size_t ph_engine_each_conn(const struct ph_engine *engine, void (*each)(void *arg, const struct ph_conn_info *), void *arg)
{
	struct ph_track_stats stats;
	struct ph_conn_info info;
	struct list list;

	ph_track_stats(engine->track, &stats);
	if (!list_init(&list, stats.conns))
		return 0;
	ph_track_each_conn(engine->track, add_conn, &list);
	qsort(list.item, list.n, sizeof(*list.item), by_conn_id);
	for (size_t i = 0; i < list.n; i++) {
		ph_conn_describe(engine, list.item[i], &info);
		each(arg, &info);
	}
	free(list.item);
	return list.n;
}

size_t ph_engine_each_expect(const struct ph_engine *engine, void (*each)(void *arg, const struct ph_expect_info *), void *arg)
{
	struct ph_track_stats stats;
	struct ph_expect_info info;
	struct list list;

	ph_track_stats(engine->track, &stats);
	if (!list_init(&list, stats.expects))
		return 0;
	ph_track_each_expect(engine->track, add_expect, &list);
	qsort(list.item, list.n, sizeof(*list.item), by_expect_id);
	for (size_t i = 0; i < list.n; i++) {
		ph_expect_describe(engine, list.item[i], &info);
		each(arg, &info);
	}
	free(list.item);
	return list.n;
}

/* Somebody waits for a piece of a listing. */
struct piece {
	const struct ph_engine *engine;
	void (*each_conn)(void *arg, const struct ph_conn_info *);
	void (*each_expect)(void *arg, const struct ph_expect_info *);
	void *arg;
};

static void give_conn(void *arg, const struct ph_conn *conn)
{
	const struct piece *piece = arg;
	struct ph_conn_info info;

	ph_conn_describe(piece->engine, conn, &info);
	piece->each_conn(piece->arg, &info);
}

static void give_expect(void *arg, const struct ph_expect *expect)
{
	const struct piece *piece = arg;
	struct ph_expect_info info;

	ph_expect_describe(piece->engine, expect, &info);
	piece->each_expect(piece->arg, &info);
}

uint32_t ph_engine_conns_from(const struct ph_engine *engine, uint32_t from, uint32_t places,
                              void (*each)(void *arg, const struct ph_conn_info *), void *arg)
{
	struct piece piece = { .engine = engine, .each_conn = each, .arg = arg };

	return ph_track_conns_from(engine->track, from, places, give_conn, &piece);
}

uint32_t ph_engine_expects_from(const struct ph_engine *engine, uint32_t from, uint32_t places,
                                void (*each)(void *arg, const struct ph_expect_info *), void *arg)
{
	struct piece piece = { .engine = engine, .each_expect = each, .arg = arg };

	return ph_track_expects_from(engine->track, from, places, give_expect, &piece);
}
