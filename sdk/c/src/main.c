/*
 * What LUNATIC_MAIN adds to main(). Processes that are spawned call it as well,
 * but only in a module that has it, so that no other carries stdio along.
 */
#include <lunatic/main.h>
#include <stdio.h>

void lunatic_main_begin(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
}
