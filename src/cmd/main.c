/* pinhole: a table of subcommands. */
#include "cmd/cmd.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct cmd_command *const commands[] = { &cmd_replay, &cmd_run, &cmd_ctl, &cmd_check, &cmd_helpers };

#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static const char *command_name(const void *arg, size_t i)
{
	(void)arg;
	return i < N_COMMANDS ? commands[i]->name : i == N_COMMANDS ? "help" : NULL;
}

static const struct cmd_command *command_find(const char *name)
{
	for (size_t i = 0; i < N_COMMANDS; i++)
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	return NULL;
}

static enum cmd_exit unknown_command(const char *word)
{
	const char *near = cmd_nearest(word, command_name, NULL);

	if (near)
		cmd_error("'%s' is no command; did you mean '%s'? 'pinhole help' lists all", word, near);
	else
		cmd_error("'%s' is no command; 'pinhole help' lists all", word);
	return CMD_REFUSED;
}

static void overview(FILE *to)
{
	fprintf(to, "Usage: pinhole COMMAND [OPTION]... [ARGUMENT]...\n\n"
	            "Connection tracking, helpers and iptables rules in user space.\n\nCommands:\n");
	for (size_t i = 0; i < N_COMMANDS; i++)
		fprintf(to, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
	fprintf(to, "  %-10s %s\n\n", "help", "explain a command: pinhole help COMMAND");
	fprintf(to, "      --help     this text; 'pinhole COMMAND --help' is the same as 'pinhole help COMMAND'\n"
	            "      --version  print the version\n\n"
	            "Exit status: 0 all went well; 1 the input was damaged or output could not be written;\n"
	            "2 wrong usage, or a policy with errors.\n");
}

static enum cmd_exit help(const char *name)
{
	const struct cmd_command *command;

	if (!name) {
		overview(stdout);
		return CMD_OK;
	}
	command = command_find(name);
	if (!command)
		return unknown_command(name);
	fputs(command->help, stdout);
	return CMD_OK;
}

static bool asks_for_help(int argc, char **argv)
{
	for (int i = 2; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--help") == 0)
			return true;
	return false;
}

static enum cmd_exit dispatch(int argc, char **argv)
{
	const struct cmd_command *command;
	char name[64];

	if (argc < 2) {
		overview(stderr);
		return CMD_REFUSED;
	}
	if (strcmp(argv[1], "--version") == 0) {
		printf("pinhole %s\n", ph_version());
		return CMD_OK;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		return help(NULL);
	if (strcmp(argv[1], "help") == 0)
		return help(argc > 2 ? argv[2] : NULL);
	command = command_find(argv[1]);
	if (!command)
		return unknown_command(argv[1]);
	if (!command->passes_on && asks_for_help(argc, argv))
		return help(argv[1]);
	/* getopt begins its complaints with argv[0]. */
	snprintf(name, sizeof(name), "pinhole %s", command->name);
	argv[1] = name;
	return command->run(argc - 1, argv + 1);
}

/* A socket must not become standard output because that was closed: what is printed would be sent. What takes its place fails. */
static bool has_standard_files(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
			return false;
	return true;
}

int main(int argc, char **argv)
{
	if (!has_standard_files())
		return CMD_TROUBLE;
	return (int)cmd_finish(dispatch(argc, argv));
}
