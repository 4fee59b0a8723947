/* ipset commands, typed or as `ipset save` prints them; see load.h. Sets are rule/set.h, their elements ipset_entry.h. */
#include "base/cursor.h"
#include "rule/text/ipset_entry.h"
#include "rule/text/load.h"
#include "rule/text/word.h"

#define TIMEOUT_MAX 2147483u
#define LINE_WORDS 64

/* A command at work: what is left of its words. */
struct ipset {
	struct ph_policy_load *load;
	const struct ph_word *word;
	size_t n, at;
	bool exist;                     /* -exist: what is there already, or not there, is fine */
	bool failed;
};

static bool complain(struct ipset *c, const struct ph_word *at, const char *what, const char *why)
{
	ph_load_error(c->load, at, "ipset: %.80s: %s", what, why);
	c->failed = true;
	return false;
}

static const struct ph_word *here(const struct ipset *c)
{
	return &c->word[c->at < c->n ? c->at : c->n - 1];
}

/* The next word, terminated. NULL: it complained that what is missing. */
static const struct ph_word *next(struct ipset *c, const char *what)
{
	if (c->at < c->n)
		return &c->word[c->at++];
	complain(c, here(c), what, "is missing");
	return NULL;
}

static bool next_number(struct ipset *c, const char *what, uint32_t max, uint32_t *out)
{
	const struct ph_word *word = next(c, what);
	struct ph_cur text;

	if (!word)
		return false;
	text = ph_word_cur(word);
	if (ph_cur_number(&text, max, out) && !ph_cur_left(&text))
		return true;
	return complain(c, word, word->text, "not a number that may stand there");
}

static bool is_option(const struct ph_word *word, const char *name)
{
	const char *text = word->text;

	while (*text == '-' && !word->quoted)
		text++;
	return strcmp(text, name) == 0;
}

static struct ph_set *next_set(struct ipset *c)
{
	const struct ph_word *word = next(c, "the name of a set");
	struct ph_set *set = word ? ph_sets_find(c->load->policy->sets, word->text) : NULL;

	if (word && !set)
		complain(c, word, word->text, "there is no such set; make it by `ipset create` first");
	return set;
}

/* Options without meaning here, and how many words follow them. */
static const struct {
	const char *name;
	unsigned words;
} ignored[] = {
	{ "comment", 0 }, { "skbinfo", 0 }, { "forceadd", 0 }, { "hashsize", 1 }, { "bucketsize", 1 }, { "initval", 1 },
	{ "size", 1 }, { "probes", 1 }, { "resize", 1 }, { "gc", 1 },
};
static const struct {
	const char *name;
	unsigned words;
} ignored_of_elements[] = { { "comment", 1 }, { "skbmark", 1 }, { "skbprio", 1 }, { "skbqueue", 1 } };

#define N(table) (sizeof(table) / sizeof((table)[0]))

static bool take_ignored(struct ipset *c, const struct ph_word *word)
{
	for (size_t i = 0; i < N(ignored); i++)
		if (is_option(word, ignored[i].name))
			return ignored[i].words == 0 || next(c, ignored[i].name) != NULL;
	return complain(c, word, word->text, "no such option of a set here");
}

static bool take_family(struct ipset *c, struct ph_set_config *config)
{
	const struct ph_word *word = next(c, "the family");

	if (!word)
		return false;
	if (strcmp(word->text, "inet") == 0 || strcmp(word->text, "ipv4") == 0)
		config->family = PH_IPV4;
	else if (strcmp(word->text, "inet6") == 0 || strcmp(word->text, "ipv6") == 0)
		config->family = PH_IPV6;
	else
		return complain(c, word, word->text, "not inet or inet6");
	return true;
}

static bool take_create_option(struct ipset *c, struct ph_set_config *config, bool *ranged)
{
	const struct ph_word *word = &c->word[c->at++], *range;
	uint32_t number;

	if (is_option(word, "exist") || is_option(word, "!"))
		return true;
	if (is_option(word, "family"))
		return take_family(c, config);
	if (is_option(word, "counters"))
		return config->counters = true;
	if (is_option(word, "maxelem"))
		return next_number(c, "maxelem", 0xffffffff, &config->maxelem);
	if (is_option(word, "timeout"))
		return config->timeouts = next_number(c, "timeout", TIMEOUT_MAX, &config->timeout_s);
	if (is_option(word, "netmask") && config->type->part[0] == PH_SET_IP && config->type->n == 1) {
		if (!next_number(c, "netmask", config->family == PH_IPV6 ? 128 : 32, &number))
			return false;
		config->netmask = (uint8_t)number;
		return number > 0 ? true : complain(c, word, "netmask", "a length of 0 puts all addresses together");
	}
	if (is_option(word, "range") && config->type->bitmap) {
		range = next(c, "the range");
		*ranged = true;
		return range && (ph_set_range_parse(config, ph_word_cur(range)) || complain(c, range, range->text, "no range"));
	}
	return take_ignored(c, word);
}

static bool has_addresses(const struct ph_set_type *type)
{
	return type->part[0] == PH_SET_IP || type->part[0] == PH_SET_NET;
}

/* Out of the words that may say -exist anywhere. */
static void find_exist(struct ipset *c)
{
	for (size_t i = 0; i < c->n; i++)
		if (strcmp(c->word[i].text, "-exist") == 0 || strcmp(c->word[i].text, "--exist") == 0 ||
		    strcmp(c->word[i].text, "-!") == 0)
			c->exist = true;
}

static const struct ph_set_type *next_type(struct ipset *c)
{
	const struct ph_word *word = next(c, "the type of the set");
	const struct ph_set_type *type = ph_set_types;

	if (!word)
		return NULL;
	while (type->name && strcmp(type->name, word->text) != 0 && (!type->old || strcmp(type->old, word->text) != 0))
		type++;
	if (type->name)
		return type;
	complain(c, word, word->text, "sets of this type are not evaluated here; there are hash:ip hash:net hash:ip,port "
	         "hash:net,port hash:ip,port,ip hash:ip,port,net hash:net,iface hash:mac bitmap:ip bitmap:port list:set");
	return NULL;
}

static bool same_config(const struct ph_set_config *a, const struct ph_set_config *b)
{
	return a->type == b->type && a->family == b->family && a->netmask == b->netmask && a->timeouts == b->timeouts;
}

static void do_create(struct ipset *c)
{
	const struct ph_word *name = next(c, "the name of a set");
	const struct ph_set_type *type = name ? next_type(c) : NULL;
	struct ph_set_config config = { .type = type, .maxelem = 65536 };
	struct ph_sets *sets = c->load->policy->sets;
	const struct ph_set *there;
	bool ranged = false;

	if (!type)
		return;
	if (name->len >= PH_SET_NAME_SIZE || name->len == 0) {
		complain(c, name, name->text, "the name of a set has 1 to 31 characters");
		return;
	}
	config.family = has_addresses(type) ? PH_IPV4 : 0;
	while (c->at < c->n)
		if (!take_create_option(c, &config, &ranged))
			return;
	if (type->bitmap && !ranged) {
		complain(c, name, name->text, "needs a range");
		return;
	}
	if (type->bitmap || type->list)
		config.maxelem = 0;
	if (!config.netmask)
		config.netmask = config.family == PH_IPV6 ? 128 : 32;
	there = ph_sets_find(sets, name->text);
	if (there && (!c->exist || !same_config(&there->config, &config)))
		complain(c, name, name->text, "there is a set of that name already");
	else if (!there && ph_set_create(sets, name->text, &config) != PH_OK)
		complain(c, name, name->text, "out of memory");
}

/* One element being added or deleted. */
struct work {
	struct ipset *c;
	struct ph_set *set;
	const struct ph_word *at;
	struct ph_set_elem elem;
	bool del;
};

static bool is_null(const struct ph_set *set, const struct ph_set_key *key)
{
	static const struct ph_addr zero;

	return set->config.type->part[0] == PH_SET_IP && !set->config.type->bitmap &&
	       memcmp(&key->ip, &zero, sizeof(zero)) == 0;
}

static bool out_of_range(const struct ph_set *set, const struct ph_set_key *key)
{
	const struct ph_set_config *config = &set->config;

	if (!config->type->bitmap)
		return false;
	if (config->type->part[0] == PH_SET_PORT)
		return key->port < config->port_lo || key->port > config->port_hi;
	return memcmp(&key->ip, &config->lo, sizeof(key->ip)) < 0 || memcmp(&key->ip, &config->hi, sizeof(key->ip)) > 0;
}

static bool change(void *arg, const struct ph_set_key *key)
{
	struct work *w = arg;
	enum ph_status status;

	w->elem.key = *key;
	if (out_of_range(w->set, key))
		return complain(w->c, w->at, w->at->text, "outside the range of the set");
	if (w->set->config.type->part[0] == PH_SET_IP)
		ph_set_cut(&w->elem.key.ip, w->set->config.netmask);
	if (is_null(w->set, &w->elem.key))
		return complain(w->c, w->at, w->at->text, "an address of all zero cannot be in a set");
	if (w->del)
		return ph_set_remove(w->set, &w->elem.key) || w->c->exist || complain(w->c, w->at, w->at->text, "is not in the set");
	status = ph_set_insert(w->set, &w->elem, true);
	if (status == PH_EXISTS && w->c->exist) {
		(void)ph_set_remove(w->set, &w->elem.key);
		status = ph_set_insert(w->set, &w->elem, true);
	}
	if (status == PH_OK)
		return true;
	return complain(w->c, w->at, w->at->text, status == PH_EXISTS ? "is in the set already" :
	                status == PH_FULL ? "the set is full: give it a larger maxelem" : "out of memory");
}

static bool take_counter(struct ipset *c, const char *what, uint64_t *out)
{
	const struct ph_word *word = next(c, what);
	int64_t number;

	if (!word)
		return false;
	if (!ph_load_number(word->text, word->len, INT64_MAX / 16, &number) || number < 0)
		return complain(c, word, word->text, "not a number");
	*out = (uint64_t)number;
	return true;
}

static bool take_elem_option(struct ipset *c, struct work *w, uint32_t *timeout_s)
{
	const struct ph_word *word = &c->word[c->at++];

	if (is_option(word, "exist") || is_option(word, "!"))
		return true;
	if (is_option(word, "nomatch"))
		return w->elem.nomatch = true;
	if (is_option(word, "packets"))
		return take_counter(c, "packets", &w->elem.packets);
	if (is_option(word, "bytes"))
		return take_counter(c, "bytes", &w->elem.bytes);
	if (is_option(word, "timeout")) {
		if (!w->set->config.timeouts)
			return complain(c, word, "timeout", "the set was made without timeouts");
		return next_number(c, "timeout", TIMEOUT_MAX, timeout_s);
	}
	for (size_t i = 0; i < N(ignored_of_elements); i++)
		if (is_option(word, ignored_of_elements[i].name))
			return next(c, ignored_of_elements[i].name) != NULL;
	return complain(c, word, word->text, "no such option of an element here");
}

/* Where a member goes: at the end, or beside another one. */
static bool take_place(struct ipset *c, const struct ph_set *list, size_t *at, uint32_t *timeout_s)
{
	while (c->at < c->n) {
		const struct ph_word *word = &c->word[c->at++];
		bool before = is_option(word, "before");
		const struct ph_set *other;
		size_t i = 0;

		if (is_option(word, "exist") || is_option(word, "!"))
			continue;
		if (is_option(word, "timeout")) {
			if (!next_number(c, "timeout", TIMEOUT_MAX, timeout_s))
				return false;
			continue;
		}
		if (is_option(word, "comment") || is_option(word, "packets") || is_option(word, "bytes")) {
			c->at++;
			continue;
		}
		if (!before && !is_option(word, "after"))
			return complain(c, word, word->text, "no such option of a member");
		other = next_set(c);
		while (i < list->n_members && list->member[i].set != other)
			i++;
		if (!other || i == list->n_members)
			return other ? complain(c, word, word->text, "that set is not in the list") : false;
		*at = before ? i : i + 1;
	}
	return true;
}

static void change_list(struct ipset *c, struct ph_set *list, bool del)
{
	const struct ph_word *word = here(c);
	struct ph_set *member = next_set(c);
	size_t at = list->n_members, i = 0;
	uint32_t timeout_s = list->config.timeout_s;

	if (!member || !take_place(c, list, &at, &timeout_s))
		return;
	while (i < list->n_members && list->member[i].set != member)
		i++;
	if (member->config.type->list) {
		complain(c, word, word->text, "a list cannot hold lists");
	} else if (del && i < list->n_members) {
		member->refs--;
		list->n_members--;
		memmove(&list->member[i], &list->member[i + 1], (list->n_members - i) * sizeof(list->member[0]));
	} else if (del ? !c->exist : i < list->n_members && !c->exist) {
		complain(c, word, word->text, del ? "is not in the list" : "is in the list already");
	} else if (!del && i == list->n_members && !ph_set_member_add(list, member, at, timeout_s)) {
		complain(c, word, word->text, "out of memory");
	}
}

static void change_elements(struct ipset *c, bool del)
{
	struct ph_set *set = next_set(c);
	struct work w = { .c = c, .set = set, .del = del, .elem = { .loaded = true } };
	struct ph_set_entry entry;
	uint32_t timeout_s = set ? set->config.timeout_s : 0;
	const char *wrong;

	if (set && set->config.type->list) {
		change_list(c, set, del);
		return;
	}
	w.at = set ? next(c, "the element") : NULL;
	if (!w.at)
		return;
	while (c->at < c->n)
		if (!take_elem_option(c, &w, &timeout_s))
			return;
	w.elem.expires_ms = (uint64_t)timeout_s * 1000;
	wrong = ph_set_entry_parse(&set->config, ph_word_cur(w.at), &entry);
	if (wrong)
		complain(c, w.at, w.at->text, wrong);
	else
		(void)ph_set_entry_each(&entry, change, &w);
}

static void do_add(struct ipset *c)
{
	change_elements(c, false);
}

static void do_del(struct ipset *c)
{
	change_elements(c, true);
}

/* A set by name, or all. */
static void do_flush(struct ipset *c)
{
	struct ph_set *set = c->at < c->n ? next_set(c) : NULL;

	if (set)
		ph_set_flush(set);
	else if (!c->failed)
		for (set = c->load->policy->sets->first; set; set = set->next)
			ph_set_flush(set);
}

static void do_destroy(struct ipset *c)
{
	struct ph_sets *sets = c->load->policy->sets;
	const struct ph_word *word = here(c);
	struct ph_set *set;

	if (c->at == c->n) {
		do_flush(c);
		while (sets->first)
			ph_set_destroy(sets->first);
		return;
	}
	if (c->exist && !ph_sets_find(sets, word->text))
		return;
	set = next_set(c);
	if (set && set->refs)
		complain(c, word, word->text, "a list holds that set");
	else if (set)
		ph_set_destroy(set);
}

static void do_swap(struct ipset *c)
{
	const struct ph_word *word = here(c);
	struct ph_set *a = next_set(c), *b = a ? next_set(c) : NULL;

	if (!b)
		return;
	if (a->config.type != b->config.type || a->config.family != b->config.family)
		complain(c, word, word->text, "only sets of the same type can be swapped");
	else
		ph_set_swap(a, b);
}

static void do_rename(struct ipset *c)
{
	struct ph_set *set = next_set(c);
	const struct ph_word *name = set ? next(c, "the new name") : NULL;

	if (!name)
		return;
	if (name->len == 0 || name->len >= PH_SET_NAME_SIZE || ph_sets_find(c->load->policy->sets, name->text)) {
		complain(c, name, name->text, "cannot be the name: it is taken, or not of 1 to 31 characters");
		return;
	}
	memset(set->name, 0, sizeof(set->name));
	memcpy(set->name, name->text, name->len);
}

static void do_nothing(struct ipset *c)
{
	(void)c;
}

static void do_restore(struct ipset *c)
{
	complain(c, &c->word[0], "restore", "what `ipset save` prints is loaded by itself; give it as a policy before this one");
}

static const struct {
	const char *name, *short_;
	void (*run)(struct ipset *c);
} commands[] = {
	{ "create", "N", do_create }, { "add", "A", do_add }, { "del", "D", do_del }, { "flush", "F", do_flush },
	{ "destroy", "X", do_destroy }, { "swap", "W", do_swap }, { "rename", "E", do_rename }, { "test", "T", do_nothing },
	{ "list", "L", do_nothing }, { "save", "S", do_nothing }, { "restore", "R", do_restore }, { "COMMIT", "", do_nothing },
	{ "version", "v", do_nothing }, { "help", "h", do_nothing }, { "quit", "", do_nothing },
};

/* Whether `text` is the name of a command: add, --add, -A. */
static bool is_command(const char *text, const char *name, const char *short_)
{
	if (text[0] == '-' && text[1] != '-')
		return strcmp(text + 1, short_) == 0;
	return strcmp(text[0] == '-' ? text + 2 : text, name) == 0;
}

static void run(struct ph_policy_load *load, const struct ph_word *word, size_t n)
{
	struct ipset c = { .load = load, .word = word, .n = n };

	find_exist(&c);
	while (c.at < n) {
		const struct ph_word *w = &word[c.at++];

		for (size_t i = 0; i < N(commands); i++) {
			if (!is_command(w->text, commands[i].name, commands[i].short_))
				continue;
			commands[i].run(&c);
			return;
		}
		/* Options that may stand before the command; -o and -f have an argument. */
		if (w->text[0] != '-') {
			complain(&c, w, w->text, "no such command of ipset");
			return;
		}
		c.at += is_option(w, "o") || is_option(w, "output") || is_option(w, "f") || is_option(w, "file");
	}
}

void ph_cmd_ipset(struct ph_policy_load *load, const struct ph_shell_cmd *cmd)
{
	if (cmd->n < 2)
		ph_load_error(load, &cmd->word[0], "ipset: no command: give it one such as create NAME TYPE");
	else
		run(load, cmd->word + 1, cmd->n - 1);
}

/* One line cut into words, quotes removed. bytes: as long as the line and one more for each word. False: too many. */
static bool split(struct ph_cur *line, char *bytes, struct ph_word word[LINE_WORDS], size_t *n)
{
	const uint8_t *start = line->at;
	uint8_t b;

	for (*n = 0; ph_cur_peek(line, 0, &b);) {
		bool quoted = false;

		if (b == ' ' || b == '\t' || b == '\r') {
			line->at++;
			continue;
		}
		if (*n == LINE_WORDS)
			return false;
		word[*n] = (struct ph_word){ .text = bytes, .column = (unsigned)(line->at - start) + 1 };
		while (ph_cur_peek(line, 0, &b) && (quoted || (b != ' ' && b != '\t' && b != '\r'))) {
			line->at++;
			word[*n].quoted |= b == '"';
			if (b == '"')
				quoted = !quoted;
			else if (b != '\\' || ph_cur_u8(line, &b))
				*bytes++ = (char)b;
		}
		word[*n].len = (size_t)(bytes - word[*n].text);
		*bytes++ = '\0';
		++*n;
	}
	return true;
}

void ph_load_ipset(struct ph_policy_load *load, const char *text, size_t len)
{
	struct ph_cur rest = ph_cur_of(text, len), line;
	struct ph_word word[LINE_WORDS];
	char bytes[2048];
	size_t n;

	for (unsigned number = 1; ph_cur_left(&rest); number++) {
		line = rest;
		if (!ph_cur_find(&rest, '\n'))
			rest.at = rest.end;
		line.end = rest.at;
		if (ph_cur_left(&rest))
			rest.at++;
		n = 0;
		word[0] = (struct ph_word){ .text = "", .column = 1 };
		if (ph_cur_left(&line) > sizeof(bytes) - LINE_WORDS || !split(&line, bytes, word, &n)) {
			word[0].line = number;
			ph_load_error(load, &word[0], "ipset: this line is too long");
			continue;
		}
		for (size_t i = 0; i < n; i++)
			word[i].line = number;
		if (n > 0 && word[0].text[0] != '#')
			run(load, word, n);
	}
}
