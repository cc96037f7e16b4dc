// What traps, and that nothing is broken afterwards.
// stdout: done
#include "sqlite.h"

static uint64_t database;
static uint64_t statement;

/* Each case of `misuses` traps before it returns. */
static uint32_t misuses(uint32_t what)
{
	static uint8_t hostile[64];

	switch (what) {
	case 0:
		execute(99, "SELECT 1");
		break;
	case 1:
		prepare(99, "SELECT 1");
		break;
	case 2:
		prepare(database, "nonsense");
		break;
	case 3:
		lunatic_sqlite_query_prepare(database, "SELECT \xff", 8);
		break;
	case 4:
		lunatic_sqlite_execute(database, "SELECT \xff", 8);
		break;
	case 5:
		lunatic_sqlite_query_prepare(database, "SELECT\0 1", 9);
		break;
	case 6:
		lunatic_sqlite_sqlite3_step(99);
		break;
	case 7:
		lunatic_sqlite_sqlite3_finalize(99);
		break;
	case 8:
		lunatic_sqlite_statement_reset(99);
		break;
	case 9:
		lunatic_sqlite_sqlite3_changes(99);
		break;
	case 10:
		lunatic_sqlite_column_count(99);
		break;
	case 11:
		lunatic_sqlite_column_name(statement, 1, &result_len);
		break;
	case 12:
		lunatic_sqlite_read_column(statement, 1, &result_len);
		break;
	case 13:
		lunatic_sqlite_read_row(statement, (void *)-2);
		break;
	case 14:
		lunatic_sqlite_last_error(database, &result_len);
		break;
	case 15: /* no list at all */
		lunatic_sqlite_bind_value(statement, hostile, 7);
		break;
	case 16: /* more than there is */
		begin(UINT64_MAX);
		bind(statement);
		break;
	case 17: /* a key that does not exist */
		begin(1);
		put_u32(3);
		value_null();
		bind(statement);
		break;
	case 18:
		begin(1);
		key_number(0);
		value_null();
		bind(statement);
		break;
	case 19:
		begin(1);
		key_number(((uint64_t)1 << 32) + 1);
		value_null();
		bind(statement);
		break;
	case 20:
		begin(1);
		key_name("other");
		value_null();
		bind(statement);
		break;
	case 21: /* a value that does not exist */
		begin(1);
		key_number(1);
		put_u32(6);
		bind(statement);
		break;
	case 22: /* a length beyond the end */
		begin(1);
		key_number(1);
		put_u32(1);
		put_u64(UINT64_MAX);
		bind(statement);
		break;
	case 23:
		begin(1);
		key_number(1);
		value_text("\xc3");
		bind(statement);
		break;
	case 24: /* while it is at a row */
		lunatic_sqlite_sqlite3_step(statement);
		begin(1);
		key_number(1);
		value_null();
		bind(statement);
		break;
	case 25:
		lunatic_sqlite_sqlite3_step(
			prepare(database, "SELECT abs(-9223372036854775808)"));
		break;
	case 26:
		lunatic_sqlite_sqlite3_step(prepare(database, ""));
		break;
	case 27:
		lunatic_sqlite_open("\xff", 1, &database);
		break;
	case 28:
		lunatic_sqlite_bind_value(statement, (void *)-8, 16);
		break;
	case 29:
		lunatic_sqlite_open("", 0, (void *)-4);
		break;
	default:
		return 2;
	}
	return 1;
}

int main(void)
{
	uint32_t cases = 0;

	database = open_database("");
	statement = prepare(database, "SELECT ?1");
	for (uint32_t got = 0; got != 2; cases++) {
		CHECK_EQ(execute(database, "SELECT 1"), 0);
		got = catch (misuses, cases);
		if (got == 1)
			printf("FAILED: case %u did not trap\n", cases);
		lunatic_sqlite_statement_reset(statement);
	}
	CHECK_EQ(cases, 31);
	CHECK_EQ(number_of(database, "SELECT 42"), 42);
	puts("done");
	return 0;
}
