/*
 * DESIGN
 * What is counted anyway is read; that costs the same however many processes
 * there are. What each process knows alone is added up by itself, less often.
 */
#include "observe/sample.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/compiler.h"
#include "base/time.h"
#include "engine/engine.h"
#include "engine/memory.h"
#include "process/inspect.h"
#include "process/lookup.h"
#include "process/metrics.h"
#include "process/process.h"
#include "process/process_refs.h"
#include "process/runtime.h"
#include "sched/sched.h"

/* Descriptors that are open, but for the one that looks; 0: not known. */
static uint64_t count_descriptors(void)
{
	DIR *folder = opendir("/proc/self/fd");
	uint64_t count = 0;

	if (folder == NULL)
		return 0;
	for (struct dirent *entry = readdir(folder); entry != NULL;
	     entry = readdir(folder))
		count += entry->d_name[0] != '.';
	/* It was only read. */
	(void)closedir(folder);
	return count > 0 ? count - 1 : 0;
}

/* The second number of statm is pages that are in memory. */
static uint64_t resident_bytes(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	unsigned long long pages = 0;

	if (file == NULL)
		return 0;
	if (fscanf(file, "%*s %llu", &pages) != 1)
		pages = 0;
	/* It was only read. */
	(void)fclose(file);
	return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static double seconds_of(const struct timeval *time)
{
	return (double)time->tv_sec + (double)time->tv_usec / 1e6;
}

static void look_at_system(struct ln_sample_system *system)
{
	struct rusage usage;
	struct rlimit limit;

	if (getrusage(RUSAGE_SELF, &usage) == 0)
		system->cpu = seconds_of(&usage.ru_utime) +
			      seconds_of(&usage.ru_stime);
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 &&
	    limit.rlim_cur != RLIM_INFINITY)
		system->max_open = limit.rlim_cur;
	system->resident = resident_bytes();
	system->open = count_descriptors();
}

static int64_t real_time(void)
{
	struct timespec now;

	/* It never fails for this clock. */
	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * LN_NS_PER_S + now.tv_nsec;
}

/* Not inlined: its frame and that of a walk are too large for one. */
LN_NOINLINE static void add(struct ln_sample_sums *sums,
			    struct ln_process *process)
{
	struct ln_process_info info;

	ln_process_look(process, &info);
	ln_process_release(process);
	sums->memory += info.memory;
	sums->messages += info.messages;
}

void ln_sample_add_up(struct ln_runtime *runtime, struct ln_sample_sums *sums)
{
	struct ln_process *some[LN_DIRECTORY_STEP];
	struct ln_directory_walk walk = { 0 };
	size_t count;

	*sums = (struct ln_sample_sums){ .memory = 0 };
	while ((count = ln_process_list(runtime, NULL, &walk, some)) > 0) {
		for (size_t i = 0; i < count; i++)
			add(sums, some[i]);
	}
}

static void count_processes(struct ln_runtime *runtime,
			    struct ln_sample *sample)
{
	struct ln_directory_count count;

	ln_directory_count(runtime->directory, &count);
	sample->tally = count.tally;
	sample->alive = count.tally.started;
	for (int i = 0; i < LN_OUTCOMES; i++)
		sample->alive -= count.tally.ended[i];
}

/* Of all engines. */
static void count_codes(struct ln_runtime *runtime,
			struct ln_codes_tally *codes)
{
	for (unsigned i = 0; i < LN_ENGINES; i++) {
		struct ln_engine *engine = ln_runtime_engine_at(runtime, i);
		struct ln_codes_tally tally;

		if (engine == NULL)
			continue;
		ln_codes_tell(ln_engine_codes(engine), &tally);
		codes->compiled += tally.compiled;
		codes->failed += tally.failed;
		codes->loaded += tally.loaded;
		codes->time += tally.time;
	}
}

struct ln_sample *ln_sample_new(struct ln_runtime *runtime)
{
	const struct ln_engine *engine;
	struct ln_sample *sample =
		aligned_alloc(LN_CACHE_LINE, sizeof(*sample));

	if (sample == NULL)
		return NULL;
	memset(sample, 0, sizeof(*sample));
	sample->time = real_time();
	sample->age = ln_time_now() - runtime->started;
	sample->environments = atomic_load_explicit(&runtime->environments,
						    memory_order_relaxed);
	sample->guest_metrics = ln_metrics_known(runtime->metrics);
	sample->guest_metrics_lost = ln_metrics_lost(runtime->metrics);
	sample->workers = ln_sched_workers(runtime->sched);
	count_processes(runtime, sample);
	count_codes(runtime, &sample->codes);
	engine = ln_runtime_recycling_engine(runtime);
	ln_spares_tell(ln_engine_spares(engine), &sample->spares);
	ln_slots_tell(ln_memories_slots(ln_engine_memories(engine)),
		      &sample->slots);
	ln_folding_tell(runtime, &sample->folding);
	ln_sched_counts(runtime->sched, &sample->sched);
	ln_histogram_init(&sample->run_waits);
	ln_histogram_init(&sample->message_waits);
	ln_sched_waits(runtime->sched, &sample->run_waits,
		       &sample->message_waits);
	look_at_system(&sample->system);
	return sample;
}

void ln_sample_free(struct ln_sample *sample)
{
	free(sample);
}
