/*
 * What tests have shown, on standard output: as `lunatic test` tells it, or as
 * cargo's own harness does, for people and for programs that read it. The
 * caller locks: one call at a time.
 */
#ifndef LN_CLI_TEST_OUTPUT_H
#define LN_CLI_TEST_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ln_test;
struct ln_test_options;
struct ln_verdict;

struct ln_test_output {
	const struct ln_test_options *options;
	bool color;
	size_t total;  /* tests that are run or ignored */
	size_t done;   /* of these, for the terse form */
	size_t column; /* likewise */
};

/* What came of all tests. */
struct ln_test_results {
	const struct ln_test *tests;       /* that were run, as are: */
	const struct ln_verdict *verdicts; /* one for each */
	size_t count;
	size_t failed;
	size_t ignored;
	size_t others; /* that were left out */
	int64_t took;  /* ns */
};

/* Before the first test of `total`. */
void ln_test_output_begin(struct ln_test_output *output,
			  const struct ln_test_options *options, size_t total);

/* Instead of running any: its name. And how many there were. */
void ln_test_output_name(const struct ln_test_output *output,
			 const struct ln_test *test);
void ln_test_output_names(const struct ln_test_output *output, size_t count);

void ln_test_output_ignored(struct ln_test_output *output,
			    const struct ln_test *test);

/* It goes on for so many seconds by now. */
void ln_test_output_slow(const struct ln_test_output *output,
			 const struct ln_test *test, unsigned seconds);

/* It has ended, after `took` ns. */
void ln_test_output_ended(struct ln_test_output *output,
			  const struct ln_test *test,
			  const struct ln_verdict *verdict, int64_t took);

/* After the last one: what failed, and the numbers. */
void ln_test_output_end(const struct ln_test_output *output,
			const struct ln_test_results *results);

#endif
