/* Standard streams that are not the program's; those that are,
 * wasi/test_wasi.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>
#include <fcntl.h>

#include "host/stdio.h"
#include "host/stream.h"
#include "support/shortage.h"
#include "support/tcp.h"

static void streams(void **state)
{
	unsigned before = test_descriptors();
	struct ln_stdio *own;
	int fds[2];

	(void)state;
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	own = ln_stdio_new(fds[1]);
	assert_non_null(own);
	/* No input; both outputs go to the descriptor. */
	assert_null(ln_stdio_stream(own, 0));
	for (uint32_t i = 1; i < 3; i++) {
		const struct ln_stream *stream = ln_stdio_stream(own, i);

		assert_non_null(stream);
		assert_int_equal(ln_stream_fd(stream), fds[1]);
		assert_int_equal(ln_stream_direction(stream), LN_WRITABLE);
	}
	assert_null(ln_stdio_stream(own, 3));
	assert_null(ln_stdio_stream(own, UINT32_MAX));
	ln_stdio_free(own);
	ln_stdio_free(NULL);
	/* It is still the caller's. */
	assert_int_equal(fcntl(fds[1], F_GETFD), FD_CLOEXEC);
	close(fds[0]);
	close(fds[1]);
	assert_int_equal(test_descriptors(), before);
}

static void no_descriptor(void **state)
{
	(void)state;
	assert_null(ln_stdio_new(-1));
}

static void no_memory(void **state)
{
	unsigned before = test_descriptors();
	struct ln_stdio *own;
	unsigned failed = 0;

	(void)state;
	for (;; failed++) {
		test_shortage_begin(TEST_SHORT_ALL, failed);
		own = ln_stdio_new(STDOUT_FILENO);
		if (!test_shortage_end())
			break;
		assert_null(own);
		assert_int_equal(test_descriptors(), before);
	}
	assert_int_equal(failed, 3);
	assert_non_null(own);
	ln_stdio_free(own);
	assert_int_equal(test_descriptors(), before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(streams),
		cmocka_unit_test(no_descriptor),
		cmocka_unit_test(no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
