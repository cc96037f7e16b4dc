/*
 * Folding the memories of an instance whose guest waits: what they hold is kept
 * as what differs from the image of its module, and the pages go back to the
 * kernel. The memories stay where they are, and as large as they are.
 */
#ifndef LN_ENGINE_FOLD_H
#define LN_ENGINE_FOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/delta.h"

struct ln_instance;

/* Bytes of touched pages that an instance may have to be folded. */
#define LN_FOLD_TOUCHED_MAX ((size_t)64 << 20)

/* Who folds instances, one after the other. */
struct ln_folder {
	struct ln_bytes *to; /* where what is kept is added */
	uint8_t *base;       /* a page of an image; owned */
	uint8_t *delta;      /* of a page; likewise */
	struct ln_delta_recent recent;
	/* Called after each piece of some hundred KiB: false, and the instance
	 * is not folded. */
	bool (*go_on)(void *argument);
	void *argument;
	/* What was found, bytes. */
	size_t touched;
	size_t tables; /* of page tables that only it uses */
};

/* LN_ENOMEM. `to`, `go_on` and `argument` are left to the caller. */
int ln_folder_init(struct ln_folder *folder);
void ln_folder_deinit(struct ln_folder *folder);

/* Adds what the memories hold to folder->to, and changes nothing. 0: it is
 * all there; LN_EAGAIN: go_on said so; LN_ELIMIT: too many pages were touched,
 * or it cannot be known which; LN_ENOMEM. By who holds its task
 * (sched/fold.h), or the process itself. */
int ln_fold_memories(struct ln_folder *folder,
		     const struct ln_instance *instance);

/* Gives the pages back, as far as the kernel takes them; may let others run.
 * From then on the guest may run only after ln_unfold_memories. Likewise. */
void ln_fold_drop(const struct ln_instance *instance);

/* Makes the memories what they were, from what was added; lets others run. On
 * the process's fiber. */
void ln_unfold_memories(const struct ln_instance *instance,
			const uint8_t *bytes);

#endif
