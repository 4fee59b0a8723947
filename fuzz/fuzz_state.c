/* A saved state that somebody else wrote: restored, looked through, used by packets of its own connections, saved and restored again.
 *
 * Input: a byte of seconds that have passed, a length of two bytes, that many bytes of tables as track/save.h has them, and the payload
 * of packets that then come. Head, names of helpers and checksum are put around the tables here, so that changed bytes get past the
 * door; without tables the input is the whole file. Seeds: tests/engine/test_save_captures FOLDER. */
#include "base/record.h"
#include "engine/walk.h"
#include "track/tables.h"

#include <stdio.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#define FILE_MAX 65536
#define CONNS_USED 8
#define PAYLOAD_MAX 1024

static const char policy_text[] =
	"ip addr add 10.20.0.1/24 dev eth0\nip addr add 10.30.0.1/24 dev eth1\nip route add 10.40.0.0/24 via 10.30.0.2 dev eth1\n"
	"ip -6 addr add 2001:db8:20::1/64 dev eth0\nip -6 addr add 2001:db8:30::1/64 dev eth1\n"
	"sysctl -w net.netfilter.nf_conntrack_max=32 net.netfilter.nf_conntrack_expect_max=16 net.netfilter.nf_conntrack_acct=1\n"
	"sysctl -w net.netfilter.nf_conntrack_helper=1\nmodprobe nf_conntrack_ftp loose=1\n";

struct file {
	uint8_t bytes[FILE_MAX * 2];
	size_t len;
};

static void add(void *arg, const char *text, size_t len)
{
	struct file *file = arg;

	if (len > sizeof(file->bytes) - file->len)
		abort();
	memcpy(file->bytes + file->len, text, len);
	file->len += len;
}

static struct ph_policy *make_policy(void)
{
	const struct ph_policy_source source = { .name = "fuzz" };
	struct ph_policy *policy = ph_policy_new();
	struct ph_diags *diags = ph_diags_new();

	if (!policy || !diags || ph_policy_load(policy, &source, policy_text, sizeof(policy_text) - 1, diags) != PH_OK ||
	    ph_policy_finish(policy, diags) != PH_OK)
		abort();
	ph_diags_free(diags);
	return policy;
}

static struct ph_engine *make_engine(struct ph_policy *policy)
{
	const struct ph_engine_config config = { .hash_key = { 1, 2 } };
	struct ph_engine *engine = ph_engine_new(policy, &config);

	if (!engine)
		abort();
	return engine;
}

static void save(const struct ph_engine *engine, uint64_t wall_ms, struct file *file)
{
	file->len = 0;
	if (ph_engine_save(engine, wall_ms, (struct ph_sink){ add, file }) != PH_OK)
		abort();
}

static void look_through(const struct ph_engine *engine)
{
	const char *broken = tables_broken(engine->track);

	if (broken) {
		fprintf(stderr, "fuzz_state: %s\n", broken);
		abort();
	}
}

static bool restore(struct ph_engine *engine, uint64_t wall_ms, const struct file *file, struct ph_restored *out)
{
	const struct ph_saved saved = { .bytes = file->bytes, .len = file->len, .wall_ms = wall_ms };
	struct ph_diags *diags = ph_diags_new();
	bool restored = ph_engine_restore(engine, &saved, out, diags) == PH_OK;

	if (restored != (ph_diags_count(diags) == 0))
		abort();
	ph_diags_free(diags);
	look_through(engine);
	return restored;
}

/* The file that an empty engine writes, with these tables instead of its own. */
static void put_around(struct ph_policy *policy, struct ph_cur tables, struct file *file)
{
	static struct file empty;
	uint64_t sum, len;

	if (empty.len == 0) {
		struct ph_engine *engine = make_engine(policy);

		save(engine, 0, &empty);
		ph_engine_free(engine);
		empty.len -= 33 + sizeof(sum);          /* its counts, all zero, and its checksum */
	}
	file->len = 0;
	add(file, (const char *)empty.bytes, empty.len);
	add(file, (const char *)tables.at, ph_cur_left(&tables));
	len = file->len + sizeof(sum);
	for (size_t i = 0; i < sizeof(len); i++)
		file->bytes[40 + i] = (uint8_t)(len >> 8 * i);
	sum = XXH3_64bits(file->bytes, file->len);
	for (size_t i = 0; i < sizeof(sum); i++)
		add(file, &(char){ (char)(sum >> 8 * i) }, 1);
}

struct used {
	struct ph_conn_info info[CONNS_USED];
	size_t n;
};

static void note_conn(void *arg, const struct ph_conn_info *info)
{
	struct used *used = arg;

	if (used->n < CONNS_USED)
		used->info[used->n++] = *info;
}

static void put16(uint8_t *at, size_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

/* An IP header and what is enough of the next one. */
static uint32_t make_packet(const struct ph_tuple *t, struct ph_cur payload, uint8_t packet[PAYLOAD_MAX + 60])
{
	bool v4 = t->family == PH_IPV4;
	size_t ip = v4 ? 20 : 40, l4 = t->proto == PH_PROTO_TCP ? 20 : 8, n = ph_cur_left(&payload);

	if (n > PAYLOAD_MAX)
		n = PAYLOAD_MAX;
	memset(packet, 0, ip + l4);
	packet[0] = v4 ? 0x45 : 0x60;
	put16(packet + (v4 ? 2 : 4), v4 ? ip + l4 + n : l4 + n);
	packet[v4 ? 8 : 7] = 64;
	packet[v4 ? 9 : 6] = t->proto;
	memcpy(packet + (v4 ? 12 : 8), t->src.b, v4 ? 4 : 16);
	memcpy(packet + (v4 ? 16 : 24), t->dst.b, v4 ? 4 : 16);
	put16(packet + ip, t->sport);
	put16(packet + ip + 2, t->dport);
	put16(packet + ip + 4, l4 + n);
	if (l4 == 20) {
		packet[ip + 12] = 0x50;
		packet[ip + 13] = 0x10;
	}
	if (n)
		memcpy(packet + ip + l4, payload.at, n);
	if (v4)
		(void)ph_packet_mend(packet, (uint32_t)(ip + l4 + n), (uint32_t)(ip + l4 + n), PH_MEND_IPSUM);
	return (uint32_t)(ip + l4 + n);
}

static void use(struct ph_engine *engine, struct ph_cur payload)
{
	struct used used = { .n = 0 };
	uint8_t packet[PAYLOAD_MAX + 60];

	(void)ph_engine_each_conn(engine, note_conn, &used);
	for (size_t i = 0; i < used.n * 2; i++) {
		struct ph_packet_in in = { .iface = PH_IFACE_ROUTE, .vouched = true };
		struct ph_packet_out out;

		in.frame = (struct ph_frame){ .data = packet, .link = PH_LINK_RAW, .time_ms = engine->now_ms + i };
		in.frame.len = in.frame.wire_len = make_packet(&used.info[i / 2].tuple[i % 2], payload, packet);
		ph_engine_process(engine, &in, &out, 1);
	}
	look_through(engine);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct ph_policy *policy;
	static struct file file;
	struct ph_cur input = ph_cur_of(data, size), tables;
	struct ph_restored first, again;
	struct ph_engine *engine;
	uint8_t seconds;
	size_t len;

	if (!policy)
		policy = make_policy();
	if (size > FILE_MAX || !ph_cur_u8(&input, &seconds))
		return 0;
	len = ph_record_u16(&input);
	file.len = 0;
	if (len > 0 && ph_cur_sub(&input, len < ph_cur_left(&input) ? len : ph_cur_left(&input), &tables))
		put_around(policy, tables, &file);
	else
		add(&file, (const char *)data, size);
	engine = make_engine(policy);
	if (restore(engine, seconds * 1000u, &file, &first)) {
		/* What was taken once is taken again, all of it. */
		save(engine, 1000000, &file);
		use(engine, input);
		ph_engine_advance(engine, UINT64_MAX);
		look_through(engine);
		ph_engine_free(engine);
		engine = make_engine(policy);
		if (!restore(engine, 1000000, &file, &again) || again.lost || again.late || again.conns != first.conns ||
		    again.expects != first.expects)
			abort();
	}
	ph_engine_free(engine);
	return 0;
}
