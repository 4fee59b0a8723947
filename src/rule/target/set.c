/* -j SET: adds the packet's addresses and ports to a set, takes them out of one, or gives the packet what a set says of
 * them (a mark, and a priority and a queue that no rule reads). */
#include "rule/target/simple.h"

#include "rule/text/word.h"

enum { ADD, DEL, MAP, EXIST, TIMEOUT, MAP_MARK, MAP_PRIO, MAP_QUEUE };
#define MAPS (PH_BIT(MAP_MARK) | PH_BIT(MAP_PRIO) | PH_BIT(MAP_QUEUE))
#define SET_NAME 32             /* with its terminator */
#define DIRS 6

/* A set and which of the packet's ends make its entry, in the order given. */
struct set_use {
	char name[SET_NAME];
	uint8_t n, source;              /* bit i: the i-th is the source */
};

struct target_set {
	struct set_use use[3];          /* ADD, DEL, MAP */
	uint32_t timeout_s;
};

static bool parse_dirs(struct ph_arg *arg, struct set_use *use)
{
	struct ph_cur rest = ph_word_cur(&arg->word[1]), piece;
	bool more = true;

	while (ph_cur_piece(&rest, ',', &more, &piece)) {
		bool source = ph_cur_is(&piece, "src");

		if (!source && !ph_cur_is(&piece, "dst"))
			return ph_arg_error(arg, "\"%.*s\" is neither src nor dst", PH_CUR_SHOWN(&piece));
		if (use->n == DIRS)
			return ph_arg_error(arg, "more than %d of src and dst", DIRS);
		use->source |= (uint8_t)(source << use->n++);
	}
	return true;
}

static bool parse_use(struct ph_arg *arg)
{
	struct set_use *use = &((struct target_set *)(void *)arg->part->data)->use[arg->opt->id];

	if (!ph_word_copy(arg->word, use->name, sizeof(use->name)) || !use->name[0] || !ph_word_is_plain(arg->word))
		return ph_arg_error(arg, "\"%.*s\" is not the name of a set", PH_WORD_SHOWN(arg->word));
	return parse_dirs(arg, use);
}

static void put_use(const struct ph_part *part, unsigned id, struct ph_writer *w)
{
	const struct set_use *use = &((const struct target_set *)(const void *)part->data)->use[id];

	ph_put_text(w, use->name);
	for (unsigned i = 0; i < use->n; i++)
		ph_put_format(w, "%c%s", i ? ',' : ' ', use->source >> i & 1 ? "src" : "dst");
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

static enum ph_target_verdict target(const struct ph_part *part, struct ph_rule_ctx *ctx, const struct ph_rule_ref *ref)
{
	(void)ref;
	if (part->given & (PH_BIT(ADD) | PH_BIT(DEL)))
		ctx->unsure |= PH_TOUCH_SET;
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
	.touches = PH_TOUCH_SET | PH_TOUCH_MARK, .size = sizeof(struct target_set), PH_EXT_OPTIONS(options), .check = check,
	.part_hooks = part_hooks, PH_SAYS(PH_TARGET_CONTINUE), .target = target,
};
