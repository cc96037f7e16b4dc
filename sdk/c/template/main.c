/* The first process: has each name on the command line greeted. */
#include <lunatic.h>
#include <stdio.h>

#include "server.h"

LUNATIC_MAIN(argc, argv)
{
	char text[GREETING_SIZE];
	int status = greeter_start();

	if (argc < 2)
		puts("usage: lunatic app.wasm NAME...");
	for (int i = 1; status == 0 && i < argc; i++) {
		int answer = greet(text, argv[i]);

		if (answer == 0)
			puts(text);
		else
			printf("no greeting for %s: %s\n", argv[i],
			       answer == LUNATIC_EDIED ? "the greeter has died"
						       : "no answer");
	}
	/* When the first process ends, so do all others. */
	return status == 0 ? 0 : 1;
}
