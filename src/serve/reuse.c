/*
 * DESIGN
 * An idle process is parked in ln_reuse_next, on its own fiber, and is in the
 * list of its server. Whoever takes it out of the list, under the lock, says
 * there what is next: a request, or the end. It takes itself out when it has
 * been killed, or has been idle for too long. What others touch of it is not on
 * its stack, so that it may be folded.
 *
 * A process is used again only if its request came to a regular end: it has
 * returned, after an answer that is complete, and nobody has asked for its end
 * meanwhile. ln_exchange_settle decides that, and who asks later finds that the
 * request is over: no request can end the process of another one.
 *
 * Locks: that of the list; under it those of modules, processes and pipes.
 */
#include "serve/reuse.h"

#include <stdlib.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/time.h"
#include "process/env_module.h"
#include "process/process.h"
#include "process/wasm.h"
#include "sched/task.h"
#include "serve/exchange.h"
#include "serve/pipe.h"
#include "serve/server_impl.h"

struct ln_reused {
	struct ln_server *server;   /* counted */
	struct ln_process *process; /* whose this is; lives longer */
	uint32_t left;              /* requests, with that under way */

	/* Under the lock of the list. */
	struct ln_list link;
	bool waits;               /* it is in the list */
	struct ln_exchange *next; /* begun; NULL: there is none */
};

void ln_idle_init(struct ln_idle *idle)
{
	ln_list_init(&idle->list);
}

struct ln_reused *ln_reused_new(struct ln_server *server)
{
	struct ln_reused *reused = calloc(1, sizeof(*reused));

	if (reused == NULL)
		return NULL;
	reused->server = ln_server_retain(server);
	reused->left = server->options.reuse;
	ln_list_init(&reused->link);
	return reused;
}

void ln_reused_free(struct ln_reused *reused)
{
	if (reused == NULL)
		return;
	ln_assert(!reused->waits && reused->next == NULL);
	ln_server_release(reused->server);
	free(reused);
}

void ln_reused_set_process(struct ln_reused *reused, struct ln_process *process)
{
	reused->process = process;
}

/* ---- Under the lock ---- */

static void take_out(struct ln_idle *idle, struct ln_reused *reused)
{
	ln_assert(reused->waits && idle->count > 0);
	ln_list_remove(&reused->link);
	reused->waits = false;
	idle->count--;
}

/* It wakes, and finds that nothing is next. It does not end before it has the
 * lock. */
static void dismiss(struct ln_idle *idle, struct ln_reused *reused)
{
	take_out(idle, reused);
	ln_task_wake(&reused->process->task);
}

/* Whether a process runs what a new one would. */
static bool is_current(const struct ln_reused *reused)
{
	struct ln_module *current;
	struct ln_module *module;

	if (LN_LIKELY(!ln_module_is_replaced(reused->server->module)))
		return true;
	current = ln_module_successor(reused->server->module);
	module = ln_wasm_module(reused->process);
	if (current != NULL)
		ln_module_release(current);
	if (module != NULL)
		ln_module_release(module);
	/* Both are others' as well, as long as they can be equal. */
	return current == module;
}

/* The one that was used last and may be used again. Those that were killed take
 * themselves out. */
static struct ln_reused *find(struct ln_idle *idle)
{
	struct ln_list *before;

	for (struct ln_list *at = idle->list.prev; at != &idle->list;
	     at = before) {
		struct ln_reused *reused =
			ln_container_of(at, struct ln_reused, link);

		before = at->prev;
		if (ln_task_interrupted(&reused->process->task))
			continue;
		if (is_current(reused))
			return reused;
		dismiss(idle, reused);
	}
	return NULL;
}

/* ---- Giving ---- */

static void give(struct ln_reused *reused, struct ln_exchange *exchange)
{
	exchange->errand.begin(&exchange->errand);
	exchange->process = ln_process_retain(reused->process);
	exchange->reused = reused;
	ln_pipe_set_reader(exchange->request, reused->process);
	reused->next = exchange;
}

bool ln_reuse_take(struct ln_server *server, struct ln_exchange *exchange)
{
	struct ln_idle *idle = &server->idle;
	struct ln_reused *reused;

	if (server->options.reuse <= 1)
		return false;
	ln_lock_acquire(&idle->lock);
	reused = find(idle);
	if (reused != NULL) {
		take_out(idle, reused);
		give(reused, exchange);
	}
	ln_lock_release(&idle->lock);
	if (reused == NULL)
		return false;
	/* That stays as long as the exchange. */
	ln_task_wake(&exchange->process->task);
	return true;
}

void ln_idle_close(struct ln_server *server)
{
	struct ln_idle *idle = &server->idle;

	ln_lock_acquire(&idle->lock);
	idle->closed = true;
	while (!ln_list_empty(&idle->list))
		dismiss(idle, ln_container_of(idle->list.next, struct ln_reused,
					      link));
	ln_lock_release(&idle->lock);
}

/* ---- Waiting ---- */

/* Gets into the list; the one that has waited longest makes room. */
static bool begin_to_wait(struct ln_reused *reused)
{
	struct ln_idle *idle = &reused->server->idle;
	uint32_t max = reused->server->options.max_idle;
	bool waits;

	ln_lock_acquire(&idle->lock);
	waits = !idle->closed && is_current(reused);
	if (waits) {
		if (idle->count >= max)
			dismiss(idle, ln_container_of(idle->list.next,
						      struct ln_reused, link));
		ln_list_append(&idle->list, &reused->link);
		reused->waits = true;
		idle->count++;
	}
	ln_lock_release(&idle->lock);
	return waits;
}

/* Whether the wait is over; `error` is how it stands with the task. */
static bool end_to_wait(struct ln_reused *reused, int error,
			struct ln_exchange **next)
{
	struct ln_idle *idle = &reused->server->idle;
	bool over;

	ln_lock_acquire(&idle->lock);
	if (reused->waits && error < 0)
		take_out(idle, reused);
	over = !reused->waits;
	*next = reused->next;
	reused->next = NULL;
	ln_lock_release(&idle->lock);
	return over;
}

static struct ln_exchange *await(struct ln_reused *reused)
{
	const struct ln_serve_options *options = &reused->server->options;
	struct ln_task *task = &reused->process->task;
	int64_t deadline = LN_NEVER;
	struct ln_exchange *next;
	int error;

	if (!begin_to_wait(reused))
		return NULL;
	if (options->reuse_timeout > 0)
		deadline = ln_time_now() + (int64_t)options->reuse_timeout;
	ln_task_set_waiting(task, LN_WAIT_REQUEST);
	do {
		error = ln_task_wait(task, deadline);
	} while (!end_to_wait(reused, error, &next));
	ln_task_set_waiting(task, LN_WAIT_OTHER);
	return next;
}

bool ln_reuse_next(struct ln_errand **errand)
{
	struct ln_exchange *done = ln_exchange_of(*errand);
	struct ln_reused *reused = done->reused;
	struct ln_exchange *next;

	ln_assert(reused->left > 0);
	/* It belongs to the process while there is no exchange to own it. */
	if (reused->left == 1 || !ln_exchange_settle(done))
		return false;
	reused->left--;
	*errand = NULL;
	next = await(reused);
	if (next == NULL) {
		ln_reused_free(reused);
		return false;
	}
	*errand = &next->errand;
	/* One that was killed fails what it was just given. */
	return !ln_task_interrupted(&reused->process->task);
}
