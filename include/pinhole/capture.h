/* Capture files and other input from disk. These functions do I/O; the engine never calls them. One thread per capture. */
#ifndef PINHOLE_CAPTURE_H
#define PINHOLE_CAPTURE_H

#include <pinhole/net.h>

struct ph_capture;

/* Opens a pcap or pcapng file ("-": standard input). NULL: the reason was added to diags. */
PH_API struct ph_capture *ph_capture_open(const char *path, struct ph_diags *diags);
PH_API void ph_capture_close(struct ph_capture *capture);

/* One frame. number: from 1. time_us: of the capture's epoch. iface: name that the capture gives the interface, or NULL.
 * frame.data is good until the next call. */
struct ph_capture_frame {
	struct ph_frame frame;
	uint64_t number;
	uint64_t time_us;
	const char *iface;
	uint64_t offset;        /* bytes read so far, for progress */
};

/* PH_OK; PH_END; PH_IO: the file is cut short or damaged from here on, *error says how (good until the next call). */
PH_API PH_MUST_CHECK enum ph_status ph_capture_next(struct ph_capture *capture, struct ph_capture_frame *out, const char **error);

/* Size of the file in bytes, 0 if it is not known (a pipe). */
PH_API uint64_t ph_capture_size(const struct ph_capture *capture);

/* Reads a whole file ("-": standard input) into memory, terminated for convenience; *len without the terminator. The caller frees it.
 * NULL: the reason was added to diags. Refuses more than max bytes. */
PH_API char *ph_file_read(const char *path, size_t max, size_t *len, struct ph_diags *diags);

/* The same from a descriptor, which is closed in any case. name: for messages. */
PH_API char *ph_fd_read(int fd, const char *name, size_t max, size_t *len, struct ph_diags *diags);

/* Fills key with random bytes from the system. PH_OK or PH_IO. */
PH_API enum ph_status ph_random(void *out, size_t len);

#endif
