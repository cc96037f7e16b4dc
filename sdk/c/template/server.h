#ifndef SERVER_H
#define SERVER_H

#include "greeting.h"

/* Starts a supervisor, which starts the greeter, and starts it anew when it
 * fails. 0, or a status (LUNATIC_E...). */
int greeter_start(void);

/* Asks the greeter, as soon as there is one. 0, or a status. */
int greet(char text[GREETING_SIZE], const char *name);

#endif
