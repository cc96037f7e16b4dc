/* Memory that runs short in src/net, at each allocation once: who called gets
 * an error, and nothing is left behind, which the sanitizer checks. OpenSSL
 * allocates through this program, so its allocations fail as well. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <openssl/crypto.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
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
#include "base/quota.h"
#include "base/time.h"
#include "net/address.h"
#include "net/certificate.h"
#include "net/resolver.h"
#include "net/socket.h"
#include "net/tcp.h"
#include "net/tls.h"
#include "net/udp.h"
#include "sched/sched.h"
#include "support/shortage.h"
#include "support/tasks.h"
#include "support/tcp.h"

#define DAY 86400

/* Of the allocations of a call so many fail, and then each of so many. */
#define ALL_OF 200
#define SOME_OF 7

/* OpenSSL's functions for memory. */
static void *allocate(size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return size > 0 ? malloc(size) : NULL;
}

static void release(void *memory, const char *file, int line)
{
	(void)file;
	(void)line;
	free(memory);
}

static void *reallocate(void *old, size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	if (size > 0)
		return realloc(old, size);
	free(old);
	return NULL;
}

/* Tries a call with one more allocation before the one that fails, until none
 * fails; all on a task of the only worker, so in one thread. */
struct trial {
	struct test_task task;
	/* Tries once, and undoes what succeeded; the result of the call. */
	int (*attempt)(struct trial *trial);
	struct ln_quota *quota;
	struct ln_address address;
	struct ln_socket *socket;
	struct ln_tls_context *context;
	struct ln_resolver *resolver;
	struct ln_resolver_owner *owner;
	const char *name;
	int fd;
	unsigned left; /* allocations before the one that fails */
	bool has_failed;
	int result;
};

static void try_once(void *argument)
{
	struct trial *trial = argument;

	trial->has_failed = false;
	trial->result = trial->attempt(trial);
}

/* To be called around the call itself. */
static void short_from_here(struct trial *trial)
{
	test_shortage_begin(TEST_SHORT_ALL, trial->left);
}

static void short_no_more(struct trial *trial)
{
	trial->has_failed = test_shortage_end();
}

static struct ln_sched *sched;

static void check(struct trial *trial, unsigned min)
{
	unsigned before = test_descriptors();
	uint64_t used = trial->quota != NULL ? ln_quota_used(trial->quota) : 0;

	for (trial->left = 0;; trial->left++) {
		memset(&trial->task, 0, sizeof(trial->task));
		test_task_start(sched, &trial->task, try_once, trial);
		test_task_wait_over(&trial->task);
		assert_int_equal(test_descriptors(), before);
		if (trial->quota != NULL)
			assert_int_equal(ln_quota_used(trial->quota), used);
		if (!trial->has_failed)
			break;
		assert_int_equal(trial->result, LN_ENOMEM);
	}
	assert_int_equal(trial->result, 0);
	assert_true(trial->left >= min);
}

static int set_up(void **state)
{
	(void)state;
	sched = test_sched_new(1);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	ln_sched_wait_idle(sched);
	ln_sched_free(sched);
	return 0;
}

static void addresses(void **state)
{
	struct ln_addresses *list;

	(void)state;
	test_shortage_begin(TEST_SHORT_ALL, 0);
	list = ln_addresses_new(3);
	assert_true(test_shortage_end());
	assert_null(list);
}

static int listen_once(struct trial *trial)
{
	const struct ln_address any = { .version = 4, .ip = { 127, 0, 0, 1 } };
	struct ln_socket *listener;
	int number;
	int result;

	short_from_here(trial);
	result = ln_tcp_listen(&any, trial->quota, &listener, &number);
	short_no_more(trial);
	if (result == 0)
		ln_socket_release(listener);
	return result;
}

static int connect_once(struct trial *trial)
{
	struct ln_socket *stream;
	int number;
	int result;

	short_from_here(trial);
	result = ln_tcp_connect(&trial->address, trial->quota, LN_NEVER,
				&stream, &number);
	short_no_more(trial);
	if (result == 0)
		ln_socket_release(stream);
	return result;
}

/* A client is there, so this does not wait. */
static int accept_once(struct trial *trial)
{
	union ln_sockaddr name;
	socklen_t len = ln_address_to_kernel(&trial->address, &name);
	int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct ln_address peer;
	struct ln_socket *stream;
	int number;
	int result = -1000;

	if (connect(client, &name.any, len) == 0) {
		short_from_here(trial);
		result = ln_tcp_accept(trial->socket, trial->quota, LN_NEVER,
				       &stream, &peer, &number);
		short_no_more(trial);
		if (result == 0)
			ln_socket_release(stream);
	}
	close(client);
	return result;
}

/* Nobody comes: the wait needs a timer. */
static int wait_once(struct trial *trial)
{
	struct ln_address peer;
	struct ln_socket *stream;
	int number;
	int result;

	short_from_here(trial);
	result = ln_tcp_accept(trial->socket, trial->quota, ln_time_after_ms(2),
			       &stream, &peer, &number);
	short_no_more(trial);
	return result == LN_ETIMEDOUT ? 0 : result;
}

static int udp_bind_once(struct trial *trial)
{
	const struct ln_address any = { .version = 4, .ip = { 127, 0, 0, 1 } };
	struct ln_socket *made;
	int number;
	int result;

	short_from_here(trial);
	result = ln_udp_bind(&any, trial->quota, &made, &number);
	short_no_more(trial);
	if (result == 0)
		ln_socket_release(made);
	return result;
}

/* Nobody sends: the wait needs a timer. */
static int udp_wait_once(struct trial *trial)
{
	struct ln_address from;
	size_t count;
	char byte;
	int number;
	int result;

	short_from_here(trial);
	result = ln_udp_receive(trial->socket, &byte, 1, ln_time_after_ms(2),
				&from, &count, &number);
	short_no_more(trial);
	return result == LN_ETIMEDOUT ? 0 : result;
}

static int udp_exchange_once(struct trial *trial)
{
	struct ln_address from;
	size_t count;
	char byte = 'x';
	int number;
	int result;

	short_from_here(trial);
	result = ln_udp_send(trial->socket, &byte, 1, &trial->address, LN_NEVER,
			     &count, &number);
	if (result == 0)
		result = ln_udp_receive(trial->socket, &byte, 1, LN_NEVER,
					&from, &count, &number);
	short_no_more(trial);
	return result;
}

static void udp_sockets(void **state)
{
	struct trial trial = { .attempt = udp_bind_once };

	(void)state;
	assert_int_equal(ln_quota_new(NULL, 10, &trial.quota), 0);
	check(&trial, 1);
	trial.socket = test_udp_socket(sched, &trial.address);
	trial.attempt = udp_wait_once;
	check(&trial, 0);
	trial.attempt = udp_exchange_once;
	check(&trial, 0);
	test_drop(sched, trial.socket);
	ln_quota_release(trial.quota);
}

static void sockets(void **state)
{
	struct trial trial = { .attempt = listen_once };

	(void)state;
	assert_int_equal(ln_quota_new(NULL, 10, &trial.quota), 0);
	check(&trial, 2); /* the socket, and what the poller knows of it */
	trial.socket = test_listener(sched, &trial.address);
	trial.attempt = connect_once;
	check(&trial, 1);
	test_drop(sched, trial.socket);
	/* Without the connections that were made. */
	trial.socket = test_listener(sched, &trial.address);
	trial.attempt = accept_once;
	check(&trial, 1);
	trial.attempt = wait_once;
	check(&trial, 0);
	test_drop(sched, trial.socket);
	ln_quota_release(trial.quota);
}

static bool fail_answer; /* the resolver's thread has no memory for it */

static int lookup(const char *host, const char *service,
		  const struct addrinfo *hints, struct addrinfo **result)
{
	static struct sockaddr_in name = { .sin_family = AF_INET };
	static struct addrinfo answer = {
		.ai_addr = (struct sockaddr *)&name,
		.ai_addrlen = sizeof(name),
	};

	(void)host;
	(void)service;
	(void)hints;
	*result = &answer;
	if (fail_answer)
		test_shortage_begin(TEST_SHORT_ALL, 0);
	return 0;
}

static void free_result(struct addrinfo *result)
{
	(void)result;
	if (fail_answer)
		test_shortage_end();
}

static int resolve_once(struct trial *trial)
{
	struct ln_addresses *list;
	const char *reason;
	int result;

	short_from_here(trial);
	result = ln_resolver_resolve(trial->resolver, trial->owner, trial->name,
				     strlen(trial->name),
				     ln_time_after_ms(20000), &list, &reason);
	short_no_more(trial);
	if (result == 0)
		free(list);
	return result;
}

static void resolver(void **state)
{
	struct trial trial = { .attempt = resolve_once };
	int result;

	(void)state;
	test_shortage_begin(TEST_SHORT_ALL, 0);
	result = ln_resolver_new(2, lookup, free_result, &trial.resolver);
	assert_true(test_shortage_end());
	assert_int_equal(result, LN_ENOMEM);
	assert_int_equal(
		ln_resolver_new(2, lookup, free_result, &trial.resolver), 0);
	test_shortage_begin(TEST_SHORT_ALL, 0);
	result = ln_resolver_owner_new(trial.resolver, NULL, &trial.owner);
	assert_true(test_shortage_end());
	assert_int_equal(result, LN_ENOMEM);
	assert_int_equal(
		ln_resolver_owner_new(trial.resolver, NULL, &trial.owner), 0);
	trial.name = "1.2.3.4:5";
	check(&trial, 2);
	trial.name = "name:5";
	check(&trial, 1);
	/* The thread tells of it as of any failure. */
	fail_answer = true;
	trial.left = UINT32_MAX;
	memset(&trial.task, 0, sizeof(trial.task));
	test_task_start(sched, &trial.task, try_once, &trial);
	test_task_wait_over(&trial.task);
	fail_answer = false;
	assert_int_equal(trial.result, LN_EIO);
	ln_resolver_owner_release(trial.owner);
	ln_resolver_free(trial.resolver);
}

/* Calls that are not for tasks: `undo` is what a success needs. Of many
 * allocations in OpenSSL not all fail; some it can do without, of others it
 * tells in its own way, which becomes `other_error`. */
static void check_here(int (*call)(void), void (*undo)(void), int other_error)
{
	unsigned before = test_descriptors();
	unsigned left = 0;
	bool has_failed = true;
	int result = 0;

	assert_int_equal(call(), 0);
	undo();
	while (has_failed) {
		test_shortage_begin(TEST_SHORT_ALL, left);
		result = call();
		has_failed = test_shortage_end();
		if (result == 0)
			undo();
		else if (result != other_error)
			assert_int_equal(result, LN_ENOMEM);
		assert_int_equal(test_descriptors(), before);
		left += left < ALL_OF ? 1 : SOME_OF;
	}
	assert_int_equal(result, 0);
	assert_true(left > 10);
}

static struct ln_tls_context *context;
static struct ln_certificate *authority;
static struct ln_certificate *certificate;
static char folder[] = "/tmp/test_shortage.XXXXXX";
static char paths[4][64]; /* certificate, key, authority, its key */
static char reason[LN_TLS_REASON_SIZE];

static int new_keyed(void)
{
	static const uint8_t key[LN_TLS_KEY_SIZE] = { 1 };

	return ln_tls_context_new_key(key, &context);
}

static void free_context(void)
{
	ln_tls_context_free(context);
}

static int new_filed(void)
{
	const struct ln_tls_files files = { paths[0], paths[1], paths[2] };

	return ln_tls_context_new_files(&files, &context, reason);
}

static int new_authority(void)
{
	return ln_certificate_new(NULL, "ca", -DAY, DAY, &certificate);
}

static int new_certificate(void)
{
	return ln_certificate_new(authority, "node", -DAY, DAY, &certificate);
}

static void free_certificate(void)
{
	ln_certificate_free(certificate);
}

static int load(void)
{
	return ln_certificate_load(paths[0], paths[1], &certificate, reason);
}

static int save(void)
{
	int result = ln_certificate_save(authority, paths[2], paths[3], reason);

	/* All or nothing. */
	if (result < 0 &&
	    (access(paths[2], F_OK) == 0 || access(paths[3], F_OK) == 0))
		return -1000;
	return result;
}

static void remove_saved(void)
{
	unlink(paths[2]);
	unlink(paths[3]);
}

static void certificates(void **state)
{
	static const char *const names[] = { "cert", "key", "ca", "ca.key" };

	(void)state;
	assert_non_null(mkdtemp(folder));
	for (int i = 0; i < 4; i++)
		snprintf(paths[i], sizeof(paths[i]), "%s/%s", folder, names[i]);
	assert_int_equal(ln_certificate_new(NULL, "ca", -DAY, DAY, &authority),
			 0);
	assert_int_equal(new_certificate(), 0);
	assert_int_equal(
		ln_certificate_save(certificate, paths[0], paths[1], reason),
		0);
	free_certificate();
	check_here(new_authority, free_certificate, LN_ENOMEM);
	check_here(new_certificate, free_certificate, LN_ENOMEM);
	check_here(save, remove_saved, LN_EIO);
	check_here(load, free_certificate, LN_EINVAL);
	assert_int_equal(save(), 0);
	check_here(new_keyed, free_context, LN_ENOMEM);
	check_here(new_filed, free_context, LN_EINVAL);
	for (int i = 0; i < 4; i++)
		unlink(paths[i]);
	rmdir(folder);
	ln_certificate_free(authority);
}

static int tls_once(struct trial *trial)
{
	struct ln_socket *socket;
	struct ln_tls *tls;
	int fds[2];
	int result;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0,
		       fds) < 0)
		return -1000;
	result = ln_socket_new(fds[0], NULL, &socket);
	if (result == 0) {
		short_from_here(trial);
		result =
			ln_tls_new(trial->context, socket, LN_TLS_CLIENT, &tls);
		short_no_more(trial);
		if (result == 0)
			ln_tls_free(tls);
	}
	close(fds[1]);
	return result;
}

/* One end of a connection, from the handshake to the end. */
struct side {
	struct test_task task;
	struct ln_tls_context *context;
	enum ln_tls_role role;
	int fd;
	unsigned left; /* the server's: allocations of both before one fails */
	bool has_failed;
	int result;
};

static int talk(struct ln_tls *tls, int64_t deadline)
{
	char byte = 'x';
	size_t n;
	int result = ln_tls_handshake(tls, deadline);

	if (result == 0)
		result = ln_tls_write(tls, &byte, 1, deadline);
	if (result == 0)
		result = ln_tls_read(tls, &byte, 1, deadline, &n);
	return result == 0 && n != 1 ? LN_EIO : result;
}

static void run_side(void *argument)
{
	struct side *side = argument;
	struct ln_socket *socket;
	struct ln_tls *tls;

	side->result = ln_socket_new(side->fd, NULL, &socket);
	if (side->result == 0)
		side->result =
			ln_tls_new(side->context, socket, side->role, &tls);
	if (side->result < 0)
		return;
	if (side->role == LN_TLS_SERVER)
		test_shortage_begin(TEST_SHORT_ALL, side->left);
	side->result = talk(tls, ln_time_after_ms(20000));
	ln_tls_free(tls);
	if (side->role == LN_TLS_SERVER)
		side->has_failed = test_shortage_end();
}

/* Both sides are tasks of one thread, so what fails is the server's, or the
 * client's while the server waits for it; each side hears of it, or both need
 * not. */
static bool connect_once_of(struct ln_tls_context *tls_context, unsigned left)
{
	struct side sides[2];
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX,
				    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
				    0, fds),
			 0);
	for (int i = 0; i < 2; i++) {
		sides[i] = (struct side){
			.context = tls_context,
			.role = i == 0 ? LN_TLS_SERVER : LN_TLS_CLIENT,
			.fd = fds[i],
			.left = left,
		};
		test_task_start(sched, &sides[i].task, run_side, &sides[i]);
	}
	for (int i = 0; i < 2; i++) {
		test_task_wait_over(&sides[i].task);
		assert_int_not_equal(sides[i].result, LN_ETIMEDOUT);
	}
	if (!sides[0].has_failed) {
		assert_int_equal(sides[0].result, 0);
		assert_int_equal(sides[1].result, 0);
	}
	return sides[0].has_failed;
}

static void connections(void **state)
{
	struct trial trial = { .attempt = tls_once };
	unsigned before = test_descriptors();
	unsigned left = 0;

	(void)state;
	assert_int_equal(new_keyed(), 0);
	trial.context = context;
	assert_false(connect_once_of(context, 1000000));
	check(&trial, 3);
	while (connect_once_of(context, left)) {
		assert_int_equal(test_descriptors(), before);
		left += left < ALL_OF ? 1 : SOME_OF;
	}
	assert_true(left > 10);
	free_context();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses),
		cmocka_unit_test_setup_teardown(sockets, set_up, tear_down),
		cmocka_unit_test_setup_teardown(udp_sockets, set_up, tear_down),
		cmocka_unit_test_setup_teardown(resolver, set_up, tear_down),
		cmocka_unit_test(certificates),
		cmocka_unit_test_setup_teardown(connections, set_up, tear_down),
	};

	if (CRYPTO_set_mem_functions(allocate, reallocate, release) != 1)
		return EXIT_FAILURE;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
