/*
 * The simulation of many nodes, each run from a seed (see world.h).
 *
 *   test_simulation CONFIG                      as many seeds as it says
 *   LUNATIC_SIMULATION_SEED=N test_simulation CONFIG    that seed only
 *   LUNATIC_SIMULATION_SEEDS=N ...              so many seeds
 *   test_simulation --finds CONFIG              succeeds if one finds
 * something: there is a mistake in it
 *   test_simulation --sizes [N...]              what a mesh of N nodes costs
 * (sizes.h)
 *
 * A run that finds something ends the program and says which seed it was. It
 * does not look for races within a call, which tests with threads do: all tasks
 * run one after the other.
 */
#include <inttypes.h>
#include <sched.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/compiler.h"
#include "process/environment.h"
#include "process/life.h"
#include "process/runtime.h"
#include "simulation/sizes.h"
#include "simulation/world.h"
#include "support/processes.h"

#define HISTORY 60
#define NOT_QUIET 1000000 /* rounds */

struct world world;

static struct {
	const char *what;
	uint64_t numbers[3];
	uint64_t when;
} history[HISTORY];
static uint64_t history_count;
static sem_t over;
static bool expected; /* that a run finds something */

static const struct config configs[] = {
	{ .name = "pair",
	  .nodes = 2,
	  .actors = 3,
	  .phases = 2,
	  .steps = 250,
	  .seeds = 6000,
	  .odds = { .cut = 150, .crash = 400, .end = 40, .kill = 40 } },
	{ .name = "crossing",
	  .nodes = 2,
	  .actors = 2,
	  .phases = 4,
	  .steps = 120,
	  .seeds = 8000,
	  .both_sides = true,
	  .odds = { .cut = 300, .end = 300, .kill = 300 } },
	{ .name = "pressure",
	  .nodes = 3,
	  .actors = 4,
	  .phases = 2,
	  .steps = 300,
	  .seeds = 2000,
	  .high_mark = 1000,
	  .odds = { .cut = 200,
		    .crash = 800,
		    .stall = 40,
		    .large = 12,
		    .end = 80,
		    .kill = 30 } },
	{ .name = "ring",
	  .nodes = 6,
	  .actors = 3,
	  .degree = 4,
	  .phases = 2,
	  .steps = 600,
	  .seeds = 3000,
	  .high_mark = 4096,
	  .odds = { .cut = 60,
		    .crash = 200,
		    .stall = 100,
		    .large = 200,
		    .end = 60,
		    .kill = 60 } },
	{ .name = "broker",
	  .nodes = 5,
	  .actors = 3,
	  .phases = 3,
	  .steps = 500,
	  .seeds = 1500,
	  .broker = true,
	  .high_mark = 100000,
	  .odds = { .cut = 300,
		    .crash = 400,
		    .stall = 100,
		    .large = 40,
		    .end = 80,
		    .kill = 60,
		    .drop = 300,
		    .twice = 300,
		    .swap = 300,
		    .outage = 500,
		    .split = 300 } },
	{ .name = "broker_pair", /* little goes on, and much of it is lost */
	  .nodes = 2,
	  .actors = 3,
	  .phases = 3,
	  .steps = 250,
	  .seeds = 3000,
	  .broker = true,
	  .odds = { .crash = 500,
		    .large = 30,
		    .end = 60,
		    .kill = 60,
		    .drop = 40,
		    .twice = 40,
		    .swap = 40,
		    .outage = 300,
		    .split = 150 } },
	{ .name = "many",
	  .nodes = 220,
	  .actors = 3,
	  .degree = 8,
	  .phases = 2,
	  .steps = 30000,
	  .seeds = 12,
	  .odds = { .cut = 60,
		    .crash = 3000,
		    .stall = 60,
		    .large = 1000,
		    .end = 200,
		    .kill = 200 } },
};

unsigned choose(unsigned bound)
{
	uint64_t z = world.random += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (unsigned)((z ^ (z >> 31)) % bound);
}

bool chance(unsigned one_in)
{
	return one_in > 0 && choose(one_in) == 0;
}

void trace(uint64_t what)
{
	world.trace = (world.trace ^ what) * UINT64_C(0x100000001b3);
	world.trace ^= world.trace >> 29;
}

void note(const char *what, uint64_t a, uint64_t b, uint64_t c)
{
	uint64_t at = history_count++ % HISTORY;

	history[at].what = what;
	history[at].numbers[0] = a;
	history[at].numbers[1] = b;
	history[at].numbers[2] = c;
	history[at].when = world.now;
	trace(a + (b << 20) + (c << 40));
}

/* Prints a text with numbers in the places of its percent signs. */
static void print(const char *what, const uint64_t numbers[3])
{
	for (; *what != '\0'; what++) {
		if (*what == '%')
			fprintf(stderr, "%" PRId64, (int64_t)*numbers++);
		else
			fputc(*what, stderr);
	}
	fputc('\n', stderr);
}

struct finding {
	const char *what;
	uint64_t numbers[3];
};

static void report(void *argument)
{
	const struct finding *finding = argument;
	uint64_t first = history_count > HISTORY ? history_count - HISTORY : 0;

	for (uint64_t i = first; i < history_count; i++) {
		fprintf(stderr, "  %6" PRIu64 ": ", history[i % HISTORY].when);
		print(history[i % HISTORY].what, history[i % HISTORY].numbers);
	}
	fprintf(stderr, "%s, step %" PRIu64 ": ", world.config->name,
		world.now);
	print(finding->what, finding->numbers);
	fprintf(stderr,
		"LUNATIC_SIMULATION_SEED=%" PRIu64
		" test_simulation %s reproduces it\n",
		world.seed, world.config->name);
	_exit(expected ? 0 : 1);
}

void violated(const char *what, uint64_t a, uint64_t b, uint64_t c)
{
	struct finding finding = { .what = what, .numbers = { a, b, c } };

	ln_task_on_worker_stack(ln_task_current(), report, &finding);
	abort();
}

void *grow(void *list, uint32_t *count, size_t size)
{
	*count = *count == 0 ? 8 : *count * 2;
	list = realloc(list, *count * size);
	if (list == NULL)
		abort();
	return list;
}

static void host_start(unsigned index)
{
	struct ln_local_node_options options = {
		.name = world.hosts[index].name,
		.high_mark = world.config->high_mark,
		.piece = 2,
	};

	if (ln_local_node_new(world.environment->runtime, &options,
			      &world.hosts[index].node) < 0)
		abort();
	/* So that processes are found by numbers. */
	world.hosts[index].node->environment = world.environment;
	for (unsigned i = 0; i < world.config->actors; i++) {
		if (world.actor_count < MAX_ACTORS)
			actor_start(index);
	}
	note("node % is up", index, 0, 0);
}

/* Its side of all lines is down. */
static void cut_off(unsigned host)
{
	bool waits = true;

	for (uint32_t i = 0; i < world.line_count; i++) {
		for (int j = 0; j < 2; j++) {
			struct end *end = &world.lines[i]->ends[j];

			if (end->host != host)
				continue;
			if (end->state == UP)
				line_cut(end);
			if (end->state != NOT_YET)
				continue;
			end->state = DOWN;
			atomic_store(&end->task.over, true);
		}
	}
	while (waits) {
		ln_task_yield(world.driver);
		waits = false;
		for (uint32_t i = 0; i < world.line_count; i++) {
			for (int j = 0; j < 2; j++) {
				const struct end *end =
					&world.lines[i]->ends[j];

				waits |=
					end->host == host && end->state != DOWN;
			}
		}
	}
}

/* All its processes have ended. They may start others meanwhile. */
static void clear(unsigned host)
{
	for (uint32_t i = 0; i < world.actor_count; i++) {
		struct actor *actor = world.actors[i];

		if (actor->host != host)
			continue;
		if (actor_alive(actor))
			actor->crashed = true;
		ln_process_kill(actor->process);
		/* Already past: it only looks. */
		while (!ln_process_wait_until(actor->process, 1))
			ln_task_yield(world.driver);
	}
}

static void host_stop(unsigned index)
{
	struct host *host = &world.hosts[index];

	note("node % crashes", index, 0, 0);
	cut_off(index);
	clear(index);
	check_host_empty(host);
	host->node->environment = NULL;
	ln_local_node_free(host->node);
	host->node = NULL;
}

/* Another node, to which there may be a line. */
static unsigned neighbour(unsigned host)
{
	unsigned nodes = world.config->nodes;
	unsigned degree = world.config->degree;

	if (degree == 0)
		return (host + 1 + choose(nodes - 1)) % nodes;
	if (choose(2) == 0)
		return (host + 1 + choose(degree / 2)) % nodes;
	return (host + nodes - 1 - choose(degree / 2)) % nodes;
}

static void connect_some(void)
{
	unsigned a = choose(world.config->nodes);
	unsigned b = neighbour(a);

	if (world.between[a][b] == NULL && !broker_apart(a, b))
		line_make(a, b);
}

/* An actor, of which most are alive; NULL: it is not. */
static struct actor *some_actor(void)
{
	uint32_t recent = world.config->nodes * world.config->actors * 2;
	uint32_t count =
		world.actor_count < recent ? world.actor_count : recent;
	struct actor *actor;

	actor = world.actors[world.actor_count - 1 - choose(count)];
	return actor_alive(actor) ? actor : NULL;
}

static void introduce_some(void)
{
	struct actor *a = some_actor();
	struct actor *b = some_actor();

	if (a != NULL && b != NULL && a != b)
		actor_introduce(a, b);
	else if (a == NULL && world.actor_count < MAX_ACTORS)
		actor_start(choose(world.config->nodes));
}

static struct line *some_line(void)
{
	return world.line_count > 0 ? world.lines[choose(world.line_count)]
				    : NULL;
}

static void disturb(void)
{
	const struct odds *odds = &world.config->odds;
	struct line *line = some_line();

	if (line != NULL && chance(odds->cut)) {
		struct end *end = &line->ends[choose(2)];

		if (end->state == UP) {
			line_cut(end);
			world.seen.cuts++;
		}
	}
	if (line != NULL && chance(odds->stall))
		line->stalled_until = world.now + choose(200);
	if (chance(odds->outage))
		broker_outage();
	if (chance(odds->split)) {
		world.split_until = world.now + 20 + choose(150);
		world.seen.splits++;
		note("the broker is split", 0, 0, 0);
	}
	if (chance(odds->crash)) {
		unsigned host = choose(world.config->nodes);

		host_stop(host);
		host_start(host);
		world.seen.crashes++;
	}
}

static void step(void)
{
	unsigned dice = choose(100);
	struct actor *actor = some_actor();
	struct line *line = some_line();

	if (dice < 45) {
		if (actor != NULL &&
		    ln_mailbox_count(&actor->process->mailbox) < 8)
			actor_step(actor);
	} else if (dice < 88) {
		if (line != NULL)
			line_step(line);
	} else if (dice < 94) {
		introduce_some();
	} else {
		connect_some();
	}
	disturb();
	if (choose(2) == 0)
		ln_task_yield(world.driver);
	if (++world.now % 16 == 0)
		lines_reap();
}

static bool all_idle(void)
{
	for (uint32_t i = 0; i < world.line_count; i++) {
		for (int j = 0; j < 2; j++) {
			if (world.lines[i]->ends[j].state == GOING_DOWN)
				return false;
		}
	}
	for (uint32_t i = 0; i < world.actor_count; i++) {
		if (!actor_idle(world.actors[i]))
			return false;
	}
	return true;
}

/* Lets all that is under way arrive. */
static void settle(void)
{
	unsigned rounds = 0;
	unsigned quiet = 0;

	while (quiet < 3) {
		bool moved = lines_settle();

		lines_reap();
		ln_task_yield(world.driver);
		quiet = moved || !all_idle() ? 0 : quiet + 1;
		if (++rounds > NOT_QUIET)
			violated("it does not get quiet", 0, 0, 0);
	}
}

static void begin(void)
{
	unsigned nodes = world.config->nodes;

	for (unsigned i = 0; i < nodes; i++) {
		world.hosts[i].index = i;
		snprintf(world.hosts[i].name, sizeof(world.hosts[i].name),
			 "node %u", i);
		host_start(i);
	}
	for (unsigned i = 0; i < nodes * 4; i++)
		connect_some();
	for (unsigned i = 0; i < world.actor_count * 3; i++)
		introduce_some();
}

static void finish(void)
{
	for (unsigned i = 0; i < world.config->nodes; i++)
		host_stop(i);
	while (world.line_count > 0) {
		lines_reap();
		ln_task_yield(world.driver);
	}
	actors_free();
	free(world.lines);
	free(world.tags);
}

static void drive(void *argument)
{
	(void)argument;
	world.driver = ln_task_current();
	fixed_worker();
	begin();
	for (unsigned i = 0; i < world.config->phases; i++) {
		for (unsigned j = 0; j < world.config->steps; j++)
			step();
		settle();
		check_all();
	}
	finish();
	sem_post(&over);
}

/* Returns what stands for all that has happened. */
static uint64_t run_seed(const struct config *config, uint64_t seed)
{
	const struct ln_limits limits = {
		.max_processes = UINT64_MAX,
		.max_links = UINT32_MAX,
		.max_registrations = UINT64_MAX,
		.max_registry_bytes = UINT64_MAX,
	};
	static struct test_task driver;

	memset(&world, 0, sizeof(world));
	memset(&driver, 0, sizeof(driver));
	world.config = config;
	world.seed = seed;
	world.random = seed * UINT64_C(0xd1342543de82ef95) + 1;
	history_count = 0;
	fixed_begin(seed);
	world.environment = test_environment_new(1, &limits);
	test_task_start(world.environment->runtime->sched, &driver, drive,
			NULL);
	while (sem_wait(&over) != 0)
		continue;
	while (!atomic_load(&driver.over))
		sched_yield();
	test_environment_free(world.environment);
	fixed_end();
	return world.trace;
}

static uint64_t number_from(const char *variable, uint64_t otherwise)
{
	const char *text = getenv(variable);

	return text != NULL ? strtoull(text, NULL, 10) : otherwise;
}

static int run_config(const struct config *config)
{
	uint64_t factor = LN_ASAN || LN_TSAN ? 10 : 1;
	uint64_t seeds = number_from("LUNATIC_SIMULATION_SEEDS",
				     (config->seeds + factor - 1) / factor);
	uint64_t first = number_from("LUNATIC_SIMULATION_SEED", 0);
	uint64_t messages = 0;
	uint64_t deaths = 0;
	uint64_t cuts = 0;
	uint64_t crashes = 0;
	uint64_t losses = 0;
	uint64_t refused = 0;
	uint64_t outages = 0;
	uint64_t splits = 0;

	if (first > 0) {
		printf("trace %016" PRIx64 "\n", run_seed(config, first));
		return 0;
	}
	if (run_seed(config, 1) != run_seed(config, 1) && factor == 1) {
		fprintf(stderr, "seed 1 does not do the same again\n");
		return 1;
	}
	for (uint64_t seed = 1; seed <= seeds; seed++) {
		run_seed(config, seed);
		messages += world.seen.messages;
		deaths += world.seen.deaths;
		cuts += world.seen.cuts;
		crashes += world.seen.crashes;
		losses += world.seen.losses;
		refused += world.seen.refused;
		outages += world.seen.outages;
		splits += world.seen.splits;
	}
	printf("%s: %" PRIu64 " seeds: %" PRIu64 " messages, %" PRIu64
	       " deaths told, %" PRIu64 " cuts, %" PRIu64 " crashes, %" PRIu64
	       " names lost\n",
	       config->name, seeds, messages, deaths, cuts, crashes, losses);
	if (config->broker) {
		printf("%" PRIu64 " packets refused, %" PRIu64
		       " outages, %" PRIu64 " splits\n",
		       refused, outages, splits);
		cuts = refused > 0 && outages > 0 && splits > 0;
	}
	return messages > 0 && deaths > 0 && cuts > 0 && losses > 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
	if (sem_init(&over, 0, 0) != 0)
		return 1;
	if (argc >= 2 && strcmp(argv[1], "--sizes") == 0)
		return sizes_main(argv + 2, argc - 2);
	if (argc == 3 && strcmp(argv[1], "--finds") == 0) {
		expected = true;
		argc--;
		argv++;
	}
	for (size_t i = 0; i < sizeof(configs) / sizeof(configs[0]); i++) {
		if (argc == 2 && strcmp(argv[1], configs[i].name) == 0)
			return run_config(&configs[i]) != 0 || expected;
	}
	fprintf(stderr, "usage: test_simulation CONFIG | --sizes [N...]\n");
	return 2;
}
