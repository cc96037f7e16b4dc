/* src/base/hash.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/hash.h"

/* Every byte counts, and the length does; another seed gives another hash. */
static void all_of_it_counts(void **state)
{
	unsigned char bytes[32] = { 0 };
	struct ln_hash_seed seed;
	struct ln_hash_seed other;

	(void)state;
	ln_hash_seed(&seed);
	ln_hash_seed(&other);
	for (size_t len = 0; len <= sizeof(bytes); len++) {
		uint64_t hash = ln_hash_bytes(&seed, bytes, len);

		assert_true(hash == ln_hash_bytes(&seed, bytes, len));
		assert_true(hash != ln_hash_bytes(&other, bytes, len));
		if (len > 0)
			assert_true(hash !=
				    ln_hash_bytes(&seed, bytes, len - 1));
		for (size_t i = 0; i < len; i++) {
			bytes[i] ^= 1;
			assert_true(hash != ln_hash_bytes(&seed, bytes, len));
			bytes[i] ^= 1;
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_of_it_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
