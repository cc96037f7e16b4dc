/*
 * DESIGN
 * OpenSSL never sees the socket, or what is in its place (net/wire.h). Between
 * it and the socket are two buffers: `in` for received data that is not yet
 * decrypted, `out` for encrypted data that is not yet sent. Transfers happen on
 * the fiber and park; calls of OpenSSL need a deep stack, so they run on the
 * worker's own stack, and never wait.
 *
 * An SSL object may be used by one thread at a time, even if one only reads and
 * another only writes. So each call holds the mutex, for at most 64 KiB of data
 * at a time, and never while it waits for the socket. Encrypted data is taken
 * out of `out` under the mutex, and then sent without it. Reading may produce
 * data to send as well (the answer to a key update): it is sent with the next
 * write.
 *
 * Data to send is moved from `out` to `sending` when all of `sending` has been
 * sent. What was encrypted has to be sent before anything else, so a call that
 * ends early leaves the rest there, for the next one.
 *
 * In a cluster a reader sees the end of the stream in the same way whether the
 * other side sent close_notify or not: the layers above have frames for that.
 * Elsewhere an end without one is an error, since data may have been cut off,
 * and a connection that is freed sends one, if that can be done at once.
 *
 * Certificates are checked and signed for in the handshake: milliseconds, with
 * keys that the other side chooses. So a connection may have its handshakes
 * done in the pool for files, where there are also authorities to be read.
 *
 * Threads: tasks; one reads, one writes. Lock order: the mutex only.
 */
#include "net/tls.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/refs.h"
#include "base/time.h"
#include "net/socket.h"
#include "net/tcp.h"
#include "net/tls_impl.h"
#include "net/wire.h"
#include "sched/blocking.h"
#include "sched/mutex.h"
#include "sched/sched.h"
#include "sched/task.h"

#define IN_SIZE 65536

/* For connections of which there may be many; above a record of the most. */
#define IN_SIZE_PUBLIC 32768

/* Data encrypted at a time; in records, each of which is a little longer. */
#define SLICE ((size_t)65536)
#define RECORD 16384

/* Maximum of unsent data: a slice with its record headers, and some answers to
 * key updates. A peer that makes us hold more is disconnected. */
#define OUT_MAX (2 * SLICE)
#define OUT_FIRST 4096
#define OUT_INIT { .first = OUT_FIRST, .max = OUT_MAX }

struct ln_tls {
	/* Immutable. */
	struct ln_tls_context *context; /* counted */
	struct ln_socket *socket;       /* owned; NULL: */
	struct ln_wire *wire;           /* owned, in its place */
	size_t in_size;
	struct ln_mutex mutex;

	/* Whoever does the handshake. */
	bool pooled; /* its steps are done in the pool for files */
	struct ln_blocking_tenant *tenant;

	/* Under the mutex. */
	SSL *ssl;
	bool reading; /* OpenSSL may take from `in` */
	bool short_of_memory;
	bool flooded; /* there is too much to answer */
	struct ln_bytes out;

	/* Whoever reads; from `in` under the mutex. */
	size_t in_at;
	size_t in_len;
	bool pending; /* decrypted data is still in the SSL object */
	bool ended;
	int failed; /* what ended reading; said once the data is out */
	char read_reason[LN_TLS_REASON_SIZE];
	uint8_t *in; /* owned */

	/* Whoever writes. */
	struct ln_bytes sending;
	size_t sent; /* bytes of it */
	char write_reason[LN_TLS_REASON_SIZE];
};

/* A call of OpenSSL, on the worker's stack. */
struct step {
	struct ln_tls *tls;
	uint8_t *data;
	size_t len;
	size_t done;
	bool again; /* nothing more without more from the socket */
	int error;
};

static int take_in(BIO *bio, char *data, int len)
{
	struct ln_tls *tls = BIO_get_data(bio);
	size_t n = tls->reading ? tls->in_len - tls->in_at : 0;

	BIO_clear_retry_flags(bio);
	if (n == 0) {
		BIO_set_retry_read(bio);
		return -1;
	}
	if (n > (size_t)len)
		n = (size_t)len;
	memcpy(data, tls->in + tls->in_at, n);
	tls->in_at += n;
	return (int)n;
}

static int put_out(BIO *bio, const char *data, int len)
{
	struct ln_tls *tls = BIO_get_data(bio);

	BIO_clear_retry_flags(bio);
	ln_bytes_add(&tls->out, data, (size_t)len);
	if (tls->out.error == 0)
		return len;
	/* What did not fit may be tried again. */
	if (tls->out.error == LN_ELIMIT)
		tls->flooded = true;
	else
		tls->short_of_memory = true;
	tls->out.error = 0;
	return -1;
}

static long control(BIO *bio, int command, long number, void *argument)
{
	(void)bio;
	(void)number;
	(void)argument;
	return command == BIO_CTRL_FLUSH;
}

BIO_METHOD *ln_tls_method_new(void)
{
	BIO_METHOD *method = BIO_meth_new(
		BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "lunatic");

	if (method == NULL)
		return NULL;
	BIO_meth_set_read(method, take_in);
	BIO_meth_set_write(method, put_out);
	BIO_meth_set_ctrl(method, control);
	return method;
}

/* Makes the SSL object; on the worker's stack. */
static void begin(void *argument)
{
	struct step *step = argument;
	struct ln_tls *tls = step->tls;
	BIO *bio;

	step->error = LN_ENOMEM;
	tls->ssl = SSL_new(tls->context->ssl);
	bio = BIO_new(tls->context->method);
	if (tls->ssl == NULL || bio == NULL) {
		BIO_free(bio);
		ERR_clear_error();
		return;
	}
	BIO_set_data(bio, tls);
	BIO_set_init(bio, 1);
	SSL_set_bio(tls->ssl, bio, bio);
	step->error = 0;
}

/* Closes what the bytes go over. */
static void let_go(struct ln_socket *socket, struct ln_wire *wire)
{
	if (socket != NULL)
		ln_socket_release(socket);
	if (wire != NULL)
		wire->class->release(wire);
}

/* Makes a connection over one of the two. */
static int make(struct ln_tls_context *context, struct ln_socket *socket,
		struct ln_wire *wire, enum ln_tls_role role,
		struct ln_tls **out)
{
	struct ln_tls *tls = calloc(1, sizeof(*tls));
	struct step step = { .tls = tls };

	ln_assert((socket == NULL) != (wire == NULL));
	if (tls == NULL) {
		let_go(socket, wire);
		return LN_ENOMEM;
	}
	ln_refs_retain(&context->references);
	tls->context = context;
	tls->socket = socket;
	tls->wire = wire;
	tls->out = (struct ln_bytes)OUT_INIT;
	tls->sending = (struct ln_bytes)OUT_INIT;
	ln_mutex_init(&tls->mutex);
	tls->in_size =
		context->trust == LN_TLS_PUBLIC ? IN_SIZE_PUBLIC : IN_SIZE;
	tls->in = malloc(tls->in_size);
	if (tls->in != NULL)
		ln_task_on_worker_stack(ln_task_current(), begin, &step);
	if (tls->in == NULL || step.error < 0) {
		ln_tls_free(tls);
		return LN_ENOMEM;
	}
	if (role == LN_TLS_SERVER)
		SSL_set_accept_state(tls->ssl);
	else
		SSL_set_connect_state(tls->ssl);
	*out = tls;
	return 0;
}

int ln_tls_new(struct ln_tls_context *context, struct ln_socket *socket,
	       enum ln_tls_role role, struct ln_tls **tls)
{
	return make(context, socket, NULL, role, tls);
}

int ln_tls_new_over(struct ln_tls_context *context, struct ln_wire *wire,
		    enum ln_tls_role role, struct ln_tls **tls)
{
	return make(context, NULL, wire, role, tls);
}

/* Sends, without waiting, that nothing more will follow. Unless something has
 * to be sent before that, or one side has failed already. */
static void say_goodbye(struct ln_tls *tls)
{
	if (tls->context->trust != LN_TLS_PUBLIC || tls->ssl == NULL ||
	    tls->socket == NULL || tls->sent < tls->sending.len ||
	    !SSL_is_init_finished(tls->ssl))
		return;
	ERR_clear_error();
	/* Whatever it says, there is nothing more to do. */
	(void)SSL_shutdown(tls->ssl);
	if (tls->out.len > 0)
		(void)send(tls->socket->fd, tls->out.data, tls->out.len,
			   MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void end(void *argument)
{
	struct ln_tls *tls = argument;

	say_goodbye(tls);
	SSL_free(tls->ssl);
	ERR_clear_error();
	ln_tls_context_release(tls->context);
}

void ln_tls_use_pool(struct ln_tls *tls, struct ln_blocking_tenant *tenant)
{
	tls->pooled = true;
	tls->tenant = tenant;
}

/* Who the other side has to be. */
struct expected {
	struct ln_tls *tls;
	const char *name;
	int error;
};

static void expect(void *argument)
{
	struct expected *expected = argument;
	SSL *ssl = expected->tls->ssl;
	X509_VERIFY_PARAM *param = SSL_get0_param(ssl);
	uint8_t address[16];
	bool done;

	if (inet_pton(AF_INET, expected->name, address) == 1)
		done = X509_VERIFY_PARAM_set1_ip(param, address, 4) == 1;
	else if (inet_pton(AF_INET6, expected->name, address) == 1)
		done = X509_VERIFY_PARAM_set1_ip(param, address, 16) == 1;
	else
		done = SSL_set_tlsext_host_name(ssl, expected->name) == 1 &&
		       SSL_set1_host(ssl, expected->name) == 1;
	if (done) {
		SSL_set_hostflags(ssl,
				  X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS |
					  X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
		SSL_set_verify(ssl, SSL_VERIFY_PEER, NULL);
		expected->error = 0;
	}
	ERR_clear_error();
}

int ln_tls_expect(struct ln_tls *tls, const char *name)
{
	struct expected expected = { tls, name, LN_ENOMEM };

	ln_task_on_worker_stack(ln_task_current(), expect, &expected);
	return expected.error;
}

void ln_tls_free(struct ln_tls *tls)
{
	if (tls == NULL)
		return;
	ln_task_on_worker_stack(ln_task_current(), end, tls);
	let_go(tls->socket, tls->wire);
	ln_bytes_deinit(&tls->out);
	ln_bytes_deinit(&tls->sending);
	free(tls->in);
	free(tls);
}

/* Handles a failed call of OpenSSL; on the worker's stack. */
static void judge(struct step *step, int result, char *reason)
{
	struct ln_tls *tls = step->tls;

	switch (SSL_get_error(tls->ssl, result)) {
	case SSL_ERROR_WANT_READ:
		step->again = true;
		break;
	case SSL_ERROR_ZERO_RETURN:
		tls->ended = true;
		break;
	default:
		if (tls->flooded) {
			snprintf(reason, LN_TLS_REASON_SIZE,
				 "the other side makes us answer more than it "
				 "takes");
			step->error = LN_EFORMAT;
			ERR_clear_error();
		} else if (tls->short_of_memory) {
			snprintf(reason, LN_TLS_REASON_SIZE, "%s",
				 ln_error_text(LN_ENOMEM));
			step->error = LN_ENOMEM;
			ERR_clear_error();
		} else {
			step->error =
				ln_tls_explain(tls->ssl, tls->context, reason);
		}
	}
}

/* Goes on with the handshake. */
static void shake(void *argument)
{
	struct step *step = argument;
	struct ln_tls *tls = step->tls;
	int result;

	ERR_clear_error();
	tls->reading = true;
	result = SSL_do_handshake(tls->ssl);
	tls->reading = false;
	if (result != 1) {
		judge(step, result, tls->read_reason);
	} else if (tls->context->trust == LN_TLS_KEY &&
		   !SSL_session_reused(tls->ssl)) {
		/* Cannot happen: there is no other way to succeed. */
		snprintf(tls->read_reason, sizeof(tls->read_reason),
			 "the cluster key was not used");
		step->error = LN_EPERM;
	}
}

/* Decrypts what there is. */
static void open_records(void *argument)
{
	struct step *step = argument;
	struct ln_tls *tls = step->tls;
	size_t n;
	int result;

	ERR_clear_error();
	tls->reading = true;
	while (step->done < step->len) {
		result = SSL_read_ex(tls->ssl, step->data + step->done,
				     step->len - step->done, &n);
		if (result != 1) {
			judge(step, result, tls->read_reason);
			break;
		}
		step->done += n;
		/* What is certain to be in vain costs as much as a record. */
		if (tls->in_at == tls->in_len && SSL_pending(tls->ssl) == 0)
			break;
	}
	tls->reading = false;
	tls->pending = SSL_pending(tls->ssl) > 0;
}

/* Encrypts all of it. */
static void seal_records(void *argument)
{
	struct step *step = argument;
	struct ln_tls *tls = step->tls;
	size_t n;
	int result;

	ERR_clear_error();
	while (step->done < step->len) {
		size_t len = step->len - step->done;

		result = SSL_write_ex(tls->ssl, step->data + step->done,
				      len < RECORD ? len : RECORD, &n);
		if (result != 1) {
			judge(step, result, tls->write_reason);
			/* It cannot have to wait for anything. */
			if (step->error == 0)
				step->error = LN_EFORMAT;
			break;
		}
		step->done += n;
	}
}

/* Notes the reason of a failed call of net/tcp.h. */
static int tell(int error, int number, char *reason)
{
	if (error == LN_EIO)
		ln_net_error_text(number, reason);
	else if (error < 0)
		snprintf(reason, LN_TLS_REASON_SIZE, "%s",
			 ln_error_text(error));
	return error;
}

/* The same of a call of net/wire.h. */
static int tell_wire(int error, const char *why, char *reason)
{
	if (error < 0)
		snprintf(reason, LN_TLS_REASON_SIZE, "%s",
			 error == LN_EIO && why != NULL ? why
							: ln_error_text(error));
	return error;
}

/* Waits for more from the socket; by the reader, once `in` is used up. */
static int receive(struct ln_tls *tls, int64_t deadline)
{
	const char *why = NULL;
	int number = 0;
	size_t n = 0;
	int error;

	if (tls->wire != NULL) {
		error = tls->wire->class->read(tls->wire, tls->in, tls->in_size,
					       deadline, &n, &why);
		error = tell_wire(error, why, tls->read_reason);
	} else {
		error = ln_tcp_read(tls->socket, tls->in, tls->in_size,
				    deadline, &n, &number);
		error = tell(error, number, tls->read_reason);
	}
	if (error < 0)
		return error;
	tls->in_at = 0;
	tls->in_len = n;
	tls->ended = n == 0;
	return 0;
}

/* Sends a part of that. */
static int send_some(struct ln_tls *tls, int64_t deadline, char *reason)
{
	const struct iovec piece = { .iov_base = tls->sending.data + tls->sent,
				     .iov_len = tls->sending.len - tls->sent };
	const char *why = NULL;
	int number = 0;
	size_t n = 0;
	int error;

	if (tls->wire != NULL) {
		error = tls->wire->class->write(tls->wire, piece.iov_base,
						piece.iov_len, deadline, &n,
						&why);
		error = tell_wire(error, why, reason);
	} else {
		error = ln_tcp_write(tls->socket, &piece, 1, deadline, &n,
				     &number);
		error = tell(error, number, reason);
	}
	tls->sent += n;
	return error;
}

/* Sends what was taken out of `out`; by the writer. What a call that ends early
 * leaves, the next one sends. */
static int send_rest(struct ln_tls *tls, int64_t deadline, char *reason)
{
	struct ln_bytes *sending = &tls->sending;
	int error = 0;

	while (error == 0 && tls->sent < sending->len)
		error = send_some(tls, deadline, reason);
	if (error == 0 || error == LN_EIO)
		tls->sent = sending->len = 0;
	return error;
}

/* Takes the data to send out of `out`; under the mutex, when all that was taken
 * before is sent. */
static void swap_out(struct ln_tls *tls)
{
	struct ln_bytes out = tls->out;

	ln_assert(tls->sending.len == 0);
	tls->out = tls->sending;
	tls->sending = out;
}

/* A step of the handshake, wherever these are done. */
static void shake_somewhere(struct ln_tls *tls, struct step *step)
{
	struct ln_task *task = ln_task_current();

	step->again = false;
	if (!tls->pooled || ln_blocking_run_for(ln_sched_files(task->sched),
						tls->tenant, shake, step) < 0)
		ln_task_on_worker_stack(task, shake, step);
}

int ln_tls_handshake(struct ln_tls *tls, int64_t deadline)
{
	struct step step = { .tls = tls };
	int error = send_rest(tls, deadline, tls->read_reason);

	/* No other task uses the connection yet: no need for the mutex. */
	while (error == 0) {
		shake_somewhere(tls, &step);
		swap_out(tls);
		if (step.error < 0) {
			/* Tells the other side why, if it still reads. */
			char ignored[LN_TLS_REASON_SIZE];

			send_rest(tls, deadline, ignored);
			return step.error;
		}
		error = send_rest(tls, deadline, tls->read_reason);
		if (error < 0 || !step.again)
			return error;
		error = receive(tls, deadline);
		if (error == 0 && tls->ended) {
			snprintf(tls->read_reason, sizeof(tls->read_reason),
				 "the other side closed the connection during "
				 "the handshake");
			return LN_EIO;
		}
	}
	return error;
}

/* Receives, and judges the end of the connection, which is known by now to be
 * without close_notify. */
static int receive_more(struct ln_tls *tls, int64_t deadline)
{
	int error = receive(tls, deadline);

	if (error < 0 || !tls->ended || tls->context->trust != LN_TLS_PUBLIC)
		return error;
	tls->ended = false;
	tls->failed = LN_EIO;
	snprintf(tls->read_reason, sizeof(tls->read_reason),
		 "the other side closed the connection without the end of TLS "
		 "(close_notify): data may be missing");
	return LN_EIO;
}

int ln_tls_read(struct ln_tls *tls, void *data, size_t len, int64_t deadline,
		size_t *count)
{
	struct ln_task *task = ln_task_current();
	struct step step = { .tls = tls, .data = data, .len = len };
	int error;

	if (step.len > SLICE)
		step.len = SLICE;
	*count = 0;
	while (!tls->ended && step.len > 0) {
		if (tls->failed < 0)
			return tls->failed;
		if (tls->in_at < tls->in_len || tls->pending) {
			error = ln_mutex_acquire(&tls->mutex, deadline);
			if (error < 0)
				return tell(error, 0, tls->read_reason);
			ln_task_on_worker_stack(task, open_records, &step);
			ln_mutex_release(&tls->mutex);
			tls->failed = step.error;
			/* What came before an error is good. */
			if (step.done > 0)
				break;
			continue;
		}
		error = receive_more(tls, deadline);
		if (error < 0)
			return error;
	}
	*count = step.done;
	return 0;
}

/* Encrypts a slice, all that was encrypted before being sent. */
static int seal_slice(struct ln_tls *tls, struct step *step, int64_t deadline)
{
	int error = ln_mutex_acquire(&tls->mutex, deadline);

	if (error < 0)
		return tell(error, 0, tls->write_reason);
	ln_task_on_worker_stack(ln_task_current(), seal_records, step);
	swap_out(tls);
	ln_mutex_release(&tls->mutex);
	return step->error;
}

int ln_tls_write(struct ln_tls *tls, const void *data, size_t len,
		 int64_t deadline)
{
	const uint8_t *bytes = data;
	int error = send_rest(tls, deadline, tls->write_reason);

	while (error == 0 && len > 0) {
		struct step step = { .tls = tls,
				     .data = (uint8_t *)(uintptr_t)bytes,
				     .len = len < SLICE ? len : SLICE };

		error = seal_slice(tls, &step, deadline);
		if (error == 0)
			error = send_rest(tls, deadline, tls->write_reason);
		bytes += step.done;
		ln_assert(step.done <= len);
		len -= step.done;
	}
	return error;
}

int ln_tls_write_some(struct ln_tls *tls, const void *data, size_t len,
		      int64_t deadline, size_t *count)
{
	struct step step = { .tls = tls,
			     .data = (uint8_t *)(uintptr_t)data,
			     .len = len < RECORD ? len : RECORD };
	int error = send_rest(tls, deadline, tls->write_reason);

	*count = 0;
	if (error == 0 && len > 0)
		error = seal_slice(tls, &step, deadline);
	if (error < 0)
		return error;
	error = send_rest(tls, deadline, tls->write_reason);
	if (error == LN_EIO || error == LN_EKILLED)
		return error;
	/* It is on its way: the rest of it goes with the next call. */
	*count = step.done;
	return 0;
}

int ln_tls_flush(struct ln_tls *tls, int64_t deadline)
{
	struct step nothing = { .tls = tls };
	int error = send_rest(tls, deadline, tls->write_reason);

	if (error == 0)
		error = seal_slice(tls, &nothing, deadline);
	return error < 0 ? error : send_rest(tls, deadline, tls->write_reason);
}

void ln_tls_shutdown(struct ln_tls *tls)
{
	if (tls->wire != NULL) {
		tls->wire->class->shutdown(tls->wire);
		return;
	}
	/* It fails if the other side has already ended the connection. */
	(void)shutdown(tls->socket->fd, SHUT_RDWR);
}

const char *ln_tls_read_reason(const struct ln_tls *tls)
{
	return tls->read_reason;
}

const char *ln_tls_write_reason(const struct ln_tls *tls)
{
	return tls->write_reason;
}
