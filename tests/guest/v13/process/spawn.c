// Spawning, ids, links to the new process, and what is refused.
//
// stdout: passed
// stderr~ trapped: .*unreachable
// stderr~ trapped: the parameters are not .* \(lunatic::process::spawn\)
// stderr~ trapped: the function's name is not U.*spawn\)$
// stderr~ trapped: process configuration 77 doe.*spawn\)$
// stderr~ trapped: module 77 does not exist \(lunatic::process::spawn\)
// stderr~ trapped: argument `id` points outside.*spawn\)$
#include "../check.h"

ENTRY(tells_its_id)(int64_t to)
{
	send_number((uint64_t)to, 5, (int64_t)lunatic_process_process_id());
	send_number((uint64_t)to, 6, (int64_t)lunatic_process_environment_id());
}

ENTRY(traps)(void)
{
	__builtin_trap();
}

ENTRY(takes_all)(int32_t a, int64_t b)
{
	send_number((uint64_t)b, a, 1);
}

ENTRY(bad_params)(void)
{
	uint64_t id;

	try_spawn(OWN, "traps", 0, "\x7f", 1, &id);
}

ENTRY(bad_name)(void)
{
	uint64_t id;

	try_spawn(OWN, "\xff", 0, NULL, 0, &id);
}

ENTRY(bad_config)(void)
{
	uint64_t id;

	try_spawn(77, "traps", 0, NULL, 0, &id);
}

ENTRY(bad_module)(void)
{
	uint64_t id;

	lunatic_process_spawn(0, OWN, 77, "traps", 5, NULL, 0, &id);
}

ENTRY(bad_address)(void)
{
	try_spawn(OWN, "traps", 0, NULL, 0, (uint64_t *)(uintptr_t)UINT32_MAX);
}

int main(void)
{
	uint64_t self = lunatic_process_process_id();
	uint8_t params[2 * PARAM_SIZE] = { I32, 9 };
	uint64_t id;

	lunatic_process_die_when_link_dies(0);
	CHECK(self != 0);
	CHECK_EQ(lunatic_process_exists(self), 1);
	CHECK_EQ(lunatic_process_exists(0), 0);
	CHECK_EQ(lunatic_process_exists(UINT64_MAX), 0);

	id = spawn_with("tells_its_id", 0, (int64_t)self);
	CHECK(id != self);
	expect_number(5, (int64_t)id);
	expect_number(6, (int64_t)lunatic_process_environment_id());
	await_end(id);

	params[PARAM_SIZE] = I64;
	memcpy(params + PARAM_SIZE + 1, &self, sizeof(self));
	CHECK_EQ(try_spawn(OWN, "takes_all", 0, params, sizeof(params), &id),
		 0);
	expect_number(9, 1);

	CHECK_EQ(try_spawn(OWN, "nothing", 0, NULL, 0, &id), 1);
	check_error(id, "Function 'nothing' not found", false);
	CHECK_EQ(try_spawn(OWN, "takes_all", 0, NULL, 0, &id), 1);
	check_error(id, "takes 2 parameters", true);

	must_fail("traps");
	must_fail("bad_params");
	must_fail("bad_name");
	must_fail("bad_config");
	must_fail("bad_module");
	must_fail("bad_address");
	expect_nothing();
	puts("passed");
}
