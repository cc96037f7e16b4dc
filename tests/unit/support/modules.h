/* Modules that tests of processes add. */
#ifndef LN_TEST_SUPPORT_MODULES_H
#define LN_TEST_SUPPORT_MODULES_H

struct ln_module;
struct ln_environment;

/* Adds a module of text; the test fails when that cannot be. The caller has a
 * reference. */
struct ln_module *test_module_add(struct ln_environment *environment,
				  const char *text);

#endif
