/* The timer wheel; wheel.h has the picture and the contract.
 *
 * Each slot is a list, linked in both directions through node numbers; where a list ends stands the slot's number with
 * the top bit set. A bit per slot says which lists are not empty, so that time jumps from one such slot to the next. */
#include "base/wheel.h"

#include <stdlib.h>

/* Level 0 decides 8 bits of a tick, each further level 6: ten of them reach bit 63. */
#define FIRST_BITS 8u
#define LEVEL_BITS 6u
#define LEVELS 11u
#define FIRST_SLOTS (1u << FIRST_BITS)
#define LEVEL_SLOTS (1u << LEVEL_BITS)
#define SLOTS (FIRST_SLOTS + (LEVELS - 1) * LEVEL_SLOTS)
#define WORD_BITS 64u

#define IS_SLOT 0x80000000u

struct slot {
	uint32_t first, last;   /* node numbers, or this slot's own name when empty */
};

struct ph_wheel {
	struct ph_wheel_node *(*node_of)(void *arg, uint32_t number);
	void *arg;
	uint64_t tick;          /* the wheel's time, in ticks */
	uint32_t tick_ms;
	uint32_t unfinished;    /* slot that was not handed over whole; SLOTS: none. Nothing else is due before the rest of it */
	uint64_t filled[SLOTS / WORD_BITS];
	struct slot slots[SLOTS];
};

struct ph_wheel *ph_wheel_new(uint32_t tick_ms, uint64_t now_ms,
                              struct ph_wheel_node *(*node_of)(void *arg, uint32_t number), void *arg)
{
	struct ph_wheel *wheel = calloc(1, sizeof(*wheel));

	if (!wheel)
		return NULL;
	wheel->node_of = node_of;
	wheel->arg = arg;
	wheel->tick_ms = tick_ms;
	wheel->tick = now_ms / tick_ms;
	wheel->unfinished = SLOTS;
	for (uint32_t i = 0; i < SLOTS; i++)
		wheel->slots[i] = (struct slot){ i | IS_SLOT, i | IS_SLOT };
	return wheel;
}

void ph_wheel_free(struct ph_wheel *wheel)
{
	free(wheel);
}

void ph_wheel_node_init(struct ph_wheel_node *node)
{
	*node = (struct ph_wheel_node){ PH_WHEEL_NONE, PH_WHEEL_NONE };
}

/* How far a tick is shifted right for a level to see its own bits lowest. */
static uint32_t level_shift(uint32_t level)
{
	return level == 0 ? 0 : FIRST_BITS + (level - 1) * LEVEL_BITS;
}

/* The number of a level's first slot. */
static uint32_t level_first(uint32_t level)
{
	return level == 0 ? 0 : FIRST_SLOTS + (level - 1) * LEVEL_SLOTS;
}

static uint32_t level_slots(uint32_t level)
{
	return level == 0 ? FIRST_SLOTS : LEVEL_SLOTS;
}

/* The slot for a tick that lies after the wheel's. */
static uint32_t slot_for(const struct ph_wheel *wheel, uint64_t tick)
{
	uint32_t top = WORD_BITS - 1 - (uint32_t)__builtin_clzll(tick ^ wheel->tick);
	uint32_t level = top < FIRST_BITS ? 0 : (top - FIRST_BITS) / LEVEL_BITS + 1;

	return level_first(level) + (uint32_t)(tick >> level_shift(level) & (level_slots(level) - 1));
}

/* Where the word stands that says what precedes (follows) something: in a node, or in its slot. */
static uint32_t *next_of(struct ph_wheel *wheel, uint32_t name)
{
	return name & IS_SLOT ? &wheel->slots[name & ~IS_SLOT].first : &wheel->node_of(wheel->arg, name)->next;
}

static uint32_t *prev_of(struct ph_wheel *wheel, uint32_t name)
{
	return name & IS_SLOT ? &wheel->slots[name & ~IS_SLOT].last : &wheel->node_of(wheel->arg, name)->prev;
}

void ph_wheel_add(struct ph_wheel *wheel, uint32_t number, uint64_t at_ms)
{
	struct ph_wheel_node *node = wheel->node_of(wheel->arg, number);
	uint64_t tick = at_ms / wheel->tick_ms + (at_ms % wheel->tick_ms != 0);
	uint32_t slot;

	if (tick <= wheel->tick)
		tick = wheel->tick + 1;
	slot = slot_for(wheel, tick);
	*node = (struct ph_wheel_node){ .prev = wheel->slots[slot].last, .next = slot | IS_SLOT };
	*next_of(wheel, node->prev) = number;
	wheel->slots[slot].last = number;
	wheel->filled[slot / WORD_BITS] |= 1ull << slot % WORD_BITS;
}

void ph_wheel_remove(struct ph_wheel *wheel, uint32_t number)
{
	struct ph_wheel_node *node = wheel->node_of(wheel->arg, number);

	if (node->prev == PH_WHEEL_NONE)
		return;
	*next_of(wheel, node->prev) = node->next;
	*prev_of(wheel, node->next) = node->prev;
	if (node->prev == node->next) {
		uint32_t slot = node->prev & ~IS_SLOT;

		wheel->filled[slot / WORD_BITS] &= ~(1ull << slot % WORD_BITS);
	}
	ph_wheel_node_init(node);
}

uint64_t ph_wheel_now_ms(const struct ph_wheel *wheel)
{
	return wheel->tick * wheel->tick_ms;
}

/* The earliest slot that is not empty. Levels follow each other in the bit field as they do in time, and a level
 * holds nothing before the wheel's own place on it: the first bit set is the one, unless a slot of a higher level is at work. */
static bool first_filled(const struct ph_wheel *wheel, uint32_t *slot)
{
	if (wheel->unfinished < SLOTS) {
		*slot = wheel->unfinished;
		return true;
	}
	for (uint32_t i = 0; i < SLOTS / WORD_BITS; i++)
		if (wheel->filled[i]) {
			*slot = i * WORD_BITS + (uint32_t)__builtin_ctzll(wheel->filled[i]);
			return true;
		}
	return false;
}

/* The tick at which a slot begins: the wheel's bits above its level, its own number, zeros. */
static uint64_t slot_start(const struct ph_wheel *wheel, uint32_t slot)
{
	uint32_t level = slot < FIRST_SLOTS ? 0 : (slot - FIRST_SLOTS) / LEVEL_SLOTS + 1;
	uint32_t shift = level_shift(level);
	uint64_t above = wheel->tick >> shift & ~(uint64_t)(level_slots(level) - 1);

	return (above | (slot - level_first(level))) << shift;
}

bool ph_wheel_advance(struct ph_wheel *wheel, uint64_t now_ms, void (*due)(void *arg, uint32_t number), void *arg,
                      size_t budget)
{
	uint64_t target = now_ms / wheel->tick_ms;
	uint32_t slot;

	while (first_filled(wheel, &slot)) {
		uint64_t start = slot_start(wheel, slot);

		if (start > target)
			break;
		wheel->tick = start;
		wheel->unfinished = slot;
		/* What due files goes to later ticks, hence to other slots: this ends. */
		while (!(wheel->slots[slot].first & IS_SLOT)) {
			uint32_t number = wheel->slots[slot].first;

			if (budget-- == 0)
				return false;
			ph_wheel_remove(wheel, number);
			due(arg, number);
		}
		wheel->unfinished = SLOTS;
	}
	if (target > wheel->tick)
		wheel->tick = target;
	return true;
}
