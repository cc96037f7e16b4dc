// FIFOs and devices: who waits for one waits without stopping others, takes
// turns with poll_oneoff, and can be killed.
// setup: mkdir dir; mkfifo dir/fifo; mkfifo dir/quiet; ln -s /dev/null dir/null
// options: --dir dir --workers 1
#include <lunatic/abi.h>

#include "check.h"

#define DIR 3
#define READ __WASI_RIGHTS_FD_READ
#define WRITE __WASI_RIGHTS_FD_WRITE
#define POLL __WASI_RIGHTS_POLL_FD_READWRITE

static uint8_t byte;
static __wasi_iovec_t in = { &byte, 1 };
static __wasi_size_t n;

static __wasi_errno_t open_fifo(const char *name, uint64_t rights,
				__wasi_fdflags_t flags, __wasi_fd_t *fd)
{
	return __wasi_path_open(DIR, 0, name, 0, rights | POLL, 0, flags, fd);
}

/* Waits until somebody writes, and sends what came. */
__attribute__((export_name("reader"))) void reader(void)
{
	uint64_t parent;
	__wasi_fd_t fd;

	CHECK(lunatic_message_receive(NULL, 0, 0) == 0);
	parent = lunatic_message_take_process(0);
	CHECK_OK(open_fifo("fifo", READ, 0, &fd));
	lunatic_message_create_data(1, 0);
	lunatic_message_send(parent);
	CHECK_OK(__wasi_fd_read(fd, &in, 1, &n));
	CHECK(n == 1 && byte == 'x');
	/* The writer has left. */
	CHECK_OK(__wasi_fd_read(fd, &in, 1, &n));
	CHECK(n == 0);
	CHECK_OK(__wasi_fd_close(fd));
	lunatic_message_create_data(2, 0);
	lunatic_message_send(parent);
}

/* Waits for ever, and fails when its link dies. */
__attribute__((export_name("victim"))) void victim(void)
{
	uint64_t parent;
	__wasi_fd_t fd;

	CHECK(lunatic_message_receive(NULL, 0, 0) == 0);
	parent = lunatic_message_take_process(0);
	CHECK_OK(open_fifo("quiet", READ, 0, &fd));
	lunatic_message_create_data(1, 0);
	lunatic_message_send(parent);
	(void)!__wasi_fd_read(fd, &in, 1, &n);
	CHECK(0);
}

static uint64_t start(const char *entry, int64_t link)
{
	uint64_t id;
	int64_t tag = 1;

	CHECK(lunatic_process_inherit_spawn(link, entry, strlen(entry), NULL, 0,
					    &id) == 0);
	lunatic_message_create_data(0, 0);
	lunatic_message_push_process(lunatic_process_this());
	lunatic_message_send(id);
	CHECK(lunatic_message_receive(&tag, 1, 0) == 0);
	return id;
}

int main(void)
{
	__wasi_ciovec_t out = { (const uint8_t *)"x", 1 };
	__wasi_subscription_t wanted = { .u.tag = __WASI_EVENTTYPE_FD_READ };
	__wasi_event_t event;
	int64_t tag = 2;
	__wasi_fd_t fd;
	__wasi_fd_t both;

	/* Nobody reads it; nobody writes it. */
	CHECK_ERRNO(open_fifo("quiet", WRITE, 0, &fd), NXIO);
	CHECK_OK(open_fifo("quiet", READ, __WASI_FDFLAGS_NONBLOCK, &fd));
	CHECK_ERRNO(__wasi_fd_read(fd, &in, 1, &n), AGAIN);
	CHECK_ERRNO(__wasi_fd_pread(fd, &in, 1, 0, &n), NOTCAPABLE);
	CHECK_OK(__wasi_fd_close(fd));

	start("reader", 0);
	CHECK_OK(open_fifo("fifo", WRITE, 0, &fd));
	CHECK_OK(__wasi_fd_write(fd, &out, 1, &n));
	CHECK_OK(__wasi_fd_close(fd));
	CHECK(lunatic_message_receive(&tag, 1, 0) == 0);

	/* One for both ends; poll_oneoff sees what comes. */
	CHECK_OK(open_fifo("fifo", READ | WRITE, 0, &both));
	CHECK_OK(__wasi_fd_write(both, &out, 1, &n));
	wanted.u.u.fd_read.file_descriptor = both;
	CHECK_OK(__wasi_poll_oneoff(&wanted, &event, 1, &n));
	CHECK(n == 1 && event.error == 0 && event.fd_readwrite.nbytes == 1);
	CHECK_OK(__wasi_fd_read(both, &in, 1, &n));
	CHECK(n == 1 && byte == 'x');
	CHECK_OK(__wasi_fd_close(both));

	/* The device is outside, whoever may use it. */
	CHECK_ERRNO(__wasi_path_open(DIR, 1, "null", 0, READ, 0, 0, &fd), PERM);

	/* A process that waits is killed, by the end of this one, too. */
	start("victim", 0);
	start("victim", 0);
	return 0;
}
