/* One request: a line of JSON, {"args":["connections","-p","tcp"],"json":true}. jansson reads it; who may send one has been asked before. */
#include "cmd/live/control.h"

#include <jansson.h>
#include <string.h>

static const struct verb {
	const char *name;
	void (*run)(struct request *r);
} verbs[] = {
	{ "connections", verb_connections }, { "expectations", verb_expectations }, { "events", verb_events },
	{ "stats", verb_stats }, { "explain", verb_explain }, { "reload", verb_reload }, { "version", verb_version },
	{ "iptables", verb_edit }, { "ip6tables", verb_edit }, { "sysctl", verb_edit }, { "modprobe", verb_edit },
};

#define N_VERBS (sizeof(verbs) / sizeof(verbs[0]))

static const char *verb_name(const void *arg, size_t i)
{
	(void)arg;
	return i < N_VERBS ? verbs[i].name : NULL;
}

static void unknown(struct request *r)
{
	const char *near = cmd_nearest(r->word[0], verb_name, NULL);

	if (near)
		reply_fail(r->client, CMD_REFUSED, "ctl: '%.64s' is no verb; did you mean '%s'? 'pinhole help ctl' lists all", r->word[0],
		           near);
	else
		reply_fail(r->client, CMD_REFUSED, "ctl: '%.64s' is no verb; 'pinhole help ctl' lists all", r->word[0]);
}

static void run(struct request *r)
{
	r->client->json = r->json;
	for (size_t i = 0; i < N_VERBS; i++) {
		if (strcmp(verbs[i].name, r->word[0]) == 0) {
			verbs[i].run(r);
			return;
		}
	}
	unknown(r);
}

/* The words of the request, at most CONTROL_WORDS, which belong to args. False: it is none. */
static bool read_words(const json_t *args, const char *word[CONTROL_WORDS], size_t *n)
{
	size_t i;
	const json_t *item;

	*n = json_array_size(args);
	if (!json_is_array(args) || *n == 0 || *n > CONTROL_WORDS)
		return false;
	json_array_foreach(args, i, item) {
		if (!json_is_string(item))
			return false;
		word[i] = json_string_value(item);
	}
	return true;
}

void request_take(struct control *control, struct client *client, struct live *live, const char *line, size_t len)
{
	const char *word[CONTROL_WORDS];
	struct request r = { .control = control, .client = client, .live = live, .word = word };
	json_t *root = json_loadb(line, len, JSON_REJECT_DUPLICATES, NULL);
	json_t *json = json_object_get(root, "json");

	if (!json_is_object(root) || (json && !json_is_boolean(json)) || json_object_size(root) != 1u + (json != NULL) ||
	    !read_words(json_object_get(root, "args"), word, &r.n)) {
		reply_fail(client, CMD_REFUSED, "ctl: no request: a line like {\"args\":[\"stats\"],\"json\":false} is expected");
	} else {
		r.json = json_is_true(json);
		control->requests++;
		run(&r);
	}
	json_decref(root);
}

/* --- options of a verb --- */

static const struct verb_option *find(const struct verb_option *options, const char *word, const char **value)
{
	size_t len = strcspn(word, "=");

	*value = NULL;
	for (; options->name; options++) {
		if (word[1] != '-') {
			if (options->letter && word[1] == options->letter && (!word[2] || options->takes)) {
				*value = word[2] ? word + 2 : NULL;
				return options;
			}
		} else if (strlen(options->name) == len - 2 && memcmp(word + 2, options->name, len - 2) == 0) {
			*value = word[len] ? word + len + 1 : NULL;
			return options;
		}
	}
	return NULL;
}

static bool wrong(struct request *r, const char *word, const char *value, const char *what)
{
	reply_fail(r->client, CMD_REFUSED, "ctl: %s: %.64s%s%.64s: %s", r->word[0], word, value ? " " : "", value ? value : "", what);
	return false;
}

bool request_options(struct request *r, const struct verb_option *options, verb_set *set, void *arg)
{
	for (size_t i = 1; i < r->n; i++) {
		const struct verb_option *option = NULL;
		const char *word = r->word[i], *value = word, *next = NULL, *what;

		if (strcmp(word, "--json") == 0) {
			r->json = r->client->json = true;
			continue;
		}
		if (word[0] == '-' && word[1]) {
			option = find(options, word, &value);
			if (!option)
				return wrong(r, word, NULL, "is no option of it; see 'pinhole help ctl'");
			if (!option->takes && value)
				return wrong(r, word, NULL, "takes no value");
			if (option->takes && !value && i + 1 == r->n)
				return wrong(r, word, NULL, "needs a value");
			if (option->takes && !value)
				value = next = r->word[++i];
		}
		what = set(arg, option, value);
		if (what)
			return wrong(r, word, next, what);
	}
	return true;
}

static const char *no_words(void *arg, const struct verb_option *option, const char *value)
{
	(void)arg;
	(void)option;
	(void)value;
	return "is unexpected here";
}

bool request_no_words(struct request *r)
{
	static const struct verb_option none[] = { { NULL, 0, false } };

	return request_options(r, none, no_words, NULL);
}
