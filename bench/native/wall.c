/*
 * Runs a command again and again and reports how long each run took, from
 * before the fork until its end was noticed:
 *
 *   wall SERIES TIMES COMMAND [ARGUMENT...]
 *
 * The command's standard output goes to /dev/null. A run that fails ends this
 * program with status 1.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void become(char **command)
{
	int null = open("/dev/null", O_WRONLY);

	if (null >= 0)
		dup2(null, STDOUT_FILENO);
	execvp(command[0], command);
	fprintf(stderr, "wall: %s: %s\n", command[0], strerror(errno));
	_exit(127);
}

int main(int argc, char **argv)
{
	long times = argc > 3 ? strtol(argv[2], NULL, 10) : 0;

	if (times < 1) {
		fprintf(stderr, "usage: wall SERIES TIMES COMMAND...\n");
		return 2;
	}
	for (long i = 0; i < times; i++) {
		uint64_t start = now();
		pid_t child = fork();
		int status;

		if (child < 0)
			return 1;
		if (child == 0)
			become(argv + 3);
		if (waitpid(child, &status, 0) < 0 || status != 0)
			return 1;
		printf("%s %llu\n", argv[1],
		       (unsigned long long)(now() - start));
	}
	return 0;
}
