/* src/process/directory.c: ids, and going through all while some come and go.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "process/directory.h"
#include "support/shortage.h"

/* As large as a process, so that they are in all shards. */
struct thing {
	struct ln_directory_entry entry;
	_Atomic int references;
	int found;
	char rest[600];
};

static struct thing *thing_at(struct ln_directory_entry *entry)
{
	return ln_container_of(entry, struct thing, entry);
}

static bool take(struct ln_directory_entry *entry, const void *argument)
{
	(void)argument;
	atomic_fetch_add(&thing_at(entry)->references, 1);
	return true;
}

static bool refuse(struct ln_directory_entry *entry, const void *argument)
{
	(void)entry;
	(void)argument;
	return false;
}

static struct thing *add(struct ln_directory *directory, size_t count)
{
	struct thing *things = calloc(count, sizeof(*things));

	assert_non_null(things);
	for (size_t i = 0; i < count; i++)
		ln_directory_add(directory, &things[i].entry);
	return things;
}

static void remove_some(struct ln_directory *directory, struct thing *things,
			size_t from, size_t to, size_t step)
{
	for (size_t i = from; i < to; i += step)
		ln_directory_remove(directory, &things[i].entry, 0, 0, 0);
}

static struct ln_directory *make(void)
{
	struct ln_directory *directory;

	assert_int_equal(ln_directory_new(&directory), 0);
	return directory;
}

static int compare(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a;
	uint64_t right = *(const uint64_t *)b;

	return left < right ? -1 : left > right;
}

static void ids_lead_to_entries(void **state)
{
	enum { COUNT = 50000 };
	static uint64_t ids[2 * COUNT];
	struct ln_directory *directory = make();
	struct thing *things = add(directory, COUNT);
	struct thing *more;

	(void)state;
	for (size_t i = 0; i < COUNT; i++) {
		ids[i] = things[i].entry.id;
		assert_int_not_equal(ids[i], 0);
		assert_ptr_equal(
			ln_directory_find(directory, ids[i], take, NULL),
			&things[i].entry);
		assert_int_equal(things[i].references, 1);
		assert_null(ln_directory_find(directory, ids[i], refuse, NULL));
	}
	remove_some(directory, things, 0, COUNT, 2);
	for (size_t i = 0; i < COUNT; i++) {
		struct ln_directory_entry *entry =
			ln_directory_find(directory, ids[i], take, NULL);

		assert_ptr_equal(entry, i % 2 ? &things[i].entry : NULL);
	}
	remove_some(directory, things, 1, COUNT, 2);
	/* No id is given out again. */
	more = add(directory, COUNT);
	for (size_t i = 0; i < COUNT; i++)
		ids[COUNT + i] = more[i].entry.id;
	qsort(ids, 2 * COUNT, sizeof(ids[0]), compare);
	for (size_t i = 1; i < 2 * COUNT; i++)
		assert_true(ids[i - 1] < ids[i]);
	assert_null(ln_directory_find(directory, 0, take, NULL));
	assert_null(ln_directory_find(directory, UINT64_MAX, take, NULL));
	remove_some(directory, more, 0, COUNT, 1);
	ln_directory_free(directory);
	free(things);
	free(more);
}

/* Goes on with a walk; false: it is over. */
static bool step(struct ln_directory *directory, struct ln_directory_walk *walk)
{
	struct ln_directory_entry *found[LN_DIRECTORY_STEP];
	size_t count;

	if (!ln_directory_step(directory, walk, take, NULL, found, &count))
		return false;
	assert_true(count <= LN_DIRECTORY_STEP);
	for (size_t i = 0; i < count; i++)
		thing_at(found[i])->found++;
	return true;
}

static void all_are_found_once(void **state)
{
	static const size_t counts[] = { 0, 1, 2, 100, 1023, 40000 };

	(void)state;
	for (size_t c = 0; c < sizeof(counts) / sizeof(counts[0]); c++) {
		struct ln_directory *directory = make();
		struct thing *things = add(directory, counts[c] + 1);
		struct ln_directory_walk walk = { 0 };

		remove_some(directory, things, counts[c], counts[c] + 1, 1);
		while (step(directory, &walk)) {
		}
		assert_false(step(directory, &walk));
		for (size_t i = 0; i < counts[c]; i++)
			assert_int_equal(things[i].found, 1);
		assert_int_equal(things[counts[c]].found, 0);
		remove_some(directory, things, 0, counts[c], 1);
		ln_directory_free(directory);
		free(things);
	}
}

/* The table grows from 64 buckets to some thousand during the walk. */
static void growing_repeats_nobody(void **state)
{
	enum { COUNT = 2000, ROUNDS = 40 };
	struct ln_directory *directory = make();
	struct thing *things = add(directory, COUNT);
	struct thing *others[ROUNDS] = { 0 };
	struct ln_directory_walk walk = { 0 };
	int rounds = 0;

	(void)state;
	while (step(directory, &walk)) {
		if (rounds == ROUNDS)
			continue;
		others[rounds] = add(directory, COUNT);
		remove_some(directory, things, (size_t)rounds, COUNT,
			    ROUNDS * 2);
		rounds++;
	}
	assert_int_equal(rounds, ROUNDS);
	for (size_t i = 0; i < COUNT; i++) {
		if (i % (ROUNDS * 2) < ROUNDS) {
			assert_true(things[i].found <= 1);
			continue;
		}
		assert_int_equal(things[i].found, 1);
		ln_directory_remove(directory, &things[i].entry, 0, 0, 0);
	}
	for (int r = 0; r < ROUNDS; r++) {
		for (size_t i = 0; i < COUNT; i++)
			assert_true(others[r][i].found <= 1);
		remove_some(directory, others[r], 0, COUNT, 1);
		free(others[r]);
	}
	ln_directory_free(directory);
	free(things);
}

static void a_count_tells_who_is_in_it(void **state)
{
	struct ln_directory *directory = make();
	struct thing *things = add(directory, 300);
	struct ln_directory_count count;

	(void)state;
	for (size_t i = 0; i < 100; i++)
		ln_directory_remove(directory, &things[i].entry,
				    (unsigned)i % LN_OUTCOMES, 10, 1);
	ln_directory_count(directory, &count);
	for (size_t i = 100; i < 200; i++)
		ln_directory_remove(directory, &things[i].entry, 0, 10, 1);
	assert_int_equal(count.tally.started, 300);
	for (int i = 0; i < LN_OUTCOMES; i++)
		assert_int_equal(count.tally.ended[i], 25);
	assert_int_equal(count.tally.messages, 1000);
	assert_int_equal(count.tally.dropped, 100);
	for (size_t i = 0; i < 300; i++)
		assert_int_equal(ln_directory_counted(&count, &things[i].entry),
				 i < 100);
	remove_some(directory, things, 200, 300, 1);
	ln_directory_free(directory);
	free(things);
}

/* Without memory for more buckets the lists become longer. */
static void adding_needs_no_memory(void **state)
{
	enum { COUNT = 4000 };
	struct ln_directory *directory = make();
	struct thing *things = calloc(COUNT, sizeof(*things));
	struct ln_directory_walk walk = { 0 };
	bool some = false;

	(void)state;
	assert_non_null(things);
	for (size_t i = 0; i < COUNT; i++) {
		test_shortage_begin(TEST_SHORT_CALLOC, 0);
		ln_directory_add(directory, &things[i].entry);
		some |= test_shortage_end();
	}
	assert_true(some);
	for (size_t i = 0; i < COUNT; i++)
		assert_non_null(ln_directory_find(directory, things[i].entry.id,
						  take, NULL));
	while (some)
		some = step(directory, &walk);
	for (size_t i = 0; i < COUNT; i++)
		assert_int_equal(things[i].found, 1);
	remove_some(directory, things, 0, COUNT, 1);
	ln_directory_free(directory);
	free(things);
}

/* ---- Many threads ---- */

enum { THREADS = 4, EACH = 64, TURNS = 400 };

struct worker {
	struct ln_directory *directory;
	struct thing *things;  /* EACH */
	_Atomic uint64_t *ids; /* of all; 0: it is not there */
	unsigned number;
	int errors;
};

/* Adds and removes its own, and looks for those of the others. */
static void *work(void *argument)
{
	struct worker *self = argument;
	_Atomic uint64_t *own = self->ids + self->number * EACH;
	unsigned seed = self->number + 1;

	for (int turn = 0; turn < TURNS; turn++) {
		struct ln_directory_walk walk = { 0 };
		struct ln_directory_entry *found[LN_DIRECTORY_STEP];
		struct ln_directory_entry *entry;
		size_t count;

		for (int i = 0; i < EACH; i++) {
			memset(&self->things[i].entry, 0,
			       sizeof(self->things[i].entry));
			ln_directory_add(self->directory,
					 &self->things[i].entry);
			atomic_store(&own[i], self->things[i].entry.id);
		}
		for (int i = 0; i < EACH; i++) {
			unsigned at =
				(unsigned)rand_r(&seed) % (THREADS * EACH);
			uint64_t id = atomic_load(&self->ids[at]);

			entry = ln_directory_find(self->directory, id, take,
						  NULL);
			self->errors += entry == NULL && id != 0 &&
					at / EACH == self->number;
		}
		while (turn % 8 == 0 &&
		       ln_directory_step(self->directory, &walk, take, NULL,
					 found, &count)) {
		}
		for (int i = 0; i < EACH; i++) {
			atomic_store(&own[i], 0);
			ln_directory_remove(self->directory,
					    &self->things[i].entry, 0, 0, 0);
		}
	}
	return NULL;
}

static void threads_do_not_meet(void **state)
{
	static _Atomic uint64_t ids[THREADS * EACH];
	struct ln_directory *directory = make();
	struct worker workers[THREADS];
	pthread_t threads[THREADS];
	struct ln_directory_count count;

	(void)state;
	for (unsigned i = 0; i < THREADS; i++) {
		workers[i] = (struct worker){
			.directory = directory,
			.things = calloc(EACH, sizeof(struct thing)),
			.ids = ids,
			.number = i,
		};
		assert_non_null(workers[i].things);
		assert_int_equal(
			pthread_create(&threads[i], NULL, work, &workers[i]),
			0);
	}
	for (unsigned i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(workers[i].errors, 0);
		free(workers[i].things);
	}
	ln_directory_count(directory, &count);
	assert_int_equal(count.tally.started, THREADS * EACH * TURNS);
	assert_int_equal(count.tally.ended[0], THREADS * EACH * TURNS);
	ln_directory_free(directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids_lead_to_entries),
		cmocka_unit_test(all_are_found_once),
		cmocka_unit_test(growing_repeats_nobody),
		cmocka_unit_test(a_count_tells_who_is_in_it),
		cmocka_unit_test(adding_needs_no_memory),
		cmocka_unit_test(threads_do_not_meet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
