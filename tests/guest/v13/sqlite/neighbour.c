// A statement that computes, and one whose single instruction takes long, leave
// their worker to others: a process on the same one has its turns meanwhile.
// options: --workers 1
// stdout: done
#include "sqlite.h"

#define TURNS 3

static uint64_t parent;

static uint64_t begun(int64_t sender)
{
	parent = (uint64_t)sender;
	return open_database("");
}

static void run(uint64_t statement)
{
	send_number(parent, 1, 0);
	lunatic_sqlite_sqlite3_step(statement);
	send_number(parent, 2, 0);
}

ENTRY(computes)(int64_t sender)
{
	run(prepare(begun(sender),
		    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 "
		    "FROM n WHERE i < 1000000) SELECT max(i) FROM n"));
}

ENTRY(sorts)(int64_t sender)
{
	run(prepare(begun(sender),
		    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 "
		    "FROM n WHERE i < 200000) SELECT hex(randomblob(20)) AS h "
		    "FROM n ORDER BY h"));
}

ENTRY(compares)(int64_t sender)
{
	run(prepare(begun(sender),
		    "SELECT hex(zeroblob(1000000)) LIKE "
		    "'%000000000000000000000000000000000000000000000000001'"));
}

/* Nothing but turns lets the parent see the first message before the second
 * one has come. */
static void count_turns(const char *entry)
{
	uint64_t child =
		spawn_with(entry, 0, (int64_t)lunatic_process_process_id());
	int turns = 0;

	expect_number(1, 0);
	while (receive_tag(2, 1) != DATA)
		turns++;
	if (turns < TURNS)
		printf("FAILED: %s: %d turns\n", entry, turns);
	await_end(child);
}

int main(void)
{
	count_turns("computes");
	count_turns("sorts");
	count_turns("compares");
	puts("done");
	return 0;
}
