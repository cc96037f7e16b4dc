/* Limits of addresses (RLIMIT_AS). */
#ifndef LN_TEST_SUPPORT_ADDRESSES_H
#define LN_TEST_SUPPORT_ADDRESSES_H

#include <stdbool.h>
#include <stdint.h>

/* Bytes of addresses that the program has. */
uint64_t test_addresses(void);

/* Whether a limit holds here: qemu-user takes one, and heeds it not. */
bool test_addresses_are_limited(void);

#endif
