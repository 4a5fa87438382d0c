/* `mocknode record`: makes a fixture out of what a node says. */
#ifndef RECORD_H
#define RECORD_H

/* Parses its own arguments (argv[0] is the subcommand's name), reports on standard error and
 * returns the process's exit status. */
int record_main(int argc, char **argv);

#endif
