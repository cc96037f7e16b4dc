/* src/host/wasi/wasi.c: encoders, error numbers, and the state of a process. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "host/stdio.h"
#include "host/wasi/table.h"
#include "host/wasi/wasi.h"
#include "process/environment.h"
#include "process/guest.h"

static void numbers_are_little_endian(void **state)
{
	uint8_t bytes[9] = { 0 };

	(void)state;
	ln_wasi_store16(bytes + 1, 0x1234);
	assert_int_equal(bytes[1], 0x34);
	assert_int_equal(bytes[2], 0x12);
	assert_int_equal(ln_wasi_load16(bytes + 1), 0x1234);
	ln_wasi_store32(bytes + 1, 0x89abcdef);
	assert_int_equal(bytes[1], 0xef);
	assert_int_equal(bytes[4], 0x89);
	assert_int_equal(ln_wasi_load32(bytes + 1), 0x89abcdef);
	ln_wasi_store64(bytes + 1, UINT64_C(0xfedcba9876543210));
	assert_int_equal(bytes[1], 0x10);
	assert_int_equal(bytes[8], 0xfe);
	assert_true(ln_wasi_load64(bytes + 1) == UINT64_C(0xfedcba9876543210));
	assert_int_equal(bytes[0], 0);
}

static void errors_have_their_numbers(void **state)
{
	(void)state;
	assert_int_equal(ln_wasi_from_errno(0), 0);
	assert_int_equal(ln_wasi_from_errno(EAGAIN), 6);
	assert_int_equal(ln_wasi_from_errno(EBADF), 8);
	assert_int_equal(ln_wasi_from_errno(EINVAL), 28);
	assert_int_equal(ln_wasi_from_errno(ENOSPC), 51);
	assert_int_equal(ln_wasi_from_errno(EPIPE), 64);
	assert_int_equal(ln_wasi_from_errno(ESPIPE), 70);
	/* What WASI has no name for is an I/O error. */
	assert_int_equal(ln_wasi_from_errno(EREMOTEIO), 29);
	assert_int_equal(ln_wasi_from_errno(-1), 29);
}

static void fdstat_layout(void **state)
{
	uint8_t out[LN_WASI_FDSTAT_SIZE + 1];
	uint8_t want[LN_WASI_FDSTAT_SIZE + 1];

	(void)state;
	memset(out, 0xaa, sizeof(out));
	memset(want, 0, sizeof(want));
	want[0] = 2;
	want[2] = 5;
	want[8] = 0x02;
	want[11] = 0x08;
	want[16] = 0x04;
	want[24] = 0xaa;
	ln_wasi_put_fdstat(out, LN_WASI_TYPE_CHARACTER_DEVICE,
			   LN_WASI_FDFLAG_APPEND | LN_WASI_FDFLAG_NONBLOCK,
			   LN_WASI_RIGHT_FD_READ |
				   LN_WASI_RIGHT_POLL_FD_READWRITE,
			   LN_WASI_RIGHT_FD_SEEK);
	assert_memory_equal(out, want, sizeof(want));
}

static void filestat_layout(void **state)
{
	uint8_t out[LN_WASI_FILESTAT_SIZE + 1];
	struct stat stat = {
		.st_dev = 0x1122,
		.st_ino = 0x3344556677889900,
		.st_nlink = 3,
		.st_size = 0x123456789a,
		.st_atim = { .tv_sec = 1, .tv_nsec = 2 },
		.st_mtim = { .tv_sec = -1, .tv_nsec = 999999999 },
		.st_ctim = { .tv_sec = INT64_MAX, .tv_nsec = 0 },
	};

	(void)state;
	memset(out, 0xaa, sizeof(out));
	ln_wasi_put_filestat(out, LN_WASI_TYPE_REGULAR_FILE, &stat);
	assert_int_equal(ln_wasi_load64(out), 0x1122);
	assert_true(ln_wasi_load64(out + 8) == UINT64_C(0x3344556677889900));
	/* The type's padding is written, too. */
	assert_int_equal(ln_wasi_load64(out + 16), 4);
	assert_int_equal(ln_wasi_load64(out + 24), 3);
	assert_true(ln_wasi_load64(out + 32) == UINT64_C(0x123456789a));
	assert_int_equal(ln_wasi_load64(out + 40), 1000000002);
	/* Before 1970, and after what 64 bits of nanoseconds reach. */
	assert_int_equal(ln_wasi_load64(out + 48), 0);
	assert_true(ln_wasi_load64(out + 56) == UINT64_MAX);
	assert_int_equal(out[64], 0xaa);
}

static enum ln_wasi_filetype type_of(int fd)
{
	struct stat stat;

	assert_int_equal(fstat(fd, &stat), 0);
	return ln_wasi_filetype(fd, &stat);
}

static void file_types(void **state)
{
	int fds[2];
	int fd;

	(void)state;
	fd = open("/dev/null", O_RDONLY);
	assert_int_equal(type_of(fd), 2);
	close(fd);
	fd = open("/", O_RDONLY);
	assert_int_equal(type_of(fd), 3);
	close(fd);
	fd = open("/proc/self/exe", O_RDONLY);
	assert_int_equal(type_of(fd), 4);
	close(fd);
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, fds), 0);
	assert_int_equal(type_of(fds[0]), 5);
	close(fds[0]);
	close(fds[1]);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	assert_int_equal(type_of(fds[0]), 6);
	close(fds[0]);
	close(fds[1]);
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(type_of(fds[0]), 0);
	close(fds[0]);
	close(fds[1]);
}

static void descriptors_of_a_process(void **state)
{
	struct ln_environment environment = { .limits = ln_limits_default };
	struct ln_guest guest = { .environment = &environment };
	struct ln_guest other = { .environment = &environment };
	struct ln_stdio *stdio = ln_stdio_get();
	struct ln_wasi_fd *entry;

	(void)state;
	assert_ptr_equal(ln_stdio_get(), stdio);
	assert_non_null(ln_stdio_stream(stdio, 2));
	assert_null(ln_stdio_stream(stdio, 3));
	assert_ptr_equal(ln_wasi_stream(&guest, 2, LN_WRITABLE),
			 ln_stdio_stream(stdio, 2));
	assert_null(ln_wasi_stream(&guest, 2, LN_READABLE));
	assert_null(ln_wasi_stream(&guest, 3, LN_READABLE));
	assert_null(ln_wasi_stream(&guest, UINT32_MAX, LN_READABLE));
	assert_int_equal(ln_wasi_close(&guest, 3), LN_WASI_BADF);
	assert_int_equal(
		ln_wasi_find(&guest, 1, LN_WASI_RIGHT_PATH_OPEN, &entry),
		LN_WASI_NOTDIR);

	assert_int_equal(ln_wasi_close(&guest, 2), 0);
	assert_null(ln_wasi_stream(&guest, 2, LN_WRITABLE));
	assert_int_equal(ln_wasi_close(&guest, 2), LN_WASI_BADF);
	assert_non_null(ln_wasi_stream(&guest, 1, LN_WRITABLE));
	assert_non_null(ln_wasi_stream(&other, 2, LN_WRITABLE));
	ln_wasi_free(guest.wasi);
	ln_wasi_free(other.wasi);
}

/* The lowest free number is used, up to a bound; what is replaced is closed. */
static void numbers_are_given_out(void **state)
{
	struct ln_environment environment = { .limits = ln_limits_default };
	struct ln_guest guest = { .environment = &environment };
	struct ln_wasi_fd entry = { .kind = LN_WASI_FILE };
	uint32_t fd;

	(void)state;
	environment.limits.max_handles = 5;
	for (uint32_t i = 3; i < 5; i++) {
		entry.fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
		assert_int_equal(ln_wasi_add(&guest, &entry, &fd), 0);
		assert_int_equal(fd, i);
	}
	assert_int_equal(ln_wasi_add(&guest, &entry, &fd), LN_WASI_MFILE);
	assert_int_equal(ln_wasi_renumber(&guest, 4, 5), LN_WASI_BADF);
	assert_int_equal(ln_wasi_renumber(&guest, 5, 4), LN_WASI_BADF);
	assert_int_equal(ln_wasi_renumber(&guest, 4, 4), 0);
	assert_int_equal(fcntl(entry.fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(ln_wasi_renumber(&guest, 3, 4), 0);
	assert_int_equal(fcntl(entry.fd, F_GETFD), -1);
	assert_int_equal(ln_wasi_close(&guest, 3), LN_WASI_BADF);
	assert_int_equal(ln_wasi_close(&guest, 0), 0);
	entry.fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	assert_int_equal(ln_wasi_add(&guest, &entry, &fd), 0);
	assert_int_equal(fd, 0);
	ln_wasi_free(guest.wasi);
	assert_int_equal(fcntl(entry.fd, F_GETFD), -1);
}

/* Closed standard descriptors become /dev/null, and only those. */
static void missing_descriptors_are_reserved(void **state)
{
	struct stat before;
	struct stat after;
	struct stat null;
	int saved = dup(STDIN_FILENO);

	(void)state;
	assert_true(saved >= 0);
	assert_int_equal(fstat(STDERR_FILENO, &before), 0);
	close(STDIN_FILENO);
	ln_stdio_reserve();
	assert_int_equal(stat("/dev/null", &null), 0);
	assert_int_equal(fstat(STDIN_FILENO, &after), 0);
	assert_int_equal(after.st_rdev, null.st_rdev);
	assert_int_equal(fstat(STDERR_FILENO, &after), 0);
	assert_int_equal(after.st_ino, before.st_ino);
	assert_int_equal(dup2(saved, STDIN_FILENO), STDIN_FILENO);
	close(saved);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_little_endian),
		cmocka_unit_test(errors_have_their_numbers),
		cmocka_unit_test(fdstat_layout),
		cmocka_unit_test(filestat_layout),
		cmocka_unit_test(file_types),
		cmocka_unit_test(descriptors_of_a_process),
		cmocka_unit_test(numbers_are_given_out),
		cmocka_unit_test(missing_descriptors_are_reserved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
