/* What the commands of a policy share while it is loaded. Owned by the policy, from its making to its end; one for all
 * texts, so that variables are known in the next one and warnings come once. */
#ifndef PH_RULE_TEXT_LOAD_H
#define PH_RULE_TEXT_LOAD_H

#include "rule/policy.h"
#include "rule/text/iptables.h"
#include "rule/text/shell.h"
#include "rule/text/vars.h"

struct ph_policy_load {
	struct ph_rule_load rules;              /* file, diags and lenient of the text that is being loaded */
	struct ph_policy *policy;               /* that owns this */
	struct ph_vars vars;
	bool forwarding_off[2];                 /* IPv4, IPv6: the last word so far */
};

/* A complaint about a word of the text. */
void ph_load_error(struct ph_policy_load *load, const struct ph_word *at, const char *fmt, ...) PH_PRINTF(3, 4);
void ph_load_warn(struct ph_policy_load *load, const struct ph_word *at, const char *fmt, ...) PH_PRINTF(3, 4);

/* A failure that nobody complained about is a lack of memory; it must not pass for success. errors: how many there were
 * before. */
void ph_load_status(struct ph_policy_load *load, const struct ph_word *at, enum ph_status status, size_t errors);

/* Runs one command: finds it in the table of commands and hands it its words. Complaints go to the collector. */
void ph_command_run(struct ph_policy_load *load, const struct ph_shell_cmd *cmd);

/* The family that a command of iptables is for: 0 IPv4, 1 IPv6; -1: another command. name: without a path. */
int ph_command_family(const char *name);
/* Behind the last slash: /sbin/iptables is iptables. */
const char *ph_command_name(const char *path);
/* Runs iptables of that family (0 or 1). */
enum ph_status ph_cmd_iptables(struct ph_policy_load *load, const struct ph_shell_cmd *cmd, unsigned family);

/* The commands that fill a file of their own. word[0] is the command's name. */
void ph_cmd_modprobe(struct ph_policy_load *load, const struct ph_shell_cmd *cmd);
void ph_cmd_insmod(struct ph_policy_load *load, const struct ph_shell_cmd *cmd);
void ph_cmd_sysctl(struct ph_policy_load *load, const struct ph_shell_cmd *cmd);
void ph_cmd_echo(struct ph_policy_load *load, const struct ph_shell_cmd *cmd);
void ph_cmd_ipset(struct ph_policy_load *load, const struct ph_shell_cmd *cmd);
void ph_cmd_ip(struct ph_policy_load *load, const struct ph_shell_cmd *cmd);

/* One option of a module, as modprobe or /sys/module/MODULE/parameters/NAME give it. option: "NAME=VALUE" or "NAME". */
void ph_load_module_option(struct ph_policy_load *load, const struct ph_word *at, const char *module, const char *option);

/* One sysctl. key: with slashes, below /proc/sys, may hold * and ?. value: as typed. */
void ph_load_sysctl(struct ph_policy_load *load, const struct ph_word *at, const char *key, const char *value);

/* What a key that ph_load_sysctl knows is set to. key: as there, no pattern. False: none that is kept. */
PH_MUST_CHECK bool ph_load_sysctl_get(const struct ph_policy_load *load, const char *key, uint32_t *out);

/* Shell patterns of file names: * (any bytes), ? (one byte), anything else itself. */
bool ph_glob_match(const char *pattern, const char *text);

/* A number as the kernel's files take it: decimal, 0x..., 0... (octal), perhaps a minus. False: no number, or outside
 * +-max (max at most INT64_MAX / 16). */
PH_MUST_CHECK bool ph_load_number(const char *text, size_t len, int64_t max, int64_t *out);

/* Copies len bytes into a terminated buffer of size bytes. False: too long. */
PH_MUST_CHECK bool ph_load_copy(char *out, size_t size, const char *text, size_t len);

/* JSON of `ip -j addr` and `ip -j route`. family: of routes that do not show theirs, or 0. */
void ph_load_json(struct ph_policy_load *load, const char *text, size_t len, uint8_t family);

/* What `ipset save` prints. */
void ph_load_ipset(struct ph_policy_load *load, const char *text, size_t len);

/* What a text is. */
enum ph_form { PH_FORM_COMMANDS = 0, PH_FORM_SAVE, PH_FORM_JSON, PH_FORM_IPSET };
enum ph_form ph_detect_form(const char *text, size_t len);

/* The family of a save file: what it says of itself, then its name, then `given`, then what its addresses and protocols
 * show. 0: cannot be told; *mixed: because it holds both. */
uint8_t ph_detect_family(const char *name, uint8_t given, const char *text, size_t len, bool *mixed);

#endif
