/* Captures: formats, byte orders, names, damage, and what is no capture at all. Files are made in memory. */
#include <pinhole/capture.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

struct bytes {
	uint8_t at[4096];
	size_t len;
	bool big;               /* byte order of what is put */
};

static void put(struct bytes *b, uint64_t value, size_t n)
{
	for (size_t i = 0; i < n; i++)
		b->at[b->len++] = (uint8_t)(value >> 8 * (b->big ? n - 1 - i : i));
}

static void put_text(struct bytes *b, const char *text, size_t padded)
{
	memset(b->at + b->len, 0, padded);
	memcpy(b->at + b->len, text, strlen(text));
	b->len += padded;
}

static void pcap_header(struct bytes *b, uint32_t magic, uint32_t link)
{
	put(b, magic, 4);
	put(b, 2, 2);
	put(b, 4, 2);
	put(b, 0, 8);
	put(b, 65535, 4);
	put(b, link, 4);
}

static void pcap_frame(struct bytes *b, uint32_t s, uint32_t fraction, uint32_t len, uint32_t wire_len)
{
	put(b, s, 4);
	put(b, fraction, 4);
	put(b, len, 4);
	put(b, wire_len, 4);
	for (uint32_t i = 0; i < len; i++)
		put(b, i, 1);
}

static void section(struct bytes *b)
{
	put(b, 0x0a0d0d0a, 4);
	put(b, 28, 4);
	put(b, 0x1a2b3c4d, 4);
	put(b, 1, 2);
	put(b, 0, 2);
	put(b, UINT64_MAX, 8);
	put(b, 28, 4);
}

/* name: NULL for an interface without a name. */
static void interface(struct bytes *b, const char *name)
{
	size_t padded = name ? (strlen(name) + 3) / 4 * 4 : 0;
	size_t len = 20 + (name ? 4 + padded + 4 : 0);

	put(b, 1, 4);
	put(b, len, 4);
	put(b, 1, 2);
	put(b, 0, 2);
	put(b, 65535, 4);
	if (name) {
		put(b, 2, 2);
		put(b, strlen(name), 2);
		put_text(b, name, padded);
		put(b, 0, 4);
	}
	put(b, len, 4);
}

static void packet(struct bytes *b, uint32_t interface_id, uint64_t time_us)
{
	put(b, 6, 4);
	put(b, 36, 4);
	put(b, interface_id, 4);
	put(b, time_us >> 32, 4);
	put(b, time_us & 0xffffffff, 4);
	put(b, 4, 4);
	put(b, 4, 4);
	put(b, 0, 4);
	put(b, 36, 4);
}

/* Opens bytes as a file that has no name. */
static struct ph_capture *open_bytes(const void *data, size_t len, struct ph_diags *diags)
{
	struct ph_capture *capture;
	char path[32];
	int fd = memfd_create("capture", 0);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, len), (ssize_t)len);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	capture = ph_capture_open(path, diags);
	close(fd);
	return capture;
}

struct read_result {
	uint64_t frames, times[8];
	char names[8][32];
	struct ph_frame last;
	enum ph_status status;
	char error[400];
};

static void read_all(const struct bytes *b, size_t len, struct read_result *r)
{
	struct ph_diags *diags = ph_diags_new();
	struct ph_capture *capture = open_bytes(b->at, len, diags);
	struct ph_capture_frame frame;
	const char *error = NULL;

	*r = (struct read_result){ .status = PH_INVALID };
	if (!capture) {
		assert_int_equal(ph_diags_errors(diags), 1);
		snprintf(r->error, sizeof(r->error), "%s", ph_diags_get(diags, 0)->text);
		ph_diags_free(diags);
		return;
	}
	while ((r->status = ph_capture_next(capture, &frame, &error)) == PH_OK) {
		if (r->frames < 8) {
			r->times[r->frames] = frame.time_us;
			snprintf(r->names[r->frames], sizeof(r->names[0]), "%s", frame.iface ? frame.iface : "-");
		}
		r->last = frame.frame;
		assert_int_equal(frame.number, ++r->frames);
		assert_true(frame.frame.len <= frame.frame.wire_len);
	}
	if (r->status == PH_IO)
		snprintf(r->error, sizeof(r->error), "%s", error);
	ph_capture_close(capture);
	ph_diags_free(diags);
}

static void test_pcap_all_magics_give_same_microseconds(void **state)
{
	static const struct {
		uint32_t magic, fraction;
	} forms[] = { { 0xa1b2c3d4, 5 }, { 0xa1b23c4d, 5999 } };
	struct read_result r;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct bytes b = { .big = i & 1 };

		pcap_header(&b, forms[i / 2].magic, 1);
		pcap_frame(&b, 1700000000, forms[i / 2].fraction, 60, 1514);
		read_all(&b, b.len, &r);
		assert_int_equal(r.status, PH_END);
		assert_int_equal(r.frames, 1);
		assert_int_equal(r.times[0], 1700000000000005);
		assert_int_equal(r.last.time_ms, 1700000000000);
		assert_int_equal(r.last.len, 60);
		assert_int_equal(r.last.wire_len, 1514);
		assert_int_equal(r.last.link, PH_LINK_ETHERNET);
		assert_string_equal(r.names[0], "-");
	}
}

static void test_pcap_link_types_are_told_apart(void **state)
{
	static const struct {
		uint32_t in_file;
		enum ph_link link;
	} links[] = {
		{ 1, PH_LINK_ETHERNET }, { 101, PH_LINK_RAW }, { 228, PH_LINK_RAW }, { 229, PH_LINK_RAW }, { 0, PH_LINK_NULL },
		{ 108, PH_LINK_LOOP }, { 113, PH_LINK_SLL }, { 276, PH_LINK_SLL2 }, { 105, PH_LINK_NONE },
	};
	struct read_result r;

	(void)state;
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		struct bytes b = { .len = 0 };

		pcap_header(&b, 0xa1b2c3d4, links[i].in_file);
		pcap_frame(&b, 1, 0, 20, 20);
		read_all(&b, b.len, &r);
		assert_int_equal(r.last.link, links[i].link);
	}
}

static void test_capture_unknown_link_warns_and_opens(void **state)
{
	struct ph_diags *diags = ph_diags_new();
	struct bytes b = { .len = 0 };
	struct ph_capture *capture;

	(void)state;
	pcap_header(&b, 0xa1b2c3d4, 105);
	capture = open_bytes(b.at, b.len, diags);
	assert_non_null(capture);
	assert_int_equal(ph_diags_errors(diags), 0);
	assert_int_equal(ph_diags_count(diags), 1);
	assert_non_null(strstr(ph_diags_get(diags, 0)->text, "link type 105"));
	ph_capture_close(capture);
	ph_diags_free(diags);
}

static void two_interfaces(struct bytes *b)
{
	section(b);
	interface(b, "eth0");
	interface(b, "wan-long-name");
	packet(b, 0, 1000001);
	packet(b, 1, 1000002);
	interface(b, NULL);
	packet(b, 2, 1000003);
	packet(b, 0, 1000004);
}

static void test_pcapng_names_follow_their_packets(void **state)
{
	static const char *const names[] = { "eth0", "wan-long-name", "-", "eth0" };
	struct read_result r;

	(void)state;
	for (int big = 0; big < 2; big++) {
		struct bytes b = { .big = big };

		two_interfaces(&b);
		read_all(&b, b.len, &r);
		assert_int_equal(r.status, PH_END);
		assert_int_equal(r.frames, 4);
		for (size_t i = 0; i < 4; i++) {
			assert_int_equal(r.times[i], 1000001 + i);
			assert_string_equal(r.names[i], names[i]);
		}
	}
}

static void test_pcapng_second_section_numbers_anew(void **state)
{
	struct bytes b = { .len = 0 };
	struct read_result r;

	(void)state;
	section(&b);
	interface(&b, "eth0");
	packet(&b, 0, 1);
	section(&b);
	interface(&b, "eth9");
	packet(&b, 0, 2);
	read_all(&b, b.len, &r);
	assert_int_equal(r.frames, 2);
	assert_string_equal(r.names[0], "eth0");
	assert_string_equal(r.names[1], "eth9");
}

/* A window of 64 kB lies over the file: names must survive its moves. */
static void test_pcapng_long_file_keeps_names(void **state)
{
	static struct bytes b;
	struct ph_diags *diags = ph_diags_new();
	uint8_t *file = malloc(40 + 4000 * 72 + 1000);
	struct ph_capture_frame frame;
	struct ph_capture *capture;
	const char *error;
	size_t len;

	(void)state;
	assert_non_null(file);
	b = (struct bytes){ .len = 0 };
	section(&b);
	interface(&b, "eth0");
	interface(&b, "eth1");
	memcpy(file, b.at, b.len);
	len = b.len;
	b = (struct bytes){ .len = 0 };
	packet(&b, 0, 1);
	packet(&b, 1, 1);
	for (size_t i = 0; i < 4000; i++, len += b.len)
		memcpy(file + len, b.at, b.len);
	capture = open_bytes(file, len, diags);
	assert_non_null(capture);
	assert_int_equal(ph_capture_size(capture), len);
	for (size_t i = 0; i < 8000; i++) {
		assert_int_equal(ph_capture_next(capture, &frame, &error), PH_OK);
		assert_string_equal(frame.iface, i % 2 ? "eth1" : "eth0");
		assert_true(frame.offset <= len);
	}
	assert_int_equal(ph_capture_next(capture, &frame, &error), PH_END);
	ph_capture_close(capture);
	ph_diags_free(diags);
	free(file);
}

/* Cut anywhere: the frames that are whole come out, then damage or the end; the header alone must be whole. */
static void cut_everywhere(const struct bytes *b, size_t header, size_t whole_frames)
{
	struct read_result all, r;
	uint64_t before = 0;

	read_all(b, b->len, &all);
	assert_int_equal(all.frames, whole_frames);
	for (size_t len = 0; len < b->len; len++) {
		read_all(b, len, &r);
		assert_true(len >= header || r.status == PH_INVALID || r.frames == 0);
		assert_true(r.frames >= before && r.frames <= whole_frames);
		if (r.status == PH_IO)
			assert_non_null(strstr(r.error, "frame "));
		before = r.frames;
	}
}

static void test_pcap_cut_at_every_byte_gives_what_is_whole(void **state)
{
	struct bytes b = { .len = 0 };

	(void)state;
	pcap_header(&b, 0xa1b2c3d4, 1);
	pcap_frame(&b, 1, 0, 60, 60);
	pcap_frame(&b, 2, 0, 14, 60);
	cut_everywhere(&b, 24, 2);
}

static void test_pcapng_cut_at_every_byte_gives_what_is_whole(void **state)
{
	struct bytes b = { .len = 0 };

	(void)state;
	two_interfaces(&b);
	cut_everywhere(&b, 28, 4);
}

static void test_pcap_truncated_says_at_which_frame(void **state)
{
	struct bytes b = { .len = 0 };
	struct read_result r;

	(void)state;
	pcap_header(&b, 0xa1b2c3d4, 1);
	pcap_frame(&b, 1, 0, 60, 60);
	pcap_frame(&b, 2, 0, 60, 60);
	read_all(&b, b.len - 1, &r);
	assert_int_equal(r.status, PH_IO);
	assert_int_equal(r.frames, 1);
	assert_non_null(strstr(r.error, "frame 2 "));
}

static void test_capture_damaged_stays_damaged(void **state)
{
	struct ph_diags *diags = ph_diags_new();
	struct bytes b = { .len = 0 };
	struct ph_capture_frame frame;
	struct ph_capture *capture;
	const char *first, *second;

	(void)state;
	pcap_header(&b, 0xa1b2c3d4, 1);
	put(&b, 1, 4);
	capture = open_bytes(b.at, b.len, diags);
	assert_non_null(capture);
	assert_int_equal(ph_capture_next(capture, &frame, &first), PH_IO);
	assert_int_equal(ph_capture_next(capture, &frame, &second), PH_IO);
	assert_string_equal(first, second);
	ph_capture_close(capture);
	ph_diags_free(diags);
}

static void assert_refused(const char *path, const char *why)
{
	struct ph_diags *diags = ph_diags_new();

	assert_null(ph_capture_open(path, diags));
	assert_int_equal(ph_diags_errors(diags), 1);
	assert_string_equal(ph_diags_get(diags, 0)->file, path);
	assert_non_null(strstr(ph_diags_get(diags, 0)->text, why));
	ph_diags_free(diags);
}

static void test_capture_that_is_none_is_refused(void **state)
{
	struct ph_diags *diags = ph_diags_new();

	(void)state;
	assert_refused("/nonexistent/capture.pcap", "No such file");
	assert_refused("tests", "is a directory");
	assert_refused("Makefile", "not a capture");
	assert_null(open_bytes("\x1f\x8b\x08\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 26, diags));
	assert_non_null(strstr(ph_diags_get(diags, 0)->text, "gunzip"));
	ph_diags_free(diags);
}

static void test_pcapng_several_link_types_are_reported(void **state)
{
	struct bytes b = { .len = 0 };
	struct read_result r;
	size_t second;

	(void)state;
	section(&b);
	interface(&b, "eth0");
	packet(&b, 0, 1);
	second = b.len;
	interface(&b, "lo");
	b.at[second + 8] = 101;
	packet(&b, 1, 2);
	read_all(&b, b.len, &r);
	assert_int_equal(r.status, PH_IO);
	assert_int_equal(r.frames, 1);
	assert_non_null(strstr(r.error, "type"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pcap_all_magics_give_same_microseconds),
		cmocka_unit_test(test_pcap_link_types_are_told_apart),
		cmocka_unit_test(test_capture_unknown_link_warns_and_opens),
		cmocka_unit_test(test_pcapng_names_follow_their_packets),
		cmocka_unit_test(test_pcapng_second_section_numbers_anew),
		cmocka_unit_test(test_pcapng_long_file_keeps_names),
		cmocka_unit_test(test_pcap_cut_at_every_byte_gives_what_is_whole),
		cmocka_unit_test(test_pcapng_cut_at_every_byte_gives_what_is_whole),
		cmocka_unit_test(test_pcap_truncated_says_at_which_frame),
		cmocka_unit_test(test_capture_damaged_stays_damaged),
		cmocka_unit_test(test_capture_that_is_none_is_refused),
		cmocka_unit_test(test_pcapng_several_link_types_are_reported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
