// How a process can end, and which of them are failures for its links:
// returning and proc_exit(0) are not, all others are.
//
// stdout: passed
// stderr~ trapped: .*unreachable
// stderr~ trapped: .*divide by zero
#include "../check.h"

__attribute__((import_module("wasi_snapshot_preview1"),
	       import_name("proc_exit"))) void
proc_exit(uint32_t code);

ENTRY(return_)(void)
{
}

ENTRY(exit_0)(void)
{
	proc_exit(0);
}

ENTRY(exit_with)(int32_t code)
{
	proc_exit((uint32_t)code);
}

__attribute__((noinline)) static int descend(int32_t left)
{
	volatile int32_t local = left;

	if (left == 0)
		proc_exit(0);
	return left == 0 ? 0 : descend(left - 1) + local;
}

ENTRY(exit_deep)(int32_t depth)
{
	descend(depth);
	__builtin_trap();
}

ENTRY(unreachable)(void)
{
	__builtin_trap();
}

ENTRY(divide)(int32_t by)
{
	volatile int32_t result = 42 / by;

	(void)result;
}

// A result is allowed, and nobody gets it.
__attribute__((export_name("results"))) int64_t results(void)
{
	return -1;
}

// Its child fails; it dies without having failed itself, and main is told.
ENTRY(killed)(void)
{
	spawn("unreachable", 1);
	lunatic_process_sleep_ms(SOON);
	proc_exit(0);
}

int main(void)
{
	const int32_t failures[] = { 1, 3, 42, 134, 255, 256, -1, INT32_MIN };

	lunatic_process_die_when_link_dies(0);
	spawn("return_", 1);
	spawn("exit_0", 1);
	spawn("results", 1);
	spawn_with("exit_with", 1, 0);
	spawn_with("exit_deep", 1, 100);
	expect_nothing();
	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
		spawn_with("exit_with", 100 + (int64_t)i, failures[i]);
		expect_link_died(100 + (int64_t)i);
	}
	spawn("unreachable", 11);
	expect_link_died(11);
	spawn_with("divide", 12, 0);
	expect_link_died(12);
	spawn("killed", 13);
	expect_link_died(13);
	expect_nothing();
	puts("passed");
	return 0;
}
