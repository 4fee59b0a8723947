/* The verbs that change the running firewall, and version. */
#include "cmd/live/control.h"
#include "cmd/live/refusals.h"

#include "cmd/fields.h"

#include <string.h>

/* What a change said: its own output, cut off when it is too much, and complaints. */
struct said {
	struct cmd_text text;
	bool cut;
	bool no;                /* the complaint is the answer to a question */
	struct ph_diags *diags;
};

static void take(void *arg, const char *text, size_t len)
{
	struct said *said = arg;

	if (len > CONTROL_ANSWER - said->text.len) {
		said->cut = true;
		len = CONTROL_ANSWER - said->text.len;
	}
	cmd_text_bytes(&said->text, text, len);
}

static bool said_begin(struct request *r, struct said *said)
{
	*said = (struct said){ .diags = ph_diags_new() };
	if (!said->diags)
		reply_fail(r->client, CMD_TROUBLE, "ctl: %s", ph_status_text(PH_NO_MEMORY));
	return said->diags != NULL;
}

static void said_json(struct request *r, const struct said *said, enum cmd_exit code)
{
	const struct ph_diag *d;
	struct cmd_text t = { .at = NULL }, text = { .at = NULL };

	cmd_text_bytes(&text, said->text.at, said->text.len);
	cmd_text_bytes(&text, "", 1);
	cmd_text_add(&t, "{\"record\":\"result\"");
	field_str(&t, "verb", r->word[0]);
	field_num(&t, "exit", (uint64_t)code);
	field_str(&t, "text", text.at);
	cmd_text_add(&t, ",\"messages\":[");
	for (size_t i = 0; (d = ph_diags_get(said->diags, i)); i++) {
		cmd_text_add(&t, i ? ",{\"severity\":" : "{\"severity\":");
		cmd_text_json(&t, d->severity == PH_ERROR ? "error" : "warning");
		field_str(&t, "file", d->file);
		field_num(&t, "line", d->line);
		field_num(&t, "column", d->column);
		field_str(&t, "text", d->text);
		cmd_text_add(&t, "}");
	}
	cmd_text_add(&t, "]}\n");
	reply_out(r->client, t.at, t.len);
	cmd_text_free(&t);
	cmd_text_free(&text);
}

/* places: complaints begin with where they are, otherwise with the verb, for the command has no file. */
static void said_text(struct request *r, const struct said *said, bool places)
{
	const struct ph_diag *d;
	struct cmd_text t = { .at = NULL };
	size_t verb = strlen(r->word[0]);

	for (size_t i = 0; (d = ph_diags_get(said->diags, i)); i++) {
		if (places) {
			cmd_text_diag(&t, d);
			continue;
		}
		/* Some complaints name the command themselves. */
		if (strncmp(d->text, r->word[0], verb) != 0 || d->text[verb] != ':')
			cmd_text_format(&t, "%s: ", r->word[0]);
		cmd_text_add(&t, d->severity == PH_ERROR || said->no ? "" : "warning: ");
		cmd_text_name(&t, d->text);
		cmd_text_add(&t, "\n");
	}
	reply_out(r->client, said->text.at, said->text.len);
	reply_err(r->client, t.at, t.len);
	cmd_text_free(&t);
}

static void said_end(struct request *r, struct said *said, enum cmd_exit code, bool places)
{
	if (said->cut) {
		ph_diags_add(said->diags, PH_WARNING, NULL, 0, 0, "the output is cut off after %zu bytes", said->text.len);
		code = CMD_TROUBLE;
	}
	if (r->json)
		said_json(r, said, code);
	else
		said_text(r, said, places);
	reply_exit(r->client, code);
	cmd_text_free(&said->text);
	ph_diags_free(said->diags);
}

/* As iptables ends: 2 for what is wrong in itself, 1 for what does not go with the rules there are. */
static enum cmd_exit exit_of(enum ph_status status)
{
	return status == PH_OK ? CMD_OK : status == PH_INVALID ? CMD_REFUSED : CMD_TROUBLE;
}

/* -L, -nvL, -S, -C and their long forms: rules are as before. */
static bool only_looks(const char *word)
{
	static const char *const names[] = { "--list", "--list-rules", "--check", "--help", "--version", "-h", "-V" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(word, names[i]) == 0)
			return true;
	if (*word++ != '-')
		return false;
	word += strspn(word, "46nvx");
	return *word && strchr("LSC", *word) && !word[1];
}

static bool changes_rules(const struct request *r)
{
	if (strcmp(r->word[0], "iptables") != 0 && strcmp(r->word[0], "ip6tables") != 0)
		return false;
	for (size_t i = 1; i < r->n; i++)
		if (only_looks(r->word[i]))
			return false;
	return true;
}

void verb_edit(struct request *r)
{
	enum ph_status status;
	struct said said;

	if (!said_begin(r, &said))
		return;
	status = live_edit(r->live, r->word, r->n, (struct ph_sink){ .write = take, .arg = &said }, said.diags);
	said.no = status == PH_EXISTS;
	if (r->live->refusals && changes_rules(r))
		refusals_rules_changed(r->live->refusals);
	if (status != PH_OK && status != PH_EXISTS && ph_diags_count(said.diags) == 0)
		ph_diags_add(said.diags, PH_ERROR, NULL, 0, 0, "%s", ph_status_text(status));
	said_end(r, &said, exit_of(status), false);
}

void verb_reload(struct request *r)
{
	enum ph_status status;
	struct said said;

	if (!request_no_words(r) || !said_begin(r, &said))
		return;
	status = live_reload(r->live, said.diags);
	if (status != PH_OK && ph_diags_errors(said.diags) == 0)
		ph_diags_add(said.diags, PH_ERROR, NULL, 0, 0, "%s", ph_status_text(status));
	said_end(r, &said, exit_of(status), true);
}

void verb_version(struct request *r)
{
	char text[64];
	int len;

	if (!request_no_words(r))
		return;
	len = snprintf(text, sizeof(text), r->json ? "{\"record\":\"version\",\"version\":\"%s\"}\n" : "pinhole %s\n", ph_version());
	reply_out(r->client, text, (size_t)len);
	reply_exit(r->client, CMD_OK);
}
