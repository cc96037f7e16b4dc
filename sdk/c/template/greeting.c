#include "greeting.h"

#include <lunatic/test.h>
#include <stdio.h>
#include <string.h>

void greeting(char text[GREETING_SIZE], const char *name)
{
	if (strcmp(name, "nobody") == 0)
		LUNATIC_PANIC("there is nobody to greet");
	snprintf(text, GREETING_SIZE, "hello, %s", name);
}
