/*
 * DESIGN
 * A task of the runtime goes through the directory again and again, in steps
 * (a sweep), and folds those that have not run since an earlier sweep that is
 * long enough ago. That they have not is seen from what the scheduler counts
 * anyway (ln_task.slices), so a process pays nothing until it is folded.
 *
 * What is folded. The task holds the process (sched/fold.h), so that nobody
 * runs it, and looks whether it may be folded:
 * - It is a guest, not native C: nobody knows what others find on a native
 *   stack.
 * - It waits for a message, a timer or a socket. On the stacks of these waits
 *   lies nothing that others use, but for the timer (sched/fold.c). Work in a
 *   pool, which reads and writes guest memory, is another wait, and so are
 *   mutexes, turns and answers. A socket is tried again after the wait.
 * - The tags that a receive wants are in guest memory, and senders read them:
 *   they compare with a copy while the guest is folded (ln_mailbox_want_from).
 *
 * What it is kept as is one block: the stack, the memories (engine/fold.h), the
 * tags. It is charged to nobody, since it takes less than what it is in the
 * place of: memories are charged at their size, and the stack is in what each
 * process is charged at (LN_PROCESS_BYTES). `struct folded` says so. What would
 * not save a quarter is not folded. The stack is kept as what differs from a
 * model, the first stack of the same length in the same module: processes of
 * one kind mostly wait in one place. There are at most MODELS of these, as one
 * that is in use stays in its place.
 *
 * Waking it. The worker that enters it restores the stack, and then the process
 * itself, on its fiber, its memories: in its own slice, so that who is folded
 * often pays for that itself. It is entered by whatever woke it (message,
 * timer, kill, death of a link), none of which knows that it was folded. An
 * inspection does not wake it.
 *
 * Bounds. One fold takes some ten microseconds; others run after each, and
 * within those of large memories. So the task gets a turn among those that run,
 * however many there are to be folded. A sweep looks at some entries under a
 * lock, costs two lines of the cache for a process that is folded, and is
 * followed by a pause of SHARE times as long: at most 2% of a processor, beside
 * the folds. A process that was woken soon after it had been folded must wait
 * twice as long the next time, up to 2^PATIENCE_MAX times: one that wakes again
 * and again just after is left alone.
 *
 * Threads: the task's; unfolding, and `fold_patience` while a process runs, its
 * own.
 */
#include "process/fold.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/compiler.h"
#include "base/delta.h"
#include "base/error.h"
#include "base/refs.h"
#include "base/time.h"
#include "engine/fold.h"
#include "engine/instance.h"
#include "process/directory.h"
#include "process/environment.h"
#include "process/mailbox.h"
#include "process/process.h"
#include "process/runtime.h"
#include "sched/fold.h"
#include "sched/task.h"

/* Time is counted in units, of which there are so many in `after`. */
#define UNITS 8
#define PATIENCE_MAX 3

_Static_assert((UNITS << PATIENCE_MAX) <= UINT8_MAX / 2,
	       "ln_process.fold_seen cannot tell so long ago");

#define SHARE INT64_C(50)
#define LOOK_NS 100 /* for one process in a sweep, about */
#define PAUSE_MAX (60 * LN_NS_PER_S)
#define STACK_MAX ((size_t)256 << 10) /* bytes in use */
#define BYTES_MAX ((size_t)4 << 20)   /* of what one is folded into */

/* A block that is as large as it must be, up to here; larger ones stay in the
 * buffer that they were written to. */
#define COPIED_MAX ((size_t)64 << 10)

/* ln_process.fold_word: while it is folded, the bytes; else the slices that the
 * last sweep saw. */
#define FOLDED ((uint32_t)1 << 31)

_Static_assert(BYTES_MAX < FOLDED, "the bytes do not fit");
_Static_assert(STACK_MAX <= LN_DELTA_MAX, "a stack is too large for a delta");

/* Stacks that others are compared with. */
#define MODELS 64

struct model {
	_Atomic uint32_t references; /* the table's, and of who is folded so */
	/* A module that is gone may have had the address: then it helps less.
	 */
	const struct ln_compiled *module;
	struct ln_stack_model stack;
};

struct ln_folding {
	struct ln_task task;
	struct ln_runtime *runtime;
	int64_t after;
	/* The task's. */
	struct ln_folder folder;
	struct ln_bytes bytes;        /* of the one that is being folded */
	struct ln_process *held;      /* that one */
	struct model *models[MODELS]; /* by module and length; NULL: none */
	uint64_t room[LN_STACK_MODEL_MAX / sizeof(uint64_t)];
	int64_t now; /* of the step */
	/* Of the last sweep, or this one. */
	uint64_t looked;  /* processes */
	uint64_t awake;   /* of these, not folded */
	uint64_t started; /* ever, when it began */
	uint64_t seen;    /* unfolds, likewise */
	/* Any thread; just numbers. */
	_Atomic uint64_t folded;
	_Atomic uint64_t folded_bytes;
	_Atomic uint64_t folds;
	_Atomic uint64_t unfolds;
	_Atomic uint64_t refusals;
};

/* What a process is folded into. `bytes` is less than what its memories are
 * charged at, and the top of its stack. */
struct folded {
	struct ln_fold fold;
	const uint8_t *wanted; /* tags in its memory; NULL: none */
	uint8_t *bytes;        /* NULL: they are in `rest` */
	uint32_t len;          /* of the bytes */
	uint32_t memories; /* where in them ln_fold_memories wrote; 0: it did
			    * not. First comes the stack. */
	uint32_t since;    /* milliseconds, and round again */
	struct ln_timer rest[]; /* a timer, if it has one; bytes */
};

/* Where the parts are in the buffer; 0: they are not. */
struct parts {
	size_t memories;
	size_t wanted;
	struct model *model; /* counted; NULL: none */
};

static struct ln_process *process_at(struct ln_directory_entry *entry)
{
	return ln_container_of(entry, struct ln_process, entry);
}

static void count(_Atomic uint64_t *number, uint64_t more)
{
	atomic_fetch_add_explicit(number, more, memory_order_relaxed);
}

static uint8_t units(const struct ln_folding *folding)
{
	return (uint8_t)(folding->now / (folding->after / UNITS + 1));
}

uint64_t ln_process_folded(const struct ln_process *process)
{
	uint32_t word =
		atomic_load_explicit(&process->fold_word, memory_order_relaxed);

	return word & FOLDED ? word & ~FOLDED : 0;
}

/* ---- Unfolding ---- */

static void release_model(struct model *model)
{
	if (model != NULL && ln_refs_release(&model->references))
		free(model);
}

static void free_folded(struct folded *folded)
{
	if (folded->fold.model != NULL)
		release_model(ln_container_of(folded->fold.model, struct model,
					      stack));
	free(folded->bytes);
	free(folded);
}

static uint8_t *bytes_of(struct folded *folded)
{
	if (folded->bytes != NULL)
		return folded->bytes;
	return (uint8_t *)(folded->rest + (folded->fold.timer != NULL));
}

static uint32_t in_ms(int64_t time)
{
	return (uint32_t)(time / LN_NS_PER_MS);
}

/* Who was folded for long need wait no longer than others the next time. */
static void note_sleep(struct ln_process *process, uint32_t slept,
		       uint32_t after)
{
	uint8_t patience = atomic_load_explicit(&process->fold_patience,
						memory_order_relaxed);

	if (slept >= after)
		patience = 0;
	else if (patience < PATIENCE_MAX)
		patience++;
	atomic_store_explicit(&process->fold_patience, patience,
			      memory_order_relaxed);
}

/* Makes the memories what they were, and then lets senders look there. */
static void restore(struct ln_process *process,
		    const struct ln_instance *instance, struct folded *folded)
{
	if (folded->memories > 0)
		ln_unfold_memories(instance,
				   bytes_of(folded) + folded->memories);
	if (folded->wanted != NULL)
		(void)ln_mailbox_want_from(&process->mailbox, folded->wanted);
}

/* On the process's fiber, before it goes on. */
static void unfold(struct ln_fold *fold, struct ln_task *task)
{
	struct folded *folded = ln_container_of(fold, struct folded, fold);
	struct ln_process *process = ln_process_of(task);
	struct ln_folding *folding = process->environment->runtime->folding;

	restore(process, task->local, folded);
	note_sleep(process, in_ms(ln_time_now()) - folded->since,
		   in_ms(folding->after));
	/* Not what a sweep may have seen: it has run. */
	atomic_store_explicit(&process->fold_word, 0, memory_order_relaxed);
	atomic_fetch_sub_explicit(&folding->folded, 1, memory_order_relaxed);
	atomic_fetch_sub_explicit(&folding->folded_bytes, folded->len,
				  memory_order_relaxed);
	count(&folding->unfolds, 1);
	free_folded(folded);
}

/* ---- Folding ---- */

/* Whether a process that is held waits for something that nobody finds on its
 * stack, and is in a host call. */
static bool may_fold(struct ln_process *process)
{
	struct ln_task *task = &process->task;
	const struct ln_instance *instance = task->local;
	bool receives;

	if (instance == NULL || !instance->callable || instance->off_fiber ||
	    instance->interrupted_at != 0 || ln_task_interrupted(task))
		return false;
	switch (atomic_load_explicit(&task->waiting, memory_order_relaxed)) {
	case LN_WAIT_TIMER:
	case LN_WAIT_IO:
	case LN_WAIT_REQUEST:
		return true;
	case LN_WAIT_OTHER:
		ln_process_lock(process);
		receives = process->mailbox.waiting;
		ln_process_unlock(process);
		return receives;
	default:
		return false;
	}
}

/* Between two pieces of a large memory; false when it has been woken. */
static bool go_on(void *argument)
{
	struct ln_folding *folding = argument;

	if (ln_fold_called(&folding->held->task))
		return false;
	ln_task_rest();
	return !ln_fold_called(&folding->held->task);
}

static struct model *new_model(const struct ln_task *task,
			       const struct ln_compiled *module, size_t used)
{
	struct model *model = malloc(sizeof(*model) + used);

	if (model == NULL)
		return NULL;
	atomic_init(&model->references, 1);
	model->module = module;
	ln_fold_take_model(task, &model->stack);
	return model;
}

/* The model for a stack, with a reference for the caller, or NULL. The first
 * one of its kind becomes it, and is not compared with itself. One that others
 * are folded with stays: who is alone would gain nothing by one. */
static struct model *find_model(struct ln_folding *folding,
				const struct ln_task *task, size_t used)
{
	const struct ln_instance *instance = task->local;
	const struct ln_compiled *module = instance->module;
	size_t place = ((uintptr_t)module / 64 + used / 16) % MODELS;
	struct model *model = folding->models[place];

	if (used > LN_STACK_MODEL_MAX)
		return NULL;
	if (model != NULL && model->module == module &&
	    model->stack.len == used) {
		ln_refs_retain(&model->references);
		return model;
	}
	/* Relaxed: only this task takes references. */
	if (model != NULL &&
	    atomic_load_explicit(&model->references, memory_order_relaxed) > 1)
		return NULL;
	release_model(model);
	folding->models[place] = new_model(task, module, used);
	return NULL;
}

static bool write_stack(struct ln_folding *folding, const struct ln_task *task,
			struct parts *parts)
{
	size_t used = ln_fold_stack_used(task);
	struct ln_bytes *bytes = &folding->bytes;

	bytes->len = 0;
	bytes->error = 0;
	if (used == 0 || used > STACK_MAX ||
	    !ln_bytes_reserve(bytes, LN_DELTA_ROOM(used)))
		return false;
	parts->model = find_model(folding, task, used);
	if (parts->model != NULL)
		bytes->len = ln_fold_write_stack(task, &parts->model->stack,
						 folding->room, bytes->data);
	if (bytes->len > 0)
		return true;
	release_model(parts->model);
	parts->model = NULL;
	bytes->len = ln_fold_write_stack(task, NULL, NULL, bytes->data);
	return true;
}

/* Adds the memories, if that saves anything. False: the process was woken. */
static bool write_memories(struct ln_folding *folding,
			   const struct ln_instance *instance,
			   struct parts *parts)
{
	struct ln_folder *folder = &folding->folder;
	size_t start = folding->bytes.len;
	int error = ln_fold_memories(folder, instance);
	size_t saved = folder->touched + folder->tables;

	parts->memories = start;
	if (error == 0 && folding->bytes.len - start <= saved / 4 * 3)
		return true;
	folding->bytes.len = start;
	folding->bytes.error = 0;
	parts->memories = 0;
	return error != LN_EAGAIN;
}

/* Adds the tags that senders compare with. */
static bool write_wanted(struct ln_folding *folding, struct parts *parts)
{
	struct ln_mailbox *mailbox = &folding->held->mailbox;
	size_t len = ln_mailbox_wanted_bytes(mailbox);
	uint8_t *to;

	parts->wanted = 0;
	if (len == 0)
		return true;
	to = ln_bytes_extend(&folding->bytes, len);
	if (to == NULL)
		return false;
	parts->wanted = (size_t)(to - folding->bytes.data);
	/* Only its owner changes what they are, and the owner is held. */
	memcpy(to, mailbox->wanted, len);
	return true;
}

static bool write_rest(struct ln_folding *folding, struct parts *parts)
{
	return write_memories(folding, folding->held->task.local, parts) &&
	       write_wanted(folding, parts);
}

/* Makes the block out of what was written, and takes the model over. */
static struct folded *make_folded(struct ln_folding *folding,
				  const struct parts *parts)
{
	struct ln_bytes *bytes = &folding->bytes;
	size_t timers = ln_fold_has_timer(&folding->held->task);
	size_t few = bytes->len <= COPIED_MAX ? bytes->len : 0;
	struct folded *folded = malloc(sizeof(*folded) +
				       timers * sizeof(struct ln_timer) + few);

	if (folded == NULL)
		return NULL;
	*folded = (struct folded){
		.fold = { .unfold = unfold,
			  .timer = timers > 0 ? folded->rest : NULL },
		.len = (uint32_t)bytes->len,
		.memories = (uint32_t)parts->memories,
		.since = in_ms(folding->now),
	};
	if (few > 0) {
		memcpy(bytes_of(folded), bytes->data, few);
	} else {
		folded->bytes = bytes->data;
		bytes->data = NULL;
		bytes->room = 0;
	}
	folded->fold.stack = bytes_of(folded);
	if (parts->model != NULL)
		folded->fold.model = &parts->model->stack;
	return folded;
}

/* Undoes make_folded. */
static void take_back(struct ln_folding *folding, struct folded *folded)
{
	if (folded->bytes != NULL) {
		folding->bytes.data = folded->bytes;
		folding->bytes.room = folded->len;
		folded->bytes = NULL;
	}
	free_folded(folded);
}

/* Folds the process that is held. The instance is on its stack, which goes
 * last: from there on there is no way back but by unfolding it. */
static bool fold_held(struct ln_folding *folding)
{
	struct ln_process *process = folding->held;
	struct ln_task *task = &process->task;
	struct folded *folded;
	struct parts parts;

	if (!may_fold(process) || !write_stack(folding, task, &parts))
		return false;
	folded = write_rest(folding, &parts) && !ln_fold_called(task)
			 ? make_folded(folding, &parts)
			 : NULL;
	if (folded == NULL) {
		release_model(parts.model);
		return false;
	}
	/* Before senders would see zeros. */
	if (parts.wanted > 0)
		folded->wanted = ln_mailbox_want_from(
			&process->mailbox, bytes_of(folded) + parts.wanted);
	if (folded->memories > 0)
		ln_fold_drop(task->local);
	if (!ln_fold_stack(task, &folded->fold)) {
		restore(process, task->local, folded);
		take_back(folding, folded);
		return false;
	}
	atomic_store_explicit(&process->fold_word,
			      FOLDED | (uint32_t)folded->len,
			      memory_order_relaxed);
	count(&folding->folded, 1);
	count(&folding->folded_bytes, folded->len);
	count(&folding->folds, 1);
	return true;
}

static void note_seen(const struct ln_folding *folding,
		      struct ln_process *process)
{
	process->fold_seen = units(folding);
}

static void fold(struct ln_folding *folding, struct ln_process *process)
{
	if (!ln_fold_hold(&process->task))
		return;
	folding->held = process;
	if (!fold_held(folding)) {
		count(&folding->refusals, 1);
		note_seen(folding, process);
	}
	folding->held = NULL;
	ln_fold_let_go(&process->task);
	if (folding->bytes.room > COPIED_MAX)
		ln_bytes_deinit(&folding->bytes);
}

/* ---- Sweeps ---- */

/* Whether a process has waited for long enough; retains it then. Under a lock
 * of the directory. */
static bool is_due(struct ln_directory_entry *entry, const void *argument)
{
	/* Only the task calls this, which owns it. */
	struct ln_folding *folding = (struct ln_folding *)(uintptr_t)argument;
	struct ln_process *process = process_at(entry);
	uint32_t word =
		atomic_load_explicit(&process->fold_word, memory_order_relaxed);
	uint32_t slices;
	uint8_t waited;
	uint8_t patience;

	folding->looked++;
	if (word & FOLDED)
		return false;
	folding->awake++;
	slices = (uint32_t)atomic_load_explicit(&process->task.slices,
						memory_order_relaxed) &
		 ~FOLDED;
	if (slices != word) {
		atomic_store_explicit(&process->fold_word, slices,
				      memory_order_relaxed);
		note_seen(folding, process);
		return false;
	}
	waited = (uint8_t)(units(folding) - process->fold_seen);
	patience = atomic_load_explicit(&process->fold_patience,
					memory_order_relaxed);
	if (waited < UNITS << patience ||
	    atomic_load_explicit(&process->task.state, memory_order_relaxed) !=
		    LN_TASK_PARKED)
		return false;
	ln_process_retain(process);
	return true;
}

static bool is_stopping(const struct ln_folding *folding)
{
	return atomic_load_explicit(&folding->runtime->stopping,
				    memory_order_acquire);
}

static void sweep(struct ln_folding *folding)
{
	struct ln_directory_walk walk = { 0 };
	struct ln_directory_entry *found[LN_DIRECTORY_STEP];
	size_t count;

	folding->looked = 0;
	folding->awake = 0;
	for (;;) {
		folding->now = ln_time_now();
		if (!ln_directory_step(folding->runtime->directory, &walk,
				       is_due, folding, found, &count))
			return;
		for (size_t i = 0; i < count; i++) {
			struct ln_process *process = process_at(found[i]);

			if (!is_stopping(folding))
				fold(folding, process);
			ln_process_release(process);
			ln_task_yield(&folding->task);
		}
		if (is_stopping(folding))
			return;
		ln_task_rest();
	}
}

/* Whether there can be anybody to fold since the last sweep. Begins one. */
static bool begin_sweep(struct ln_folding *folding)
{
	struct ln_directory_count counted;
	uint64_t unfolds =
		atomic_load_explicit(&folding->unfolds, memory_order_relaxed);
	bool changed;

	ln_directory_count(folding->runtime->directory, &counted);
	changed = folding->awake > 0 || unfolds != folding->seen ||
		  counted.tally.started != folding->started;
	folding->seen = unfolds;
	folding->started = counted.tally.started;
	return changed;
}

static int64_t pause_after(const struct ln_folding *folding)
{
	int64_t pause = folding->after / UNITS + 1;

	if (folding->looked > (uint64_t)(pause / (SHARE * LOOK_NS)))
		pause = (int64_t)folding->looked * SHARE * LOOK_NS;
	return pause < PAUSE_MAX ? pause : PAUSE_MAX;
}

static void serve(struct ln_task *task)
{
	struct ln_folding *folding =
		ln_container_of(task, struct ln_folding, task);

	ln_runtime_service_begins(folding->runtime);
	while (!is_stopping(folding)) {
		if (begin_sweep(folding))
			sweep(folding);
		/* A wake-up says that the runtime is stopping. Without memory
		 * for a timer others run first, and it goes on. */
		if (!is_stopping(folding) &&
		    ln_task_wait(task, ln_time_now() + pause_after(folding)) ==
			    LN_ENOMEM)
			ln_task_yield(task);
	}
	ln_bytes_deinit(&folding->bytes);
	for (size_t i = 0; i < MODELS; i++)
		release_model(folding->models[i]);
	ln_folder_deinit(&folding->folder);
	ln_runtime_service_ends(folding->runtime);
}

/* It goes with the runtime. */
static void over(struct ln_task *task)
{
	(void)task;
}

int ln_folding_start(struct ln_runtime *runtime, int64_t after)
{
	struct ln_folding *folding = calloc(1, sizeof(*folding));
	int error;

	ln_assert(after > 0 && runtime->folding == NULL);
	if (folding == NULL)
		return LN_ENOMEM;
	folding->runtime = runtime;
	folding->after = after;
	folding->bytes.max = BYTES_MAX;
	error = ln_folder_init(&folding->folder);
	if (error < 0)
		goto fail_folder;
	folding->folder.to = &folding->bytes;
	folding->folder.go_on = go_on;
	folding->folder.argument = folding;
	runtime->folding = folding;
	error = ln_task_start(runtime->sched, &folding->task, serve, over);
	if (error == 0)
		return 0;
	runtime->folding = NULL;
	ln_folder_deinit(&folding->folder);
fail_folder:
	free(folding);
	return error;
}

void ln_folding_stop(struct ln_runtime *runtime)
{
	if (runtime->folding != NULL)
		ln_task_wake(&runtime->folding->task);
}

void ln_folding_tell(struct ln_runtime *runtime, struct ln_fold_tally *tally)
{
	struct ln_folding *folding = runtime->folding;

	*tally = (struct ln_fold_tally){ 0 };
	if (folding == NULL)
		return;
	tally->folded =
		atomic_load_explicit(&folding->folded, memory_order_relaxed);
	tally->bytes = atomic_load_explicit(&folding->folded_bytes,
					    memory_order_relaxed);
	tally->folds =
		atomic_load_explicit(&folding->folds, memory_order_relaxed);
	tally->unfolds =
		atomic_load_explicit(&folding->unfolds, memory_order_relaxed);
	tally->refusals =
		atomic_load_explicit(&folding->refusals, memory_order_relaxed);
}
