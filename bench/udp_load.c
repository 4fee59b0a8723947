/* Small UDP packets for bench_queue.py.
 *
 *   udp_load flood TO PORT FLOWS FROM...     as many as go, FLOWS from each address, until killed
 *   udp_load echo PORT                       sends back what comes, until killed
 *   udp_load ping TO PORT N                  N times there and back, one at a time; prints "MEDIAN P99 LOST", in microseconds */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BURST = 32, PAYLOAD = 18, SOCKETS_MOST = 256, WARM_UP = 200 };

static struct sockaddr_in address(const char *text, const char *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)strtoul(port, NULL, 10)) };

	if (inet_pton(AF_INET, text, &a.sin_addr) != 1) {
		fprintf(stderr, "udp_load: not an address: %s\n", text);
		exit(2);
	}
	return a;
}

static int udp(const struct sockaddr_in *from, const struct sockaddr_in *to)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (fd < 0 || (from && bind(fd, (const struct sockaddr *)from, sizeof(*from)) != 0) ||
	    (to && connect(fd, (const struct sockaddr *)to, sizeof(*to)) != 0)) {
		perror("udp_load");
		exit(1);
	}
	return fd;
}

static void flood(const struct sockaddr_in *to, size_t flows, char **from, size_t n_from)
{
	char payload[PAYLOAD] = "load";
	struct iovec piece = { .iov_base = payload, .iov_len = sizeof(payload) };
	struct mmsghdr burst[BURST] = { 0 };
	int fd[SOCKETS_MOST];
	size_t n = 0;

	for (size_t i = 0; i < n_from * flows && n < SOCKETS_MOST; i++) {
		struct sockaddr_in a = address(from[i % n_from], "0");

		fd[n++] = udp(&a, to);
	}
	for (size_t i = 0; i < BURST; i++)
		burst[i].msg_hdr = (struct msghdr){ .msg_iov = &piece, .msg_iovlen = 1 };
	/* A burst a flow; what the kernel refuses for want of room is the next burst's. */
	for (size_t i = 0;; i = (i + 1) % n)
		if (sendmmsg(fd[i], burst, BURST, 0) < 0 && errno != ENOBUFS && errno != EAGAIN && errno != ECONNREFUSED)
			return;
}

static void echo(const char *port)
{
	struct sockaddr_in any = address("0.0.0.0", port), from;
	int fd = udp(&any, NULL);
	char text[2048];

	for (;;) {
		socklen_t len = sizeof(from);
		ssize_t n = recvfrom(fd, text, sizeof(text), 0, (struct sockaddr *)&from, &len);

		if (n >= 0 && sendto(fd, text, (size_t)n, 0, (struct sockaddr *)&from, len) < 0)
			perror("udp_load: echo");
	}
}

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static int ping(const struct sockaddr_in *to, size_t n)
{
	struct timeval limit = { .tv_sec = 1 };
	double *took = calloc(n, sizeof(*took));
	size_t got = 0, lost = 0;
	int fd = udp(NULL, to);
	char text[64];

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	for (size_t i = 0; took && i < n + WARM_UP; i++) {
		double start = now_us();
		size_t number;

		if (send(fd, &i, sizeof(i), 0) < 0)
			continue;
		/* An answer to an earlier one that was given up is not this one's. */
		do {
			if (recv(fd, text, sizeof(text), 0) != (ssize_t)sizeof(i)) {
				lost++;
				break;
			}
			memcpy(&number, text, sizeof(number));
			if (number == i && i >= WARM_UP)
				took[got++] = now_us() - start;
		} while (number != i);
	}
	if (got == 0)
		return 1;
	qsort(took, got, sizeof(*took), ascending);
	printf("%.1f %.1f %zu\n", took[got / 2], took[got * 99 / 100], lost);
	free(took);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc > 5 && strcmp(argv[1], "flood") == 0) {
		struct sockaddr_in to = address(argv[2], argv[3]);

		flood(&to, (size_t)strtoul(argv[4], NULL, 10), argv + 5, (size_t)argc - 5);
		perror("udp_load: flood");
		return 1;
	}
	if (argc == 3 && strcmp(argv[1], "echo") == 0)
		echo(argv[2]);
	if (argc == 5 && strcmp(argv[1], "ping") == 0) {
		struct sockaddr_in to = address(argv[2], argv[3]);

		return ping(&to, (size_t)strtoul(argv[4], NULL, 10));
	}
	fprintf(stderr, "usage: udp_load flood|echo|ping ...\n");
	return 2;
}
