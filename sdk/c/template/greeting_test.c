/* Each test runs in a process of its own: make test. */
#include <lunatic.h>
#include <lunatic/test.h>
#include <string.h>

#include "greeting.h"

LUNATIC_TEST(greets_by_name)
{
	char text[GREETING_SIZE];

	greeting(text, "moon");
	LUNATIC_CHECK(strcmp(text, "hello, moon") == 0);
}

LUNATIC_TEST(greets_the_world)
{
	char text[GREETING_SIZE];

	greeting(text, "");
	LUNATIC_CHECK(strcmp(text, "hello, world") == 0);
}

LUNATIC_TEST_FAILS(a_trap_is_a_failure, "")
{
	__builtin_trap();
}
