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
#include "host/descriptor.h"
#include "host/iovecs.h"
#include "host/wasi/table.h"
#include "host/wasi/waiting.h"
#include "process/guest.h"
#include "process/process.h"

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

struct reading {
	struct ln_wasi_waiting waiting;
	struct ln_mailbox *mailbox;
};

static int look(void *argument)
{
	struct reading *reading = argument;

	return ln_wasi_wait_for_mail(&reading->waiting, reading->mailbox);
}

int ln_wasi_read_mailbox(struct ln_guest *guest, const struct ln_wasi_fd *entry,
			 struct ln_iovecs *pieces, uint8_t *moved,
			 uint32_t *result)
{
	struct reading reading = { .mailbox = &guest->process->mailbox };
	bool nonblocking = (entry->flags & LN_WASI_FDFLAG_NONBLOCK) != 0;
	struct iovec batch[LN_IOVECS_BATCH];
	int arrived;

	*result = LN_WASI_SUCCESS;
	if (pieces->left == 0) {
		ln_wasi_store32(moved, 0);
		return 0;
	}
	arrived = nonblocking ? look(&reading)
			      : ln_wasi_wait(&reading.waiting, look, &reading);
	ln_wasi_wait_end(&reading.waiting);
	switch (arrived) {
	case 0:
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
	(void)ln_mailbox_notice(reading.mailbox);
	*(uint8_t *)batch[0].iov_base = 1;
	ln_wasi_store32(moved, 1);
	return 0;
}
