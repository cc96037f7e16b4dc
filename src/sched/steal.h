/*
 * Work of other workers. By the thread of the worker, on its own stack.
 */
#ifndef LN_SCHED_STEAL_H
#define LN_SCHED_STEAL_H

struct ln_task;
struct ln_worker;

/* The next task of a worker whose queue is empty, from those of others; NULL:
 * they have none. Others of these go to its queue. */
struct ln_task *ln_worker_steal(struct ln_worker *worker);

/* Once a tick: takes from the queue of another worker, if that is longer. */
void ln_worker_level(struct ln_worker *worker);

#endif
