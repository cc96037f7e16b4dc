/*
 * DESIGN
 * Who asks is in a list of the runtime. Its message is made when it asks, so
 * telling it later cannot fail for lack of memory. A drain takes one process
 * after the other out of the list, and sends its message without the lock. A
 * process that asks later is told by itself.
 *
 * The lock is held for some instructions. Under it no other is taken.
 */
#include "process/drain.h"

#include <stddef.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/futex.h"
#include "net/serving.h"
#include "process/environment.h"
#include "process/extra.h"
#include "process/message.h"
#include "process/process.h"
#include "process/runtime.h"

/* What is to be done with messages once the lock is released. */
struct leftover {
	struct ln_message *unused; /* to be freed; may be NULL */
	struct ln_message *due;    /* to be sent; NULL: none */
};

/* Counts the watch and gives it a message. */
static struct leftover put(struct ln_drains *drains,
			   struct ln_drain_watch *watch,
			   struct ln_message *message)
{
	struct leftover left;

	ln_lock_acquire(&drains->lock);
	if (!watch->asked) {
		watch->asked = true;
		drains->ever = true;
		drains->left++;
		ln_list_init(&watch->link);
	}
	left = (struct leftover){ .unused = watch->message };
	watch->message = NULL;
	ln_list_remove(&watch->link);
	if (watch->told) {
		left.unused = message; /* the other one was sent */
	} else if (drains->begun) {
		watch->told = true;
		left.due = message;
	} else {
		watch->message = message;
		ln_list_append(&drains->waiting, &watch->link);
	}
	ln_lock_release(&drains->lock);
	return left;
}

int ln_drain_watch(struct ln_process *self, int64_t tag)
{
	struct ln_runtime *runtime = self->environment->runtime;
	struct ln_extra *extra = ln_extra_of(self);
	struct ln_message *message;
	struct leftover left;

	if (extra == NULL)
		return LN_ENOMEM;
	message = ln_message_new(LN_MESSAGE_DRAIN, tag, 0);
	if (message == NULL)
		return LN_ENOMEM;
	extra->drain.process = self;
	left = put(&runtime->drains, &extra->drain, message);
	ln_message_free(left.unused);
	/* It runs, so its mailbox takes it. */
	if (left.due != NULL)
		(void)ln_process_send(self, left.due);
	return 0;
}

/* Takes it out; returns its message, which may be NULL. */
static struct ln_message *take_out(struct ln_runtime *runtime,
				   struct ln_drain_watch *watch)
{
	struct ln_drains *drains = &runtime->drains;
	struct ln_message *message;

	ln_lock_acquire(&drains->lock);
	ln_assert(watch->asked && drains->left > 0);
	ln_list_remove(&watch->link);
	drains->left--;
	watch->asked = false;
	message = watch->message;
	watch->message = NULL;
	ln_lock_release(&drains->lock);
	return message;
}

bool ln_drain_unwatch(struct ln_process *self)
{
	struct ln_extra *extra = self->extra;

	if (extra == NULL || !extra->drain.asked)
		return false;
	ln_message_free(take_out(self->environment->runtime, &extra->drain));
	return true;
}

void ln_drain_forget(struct ln_runtime *runtime, struct ln_drain_watch *watch)
{
	if (watch->asked)
		ln_message_free(take_out(runtime, watch));
}

/* Tells one process; false: all have been told. */
static bool tell_one(struct ln_drains *drains)
{
	struct ln_process *process = NULL;
	struct ln_message *message = NULL;
	struct ln_drain_watch *watch;

	ln_lock_acquire(&drains->lock);
	if (!ln_list_empty(&drains->waiting)) {
		watch = ln_container_of(drains->waiting.next,
					struct ln_drain_watch, link);
		ln_list_remove(&watch->link);
		message = watch->message;
		watch->message = NULL;
		watch->told = true;
		/* It has not ended, or it would be in no list. */
		process = ln_process_retain(watch->process);
	}
	ln_lock_release(&drains->lock);
	if (process == NULL)
		return false;
	/* If it has ended meanwhile, the message goes with its mailbox. */
	(void)ln_process_send(process, message);
	ln_process_release(process);
	return true;
}

void ln_runtime_drain(struct ln_runtime *runtime)
{
	struct ln_drains *drains = &runtime->drains;

	ln_runtime_enter(runtime, LN_RUNTIME_DRAINING);
	ln_lock_acquire(&drains->lock);
	drains->begun = true;
	ln_lock_release(&drains->lock);
	ln_serving_close(&runtime->serving);
	while (tell_one(drains))
		;
}

uint64_t ln_runtime_drain_left(struct ln_runtime *runtime)
{
	struct ln_drains *drains = &runtime->drains;
	uint64_t left;

	ln_lock_acquire(&drains->lock);
	left = drains->left;
	ln_lock_release(&drains->lock);
	return left;
}

bool ln_runtime_drained(struct ln_runtime *runtime)
{
	struct ln_drains *drains = &runtime->drains;
	bool ever;
	bool left;

	ln_lock_acquire(&drains->lock);
	ever = drains->ever;
	left = drains->left > 0;
	ln_lock_release(&drains->lock);
	return !left &&
	       (ever || ln_serving_connections(&runtime->serving) == 0);
}
