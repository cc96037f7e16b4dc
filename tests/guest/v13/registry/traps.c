// What the registry must not be used for.
//
// stdout: passed
// stderr~ trapped: the name is not UTF-8 \(lunatic::registry::put\)$
// stderr~ trapped: the name is not UTF-8 \(lunatic::registry::get\)$
// stderr~ trapped: the name is not UTF-8 \(lunatic::registry::remove\)$
// stderr~ the name has more than 4096 bytes \(lunatic::registry::put\)$
// stderr~ trapped: too many registrations \(lunatic::registry::put\)$
// stderr~ `name` points outside of the exported memory
// \(lunatic::registry::put\) stderr~ `node` points outside of the exported
// memory \(lunatic::registry::get\) stderr~ `process` points outside of the
// exported memory \(lunatic::registry::get\)
#include "../check.h"

static uint64_t ids[2];

ENTRY(puts_bytes)(void)
{
	lunatic_registry_put("\xff", 1, 0, lunatic_process_process_id());
}

ENTRY(gets_bytes)(void)
{
	lunatic_registry_get("\xff", 1, &ids[0], &ids[1]);
}

ENTRY(removes_bytes)(void)
{
	lunatic_registry_remove("a\xc3", 2);
}

ENTRY(puts_long)(void)
{
	static char name[4097];

	lunatic_registry_put(name, sizeof(name), 0,
			     lunatic_process_process_id());
}

// More than the environment may have.
ENTRY(puts_many)(void)
{
	char name[8];

	for (int i = 0; i < 70000; i++) {
		snprintf(name, sizeof(name), "%05d", i);
		lunatic_registry_put(name, 5, 0, lunatic_process_process_id());
	}
}

ENTRY(puts_outside)(void)
{
	lunatic_registry_put((void *)(uintptr_t)8, UINT32_MAX, 0, 1);
}

ENTRY(gets_node_outside)(void)
{
	lunatic_registry_get("a", 1, (void *)(uintptr_t)UINT32_MAX, &ids[1]);
}

ENTRY(gets_process_outside)(void)
{
	lunatic_registry_get("a", 1, &ids[0], (void *)(uintptr_t)UINT32_MAX);
}

int main(void)
{
	lunatic_process_die_when_link_dies(0);
	must_fail("puts_bytes");
	must_fail("gets_bytes");
	must_fail("removes_bytes");
	must_fail("puts_long");
	must_fail("puts_many");
	must_fail("puts_outside");
	must_fail("gets_node_outside");
	must_fail("gets_process_outside");
	// Nothing of the one that has ended is left.
	CHECK_EQ(lunatic_registry_get("00000", 5, &ids[0], &ids[1]), 1);
	puts("passed");
	return 0;
}
