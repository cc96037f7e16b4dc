/* Guests that have an environment, and nothing else, for functions that need no
 * instance. */
#ifndef LN_TEST_SUPPORT_BARE_H
#define LN_TEST_SUPPORT_BARE_H

#include <stdint.h>

#include "process/guest.h"

/* One with the default limits, but for ids of each kind. All share an
 * environment. */
struct ln_guest test_bare_guest(uint32_t max_handles);

/* Frees what it holds of errors. */
void test_bare_drop(struct ln_guest *guest);

#endif
