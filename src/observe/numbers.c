/*
 * DESIGN
 * No label tells processes, or names of guests, apart: so the number of series
 * does not depend on what guests do.
 */
#include "observe/numbers.h"

#include <math.h>
#include <string.h>

#include "base/bytes.h"
#include "base/time.h"
#include "observe/sample.h"
#include "process/process.h"

static uint64_t between(uint64_t high, uint64_t low)
{
	return high > low ? high - low : 0;
}

#define READ(name, value)                                  \
	static double name(const struct ln_sample *sample) \
	{                                                  \
		return (double)(value);                    \
	}

READ(age, (double)sample->age / LN_NS_PER_S)
READ(started_at, (double)(sample->time - sample->age) / LN_NS_PER_S)
READ(alive, sample->alive)
READ(spawns, sample->tally.started)
READ(normal, sample->tally.ended[LN_OUTCOME_NORMAL])
READ(exited, sample->tally.ended[LN_OUTCOME_EXITED])
READ(trapped, sample->tally.ended[LN_OUTCOME_TRAPPED])
READ(killed, sample->tally.ended[LN_OUTCOME_KILLED])
READ(waiting, sample->sums.messages)
READ(messages, sample->sched.messages)
READ(dropped, sample->sched.dropped)
READ(memory, sample->sums.memory)
READ(busy, sample->busy)
READ(in_tasks, (double)sample->sched.in_tasks / LN_NS_PER_S)
READ(searching,
     (double)between(sample->sched.awake, sample->sched.in_tasks) / LN_NS_PER_S)
READ(asleep, (double)sample->sched.asleep / LN_NS_PER_S)
READ(switches, sample->sched.switches)
READ(steals, sample->sched.steals)
READ(preemptions, sample->sched.preemptions)
READ(workers, sample->workers)
READ(environments, sample->environments)
READ(kept, sample->spares.kept)
READ(kept_bytes, sample->spares.bytes)
READ(recycled, sample->spares.renewed)
READ(drop_early, sample->spares.dropped[LN_DROP_EARLY])
READ(drop_module, sample->spares.dropped[LN_DROP_MODULE])
READ(drop_unmade, sample->spares.dropped[LN_DROP_UNMADE])
READ(drop_full, sample->spares.dropped[LN_DROP_FULL])
READ(drop_unfit, sample->spares.dropped[LN_DROP_UNFIT])
READ(fast_slots, sample->slots.taken)
READ(fast_slots_max, sample->slots.max)
READ(folded, sample->folding.folded)
READ(folded_bytes, sample->folding.bytes)
READ(folds, sample->folding.folds)
READ(compile_time, (double)sample->codes.time / LN_NS_PER_S)
READ(compiled, sample->codes.compiled)
READ(not_compiled, sample->codes.failed)
READ(code_loaded, sample->codes.loaded)
READ(cpu, sample->system.cpu)
READ(resident, sample->system.resident)
READ(open_descriptors, sample->system.open)
READ(max_descriptors, sample->system.max_open)
READ(guest_metrics, sample->guest_metrics)
READ(guest_metrics_lost, sample->guest_metrics_lost)

#define GAUGE(name, unit, help) { "lunatic_" name, LN_FAMILY_GAUGE, unit, help }
#define COUNTER(name, unit, help) \
	{ "lunatic_" name, LN_FAMILY_COUNTER, unit, help }
/* One sample more. */
#define MORE { .name = NULL }

const struct ln_number ln_numbers[] = {
	{ GAUGE("uptime_seconds", "seconds",
		"Time since the runtime was started."),
	  NULL, NULL, true, age },
	{ GAUGE("start_time_seconds", "seconds",
		"When the runtime was started, since 1970."),
	  NULL, NULL, false, started_at },
	{ GAUGE("processes", NULL, "Processes that are alive."), NULL, NULL,
	  true, alive },
	{ COUNTER("spawns", NULL, "Processes that were started."), NULL, NULL,
	  true, spawns },
	{ COUNTER("exits", NULL, "Processes that have ended, by the reason."),
	  "reason", "normal", false, normal },
	{ MORE, "reason", "exited", false, exited },
	{ MORE, "reason", "trapped", true, trapped },
	{ MORE, "reason", "killed", true, killed },
	{ GAUGE("mailbox_messages", NULL, "Messages in all mailboxes."), NULL,
	  NULL, true, waiting },
	{ COUNTER("messages", NULL, "Messages that were sent, wherever to."),
	  NULL, NULL, true, messages },
	{ COUNTER("messages_dropped", NULL,
		  "Messages refused because a mailbox was full."),
	  NULL, NULL, true, dropped },
	{ GAUGE("memory_bytes", "bytes", "Linear memory of all processes."),
	  NULL, NULL, true, memory },
	{ GAUGE("workers", NULL, "Threads that run processes."), NULL, NULL,
	  false, workers },
	{ GAUGE("scheduler_busy_ratio", "ratio",
		"Part of their time that workers spent in tasks, of late."),
	  NULL, NULL, true, busy },
	{ COUNTER("worker_seconds", "seconds",
		  "Time of all workers, by what they did."),
	  "state", "busy", true, in_tasks },
	{ MORE, "state", "searching", false, searching },
	{ MORE, "state", "asleep", false, asleep },
	{ COUNTER("switches", NULL, "Times that a task was entered."), NULL,
	  NULL, true, switches },
	{ COUNTER("steals", NULL,
		  "Times that a worker took tasks from another one."),
	  NULL, NULL, false, steals },
	{ COUNTER("preemptions", NULL,
		  "Times that a task was interrupted for others."),
	  NULL, NULL, false, preemptions },
	{ COUNTER("environments_made", NULL, "Environments that were made."),
	  NULL, NULL, false, environments },
	{ GAUGE("instances_kept", NULL,
		"Instances of ended processes that wait to be used again."),
	  NULL, NULL, false, kept },
	{ GAUGE("instances_kept_bytes", "bytes",
		"Memory that kept instances may take."),
	  NULL, NULL, false, kept_bytes },
	{ COUNTER("instances_recycled", NULL,
		  "Processes that began with a kept instance."),
	  NULL, NULL, false, recycled },
	{ COUNTER("instances_dropped", NULL,
		  "Instances that were not kept, by the reason."),
	  "reason", "early", false, drop_early },
	{ MORE, "reason", "module", false, drop_module },
	{ MORE, "reason", "unmade", false, drop_unmade },
	{ MORE, "reason", "full", false, drop_full },
	{ MORE, "reason", "unfit", false, drop_unfit },
	{ GAUGE("fast_slots", NULL,
		"Slots for memories of the fast tier that are taken."),
	  NULL, NULL, false, fast_slots },
	{ GAUGE("fast_slots_max", NULL,
		"Slots that the fast tier may have; 0: there is none."),
	  NULL, NULL, false, fast_slots_max },
	{ GAUGE("folded_processes", NULL, "Processes that are folded."), NULL,
	  NULL, false, folded },
	{ GAUGE("folded_bytes", "bytes",
		"What the folded processes are folded into."),
	  NULL, NULL, false, folded_bytes },
	{ COUNTER("folds", NULL, "Times that a process was folded."), NULL,
	  NULL, false, folds },
	{ COUNTER("compile_seconds", "seconds",
		  "Time for which modules were being compiled."),
	  NULL, NULL, false, compile_time },
	{ COUNTER("modules_compiled", NULL,
		  "Modules that were compiled, by the result."),
	  "result", "done", false, compiled },
	{ MORE, "result", "failed", false, not_compiled },
	{ COUNTER("modules_loaded", NULL,
		  "Modules whose code was in the cache on disk."),
	  NULL, NULL, false, code_loaded },
	{ COUNTER("cpu_seconds", "seconds", "Processor time of this program."),
	  NULL, NULL, true, cpu },
	{ GAUGE("resident_memory_bytes", "bytes",
		"Memory of this program that the system has not paged out."),
	  NULL, NULL, true, resident },
	{ GAUGE("descriptors", NULL, "Open descriptors of this program."), NULL,
	  NULL, true, open_descriptors },
	{ GAUGE("descriptors_max", NULL,
		"Descriptors that this program may open; 0 is no limit."),
	  NULL, NULL, false, max_descriptors },
	{ GAUGE("guest_metrics", NULL,
		"Metrics that the program that runs has made."),
	  NULL, NULL, false, guest_metrics },
	{ COUNTER("guest_metrics_lost", NULL,
		  "Values dropped because there were too many metrics."),
	  NULL, NULL, false, guest_metrics_lost },
	{ .read = NULL },
};

void ln_number_name(const struct ln_number *number, struct ln_bytes *out)
{
	static const char prefix[] = "lunatic_";
	const struct ln_number *family = number;

	while (family->family.name == NULL)
		family--;
	ln_bytes_add(out, family->family.name + sizeof(prefix) - 1,
		     strlen(family->family.name) - (sizeof(prefix) - 1));
	if (number->label == NULL)
		return;
	ln_bytes_add(out, ".", 1);
	ln_bytes_add(out, number->value, strlen(number->value));
}

void ln_number_put(double value, struct ln_bytes *out)
{
	char text[LN_OPENMETRICS_NUMBER] = "null";

	/* JSON has no others. */
	if (isfinite(value))
		ln_openmetrics_number(text, value);
	ln_bytes_add(out, text, strlen(text));
}
