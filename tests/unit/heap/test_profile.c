/* src/heap/profile.c and report.c. Profiles of a heap: what lives,
 * what lived at the peak, and for which place; with bounds. */
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

#include "base/error.h"
#include "heap/profile.h"

static const uint32_t left[] = { 1, 3 };
static const uint32_t right[] = { 2, 3 };

static struct ln_heap_profile *make(void)
{
	struct ln_heap_profile *profile;

	assert_int_equal(ln_heap_profile_new(&profile), 0);
	ln_heap_profile_name(profile, 1, strdup("left"));
	ln_heap_profile_name(profile, 2, strdup("right"));
	ln_heap_profile_name(profile, 3, strdup("main"));
	return profile;
}

static void allocate(struct ln_heap_profile *profile, uint32_t address,
		     uint32_t size, const uint32_t *frames)
{
	ln_heap_profile_allocated(profile, address, size, frames, 2);
}

/* Whether the report has such a piece. */
static bool tells(const struct ln_heap_profile *profile, const char *piece)
{
	size_t len;
	char *text = ln_heap_profile_text(profile, "x", &len);
	bool found = strstr(text, piece) != NULL;

	if (!found)
		print_error("%s\n", text);
	free(text);
	return found;
}

static bool folds(const struct ln_heap_profile *profile,
		  enum ln_heap_measure measure, const char *line)
{
	size_t len;
	char *text = ln_heap_profile_folded(profile, measure, &len);
	bool found = strstr(text, line) != NULL;

	free(text);
	return found;
}

static void blocks_are_counted(void **state)
{
	struct ln_heap_profile *profile = make();

	(void)state;
	allocate(profile, 8, 100, left);
	allocate(profile, 16, 50, right);
	ln_heap_profile_freed(profile, 8);
	allocate(profile, 24, 70, right);
	ln_heap_profile_freed(profile, 8);
	ln_heap_profile_freed(profile, 0);
	allocate(profile, 0, 1, left);
	assert_true(tells(profile, "allocated    220 bytes in 3 blocks"));
	assert_true(tells(profile, "at the peak  150 bytes"));
	assert_true(tells(profile, "never freed  120 bytes in 2 blocks"));
	assert_true(folds(profile, LN_HEAP_PEAK, "main;left 100\n"));
	assert_true(folds(profile, LN_HEAP_PEAK, "main;right 50\n"));
	assert_true(folds(profile, LN_HEAP_END, "main;right 120\n"));
	assert_false(folds(profile, LN_HEAP_END, "left"));
	ln_heap_profile_free(profile);
}

/* What each place had at the last of several peaks. */
static void the_last_peak_counts(void **state)
{
	struct ln_heap_profile *profile = make();

	(void)state;
	allocate(profile, 8, 100, left);
	ln_heap_profile_freed(profile, 8);
	allocate(profile, 8, 60, left);
	allocate(profile, 16, 60, right);
	ln_heap_profile_freed(profile, 16);
	ln_heap_profile_freed(profile, 8);
	allocate(profile, 8, 90, right);
	assert_true(folds(profile, LN_HEAP_PEAK, "main;left 60\n"));
	assert_true(folds(profile, LN_HEAP_PEAK, "main;right 60\n"));
	assert_true(folds(profile, LN_HEAP_END, "main;right 90\n"));
	ln_heap_profile_free(profile);
}

static void the_outer_allocator_counts(void **state)
{
	struct ln_heap_profile *profile = make();

	(void)state;
	allocate(profile, 8, 10, left);
	allocate(profile, 8, 10, right);
	assert_true(tells(profile, "allocated    10 bytes in 1 blocks"));
	assert_true(folds(profile, LN_HEAP_END, "main;right 10\n"));
	assert_false(folds(profile, LN_HEAP_END, "left"));
	ln_heap_profile_free(profile);
}

/* Against a plain array, with many blocks, so that the table grows and blocks
 * move in it. */
static void tables_keep_what_they_are_told(void **state)
{
	enum { COUNT = 20000 };
	struct ln_heap_profile *profile = make();
	static uint32_t sizes[COUNT];
	uint64_t live = 0;
	uint32_t random = 1;
	char line[64];

	(void)state;
	for (int i = 0; i < 200000; i++) {
		uint32_t at;

		random = random * 1664525 + 1013904223;
		at = (random >> 8) % COUNT;
		live -= sizes[at];
		if (sizes[at] > 0) {
			ln_heap_profile_freed(profile, 8 * at + 8);
			sizes[at] = 0;
		} else {
			sizes[at] = 1 + random % 100;
			allocate(profile, 8 * at + 8, sizes[at], left);
		}
		live += sizes[at];
	}
	snprintf(line, sizeof(line), "main;left %llu\n",
		 (unsigned long long)live);
	assert_true(folds(profile, LN_HEAP_END, line));
	ln_heap_profile_free(profile);
}

static void too_much_is_bounded(void **state)
{
	struct ln_heap_profile *profile = make();
	uint32_t frames[2] = { 0, 9 };

	(void)state;
	for (uint32_t i = 1; i < 40000; i++) {
		frames[0] = i;
		allocate(profile, 8 * i, 1, frames);
		if (!ln_heap_profile_knows(profile, i))
			ln_heap_profile_name(profile, i, strdup("some"));
	}
	assert_true(tells(profile, "never freed  39999 bytes"));
	assert_true(folds(profile, LN_HEAP_END, "unknown "));
	for (uint32_t i = 40000; i < 1200000; i++)
		allocate(profile, 8 * i, 1, left);
	assert_true(tells(profile, "not counted  "));
	ln_heap_profile_free(profile);
}

static void nothing_is_told_of_nothing(void **state)
{
	struct ln_heap_profile *profile = make();
	size_t len;
	char *text;

	(void)state;
	assert_true(tells(profile, "allocated    0 bytes in 0 blocks"));
	text = ln_heap_profile_folded(profile, LN_HEAP_PEAK, &len);
	assert_int_equal(len, 0);
	free(text);
	ln_heap_profile_free(profile);
	ln_heap_profile_free(NULL);
}

static void files_are_written(void **state)
{
	char folder[] = "/tmp/lunatic-heap.XXXXXX";
	struct ln_heap_profile *profile = make();
	static const char *const files[] = { "a.txt", "a.peak.folded",
					     "a.end.folded" };
	char path[128];

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/inner", folder);
	assert_int_equal(ln_heap_profile_write(profile, path, "a"), 0);
	for (int i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s/inner/%s", folder, files[i]);
		assert_int_equal(unlink(path), 0);
	}
	snprintf(path, sizeof(path), "%s/none/inner", folder);
	assert_int_equal(ln_heap_profile_write(profile, path, "a"), LN_EIO);
	snprintf(path, sizeof(path), "%s/inner", folder);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(rmdir(folder), 0);
	ln_heap_profile_free(profile);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blocks_are_counted),
		cmocka_unit_test(the_last_peak_counts),
		cmocka_unit_test(the_outer_allocator_counts),
		cmocka_unit_test(tables_keep_what_they_are_told),
		cmocka_unit_test(too_much_is_bounded),
		cmocka_unit_test(nothing_is_told_of_nothing),
		cmocka_unit_test(files_are_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
