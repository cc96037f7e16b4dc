/* src/process/environment*.c and add_module.c: limits, command line, modules.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "process/add_module.h"
#include "process/env_module.h"
#include "process/environment_new.h"
#include "process/life.h"
#include "process/runtime.h"
#include "process/shutdown.h"
#include "support/processes.h"

static enum ln_outcome wait_for_a_kill(struct ln_process *self)
{
	struct ln_message *message;

	return ln_process_receive(self, NULL, 0, INT64_MAX, false, &message) ==
			       LN_EKILLED
		       ? LN_OUTCOME_KILLED
		       : LN_OUTCOME_NORMAL;
}

static void processes_have_a_limit(void **state)
{
	struct ln_limits limits = ln_limits_default;
	struct ln_environment *environment;
	struct ln_process *processes[3];
	struct ln_process *more = NULL;

	(void)state;
	limits.max_processes = 3;
	environment = test_environment_new(1, &limits);
	for (int i = 0; i < 3; i++)
		processes[i] =
			test_process_start(environment, wait_for_a_kill, NULL);
	assert_int_equal(
		ln_process_new(environment, wait_for_a_kill, NULL, &more),
		LN_ELIMIT);
	assert_null(more);
	/* One that has ended makes room, also while it is referred to. */
	ln_process_kill(processes[1]);
	assert_int_equal(ln_process_wait(processes[1], &(uint32_t){ 0 }),
			 LN_OUTCOME_KILLED);
	more = test_process_start(environment, wait_for_a_kill, NULL);
	assert_int_equal(environment->processes, 3);
	ln_process_release(processes[1]);
	for (int i = 0; i < 3; i += 2) {
		ln_process_kill(processes[i]);
		test_process_wait(processes[i]);
	}
	ln_process_kill(more);
	test_process_wait(more);
	test_environment_free(environment);
}

static void keeps_copies_of_its_texts(void **state)
{
	struct ln_environment *environment = test_environment_new(1, NULL);
	char first[] = "name";
	char second[] = "argument";
	char variable[] = "KEY=value";
	struct ln_config *config = NULL;
	struct ln_environment *other = NULL;
	const char *const *texts;

	(void)state;
	assert_int_equal(ln_config_new(&config), 0);
	assert_int_equal(ln_config_add_arg(config, first), 0);
	assert_int_equal(ln_config_add_arg(config, second), 0);
	assert_int_equal(ln_config_add_env(config, variable), 0);
	assert_int_equal(
		ln_environment_new(environment->runtime, NULL, config, &other),
		0);
	ln_config_free(config);
	memset(first, 'x', sizeof(first) - 1);
	memset(second, 'x', sizeof(second) - 1);
	memset(variable, 'x', sizeof(variable) - 1);
	assert_int_equal(ln_environment_args(other, &texts), 2);
	assert_string_equal(texts[0], "name");
	assert_string_equal(texts[1], "argument");
	assert_int_equal(ln_environment_envs(other, &texts), 1);
	assert_string_equal(texts[0], "KEY=value");
	assert_int_equal(ln_environment_args(environment, &texts), 0);
	ln_environment_release(other);
	test_environment_free(environment);
}

static void children_are_allowed_no_more(void **state)
{
	struct ln_environment *root = test_environment_new(1, NULL);
	struct ln_environment *parent = NULL;
	struct ln_environment *child = NULL;
	struct ln_config *config = NULL;

	(void)state;
	assert_int_equal(ln_config_new(&config), 0);
	assert_int_equal(ln_config_allow(config, "a::b::", 6), 0);
	assert_int_equal(
		ln_environment_new(root->runtime, NULL, config, &parent), 0);
	assert_int_equal(ln_config_allow(config, "a::", 3), 0);
	assert_int_equal(
		ln_environment_new(root->runtime, parent, config, &child), 0);
	ln_config_free(config);
	assert_true(ln_environment_allows(parent, "a::b::c"));
	assert_true(ln_environment_allows(child, "a::b::c"));
	assert_false(ln_environment_allows(child, "a::c::c"));
	assert_int_equal(parent->references, 2);
	ln_environment_release(child);
	assert_int_equal(parent->references, 1);
	ln_environment_release(parent);
	test_environment_free(root);
}

/* Whoever allows the same has the same linker, and a child takes turns within
 * those of its parent. */
static void what_children_share(void **state)
{
	struct ln_environment *root = test_environment_new(1, NULL);
	struct ln_environment *same = NULL;
	struct ln_environment *child = NULL;
	struct ln_environment *less = NULL;
	struct ln_config *config = NULL;

	(void)state;
	assert_int_equal(ln_config_new(&config), 0);
	assert_int_equal(ln_config_allow(config, "lunatic::message::", 18), 0);
	assert_int_equal(ln_environment_new(root->runtime, NULL, config, &less),
			 0);
	assert_int_equal(ln_config_allow(config, "", 0), 0);
	assert_int_equal(ln_environment_new(root->runtime, NULL, config, &same),
			 0);
	assert_int_equal(
		ln_environment_new(root->runtime, less, config, &child), 0);
	assert_ptr_equal(same->linker, root->linker);
	assert_ptr_equal(child->linker, less->linker);
	for (int i = 0; i < LN_CODE_PHASES; i++) {
		assert_non_null(child->making[i]);
		assert_ptr_not_equal(child->making[i], less->making[i]);
		assert_ptr_not_equal(child->making[i], same->making[i]);
	}
	ln_environment_release(child);
	ln_environment_release(less);
	ln_environment_release(same);
	/* Metered code is of another variant. */
	config->limits.max_fuel = 1000;
	assert_int_equal(ln_environment_new(root->runtime, NULL, config, &same),
			 0);
	assert_ptr_not_equal(same->linker, root->linker);
	ln_environment_release(same);
	ln_config_free(config);
	test_environment_free(root);
}

static void add(struct ln_environment *environment, const char *bytes,
		size_t len, int expected)
{
	struct ln_module *module = NULL;
	char *error = NULL;

	assert_int_equal(ln_environment_add_module(environment,
						   (const uint8_t *)bytes, len,
						   &module, &error),
			 expected);
	assert_int_equal(module != NULL, expected == 0);
	assert_int_equal(error != NULL, expected != 0);
	free(error);
	if (module != NULL) {
		/* It holds its environment. */
		assert_int_equal(environment->references, 2);
		ln_module_release(ln_module_retain(module));
		ln_module_release(module);
	}
	assert_int_equal(environment->references, 1);
}

static void modules_are_checked(void **state)
{
	static const char empty[] = "\0asm\1\0\0\0";
	struct ln_environment *environment = test_environment_new(1, NULL);

	(void)state;
	add(environment, empty, 8, 0);
	add(environment, empty, 7, LN_EFORMAT);
	add(environment, "", 0, LN_EFORMAT);
	add(environment, "not a module", 12, LN_EFORMAT);
	/* An import of something that no host function provides. */
	add(environment,
	    "\0asm\1\0\0\0"
	    "\1\4\1\x60\0\0"
	    "\2\7\1\1a\1b\0\0",
	    23, LN_EINVAL);
	test_environment_free(environment);
}

static void modules_have_a_limit(void **state)
{
	static const char empty[] = "\0asm\1\0\0\0";
	struct ln_limits limits = ln_limits_default;
	struct ln_environment *environment;

	(void)state;
	limits.max_module_bytes = 7;
	environment = test_environment_new(1, &limits);
	add(environment, empty, 8, LN_ELIMIT);
	test_environment_free(environment);
}

struct adding {
	struct ln_environment *environment;
	int result;
};

static enum ln_outcome add_in_process(struct ln_process *self)
{
	static const char text[] = "(module (func (export \"go\")))";
	struct adding *adding = self->argument;
	struct ln_module *module = NULL;
	char *error;

	adding->result = ln_environment_add_module(
		adding->environment, (const uint8_t *)text, sizeof(text) - 1,
		&module, &error);
	free(error);
	if (module != NULL)
		ln_module_release(module);
	return LN_OUTCOME_NORMAL;
}

/* Many at once wait for one compilation, and killed ones leave the queue. */
static void many_add_the_same(void **state)
{
	enum { MANY = 50 };
	struct ln_environment *environment = test_environment_new(3, NULL);
	struct ln_process *processes[MANY];
	struct adding adding[MANY];

	(void)state;
	for (int i = 0; i < MANY; i++) {
		adding[i] = (struct adding){ .environment = environment };
		processes[i] = test_process_start(environment, add_in_process,
						  &adding[i]);
		if (i % 5 == 4)
			ln_process_kill(processes[i]);
	}
	for (int i = 0; i < MANY; i++) {
		test_process_wait(processes[i]);
		if (i % 5 != 4)
			assert_int_equal(adding[i].result, 0);
		else if (adding[i].result != 0)
			assert_int_equal(adding[i].result, LN_EKILLED);
	}
	test_environment_free(environment);
}

/* Processes count in all environments above; environments have a depth. */
static void children_count_above(void **state)
{
	struct ln_limits limits = ln_limits_default;
	struct ln_environment *root, *child = NULL, *more = NULL;
	struct ln_config *config = NULL;
	struct ln_process *first;
	struct ln_process *second = NULL;

	(void)state;
	limits.max_processes = 1;
	limits.max_nesting = 1;
	limits.max_environments = 1;
	limits.max_links = 7;
	limits.max_fuel = 5;
	root = test_environment_new(1, &limits);
	assert_int_equal(ln_config_new(&config), 0);
	assert_int_equal(
		ln_environment_new(root->runtime, root, config, &child), 0);
	assert_int_equal(child->limits.max_links, 7);
	assert_int_equal(child->limits.max_fuel, 5);
	assert_int_equal(child->limits.max_nesting, 0);
	assert_int_equal(child->variant, root->variant);
	assert_int_equal(
		ln_environment_new(root->runtime, child, config, &more),
		LN_ELIMIT);
	assert_int_equal(ln_environment_new(root->runtime, root, config, &more),
			 LN_ELIMIT);
	assert_null(more);
	first = test_process_start(child, wait_for_a_kill, NULL);
	assert_int_equal(root->processes, 1);
	assert_int_equal(ln_process_new(root, wait_for_a_kill, NULL, &second),
			 LN_ELIMIT);
	assert_int_equal(ln_process_new(child, wait_for_a_kill, NULL, &second),
			 LN_ELIMIT);
	assert_int_equal(child->processes, 1);
	ln_process_kill(first);
	test_process_wait(first);
	assert_int_equal(root->processes, 0);
	assert_int_equal(root->environments, 1);
	/* Then the process's references are gone, too. */
	ln_runtime_stop(root->runtime);
	ln_environment_release(child);
	assert_int_equal(root->environments, 0);
	ln_config_free(config);
	test_environment_free(root);
}

/* One of the family has the registry of its head, is found by id, and may do no
 * more than its parent. */
static void families(void **state)
{
	struct ln_environment *root = test_environment_new(1, NULL);
	struct ln_environment *one = NULL;
	struct ln_environment *below = NULL;
	struct ln_environment *other = NULL;
	struct ln_config *config = NULL;

	(void)state;
	assert_int_equal(ln_config_new(&config), 0);
	assert_ptr_equal(root->family, root);
	config->joins_family = true;
	config->denied = LN_DENIED_SPAWN;
	assert_int_equal(ln_environment_new(root->runtime, root, config, &one),
			 0);
	assert_ptr_equal(one->family, root);
	assert_ptr_equal(one->registry, root->registry);
	assert_int_equal(one->denied, LN_DENIED_SPAWN);
	config->denied = LN_DENIED_COMPILE;
	assert_int_equal(ln_environment_new(root->runtime, one, config, &below),
			 0);
	assert_ptr_equal(below->family, root);
	assert_int_equal(below->denied, LN_DENIED_SPAWN | LN_DENIED_COMPILE);
	config->joins_family = false;
	assert_int_equal(ln_environment_new(root->runtime, one, config, &other),
			 0);
	assert_ptr_equal(other->family, other);
	assert_ptr_not_equal(other->registry, root->registry);
	ln_environment_release(other);
	ln_environment_release(one);
	ln_environment_release(below);
	ln_config_free(config);
	test_environment_free(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(processes_have_a_limit),
		cmocka_unit_test(keeps_copies_of_its_texts),
		cmocka_unit_test(children_are_allowed_no_more),
		cmocka_unit_test(what_children_share),
		cmocka_unit_test(many_add_the_same),
		cmocka_unit_test(children_count_above),
		cmocka_unit_test(families),
		cmocka_unit_test(modules_are_checked),
		cmocka_unit_test(modules_have_a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
