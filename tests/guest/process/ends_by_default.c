// A process that did not ask for messages survives links that end normally.
//
// stdout: passed
#include "../check.h"

ENTRY(return_)(void)
{
}

ENTRY(exit_0)(void)
{
	exit(0);
}

int main(void)
{
	for (int i = 0; i < 100; i++) {
		lunatic_process_drop_process(spawn("return_", 1));
		lunatic_process_drop_process(spawn("exit_0", 2));
	}
	expect_nothing();
	puts("passed");
	return 0;
}
