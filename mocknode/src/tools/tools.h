/* The subcommands that check, join and compare fixtures. Each parses its own arguments (argv[0] is
 * the subcommand's name), reports on standard error and returns the process's exit status. */
#ifndef TOOLS_TOOLS_H
#define TOOLS_TOOLS_H

int verify_main(int argc, char **argv);
int merge_main(int argc, char **argv);
int diff_main(int argc, char **argv);
int stats_main(int argc, char **argv);

#endif
