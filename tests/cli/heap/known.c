/* A guest whose allocations are known. Its argument tells how it ends: none,
 * trap, exit, or fail: with allocations that fail. */
#include <stdlib.h>
#include <string.h>

void *volatile kept[4];

__attribute__((noinline)) void keep(void)
{
	kept[0] = malloc(1000);
	kept[1] = calloc(10, 200);
}

__attribute__((noinline)) void *borrow(size_t size)
{
	void *block = malloc(size);
	memset(block, 1, size);
	return block;
}

__attribute__((noinline)) void work(void)
{
	char *block = borrow(50000);
	block = realloc(block, 60000);
	kept[2] = block;
	free(kept[2]);
	for (int i = 0; i < 10; i++) {
		void *small;
		if (posix_memalign(&small, 64, 128) != 0)
			abort();
		kept[3] = small;
		free(kept[3]);
	}
}

int main(int argc, char **argv)
{
	keep();
	work();
	if (argc < 2 || strcmp(argv[1], "none") == 0)
		return 0;
	if (strcmp(argv[1], "trap") == 0)
		__builtin_trap();
	if (strcmp(argv[1], "exit") == 0)
		exit(5);
	/* None of these gives anything, so none counts. */
	kept[3] = malloc((size_t)-64);
	kept[3] = calloc(1 << 20, 1 << 20);
	kept[0] = realloc(kept[0], (size_t)-64) == NULL ? kept[0] : NULL;
	return 0;
}
