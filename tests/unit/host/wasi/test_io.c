/* Files that are read and written for guests, on the worker and in the pool. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <fcntl.h>

#include "base/error.h"
#include "host/iovecs.h"
#include "host/wasi/io.h"
#include "host/wasi/table.h"
#include "host/wasi/wasi.h"
#include "support/processes.h"

#define SIZE ((size_t)3 << 20) /* more than one system call moves */

/* A transfer of two pieces, and what came of it. */
struct transfer {
	struct ln_wasi_fd file;
	enum ln_direction direction;
	int64_t offset;
	struct ln_iovecs pieces;
	uint8_t *memory; /* the list, then the data */
	size_t done;
	int number;
	int result;
	bool killed;
};

static enum ln_outcome transfer_in_process(struct ln_process *process)
{
	struct transfer *transfer = process->argument;

	if (transfer->killed)
		ln_task_interrupt(&process->task);
	transfer->result = ln_wasi_file_transfer(
		&transfer->file, transfer->direction, transfer->offset,
		&transfer->pieces, &transfer->done, &transfer->number);
	return LN_OUTCOME_NORMAL;
}

/* `len` bytes, of which the first piece has three. */
static void prepare(struct transfer *transfer, size_t len)
{
	uint32_t first = len < 3 ? (uint32_t)len : 3;
	const struct ln_array list = { transfer->memory, 2 };

	ln_wasi_store32(transfer->memory, 16);
	ln_wasi_store32(transfer->memory + 4, first);
	ln_wasi_store32(transfer->memory + 8, 16 + first);
	ln_wasi_store32(transfer->memory + 12, (uint32_t)len - first);
	assert_int_equal(ln_iovecs_init(&transfer->pieces, transfer->memory,
					16 + SIZE, list),
			 0);
}

static void run(struct ln_environment *environment, struct transfer *transfer,
		enum ln_direction direction, int64_t offset, size_t len)
{
	prepare(transfer, len);
	transfer->direction = direction;
	transfer->offset = offset;
	test_process_wait(
		test_process_start(environment, transfer_in_process, transfer));
}

static void check(const struct transfer *transfer, int result, size_t done,
		  int number)
{
	assert_int_equal(transfer->result, result);
	assert_int_equal(transfer->done, done);
	assert_int_equal(transfer->number, number);
}

static uint8_t pattern(size_t at)
{
	return (uint8_t)(at * 7 + at / 251);
}

static void check_file(bool in_memory)
{
	struct ln_environment *environment = test_environment_new(1, NULL);
	struct transfer transfer = {
		.memory = calloc(1, 16 + SIZE),
		.file = { .kind = LN_WASI_FILE, .in_memory = in_memory },
	};
	uint8_t *data = transfer.memory + 16;
	char path[] = "/tmp/lunatic-XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	unlink(path);
	transfer.file.fd = fd;
	for (size_t i = 0; i < SIZE; i++)
		data[i] = pattern(i);
	run(environment, &transfer, LN_WRITABLE, LN_WASI_AT_POSITION, SIZE);
	check(&transfer, 0, SIZE, 0);
	assert_int_equal(lseek(fd, 0, SEEK_CUR), SIZE);
	memset(data, 0, SIZE);
	/* At a place of its own the position stays. */
	run(environment, &transfer, LN_READABLE, 0, SIZE);
	check(&transfer, 0, SIZE, 0);
	for (size_t i = 0; i < SIZE; i++)
		assert_int_equal(data[i], pattern(i));
	assert_int_equal(lseek(fd, 0, SEEK_CUR), SIZE);
	run(environment, &transfer, LN_WRITABLE, 10, 5);
	check(&transfer, 0, 5, 0);
	/* Up to the end, at it, and behind it. */
	run(environment, &transfer, LN_READABLE, SIZE - 10, 100);
	check(&transfer, 0, 10, 0);
	assert_int_equal(data[9], pattern(SIZE - 1));
	run(environment, &transfer, LN_READABLE, LN_WASI_AT_POSITION, 100);
	check(&transfer, 0, 0, 0);
	run(environment, &transfer, LN_READABLE, INT64_C(1) << 40, 100);
	check(&transfer, 0, 0, 0);
	run(environment, &transfer, LN_READABLE, 0, 0);
	check(&transfer, 0, 0, 0);
	close(fd);
	free(transfer.memory);
	test_environment_free(environment);
}

static void files(void **state)
{
	(void)state;
	check_file(false);
	check_file(true);
}

static void failures(void **state)
{
	struct ln_environment *environment = test_environment_new(1, NULL);
	struct transfer transfer = { .memory = calloc(1, 16 + SIZE) };

	(void)state;
	for (int in_memory = 0; in_memory < 2; in_memory++) {
		transfer.file.in_memory = in_memory != 0;
		transfer.file.fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
		run(environment, &transfer, LN_WRITABLE, 0, 10);
		check(&transfer, LN_EIO, 0, EBADF);
		close(transfer.file.fd);
		transfer.file.fd = open("/", O_RDONLY | O_CLOEXEC);
		run(environment, &transfer, LN_READABLE, 0, 10);
		check(&transfer, LN_EIO, 0, EISDIR);
		close(transfer.file.fd);
		transfer.file.fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
		run(environment, &transfer, LN_WRITABLE, LN_WASI_AT_POSITION,
		    10);
		check(&transfer, LN_EIO, 0, ENOSPC);
		close(transfer.file.fd);
	}
	free(transfer.memory);
	test_environment_free(environment);
}

/* One that was killed stops after a call, wherever that is made. */
static void kills(void **state)
{
	struct ln_environment *environment = test_environment_new(1, NULL);
	struct transfer transfer = { .memory = calloc(1, 16 + SIZE),
				     .killed = true };

	(void)state;
	for (int in_memory = 0; in_memory < 2; in_memory++) {
		transfer.file.in_memory = in_memory != 0;
		transfer.file.fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
		run(environment, &transfer, LN_WRITABLE, LN_WASI_AT_POSITION,
		    SIZE);
		check(&transfer, LN_EKILLED, 0, 0);
		close(transfer.file.fd);
	}
	free(transfer.memory);
	test_environment_free(environment);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files),
		cmocka_unit_test(failures),
		cmocka_unit_test(kills),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
