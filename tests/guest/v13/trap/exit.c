// An exit is no trap.
// exit: 7
// stdout: leaves
#include "check.h"

static uint32_t leaves(uint32_t argument)
{
	puts("leaves");
	exit((int)argument);
}

static uint32_t catches(uint32_t argument)
{
	catch (leaves, argument);
	puts("FAILED: came back");
	return 1;
}

int main(void)
{
	catch (catches, 7);
	puts("FAILED: came back");
	return 0;
}
