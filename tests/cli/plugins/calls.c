/* A plugin that calls each host function of lunatic::plugin, rightly and
 * wrongly, and says what it finds to be otherwise than it should. */
#include <lunatic/abi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition)                                               \
	do {                                                           \
		if (!(condition)) {                                    \
			printf("line %d: %s\n", __LINE__, #condition); \
			exit(3);                                       \
		}                                                      \
	} while (0)

static uint64_t id;

static void expect_error(uint32_t result, const char *text)
{
	char buffer[256];
	uint32_t size;

	CHECK(result == 1);
	size = lunatic_error_string_size(id);
	CHECK(size < sizeof(buffer));
	lunatic_error_to_string(id, buffer);
	buffer[size] = '\0';
	if (strstr(buffer, text) == NULL) {
		printf("'%s' instead of '%s'\n", buffer, text);
		exit(3);
	}
	lunatic_error_drop(id);
}

static uint32_t find(const char *name)
{
	CHECK(lunatic_plugin_find_function(name, strlen(name), &id) == 0);
	return (uint32_t)id;
}

static void check_errors(void)
{
	static const uint8_t code[] = { 0x0b };
	static const uint8_t odd[] = { 1, 0, 0, 0, 0x40 };
	uint8_t none;

	expect_error(lunatic_plugin_add_function_type(odd, 5, NULL, 0, &id),
		     "a type is not one of");
	expect_error(lunatic_plugin_add_function(9999, NULL, 0, code, 1, &id),
		     "no such type");
	expect_error(lunatic_plugin_add_function(0, odd, 5, code, 1, &id),
		     "locals");
	expect_error(lunatic_plugin_add_function(0, odd, 4, code, 1, &id),
		     "locals");
	expect_error(
		lunatic_plugin_add_function_import("a", 1, "b", 1, 9999, &id),
		"no such type");
	expect_error(lunatic_plugin_find_function("nothing", 7, &id),
		     "no function has that name");
	expect_error(lunatic_plugin_copy_function(0, &id), "imported");
	expect_error(lunatic_plugin_copy_function(9999, &id), "not exist");
	expect_error(lunatic_plugin_replace_function(0, NULL, 0, code, 1, &id),
		     "imported");
	none = 7;
	CHECK(lunatic_plugin_function_type(find("answer"), &none, 1) == 2);
	CHECK(none == 7);
}

/* answer() becomes its copy's result plus version::minor(). */
static void change(void)
{
	uint8_t code[] = { 0x10, 0, 0x10, 0, 0x6a, 0x0b };
	static const uint8_t i32 = 0x7f;
	uint32_t answer = find("answer");
	uint8_t type[2];

	CHECK(lunatic_plugin_function_type(answer, type, 2) == 2);
	CHECK(type[0] == 0 && type[1] == 0x7f);
	CHECK(lunatic_plugin_add_function_type(NULL, 0, &i32, 1, &id) == 0);
	CHECK(lunatic_plugin_add_function_import("lunatic::version", 16,
						 "minor", 5, (uint32_t)id,
						 &id) == 0);
	code[3] = (uint8_t)id;
	CHECK(lunatic_plugin_copy_function(answer, &id) == 0);
	code[1] = (uint8_t)id;
	CHECK(lunatic_plugin_replace_function(answer, NULL, 0, code,
					      sizeof(code), &id) == 0);
	CHECK(id == answer);
	lunatic_plugin_add_function_export("also", 4, answer);
	CHECK(find("also") == answer);
}

__attribute__((export_name("lunatic_create_module_hook"))) void
lunatic_create_module_hook(void)
{
	check_errors();
	change();
	printf("changed\n");
	fflush(stdout);
}
