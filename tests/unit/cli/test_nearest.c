/* Which word was meant: one letter too many, too few, wrong, or swapped; none
 * when it is too far away or could be either of two. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cli/commands.h"
#include "cli/nearest.h"

static const char *nearest(const char *word, const char *const *names)
{
	struct ln_nearest nearest;

	ln_nearest_begin(&nearest, word);
	for (; *names != NULL; names++)
		ln_nearest_offer(&nearest, *names);
	return ln_nearest_end(&nearest);
}

static void check(const char *word, const char *const *names, const char *meant)
{
	const char *found = nearest(word, names);

	if ((found == NULL) != (meant == NULL) ||
	    (found != NULL && strcmp(found, meant) != 0))
		fail_msg("'%s' gives %s instead of %s", word,
			 found != NULL ? found : "nothing",
			 meant != NULL ? meant : "nothing");
}

static void words(void **state)
{
	static const char *const names[] = { "test",
					     "init",
					     "completions",
					     "--max-memory",
					     "--max-message",
					     "--max-messages",
					     NULL };

	(void)state;
	check("test", names, "test");
	check("tset", names, "test");
	check("tests", names, "test");
	check("tst", names, "test");
	check("text", names, "test");
	check("int", names, "init");
	check("completion", names, "completions");
	check("comlpetoins", names, "completions");
	check("--max-mem", names, "--max-memory");
	check("--max-memroy", names, "--max-memory");
	check("--max-messags", names, NULL);
	/* Too far, too short, too long. */
	check("teller", names, NULL);
	check("tt", names, NULL);
	check("", names, NULL);
	check("--max-memory-of-all-the-processes-that-there-are", names, NULL);
	/* Begins several, and is as far from each. */
	check("--max-me", names, NULL);
}

static void ties(void **state)
{
	static const char *const names[] = { "cake", "lake", "take", "cage",
					     NULL };

	(void)state;
	check("bake", names, NULL);
	check("cakes", names, "cake");
	check("lakee", names, "lake");
}

static void commands(void **state)
{
	(void)state;
	assert_string_equal(ln_cli_nearest_command("hlep"), "help");
	assert_string_equal(ln_cli_nearest_command("cluster_ca"), "cluster-ca");
	assert_null(ln_cli_nearest_command("app.wasm"));
	assert_string_equal(ln_cli_instead("exec"), "lunatic FILE");
	assert_null(ln_cli_instead("app.wasm"));
	assert_string_equal(ln_cli_find_command("init")->name, "init");
	assert_null(ln_cli_find_command("ini"));
	/* Nothing says that a command is none. */
	for (const struct ln_cli_command *at = ln_cli_commands;
	     at->name != NULL; at++) {
		assert_null(ln_cli_instead(at->name));
		assert_false(ln_cli_refuse_former(at->name));
	}
	assert_false(ln_cli_refuse_former("app.wasm"));
	assert_false(ln_cli_refuse_former(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words),
		cmocka_unit_test(ties),
		cmocka_unit_test(commands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
