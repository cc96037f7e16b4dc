// Configurations: what they say, what processes may then do, and that nobody
// gets more than he has.
//
// setup: mkdir -p shared/inner && echo text >shared/inner/file
// options: --dir shared
// stdout: passed
// stderr~ trapped: Process doesn't have permiss.*spawn\)$
// stderr~ trapped: .*fuel
// stderr~ trapped: .*memory
// stderr~ trapped: process configuration 77 doe.*config_set_max_memory\)$
// stderr~ trapped: process configuration 77 doe.*drop_config\)$
// stderr~ trapped: an argument or.*config_add_environment_variable\)$
// stderr~ trapped: the text is.*config_add_command_line_argument\)$
// stderr~ trapped: a configuration may have.*config_preopen_dir\)$
#include "../check.h"

#include <errno.h>
#include <wasi/api.h>

static const char tiny[] = "\0asm\1\0\0";

static uint64_t spawn_in(uint64_t config, const char *entry, int64_t link)
{
	uint8_t params[PARAM_SIZE] = { I64 };
	uint64_t self = lunatic_process_process_id();
	uint64_t id = 0;
	uint32_t result;

	memcpy(params + 1, &self, sizeof(self));
	result = try_spawn(config, entry, link, params, sizeof(params), &id);
	if (result != 0)
		check_error(id, "", true);
	CHECK_EQ(result, 0);
	return id;
}

/* What the process finds, as bits. */
ENTRY(looks)(int64_t to)
{
	uint64_t id;
	uint64_t config = lunatic_process_create_config();
	int64_t found = 0;

	if (config != UINT64_MAX)
		found |= 1;
	if (lunatic_process_compile_module(tiny, sizeof(tiny), &id) == 0)
		found |= 2;
	send_number((uint64_t)to, 1, found);
	send_number((uint64_t)to, 2, (int64_t)lunatic_process_environment_id());
}

ENTRY(spawns)(int64_t to)
{
	uint64_t id;

	try_spawn(OWN, "looks", 0, NULL, 0, &id);
	send_number((uint64_t)to, 3, 3);
}

ENTRY(computes)(int64_t to)
{
	for (volatile int i = 0; i < 5000000; i++)
		;
	send_number((uint64_t)to, 3, 3);
}

ENTRY(grows)(int64_t to)
{
	if (__builtin_wasm_memory_grow(0, 1000) == (size_t)-1)
		__builtin_trap();
	send_number((uint64_t)to, 3, 3);
}

ENTRY(sees)(int64_t to)
{
	size_t count = 0;
	size_t size = 0;
	__wasi_prestat_t stat;
	char *variables[4];
	uint8_t text[100];
	int64_t seen = 0;

	CHECK_EQ(__wasi_args_sizes_get(&count, &size), 0);
	seen = (int64_t)(count * 100 + size);
	send_number((uint64_t)to, 1, seen);
	CHECK_EQ(__wasi_environ_sizes_get(&count, &size), 0);
	CHECK(size <= sizeof(text) && count <= 4);
	CHECK_EQ(__wasi_environ_get((uint8_t **)variables, text), 0);
	send_number((uint64_t)to, 2,
		    count == 1 && strcmp(variables[0], "NAME=a=b") == 0);
	send_number((uint64_t)to, 3, __wasi_fd_prestat_get(3, &stat));
	send_number((uint64_t)to, 4, __wasi_fd_prestat_get(4, &stat));
}

ENTRY(bad_config)(void)
{
	lunatic_process_config_set_max_memory(77, 1);
}

ENTRY(bad_drop)(void)
{
	lunatic_process_drop_config(77);
}

ENTRY(bad_variable)(void)
{
	lunatic_child_config_add_environment_variable(
		lunatic_process_create_config(), "A=", 2, "b", 1);
}

ENTRY(bad_argument)(void)
{
	lunatic_child_config_add_command_line_argument(
		lunatic_process_create_config(), "\xfe", 1);
}

ENTRY(many_directories)(void)
{
	uint64_t config = lunatic_process_create_config();

	for (int i = 0; i < 65; i++)
		lunatic_child_config_preopen_dir(config, "shared", 6);
}

static void settings(void)
{
	uint64_t config = lunatic_process_create_config();

	CHECK_EQ(lunatic_process_config_get_max_memory(config), UINT32_MAX);
	CHECK_EQ(lunatic_process_config_get_max_fuel(config), 0);
	CHECK_EQ(lunatic_process_config_can_compile_modules(config), 0);
	CHECK_EQ(lunatic_process_config_can_create_configs(config), 0);
	CHECK_EQ(lunatic_process_config_can_spawn_processes(config), 0);
	lunatic_process_config_set_max_memory(config, UINT64_MAX);
	lunatic_process_config_set_max_fuel(config, UINT64_MAX);
	lunatic_process_config_set_can_compile_modules(config, 5);
	lunatic_process_config_set_can_create_configs(config, 1);
	lunatic_process_config_set_can_spawn_processes(config, 1);
	CHECK_EQ(lunatic_process_config_get_max_memory(config), UINT64_MAX);
	CHECK_EQ(lunatic_process_config_get_max_fuel(config), UINT64_MAX);
	CHECK_EQ(lunatic_process_config_can_compile_modules(config), 1);
	CHECK_EQ(lunatic_process_config_can_create_configs(config), 1);
	CHECK_EQ(lunatic_process_config_can_spawn_processes(config), 1);
	lunatic_process_config_set_can_spawn_processes(config, 0);
	CHECK_EQ(lunatic_process_config_can_spawn_processes(config), 0);
	CHECK_EQ(lunatic_process_config_can_create_configs(config), 1);
	lunatic_process_drop_config(config);
}

static void rights(void)
{
	uint64_t config = lunatic_process_create_config();
	int64_t own = (int64_t)lunatic_process_environment_id();
	uint64_t id;

	id = spawn_in(config, "looks", 0);
	expect_number(1, 0);
	expect_number(2, own);
	/* It is of the same family. */
	lunatic_process_monitor(id);
	expect_process_died(id);
	spawn_in(config, "spawns", 9);
	expect_link_died(9);
	lunatic_process_config_set_can_spawn_processes(config, 1);
	lunatic_process_config_set_can_create_configs(config, 1);
	spawn_in(config, "looks", 0);
	expect_number(1, 1);
	expect_number(2, own);
	spawn_in(config, "spawns", 9);
	expect_number(3, 3);
	lunatic_process_config_set_can_compile_modules(config, 1);
	spawn_in(config, "looks", 0);
	expect_number(1, 3);
	expect_number(2, own);
	lunatic_process_drop_config(config);
}

static void limits(void)
{
	uint64_t config = lunatic_process_create_config();
	uint64_t id;

	lunatic_process_config_set_max_fuel(config, 1);
	spawn_in(config, "computes", 9);
	expect_link_died(9);
	lunatic_process_config_set_max_fuel(config, 1000000);
	spawn_in(config, "computes", 9);
	expect_number(3, 3);
	lunatic_process_config_set_max_fuel(config, 0);
	lunatic_process_config_set_max_memory(config, 4 << 20);
	spawn_in(config, "grows", 9);
	expect_link_died(9);
	lunatic_process_config_set_max_memory(config, 400 << 20);
	spawn_in(config, "grows", 9);
	expect_number(3, 3);
	lunatic_process_config_set_max_memory(config, 100);
	CHECK_EQ(try_spawn(config, "grows", 0, NULL, 0, &id), 1);
	check_error(id, "memory", true);
}

static void surroundings(void)
{
	uint64_t config = lunatic_process_create_config();
	uint64_t id;

	spawn_in(config, "sees", 0);
	expect_number(1, 0);
	expect_number(2, 0);
	expect_number(3, __WASI_ERRNO_BADF);
	expect_number(4, __WASI_ERRNO_BADF);
	lunatic_child_config_add_command_line_argument(config, "name", 4);
	lunatic_child_config_add_command_line_argument(config, "", 0);
	lunatic_child_config_add_environment_variable(config, "NAME", 4, "a=b",
						      3);
	lunatic_child_config_preopen_dir(config, "shared/inner", 12);
	spawn_in(config, "sees", 0);
	expect_number(1, 206);
	expect_number(2, 1);
	expect_number(3, 0);
	expect_number(4, __WASI_ERRNO_BADF);
	lunatic_child_config_preopen_dir(config, "/etc", 4);
	CHECK_EQ(try_spawn(config, "looks", 0, NULL, 0, &id), 1);
	check_error(id, "a directory does not exist", true);
	lunatic_process_drop_config(config);
	config = lunatic_process_create_config();
	lunatic_child_config_preopen_dir(config, "shared/../..", 12);
	CHECK_EQ(try_spawn(config, "looks", 0, NULL, 0, &id), 1);
	check_error(id, "a directory does not exist", true);
}

int main(void)
{
	lunatic_process_die_when_link_dies(0);
	settings();
	rights();
	limits();
	surroundings();
	must_fail("bad_config");
	must_fail("bad_drop");
	must_fail("bad_variable");
	must_fail("bad_argument");
	must_fail("many_directories");
	expect_nothing();
	puts("passed");
}
