/*
 * Folding: a parked task gives the pages of its stack back, and is kept as the
 * bytes that its stack holds. Whoever wakes it need not know: the worker that
 * enters it restores the stack first, and the task then has its owner restore
 * the rest, before it goes on.
 *
 * Only for tasks of which nothing lies on the stack that others use while it
 * waits, but for the timer of ln_task_wait. Who folds must know that.
 */
#ifndef LN_SCHED_FOLD_H
#define LN_SCHED_FOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sched/probe.h"
#include "sched/timer.h"

struct ln_task;

/* Bytes of a stack that a model may be of. */
#define LN_STACK_MODEL_MAX ((size_t)8 << 10)

/* What the stack of one task held. Those of others that wait in the same place
 * differ little from it, but for their pointers into themselves, which are made
 * equal. The maker's memory; immutable once taken. */
struct ln_stack_model {
	uintptr_t top; /* the address behind the stack that it was */
	size_t len;    /* bytes */
	uint64_t words[];
};

/* What a task is folded into; the caller's memory, until `unfold`. */
struct ln_fold {
	struct ln_probe probe; /* in the place of a question to the task */
	/* On the task's fiber, before it goes on: restores what else was
	 * folded. It may let others run; frees the fold. */
	void (*unfold)(struct ln_fold *fold, struct ln_task *task);
	struct ln_timer *timer;   /* stands in for the one on the stack; the
				   * caller's, if ln_fold_has_timer */
	struct ln_timer *waiting; /* that one; NULL: it has none */
	const uint8_t *stack;     /* what ln_fold_write_stack has written */
	/* What it was written with; kept until `unfold`; or NULL. */
	const struct ln_stack_model *model;
};

/* Holds a parked task: nobody runs it until ln_fold_let_go. False: it is not
 * parked, or somebody asks it something. Any thread, which keeps its memory
 * alive; in a task. */
bool ln_fold_hold(struct ln_task *task);

/* Whether somebody has woken the task since. By who holds it. */
bool ln_fold_called(const struct ln_task *task);

/* Lets a task go, and queues it if it was woken. By who holds it. */
void ln_fold_let_go(struct ln_task *task);

/* Whether a held task waits for a timer. */
bool ln_fold_has_timer(const struct ln_task *task);

/* Bytes of its stack that a held task uses; 0: it is on another one. */
size_t ln_fold_stack_used(const struct ln_task *task);

/* Makes the stack of a held task a model, which has room for what it uses. */
void ln_fold_take_model(const struct ln_task *task,
			struct ln_stack_model *model);

/* Writes what the stack holds, of at most LN_DELTA_MAX bytes; returns the bytes
 * written, at most LN_DELTA_ROOM of those. With a model, which is as long as
 * what the stack uses, how it differs from that; 0: not at all, and it cannot
 * be folded so. `room` is for as many bytes as the model has; both may be NULL.
 */
size_t ln_fold_write_stack(const struct ln_task *task,
			   const struct ln_stack_model *model, uint64_t *room,
			   uint8_t *to);

/* Folds a held task: gives its stack's pages back. `stack`, `model` and
 * `unfold` are set. False: the kernel does not take them, and nothing has
 * changed. */
bool ln_fold_stack(struct ln_task *task, struct ln_fold *fold);

/* For the worker that enters a folded task. */
void ln_fold_restore_stack(struct ln_task *task);

#endif
