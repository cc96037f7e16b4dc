/*
 * What LUNATIC_MAIN adds to main(). Spawned processes call it as well, but only
 * in a module that contains it, so that other modules do not need stdio.
 */
#include <lunatic/main.h>
#include <stdio.h>

#include "internal.h"

void lunatic_main_begin(void)
{
	if (lunatic_constructors != NULL)
		lunatic_constructors();
	setvbuf(stdout, NULL, _IOLBF, 0);
}

int lunatic_main_end(int status)
{
	if (lunatic_destructors != NULL)
		lunatic_destructors();
	return status;
}
