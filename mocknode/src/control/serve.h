/* `mocknode serve`. */
#ifndef CONTROL_SERVE_H
#define CONTROL_SERVE_H

/* argv[0] is "serve". Returns the process's exit status: 0; 1 when it could not serve; 2 for a
 * wrong command line; 3 when a request was unmatched. */
int serve_main(int argc, char **argv);

#endif
