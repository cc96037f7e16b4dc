// What makes spawning fail: an error with a text, and the parent goes on.
//
// stdout: passed
#include "../check.h"

static uint8_t params[20 * PARAM_SIZE];

ENTRY(none)(void)
{
}

ENTRY(int_)(int32_t a)
{
	(void)a;
}

ENTRY(two)(int32_t a, int64_t b)
{
	(void)a;
	(void)b;
}

ENTRY(float_)(float a)
{
	(void)a;
}

// The text of the error of a spawn that must fail.
static const char *error_of(const char *name, size_t name_len, size_t count)
{
	static char text[1000];
	uint64_t id = 12345;
	uint32_t size;

	CHECK_EQ(lunatic_process_inherit_spawn(5, name, name_len, params,
					       count * PARAM_SIZE, &id),
		 1);
	size = lunatic_error_string_size(id);
	CHECK(size > 0 && size < sizeof(text));
	memset(text, '#', sizeof(text));
	lunatic_error_to_string(id, text);
	CHECK_EQ(text[size], '#');
	CHECK(text[size - 1] != '\0');
	text[size] = '\0';
	lunatic_error_drop(id);
	return text;
}

static void types(const char *list)
{
	for (size_t i = 0; list[i] != '\0'; i++)
		params[i * PARAM_SIZE] = list[i] == 'i'   ? I32
					 : list[i] == 'I' ? I64
							  : V128;
}

static void must_say(const char *name, const char *list, const char *word)
{
	types(list);
	CHECK(strstr(error_of(name, strlen(name), strlen(list)), word) != NULL);
}

static void names(void)
{
	static char long_name[100000];

	must_say("nothing", "", "nothing");
	must_say("", "", "");
	must_say("NONE", "", "NONE");
	must_say("non", "", "non");
	must_say("none ", "", "none");
	// Not functions.
	must_say("memory", "", "memory");
	// A zero inside is part of the name.
	error_of("none\0", 5, 0);
	error_of("\0", 1, 0);
	// A long name does not make a long text.
	memset(long_name, 'x', sizeof(long_name));
	error_of(long_name, sizeof(long_name), 0);
	// Names in UTF-8 are shown as they are.
	must_say("gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80", "", "gr\xc3\xbc");
}

static void parameters(void)
{
	must_say("none", "i", "none");
	must_say("int_", "", "int_");
	must_say("int_", "I", "int_");
	must_say("int_", "V", "int_");
	must_say("int_", "ii", "int_");
	must_say("two", "iV", "two");
	must_say("two", "Ii", "two");
	must_say("two", "iIi", "two");
	must_say("two", "i", "two");
	// No encoding of parameters has this type.
	must_say("float_", "i", "float_");
	must_say("float_", "", "float_");
}

int main(void)
{
	uint64_t id;

	names();
	parameters();
	// No error was a process that failed, and spawning still works.
	expect_nothing();
	CHECK_EQ(lunatic_process_inherit_spawn(0, "none", 4, NULL, 0, &id), 0);
	for (int i = 0; i < 1000; i++)
		must_say("nothing", "", "nothing");
	puts("passed");
	return 0;
}
