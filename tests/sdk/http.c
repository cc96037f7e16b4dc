// What the library does without a request: forms, and saying that there is
// none.
//
// stdout: passed
// stderr~ this process answers no request
#include <lunatic.h>
#include <stdio.h>
#include <string.h>

#define FORM "a=1&b=%C3%A4+%2B&c&=x&d%3D=%&e=%00&a=2&long=0123456789"

static void is(const char *name, const char *want)
{
	char value[8];

	LUNATIC_CHECK_EQ(lunatic_http_form(FORM, name, value, sizeof(value)),
			 0);
	LUNATIC_CHECK(strcmp(value, want) == 0);
}

static void fails(const char *name, int status)
{
	char value[8] = "old";

	LUNATIC_CHECK_EQ(lunatic_http_form(FORM, name, value, sizeof(value)),
			 status);
	LUNATIC_CHECK(value[0] == '\0');
}

static void serve(void)
{
	lunatic_http_serve(NULL);
}

LUNATIC_MAIN(argc, argv)
{
	struct lunatic_spawn how = { .link = lunatic_tag_new() };
	struct lunatic_reader mail;

	is("a", "1");
	is("b", "\xc3\xa4 +");
	is("c", "");
	is("", "x");
	fails("d=", LUNATIC_EFORMAT);
	fails("e", LUNATIC_EFORMAT);
	fails("f", LUNATIC_ENOTFOUND);
	fails("aa", LUNATIC_ENOTFOUND);
	fails("long", LUNATIC_ETOOLONG);
	LUNATIC_CHECK_EQ(lunatic_http_form("", "a", NULL, 0),
			 LUNATIC_ENOTFOUND);
	lunatic_links_catch();
	LUNATIC_CHECK_EQ(lunatic_spawn(NULL, &how, serve), 0);
	LUNATIC_CHECK_EQ(lunatic_receive(&mail, LUNATIC_FOREVER),
			 LUNATIC_LINK_DIED);
	puts("passed");
	return 0;
}
