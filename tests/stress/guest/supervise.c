// A tree of supervisors under a storm of kills: three levels, each with another
// strategy. What is killed is chosen at random, a supervisor as well as a
// worker. After every blow the tree must come back to its full shape, with all
// workers answering. In the end there are more blows than it may take, and it
// must fail, whatever its strategy.
//
// The first argument is the number of blows, the second the seed.
#include <lunatic.h>
#include <stdlib.h>
#include <string.h>

#define PATIENCE 20000

static struct lunatic_reader mail;
static struct lunatic_writer out;

static void work(void *state, struct lunatic_reader *request,
		 struct lunatic_writer *reply)
{
	uint64_t *count = state;

	lunatic_skip(request);
	lunatic_write_uint(reply, ++*count);
}

static const struct lunatic_server worker = {
	.state_size = sizeof(uint64_t),
	.call = work,
};

#define OFTEN .restarts = 1000, .within = 1

static const struct lunatic_child workers[] = {
	{ .name = "0", .server = &worker },
	{ .name = "1", .server = &worker },
	{ .name = "2", .server = &worker },
};
static const struct lunatic_supervisor leaf_one = { .children = workers,
						    .count = 3,
						    OFTEN };
static const struct lunatic_supervisor leaf_all = {
	.children = workers, .count = 3, .strategy = LUNATIC_ONE_FOR_ALL, OFTEN
};
static const struct lunatic_child middles[] = {
	{ .name = "0", .supervisor = &leaf_one },
	{ .name = "1", .supervisor = &leaf_all },
};
static const struct lunatic_supervisor middle = {
	.children = middles, .count = 2, .strategy = LUNATIC_REST_FOR_ONE, OFTEN
};
static const struct lunatic_child tops[] = {
	{ .name = "0", .supervisor = &middle },
	{ .name = "1", .supervisor = &middle },
};
static const struct lunatic_supervisor top = { .children = tops,
					       .count = 2,
					       OFTEN };

// Trees that take five restarts at most.
#define MORTAL(how)          \
	{ .children = tops,  \
	  .count = 2,        \
	  .strategy = (how), \
	  .restarts = 5,     \
	  .within = 1000000 }
static const struct lunatic_supervisor mortals[] = {
	MORTAL(LUNATIC_ONE_FOR_ONE),
	MORTAL(LUNATIC_ONE_FOR_ALL),
	MORTAL(LUNATIC_REST_FOR_ONE),
};

static uint64_t seed;

static uint32_t random_below(uint32_t limit)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 33) % limit;
}

static int find(struct lunatic_proc supervisor, uint32_t index,
		struct lunatic_proc *child)
{
	char name[2] = { (char)('0' + index), '\0' };

	return lunatic_supervisor_find(supervisor, name, child, 50);
}

// Goes down from the top along random children, `depth` levels. What has just
// died gives no answer; then there is nothing to kill.
static void blow(struct lunatic_proc root, uint32_t depth)
{
	struct lunatic_proc at = lunatic_proc_clone(root);

	for (uint32_t level = 1; level <= depth; level++) {
		struct lunatic_proc child;
		int status = find(at, random_below(level == 3 ? 3 : 2), &child);

		lunatic_proc_drop(at);
		if (status != 0)
			return;
		at = child;
	}
	lunatic_proc_kill(at);
	lunatic_proc_drop(at);
}

// How many workers answer below a supervisor.
static uint32_t answering(struct lunatic_proc supervisor, uint32_t level)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < (level == 3 ? 3u : 2u); i++) {
		struct lunatic_proc child;

		if (find(supervisor, i, &child) != 0)
			continue;
		if (level < 3) {
			count += answering(child, level + 1);
		} else {
			lunatic_request_begin(&out);
			lunatic_write_nil(&out);
			count += lunatic_request_send(&out, child, &mail, 50) ==
				 0;
		}
		lunatic_proc_drop(child);
	}
	return count;
}

static void expect_full(struct lunatic_proc root)
{
	for (int tries = 0; answering(root, 1) != 12; tries++) {
		if (tries > PATIENCE / 10)
			LUNATIC_PANIC("the tree does not come back");
		lunatic_sleep(5);
	}
}

// Late answers pile up otherwise.
static void empty_mailbox(void)
{
	while (lunatic_receive(&mail, 0) != LUNATIC_ETIMEDOUT)
		;
}

static void must_fail(const struct lunatic_supervisor *mortal)
{
	struct lunatic_spawn linked = { .link = lunatic_tag_new() };
	struct lunatic_proc root;
	int blows = 0;

	if (lunatic_supervisor_start(&root, &linked, mortal) != 0)
		LUNATIC_PANIC("cannot start");
	expect_full(root);
	while (lunatic_receive_tagged(&mail, &linked.link, 1, 20) ==
	       LUNATIC_ETIMEDOUT) {
		if (++blows > 1000)
			LUNATIC_PANIC("it is still there");
		blow(root, 1);
	}
	if (blows < 6)
		LUNATIC_PANIC("it failed after %d blows", blows);
	lunatic_proc_drop(root);
}

LUNATIC_MAIN(argc, argv)
{
	int blows = argc > 1 ? atoi(argv[1]) : 100;
	struct lunatic_proc root;

	seed = argc > 2 ? strtoull(argv[2], NULL, 10) | 1 : 1;
	lunatic_links_catch();
	if (lunatic_supervisor_start(&root, NULL, &top) != 0)
		LUNATIC_PANIC("cannot start");
	expect_full(root);
	for (int i = 0; i < blows; i++) {
		for (uint32_t at_once = random_below(4); at_once > 0; at_once--)
			blow(root, 1 + random_below(3));
		if (random_below(4) == 0)
			expect_full(root);
		if (i % 64 == 0)
			empty_mailbox();
	}
	expect_full(root);
	for (size_t i = 0; i < sizeof(mortals) / sizeof(mortals[0]); i++)
		must_fail(&mortals[i]);
	puts("passed");
	return 0;
}
