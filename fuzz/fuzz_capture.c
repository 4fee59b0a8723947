/* Capture files: whatever the bytes, frames come out bounded and the reader ends. */
#include <pinhole/capture.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_frames(struct ph_capture *capture)
{
	struct ph_capture_frame frame;
	const char *error = NULL;
	volatile uint8_t sum = 0;
	uint64_t number = 0;
	enum ph_status status;

	while ((status = ph_capture_next(capture, &frame, &error)) == PH_OK) {
		/* Reading each byte shows the sanitizer that it is there. */
		for (uint32_t i = 0; i < frame.frame.len; i++)
			sum = (uint8_t)(sum + frame.frame.data[i]);
		if (frame.number != ++number || frame.frame.len > frame.frame.wire_len)
			abort();
		if (frame.iface && (strlen(frame.iface) == 0 || strlen(frame.iface) > 63))
			abort();
	}
	if (status == PH_IO && (!error || !*error))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ph_diags *diags = ph_diags_new();
	struct ph_capture *capture;
	char path[32];
	int fd = memfd_create("fuzz", 0);

	if (!diags || fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	capture = ph_capture_open(path, diags);
	if (capture)
		read_frames(capture);
	else if (ph_diags_errors(diags) == 0)
		abort();
	ph_capture_close(capture);
	ph_diags_free(diags);
	close(fd);
	return 0;
}
