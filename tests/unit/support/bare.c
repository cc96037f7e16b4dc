#include "support/bare.h"

#include <stdlib.h>

#include "process/environment.h"

struct ln_guest test_bare_guest(uint32_t max_handles)
{
	static struct ln_environment environment;

	environment.limits = ln_limits_default;
	environment.limits.max_handles = max_handles;
	return (struct ln_guest){ .environment = &environment };
}

void test_bare_drop(struct ln_guest *guest)
{
	ln_guest_deinit_tables(guest);
	free(guest->trap_text);
}
