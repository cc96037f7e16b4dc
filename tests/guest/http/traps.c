// What traps: numbers that name nothing, memory that is not there.
//
// stdout: passed
// stderr~ there is no part 5 of a request
// stderr~ there is no list 2 of fields
// stderr~ `flags` is 4, above 3
// stderr~ `events` is 0, not from 1 to 15
// stderr~ `events` is 16, not from 1 to 15
// stderr~ argument `data` points outside
#include "../check.h"

#include <lunatic.h>

#define OUTSIDE ((void *)0xfffffff0)

static void part(void)
{
	lunatic_exchange_request(5, NULL, 0);
}

static void list(void)
{
	lunatic_exchange_count_fields(2);
}

static void flags(void)
{
	uint64_t id;

	lunatic_exchange_respond(200, NULL, 0, NULL, 0, 4, &id);
}

static void nothing(void)
{
	lunatic_exchange_wait(0, 0);
}

static void unknown(void)
{
	lunatic_exchange_wait(16, 0);
}

static void outside(void)
{
	uint64_t id;

	lunatic_exchange_read(OUTSIDE, 100, 0, &id);
}

LUNATIC_MAIN(argc, argv)
{
	void (*const all[])(void) = { part,    list,    flags,
				      nothing, unknown, outside };

	lunatic_links_catch();
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct lunatic_spawn how = { .link = lunatic_tag_new() };
		struct lunatic_reader mail;

		CHECK_EQ(lunatic_spawn(NULL, &how, all[i]), 0);
		CHECK_EQ(lunatic_receive(&mail, LUNATIC_FOREVER),
			 LUNATIC_LINK_DIED);
	}
	puts("passed");
	return 0;
}
