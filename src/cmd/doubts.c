/* Packets whose verdict cannot be known, grouped by the rule it depends on. */
#include "cmd/report.h"

#include <stdlib.h>

#define GROUPS 64

struct group {
	struct ph_rule_ref rule;
	uint8_t family;
	uint64_t n, passed;
	struct report_at first;
};

struct doubts {
	struct group group[GROUPS];
	size_t n;
	uint64_t others;                /* when the table was full */
};

struct doubts *doubts_new(void)
{
	return cmd_alloc(1, sizeof(struct doubts));
}

void doubts_free(struct doubts *d)
{
	free(d);
}

void doubts_packet(struct doubts *d, const struct replay_packet *packet)
{
	const struct ph_packet_out *out = &packet->out;
	size_t i = 0;

	while (i < d->n && !(d->group[i].family == out->family && drops_same_rule(&d->group[i].rule, &out->uncertain_rule)))
		i++;
	if (i == GROUPS) {
		d->others++;
		return;
	}
	if (i == d->n)
		d->group[d->n++] = (struct group){
			.rule = out->uncertain_rule, .family = out->family, .first = { packet->input, packet->n },
		};
	d->group[i].n++;
	d->group[i].passed += replay_passed(out);
}

void doubts_print(const struct doubts *d, const struct source *source, struct cmd_text *t)
{
	if (d->n)
		cmd_text_add(t, "\nCannot know  what becomes of these depends on a match that a capture does not answer\n");
	for (size_t i = 0; i < d->n; i++) {
		const struct group *g = &d->group[i];

		cmd_text_format(t, "  %6llu  ", (unsigned long long)g->n);
		cmd_text_rule(t, &g->rule, g->family);
		cmd_text_add(t, ", first ");
		replay_ref(t, source, g->first.input, g->first.n);
		cmd_text_format(t, "; if it does not match: %llu passed, %llu dropped\n", (unsigned long long)g->passed,
		                (unsigned long long)(g->n - g->passed));
	}
	if (d->others)
		cmd_text_format(t, "  %6llu  by other rules\n", (unsigned long long)d->others);
}
