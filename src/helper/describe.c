/* Declarations in words, for `pinhole helpers`: what a helper is, takes, and may open at most. */
#include "helper/registry.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const char *const may_words[PH_MAY_COUNT] = {
	[PH_MAY_NOT] = "none",
	[PH_MAY_PEER] = "peer",
	[PH_MAY_ANY] = "any",
	[PH_MAY_SUBNET] = "subnet",
	[PH_MAY_PAYLOAD] = "payload",
	[PH_MAY_FIXED] = "fixed",
};

static const char *proto_word(uint8_t protos)
{
	switch (protos) {
	case PH_CONTRACT_TCP:
		return "TCP";
	case PH_CONTRACT_UDP:
		return "UDP";
	case PH_CONTRACT_GRE:
		return "GRE";
	default:
		return "same";
	}
}

static void describe_options(const struct ph_helper_option *option, const uint32_t *value, struct ph_helper_info *out)
{
	for (; option && option->name && out->n_options < COUNT(out->option); option++) {
		struct ph_helper_option_info *o = &out->option[out->n_options];

		*o = (struct ph_helper_option_info){
			.name = option->name, .what = option->what, .value = value[out->n_options],
			.default_value = option->value, .min = option->min, .max = option->max, .is_bool = option->is_bool,
			.word = option->word ? option->word[value[out->n_options]] : NULL,
		};
		out->n_options++;
	}
}

static void describe_contract(const struct ph_helper *helper, const struct ph_expect_policy *limit,
                              struct ph_helper_info *out)
{
	const struct ph_contract *row = helper->contract;

	for (; !row->ends && out->n_contracts < COUNT(out->contract); row++) {
		const char *class_name = helper->class_name[row->class_];

		out->contract[out->n_contracts++] = (struct ph_contract_info){
			.when = row->when ? row->when : "", .class_name = class_name ? class_name : "-",
			.src = may_words[row->src], .sport = may_words[row->sport],
			.dst = may_words[row->dst], .dport = may_words[row->dport], .proto = proto_word(row->protos),
			.max = limit[row->class_].max, .timeout_s = limit[row->class_].timeout_s,
			.flags = row->flags, .min_dport = row->min_dport,
			.fixed_sport = row->fixed_sport, .child = row->child ? row->child->name : NULL,
		};
	}
}

bool ph_helper_describe(const struct ph_helper_options *options, size_t i, struct ph_helper_info *out)
{
	struct ph_expect_policy limit[PH_EXPECT_CLASSES];
	const struct ph_helper *helper = ph_helpers[0];
	uint8_t number;

	for (size_t k = 0; k < i && helper; k++)
		helper = ph_helpers[k + 1];
	if (!helper)
		return false;
	number = ph_helper_number(helper);
	ph_helper_limits(options, number, limit);
	*out = (struct ph_helper_info){
		.name = helper->name, .module = helper->module, .what = helper->what,
		.ipv4 = helper->families & 1, .ipv6 = helper->families & 2,
		.tcp = helper->protos & PH_CONTRACT_TCP, .udp = helper->protos & PH_CONTRACT_UDP, .port = helper->port,
	};
	out->n_names = ph_helper_names(options, number, out->known_as);
	describe_options(helper->option, ph_helper_values(options, number), out);
	describe_contract(helper, limit, out);
	return true;
}
