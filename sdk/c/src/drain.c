/* The end of the program in peace. */
#include <lunatic/abi.h>
#include <lunatic/drain.h>

#define DRAINING 2u

int64_t lunatic_drain_tell(void)
{
	int64_t tag = lunatic_tag_new();

	lunatic_drain_watch(tag);
	return tag;
}

bool lunatic_drain_forget(void)
{
	return lunatic_drain_unwatch() != 0;
}

bool lunatic_drain_begun(void)
{
	return lunatic_drain_state() >= DRAINING;
}
