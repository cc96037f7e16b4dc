/*
 * DESIGN
 * What is counted anyway is read. The processes are gone through once, by
 * ln_inspect, which keeps none of them.
 */
#include "observe/sample.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/time.h"
#include "engine/engine.h"
#include "process/inspect.h"
#include "process/metrics.h"
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

int ln_sample_take(struct ln_runtime *runtime, struct ln_sample *sample)
{
	struct ln_inspection *inspection;
	int error = ln_inspect(runtime, 0, 0, &inspection);

	if (error < 0)
		return error;
	*sample = (struct ln_sample){
		.time = real_time(),
		.age = inspection->age,
		.alive = inspection->alive,
		.memory = inspection->memory,
		.waiting = inspection->waiting,
		.environments = atomic_load_explicit(&runtime->environments,
						     memory_order_relaxed),
		.guest_metrics = ln_metrics_known(runtime->metrics),
		.guest_metrics_lost = ln_metrics_lost(runtime->metrics),
		.workers = ln_sched_workers(runtime->sched),
		.tally = inspection->tally,
		.spares = inspection->spares,
	};
	ln_inspection_free(inspection);
	ln_codes_tell(ln_engine_codes(runtime->engine), &sample->codes);
	look_at_system(&sample->system);
	return 0;
}
