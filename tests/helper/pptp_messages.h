/* PPTP messages by name, as the spec of helpers has them in 3.9: for the tests of the helper and of the engine. */
#ifndef TEST_HELPER_PPTP_MESSAGES_H
#define TEST_HELPER_PPTP_MESSAGES_H

#include <string.h>
#include "engine/world.h"

/* Call ids: of the client, of the server, and others of theirs (a name ends in x or y). */
enum { X = 1111, Y = 2222, OTHER_X = 1112, OTHER_Y = 3333 };

static const struct {
	const char *name;
	bool back;                      /* of the server */
	const char *hex;
	size_t len;                     /* filled up with zeros */
} messages[] = {
	{ "1", false, "009c 0001 1a2b3c4d 0001 0000 0100 0000", 156 },
	{ "2", true, "009c 0001 1a2b3c4d 0002 0000 0100 01 00", 156 },
	{ "2e", true, "009c 0001 1a2b3c4d 0002 0000 0100 02 00", 156 },
	{ "3", false, "0010 0001 1a2b3c4d 0003 0000 01 000000", 16 },
	{ "4", true, "0010 0001 1a2b3c4d 0004 0000 01 000000", 16 },
	{ "4e", true, "0010 0001 1a2b3c4d 0004 0000 02 000000", 16 },
	{ "5", true, "0010 0001 1a2b3c4d 0005 0000 00000007", 16 },
	{ "7", false, "00a8 0001 1a2b3c4d 0007 0000 0457 0001", 168 },
	{ "7x", false, "00a8 0001 1a2b3c4d 0007 0000 0458 0001", 168 },
	{ "8", true, "0020 0001 1a2b3c4d 0008 0000 08ae 0457 01 00", 32 },
	{ "8x", true, "0020 0001 1a2b3c4d 0008 0000 08ae 0458 01 00", 32 },
	{ "8y", true, "0020 0001 1a2b3c4d 0008 0000 0d05 0457 01 00", 32 },
	{ "7s", false, "00a8 0001 1a2b3c4d 0007 0000 08ae 0001", 168 },
	{ "8s", true, "0020 0001 1a2b3c4d 0008 0000 0457 08ae 01 00", 32 },
	{ "8e", true, "0020 0001 1a2b3c4d 0008 0000 08ae 0457 02 00", 32 },
	{ "9", true, "00dc 0001 1a2b3c4d 0009 0000 08ae 0001", 220 },
	{ "9y", true, "00dc 0001 1a2b3c4d 0009 0000 0d05 0001", 220 },
	{ "10", false, "0018 0001 1a2b3c4d 000a 0000 0457 08ae 01 00", 24 },
	{ "10x", false, "0018 0001 1a2b3c4d 000a 0000 0458 08ae 01 00", 24 },
	{ "10y", false, "0018 0001 1a2b3c4d 000a 0000 0457 0d05 01 00", 24 },
	{ "10e", false, "0018 0001 1a2b3c4d 000a 0000 0457 08ae 03 00", 24 },
	{ "11", true, "001c 0001 1a2b3c4d 000b 0000 0457 0000", 28 },
	{ "11x", true, "001c 0001 1a2b3c4d 000b 0000 0458 0000", 28 },
	{ "12", false, "0010 0001 1a2b3c4d 000c 0000 0457 0000", 16 },
	{ "13", true, "0094 0001 1a2b3c4d 000d 0000 08ae 04 00", 148 },
	{ "13y", true, "0094 0001 1a2b3c4d 000d 0000 0d05 04 00", 148 },
	{ "14", true, "0028 0001 1a2b3c4d 000e 0000 0457 0000", 40 },
	{ "15", true, "0018 0001 1a2b3c4d 000f 0000 0457 0000", 24 },
	{ "0", false, "0010 0001 1a2b3c4d 0000 0000 0457 0000", 16 },
	{ "16", true, "0010 0001 1a2b3c4d 0010 0000 0457 0000", 16 },
	{ "ffff", true, "0010 0001 1a2b3c4d ffff 0000 0457 0000", 16 },
	{ "8cookie", true, "0020 0001 1a2b3c4e 0008 0000 08ae 0457 01 00", 32 },
	{ "8kind", true, "0020 0002 1a2b3c4d 0008 0000 08ae 0457 01 00", 32 },
	{ "8length", true, "03e7 0001 1a2b3c4d 0008 ffff 08ae 0457 01 00", 32 },
	{ "8short", true, "0020 0001 1a2b3c4d 0008 0000 08ae 0457 01 00", 31 },
};

struct bytes {
	uint8_t data[256];
	size_t len;
	bool back;
};

/* name: as above, with a '!' in front from the wrong side. */
static inline struct bytes message(const char *name)
{
	struct bytes out = { 0 };
	bool wrong_side = *name == '!';

	for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
		if (strcmp(messages[i].name, name + wrong_side) != 0)
			continue;
		assert_true(hex_bytes(messages[i].hex, out.data, sizeof(out.data)) <= messages[i].len);
		out.len = messages[i].len;
		out.back = messages[i].back != wrong_side;
		return out;
	}
	fail_msg("no message %s", name);
	return out;
}

#endif
