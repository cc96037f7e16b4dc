// Guests whose `lunatic_alloc` does what it should not.
// stdout: done
#define OWN_ALLOCATOR
#include "sqlite.h"

static uint64_t database;
static uint64_t statement;
static enum { OUTSIDE, TRAPS, DROPS, GROWS, RECURSES } way;

static uint32_t read_it(uint32_t unused)
{
	(void)unused;
	return lunatic_sqlite_read_row(statement, &result_len);
}

__attribute__((export_name("lunatic_alloc"))) uint32_t
hostile_alloc(uint32_t size)
{
	switch (way) {
	case OUTSIDE:
		return UINT32_MAX - 8;
	case TRAPS:
		__builtin_trap();
	case DROPS:
		lunatic_sqlite_sqlite3_finalize(statement);
		break;
	case GROWS:
		CHECK(__builtin_wasm_memory_grow(0, 100) != SIZE_MAX);
		break;
	case RECURSES:
		return read_it(0);
	}
	return (uint32_t)(uintptr_t)malloc(size);
}

int main(void)
{
	database = open_database("");
	statement = prepare(database, "SELECT 42");
	CHECK_EQ(lunatic_sqlite_sqlite3_step(statement), ROW);
	way = OUTSIDE;
	CHECK_EQ(catch (read_it, 0), 0);
	way = TRAPS;
	CHECK_EQ(catch (read_it, 0), 0);
	way = RECURSES;
	CHECK_EQ(catch (read_it, 0), 0);
	way = GROWS;
	take_result(read_it(0));
	CHECK_EQ(take_u64(), 1);
	expect_integer(42);
	way = DROPS;
	take_result(read_it(0));
	CHECK_EQ(take_u64(), 1);
	expect_integer(42);
	/* It is gone. */
	CHECK_EQ(catch (read_it, 0), 0);
	CHECK_EQ(execute(database, "SELECT 1"), 0);
	puts("done");
	return 0;
}
