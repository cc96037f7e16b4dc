/*
 * DESIGN
 * shutdown(2) takes a listener out of the listening state for all descriptors
 * of it, also those that guests of WASI have duplicated. An accept then fails
 * with EINVAL, which net/tcp.c takes for EAGAIN. Its poller reports a hang-up
 * once, so a task that waits tries once more and parks again.
 *
 * A listener in the list is open: its owner forgets it, under the lock, before
 * it closes the descriptor.
 */
#include "net/serving.h"

#include <stddef.h>
#include <sys/socket.h>

void ln_serving_init(struct ln_serving *serving)
{
	*serving = (struct ln_serving){ .closed = false };
	ln_list_init(&serving->listeners);
}

static void shut_down(int fd)
{
	/* One that does not listen any more is as it should be. */
	(void)shutdown(fd, SHUT_RDWR);
}

void ln_serving_listen(struct ln_serving *serving,
		       struct ln_serving_listener *listener, int fd)
{
	ln_list_init(&listener->link);
	listener->serving = serving;
	listener->fd = fd;
	ln_lock_acquire(&serving->lock);
	if (serving->closed)
		shut_down(fd);
	else
		ln_list_append(&serving->listeners, &listener->link);
	ln_lock_release(&serving->lock);
}

void ln_serving_forget(struct ln_serving_listener *listener)
{
	ln_lock_acquire(&listener->serving->lock);
	ln_list_remove(&listener->link);
	ln_lock_release(&listener->serving->lock);
}

/* Shuts one listener down; false: there is none. */
static bool close_one(struct ln_serving *serving)
{
	struct ln_list *first;

	ln_lock_acquire(&serving->lock);
	serving->closed = true;
	first = serving->listeners.next;
	if (first != &serving->listeners) {
		ln_list_remove(first);
		shut_down(
			ln_container_of(first, struct ln_serving_listener, link)
				->fd);
	}
	ln_lock_release(&serving->lock);
	return first != &serving->listeners;
}

void ln_serving_close(struct ln_serving *serving)
{
	while (close_one(serving))
		;
}

void ln_serving_begin(struct ln_serving *serving)
{
	/* Relaxed, here and below: just a number. */
	if (serving != NULL)
		atomic_fetch_add_explicit(&serving->connections, 1,
					  memory_order_relaxed);
}

void ln_serving_end(struct ln_serving *serving)
{
	uint64_t before = 1;

	if (serving != NULL)
		before = atomic_fetch_sub_explicit(&serving->connections, 1,
						   memory_order_relaxed);
	ln_assert(before > 0);
	(void)before;
}

uint64_t ln_serving_connections(const struct ln_serving *serving)
{
	return atomic_load_explicit(&serving->connections,
				    memory_order_relaxed);
}
