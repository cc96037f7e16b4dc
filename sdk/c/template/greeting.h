#ifndef GREETING_H
#define GREETING_H

#define GREETING_SIZE 80 /* bytes */

/* Writes what is said to a name; a bug makes it fail for some. */
void greeting(char text[GREETING_SIZE], const char *name);

#endif
