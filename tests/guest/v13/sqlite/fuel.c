// Statements cost fuel, and end with it.
// options: --max-fuel 100
// exit: 134
// stdout: 20000
// stderr~ fuel
#include "sqlite.h"

int main(void)
{
	uint64_t database = open_database("");

	/* Some of it. */
	printf("%lld\n",
	       (long long)number_of(
		       database,
		       "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + "
		       "1 FROM n WHERE i < 20000) SELECT max(i) FROM n"));
	fflush(stdout);
	execute(database, "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT "
			  "i + 1 FROM n) SELECT max(i) FROM n");
	puts("FAILED: it is still there");
	return 0;
}
