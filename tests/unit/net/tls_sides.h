/*
 * What the tests of TLS share: calls that fail on demand, and two sides of a
 * connection, each run by a task.
 */
#ifndef LN_TEST_NET_TLS_SIDES_H
#define LN_TEST_NET_TLS_SIDES_H

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/time.h"
#include "net/certificate.h"
#include "net/socket.h"
#include "net/tls.h"
#include "sched/sched.h"
#include "support/tcp.h"

#define LONG 3000000
#define DAY 86400

static const uint8_t key[LN_TLS_KEY_SIZE] = { 1, 2, 3 };
static const uint8_t other_key[LN_TLS_KEY_SIZE] = { 1, 2, 4 };

static char folder[] = "/tmp/test_tls.XXXXXX";
static struct ln_sched *sched;
static _Atomic bool fail_new;
static _Atomic bool fail_realloc;
static _Atomic size_t max_send;
static _Atomic int send_error;

SSL *__real_SSL_new(SSL_CTX *);
void *__real_realloc(void *, size_t);
ssize_t __real_send(int, const void *, size_t, int);
SSL *__wrap_SSL_new(SSL_CTX *);
void *__wrap_realloc(void *, size_t);
ssize_t __wrap_send(int, const void *, size_t, int);

SSL *__wrap_SSL_new(SSL_CTX *context)
{
	return atomic_load(&fail_new) ? NULL : __real_SSL_new(context);
}

void *__wrap_realloc(void *old, size_t size)
{
	return atomic_load(&fail_realloc) ? NULL : __real_realloc(old, size);
}

ssize_t __wrap_send(int fd, const void *bytes, size_t len, int flags)
{
	size_t max = atomic_load(&max_send);

	if (atomic_load(&send_error) != 0) {
		errno = atomic_load(&send_error);
		return -1;
	}
	if (max > 0 && len > max)
		len = max;
	return __real_send(fd, bytes, len, flags);
}

static int setup(void **state)
{
	(void)state;
	atomic_store(&fail_new, false);
	atomic_store(&fail_realloc, false);
	atomic_store(&max_send, 0);
	atomic_store(&send_error, 0);
	sched = test_net_begin();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	test_net_finish(sched);
	return 0;
}

/* One end of a connection, and what became of it. */
struct side {
	struct test_task task;
	struct test_task second; /* writes while the first one reads */
	struct ln_tls_context *context;
	enum ln_tls_role role;
	int fd; /* given away */
	int64_t deadline;
	struct ln_tls *tls;
	const char *text; /* to be written */
	size_t len;
	char *got;
	size_t got_len;
	size_t wanted;
	int result;
	int write_result;
	char reason[LN_TLS_REASON_SIZE];
};

static void note(struct side *side, int result)
{
	side->result = result;
	if (result < 0)
		snprintf(side->reason, sizeof(side->reason), "%s",
			 ln_tls_read_reason(side->tls));
}

static void connect_side(void *argument)
{
	struct side *side = argument;
	struct ln_socket *socket;

	side->result = ln_socket_new(side->fd, NULL, &socket);
	if (side->result == 0)
		side->result = ln_tls_new(side->context, socket, side->role,
					  &side->tls);
	if (side->result == 0)
		note(side, ln_tls_handshake(side->tls, side->deadline));
}

static void read_side(void *argument)
{
	struct side *side = argument;
	size_t n = 1;
	int result = 0;

	while (result == 0 && n > 0 && side->got_len < side->wanted) {
		result = ln_tls_read(side->tls, side->got + side->got_len,
				     side->wanted - side->got_len,
				     side->deadline, &n);
		side->got_len += n;
	}
	note(side, result);
}

static void write_side(void *argument)
{
	struct side *side = argument;

	side->write_result =
		ln_tls_write(side->tls, side->text, side->len, side->deadline);
}

static void free_side(void *argument)
{
	struct side *side = argument;

	ln_tls_free(side->tls);
	side->tls = NULL;
}

static void start(struct side *side, void (*body)(void *))
{
	memset(&side->task, 0, sizeof(side->task));
	test_task_start(sched, &side->task, body, side);
}

static void run(struct side *side, void (*body)(void *))
{
	start(side, body);
	test_task_wait_over(&side->task);
}

static struct ln_tls_context *keyed(const uint8_t *bytes)
{
	struct ln_tls_context *context = NULL;

	assert_int_equal(ln_tls_context_new_key(bytes, &context), 0);
	return context;
}

static void make_pair(int fds[2])
{
	assert_int_equal(socketpair(AF_UNIX,
				    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
				    0, fds),
			 0);
}

/* Two sides, connected but for the handshake. */
static void prepare(struct side sides[2], struct ln_tls_context *server,
		    struct ln_tls_context *client)
{
	int fds[2];

	make_pair(fds);
	for (int i = 0; i < 2; i++) {
		sides[i] = (struct side){
			.context = i == 0 ? server : client,
			.role = i == 0 ? LN_TLS_SERVER : LN_TLS_CLIENT,
			.fd = fds[i],
			.deadline = ln_time_after_ms(20000),
		};
	}
}

static void shake_hands(struct side sides[2])
{
	start(&sides[0], connect_side);
	start(&sides[1], connect_side);
	test_task_wait_over(&sides[0].task);
	test_task_wait_over(&sides[1].task);
}

static void finish(struct side sides[2])
{
	for (int i = 0; i < 2; i++) {
		run(&sides[i], free_side);
		free(sides[i].got);
	}
}

/* Writes and reads on both sides at the same time. */
static void exchange(struct side sides[2], const char *text, size_t len)
{
	for (int i = 0; i < 2; i++) {
		struct side *side = &sides[i];

		side->text = text;
		side->len = side->wanted = len;
		side->got = calloc(1, len);
		side->got_len = 0;
		assert_non_null(side->got);
		memset(&side->second, 0, sizeof(side->second));
		start(side, read_side);
		test_task_start(sched, &side->second, write_side, side);
	}
	for (int i = 0; i < 2; i++) {
		test_task_wait_over(&sides[i].task);
		test_task_wait_over(&sides[i].second);
		assert_int_equal(sides[i].result, 0);
		assert_int_equal(sides[i].write_result, 0);
		assert_int_equal(sides[i].got_len, len);
		assert_memory_equal(sides[i].got, text, len);
	}
}

static char *long_text(void)
{
	char *text = malloc(LONG);

	assert_non_null(text);
	for (size_t i = 0; i < LONG; i++)
		text[i] = (char)(i * 2654435761u >> 24);
	return text;
}

#endif
