/*
 * The two tiers that processes of a module live in. In the fast one memories
 * have address space of their own, and code has no checks of bounds; of these
 * there are some thousands (slots.h). In the dense one memories are in slabs,
 * and there may be a million. Each process gets its tier when it begins, and
 * stays there: the fast one while there is room. Code for the dense one is
 * made when the fast one fills up.
 */
#ifndef LN_ENGINE_TIERS_H
#define LN_ENGINE_TIERS_H

#include <stdbool.h>

#include "base/list.h"
#include "sched/task.h"

struct ln_compiled;
struct ln_engine;
struct ln_instance;
struct ln_linker;
struct ln_report;
struct ln_sched;
struct ln_tier;
struct ln_tiers;

/* What the modules of an engine have in common. LN_ENOMEM. */
int ln_tiers_new(struct ln_tiers **tiers);

/* NULL is fine. */
void ln_tiers_free(struct ln_tiers *tiers);

/* Ends what is being compiled, now and later; processes that wait for it end as
 * well. Before the scheduler waits for its tasks. Any thread. */
void ln_tiers_stop(struct ln_tiers *tiers);

/* A task that makes code for later; in what it makes that for, zero at first.
 */
struct ln_making {
	struct ln_task task;
	struct ln_list link;
};

/* Starts one, as ln_task_start; `done` calls ln_making_end. LN_ENOMEM;
 * LN_EKILLED: the runtime stops. */
int ln_making_start(struct ln_tiers *tiers, struct ln_sched *sched,
		    struct ln_making *making, void (*run)(struct ln_task *),
		    void (*done)(struct ln_task *));
void ln_making_end(struct ln_tiers *tiers, struct ln_making *making);

/* Ends its waits, if it has been started and has not ended. Any thread. */
void ln_making_interrupt(struct ln_tiers *tiers, struct ln_making *making);

/* The dense tier of a module that was made for the fast one with that linker.
 * It belongs to the module. NULL: memory is short. */
struct ln_tier *ln_tier_new(struct ln_engine *engine,
			    struct ln_compiled *module,
			    struct ln_linker *linker);

/* NULL is fine. Not on a fiber. */
void ln_tier_free(struct ln_tier *tier);

/* For an instance that is to be made in the fast tier: claims what its memories
 * take there, or makes it one of the dense tier (instance->module). May wait
 * until code for that is made. *report as in ln_instance_init. LN_EKILLED,
 * LN_ELIMIT: it cannot be made; LN_ENOMEM. On its fiber. */
int ln_tier_choose(struct ln_instance *instance, struct ln_report **report);

/* Whether a process of the module that began now would not wait for its code.
 * If it would, the code is being made from now on: to be asked again. What
 * cannot be made is not waited for. Any thread. */
bool ln_tier_is_ready(struct ln_compiled *module, struct ln_sched *sched);

#endif
