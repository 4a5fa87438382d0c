/* `mocknode script`: checks scripts, and says what they may hold. */
#ifndef SCRIPT_H
#define SCRIPT_H

/* Parses its own arguments (argv[0] is the subcommand's name), reports on standard error and
 * returns the process's exit status. */
int script_main(int argc, char **argv);

#endif
