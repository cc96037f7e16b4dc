#ifndef GREETING_H
#define GREETING_H

#define GREETING_SIZE 80 /* bytes */

/* Writes "hello, NAME" for a name, or for the world when it is empty. */
void greeting(char text[GREETING_SIZE], const char *name);

#endif
