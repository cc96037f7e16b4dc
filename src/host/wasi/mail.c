/*
 * The descriptor of the mailbox: it tells that something has come, by which a
 * guest that schedules tasks of its own waits for messages beside other
 * descriptors. Messages go through `lunatic::message` all the same.
 *
 * What was looked at before is no news: a guest that found nothing for it in
 * the mailbox would otherwise be woken by the same messages again and again.
 *
 * Threads: the one that runs the process.
 */
#include "base/error.h"
#include "base/time.h"
#include "host/abi_gen.h"
#include "host/descriptor.h"
#include "host/iovecs.h"
#include "host/wasi/table.h"
#include "process/guest.h"
#include "process/process.h"
#include "sched/task.h"

#define RIGHTS                                                       \
	(LN_WASI_RIGHT_FD_READ | LN_WASI_RIGHT_FD_FDSTAT_SET_FLAGS | \
	 LN_WASI_RIGHT_FD_FILESTAT_GET | LN_WASI_RIGHT_POLL_FD_READWRITE)

bool ln_descriptor_of_mailbox(struct ln_guest *guest, uint32_t *fd)
{
	const struct ln_wasi_fd made = {
		.kind = LN_WASI_MAILBOX,
		.readable = true,
		.fd = -1,
		.list = -1,
		.flags = LN_WASI_FDFLAG_NONBLOCK,
		.rights = RIGHTS,
	};

	return ln_wasi_add(guest, &made, fd) == LN_WASI_SUCCESS;
}

int ln_host_message_mailbox_fd(struct ln_guest *guest, uint32_t *result)
{
	uint32_t fd;

	*result = ln_descriptor_of_mailbox(guest, &fd) ? fd : UINT32_MAX;
	return 0;
}

/* Waits for news: 1. LN_EAGAIN, LN_EKILLED, LN_ENOMEM. */
static int await(struct ln_mailbox *mailbox, bool nonblocking)
{
	int error = 0;
	int arrived;

	for (;;) {
		arrived = ln_mailbox_await_arrival(mailbox);
		if (arrived == 0 && nonblocking)
			arrived = LN_EAGAIN;
		if (arrived == 0 && error < 0)
			arrived = error;
		if (arrived != 0)
			break;
		error = ln_task_wait_for(ln_task_current(), LN_WAIT_OTHER,
					 LN_NEVER);
	}
	ln_mailbox_stop_awaiting(mailbox);
	return arrived;
}

int ln_wasi_read_mailbox(struct ln_guest *guest, const struct ln_wasi_fd *entry,
			 struct ln_iovecs *pieces, uint8_t *moved,
			 uint32_t *result)
{
	struct ln_mailbox *mailbox = &guest->process->mailbox;
	bool nonblocking = (entry->flags & LN_WASI_FDFLAG_NONBLOCK) != 0;
	struct iovec batch[LN_IOVECS_BATCH];
	int arrived;

	*result = LN_WASI_SUCCESS;
	if (pieces->left == 0) {
		ln_wasi_store32(moved, 0);
		return 0;
	}
	arrived = await(mailbox, nonblocking);
	switch (arrived) {
	case LN_EAGAIN:
		*result = LN_WASI_AGAIN;
		return 0;
	case LN_ENOMEM:
		*result = LN_WASI_NOMEM;
		return 0;
	case 1:
		break;
	default:
		return arrived;
	}
	if (ln_iovecs_gather_open(pieces, batch, 1) < 1) {
		*result = LN_WASI_FAULT;
		return 0;
	}
	(void)ln_mailbox_notice(mailbox);
	*(uint8_t *)batch[0].iov_base = 1;
	ln_wasi_store32(moved, 1);
	return 0;
}
