/* Interface names of a pcapng file, packet by packet: libpcap reads the packets, but does not tell the names.
 *
 * A second, small walk over the same file, in step with libpcap: one call for each packet it returned. It reads block
 * headers and the if_name options, skips the rest, and gives up quietly (no names any more) on anything it does not
 * understand: libpcap is the one that complains. */
#ifndef PH_IO_PCAPNG_H
#define PH_IO_PCAPNG_H

#include <pinhole/base.h>

struct ph_pcapng;

/* fd: a regular file, read with pread only, borrowed: must stay open until ph_pcapng_free. NULL: no pcapng, or no memory. */
struct ph_pcapng *ph_pcapng_new(int fd);
void ph_pcapng_free(struct ph_pcapng *walk);

/* Moves to the next packet and returns the name its interface was given, NULL if it has none.
 * Good until the next call. */
const char *ph_pcapng_next(struct ph_pcapng *walk);

#endif
