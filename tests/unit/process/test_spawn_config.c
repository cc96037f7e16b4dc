/* src/process/spawn_config.c: environments of configurations of processes. */
#include "process/spawn_config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/error.h"
#include "process/config.h"
#include "process/env_module.h"
#include "process/environment.h"
#include "support/modules.h"
#include "support/processes.h"

static struct ln_spawn_config *config_of(struct ln_environment *environment)
{
	struct ln_spawn_config *config = NULL;

	assert_int_equal(ln_spawn_config_new(environment, &config), 0);
	return config;
}

/* Spawns from a module: which is kept, until what it is made from changes. */
static void is_made_once(void **state)
{
	struct ln_environment *root = test_environment_new(1, NULL);
	struct ln_module *module = test_module_add(root, "(module)");
	struct ln_module *other =
		test_module_add(root, "(module (func (export \"f\")))");
	struct ln_spawn_config *config = config_of(root);
	const struct ln_environment *before;
	struct ln_module *made[5];
	char *error;

	(void)state;
	for (int i = 0; i < 2; i++)
		assert_int_equal(ln_spawn_config_module(config, root, module,
							&made[i], &error),
				 0);
	assert_ptr_equal(made[0], made[1]);
	before = made[0]->environment;
	assert_ptr_equal(before->parent, root);
	/* Nothing is checked, or compiled, again. */
	assert_ptr_equal(before->linker, root->linker);
	assert_ptr_equal(made[0]->module, module->module);
	assert_ptr_equal(before->family, root);
	assert_int_equal(before->denied, LN_DENIED_SPAWN | LN_DENIED_CONFIGS |
						 LN_DENIED_COMPILE);
	assert_int_equal(before->limits.max_memory, UINT32_MAX);
	assert_true(ln_environment_allows(before, "") ==
		    ln_environment_allows(root, ""));
	assert_int_equal(
		ln_spawn_config_module(config, root, other, &made[2], &error),
		0);
	assert_ptr_equal(made[2]->environment, before);
	assert_ptr_not_equal(made[2], made[0]);
	config->config->limits.max_memory = 65536;
	ln_spawn_config_changed(config);
	assert_int_equal(
		ln_spawn_config_module(config, root, other, &made[3], &error),
		0);
	assert_ptr_not_equal(made[3]->environment, before);
	assert_int_equal(made[3]->environment->limits.max_memory, 65536);
	config->config->limits.max_fuel = 100000;
	ln_spawn_config_changed(config);
	assert_int_equal(
		ln_spawn_config_module(config, root, other, &made[4], &error),
		0);
	assert_ptr_not_equal(made[4]->module, other->module);
	ln_spawn_config_free(config);
	for (int i = 0; i < 5; i++)
		ln_module_release(made[i]);
	ln_module_release(module);
	ln_module_release(other);
	test_environment_free(root);
}

static void failures_have_texts(void **state)
{
	struct ln_limits limits = ln_limits_default;
	struct ln_environment *root;
	struct ln_module *module;
	struct ln_module *made;
	struct ln_spawn_config *config;
	char *error;

	(void)state;
	limits.max_environments = 0;
	root = test_environment_new(1, &limits);
	module = test_module_add(root, "(module)");
	config = config_of(root);
	assert_int_equal(
		ln_spawn_config_module(config, root, module, &made, &error),
		LN_ELIMIT);
	assert_non_null(error);
	free(error);
	ln_spawn_config_free(config);
	ln_module_release(module);
	test_environment_free(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_made_once),
		cmocka_unit_test(failures_have_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
