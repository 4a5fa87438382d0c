/* The subcommands that make, check and compare fixtures. Each parses its own arguments (argv[0] is
 * the subcommand's name), reports on standard error and returns the process's exit status. */
#ifndef RECORD_RECORD_H
#define RECORD_RECORD_H

int record_main(int argc, char **argv); /* by plan, or as a proxy with --listen */
int verify_main(int argc, char **argv);
int merge_main(int argc, char **argv);
int diff_main(int argc, char **argv);
int stats_main(int argc, char **argv);

#endif
