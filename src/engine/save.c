/* Saving and restoring: the frame around what the tracker writes (track/save.h), and its helpers by name.
 *
 *   magic | format | byte order | version | time of day | length of all | 255 names of helpers, by number | tables | checksum
 *
 * The checksum is XXH3 over all before it: against accidents, not against forgers. Against those every record is checked, and what a
 * helper could not have opened under this policy is not opened. */
#include "engine/walk.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "track/save.h"

static const char magic[8] = "pinhole";

#define FORMAT 1
#define BYTE_ORDER_MARK 0x01020304u
#define VERSION_SIZE 16
#define NAME_SIZE 16
#define N_NAMES (PH_HELPER_NUMBERS - 1)
#define HEAD_LEN (sizeof(magic) + 4 + 4 + VERSION_SIZE + 8 + 8)
#define SUM_LEN 8

/* --- saving --- */

struct saving {
	struct ph_sink sink;
	XXH3_state_t sum;
};

static void pass_on(void *arg, const uint8_t *bytes, size_t len)
{
	struct saving *saving = arg;

	XXH3_64bits_update(&saving->sum, bytes, len);
	saving->sink.write(saving->sink.arg, (const char *)bytes, len);
}

static void put_text(struct ph_record_out *out, const char *text, size_t size)
{
	char field[VERSION_SIZE > NAME_SIZE ? VERSION_SIZE : NAME_SIZE] = { 0 };
	size_t len = strlen(text);

	memcpy(field, text, len < size ? len : size - 1);
	ph_record_put_bytes(out, field, size);
}

static void put_head(struct ph_record_out *out, uint64_t wall_ms, size_t len)
{
	const uint32_t mark = BYTE_ORDER_MARK;

	ph_record_put_bytes(out, magic, sizeof(magic));
	ph_record_put(out, FORMAT, 4);
	ph_record_put_bytes(out, &mark, sizeof(mark));
	put_text(out, ph_version(), VERSION_SIZE);
	ph_record_put(out, wall_ms, 8);
	ph_record_put(out, len, 8);
}

enum ph_status ph_engine_save(const struct ph_engine *engine, uint64_t wall_ms, struct ph_sink sink)
{
	struct saving saving = { .sink = sink };
	struct ph_record_out out = { .write = pass_on, .arg = &saving };
	struct ph_track_saving track;
	enum ph_status status = ph_track_saving_init(&track, engine->track);

	if (status == PH_OK) {
		XXH3_64bits_reset(&saving.sum);
		put_head(&out, wall_ms, HEAD_LEN + N_NAMES * NAME_SIZE + track.len + SUM_LEN);
		for (size_t number = 1; number <= N_NAMES; number++)
			put_text(&out, engine->helper_name[number], NAME_SIZE);
		ph_track_saving_write(&track, &out);
		ph_record_flush(&out);
		ph_record_put(&out, XXH3_64bits_digest(&saving.sum), SUM_LEN);
		ph_record_flush(&out);
	}
	ph_track_saving_fini(&track);
	return status;
}

/* --- restoring --- */

struct restoring {
	struct ph_engine *engine;
	uint64_t saved_ms;
	uint8_t number[PH_HELPER_NUMBERS];      /* here, by the number in the file */
	/* For a question of the contract. */
	const struct ph_conn *conn;
};

/* NULL: it is whole and ours. Otherwise what is wrong. c: moved behind it. */
static const char *read_head(struct ph_cur *c, size_t len, uint64_t *wall_ms)
{
	char version[VERSION_SIZE], ours[VERSION_SIZE] = { 0 };
	const char *text = ph_version();
	uint32_t format, mark;
	struct ph_cur head;

	memcpy(ours, text, strlen(text) < sizeof(ours) ? strlen(text) : sizeof(ours) - 1);
	if (!ph_cur_sub(c, HEAD_LEN, &head) || !ph_cur_word(&head, magic, sizeof(magic)))
		return "is none of pinhole's";
	format = ph_record_u32(&head);
	ph_record_bytes(&head, &mark, sizeof(mark));
	ph_record_bytes(&head, version, sizeof(version));
	if (format != FORMAT || mark != BYTE_ORDER_MARK || memcmp(version, ours, sizeof(ours)) != 0)
		return "was written by another version or machine";
	*wall_ms = ph_record_u64(&head);
	return ph_record_u64(&head) == len ? NULL : "is cut short or has grown";
}

/* Of all before it; cut off the end of what is left to read. */
static const char *check_sum(const struct ph_saved *saved, struct ph_cur *rest)
{
	struct ph_cur body, sum = *rest;

	if (ph_cur_left(rest) < SUM_LEN || !ph_cur_sub(&sum, ph_cur_left(rest) - SUM_LEN, &body))
		return "is cut short or has grown";
	*rest = body;
	return ph_record_u64(&sum) == XXH3_64bits(saved->bytes, saved->len - SUM_LEN) ? NULL : "is damaged: its checksum is wrong";
}

/* The number of the helper that is registered under a name. */
static uint8_t number_of(const struct ph_helper_options *options, const char name[NAME_SIZE])
{
	struct ph_helper_name_info names[PH_HELPER_PORTS];

	for (size_t i = 0; ph_helpers[i]; i++) {
		uint8_t first = ph_helper_number(ph_helpers[i]);
		size_t n = ph_helper_names(options, first, names);

		for (size_t k = 0; k < n; k++)
			if (strcmp(names[k].name, name) == 0)
				return (uint8_t)(first + k);
	}
	return PH_HELPER_NONE;
}

static bool read_names(struct ph_cur *c, struct restoring *r)
{
	char name[NAME_SIZE];

	for (size_t number = 1; number <= N_NAMES; number++) {
		if (!ph_cur_bytes(c, name, sizeof(name)) || name[NAME_SIZE - 1] != '\0')
			return false;
		r->number[number] = number_of(&r->engine->policy->helpers, name);
	}
	return true;
}

/* A rule gives a helper only to what it serves; a child gets its own whatever its protocol. */
static uint8_t helper_here(void *arg, uint8_t saved, const struct ph_conn *conn)
{
	const struct restoring *r = arg;
	uint8_t number = r->number[saved];
	const struct ph_helper *helper = ph_helper_of(number);
	unsigned family = conn->tuple.family == PH_IPV4 ? 1 : 2;
	unsigned proto = conn->tuple.proto == PH_PROTO_TCP ? PH_CONTRACT_TCP : conn->tuple.proto == PH_PROTO_UDP ? PH_CONTRACT_UDP : 0;

	if (!helper || !(helper->families & family) || proto == 0)
		return PH_HELPER_NONE;
	return helper->protos & proto || conn->status & PH_CT_EXPECTED ? number : PH_HELPER_NONE;
}

static bool state_ok(void *arg, uint8_t number, const void *state)
{
	const struct ph_helper *helper = ph_helper_of(number);

	(void)arg;
	return !helper || !helper->state_ok || helper->state_ok(state);
}

/* The network that a query was broadcast to, by the routes as they are now. */
static bool broadcast_net(void *arg, struct ph_addr *mask)
{
	const struct restoring *r = arg;
	const struct ph_tuple *asked = &r->conn->tuple;
	struct ph_route_hop hop;

	if (asked->family != PH_IPV4)
		return false;
	hop = ph_engine_hop(r->engine, PH_IPV4, &asked->dst);
	return hop.type == PH_ROUTE_BROADCAST && ph_route_broadcast_mask(r->engine->policy->route, hop.iface, &asked->dst, mask);
}

static bool keeps_contract(struct restoring *r, const struct ph_conn *master, const struct ph_finding *f)
{
	const struct ph_helper_world world = { .arg = r, .broadcast_net = broadcast_net };
	struct ph_helper_in in = ph_helper_about(r->engine, master, ph_conn_help(r->engine->track, master));

	r->conn = master;
	in.world = &world;
	return !ph_contract_broken(ph_helper_of(master->helper), &in, f);
}

static const struct ph_expect_policy *may_expect(void *arg, const struct ph_conn *master, struct ph_expect_want *want)
{
	struct restoring *r = arg;
	uint8_t child = want->child_helper;
	struct ph_finding f = { .kind = PH_FIND_EXPECT };

	want->child_helper = r->number[child];
	if (child != PH_HELPER_NONE && want->child_helper == PH_HELPER_NONE)
		return NULL;
	f.want = *want;
	return keeps_contract(r, master, &f) ? &r->engine->limits[master->helper][want->class_] : NULL;
}

static bool may_call(void *arg, const struct ph_conn *master, enum ph_dir dir, const struct ph_tuple *tuple)
{
	struct ph_finding f = { .kind = PH_FIND_KEYMAP, .dir = dir };

	f.want.tuple = *tuple;
	return keeps_contract(arg, master, &f);
}

static enum ph_status complain(struct ph_diags *diags, const char *what)
{
	ph_diags_add(diags, PH_ERROR, NULL, 0, 0, "the saved state %s; it is not restored", what);
	return PH_INVALID;
}

static bool is_fresh(const struct ph_engine *engine)
{
	struct ph_track_stats stats;

	ph_track_stats(engine->track, &stats);
	return engine->stats.packets == 0 && stats.conns_created == 0 && stats.conns == 0;
}

static enum ph_status restore_tables(struct restoring *r, uint64_t wall_ms, struct ph_cur tables, struct ph_restored *out)
{
	struct ph_engine *engine = r->engine;
	const struct ph_restore_world world = {
		.arg = r, .now_ms = engine->started ? engine->now_ms : wall_ms,
		.elapsed_ms = wall_ms > r->saved_ms ? wall_ms - r->saved_ms : 0,
		.helper = helper_here, .state_ok = state_ok, .may_expect = may_expect, .may_call = may_call,
	};
	struct ph_track_restored done;
	enum ph_status status = ph_track_restore(engine->track, &world, tables, &done);

	if (status != PH_OK)
		return status;
	engine->started = true;
	engine->now_ms = world.now_ms;
	*out = (struct ph_restored){ done.conns, done.expects, done.late, done.lost };
	return PH_OK;
}

enum ph_status ph_engine_restore(struct ph_engine *engine, const struct ph_saved *saved, struct ph_restored *out,
                                 struct ph_diags *diags)
{
	struct restoring r = { .engine = engine };
	struct ph_cur file = ph_cur_of(saved->bytes, saved->len);
	enum ph_status status;
	const char *wrong;

	if (!is_fresh(engine))
		return PH_BUSY;
	wrong = read_head(&file, saved->len, &r.saved_ms);
	if (!wrong)
		wrong = check_sum(saved, &file);
	if (wrong)
		return complain(diags, wrong);
	if (!read_names(&file, &r))
		return complain(diags, "has helpers without a name");
	status = restore_tables(&r, saved->wall_ms, file, out);
	return status == PH_INVALID ? complain(diags, "holds what no connection can be") : status;
}
