/*
 * DESIGN
 * Three steps. First the live processes are collected and retained, some at a
 * time (process/lookup.h); then the totals are read, which also tell who had
 * ended by then. Then each is looked at on its own, under its lock for what
 * that covers; the rest are relaxed loads of what the process counts anyway.
 * Only those with the most memory are kept: whenever there are twice as many as
 * wanted, the smaller half goes. At last these are asked where they are, all at
 * the same time, and answer until the deadline. Spinning guests answer at the
 * next tick; native code that computes does not.
 *
 * A process that has ended meanwhile is left out or shown as ending. All
 * references are dropped before the caller sees the result.
 *
 * No two locks are held at a time.
 */
#include "process/inspect.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "base/time.h"
#include "engine/demangle.h"
#include "engine/engine.h"
#include "engine/instance.h"
#include "engine/memory.h"
#include "process/environment.h"
#include "process/extra.h"
#include "process/guest.h"
#include "process/lookup.h"
#include "process/observe.h"
#include "process/process.h"
#include "process/registry.h"
#include "process/runtime.h"
#include "sched/probe.h"

/* For all names together: any of them may be made to take milliseconds. */
#define DEMANGLE_TIME (100 * LN_NS_PER_MS)

/* Of a table of links, that are looked at under the lock. */
#define LINK_SLOTS_MAX 16384

/* A process and what is known of it. */
struct subject {
	struct ln_process *process; /* counted */
	struct ln_process_info info;
};

/* A question to one of them. */
struct question {
	struct ln_probe probe;
	struct ln_process_info *info;
	bool asked;
	/* The answer. */
	const struct ln_host_function *host;
	char *function;
	uint64_t fuel;
};

struct collection {
	struct ln_process **list;
	size_t count;
	size_t room;
};

static const char *const state_names[] = {
	[LN_STATE_STARTING] = "starting", [LN_STATE_RUNNING] = "running",
	[LN_STATE_RUNNABLE] = "runnable", [LN_STATE_RECEIVE] = "receive",
	[LN_STATE_TIMER] = "timer",       [LN_STATE_IO] = "io",
	[LN_STATE_BLOCKING] = "blocking", [LN_STATE_WAITING] = "waiting",
	[LN_STATE_ENDING] = "ending",     [LN_STATE_IDLE] = "idle",
};

const char *ln_process_state_name(enum ln_process_state state)
{
	return state_names[state];
}

void ln_process_info_set_name(struct ln_process_info *info, const char *name,
			      size_t len)
{
	ln_text_copy(info->name, sizeof(info->name), name, len);
}

static uint64_t alive(const struct ln_tally *tally)
{
	uint64_t count = tally->started;

	for (int i = 0; i < LN_OUTCOMES; i++)
		count -= tally->ended[i];
	return count;
}

/* Retains all processes. */
static int collect(struct ln_runtime *runtime, struct collection *all)
{
	struct ln_directory_walk walk = { 0 };
	struct ln_process *some[LN_DIRECTORY_STEP];
	size_t count;

	while ((count = ln_process_list(runtime, NULL, &walk, some)) > 0) {
		if (all->room - all->count < count) {
			size_t room = all->count * 2 + LN_DIRECTORY_STEP;
			void *list = realloc(
				all->list, room * sizeof(struct ln_process *));

			if (list == NULL) {
				while (count > 0)
					ln_process_release(some[--count]);
				return LN_ENOMEM;
			}
			all->list = list;
			all->room = room;
		}
		memcpy(all->list + all->count, some, count * sizeof(some[0]));
		all->count += count;
	}
	return 0;
}

static enum ln_process_state parked_state(struct ln_task *task, bool receives)
{
	if (receives)
		return LN_STATE_RECEIVE;
	switch (atomic_load_explicit(&task->waiting, memory_order_relaxed)) {
	case LN_WAIT_TIMER:
		return LN_STATE_TIMER;
	case LN_WAIT_IO:
	case LN_WAIT_WATCHED:
		return LN_STATE_IO;
	case LN_WAIT_BLOCKING:
		return LN_STATE_BLOCKING;
	case LN_WAIT_REQUEST:
		return LN_STATE_IDLE;
	default:
		return LN_STATE_WAITING;
	}
}

static enum ln_process_state state_of(struct ln_task *task, bool started,
				      bool receives)
{
	switch (atomic_load_explicit(&task->state, memory_order_relaxed)) {
	case LN_TASK_PARKED:
	case LN_TASK_HELD:
		return parked_state(task, receives);
	case LN_TASK_ACTIVE:
	case LN_TASK_NOTIFIED:
	case LN_TASK_CALLED:
		if (!started)
			return LN_STATE_STARTING;
		return atomic_load_explicit(&task->running,
					    memory_order_relaxed)
			       ? LN_STATE_RUNNING
			       : LN_STATE_RUNNABLE;
	case LN_TASK_DONE:
		return LN_STATE_ENDING;
	default:
		return LN_STATE_STARTING;
	}
}

/* Looks at one process. */
static void look(struct ln_process *process, bool brief,
		 struct ln_process_info *info)
{
	struct ln_mailbox *mailbox = &process->mailbox;
	bool receives;
	bool dead;

	*info = (struct ln_process_info){
		.brief = brief,
		.number = ln_process_number(process),
		.environment = process->environment->number,
		.slices = atomic_load_explicit(&process->task.slices,
					       memory_order_relaxed),
		.cpu = atomic_load_explicit(&process->task.cpu,
					    memory_order_relaxed),
		.sent = atomic_load_explicit(&process->mailbox.sent,
					     memory_order_relaxed),
		.age = ln_time_now() - process->started,
		.folded = ln_process_folded(process),
	};
	memcpy(info->id, process->id, sizeof(info->id));
	memcpy(info->parent, process->parent, sizeof(info->parent));
	info->started = info->slices > 0;
	ln_process_lock(process);
	receives = mailbox->waiting;
	dead = process->dead;
	info->dropped = mailbox->dropped;
	info->links = ln_links_count(&process->links);
	info->received = mailbox->pushed;
	info->messages =
		mailbox->pushed -
		atomic_load_explicit(&mailbox->taken, memory_order_relaxed);
	info->message_bytes = mailbox->pushed_bytes -
			      atomic_load_explicit(&mailbox->taken_bytes,
						   memory_order_relaxed);
	if (process->extra != NULL && !brief)
		memcpy(info->label, process->extra->label, sizeof(info->label));
	if (!dead && process->describe != NULL)
		process->describe(process, info);
	ln_process_unlock(process);
	info->state = dead ? LN_STATE_ENDING
			   : state_of(&process->task, info->started, receives);
}

size_t ln_process_links(struct ln_process *process, struct ln_link_info *links,
			size_t max)
{
	uint32_t slots;
	size_t count = 0;

	ln_process_lock(process);
	slots = ln_links_slots(&process->links);
	if (slots > LINK_SLOTS_MAX)
		slots = LINK_SLOTS_MAX;
	for (uint32_t i = 0; i < slots && count < max; i++) {
		struct ln_link_info *info = &links[count];
		const struct ln_process *peer =
			ln_links_at(&process->links, i, &info->tag);

		if (peer == NULL)
			continue;
		memcpy(info->id, peer->id, sizeof(info->id));
		info->remote = ln_process_is_remote(peer);
		count++;
	}
	ln_process_unlock(process);
	return count;
}

static uint64_t weight(const struct ln_process_info *info)
{
	return info->memory + info->message_bytes;
}

/* Most bytes first, then the oldest. */
static int compare(const void *a, const void *b)
{
	const struct ln_process_info *left = &((const struct subject *)a)->info;
	const struct ln_process_info *right =
		&((const struct subject *)b)->info;

	if (weight(left) != weight(right))
		return weight(left) > weight(right) ? -1 : 1;
	if (left->age != right->age)
		return left->age > right->age ? -1 : 1;
	return 0;
}

/* Sorts them and lets go of all but the first `max`. */
static size_t keep(struct subject *subjects, size_t count, size_t max)
{
	qsort(subjects, count, sizeof(*subjects), compare);
	while (count > max)
		ln_process_release(subjects[--count].process);
	return count;
}

/* Looks at all that were collected, except those that the totals already count
 * as ended; takes their references over. */
static size_t look_at_all(struct collection *all, size_t max,
			  const struct ln_directory_count *counted,
			  struct subject *subjects,
			  struct ln_inspection *inspection)
{
	size_t count = 0;

	for (size_t i = 0; i < all->count; i++) {
		struct ln_process *process = all->list[i];
		struct subject *subject;

		if (ln_directory_counted(counted, &process->entry)) {
			ln_process_release(process);
			continue;
		}
		subject = &subjects[count++];
		subject->process = process;
		look(subject->process, false, &subject->info);
		inspection->memory += subject->info.memory;
		inspection->waiting += subject->info.messages;
		inspection->tally.dropped += subject->info.dropped;
		inspection->tally.messages += subject->info.received;
		if (max < SIZE_MAX / 2 && count > 2 * max)
			count = keep(subjects, count, max);
	}
	all->count = 0;
	return keep(subjects, count, max);
}

/* On the fiber of the process that is asked. */
static void answer(struct ln_probe *probe, struct ln_task *task)
{
	struct question *question =
		ln_container_of(probe, struct question, probe);
	struct ln_process *process = ln_process_of(task);
	struct ln_instance *instance = task->local;
	struct ln_guest *guest;
	uint64_t max = process->environment->limits.max_fuel;
	uint64_t left;

	if (instance == NULL)
		return; /* native, or not in wasm */
	guest = instance->data;
	question->function = ln_instance_function(instance, &left);
	if (instance->at_deadline || instance->interrupted_at != 0)
		return;
	/* Compiled code keeps what it has used in a register until it calls
	 * something. */
	if (max > 0 && left <= max)
		question->fuel = max - left;
	question->host = guest->calling;
}

static void ask_all(struct subject *subjects, size_t count, int64_t wait)
{
	struct question *questions = calloc(count, sizeof(*questions));
	int64_t deadline = ln_time_now() + wait;

	/* Then the report lacks what they would say. */
	if (questions == NULL)
		return;
	for (size_t i = 0; i < count; i++) {
		questions[i].probe.answer = answer;
		questions[i].asked = ln_probe_ask(&questions[i].probe,
						  &subjects[i].process->task);
	}
	for (size_t i = 0; i < count; i++) {
		struct question *question = &questions[i];

		if (!question->asked ||
		    !ln_probe_await(&question->probe, deadline))
			continue;
		subjects[i].info.function = question->function;
		subjects[i].info.host = question->host;
		subjects[i].info.fuel = question->fuel;
	}
	free(questions);
}

static void release_all(struct collection *all)
{
	for (size_t i = 0; i < all->count; i++)
		ln_process_release(all->list[i]);
	free(all->list);
}

/* A registered name says most, then a label. */
static void add_names(struct ln_process *process, struct ln_process_info *info)
{
	char name[LN_INFO_NAME];
	size_t len;

	memcpy(name, info->label, sizeof(name));
	ln_text_copy(info->label, sizeof(info->label), name, strlen(name));
	if (info->label[0] != '\0')
		memcpy(info->name, info->label, sizeof(info->name));
	if (!ln_registry_name(process, name, sizeof(name), &len))
		return;
	ln_process_info_set_name(info, name, len);
	memcpy(info->registered, info->name, sizeof(info->registered));
}

void ln_process_measure(struct ln_process *process,
			struct ln_process_info *info)
{
	look(process, true, info);
}

void ln_process_look(struct ln_process *process, struct ln_process_info *info)
{
	look(process, false, info);
	add_names(process, info);
}

char *ln_process_show_function(char *name, int64_t deadline)
{
	if (ln_time_now() < deadline)
		return ln_demangle_text(name);
	name[ln_text_clean(
		name, ln_text_cut(name, strlen(name), LN_TEXT_NAME_SIZE - 1),
		false)] = '\0';
	return name;
}

/* Keeps what is known of the subjects, and lets go of them. */
static int report(struct subject *subjects, size_t count,
		  struct ln_inspection *inspection)
{
	int64_t deadline = ln_time_now() + DEMANGLE_TIME;

	inspection->infos = calloc(count + 1, sizeof(*inspection->infos));
	for (size_t i = 0; i < count; i++) {
		add_names(subjects[i].process, &subjects[i].info);
		if (subjects[i].info.function != NULL)
			subjects[i].info.function = ln_process_show_function(
				subjects[i].info.function, deadline);
		if (inspection->infos != NULL)
			inspection->infos[i] = subjects[i].info;
		else
			free(subjects[i].info.function);
		ln_process_release(subjects[i].process);
	}
	if (inspection->infos == NULL)
		return LN_ENOMEM;
	inspection->count = count;
	return 0;
}

static int examine(struct ln_runtime *runtime, size_t max, int64_t wait,
		   struct collection *all, struct ln_inspection *inspection)
{
	struct ln_directory_count counted;
	struct subject *subjects;
	size_t count;
	size_t room;
	int error = collect(runtime, all);

	if (error < 0)
		return error;
	ln_directory_count(runtime->directory, &counted);
	inspection->tally = counted.tally;
	inspection->alive = alive(&inspection->tally);
	room = max < all->count / 2 ? 2 * max + 1 : all->count;
	subjects = calloc(room + 1, sizeof(*subjects));
	if (subjects == NULL)
		return LN_ENOMEM;
	count = look_at_all(all, max, &counted, subjects, inspection);
	if (wait > 0 && count > 0)
		ask_all(subjects, count, wait);
	error = report(subjects, count, inspection);
	free(subjects);
	return error;
}

static void observe(struct ln_runtime *runtime, struct ln_observed *observed)
{
	struct ln_observation *observation = malloc(sizeof(*observation));

	if (observation == NULL)
		return; /* the report lacks it */
	ln_observe(runtime, observation);
	observed->workers = observation->workers;
	observed->counts = observation->counts;
	ln_histogram_sum_up(&observation->run_waits, &observed->run_waits);
	ln_histogram_sum_up(&observation->message_waits,
			    &observed->message_waits);
	free(observation);
}

int ln_inspect(struct ln_runtime *runtime, size_t max, int64_t wait,
	       struct ln_inspection **out)
{
	const struct ln_engine *engine;
	struct ln_inspection *inspection = calloc(1, sizeof(*inspection));
	struct collection all = { .count = 0 };
	int error;

	if (inspection == NULL)
		return LN_ENOMEM;
	for (unsigned i = 0; wait > 0 && i < LN_ENGINES; i++) {
		struct ln_engine *made = ln_runtime_engine_at(runtime, i);

		if (made != NULL)
			ln_engine_prepare_probes(made);
	}
	observe(runtime, &inspection->observed);
	inspection->age = ln_time_now() - runtime->started;
	ln_folding_tell(runtime, &inspection->folds);
	engine = ln_runtime_recycling_engine(runtime);
	ln_spares_tell(ln_engine_spares(engine), &inspection->spares);
	ln_slots_tell(ln_memories_slots(ln_engine_memories(engine)),
		      &inspection->slots);
	error = examine(runtime, max, wait, &all, inspection);
	release_all(&all);
	if (error < 0) {
		ln_inspection_free(inspection);
		return error;
	}
	*out = inspection;
	return 0;
}

void ln_inspection_free(struct ln_inspection *inspection)
{
	if (inspection == NULL)
		return;
	for (size_t i = 0; i < inspection->count; i++)
		free(inspection->infos[i].function);
	free(inspection->infos);
	free(inspection);
}
