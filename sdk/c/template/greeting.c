#include "greeting.h"

#include <stdio.h>

void greeting(char text[GREETING_SIZE], const char *name)
{
	snprintf(text, GREETING_SIZE, "hello, %s",
		 name[0] != '\0' ? name : "world");
}
