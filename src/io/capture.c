/* Capture files, on libpcap. See <pinhole/capture.h>.
 *
 * libpcap reads pcap and pcapng and scales times to nanoseconds; pcapng.c reads the interface names beside it. */
#include <pinhole/capture.h>

#include "io/file.h"
#include "io/pcapng.h"

#include <inttypes.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MAX_SECONDS ((uint64_t)1 << 43)         /* so that microseconds of any time fit 64 bits */

struct ph_capture {
	pcap_t *pcap;                   /* owned; closes its FILE unless that is standard input */
	FILE *file;                     /* guest: pcap's */
	struct ph_pcapng *names;        /* owned; NULL: no names in this file */
	enum ph_link link;
	uint64_t size;
	uint64_t frames;
	bool broken;
	char error[PCAP_ERRBUF_SIZE + 64];
};

static const struct {
	int dlt;
	enum ph_link link;
} links[] = {
	{ DLT_EN10MB, PH_LINK_ETHERNET },
	{ DLT_LINUX_SLL, PH_LINK_SLL },
	{ DLT_LINUX_SLL2, PH_LINK_SLL2 },
	{ DLT_RAW, PH_LINK_RAW },
	{ DLT_IPV4, PH_LINK_RAW },
	{ DLT_IPV6, PH_LINK_RAW },
	{ DLT_NULL, PH_LINK_NULL },
	{ DLT_LOOP, PH_LINK_LOOP },
	{ DLT_PPP, PH_LINK_PPP },
	{ DLT_PPP_SERIAL, PH_LINK_PPP },
	{ DLT_C_HDLC, PH_LINK_CHDLC },
};

static enum ph_link link_of(int dlt)
{
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++)
		if (links[i].dlt == dlt)
			return links[i].link;
	return PH_LINK_NONE;
}

/* Frames of other links are handed out all the same, so that they are counted; but nobody will find IP in them. */
static void link_set(struct ph_capture *capture, const char *path, struct ph_diags *diags)
{
	int dlt = pcap_datalink(capture->pcap);

	capture->link = link_of(dlt);
	if (capture->link == PH_LINK_NONE)
		ph_diags_add(diags, PH_WARNING, path, 0, 0,
		             "link type %d (%s) is not understood, every frame will be skipped: "
		             "Ethernet, Linux cooked, raw IP and BSD loopback are",
		             dlt, pcap_datalink_val_to_description_or_dlt(dlt));
}

/* libpcap says "unknown file format"; say more where the first bytes tell. */
static void not_a_capture(FILE *file, bool seekable, const char *path, const char *why, struct ph_diags *diags)
{
	uint8_t magic[2] = { 0, 0 };
	const char *hint = "";

	if (seekable && fseeko(file, 0, SEEK_SET) == 0 && fread(magic, 1, 2, file) == 2 &&
	    magic[0] == 0x1f && magic[1] == 0x8b)
		hint = "; it is compressed: gunzip it first";
	ph_diags_add(diags, PH_ERROR, path, 0, 0, "not a capture that can be read: %s%s", why, hint);
}

static bool start(struct ph_capture *capture, FILE *file, const char *path, struct ph_diags *diags)
{
	char why[PCAP_ERRBUF_SIZE] = "";
	struct stat st;
	bool regular = fstat(fileno(file), &st) == 0 && S_ISREG(st.st_mode);

	capture->pcap = pcap_fopen_offline_with_tstamp_precision(file, PCAP_TSTAMP_PRECISION_NANO, why);
	if (!capture->pcap) {
		not_a_capture(file, regular, path, why, diags);
		return false;
	}
	capture->file = file;
	link_set(capture, path, diags);
	if (regular && file != stdin) {
		capture->size = st.st_size > 0 ? (uint64_t)st.st_size : 0;
		capture->names = ph_pcapng_new(fileno(file));
	}
	return true;
}

struct ph_capture *ph_capture_open(const char *path, struct ph_diags *diags)
{
	struct ph_capture *capture = calloc(1, sizeof(*capture));
	FILE *file;

	if (!capture) {
		ph_diags_add(diags, PH_ERROR, path, 0, 0, "%s", ph_status_text(PH_NO_MEMORY));
		return NULL;
	}
	file = strcmp(path, "-") == 0 ? stdin : ph_file_open(path, diags);
	if (!file)
		goto free_capture;
	if (!start(capture, file, path, diags))
		goto close_file;
	return capture;

close_file:
	if (!capture->pcap && file != stdin)
		fclose(file);
free_capture:
	ph_capture_close(capture);
	return NULL;
}

void ph_capture_close(struct ph_capture *capture)
{
	if (!capture)
		return;
	ph_pcapng_free(capture->names);
	if (capture->pcap)
		pcap_close(capture->pcap);
	free(capture);
}

uint64_t ph_capture_size(const struct ph_capture *capture)
{
	return capture->size;
}

static uint64_t time_us_of(const struct pcap_pkthdr *header)
{
	uint64_t s = header->ts.tv_sec > 0 ? (uint64_t)header->ts.tv_sec : 0;
	uint64_t ns = header->ts.tv_usec > 0 ? (uint64_t)header->ts.tv_usec : 0;        /* nanoseconds were asked for */

	return (s < MAX_SECONDS ? s : MAX_SECONDS) * 1000000 + ns / 1000;
}

static void frame_fill(struct ph_capture *capture, const struct pcap_pkthdr *header, const u_char *data,
                       struct ph_capture_frame *out)
{
	off_t offset = capture->size ? ftello(capture->file) : 0;

	*out = (struct ph_capture_frame){
		.frame = {
			.data = data,
			.len = header->caplen,
			/* A file may claim less than it holds. */
			.wire_len = header->len > header->caplen ? header->len : header->caplen,
			.link = capture->link,
		},
		.number = ++capture->frames,
		.time_us = time_us_of(header),
		.iface = capture->names ? ph_pcapng_next(capture->names) : NULL,
		.offset = offset > 0 ? (uint64_t)offset : 0,
	};
	out->frame.time_ms = out->time_us / 1000;
}

enum ph_status ph_capture_next(struct ph_capture *capture, struct ph_capture_frame *out, const char **error)
{
	struct pcap_pkthdr *header;
	const u_char *data;
	int got = capture->broken ? PCAP_ERROR : pcap_next_ex(capture->pcap, &header, &data);

	if (got == 1) {
		frame_fill(capture, header, data, out);
		return PH_OK;
	}
	if (got == PCAP_ERROR_BREAK)
		return PH_END;
	if (!capture->broken)
		snprintf(capture->error, sizeof(capture->error), "frame %" PRIu64 " cannot be read: %s",
		         capture->frames + 1, pcap_geterr(capture->pcap));
	capture->broken = true;
	*error = capture->error;
	return PH_IO;
}
