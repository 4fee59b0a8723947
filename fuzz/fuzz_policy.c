/* Any bytes as a policy: commands, a save file or JSON. The first byte chooses family and leniency. */
#include <stdlib.h>

#include "rule/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void count(void *arg, const char *text, size_t len)
{
	size_t *total = arg;

	(void)text;
	*total += len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t families[] = { 0, PH_IPV4, PH_IPV6, 0 };
	struct ph_policy_source source = { .name = "fuzz" };
	struct ph_policy *policy;
	struct ph_diags *diags;
	size_t total = 0;

	if (size == 0)
		return 0;
	source.family = families[data[0] & 3];
	source.lenient = data[0] & 4;
	policy = ph_policy_new();
	diags = ph_diags_new();
	if (!policy || !diags)
		abort();
	/* What is refused has a complaint, and what is not has none. */
	if ((ph_policy_load(policy, &source, (const char *)data + 1, size - 1, diags) == PH_OK) != (ph_diags_errors(diags) == 0))
		abort();
	if (ph_policy_finish(policy, diags) == PH_OK) {
		if (ph_policy_advise(policy, diags) != PH_OK)
			abort();
		ph_policy_print(policy, PH_IPV4, true, (struct ph_sink){ count, &total });
		ph_policy_print(policy, PH_IPV6, true, (struct ph_sink){ count, &total });
	}
	ph_diags_free(diags);
	ph_policy_free(policy);
	return 0;
}
