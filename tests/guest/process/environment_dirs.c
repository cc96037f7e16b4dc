// An environment that a guest makes can have directories below the guest's own,
// and nothing else; links do not lead out of them.
//
// options: --dir .
// stdout: passed
#include "env.h"

#include <sys/stat.h>
#include <unistd.h>

static void write_file(const char *path)
{
	FILE *file = fopen(path, "w");

	CHECK(file != NULL);
	fputs("text", file);
	fclose(file);
}

static bool exists(const char *path)
{
	struct stat stat_;

	return stat(path, &stat_) == 0;
}

// Sees what is in `sub`, under the same path, and may change it.
ENTRY(look)(void)
{
	CHECK(exists("sub/inside"));
	CHECK(!exists("outside"));
	CHECK(!exists("sub/../outside"));
	write_file("sub/made");
}

static uint64_t make(const char *dir, uint32_t result)
{
	uint64_t config = lunatic_process_create_config(MEMORY, 0);
	uint64_t environment, id;

	allow(config, "");
	CHECK_EQ(lunatic_process_preopen_dir(config, dir, strlen(dir), &id), 0);
	CHECK_EQ(lunatic_process_create_environment(config, &environment),
		 result);
	return environment;
}

int main(void)
{
	uint64_t id;

	lunatic_process_die_when_link_dies(0);
	CHECK_EQ(mkdir("sub", 0777), 0);
	write_file("outside");
	write_file("sub/inside");
	spawn_in(add_this(make("sub", 0)), "look", 5, 0);
	CHECK_EQ(receive_any(500), TIMED_OUT);
	CHECK(exists("sub/made"));

	expect_error(make("none", 1), "does not exist");
	expect_error(make("outside", 1), "could not be created");
	CHECK_EQ(symlink("../..", "sub/link"), 0);
	expect_error(make("sub/link", 1), "could not be created");
	id = lunatic_process_create_config(MEMORY, 0);
	CHECK_EQ(lunatic_process_preopen_dir(id, "/", 1, &id), 1);
	puts("passed");
	return 0;
}
