// Reports call a process what it was spawned to do, and say where it is in the
// program, not in the library.
//
// options: --report
// stderr~ timer .* waiter  *waiter > process::sleep_ms$
// stderr~ timer .* conn 42  *serve > process::sleep_ms$
#include <lunatic.h>

static __attribute__((noinline)) void waiter(void)
{
	lunatic_sleep(1000000);
	__asm__ volatile("");
}

static __attribute__((noinline)) void serve(void)
{
	lunatic_proc_label("conn 42");
	lunatic_sleep(1000000);
	__asm__ volatile("");
}

LUNATIC_MAIN(argc, argv)
{
	(void)argc;
	(void)argv;
	if (lunatic_spawn(NULL, NULL, waiter) != 0 ||
	    lunatic_spawn(NULL, NULL, serve) != 0)
		return 1;
	lunatic_sleep(300);
	return 0;
}
