/* The list of helpers, their names and the options given to their modules. */
#ifndef PH_HELPER_REGISTRY_H
#define PH_HELPER_REGISTRY_H

#include <pinhole/helper.h>
#include "helper/helper.h"

#define PH_HELPER_MAX 24        /* in the list; with PH_HELPER_PORTS names each, their numbers fit a byte */

/* All helpers, in the order `pinhole helpers` shows them; ended by NULL. */
extern const struct ph_helper *const ph_helpers[];

/* What the modules were told. Filled by ph_helper_option_set, read-only afterwards. */
struct ph_helper_options {
	struct {
		uint32_t value[PH_HELPER_OPTIONS];
		uint16_t port[PH_HELPER_PORTS];
		uint8_t n_ports;                /* 0: the default port */
		bool loaded;                    /* modprobe named it */
	} module[PH_HELPER_MAX];                /* by index in ph_helpers; helpers of one module hold equal values */
};

void ph_helper_options_init(struct ph_helper_options *options);

/* modprobe MODULE NAME=VALUE. module: with '-' or '_' and with or without "nf_conntrack_"; name: NULL when there are no
 * options; value: as typed, NULL without '='. Numbers as the kernel reads them: decimal, 0x..., 0... octal.
 * PH_OK; PH_NOT_FOUND: no such module (*what = "module") or option (*what = "option"); PH_INVALID: the value (*what = the
 * bounds or words it takes, a constant). *what is set unless PH_OK. */
enum ph_status ph_helper_option_set(struct ph_helper_options *options, const char *module, const char *name,
                                    const char *value, const char **what);

/* The number (from 1) of the helper that CT --helper NAME means for a family (PH_IPV4, PH_IPV6) and protocol, under the
 * names its module's ports make ("ftp-2121", "irc-1"); PH_HELPER_NONE if there is none. A number stands for helper and
 * name together. */
uint8_t ph_helper_find(const struct ph_helper_options *options, const char *name, uint8_t family, uint8_t proto);

/* The number of a helper under its first name: for child helpers. PH_HELPER_NONE if it is not in the list. */
uint8_t ph_helper_number(const struct ph_helper *helper);

/* The first number of the helper of a number, which may be under another of its names. number: not PH_HELPER_NONE. */
uint8_t ph_helper_first(uint8_t number);

/* The i-th helper under these options, in words; false: no more. */
bool ph_helper_describe(const struct ph_helper_options *options, size_t i, struct ph_helper_info *out);

/* What a number stands for; NULL for none. name: "ftp-2121" and the like, at most 15 characters, into room of 16; returns name. */
const struct ph_helper *ph_helper_of(uint8_t number);
const char *ph_helper_name(const struct ph_helper_options *options, uint8_t number, char name[16]);
/* The option values of the module of a number, and the class limits under them. number: not PH_HELPER_NONE. */
const uint32_t *ph_helper_values(const struct ph_helper_options *options, uint8_t number);
void ph_helper_limits(const struct ph_helper_options *options, uint8_t number,
                      struct ph_expect_policy policy[PH_EXPECT_CLASSES]);
/* The names of the helper with this first number, by its module's ports. Returns how many. */
size_t ph_helper_names(const struct ph_helper_options *options, uint8_t number,
                       struct ph_helper_name_info names[PH_HELPER_PORTS]);
/* The helper that registered this port, for automatic assignment (nf_conntrack_helper=1): number or PH_HELPER_NONE. */
uint8_t ph_helper_by_port(const struct ph_helper_options *options, uint8_t family, uint8_t proto, uint16_t port);

#endif
