/* -j SET: adds the packet's addresses and ports to a set, takes them out of one, or gives the packet what a set says of
 * them (a mark, and a priority and a queue that no rule reads). */
#include "rule/target/simple.h"

#include "rule/set.h"

enum { ADD, DEL, MAP, EXIST, TIMEOUT, MAP_MARK, MAP_PRIO, MAP_QUEUE };
#define MAPS (PH_BIT(MAP_MARK) | PH_BIT(MAP_PRIO) | PH_BIT(MAP_QUEUE))

/* A set and which of the packet's ends make its entry, in the order given. */
struct set_use {
	char name[PH_SET_NAME_SIZE];
	struct ph_set_ask ask;
};

struct target_set {
	struct set_use use[3];          /* ADD, DEL, MAP */
	uint32_t timeout_s;
	/* Found, not specified. */
	struct ph_set *set[3];
};

static void init(void *data, uint8_t family)
{
	(void)family;
	((struct target_set *)data)->timeout_s = PH_SET_TIMEOUT_DEFAULT;
}

static bool parse_use(struct ph_arg *arg)
{
	struct set_use *use = &((struct target_set *)(void *)arg->part->data)->use[arg->opt->id];

	return ph_set_arg(arg, use->name, &use->ask);
}

static void put_use(const struct ph_part *part, unsigned id, struct ph_writer *w)
{
	const struct set_use *use = &((const struct target_set *)(const void *)part->data)->use[id];

	ph_set_arg_print(use->name, &use->ask, w);
}

static void print_add(const struct ph_part *part, uint8_t family, struct ph_writer *w)
{
	(void)family;
	put_use(part, ADD, w);
}

static void print_del(const struct ph_part *part, uint8_t family, struct ph_writer *w)
{
	(void)family;
	put_use(part, DEL, w);
}

static void print_map(const struct ph_part *part, uint8_t family, struct ph_writer *w)
{
	(void)family;
	put_use(part, MAP, w);
}

static bool check(struct ph_check *c)
{
	uint32_t given = c->part->given;

	if (!(given & (PH_BIT(ADD) | PH_BIT(DEL) | PH_BIT(MAP))))
		return ph_check_error(c, -1, "says not what to do: give it --add-set, --del-set or --map-set");
	if ((given & (PH_BIT(EXIST) | PH_BIT(TIMEOUT))) && !(given & PH_BIT(ADD)))
		return ph_check_error(c, -1, "--exist and --timeout belong to --add-set");
	if (!(given & PH_BIT(MAP)))
		return !(given & MAPS) || ph_check_error(c, -1, "--map-mark, --map-prio and --map-queue belong to --map-set");
	if (!(given & MAPS))
		return ph_check_error(c, MAP, "--map-set maps nothing: give it --map-mark, --map-prio or --map-queue");
	return c->table == PH_TABLE_MANGLE || ph_check_error(c, MAP, "--map-set can stand in table mangle only");
}

/* Queues are chosen where the packet leaves. */
static uint8_t part_hooks(const struct ph_part *part)
{
	return part->given & (PH_BIT(MAP_PRIO) | PH_BIT(MAP_QUEUE)) ?
	       1 << PH_HOOK_FORWARD | 1 << PH_HOOK_OUTPUT | 1 << PH_HOOK_POSTROUTING : 0;
}

/* What is added to must not grow while packets pass: a list adds to its first set. */
static bool bind_one(struct ph_bind *b, struct target_set *t, unsigned id)
{
	t->set[id] = ph_set_bind(b, t->use[id].name);
	if (!t->set[id])
		return false;
	if (id != ADD)
		return true;
	if (t->set[id]->config.type->list)
		return t->set[id]->n_members == 0 || ph_set_reserve(t->set[id]->member[0].set);
	return ph_set_reserve(t->set[id]);
}

static bool bind(struct ph_bind *b)
{
	struct target_set *t = (void *)b->part->data;
	bool ok = true;

	for (unsigned id = ADD; id <= MAP; id++)
		if (ph_part_has(b->part, id))
			ok &= bind_one(b, t, id);
	return ok;
}

/* A mark that a set would give is not kept with its elements: what reads the mark then cannot know. */
static enum ph_target_verdict target(const struct ph_part *part, struct ph_rule_ctx *ctx, const struct ph_rule_ref *ref)
{
	const struct target_set *t = (const void *)part->data;

	(void)ref;
	if (ph_part_has(part, ADD))
		ph_set_add_packet(t->set[ADD], &t->use[ADD].ask, t->timeout_s, ph_part_has(part, EXIST), ctx);
	if (ph_part_has(part, DEL))
		ph_set_del_packet(t->set[DEL], &t->use[DEL].ask, ctx);
	if (ph_part_has(part, MAP_MARK))
		ctx->unsure |= PH_TOUCH_MARK;
	return PH_TARGET_CONTINUE;
}

#define USE(option, which, hook) \
	{ .name = option, .what = "a set's name, then src and dst with commas between", .type = PH_ARG_CUSTOM, .id = which, \
	  .words = 2, .parse = parse_use, .print = hook }

static const struct ph_opt options[] = {
	USE("add-set", ADD, print_add),
	{ .name = "exist", .type = PH_ARG_FLAG, .id = EXIST },
	{ .name = "timeout", .what = "a number of seconds to 4294967294", .type = PH_ARG_UINT, .id = TIMEOUT,
	  PH_OPT_FIELD(struct target_set, timeout_s), .max = 0xfffffffe },
	USE("del-set", DEL, print_del), USE("map-set", MAP, print_map),
	{ .name = "map-mark", .type = PH_ARG_FLAG, .id = MAP_MARK },
	{ .name = "map-prio", .type = PH_ARG_FLAG, .id = MAP_PRIO },
	{ .name = "map-queue", .type = PH_ARG_FLAG, .id = MAP_QUEUE },
};

const struct ph_ext ph_target_set = {
	.name = "SET", .what = "add to a set, or take out of one", .kind = PH_EXT_TARGET, .families = PH_FAMILY_ANY,
	.touches = PH_TOUCH_SET | PH_TOUCH_MARK, .size = sizeof(struct target_set),
	.compared = offsetof(struct target_set, set), PH_EXT_OPTIONS(options), .init = init, .check = check, .bind = bind,
	.part_hooks = part_hooks, PH_SAYS(PH_TARGET_CONTINUE), .target = target,
};
