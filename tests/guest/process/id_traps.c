// Ids that do not exist, never did, or do no longer.
//
// stdout: passed
// stderr~ trapped: process 0 does not exist \(lunatic::process::drop_process\)$
// stderr~ process 1 does not exist \(lunatic::process::clone_process\)$
// stderr~ process 18446744073709551615 does not exist \(lunatic::process::id\)$
// stderr~ 9223372036854775808 does not exist \(lunatic::process::link\)$
// stderr~ process 4294967296 does not exist \(lunatic::process::unlink\)$
// stderr~ environment 0 does not exist \(lunatic::process::drop_environment\)$
// stderr~ environment 0 does not exist \(lunatic::process::add_this_module\)$
// stderr~ trapped: module 0 does not exist \(lunatic::process::drop_module\)$
// stderr~ points outside of the exported memory \(lunatic::process::id\)$
// stderr~ outside of the exported memory \(lunatic::process::add_this_module\)$
// stderr~ !drop_twice$
// stderr~ !clone_nothing$
// stderr~ !id_of_nothing$
// stderr~ !link_nothing$
// stderr~ !unlink_nothing$
// stderr~ !drop_no_environment$
// stderr~ !environment_is_no_process$
// stderr~ !drop_no_module$
// stderr~ !uuid_outside$
// stderr~ !module_outside$
// stderr~ process ids: a limit was reached \(lunatic::process::clone_process\)$
// stderr~ environment ids: a limit was reached \(lunatic::process::this_env\)$
// stderr~ !too_many_processes$
// stderr~ !too_many_environments$
#include "../check.h"

ENTRY(drop_twice)(void)
{
	uint64_t self = lunatic_process_this();

	lunatic_process_drop_process(self);
	lunatic_process_drop_process(self);
}

ENTRY(clone_nothing)(void)
{
	lunatic_process_clone_process(lunatic_process_this() + 1);
}

ENTRY(id_of_nothing)(void)
{
	uint8_t uuid[16];

	lunatic_process_id(UINT64_MAX, uuid);
}

ENTRY(link_nothing)(void)
{
	lunatic_process_this();
	lunatic_process_link(1, 1ull << 63);
}

ENTRY(unlink_nothing)(void)
{
	lunatic_process_this();
	lunatic_process_unlink(1ull << 32);
}

ENTRY(drop_no_environment)(void)
{
	lunatic_process_this();
	lunatic_process_drop_environment(0);
}

ENTRY(environment_is_no_process)(void)
{
	uint64_t module;

	lunatic_process_add_this_module(lunatic_process_this(), &module);
}

ENTRY(drop_no_module)(void)
{
	lunatic_process_this_env();
	lunatic_process_drop_module(0);
}

ENTRY(uuid_outside)(void)
{
	lunatic_process_id(lunatic_process_this(), (void *)(uintptr_t)-15);
}

ENTRY(module_outside)(void)
{
	lunatic_process_add_this_module(lunatic_process_this_env(),
					(void *)(uintptr_t)-7);
}

// The bound is 4,194,304; dropping makes room for one.
#define MAX_COUNT (4 << 20)

ENTRY(too_many_processes)(void)
{
	uint64_t self = lunatic_process_this();

	for (int i = 1; i < MAX_COUNT; i++)
		lunatic_process_clone_process(self);
	lunatic_process_drop_process(self + 5);
	lunatic_process_clone_process(self);
	lunatic_process_clone_process(self);
}

ENTRY(too_many_environments)(void)
{
	for (int i = 0; i < MAX_COUNT; i++)
		lunatic_process_this_env();
	lunatic_process_drop_environment(7);
	lunatic_process_this_env();
	lunatic_process_this();
	lunatic_process_this_env();
}

int main(void)
{
	lunatic_process_die_when_link_dies(0);
	must_fail("drop_twice");
	must_fail("clone_nothing");
	must_fail("id_of_nothing");
	must_fail("link_nothing");
	must_fail("unlink_nothing");
	must_fail("drop_no_environment");
	must_fail("environment_is_no_process");
	must_fail("drop_no_module");
	must_fail("uuid_outside");
	must_fail("module_outside");
	must_fail("too_many_processes");
	must_fail("too_many_environments");
	puts("passed");
	return 0;
}
