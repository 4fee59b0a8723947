/* A million connections saved and restored: seconds, and bytes of each in the file. Half are TCP between as many clients and a server,
 * half UDP; made by packets through the engine, kept in memory. Times are of the processor: what else runs counts less. */
#include <pinhole/engine.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { CONNS = 1000000, PACKET = 40 };

static const char policy_text[] = "sysctl -w net.netfilter.nf_conntrack_max=1048576 net.netfilter.nf_conntrack_checksum=0\n";

struct file {
	uint8_t *bytes;
	size_t len, size;
};

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void need(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "bench_state: %s\n", what);
	exit(1);
}

static struct ph_policy *make_policy(void)
{
	const struct ph_policy_source source = { .name = "bench" };
	struct ph_policy *policy = ph_policy_new();
	struct ph_diags *diags = ph_diags_new();

	need(policy && diags && ph_policy_load(policy, &source, policy_text, sizeof(policy_text) - 1, diags) == PH_OK &&
	     ph_policy_finish(policy, diags) == PH_OK, "the policy");
	ph_diags_free(diags);
	return policy;
}

static struct ph_engine *make_engine(struct ph_policy *policy)
{
	const struct ph_engine_config config = { .hash_key = { 1, 2 } };
	struct ph_engine *engine = ph_engine_new(policy, &config);

	need(engine != NULL, "no memory");
	return engine;
}

/* The first packet of a connection: a SYN, or a datagram without data. */
static void make_packet(uint8_t packet[PACKET], unsigned i)
{
	const uint8_t len = i % 2 ? 40 : 28, server[4] = { 10, 30, 0, 2 };

	memset(packet, 0, PACKET);
	packet[0] = 0x45;
	packet[3] = len;
	packet[8] = 64;
	packet[9] = i % 2 ? 6 : 17;
	packet[12] = 10;
	packet[13] = (uint8_t)(20 + (i >> 18));
	packet[14] = (uint8_t)(i >> 10);
	packet[15] = (uint8_t)(1 + (i >> 2) % 250);
	memcpy(packet + 16, server, sizeof(server));
	packet[20] = (uint8_t)(4 + i % 4);
	packet[21] = (uint8_t)((i >> 2) % 256);
	packet[23] = 80;
	packet[25] = 8;
	if (i % 2) {
		packet[32] = 0x50;
		packet[33] = 2;
		packet[34] = 1;
	}
	(void)ph_packet_mend(packet, len, len, PH_MEND_IPSUM);
}

static void fill(struct ph_engine *engine)
{
	for (unsigned i = 0; i < CONNS; i++) {
		struct ph_packet_in in = { .iface = 0 };
		struct ph_packet_out out;
		uint8_t packet[PACKET];

		make_packet(packet, i);
		in.frame = (struct ph_frame){ .data = packet, .len = packet[3], .wire_len = packet[3], .link = PH_LINK_RAW, .time_ms = 1000 };
		ph_engine_process(engine, &in, &out, 1);
		need(out.verdict == PH_ACCEPT, "a packet was dropped");
	}
}

static void add(void *arg, const char *bytes, size_t len)
{
	struct file *file = arg;

	need(len <= file->size - file->len, "the file is too long");
	memcpy(file->bytes + file->len, bytes, len);
	file->len += len;
}

int main(void)
{
	struct ph_policy *policy = make_policy();
	struct ph_engine *engine = make_engine(policy);
	struct ph_diags *diags = ph_diags_new();
	struct file file = { .size = CONNS * 200u };
	struct ph_engine_stats stats;
	struct ph_restored done;
	struct ph_saved saved;
	double start, save_s, restore_s;

	file.bytes = malloc(file.size);
	need(file.bytes && diags, "no memory");
	memset(file.bytes, 1, file.size);
	fill(engine);
	ph_engine_stats(engine, &stats);
	start = now_s();
	need(ph_engine_save(engine, 0, (struct ph_sink){ add, &file }) == PH_OK, "save");
	save_s = now_s() - start;
	ph_engine_free(engine);
	engine = make_engine(policy);
	saved = (struct ph_saved){ .bytes = file.bytes, .len = file.len };
	start = now_s();
	need(ph_engine_restore(engine, &saved, &done, diags) == PH_OK, "restore");
	restore_s = now_s() - start;
	need(done.conns == stats.conns && done.lost == 0, "not all came back");
	printf("state: %llu connections, saved in %.2f s, restored in %.2f s, %.0f bytes each\n", (unsigned long long)done.conns, save_s,
	       restore_s, (double)file.len / (double)done.conns);
	ph_engine_free(engine);
	ph_policy_free(policy);
	ph_diags_free(diags);
	free(file.bytes);
	return 0;
}
