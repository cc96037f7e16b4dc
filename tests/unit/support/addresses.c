/* Limits of addresses (RLIMIT_AS). */
#include "support/addresses.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#define ROOM (UINT64_C(64) << 20)
#define TOO_MUCH ((size_t)1 << 30)

uint64_t test_addresses(void)
{
	FILE *file = fopen("/proc/self/statm", "r");
	unsigned long long pages;

	assert_non_null(file);
	assert_int_equal(fscanf(file, "%llu", &pages), 1);
	fclose(file);
	return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

bool test_addresses_are_limited(void)
{
	struct rlimit limit, tight;
	void *at;

	assert_int_equal(getrlimit(RLIMIT_AS, &limit), 0);
	tight = limit;
	tight.rlim_cur = test_addresses() + ROOM;
	assert_int_equal(setrlimit(RLIMIT_AS, &tight), 0);
	at = mmap(NULL, TOO_MUCH, PROT_NONE,
		  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	assert_int_equal(setrlimit(RLIMIT_AS, &limit), 0);
	if (at == MAP_FAILED)
		return true;
	assert_int_equal(munmap(at, TOO_MUCH), 0);
	return false;
}
