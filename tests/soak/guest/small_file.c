// How long a small file takes beside processes of the same environment that
// write 512 MiB in one call, again and again, below /w. Prints the longest time
// in milliseconds, without and with them.
//
//   small_file.wasm WRITERS
#include "../../guest/check.h"

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#define BULK ((size_t)512 << 20)
#define ROUNDS 400

static double now_ms(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

ENTRY(writer)(int32_t number)
{
	char name[32];
	char *bytes = malloc(BULK);
	int fd;

	snprintf(name, sizeof(name), "/w/bulk%d", (int)number);
	fd = open(name, O_CREAT | O_RDWR, 0600);
	CHECK(bytes != NULL && fd >= 0);
	memset(bytes, 1, BULK);
	for (;;) {
		CHECK(lseek(fd, 0, SEEK_SET) == 0);
		/* All of it, though it is done in steps. */
		CHECK(write(fd, bytes, BULK) == (ssize_t)BULK);
	}
}

static double small_file(void)
{
	double begin = now_ms();
	int fd = open("/w/small", O_CREAT | O_RDWR, 0600);

	CHECK(fd >= 0);
	CHECK(write(fd, "x", 1) == 1);
	CHECK(close(fd) == 0);
	CHECK(unlink("/w/small") == 0);
	return now_ms() - begin;
}

static double longest(void)
{
	double max = 0;

	for (int i = 0; i < ROUNDS; i++) {
		double took = small_file();

		if (took > max)
			max = took;
		lunatic_process_sleep_ms(10);
	}
	return max;
}

int main(int argc, char **argv)
{
	int writers = argc > 1 ? atoi(argv[1]) : 8;
	double alone = longest();

	for (int i = 0; i < writers; i++)
		spawn_with("writer", 0, i);
	lunatic_process_sleep_ms(3000);
	printf("%.1f %.1f\n", alone, longest());
	return 0;
}
