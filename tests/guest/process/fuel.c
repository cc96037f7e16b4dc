// With --max-fuel a process may execute so many instructions, in wasm or in
// calls of the host, whatever others use; waiting costs nothing.
//
// options: --max-fuel 20 --workers 4
// stdout: passed
// stderr~ trapped: all fuel consumed by WebAssembly$
// stderr~ !spin$
// stderr~ !spin_in_host$
// stderr~ !spin_later$
#include "../check.h"

static volatile uint32_t count;

ENTRY(spin)(void)
{
	for (;;)
		count++;
}

ENTRY(spin_in_host)(void)
{
	for (;;)
		lunatic_process_drop_process(lunatic_process_this());
}

// Has used less than half of it when it begins to wait.
ENTRY(spin_later)(void)
{
	for (int i = 0; i < 50000; i++)
		count++;
	CHECK_EQ(receive_any(A_WHILE), TIMED_OUT);
	for (;;)
		count++;
}

// Enough for this, and every process has as much.
ENTRY(modest)(void)
{
	for (int i = 0; i < 100000; i++)
		count++;
}

int main(void)
{
	for (int i = 0; i < 200; i++)
		lunatic_process_drop_process(spawn("modest", 1));
	expect_nothing();
	lunatic_process_die_when_link_dies(0);
	must_fail("spin");
	must_fail("spin_in_host");
	must_fail("spin_later");
	puts("passed");
	return 0;
}
