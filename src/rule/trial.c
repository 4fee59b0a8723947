/* Rules put to a packet, in words: for people who want to know why. */
#include "rule/eval.h"
#include "rule/text/args.h"

#define TEXT_SIZE 2048
#define NOTE_SIZE 192

static const char *test_name(const struct ph_rule *rule, uint8_t family, const struct ph_tried *tried, struct ph_writer *w)
{
	static const struct {
		enum ph_test test;
		const char *name[2];
	} names[] = {
		{ PH_TEST_SRC, { "-s", "! -s" } }, { PH_TEST_DST, { "-d", "! -d" } }, { PH_TEST_IN, { "-i", "! -i" } },
		{ PH_TEST_OUT, { "-o", "! -o" } }, { PH_TEST_PROTO, { "-p", "! -p" } }, { PH_TEST_FRAG, { "-f", "! -f" } },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (tried->test == names[i].test)
			return names[i].name[(rule->inverted & tried->test) != 0];
	if (!tried->failed)
		return NULL;
	if (!tried->failed->ext->print) {
		ph_put_format(w, "-m %s", tried->failed->ext->name);
		return w->at;
	}
	tried->failed->ext->print(tried->failed, family, w);
	return w->at + 1;       /* behind the blank */
}

/* What the match that decided adds: the one that failed, or the first of a rule that matched. */
static const char *note_of(const struct ph_rule *rule, const struct ph_rule_ctx *ctx, const struct ph_tried *tried,
                           struct ph_writer *w)
{
	uint32_t at = ph_rule_first_part();

	for (unsigned i = 0; i < rule->n_matches && !tried->test; i++) {
		const struct ph_part *part = ph_part_at_const(rule, at);

		at += part->size;
		if (!part->ext->note || (tried->failed && tried->failed != part))
			continue;
		part->ext->note(part, ctx, w);
		return w->at;
	}
	return NULL;
}

void ph_rule_tell(const struct ph_rule_walk *walk, const struct ph_rule_ref *ref, const struct ph_rule *rule,
                  const struct ph_tried *tried)
{
	static const enum ph_answer answers[] = {
		[PH_MATCH_NO] = PH_ANSWER_NO, [PH_MATCH_YES] = PH_ANSWER_YES, [PH_MATCH_UNKNOWN] = PH_ANSWER_UNKNOWN,
	};
	struct ph_rule_trial trial = { .rule = *ref, .answer = answers[tried->match], .broken = tried->drops };
	char text[TEXT_SIZE], failed[64], note[NOTE_SIZE];
	struct ph_writer w, test, more;

	ph_writer_init(&w, text, sizeof(text));
	ph_writer_init(&test, failed, sizeof(failed));
	ph_writer_init(&more, note, sizeof(note));
	if (rule) {
		ph_rule_print(rule, walk->rules->family, &w);
		trial.failed = test_name(rule, walk->rules->family, tried, &test);
		trial.note = note_of(rule, walk->ctx, tried, &more);
	} else {
		ph_put_text(&w, walk->table->hook[walk->ctx->hook]->policy_drop ? "DROP" : "ACCEPT");
	}
	trial.text = text[0] == ' ' ? text + 1 : text;
	walk->ctx->trial(walk->ctx->log_arg, &trial);
}
