/* The tests that a module exports, as LUNATIC_TEST of the guest library and the
 * crate `lunatic` for Rust name them. */
#ifndef LN_CLI_TEST_LIST_H
#define LN_CLI_TEST_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct ln_compiled;
struct ln_test_options;

struct ln_test {
	char *name;        /* owned */
	char *panic;       /* owned; must be in its output when it fails;
			    * NULL: it must not fail */
	const char *entry; /* in the module; not terminated */
	size_t entry_len;  /* bytes */
	bool ignored;
};

/* Reads an export's name. LN_ENOENT: it is not a test; LN_ENOMEM. */
int ln_test_parse(const char *entry, size_t len, struct ln_test *test);

/* All tests of a module, in the order of its exports. LN_ENOMEM. */
int ln_test_list(const struct ln_compiled *module, struct ln_test **tests,
		 size_t *count);
void ln_test_list_free(struct ln_test *tests, size_t count);

/* Whether the filters of the command line select it. */
bool ln_test_is_asked_for(const struct ln_test *test,
			  const struct ln_test_options *options);

#endif
