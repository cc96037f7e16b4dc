/*
 * DESIGN
 * A fault in a slot, where a page is not writable yet, is looked at first:
 * then the instruction is tried again. The engine's handler would make a trap
 * of it, when compiled code has written, or pass it on. So ours is installed
 * after the engine's, and calls that one for all other faults, as if the kernel
 * had. Who installs one later, and calls ours when it is not meant, is fine.
 *
 * Threads: the handler runs in the one that has written, on its stack for
 * signals if it has one.
 */
#include "engine/fault.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>

#include "engine/slots.h"

static struct sigaction before;

/* What the kernel would do if we were not there. */
static void pass_on(int number, siginfo_t *info, void *context)
{
	if ((before.sa_flags & SA_SIGINFO) != 0) {
		before.sa_sigaction(number, info, context);
	} else if (before.sa_handler != SIG_DFL &&
		   before.sa_handler != SIG_IGN) {
		before.sa_handler(number);
	} else {
		/* The instruction is tried again, and ends the program; if the
		 * handler stays, it gets here for ever. */
		struct sigaction action = { .sa_handler = SIG_DFL };

		(void)sigaction(number, &action, NULL);
	}
}

static void on_fault(int number, siginfo_t *info, void *context)
{
	int error = errno;
	/* Not by kill(2). */
	bool is_fault = info->si_code == SEGV_ACCERR;

	if (is_fault && ln_slots_fault((uintptr_t)info->si_addr)) {
		errno = error;
		return;
	}
	pass_on(number, info, context);
}

void ln_fault_install(void)
{
	struct sigaction action = { .sa_sigaction = on_fault };

	if (sigaction(SIGSEGV, NULL, &before) < 0)
		return;
	/* Those that the engine's needs. */
	action.sa_flags = before.sa_flags | SA_SIGINFO | SA_ONSTACK;
	action.sa_mask = before.sa_mask;
	(void)sigaction(SIGSEGV, &action, NULL);
}

bool ln_fault_is_first(void)
{
	struct sigaction now;

	return sigaction(SIGSEGV, NULL, &now) == 0 &&
	       (now.sa_flags & SA_SIGINFO) != 0 && now.sa_sigaction == on_fault;
}
