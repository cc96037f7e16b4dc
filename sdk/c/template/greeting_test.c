/* Each test runs in a process of its own: make test. */
#include <lunatic.h>
#include <lunatic/test.h>
#include <string.h>

#include "server.h"

LUNATIC_TEST(greets_by_name)
{
	char text[GREETING_SIZE];

	greeting(text, "moon");
	LUNATIC_CHECK(strcmp(text, "hello, moon") == 0);
}

LUNATIC_TEST_FAILS(nobody_is_greeted, "nobody to greet")
{
	char text[GREETING_SIZE];

	greeting(text, "nobody");
}

LUNATIC_TEST(the_greeter_is_started_anew)
{
	char text[GREETING_SIZE];

	LUNATIC_CHECK_EQ(greeter_start(), 0);
	LUNATIC_CHECK_EQ(greet(text, "moon"), 0);
	LUNATIC_CHECK_EQ(greet(text, "nobody"), LUNATIC_EDIED);
	LUNATIC_CHECK_EQ(greet(text, "stars"), 0);
	LUNATIC_CHECK(strcmp(text, "hello, stars") == 0);
}
