/* Sockets that environments listen at. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>
#include <fcntl.h>

#include "base/error.h"
#include "base/quota.h"
#include "process/config.h"
#include "process/listeners.h"
#include "support/shortage.h"
#include "support/tcp.h"

static uint16_t port_of(int fd)
{
	struct sockaddr_in address;
	socklen_t len = sizeof(address);

	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	return ntohs(address.sin_port);
}

static void one(void **state)
{
	int fd = ln_listener_open("127.0.0.1:0", NULL);
	int listens = 0;
	socklen_t len = sizeof(listens);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(
		getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &len), 0);
	assert_int_equal(listens, 1);
	assert_true((fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
	assert_true((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
	assert_true(port_of(fd) != 0);
	close(fd);
}

static void no_addresses(void **state)
{
	static const char *const texts[] = {
		"",
		"127.0.0.1",
		":80",
		"localhost:80",
		"127.0.0.1:65536",
		"127.0.0.1:x",
		"256.0.0.1:80",
		"::1:80",
		"[::1]",
		"127.0.0.1:80 ",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (ln_listener_open(texts[i], NULL) != -EINVAL)
			fail_msg("'%s' is an address", texts[i]);
	}
}

static struct ln_config *config_of(const char *first, const char *second)
{
	struct ln_config *config;

	assert_int_equal(ln_config_new(&config), 0);
	if (first != NULL)
		assert_int_equal(ln_config_listen(config, first), 0);
	if (second != NULL)
		assert_int_equal(ln_config_listen(config, second), 0);
	return config;
}

static void several(void **state)
{
	struct ln_config *config = config_of("127.0.0.1:0", "127.0.0.1:0");
	struct ln_listeners *listeners = NULL;
	unsigned before = test_descriptors();

	(void)state;
	assert_int_equal(ln_listeners_open(config, NULL, NULL, &listeners), 0);
	assert_int_equal(listeners->count, 2);
	assert_true(port_of(listeners->list[0].fd) !=
		    port_of(listeners->list[1].fd));
	assert_int_equal(test_descriptors(), before + 2);
	ln_listeners_close(listeners);
	assert_int_equal(test_descriptors(), before);
	ln_config_free(config);
}

/* Whether the kernel takes connections there. */
static bool listens(int fd)
{
	int value = 0;
	socklen_t len = sizeof(value);

	assert_int_equal(
		getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &value, &len), 0);
	return value != 0;
}

static void are_shut_down(void **state)
{
	struct ln_config *config = config_of("127.0.0.1:0", "127.0.0.1:0");
	struct ln_listeners *listeners[3];
	struct ln_serving serving;

	(void)state;
	ln_serving_init(&serving);
	for (int i = 0; i < 2; i++)
		assert_int_equal(ln_listeners_open(config, NULL, &serving,
						   &listeners[i]),
				 0);
	ln_listeners_close(listeners[0]);
	assert_true(listens(listeners[1]->list[0].fd));
	ln_serving_close(&serving);
	assert_false(listens(listeners[1]->list[0].fd));
	assert_false(listens(listeners[1]->list[1].fd));
	/* Those that come later are so at once. */
	assert_int_equal(
		ln_listeners_open(config, NULL, &serving, &listeners[2]), 0);
	assert_false(listens(listeners[2]->list[1].fd));
	ln_listeners_close(listeners[1]);
	ln_listeners_close(listeners[2]);
	ln_config_free(config);
}

static void none(void **state)
{
	struct ln_config *config = config_of(NULL, NULL);
	struct ln_listeners *listeners = (struct ln_listeners *)config;

	(void)state;
	assert_int_equal(ln_listeners_open(config, NULL, NULL, &listeners), 0);
	assert_null(listeners);
	ln_listeners_close(NULL);
	ln_config_free(config);
}

/* Those before the one that fails are closed. */
static void check_refusal(const char *address, int error)
{
	struct ln_config *config = config_of("127.0.0.1:0", address);
	struct ln_listeners *listeners;
	unsigned before = test_descriptors();

	assert_int_equal(ln_listeners_open(config, NULL, NULL, &listeners),
			 error);
	assert_null(listeners);
	assert_int_equal(test_descriptors(), before);
	ln_config_free(config);
}

static void refusals(void **state)
{
	int fd = ln_listener_open("127.0.0.1:0", NULL);
	char taken[32];

	(void)state;
	assert_true(fd >= 0);
	snprintf(taken, sizeof(taken), "127.0.0.1:%u", port_of(fd));
	check_refusal(taken, LN_EEXIST);
	check_refusal("localhost:80", LN_EFORMAT);
	/* Of a network for documentation: not this machine's. */
	check_refusal("192.0.2.1:80", LN_ENOENT);
	close(fd);
}

/* Each has a unit of the quota; without one for all there are none. */
static void units(void **state)
{
	struct ln_config *config = config_of("127.0.0.1:0", "127.0.0.1:0");
	struct ln_listeners *listeners;
	struct ln_quota *quota;
	unsigned before = test_descriptors();

	(void)state;
	assert_int_equal(ln_quota_new(NULL, 3, &quota), 0);
	assert_int_equal(ln_listeners_open(config, quota, NULL, &listeners), 0);
	assert_int_equal(ln_quota_used(quota), 2);
	ln_listeners_close(listeners);
	assert_int_equal(ln_quota_used(quota), 0);
	assert_true(ln_quota_take(quota));
	assert_true(ln_quota_take(quota));
	assert_int_equal(ln_listeners_open(config, quota, NULL, &listeners),
			 LN_ELIMIT);
	assert_null(listeners);
	assert_int_equal(ln_quota_used(quota), 2);
	assert_int_equal(test_descriptors(), before);
	ln_quota_give(quota);
	ln_quota_give(quota);
	ln_quota_release(quota);
	ln_config_free(config);
}

static void no_memory(void **state)
{
	struct ln_config *config = config_of("127.0.0.1:0", NULL);
	struct ln_listeners *listeners;
	int error;

	(void)state;
	test_shortage_begin(TEST_SHORT_ALL, 0);
	error = ln_listeners_open(config, NULL, NULL, &listeners);
	assert_true(test_shortage_end());
	assert_int_equal(error, LN_ENOMEM);
	assert_null(listeners);
	ln_config_free(config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one),       cmocka_unit_test(no_addresses),
		cmocka_unit_test(several),   cmocka_unit_test(are_shut_down),
		cmocka_unit_test(none),      cmocka_unit_test(refusals),
		cmocka_unit_test(no_memory), cmocka_unit_test(units),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
