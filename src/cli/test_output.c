/*
 * DESIGN
 * Two forms. Ours tells times, and the reason of a failure above its output.
 * Cargo's is that of Rust's libtest, version 1.95: editors and other programs
 * read its lines. There the reason is a note below the output.
 */
#include "cli/test_output.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/time.h"
#include "cli/options.h"
#include "cli/test_list.h"
#include "cli/verdict.h"

#define TERSE_COLUMNS 88

/* Of a terminal. */
#define GREEN 32
#define RED 31
#define YELLOW 33

static bool is_cargo(const struct ln_test_output *output)
{
	return output->options->style != LN_TEST_OWN;
}

static bool is_terse(const struct ln_test_output *output)
{
	return output->options->style == LN_TEST_TERSE;
}

static void print_colored(const struct ln_test_output *output, int color,
			  const char *word)
{
	if (output->color)
		printf("\33[%dm%s\33[0m", color, word);
	else
		fputs(word, stdout);
}

static bool wants_color(const struct ln_test_options *options)
{
	const char *terminal = getenv("TERM");

	if (options->color != LN_TEST_COLOR_AUTO)
		return options->color == LN_TEST_COLOR_ALWAYS;
	return isatty(STDOUT_FILENO) && terminal != NULL &&
	       strcmp(terminal, "dumb") != 0;
}

void ln_test_output_begin(struct ln_test_output *output,
			  const struct ln_test_options *options, size_t total)
{
	*output = (struct ln_test_output){ .options = options, .total = total };
	output->color = is_cargo(output) && wants_color(options);
	if (is_cargo(output) && !options->list)
		printf("\nrunning %zu test%s\n", total, total == 1 ? "" : "s");
	fflush(stdout);
}

void ln_test_output_name(const struct ln_test_output *output,
			 const struct ln_test *test)
{
	printf("%s%s\n", test->name, is_cargo(output) ? ": test" : "");
}

void ln_test_output_names(const struct ln_test_output *output, size_t count)
{
	if (output->options->style == LN_TEST_PRETTY)
		printf("\n%zu test%s, 0 benchmarks\n", count,
		       count == 1 ? "" : "s");
}

/* Ends a line of characters. */
static void end_terse(struct ln_test_output *output)
{
	if (output->column > 0)
		printf(" %zu/%zu\n", output->done, output->total);
	output->column = 0;
}

static void print_terse(struct ln_test_output *output, int color,
			const char *character)
{
	print_colored(output, color, character);
	output->done++;
	if (++output->column == TERSE_COLUMNS)
		end_terse(output);
}

static const char *suffix(const struct ln_test_output *output,
			  const struct ln_test *test)
{
	if (test->panic == NULL)
		return "";
	return is_cargo(output) ? " - should panic" : " - should fail";
}

void ln_test_output_ignored(struct ln_test_output *output,
			    const struct ln_test *test)
{
	if (is_terse(output)) {
		print_terse(output, YELLOW, "i");
		return;
	}
	printf("test %s%s ... ", test->name,
	       is_cargo(output) ? suffix(output, test) : "");
	print_colored(output, YELLOW, "ignored");
	putchar('\n');
}

void ln_test_output_slow(const struct ln_test_output *output,
			 const struct ln_test *test, unsigned seconds)
{
	if (is_terse(output))
		return;
	printf("test %s%s has been running for over %u seconds\n", test->name,
	       suffix(output, test), seconds);
	fflush(stdout);
}

/* A failure has a line of its own, so that its name is seen at once. */
static void print_terse_end(struct ln_test_output *output,
			    const struct ln_test *test, bool failed)
{
	if (!failed) {
		print_terse(output, GREEN, ".");
		return;
	}
	end_terse(output);
	output->done++;
	printf("%s --- ", test->name);
	print_colored(output, RED, "FAILED");
	putchar('\n');
}

void ln_test_output_ended(struct ln_test_output *output,
			  const struct ln_test *test,
			  const struct ln_verdict *verdict, int64_t took)
{
	const char *word = verdict->failed ? "FAILED" : "ok";

	if (output->options->nocapture && is_cargo(output))
		ln_verdict_print(verdict);
	if (is_terse(output)) {
		print_terse_end(output, test, verdict->failed);
	} else {
		printf("test %s%s ... ", test->name, suffix(output, test));
		print_colored(output, verdict->failed ? RED : GREEN, word);
		if (!is_cargo(output))
			printf(" (%" PRId64 " ms)", took / LN_NS_PER_MS);
		putchar('\n');
	}
	if (output->options->nocapture && !is_cargo(output))
		ln_verdict_print(verdict);
	fflush(stdout);
}

static void print_hint(const struct ln_verdict *verdict)
{
	if (verdict->lacks_directories)
		puts("(it looked for a directory and was given none; "
		     "see lunatic help files)");
}

static void print_failures(const struct ln_test_output *output,
			   const struct ln_test_results *results)
{
	if (results->failed > 0)
		printf("\nfailures:\n");
	for (size_t i = 0; i < results->count; i++) {
		const struct ln_verdict *verdict = &results->verdicts[i];

		if (!verdict->failed)
			continue;
		printf("\n---- %s: %s ----\n", results->tests[i].name,
		       verdict->reason);
		if (!output->options->nocapture)
			ln_verdict_print(verdict);
		print_hint(verdict);
	}
}

/* What was printed by those that failed, or by the others. */
static void print_cargo_texts(const struct ln_test_output *output,
			      const struct ln_test_results *results,
			      bool failed)
{
	for (size_t i = 0; i < results->count; i++) {
		const struct ln_verdict *verdict = &results->verdicts[i];
		size_t len = 0;

		if (verdict->failed != failed)
			continue;
		free(ln_verdict_text(verdict, &len));
		if (len == 0 && !failed)
			continue;
		printf("---- %s stdout ----\n", results->tests[i].name);
		if (!output->options->nocapture)
			ln_verdict_print(verdict);
		if (failed)
			printf("note: %s\n", verdict->reason);
		print_hint(verdict);
		putchar('\n');
	}
}

static void print_cargo_list(const struct ln_test_output *output,
			     const struct ln_test_results *results,
			     const char *heading, bool failed)
{
	printf("\n%s:\n\n", heading);
	print_cargo_texts(output, results, failed);
	printf("\n%s:\n", heading);
	for (size_t i = 0; i < results->count; i++) {
		if (results->verdicts[i].failed == failed)
			printf("    %s\n", results->tests[i].name);
	}
}

static void print_cargo_end(const struct ln_test_output *output,
			    const struct ln_test_results *results)
{
	bool failed = results->failed > 0;

	if (output->options->show_output)
		print_cargo_list(output, results, "successes", false);
	if (failed)
		print_cargo_list(output, results, "failures", true);
	fputs("\ntest result: ", stdout);
	print_colored(output, failed ? RED : GREEN, failed ? "FAILED" : "ok");
	printf(". %zu passed; %zu failed; %zu ignored; 0 measured; %zu "
	       "filtered out; finished in ",
	       results->count - results->failed, results->failed,
	       results->ignored, results->others);
}

static void print_own_end(const struct ln_test_output *output,
			  const struct ln_test_results *results)
{
	for (size_t i = 0; output->options->show_output && i < results->count;
	     i++) {
		if (results->verdicts[i].failed)
			continue;
		printf("\n---- %s: ok ----\n", results->tests[i].name);
		ln_verdict_print(&results->verdicts[i]);
	}
	print_failures(output, results);
	printf("\n%zu passed, %zu failed, %zu ignored",
	       results->count - results->failed, results->failed,
	       results->ignored);
	if (results->others > 0)
		printf(", %zu left out", results->others);
	fputs(" in ", stdout);
}

void ln_test_output_end(const struct ln_test_output *output,
			const struct ln_test_results *results)
{
	int64_t hundredths = results->took / (LN_NS_PER_S / 100);

	if (is_cargo(output))
		print_cargo_end(output, results);
	else
		print_own_end(output, results);
	printf("%" PRId64 ".%02" PRId64 "%s\n", hundredths / 100,
	       hundredths % 100, is_cargo(output) ? "s\n" : " s");
}
