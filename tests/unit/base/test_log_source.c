/* src/base/log_source.c: who floods the log takes nothing from others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/log_source.h"
#include "base/time.h"

#define LINE ((size_t)1000)
#define BEGIN (100 * LN_NS_PER_S)

/* Fills a source; how many bytes it took. */
static size_t fill(struct ln_log_source *source, int64_t now)
{
	size_t bytes = 0;

	while (ln_log_source_admit(source, LINE, now))
		bytes += LINE;
	return bytes;
}

static void empty(struct ln_log_source *source, size_t bytes)
{
	for (; bytes > 0; bytes -= LINE)
		ln_log_source_done(source, LINE);
}

static void near(size_t bytes, size_t wanted)
{
	assert_true(bytes < wanted + LINE && bytes + 2 * LINE > wanted);
}

static void floods_leave_room(void **state)
{
	struct ln_log_source *root = ln_log_source_new(NULL, 0);
	struct ln_log_source *first = ln_log_source_new(root, 1);
	struct ln_log_source *below = ln_log_source_new(first, 2);
	struct ln_log_source *beside = ln_log_source_new(first, 3);
	struct ln_log_source *other = ln_log_source_new(root, 4);
	size_t took_below;
	size_t took_first;

	(void)state;
	/* A child has at most half of what is its parent's, and of that half
	 * for its own lines. */
	took_below = fill(below, BEGIN);
	near(took_below, LN_LOG_GUESTS_QUEUED / 8);
	/* Who is beside it, above it, or elsewhere has room. */
	assert_true(ln_log_source_admit(beside, LINE, BEGIN));
	took_first = fill(first, BEGIN);
	assert_true(took_first > LN_LOG_GUESTS_QUEUED / 8);
	assert_true(ln_log_source_admit(beside, LINE, BEGIN));
	assert_true(ln_log_source_admit(other, LINE, BEGIN));
	/* And when all of these flood, there is still room for one more. */
	empty(other, LINE + fill(other, BEGIN));
	/* What is written makes room. */
	empty(below, took_below);
	assert_int_equal(below->queued.all, 0);
	assert_true(ln_log_source_admit(below, LINE, BEGIN));
	empty(below, LINE);
	empty(first, took_first);
	empty(beside, 2 * LINE);
	assert_int_equal(root->queued.all, 0);
	ln_log_source_release(root);
	ln_log_source_release(first);
	ln_log_source_release(other);
	ln_log_source_release(beside);
	ln_log_source_release(below);
}

static void seconds_are_bounded(void **state)
{
	struct ln_log_source *root = ln_log_source_new(NULL, 0);
	struct ln_log_source *source = ln_log_source_new(root, 1);
	size_t bytes = 0;

	(void)state;
	/* All is written at once, so that nothing is queued. */
	while (ln_log_source_admit(source, LINE, BEGIN)) {
		ln_log_source_done(source, LINE);
		bytes += LINE;
	}
	near(bytes, LN_LOG_GUESTS_SECOND / 4);
	assert_false(
		ln_log_source_admit(source, LINE, BEGIN + LN_NS_PER_S - 1));
	assert_true(ln_log_source_admit(source, LINE, BEGIN + LN_NS_PER_S));
	ln_log_source_done(source, LINE);
	ln_log_source_release(source);
	ln_log_source_release(root);
}

/* From some depth on shares are not halved further. */
static void deep_ones_have_room(void **state)
{
	struct ln_log_source *at = ln_log_source_new(NULL, 0);

	(void)state;
	for (uint64_t i = 1; i <= 20; i++) {
		struct ln_log_source *below = ln_log_source_new(at, i);

		assert_non_null(below);
		ln_log_source_release(at); /* the one below has it */
		at = below;
	}
	assert_true(ln_log_source_admit(at, 8 * LINE, BEGIN));
	ln_log_source_done(at, 8 * LINE);
	ln_log_source_release(at);
	ln_log_source_release(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(floods_leave_room),
		cmocka_unit_test(seconds_are_bounded),
		cmocka_unit_test(deep_ones_have_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
