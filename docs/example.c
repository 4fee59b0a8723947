/* Embedding pinhole: load a policy, hand frames to an engine, act on verdicts and events.
 *
 *     cc -o example example.c $(pkg-config --cflags --libs pinhole)
 *     ./example POLICY CAPTURE
 *
 * A data plane would fill struct ph_packet_in from its own buffers, name the interface each packet came in by, and
 * hand over many packets in one call. The engine itself does no I/O: the capture is read by pinhole's own reader here. */
#include <pinhole/capture.h>
#include <pinhole/engine.h>
#include <stdio.h>
#include <stdlib.h>

#define POLICY_MAX (1 << 20)

/* Everything the loader complained about. Returns 1 for main. */
static int complain(const struct ph_diags *diags)
{
	for (size_t i = 0; i < ph_diags_count(diags); i++) {
		const struct ph_diag *d = ph_diags_get(diags, i);

		fprintf(stderr, "%s:%u:%u: %s\n", d->file ? d->file : "example", d->line, d->column, d->text);
	}
	return 1;
}

static void on_event(void *arg, const struct ph_event *event)
{
	char dst[PH_ADDR_TEXT];
	unsigned *opened = arg;

	if (event->kind != PH_EVENT_EXPECT_NEW)
		return;
	(*opened)++;
	printf("%s expects a connection to %s port %u, asked for by \"%.*s\"\n", event->expect->helper,
	       ph_addr_format(dst, event->expect->tuple.family, &event->expect->tuple.dst),
	       (unsigned)event->expect->tuple.dport, (int)event->text_len, (const char *)event->text);
}

static bool load(struct ph_policy *policy, const char *path, struct ph_diags *diags)
{
	const struct ph_policy_source source = { .name = path };
	size_t len = 0;
	char *text = ph_file_read(path, POLICY_MAX, &len, diags);
	bool loaded = text && ph_policy_load(policy, &source, text, len, diags) == PH_OK &&
	              ph_policy_finish(policy, diags) == PH_OK;

	free(text);
	return loaded;
}

static void run(struct ph_engine *engine, struct ph_capture *capture, unsigned passed[2])
{
	struct ph_capture_frame frame;
	const char *error = NULL;

	while (ph_capture_next(capture, &frame, &error) == PH_OK) {
		const struct ph_packet_in in = { .frame = frame.frame, .iface = PH_IFACE_ROUTE, .keep_ttl = true };
		struct ph_packet_out out;

		ph_engine_process(engine, &in, &out, 1);
		passed[out.verdict == PH_ACCEPT]++;
	}
}

int main(int argc, char **argv)
{
	struct ph_diags *diags = ph_diags_new();
	struct ph_policy *policy = ph_policy_new();
	unsigned opened = 0, passed[2] = { 0, 0 };

	if (argc != 3 || !diags || !policy) {
		fprintf(stderr, "usage: example POLICY CAPTURE\n");
		return 2;
	}
	if (!load(policy, argv[1], diags))
		return complain(diags);

	struct ph_engine_config config = { .on_event = on_event, .arg = &opened };
	struct ph_capture *capture = ph_capture_open(argv[2], diags);

	if (!capture || ph_random(config.hash_key, sizeof(config.hash_key)) != PH_OK)
		return complain(diags);

	struct ph_engine *engine = ph_engine_new(policy, &config);

	if (!engine)
		return 1;
	run(engine, capture, passed);
	printf("%u packets accepted, %u not; %u pinholes opened\n", passed[1], passed[0], opened);
	ph_engine_free(engine);
	ph_capture_close(capture);
	ph_policy_free(policy);
	ph_diags_free(diags);
}
