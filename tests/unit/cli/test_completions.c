/* Completions: no option is forgotten, and each shell is told whether it takes
 * a value. That the shells accept the text is for tests/cli. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "support/capture.h"

static int run(int argc, const char *shell, int fd, char **text)
{
	char copy[32] = "";
	char name[] = "lunatic", command[] = "completions", more[] = "more";
	char *words[] = { name, command, copy, more, NULL };
	struct test_capture capture;
	int status;

	strncat(copy, shell, sizeof(copy) - 1);
	test_capture_begin(&capture, fd);
	status = ln_cli_completions(argc, words);
	*text = test_capture_end(&capture);
	return status;
}

/* Not inlined, or gcc 12 takes what it returns for a pointer to its own
 * variable. */
static LN_NOINLINE char *completions(const char *shell)
{
	char *text;

	assert_int_equal(run(3, shell, STDOUT_FILENO, &text), 0);
	return text;
}

static void check_has(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		fail_msg("\"%s\" is not there", part);
}

static bool takes_value(const struct ln_cli_option *option)
{
	return option->argument != NULL && option->argument[0] != '[';
}

/* Calls check(text, option) for every option. */
static void check_each(const char *text,
		       void (*check)(const char *text,
				     const struct ln_cli_option *option))
{
	const struct ln_cli_option *const tables[] = { ln_cli_options,
						       ln_cli_test_options,
						       ln_cli_cargo_options,
						       ln_cli_init_options };
	unsigned checked = 0;

	for (size_t i = 0; i < 4; i++) {
		for (const struct ln_cli_option *at = tables[i];
		     at->help != NULL; at++) {
			if (at->name == NULL)
				continue;
			check(text, at);
			checked++;
		}
	}
	assert_true(checked > 20);
}

static void check_bash(const char *text, const struct ln_cli_option *option)
{
	char part[64];

	snprintf(part, sizeof(part), " %s", option->name);
	check_has(text, part);
	if (option->alias == NULL)
		return;
	snprintf(part, sizeof(part), " %s %s", option->name, option->alias);
	check_has(text, part);
}

static void check_zsh(const char *text, const struct ln_cli_option *option)
{
	char part[64];
	const char *line, *end;

	snprintf(part, sizeof(part), "\t\t'*%s%s[", option->name,
		 takes_value(option) ? "=" : "");
	line = strstr(text, part);
	assert_non_null(line);
	end = strchr(line, '\n');
	assert_non_null(end);
	assert_int_equal(end[-1], '\'');
	assert_int_equal(memcmp(end - 15, "]:value:_files'", 15) == 0,
			 takes_value(option));
	if (option->alias == NULL)
		return;
	/* Its value is the next word, for the program as well. */
	snprintf(part, sizeof(part), "\t\t'*%s[", option->alias);
	check_has(text, part);
}

static void check_fish(const char *text, const struct ln_cli_option *option)
{
	char part[96];

	snprintf(part, sizeof(part), " -l %s%s%s%s -d '", option->name + 2,
		 option->alias != NULL ? " -s " : "",
		 option->alias != NULL ? option->alias + 1 : "",
		 takes_value(option) ? " -r" : "");
	check_has(text, part);
}

/* Nothing in a help text ends a quoted word. */
static void check_quotes(const char *text)
{
	for (const char *line = text; *line != '\0';) {
		const char *end = strchr(line, '\n');
		unsigned quotes = 0;

		assert_non_null(end);
		for (const char *c = line; c < end; c++)
			quotes += *c == '\'';
		if (quotes % 2 != 0)
			fail_msg("%.*s", (int)(end - line), line);
		line = end + 1;
	}
}

static void bash(void **state)
{
	char *text = completions("bash");

	(void)state;
	check_each(text, check_bash);
	check_has(
		text,
		"\t\twords=\" run test serve init build dev doctor help ps top "
		"inspect kill log upgrade trace cluster-ca completions\"\n");
	check_has(text, "[[ ${COMP_WORDS[1]} != ps ]] || words=\" --program ");
	check_has(text, "== help ]]; then\n\t\twords=\" start refused traps ");
	check_has(text, "complete -o bashdefault -o default -F _lunatic");
	check_quotes(text);
	free(text);
}

static void zsh(void **state)
{
	char *text = completions("zsh");

	(void)state;
	assert_memory_equal(text, "#compdef lunatic\n", 17);
	check_each(text, check_zsh);
	check_has(text, "compadd -- run test serve init build dev doctor help "
			"ps top inspect kill log upgrade trace cluster-ca "
			"completions\n");
	check_has(text, "compadd -- start refused traps ");
	check_quotes(text);
	free(text);
}

static void fish(void **state)
{
	char *text = completions("fish");

	(void)state;
	check_each(text, check_fish);
	check_has(text, "__fish_use_subcommand -a init\n");
	check_has(text, "from help' -f -a ' start refused traps ");
	check_quotes(text);
	free(text);
}

static void wrong_words(void **state)
{
	char *text;

	(void)state;
	assert_int_equal(run(3, "tcsh", STDERR_FILENO, &text), 1);
	check_has(text, "lunatic: completions takes one of bash, zsh, fish");
	free(text);
	assert_int_equal(run(2, "bash", STDERR_FILENO, &text), 1);
	free(text);
	assert_int_equal(run(4, "bash", STDERR_FILENO, &text), 1);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bash),
		cmocka_unit_test(zsh),
		cmocka_unit_test(fish),
		cmocka_unit_test(wrong_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
