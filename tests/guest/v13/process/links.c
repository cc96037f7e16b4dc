// Links, kills and monitors by ids, of processes that live, are gone, or never
// were.
//
// stdout: passed
// options: --max-links 10
// stderr~ trapped: too many monitors \(lunatic::process::monitor\)
// stderr~ trapped: too many links \(lunatic::process::link\)
#include "../check.h"

#define NOBODY 123456789012u

ENTRY(waits)(void)
{
	receive_any(NO_LIMIT);
}

ENTRY(links_to_nobody)(void)
{
	lunatic_process_link(1, NOBODY);
	puts("a dead link did not kill");
}

ENTRY(kills_itself)(void)
{
	lunatic_process_kill(lunatic_process_process_id());
	puts("it goes on");
}

ENTRY(too_many_monitors)(void)
{
	for (uint64_t i = 0; i < 11; i++)
		lunatic_process_monitor(NOBODY + i);
}

ENTRY(too_many_links)(void)
{
	lunatic_process_die_when_link_dies(0);
	for (uint64_t i = 0; i < 11; i++)
		lunatic_process_link(1, NOBODY + i);
}

static void links(void)
{
	uint64_t id = spawn("waits", 0);

	lunatic_process_link(7, id);
	lunatic_process_kill(id);
	expect_link_died(7);
	/* It is gone: as if a link had failed. */
	await_end(id);
	lunatic_process_link(8, id);
	expect_link_died(8);
	lunatic_process_link(9, NOBODY);
	expect_link_died(9);
	must_fail("links_to_nobody");
	/* No longer linked. */
	id = spawn("waits", 10);
	lunatic_process_unlink(id);
	lunatic_process_unlink(NOBODY);
	lunatic_process_kill(id);
	expect_nothing();
	/* An end without failure is not told. */
	id = spawn("waits", 11);
	send_number(id, 0, 0);
	await_end(id);
	expect_nothing();
}

static void kills(void)
{
	lunatic_process_kill(NOBODY);
	lunatic_process_kill(0);
	lunatic_process_kill(UINT64_MAX);
	must_fail("kills_itself");
}

static void monitors(void)
{
	uint64_t id = spawn("waits", 0);

	lunatic_process_monitor(id);
	lunatic_process_monitor(id);
	send_number(id, 0, 0);
	expect_process_died(id);
	CHECK_EQ(lunatic_message_get_tag(), 0);
	expect_nothing();
	lunatic_process_monitor(id);
	expect_process_died(id);
	lunatic_process_monitor(NOBODY);
	expect_process_died(NOBODY);
	lunatic_process_monitor(0);
	expect_process_died(0);
	id = spawn("waits", 0);
	lunatic_process_monitor(id);
	lunatic_process_stop_monitoring(id);
	lunatic_process_stop_monitoring(id);
	lunatic_process_stop_monitoring(NOBODY);
	lunatic_process_kill(id);
	expect_nothing();
	/* What has come and was not taken goes, too. */
	lunatic_process_monitor(NOBODY);
	lunatic_process_stop_monitoring(NOBODY);
	expect_nothing();
	must_fail("too_many_monitors");
	must_fail("too_many_links");
}

int main(void)
{
	lunatic_process_die_when_link_dies(0);
	links();
	kills();
	monitors();
	puts("passed");
}
