// get_or_spawn: one process for a name, however many ask for it at a time.
//
// options: --workers 4
// stdout: passed
// stderr~ trapped: the name is not UTF-8 \(lunatic::process::get_or_spawn\)
// stderr~ trapped: the name has more than 4096.*get_or_spawn\)$
#include "../check.h"

#define ASKERS 40

static uint32_t ask(const char *name, size_t len, const char *entry,
		    int64_t link, uint64_t *id)
{
	uint64_t node = 99;
	uint32_t result =
		lunatic_process_get_or_spawn(name, len, link, OWN, OWN, entry,
					     strlen(entry), NULL, 0, &node, id);

	CHECK_EQ(node, 0);
	return result;
}

ENTRY(serves)(void)
{
	receive_any(NO_LIMIT);
}

ENTRY(asks)(int64_t to)
{
	uint64_t id;
	uint32_t result = ask("server", 6, "serves", 0, &id);

	send_number((uint64_t)to, result + 1, (int64_t)id);
}

ENTRY(bad_name)(void)
{
	uint64_t id;

	ask("\xc3", 1, "serves", 0, &id);
}

ENTRY(long_name)(void)
{
	static char name[4097];
	uint64_t id;

	memset(name, 'n', sizeof(name));
	ask(name, sizeof(name), "serves", 0, &id);
}

static void one_for_all(void)
{
	uint64_t self = lunatic_process_process_id();
	int64_t first = 0;
	int spawned = 0;

	for (int i = 0; i < ASKERS; i++)
		spawn_with("asks", 0, (int64_t)self);
	for (int i = 0; i < ASKERS; i++) {
		int64_t id;

		CHECK_EQ(receive_any(SOON), DATA);
		spawned += lunatic_message_get_tag() == 1;
		id = read_number();
		CHECK(id != 0 && (first == 0 || first == id));
		first = id;
	}
	CHECK_EQ(spawned, 1);
	lunatic_process_kill((uint64_t)first);
	await_end((uint64_t)first);
}

int main(void)
{
	uint64_t id;
	uint64_t other;

	lunatic_process_die_when_link_dies(0);
	for (int i = 0; i < 20; i++)
		one_for_all();
	CHECK_EQ(ask("server", 6, "nothing", 0, &id), 1);
	check_error(id, "Function 'nothing' not found", false);
	/* Then the name is still free, and links are as those of spawn. */
	CHECK_EQ(ask("server", 6, "serves", 21, &id), 0);
	CHECK_EQ(ask("server", 6, "nothing", 22, &other), 2);
	CHECK_EQ(id, other);
	lunatic_process_kill(id);
	expect_link_died(21);
	CHECK_EQ(ask("", 0, "serves", 0, &id), 0);
	must_fail("bad_name");
	must_fail("long_name");
	expect_nothing();
	puts("passed");
}
