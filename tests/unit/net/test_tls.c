/*
 * src/net/tls.c and tls_context.c: tasks against each other, against OpenSSL
 * used by hand, and against whoever does not speak TLS. The linker puts the
 * functions below in front of those that fail when a test says so
 * (tests/CMakeLists.txt).
 */
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
#include "tls_sides.h"

static void good_key(void **state)
{
	struct ln_tls_context *server = keyed(key);
	struct ln_tls_context *client = keyed(key);
	struct side sides[2];
	char *text = long_text();

	(void)state;
	for (int i = 0; i < 2; i++) {
		/* In pieces that are no whole records. */
		atomic_store(&max_send, i == 0 ? 0 : 1000);
		prepare(sides, server, client);
		shake_hands(sides);
		assert_int_equal(sides[0].result, 0);
		assert_int_equal(sides[1].result, 0);
		assert_string_equal(ln_tls_read_reason(sides[0].tls), "");
		assert_string_equal(ln_tls_write_reason(sides[0].tls), "");
		exchange(sides, text, LONG);
		finish(sides);
	}
	free(text);
	ln_tls_context_free(server);
	ln_tls_context_free(client);
	ln_tls_context_free(NULL);
}

/* Hands bytes on between two sides, one by one, and keeps them. */
struct relay {
	pthread_t thread;
	int ends[2];
	char *seen;
	size_t len;
	size_t max;
};

static void *hand_on(void *argument)
{
	struct relay *relay = argument;
	struct pollfd polls[2] = { { relay->ends[0], POLLIN, 0 },
				   { relay->ends[1], POLLIN, 0 } };

	while (poll(polls, 2, 20000) > 0) {
		for (int i = 0; i < 2; i++) {
			char byte;

			if (polls[i].revents == 0)
				continue;
			if (read(relay->ends[i], &byte, 1) != 1)
				return NULL;
			if (relay->len < relay->max)
				relay->seen[relay->len++] = byte;
			while (write(relay->ends[1 - i], &byte, 1) != 1) {
				if (errno != EAGAIN)
					return NULL;
			}
		}
	}
	return NULL;
}

static void in_between(void **state)
{
	static const char secret[] = "the payload that nobody else may read";
	struct ln_tls_context *context = keyed(key);
	struct relay relay = { .max = 65536 };
	struct side sides[2];
	int first[2];
	int second[2];

	(void)state;
	prepare(sides, context, context);
	close(sides[0].fd);
	close(sides[1].fd);
	make_pair(first);
	make_pair(second);
	sides[0].fd = first[0];
	sides[1].fd = second[0];
	relay.ends[0] = first[1];
	relay.ends[1] = second[1];
	relay.seen = malloc(relay.max);
	assert_non_null(relay.seen);
	assert_int_equal(pthread_create(&relay.thread, NULL, hand_on, &relay),
			 0);
	shake_hands(sides);
	assert_int_equal(sides[0].result, 0);
	exchange(sides, secret, sizeof(secret));
	finish(sides);
	pthread_join(relay.thread, NULL);
	assert_true(relay.len > 2 * sizeof(secret));
	assert_null(memmem(relay.seen, relay.len, "payload", 7));
	assert_null(memmem(relay.seen, relay.len, key, sizeof(key)));
	free(relay.seen);
	close(relay.ends[0]);
	close(relay.ends[1]);
	ln_tls_context_free(context);
}

/* Both fail, for this reason. */
static void refuse(struct ln_tls_context *server, struct ln_tls_context *client,
		   const char *server_says, const char *client_says)
{
	struct side sides[2];

	prepare(sides, server, client);
	shake_hands(sides);
	assert_int_equal(sides[0].result, LN_EPERM);
	assert_non_null(strstr(sides[0].reason, server_says));
	/* A client may have been done before the server looked. */
	if (sides[1].result == 0) {
		sides[1].got = malloc(10);
		sides[1].wanted = 10;
		run(&sides[1], read_side);
		assert_int_equal(sides[1].got_len, 0);
		/* And again. */
		run(&sides[1], read_side);
	}
	assert_int_equal(sides[1].result, LN_EPERM);
	assert_non_null(strstr(sides[1].reason, client_says));
	finish(sides);
}

static void wrong_key(void **state)
{
	struct ln_tls_context *server = keyed(key);
	struct ln_tls_context *client = keyed(other_key);

	(void)state;
	refuse(server, client, "another cluster key", "another cluster key");
	ln_tls_context_free(server);
	ln_tls_context_free(client);
}

static const char *in_folder(const char *name)
{
	static char paths[8][300];
	static int next;
	char *path = paths[next++ % 8];

	snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
	return path;
}

static void save(const struct ln_certificate *certificate, const char *name)
{
	char reason[LN_CERTIFICATE_REASON_SIZE];
	char files[2][100];

	snprintf(files[0], sizeof(files[0]), "%s.crt", name);
	snprintf(files[1], sizeof(files[1]), "%s.key", name);
	unlink(in_folder(files[0]));
	unlink(in_folder(files[1]));
	assert_int_equal(ln_certificate_save(certificate, in_folder(files[0]),
					     in_folder(files[1]), reason),
			 0);
}

static struct ln_certificate *issue(const struct ln_certificate *authority,
				    const char *name, int64_t from,
				    int64_t until)
{
	struct ln_certificate *certificate = NULL;

	assert_int_equal(
		ln_certificate_new(authority, name, from, until, &certificate),
		0);
	save(certificate, name);
	return certificate;
}

/* Two authorities, a node of each, and one whose time is over. */
static int make_files(void **state)
{
	struct ln_certificate *ca;
	struct ln_certificate *other;

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	if (mkdtemp(folder) == NULL)
		return -1;
	ca = issue(NULL, "ca", -DAY, DAY);
	other = issue(NULL, "other_ca", -DAY, DAY);
	ln_certificate_free(issue(ca, "a", -DAY, DAY));
	ln_certificate_free(issue(ca, "b", -DAY, DAY));
	ln_certificate_free(issue(ca, "expired", -2 * DAY, -DAY));
	ln_certificate_free(issue(ca, "future", DAY, 2 * DAY));
	ln_certificate_free(issue(other, "stranger", -DAY, DAY));
	ln_certificate_free(ca);
	ln_certificate_free(other);
	return 0;
}

static int remove_files(void **state)
{
	static const char *const names[] = { "ca",      "other_ca", "a",
					     "b",       "expired",  "future",
					     "stranger" };
	char file[100];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(file, sizeof(file), "%s.crt", names[i]);
		unlink(in_folder(file));
		snprintf(file, sizeof(file), "%s.key", names[i]);
		unlink(in_folder(file));
	}
	return rmdir(folder);
}

static int load(const char *certificate, const char *key_name,
		const char *authority, struct ln_tls_context **context,
		char *reason)
{
	const struct ln_tls_files files = {
		.certificate = in_folder(certificate),
		.key = in_folder(key_name),
		.authority = in_folder(authority),
	};

	return ln_tls_context_new_files(&files, context, reason);
}

static struct ln_tls_context *certified(const char *name, const char *authority)
{
	char reason[LN_TLS_REASON_SIZE];
	struct ln_tls_context *context = NULL;
	char files[2][100];

	snprintf(files[0], sizeof(files[0]), "%s.crt", name);
	snprintf(files[1], sizeof(files[1]), "%s.key", name);
	assert_int_equal(load(files[0], files[1], authority, &context, reason),
			 0);
	return context;
}

static void certificates(void **state)
{
	struct ln_tls_context *a = certified("a", "ca.crt");
	struct ln_tls_context *b = certified("b", "ca.crt");
	struct ln_tls_context *stranger = certified("stranger", "other_ca.crt");
	struct ln_tls_context *of_key = keyed(key);
	struct side sides[2];

	(void)state;
	prepare(sides, a, b);
	shake_hands(sides);
	assert_int_equal(sides[0].result, 0);
	assert_int_equal(sides[1].result, 0);
	exchange(sides, "hello", 6);
	finish(sides);
	refuse(a, stranger, "does not know the authority",
	       "is refused: unable to get local issuer");
	refuse(of_key, a, "does not have the cluster key", "");
	refuse(a, of_key, "", "");
	ln_tls_context_free(a);
	ln_tls_context_free(b);
	ln_tls_context_free(stranger);
	ln_tls_context_free(of_key);
}

static void bad_files(void **state)
{
	struct ln_tls_context *context = NULL;
	char reason[LN_TLS_REASON_SIZE];

	(void)state;
	assert_int_equal(load("no.crt", "a.key", "ca.crt", &context, reason),
			 LN_EINVAL);
	assert_non_null(strstr(reason, "no.crt': No such file"));
	assert_int_equal(load("a.crt", "no.key", "ca.crt", &context, reason),
			 LN_EINVAL);
	assert_non_null(strstr(reason, "no.key': No such file"));
	assert_int_equal(load("a.crt", "a.key", "no.crt", &context, reason),
			 LN_EINVAL);
	assert_non_null(strstr(reason, "no.crt': No such file"));
	assert_int_equal(load("a.key", "a.key", "ca.crt", &context, reason),
			 LN_EINVAL);
	assert_non_null(strstr(reason, "is not a certificate in PEM"));
	assert_int_equal(load("a.crt", "b.key", "ca.crt", &context, reason),
			 LN_EINVAL);
	assert_non_null(strstr(reason, "is not the key of the certificate"));
	assert_int_equal(load("a.crt", "a.key", "b.key", &context, reason),
			 LN_EINVAL);
	assert_non_null(strstr(reason, "is not the certificate of an"));
	assert_int_equal(
		load("a.crt", "a.key", "other_ca.crt", &context, reason),
		LN_EINVAL);
	assert_non_null(strstr(reason, "is not signed by the authority"));
	assert_int_equal(
		load("expired.crt", "expired.key", "ca.crt", &context, reason),
		LN_EINVAL);
	assert_non_null(strstr(reason, "certificate has expired"));
	assert_int_equal(
		load("future.crt", "future.key", "ca.crt", &context, reason),
		LN_EINVAL);
	assert_non_null(strstr(reason, "not yet valid"));
	assert_int_equal(chmod(in_folder("a.key"), 0640), 0);
	assert_int_equal(load("a.crt", "a.key", "ca.crt", &context, reason),
			 LN_EINVAL);
	assert_non_null(strstr(reason, "chmod 600"));
	assert_int_equal(chmod(in_folder("a.key"), 0600), 0);
}

/* OpenSSL used by hand, as somebody else's client. */
struct foreign {
	pthread_t thread;
	int fd;
	int version;
	const char *certificate; /* and key; NULL: none */
	unsigned updates;        /* changes of keys that it asks for */
	bool reads;
	bool shaken;
	char got[16];
};

static void use_openssl(SSL *ssl, struct foreign *foreign)
{
	SSL_set_fd(ssl, foreign->fd);
	foreign->shaken = SSL_connect(ssl) == 1;
	for (unsigned i = 0; i < foreign->updates && foreign->shaken; i++) {
		if (SSL_key_update(ssl, SSL_KEY_UPDATE_REQUESTED) != 1 ||
		    SSL_do_handshake(ssl) != 1)
			return;
	}
	if (foreign->shaken)
		SSL_write(ssl, "hello", 6);
	if (foreign->reads)
		SSL_read(ssl, foreign->got, sizeof(foreign->got));
	SSL_shutdown(ssl);
}

static void *be_foreign(void *argument)
{
	struct foreign *foreign = argument;
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());
	SSL *ssl = NULL;
	char path[300];

	SSL_CTX_set_min_proto_version(context, foreign->version);
	SSL_CTX_set_max_proto_version(context, foreign->version);
	if (foreign->certificate != NULL) {
		snprintf(path, sizeof(path), "%s/%s.crt", folder,
			 foreign->certificate);
		SSL_CTX_use_certificate_file(context, path, SSL_FILETYPE_PEM);
		snprintf(path, sizeof(path), "%s/%s.key", folder,
			 foreign->certificate);
		SSL_CTX_use_PrivateKey_file(context, path, SSL_FILETYPE_PEM);
	}
	ssl = SSL_new(context);
	use_openssl(ssl, foreign);
	shutdown(foreign->fd, SHUT_RDWR);
	SSL_free(ssl);
	SSL_CTX_free(context);
	ERR_clear_error();
	return NULL;
}

/* A server of ours and a foreign client; the server has done its handshake. */
static void meet(struct side *side, struct foreign *foreign,
		 struct ln_tls_context *context)
{
	int fds[2];

	assert_int_equal(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	*side = (struct side){ .context = context,
			       .role = LN_TLS_SERVER,
			       .fd = fds[0],
			       .deadline = ln_time_after_ms(20000) };
	assert_int_equal(fcntl(fds[0], F_SETFL, O_NONBLOCK), 0);
	foreign->fd = fds[1];
	assert_int_equal(
		pthread_create(&foreign->thread, NULL, be_foreign, foreign), 0);
	run(side, connect_side);
}

static void part(struct side *side, struct foreign *foreign)
{
	run(side, free_side);
	pthread_join(foreign->thread, NULL);
	close(foreign->fd);
}

static void foreign_clients(void **state)
{
	static const struct {
		struct foreign foreign;
		bool keyed;
		int result;
		const char *reason;
	} cases[] = {
		{ { .version = TLS1_2_VERSION }, true, LN_EFORMAT, "TLS 1.3" },
		{ { .version = TLS1_2_VERSION, .certificate = "b" },
		  false,
		  LN_EFORMAT,
		  "TLS 1.3" },
		{ { .version = TLS1_3_VERSION },
		  true,
		  LN_EPERM,
		  "does not have the cluster key" },
		{ { .version = TLS1_3_VERSION },
		  false,
		  LN_EPERM,
		  "has no certificate" },
		{ { .version = TLS1_3_VERSION, .certificate = "expired" },
		  false,
		  LN_EPERM,
		  "expired" },
		{ { .version = TLS1_3_VERSION, .certificate = "stranger" },
		  false,
		  LN_EPERM,
		  "is refused" },
		/* An authority is not a node. */
		{ { .version = TLS1_3_VERSION, .certificate = "ca" },
		  false,
		  LN_EPERM,
		  "is refused" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ln_tls_context *context =
			cases[i].keyed ? keyed(key) : certified("a", "ca.crt");
		struct foreign foreign = cases[i].foreign;
		struct side side;

		meet(&side, &foreign, context);
		assert_int_equal(side.result, cases[i].result);
		assert_non_null(strstr(side.reason, cases[i].reason));
		part(&side, &foreign);
		ln_tls_context_free(context);
	}
}

static void changes_of_keys(void **state)
{
	struct ln_tls_context *context = certified("a", "ca.crt");
	struct foreign foreign = { .version = TLS1_3_VERSION,
				   .certificate = "b",
				   .updates = 10,
				   .reads = true };
	struct side side;
	char got[6];

	(void)state;
	meet(&side, &foreign, context);
	assert_int_equal(side.result, 0);
	side.got = got;
	side.wanted = sizeof(got);
	run(&side, read_side);
	assert_int_equal(side.result, 0);
	assert_string_equal(got, "hello");
	side.text = "world";
	side.len = 6;
	run(&side, write_side);
	assert_int_equal(side.write_result, 0);
	/* The end, with a goodbye. */
	side.got_len = 0;
	run(&side, read_side);
	assert_int_equal(side.result, 0);
	assert_int_equal(side.got_len, 0);
	part(&side, &foreign);
	assert_string_equal(foreign.got, "world");
	/* So many that what we would answer does not fit. */
	foreign = (struct foreign){ .version = TLS1_3_VERSION,
				    .certificate = "b",
				    .updates = 100000 };
	meet(&side, &foreign, context);
	assert_int_equal(side.result, 0);
	side.got = got;
	side.got_len = 0;
	side.wanted = sizeof(got);
	run(&side, read_side);
	assert_true(side.result < 0);
	part(&side, &foreign);
	ln_tls_context_free(context);
}

/* A server of ours, and bytes written to it by hand. */
static void meet_bytes(const void *bytes, size_t len, bool then_close,
		       int64_t deadline, int result, const char *reason)
{
	struct ln_tls_context *context = keyed(key);
	struct side sides[2];

	prepare(sides, context, NULL);
	sides[0].deadline = deadline;
	assert_int_equal(write(sides[1].fd, bytes, len), len);
	if (then_close)
		close(sides[1].fd);
	run(&sides[0], connect_side);
	assert_int_equal(sides[0].result, result);
	assert_non_null(strstr(sides[0].reason, reason));
	run(&sides[0], free_side);
	if (!then_close)
		close(sides[1].fd);
	ln_tls_context_free(context);
}

static void no_tls(void **state)
{
	/* The head of a record, and of a ClientHello that is longer. */
	static const uint8_t truncated[] = { 0x16, 3, 1, 0, 100, 1, 0, 0, 96 };
	static const uint8_t long_record[] = { 0x16, 3, 1, 0xff, 0xff, 1, 0 };
	static const uint8_t long_hello[] = { 0x16, 3,    1,    0,    5,
					      1,    0xff, 0xff, 0xff, 0 };
	static const char noise[] = "some bytes which are not TLS at all";
	int64_t later = ln_time_after_ms(20000);

	(void)state;
	meet_bytes("GET / HTTP/1.1\r\n\r\n", 18, false, later, LN_EFORMAT,
		   "speaks HTTP");
	meet_bytes(noise, sizeof(noise), false, later, LN_EFORMAT,
		   "does not speak TLS");
	meet_bytes(long_record, sizeof(long_record), false, later, LN_EFORMAT,
		   "");
	meet_bytes(long_hello, sizeof(long_hello), false, later, LN_EFORMAT,
		   "");
	meet_bytes("", 0, true, later, LN_EIO, "closed the connection");
	meet_bytes(truncated, sizeof(truncated), true, later, LN_EIO,
		   "closed the connection");
	meet_bytes("", 0, false, ln_time_after_ms(20), LN_ETIMEDOUT,
		   "timed out");
	meet_bytes(truncated, sizeof(truncated), false, ln_time_after_ms(20),
		   LN_ETIMEDOUT, "timed out");
}

static void ends(void **state)
{
	struct ln_tls_context *context = keyed(key);
	struct side sides[2];

	(void)state;
	prepare(sides, context, context);
	shake_hands(sides);
	sides[0].got = malloc(100);
	sides[0].wanted = 2;
	/* A wait that ends loses nothing. */
	sides[0].deadline = ln_time_after_ms(10);
	run(&sides[0], read_side);
	assert_int_equal(sides[0].result, LN_ETIMEDOUT);
	sides[0].deadline = LN_NEVER;
	start(&sides[0], read_side);
	test_task_wait_parked(&sides[0].task);
	ln_task_interrupt(&sides[0].task.task);
	test_task_wait_over(&sides[0].task);
	assert_int_equal(sides[0].result, LN_EKILLED);
	sides[1].text = "ab";
	sides[1].len = 2;
	run(&sides[1], write_side);
	run(&sides[0], read_side);
	assert_int_equal(sides[0].result, 0);
	assert_int_equal(sides[0].got_len, 2);
	/* Somebody ends it while it is waited for. */
	sides[0].wanted = 3;
	start(&sides[0], read_side);
	test_task_wait_parked(&sides[0].task);
	ln_tls_shutdown(sides[0].tls);
	ln_tls_shutdown(sides[0].tls);
	test_task_wait_over(&sides[0].task);
	assert_int_equal(sides[0].result, 0);
	assert_int_equal(sides[0].got_len, 2);
	sides[0].text = "x";
	sides[0].len = 1;
	run(&sides[0], write_side);
	assert_int_equal(sides[0].write_result, LN_EIO);
	assert_non_null(strstr(ln_tls_write_reason(sides[0].tls), "Broken"));
	finish(sides);
	ln_tls_context_free(context);
}

static void garbage_after(void **state)
{
	static const uint8_t record[] = { 0x17, 3, 3, 0, 20, 1, 2, 3, 4,
					  5,    6, 7, 8, 9,  0, 1, 2, 3,
					  4,    5, 6, 7, 8,  9, 0 };
	struct ln_tls_context *context = keyed(key);
	struct side sides[2];
	int copy;

	(void)state;
	prepare(sides, context, context);
	copy = dup(sides[1].fd);
	shake_hands(sides);
	sides[1].text = "ab";
	sides[1].len = 2;
	run(&sides[1], write_side);
	assert_int_equal(write(copy, record, sizeof(record)), sizeof(record));
	sides[0].got = malloc(100);
	sides[0].wanted = 100;
	run(&sides[0], read_side);
	/* What came before is good. */
	assert_int_equal(sides[0].got_len, 2);
	assert_int_equal(sides[0].result, LN_EFORMAT);
	assert_string_not_equal(sides[0].reason, "");
	finish(sides);
	close(copy);
	ln_tls_context_free(context);
}

static void faults(void **state)
{
	struct ln_tls_context *context = keyed(key);
	char *text = long_text();
	struct side sides[2];

	(void)state;
	prepare(sides, context, context);
	atomic_store(&fail_new, true);
	run(&sides[0], connect_side);
	assert_int_equal(sides[0].result, LN_ENOMEM);
	assert_null(sides[0].tls);
	atomic_store(&fail_new, false);
	atomic_store(&fail_realloc, true);
	run(&sides[1], connect_side);
	assert_int_equal(sides[1].result, LN_ENOMEM);
	assert_string_equal(sides[1].reason, "out of memory");
	atomic_store(&fail_realloc, false);
	run(&sides[1], free_side);

	prepare(sides, context, context);
	atomic_store(&send_error, ENETUNREACH);
	run(&sides[1], connect_side);
	assert_int_equal(sides[1].result, LN_EIO);
	assert_non_null(strstr(sides[1].reason, "unreachable"));
	atomic_store(&send_error, 0);
	close(sides[0].fd);
	run(&sides[1], free_side);

	prepare(sides, context, context);
	shake_hands(sides);
	sides[1].text = text;
	sides[1].len = LONG;
	atomic_store(&fail_realloc, true);
	run(&sides[1], write_side);
	assert_int_equal(sides[1].write_result, LN_ENOMEM);
	atomic_store(&fail_realloc, false);
	finish(sides);

	/* Nobody reads. */
	prepare(sides, context, context);
	shake_hands(sides);
	sides[1].text = text;
	sides[1].len = LONG;
	sides[1].deadline = ln_time_after_ms(50);
	run(&sides[1], write_side);
	assert_int_equal(sides[1].write_result, LN_ETIMEDOUT);
	finish(sides);
	free(text);
	ln_tls_context_free(context);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(good_key),        TEST(in_between), TEST(wrong_key),
		TEST(certificates),    TEST(bad_files),  TEST(foreign_clients),
		TEST(changes_of_keys), TEST(no_tls),     TEST(ends),
		TEST(garbage_after),   TEST(faults),
	};

	return cmocka_run_group_tests(tests, make_files, remove_files);
}
