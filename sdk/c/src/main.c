/*
 * What LUNATIC_MAIN adds to main(). Spawned processes call it as well, but only
 * in a module that contains it, so that other modules do not need stdio.
 */
#include <lunatic/main.h>
#include <stdio.h>

void lunatic_main_begin(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
}
