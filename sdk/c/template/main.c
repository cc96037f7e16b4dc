/* Starts a process for each name on the command line. */
#include <lunatic.h>
#include <stdio.h>
#include <string.h>

#include "greeting.h"

static void greet(const void *name, size_t size)
{
	char text[GREETING_SIZE];
	char copy[64] = "";

	memcpy(copy, name, size < sizeof(copy) ? size : sizeof(copy) - 1);
	greeting(text, copy);
	puts(text);
}

LUNATIC_MAIN(argc, argv)
{
	if (argc < 2)
		puts("usage: lunatic app.wasm NAME...");
	for (int i = 1; i < argc; i++)
		lunatic_spawn_bytes(NULL, NULL, greet, argv[i],
				    strlen(argv[i]));
	/* When the first process ends, so do all others. */
	lunatic_sleep(100);
	return 0;
}
