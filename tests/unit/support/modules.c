#include "support/modules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "process/add_module.h"
#include "process/env_module.h"
#include "process/environment.h"
#include "support/traps.h"

struct ln_module *test_module_add(struct ln_environment *environment,
				  const char *text)
{
	struct ln_module *module = NULL;
	char *error = NULL;

	assert_int_equal(
		ln_environment_add_module(environment, (const uint8_t *)text,
					  strlen(text), &module, &error),
		0);
	assert_null(error);
	test_traps_are_the_engines();
	return module;
}
