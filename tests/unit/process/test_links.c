/* src/process/links.c: the table of links against a model. The processes here
 * are never started: the table counts references to them and no more. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "engine/account.h"
#include "process/links.h"
#include "process/process.h"

#define PEERS 2000
#define STEPS 100000

static struct ln_process *peers;

static int set_up(void **state)
{
	(void)state;
	peers = calloc(PEERS, sizeof(*peers));
	assert_non_null(peers);
	for (int i = 0; i < PEERS; i++)
		atomic_init(&peers[i].references, 1);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	for (int i = 0; i < PEERS; i++)
		assert_int_equal(peers[i].references, 1);
	free(peers);
	return 0;
}

/* What a process does with its links when it ends. */
static void drop_all(struct ln_links *links)
{
	for (uint32_t i = 0; i < ln_links_slots(links); i++) {
		int64_t tag;
		struct ln_process *peer = ln_links_at(links, i, &tag);

		if (peer != NULL)
			ln_process_release(peer);
	}
	ln_links_deinit(links, NULL);
	assert_int_equal(ln_links_slots(links), 0);
}

/* The tag for `peer`, by looking at every slot; *count: how often it is there.
 */
static int64_t tag_of(const struct ln_links *links,
		      const struct ln_process *peer, int *count)
{
	int64_t tag = 0;

	*count = 0;
	for (uint32_t i = 0; i < ln_links_slots(links); i++) {
		int64_t at;

		if (ln_links_at(links, i, &at) == peer) {
			tag = at;
			(*count)++;
		}
	}
	return tag;
}

static bool unlink_peer(struct ln_links *links, struct ln_process *peer)
{
	if (!ln_links_remove(links, peer))
		return false;
	ln_process_release(peer);
	return true;
}

static void empty_has_nobody(void **state)
{
	struct ln_links links = { 0 };

	(void)state;
	assert_false(ln_links_has(&links, &peers[0]));
	assert_false(ln_links_remove(&links, &peers[0]));
	assert_int_equal(ln_links_slots(&links), 0);
	drop_all(&links);
}

static void linking_again_changes_the_tag(void **state)
{
	struct ln_links links = { 0 };
	int count;

	(void)state;
	assert_int_equal(ln_links_set(&links, &peers[0], 5, 10, NULL), 0);
	assert_int_equal(ln_links_set(&links, &peers[1], 6, 10, NULL), 0);
	assert_int_equal(peers[0].references, 2);
	assert_int_equal(ln_links_set(&links, &peers[0], -7, 10, NULL), 0);
	assert_int_equal(peers[0].references, 2);
	assert_int_equal(ln_links_count(&links), 2);
	assert_int_equal(tag_of(&links, &peers[0], &count), -7);
	assert_int_equal(count, 1);
	assert_int_equal(tag_of(&links, &peers[1], &count), 6);
	assert_true(unlink_peer(&links, &peers[0]));
	assert_false(unlink_peer(&links, &peers[0]));
	assert_false(ln_links_has(&links, &peers[0]));
	assert_true(ln_links_has(&links, &peers[1]));
	drop_all(&links);
}

static void has_a_limit(void **state)
{
	struct ln_links links = { 0 };

	(void)state;
	for (int i = 0; i < 5; i++)
		assert_int_equal(ln_links_set(&links, &peers[i], 1, 5, NULL),
				 0);
	assert_int_equal(ln_links_set(&links, &peers[5], 1, 5, NULL),
			 LN_ELIMIT);
	assert_int_equal(peers[5].references, 1);
	/* A link that is there already is no new one. */
	assert_int_equal(ln_links_set(&links, &peers[3], 9, 5, NULL), 0);
	assert_true(unlink_peer(&links, &peers[0]));
	assert_int_equal(ln_links_set(&links, &peers[5], 1, 5, NULL), 0);
	drop_all(&links);
}

static void random_steps_match_a_model(void **state)
{
	static int64_t model[PEERS]; /* 0: not linked */
	struct ln_links links = { 0 };
	uint64_t random = 3;
	uint32_t live = 0;

	(void)state;
	for (int64_t step = 1; step <= STEPS; step++) {
		unsigned range = step / 10000 % 2 == 0 ? PEERS : 20;
		size_t i;

		random = random * UINT64_C(6364136223846793005) +
			 UINT64_C(1442695040888963407);
		i = (random >> 33) % range;
		if ((random >> 20) % 5 < 3) {
			assert_int_equal(ln_links_set(&links, &peers[i], step,
						      PEERS, NULL),
					 0);
			live += model[i] == 0;
			model[i] = step;
		} else {
			assert_int_equal(unlink_peer(&links, &peers[i]),
					 model[i] != 0);
			live -= model[i] != 0;
			model[i] = 0;
		}
		assert_int_equal(ln_links_count(&links), live);
		i = (random >> 40) % PEERS;
		assert_int_equal(ln_links_has(&links, &peers[i]),
				 model[i] != 0);
	}
	for (int i = 0; i < PEERS; i++) {
		int count;

		assert_int_equal(tag_of(&links, &peers[i], &count), model[i]);
		assert_int_equal(count, model[i] != 0);
		assert_int_equal(peers[i].references, model[i] != 0 ? 2 : 1);
	}
	drop_all(&links);
}

/* Links that come and go do not make the table grow. */
static void removed_links_make_room(void **state)
{
	struct ln_links links = { 0 };

	(void)state;
	for (int i = 0; i < STEPS; i++) {
		assert_int_equal(
			ln_links_set(&links, &peers[i % PEERS], 1, 8, NULL), 0);
		if (i >= 7)
			assert_true(
				unlink_peer(&links, &peers[(i - 7) % PEERS]));
	}
	assert_int_equal(ln_links_count(&links), 7);
	assert_true(ln_links_slots(&links) <= 64);
	drop_all(&links);
}

/* Many slots are charged to an account, which may refuse more. */
static void charges_an_account(void **state)
{
	static struct ln_process many[400];
	struct ln_account account = { .max = 8191 };
	struct ln_links links = { 0 };
	int added = 0;

	(void)state;
	memset(many, 0, sizeof(many));
	while (added < 400) {
		int error;

		atomic_init(&many[added].references, 1);
		error = ln_links_set(&links, &many[added], 1, 1000, &account);
		if (error < 0) {
			assert_int_equal(error, LN_EMEMORY);
			break;
		}
		added++;
		if (added <= 32)
			assert_int_equal(account.used, 0);
	}
	/* 256 slots of 16 bytes fit, together with those before; not 512. */
	assert_in_range(added, 128, 256);
	assert_in_range(account.used, 256 * sizeof(struct ln_table_slot), 8191);
	assert_true(ln_links_has(&links, &many[0]));
	ln_links_deinit(&links, &account);
	assert_int_equal(account.used, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty_has_nobody),
		cmocka_unit_test(linking_again_changes_the_tag),
		cmocka_unit_test(has_a_limit),
		cmocka_unit_test(random_steps_match_a_model),
		cmocka_unit_test(removed_links_make_room),
		cmocka_unit_test(charges_an_account),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
