/* The descriptors of a process: rights, streams and units of quotas. How they
 * are numbered is in test_wasi.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>
#include <fcntl.h>

#include "base/error.h"
#include "base/quota.h"
#include "host/wasi/table.h"
#include "process/environment.h"
#include "process/guest.h"
#include "process/listeners.h"
#include "support/shortage.h"
#include "support/tcp.h"

static struct ln_environment environment;

static struct ln_guest make(void)
{
	environment = (struct ln_environment){ .limits = ln_limits_default };
	return (struct ln_guest){ .environment = &environment };
}

/* Adds a descriptor for /dev/null of some kind. */
static uint32_t add(struct ln_guest *guest, struct ln_wasi_fd entry)
{
	uint32_t fd;

	entry.fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	entry.list = -1;
	assert_true(entry.fd >= 0);
	assert_int_equal(ln_wasi_add(guest, &entry, &fd), 0);
	return fd;
}

static void rights(void **state)
{
	struct ln_guest guest = make();
	struct ln_wasi_fd *entry;
	uint32_t file = add(
		&guest, (struct ln_wasi_fd){ .kind = LN_WASI_FILE,
					     .rights = LN_WASI_RIGHT_FD_READ });
	uint32_t changing =
		add(&guest,
		    (struct ln_wasi_fd){ .kind = LN_WASI_FILE,
					 .read_only = true,
					 .readable = true,
					 .writable = true,
					 .rights = LN_WASI_RIGHT_FD_READ |
						   LN_WASI_RIGHT_FD_WRITE });

	(void)state;
	assert_int_equal(ln_wasi_find(&guest, file, 0, &entry), 0);
	assert_int_equal(entry->kind, LN_WASI_FILE);
	assert_int_equal(
		ln_wasi_find(&guest, file, LN_WASI_RIGHT_FD_READ, &entry), 0);
	assert_int_not_equal(
		ln_wasi_find(&guest, file, LN_WASI_RIGHT_FD_WRITE, &entry), 0);
	assert_int_equal(
		ln_wasi_find(&guest, file, LN_WASI_RIGHT_PATH_OPEN, &entry),
		LN_WASI_NOTDIR);
	/* Below a read-only directory rights are there in vain. */
	assert_int_equal(
		ln_wasi_find(&guest, changing, LN_WASI_RIGHT_FD_READ, &entry),
		0);
	assert_int_equal(
		ln_wasi_find(&guest, changing, LN_WASI_RIGHT_FD_WRITE, &entry),
		LN_WASI_ROFS);
	assert_int_equal(ln_wasi_find(&guest, 99, 0, &entry), LN_WASI_BADF);
	ln_wasi_free(guest.wasi);
}

static void no_memory_for_a_table(void **state)
{
	struct ln_guest guest = make();
	struct ln_wasi_fd *entry;
	unsigned failed = 0;
	uint32_t result;

	(void)state;
	/* The program's own streams, which are made once. */
	assert_int_equal(ln_wasi_find(&guest, 9, 0, &entry), LN_WASI_BADF);
	ln_wasi_free(guest.wasi);
	guest = make();
	for (;; failed++) {
		test_shortage_begin(TEST_SHORT_ALL, failed);
		result = ln_wasi_find(&guest, 9, 0, &entry);
		if (!test_shortage_end())
			break;
		assert_int_equal(result, LN_WASI_NOMEM);
		assert_null(guest.wasi);
	}
	assert_true(failed >= 1);
	assert_int_equal(result, LN_WASI_BADF);
	ln_wasi_free(guest.wasi);
}

/* What is added stays the caller's when there is no room for it. */
static void no_memory_to_grow(void **state)
{
	struct ln_guest guest = make();
	struct ln_wasi_fd entry = { .kind = LN_WASI_FILE, .list = -1 };
	uint32_t result = LN_WASI_SUCCESS;
	bool failed = false;
	uint32_t fd;

	(void)state;
	entry.fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	assert_int_equal(ln_wasi_add(&guest, &entry, &fd), 0);
	for (int i = 0; i < 200 && !failed; i++) {
		entry.fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
		test_shortage_begin(TEST_SHORT_ALL, 0);
		result = ln_wasi_add(&guest, &entry, &fd);
		failed = test_shortage_end();
	}
	assert_true(failed);
	assert_int_equal(result, LN_WASI_NOMEM);
	assert_int_equal(fcntl(entry.fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(ln_wasi_add(&guest, &entry, &fd), 0);
	ln_wasi_free(guest.wasi);
}

/* A pipe's end, of which the quota has given a unit. */
static int open_pipe(struct ln_quota *quota, int *other)
{
	int fds[2];

	assert_int_equal(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
	assert_true(ln_quota_take(quota));
	*other = fds[1];
	return fds[0];
}

/* One descriptor for each direction, and a unit for each. */
static void check_streams(bool readable, bool writable, unsigned descriptors)
{
	struct ln_wasi_fd made = { .kind = LN_WASI_DEVICE,
				   .list = -1,
				   .readable = readable,
				   .writable = writable };
	struct ln_quota *quota;
	unsigned before, with_pipe;
	int fd, other;

	assert_int_equal(ln_quota_new(NULL, 2, &quota), 0);
	made.quota = quota;
	before = test_descriptors();
	fd = open_pipe(quota, &other);
	with_pipe = test_descriptors();
	assert_int_equal(ln_wasi_make_streams(&made, fd, false), 0);
	assert_int_equal(made.streams[LN_READABLE] != NULL, readable);
	assert_int_equal(made.streams[LN_WRITABLE] != NULL, writable);
	assert_int_equal(ln_quota_used(quota), descriptors);
	assert_int_equal(test_descriptors(), with_pipe + descriptors - 1);
	ln_wasi_release(&made);
	close(other);
	assert_int_equal(ln_quota_used(quota), 0);
	assert_int_equal(test_descriptors(), before);
	ln_quota_release(quota);
}

static void streams(void **state)
{
	(void)state;
	check_streams(true, false, 1);
	check_streams(false, true, 1);
	check_streams(true, true, 2);
}

/* With both units at hand no more are taken, and what is left over when it
 * fails is the first. */
static void streams_of_both_units(void **state)
{
	struct ln_wasi_fd made = { .kind = LN_WASI_SOCKET,
				   .list = -1,
				   .readable = true,
				   .writable = true };
	uint32_t result = LN_WASI_SUCCESS;
	unsigned failed = 0;
	int other;
	int fd;

	(void)state;
	assert_int_equal(ln_quota_new(NULL, 2, &made.quota), 0);
	for (bool short_of = true; short_of; failed++) {
		fd = open_pipe(made.quota, &other);
		assert_true(ln_quota_take(made.quota));
		test_shortage_begin(TEST_SHORT_ALL, failed);
		result = ln_wasi_make_streams(&made, fd, true);
		short_of = test_shortage_end();
		close(other);
		assert_int_equal(ln_quota_used(made.quota), short_of ? 1 : 2);
		if (!short_of)
			break;
		assert_int_equal(result, LN_WASI_NOMEM);
		ln_quota_give(made.quota);
		made.streams[LN_READABLE] = NULL;
		made.streams[LN_WRITABLE] = NULL;
	}
	assert_int_equal(failed, 2);
	assert_int_equal(result, LN_WASI_SUCCESS);
	fd = (int)ln_quota_used(made.quota);
	ln_quota_release(made.quota);
	ln_wasi_release(&made);
	assert_int_equal(fd, 2);
}

/* Once there is room, adding does not fail. */
static void room(void **state)
{
	struct ln_guest guest = make();
	uint32_t result;
	uint32_t fd;

	(void)state;
	environment.limits.max_handles = 20;
	for (uint32_t i = 3; i < 20; i++) {
		struct ln_wasi_fd entry = { .kind = LN_WASI_FILE,
					    .list = -1,
					    .fd = open("/dev/null", O_RDONLY) };

		assert_int_equal(ln_wasi_make_room(&guest), 0);
		test_shortage_begin(TEST_SHORT_ALL, 0);
		result = ln_wasi_add(&guest, &entry, &fd);
		assert_false(test_shortage_end());
		assert_int_equal(result, 0);
		assert_int_equal(fd, i);
	}
	assert_int_equal(ln_wasi_make_room(&guest), LN_WASI_MFILE);
	assert_int_equal(ln_wasi_close(&guest, 7), 0);
	assert_int_equal(ln_wasi_make_room(&guest), 0);
	assert_int_equal(ln_wasi_make_room(&guest), 0);
	ln_wasi_free(guest.wasi);
}

/* The descriptor is closed, its unit the caller's to give back. */
static void no_descriptor_for_a_stream(void **state)
{
	struct ln_wasi_fd made = { .kind = LN_WASI_DEVICE,
				   .list = -1,
				   .readable = true,
				   .writable = true };
	unsigned before = test_descriptors();
	int fd, other;

	(void)state;
	assert_int_equal(ln_quota_new(NULL, 1, &made.quota), 0);
	fd = open_pipe(made.quota, &other);
	assert_int_equal(ln_wasi_make_streams(&made, fd, false), LN_WASI_MFILE);
	close(other);
	assert_int_equal(test_descriptors(), before);
	assert_int_equal(ln_quota_used(made.quota), 1);
	ln_quota_give(made.quota);
	ln_quota_release(made.quota);
}

static void check_no_memory(bool readable, bool writable)
{
	struct ln_quota *quota;
	unsigned failed = 0;
	uint32_t result;

	assert_int_equal(ln_quota_new(NULL, 2, &quota), 0);
	for (;; failed++) {
		struct ln_wasi_fd made = { .kind = LN_WASI_DEVICE,
					   .list = -1,
					   .readable = readable,
					   .writable = writable,
					   .quota = quota };
		unsigned before = test_descriptors();
		int other;
		int fd = open_pipe(quota, &other);

		test_shortage_begin(TEST_SHORT_ALL, failed);
		result = ln_wasi_make_streams(&made, fd, false);
		close(other);
		if (!test_shortage_end()) {
			ln_wasi_release(&made);
			assert_int_equal(test_descriptors(), before);
			break;
		}
		assert_int_equal(result, LN_WASI_NOMEM);
		assert_int_equal(test_descriptors(), before);
		assert_int_equal(ln_quota_used(quota), 1);
		ln_quota_give(quota);
	}
	assert_true(failed >= 1);
	assert_int_equal(ln_quota_used(quota), 0);
	ln_quota_release(quota);
}

static void no_memory_for_a_stream(void **state)
{
	(void)state;
	check_no_memory(true, false);
	check_no_memory(false, true);
	check_no_memory(true, true);
}

/* Listeners of the environment stay open; what tells of connections is a
 * descriptor of the process. */
static void listeners(void **state)
{
	struct ln_guest guest = make();
	struct ln_config *config;
	struct ln_wasi_fd *entry;
	unsigned before;

	(void)state;
	assert_int_equal(ln_config_new(&config), 0);
	assert_int_equal(ln_config_listen(config, "127.0.0.1:0"), 0);
	assert_int_equal(
		ln_listeners_open(config, NULL, NULL, &environment.listeners),
		0);
	assert_int_equal(ln_quota_new(NULL, 1, &environment.descriptors), 0);
	before = test_descriptors();
	assert_int_equal(
		ln_wasi_find(&guest, 3, LN_WASI_RIGHT_SOCK_ACCEPT, &entry), 0);
	assert_int_equal(entry->kind, LN_WASI_LISTENER);
	assert_int_equal(ln_wasi_watch_listener(entry), 0);
	assert_int_equal(ln_wasi_watch_listener(entry), 0);
	assert_int_equal(test_descriptors(), before + 1);
	assert_int_equal(ln_quota_used(environment.descriptors), 1);
	ln_wasi_free(guest.wasi);
	assert_int_equal(test_descriptors(), before);
	assert_int_equal(ln_quota_used(environment.descriptors), 0);
	/* Without a unit there is no stream. */
	assert_true(ln_quota_take(environment.descriptors));
	guest.wasi = NULL;
	assert_int_equal(ln_wasi_find(&guest, 3, 0, &entry), 0);
	assert_int_equal(ln_wasi_watch_listener(entry), LN_WASI_MFILE);
	ln_wasi_free(guest.wasi);
	ln_quota_give(environment.descriptors);
	ln_quota_release(environment.descriptors);
	ln_listeners_close(environment.listeners);
	ln_config_free(config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rights),
		cmocka_unit_test(no_memory_for_a_table),
		cmocka_unit_test(no_memory_to_grow),
		cmocka_unit_test(streams),
		cmocka_unit_test(streams_of_both_units),
		cmocka_unit_test(room),
		cmocka_unit_test(no_descriptor_for_a_stream),
		cmocka_unit_test(no_memory_for_a_stream),
		cmocka_unit_test(listeners),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
