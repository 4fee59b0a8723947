/* -m cpu: the processor at work. No capture says. */
#include "rule/match/unknown.h"

enum { CPU };

struct match_cpu {
	uint32_t cpu;
};

static const struct ph_opt options[] = {
	{ .name = "cpu", .what = "a number", .type = PH_ARG_UINT, .flags = PH_OPT_NEEDED | PH_OPT_INVERT, .id = CPU,
	  PH_OPT_FIELD(struct match_cpu, cpu), .max = 0xffffffff },
};

const struct ph_ext ph_match_cpu = {
	.name = "cpu", .what = "processor that handles the packet", .kind = PH_EXT_MATCH, .families = PH_FAMILY_ANY,
	.size = sizeof(struct match_cpu), PH_EXT_OPTIONS(options), .match = ph_match_unknown,
};
