/* The program as the first process of a container. */
#ifndef LN_CLI_PID_ONE_H
#define LN_CLI_PID_ONE_H

/* Returns at once when this is not process 1. Otherwise all else is done by a
 * child, in which it returns: this process passes signals on to it, takes care
 * of the ends of orphans, and exits as the child does. While there is only one
 * thread. */
void ln_cli_be_first(void);

#endif
