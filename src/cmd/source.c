/* The captures of a replay. See source.h. */
#include "cmd/source.h"

#include "cmd/cmd.h"
#include "cmd/text.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAMES_MAX 32            /* interface names of one capture that are looked at */

/* "eth0=lan.pcap": a name of at most 15 characters without a slash. A file that has the whole name wins. */
static void input_init(struct source_input *in, char *arg)
{
	char *equals = strchr(arg, '=');
	size_t len = equals ? (size_t)(equals - arg) : 0;
	const char *slash;

	in->path = arg;
	in->iface = -1;
	if (len > 0 && len < sizeof(in->iface_name) && !memchr(arg, '/', len) && access(arg, F_OK) != 0) {
		memcpy(in->iface_name, arg, len);
		in->path = equals + 1;
	}
	slash = strrchr(in->path, '/');
	in->name = slash && slash[1] ? slash + 1 : in->path;
}

int source_args(struct source *source, char **arg, size_t n)
{
	size_t named = 0, pipes = 0;

	source->n = n;
	source->input = cmd_alloc(n, sizeof(*source->input));
	for (size_t i = 0; i < n; i++) {
		input_init(&source->input[i], arg[i]);
		named += source->input[i].iface_name[0] != '\0';
		pipes += strcmp(source->input[i].path, "-") == 0;
	}
	if (n == 0)
		return (int)cmd_error("replay: a capture is needed: FILE, or IFACE=FILE for each interface of the firewall");
	if (named != n && (named || n > 1))
		return (int)cmd_error("replay: with several captures each needs its interface, as in eth0=lan.pcap eth1=wan.pcap");
	if (pipes > 1)
		return (int)cmd_error("replay: only one capture can come from standard input");
	source->ifaces = named ? SOURCE_BY_ARGUMENT : SOURCE_BY_ROUTE;
	return CMD_OK;
}

static const char *iface_name(const void *arg, size_t i)
{
	return ph_policy_iface_name(arg, i);
}

static bool unknown_iface(const struct ph_policy *policy, const char *name, struct ph_diags *diags)
{
	const char *near = cmd_nearest(name, iface_name, policy), *known;
	struct cmd_text t = { .at = NULL };

	for (size_t i = 0; (known = ph_policy_iface_name(policy, i)); i++)
		cmd_text_format(&t, " %s", known);
	if (near)
		cmd_text_format(&t, "; did you mean %s?", near);
	ph_diags_add(diags, PH_ERROR, NULL, 0, 0, "'%s' is no interface of the policy, which has%.*s", name, (int)t.len, t.at);
	cmd_text_free(&t);
	return false;
}

/* The index of a name. A policy that knows its interfaces knows them all; others learn the name. */
static bool iface_of(struct ph_policy *policy, const char *name, int *index, struct ph_diags *diags)
{
	*index = ph_policy_iface_find(policy, name);
	if (*index >= 0)
		return true;
	if (ph_policy_has_topology(policy))
		return unknown_iface(policy, name, diags);
	*index = ph_policy_iface_add(policy, name);
	if (*index < 0)
		ph_diags_add(diags, PH_ERROR, NULL, 0, 0, "interface '%s' cannot be added", name);
	return *index >= 0;
}

struct names {
	char name[NAMES_MAX][16];
	size_t n;
	bool usable;            /* every frame had a name that can be an interface's */
};

static void names_add(struct names *names, const char *name)
{
	size_t len = name ? strlen(name) : 0;

	for (size_t i = 0; len && i < names->n; i++)
		if (strcmp(names->name[i], name) == 0)
			return;
	if (len == 0 || len > 15 || names->n == NAMES_MAX) {
		names->usable = false;
		return;
	}
	memcpy(names->name[names->n++], name, len + 1);
}

/* Only a regular file can be read twice. */
static bool is_regular(const char *path)
{
	struct stat st;

	return strcmp(path, "-") != 0 && stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

/* One pass over a file for its number of frames and the names in it. all: to the end even without names. */
static bool scan(struct source_input *in, bool all, struct names *names, struct ph_diags *diags)
{
	struct ph_capture *capture = ph_capture_open(in->path, diags);
	struct ph_capture_frame frame;
	const char *error;

	if (!capture)
		return false;
	names->usable = true;
	in->total = 0;
	while ((all || names->usable) && ph_capture_next(capture, &frame, &error) == PH_OK) {
		in->total++;
		if (names->usable)
			names_add(names, frame.iface);
	}
	ph_capture_close(capture);
	return true;
}

/* The names of a capture count if they are those of a firewall with the policy's interfaces: at least two, all known.
 * One name alone is a capture taken somewhere on the way, whose packets go in both directions. */
static void use_names(struct source *source, struct ph_policy *policy, const struct names *names)
{
	if (!names->usable || names->n < 2)
		return;
	for (size_t i = 0; ph_policy_has_topology(policy) && i < names->n; i++)
		if (ph_policy_iface_find(policy, names->name[i]) < 0)
			return;
	for (size_t i = 0; i < names->n; i++)
		if (ph_policy_iface_find(policy, names->name[i]) < 0 && ph_policy_iface_add(policy, names->name[i]) < 0)
			return;
	source->ifaces = SOURCE_BY_CAPTURE;
}

bool source_prepare(struct source *source, struct ph_policy *policy, bool count, struct ph_diags *diags)
{
	bool good = true;

	source->counted = count;
	for (size_t i = 0; i < source->n; i++) {
		struct source_input *in = &source->input[i];
		struct ph_diags *unseen = NULL;
		struct names names = { .n = 0 };

		if (source->ifaces == SOURCE_BY_ARGUMENT)
			good = iface_of(policy, in->iface_name, &in->iface, diags) && good;
		if (!is_regular(in->path) || (!count && source->ifaces == SOURCE_BY_ARGUMENT)) {
			source->counted = false;
			continue;
		}
		/* What is wrong with the file is said once, when it is opened to be read. */
		unseen = ph_diags_new();
		if (!unseen)
			cmd_no_memory();
		if (scan(in, count, &names, unseen) && source->ifaces == SOURCE_BY_ROUTE)
			use_names(source, policy, &names);
		ph_diags_free(unseen);
	}
	return good;
}

bool source_open(struct source *source, struct ph_diags *diags)
{
	bool good = true;

	for (size_t i = 0; i < source->n; i++) {
		source->input[i].capture = ph_capture_open(source->input[i].path, diags);
		good = source->input[i].capture && good;
	}
	return good;
}

static void fill(const struct source *source, struct source_input *in)
{
	const char *error;
	enum ph_status status;

	if (in->ready || in->ended)
		return;
	if (source->limit && in->frames == source->limit) {
		in->ended = true;
		return;
	}
	status = ph_capture_next(in->capture, &in->head, &error);
	if (status == PH_OK) {
		in->ready = true;
		in->frames++;
		return;
	}
	in->ended = true;
	if (status != PH_END) {
		in->error = strdup(error);
		if (!in->error)
			cmd_no_memory();
	}
}

struct source_input *source_next(struct source *source)
{
	struct source_input *first = NULL;

	if (source->last)
		source->last->ready = false;
	for (size_t i = 0; i < source->n; i++) {
		struct source_input *in = &source->input[i];

		fill(source, in);
		if (in->ready && (!first || in->head.time_us < first->head.time_us))
			first = in;
	}
	source->last = first;
	return first;
}

uint16_t source_iface(const struct source *source, const struct source_input *input, const struct ph_policy *policy)
{
	int index = -1;

	if (source->ifaces == SOURCE_BY_ARGUMENT)
		index = input->iface;
	else if (source->ifaces == SOURCE_BY_CAPTURE && input->head.iface)
		index = ph_policy_iface_find(policy, input->head.iface);
	return index >= 0 && index < PH_IFACE_ROUTE ? (uint16_t)index : PH_IFACE_ROUTE;
}

bool source_has_copies(const struct source *source)
{
	for (size_t i = 1; i < source->n; i++)
		if (source->input[i].iface != source->input[0].iface)
			return true;
	return source->ifaces == SOURCE_BY_CAPTURE;
}

bool source_progress(const struct source *source, uint64_t *read, uint64_t *all)
{
	uint64_t size;

	*read = *all = 0;
	for (size_t i = 0; i < source->n; i++) {
		size = ph_capture_size(source->input[i].capture);
		if (size == 0)
			return false;
		*all += size;
		*read += source->input[i].ended ? size : source->input[i].head.offset;
	}
	return true;
}

void source_free(struct source *source)
{
	for (size_t i = 0; i < source->n; i++) {
		ph_capture_close(source->input[i].capture);
		free(source->input[i].error);
	}
	free(source->input);
	*source = (struct source){ .n = 0 };
}
