// The smallest C guest: arguments, environment, standard streams, status.
// options:
// args: one two
// arg: three and four
// env: GREETING=hello
// stdin: a line
// exit: 7
// stdout: hello from 4 arguments
// stdout: last: three and four
// stdout: read: a line
// stderr: done
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
	const char *greeting = getenv("GREETING");
	char line[64];

	if (greeting == NULL)
		return 1;
	printf("%s from %d arguments\n", greeting, argc);
	printf("last: %s\n", argv[argc - 1]);
	if (fgets(line, sizeof(line), stdin) == NULL)
		return 2;
	printf("read: %s", line);
	fprintf(stderr, "done\n");
	return 7;
}
