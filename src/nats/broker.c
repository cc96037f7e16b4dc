/*
 * DESIGN
 * The thread makes a connection, tells the hub, publishes what the hub has, and
 * tells it again when the connection is over; then it makes the next one. The
 * library's own threads call `on_message`, `on_closed` and `on_complete`. They
 * hand over and return: the hub copies what it keeps and never waits.
 *
 * The library would connect again by itself, and keep messages meanwhile. It is
 * told not to: what was published and what was lost could not be told apart.
 *
 * The library calls back until its subscriptions are complete and the
 * connection is closed; `callbacks` counts these, and the thread waits for all
 * of them before it lets go of a connection.
 *
 * Publishing may wait for the server, for WRITE_MS at most; then the library
 * closes the connection. Nobody but this thread waits with it.
 */
#include "nats/broker.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/futex.h"
#include "base/log.h"
#include "base/time.h"
#include "nats/hub.h"
#include "nats/library.h"
#include "nats/servers.h"
#include "node/fabric.h"

#if LUNATIC_NATS

#define CONNECT_MS 2000
#define WRITE_MS 2000

/* Between attempts to connect, from the first to the most. */
#define BACKOFF_FIRST (100 * LN_NS_PER_MS)
#define BACKOFF_MAX (5 * LN_NS_PER_S)

/* How often a node says that it is there without being asked: so nodes find
 * each other again when servers were apart. */
#define ANNOUNCE_PAUSE (30 * LN_NS_PER_S)

/* What the library keeps for us, in bytes, before it drops messages. It is
 * never reached unless the server sends what nobody has asked for. */
#define PENDING_MAX (64 << 20)

struct ln_nats_broker {
	/* Immutable. */
	const struct ln_nats_library *library;
	struct ln_nats_hub *hub;
	struct ln_nats_servers servers;
	struct ln_nats_login login;
	char *authority; /* owned; NULL: none, as the next two */
	char *certificate;
	char *key;
	pthread_t thread;

	/* The thread's. */
	natsConnection *connection;
	natsSubscription *own;
	natsSubscription *everyone;

	_Atomic uint32_t callbacks; /* that still come; a futex */
	_Atomic uint32_t stopping;  /* a futex */
	_Atomic bool lost;

	struct ln_lock lock;
	int64_t since;                    /* under lock; 0: not connected */
	char reason[LN_NATS_REASON_SIZE]; /* likewise */
	char logged[LN_NATS_REASON_SIZE]; /* the thread's */
};

/* The last part of a subject: what follows the address. */
static const char *last_part(const struct ln_nats_broker *broker,
			     const char *subject)
{
	const char *address = ln_nats_hub_address(broker->hub);
	size_t len = strlen(address);

	if (strncmp(subject, address, len) != 0 || subject[len] != '.')
		return "";
	return subject + len + 1;
}

static void on_message(natsConnection *connection, natsSubscription *from,
		       natsMsg *message, void *argument)
{
	struct ln_nats_broker *broker = argument;
	const struct ln_nats_library *library = broker->library;
	uint8_t token[LN_NATS_INCARNATION];
	int len = library->natsMsg_GetDataLength(message);

	(void)connection;
	(void)from;
	if (len > 0) {
		ln_nats_hub_receive(
			broker->hub,
			(const uint8_t *)library->natsMsg_GetData(message),
			(size_t)len);
	} else if (library->natsMsg_IsNoResponders(message) &&
		   ln_nats_unhex(last_part(broker, library->natsMsg_GetSubject(
							   message)),
				 token)) {
		ln_nats_hub_unreachable(broker->hub, token);
	}
	library->natsMsg_Destroy(message);
}

static void count_down(struct ln_nats_broker *broker)
{
	if (atomic_fetch_sub(&broker->callbacks, 1) == 1)
		ln_futex_wake(&broker->callbacks, 1);
}

static void on_complete(void *argument)
{
	count_down(argument);
}

static void on_closed(natsConnection *connection, void *argument)
{
	struct ln_nats_broker *broker = argument;

	(void)connection;
	atomic_store(&broker->lost, true);
	ln_nats_hub_wake(broker->hub);
	count_down(broker);
}

/* What the library drops shows as a gap. */
static void on_error(natsConnection *connection, natsSubscription *from,
		     natsStatus status, void *argument)
{
	const struct ln_nats_broker *broker = argument;

	(void)connection;
	(void)from;
	ln_log(LN_LOG_INFO, "the NATS client says: %s",
	       broker->library->natsStatus_GetText(status));
}

/* Notes what is wrong, and logs it unless that was the last line. */
static void complain(struct ln_nats_broker *broker, const char *text)
{
	ln_lock_acquire(&broker->lock);
	snprintf(broker->reason, sizeof(broker->reason), "%s", text);
	ln_lock_release(&broker->lock);
	if (strcmp(broker->logged, text) != 0)
		ln_log(LN_LOG_WARN, "%s; it is tried again", text);
	snprintf(broker->logged, sizeof(broker->logged), "%s", text);
}

static void complain_of(struct ln_nats_broker *broker,
			const struct ln_nats_server *server, const char *what,
			natsStatus status)
{
	const struct ln_nats_library *library = broker->library;
	char text[LN_NATS_REASON_SIZE];
	const char *detail = library->nats_GetLastError(NULL);

	/* It begins with a place in the library's sources. */
	if (detail != NULL && detail[0] == '(' && strstr(detail, "): ") != NULL)
		detail = strstr(detail, "): ") + 3;
	if (detail == NULL || detail[0] == '\0')
		detail = library->natsStatus_GetText(status);
	snprintf(text, sizeof(text), "%s the NATS server at %s: %s", what,
		 server->address, detail);
	complain(broker, text);
}

/* Calls a function that sets an option, unless one before has failed. */
#define SET(status, broker, name, ...)                                    \
	do {                                                              \
		if ((status) == NATS_OK)                                  \
			(status) = (broker)->library->natsOptions_##name( \
				__VA_ARGS__);                             \
	} while (0)

static natsStatus set_login(const struct ln_nats_broker *broker,
			    natsOptions *options)
{
	const struct ln_nats_login *login = &broker->login;
	natsStatus status = NATS_OK;

	if (login->file != NULL)
		SET(status, broker, SetUserCredentialsFromFiles, options,
		    login->file, NULL);
	else if (login->user != NULL)
		SET(status, broker, SetUserInfo, options, login->user,
		    login->password);
	else if (login->token != NULL)
		SET(status, broker, SetToken, options, login->token);
	return status;
}

static natsStatus set_tls(const struct ln_nats_broker *broker,
			  const struct ln_nats_server *server,
			  natsOptions *options)
{
	natsStatus status = NATS_OK;

	if (!server->tls)
		return NATS_OK;
	SET(status, broker, SetSecure, options, true);
	SET(status, broker, SetExpectedHostname, options, server->host);
	if (broker->authority != NULL)
		SET(status, broker, LoadCATrustedCertificates, options,
		    broker->authority);
	if (broker->certificate != NULL)
		SET(status, broker, LoadCertificatesChain, options,
		    broker->certificate, broker->key);
	return status;
}

static natsStatus set_all(struct ln_nats_broker *broker,
			  const struct ln_nats_server *server,
			  natsOptions *options)
{
	natsStatus status = NATS_OK;

	SET(status, broker, SetURL, options, server->url);
	SET(status, broker, SetName, options, ln_nats_hub_address(broker->hub));
	SET(status, broker, SetTimeout, options, CONNECT_MS);
	SET(status, broker, SetWriteDeadline, options, WRITE_MS);
	SET(status, broker, SetAllowReconnect, options, false);
	SET(status, broker, SetIgnoreDiscoveredServers, options, true);
	SET(status, broker, SetNoEcho, options, true);
	SET(status, broker, SetSendAsap, options, true);
	SET(status, broker, SetErrorHandler, options, on_error, broker);
	SET(status, broker, SetClosedCB, options, on_closed, broker);
	if (status == NATS_OK)
		status = set_login(broker, options);
	if (status == NATS_OK)
		status = set_tls(broker, server, options);
	return status;
}

static natsStatus connect_to(struct ln_nats_broker *broker,
			     const struct ln_nats_server *server)
{
	const struct ln_nats_library *library = broker->library;
	natsOptions *options = NULL;
	natsStatus status = library->natsOptions_Create(&options);

	if (status != NATS_OK)
		return status;
	status = set_all(broker, server, options);
	atomic_store(&broker->lost, false);
	atomic_store(&broker->callbacks, 1); /* on_closed */
	if (status == NATS_OK)
		status = library->natsConnection_Connect(&broker->connection,
							 options);
	if (status != NATS_OK)
		broker->connection = NULL;
	library->natsOptions_Destroy(options);
	return status;
}

static natsStatus subscribe_to(struct ln_nats_broker *broker,
			       const char *subject, natsSubscription **out)
{
	const struct ln_nats_library *library = broker->library;
	natsStatus status = library->natsConnection_Subscribe(
		out, broker->connection, subject, on_message, broker);

	if (status != NATS_OK)
		return status;
	atomic_fetch_add(&broker->callbacks, 1);
	status = library->natsSubscription_SetOnCompleteCB(*out, on_complete,
							   broker);
	if (status != NATS_OK) {
		count_down(broker);
		return status;
	}
	return library->natsSubscription_SetPendingLimits(*out, -1,
							  PENDING_MAX);
}

static natsStatus subscribe(struct ln_nats_broker *broker)
{
	char subject[LN_NATS_SUBJECT_SIZE];
	natsStatus status;

	snprintf(subject, sizeof(subject), "%s.*",
		 ln_nats_hub_address(broker->hub));
	status = subscribe_to(broker, subject, &broker->own);
	if (status != NATS_OK)
		return status;
	snprintf(subject, sizeof(subject), "lunatic.%s.all",
		 ln_nats_hub_cluster(broker->hub));
	return subscribe_to(broker, subject, &broker->everyone);
}

static natsStatus publish_one(struct ln_nats_broker *broker,
			      const struct ln_nats_out *out)
{
	const struct ln_nats_library *library = broker->library;
	const char *cluster = ln_nats_hub_cluster(broker->hub);
	char subject[LN_NATS_SUBJECT_SIZE + 8];
	char answer[2 * LN_NATS_SUBJECT_SIZE];
	char token[33];

	if (out->everyone) {
		snprintf(subject, sizeof(subject), "lunatic.%s.all", cluster);
	} else {
		ln_nats_address(cluster, out->to, subject);
		strncat(subject, ".in", 4);
	}
	if (!out->probe)
		return library->natsConnection_Publish(
			broker->connection, subject, out->data, (int)out->len);
	ln_nats_hex(out->token, token);
	snprintf(answer, sizeof(answer), "%s.%s",
		 ln_nats_hub_address(broker->hub), token);
	return library->natsConnection_PublishRequest(
		broker->connection, subject, answer, out->data, (int)out->len);
}

/* Publishes them, and frees them. */
static natsStatus publish(struct ln_nats_broker *broker,
			  struct ln_nats_out *out)
{
	natsStatus status = NATS_OK;

	while (out != NULL) {
		struct ln_nats_out *next = out->next;

		if (status == NATS_OK)
			status = publish_one(broker, out);
		free(out);
		out = next;
	}
	return status;
}

static bool is_stopping(struct ln_nats_broker *broker)
{
	return atomic_load(&broker->stopping) != 0;
}

/* Until the connection is lost, or the broker stops. */
static natsStatus serve(struct ln_nats_broker *broker)
{
	int64_t announce = ln_time_now() + ANNOUNCE_PAUSE;
	natsStatus status = NATS_OK;

	while (status == NATS_OK && !atomic_load(&broker->lost)) {
		bool last = is_stopping(broker);
		struct ln_nats_out *out =
			ln_nats_hub_take(broker->hub, last ? 0 : announce);

		status = publish(broker, out);
		if (last)
			break;
		if (ln_time_now() >= announce) {
			ln_nats_hub_announce(broker->hub);
			announce = ln_time_now() + ANNOUNCE_PAUSE;
		}
	}
	return status;
}

static void note_since(struct ln_nats_broker *broker, int64_t since)
{
	ln_lock_acquire(&broker->lock);
	broker->since = since;
	if (since != 0)
		broker->reason[0] = '\0';
	ln_lock_release(&broker->lock);
}

/* Ends the connection, and waits until the library calls no more. */
static void disconnect(struct ln_nats_broker *broker)
{
	const struct ln_nats_library *library = broker->library;
	uint32_t left;

	library->natsConnection_Destroy(broker->connection);
	library->natsSubscription_Destroy(broker->own);
	library->natsSubscription_Destroy(broker->everyone);
	broker->connection = NULL;
	broker->own = NULL;
	broker->everyone = NULL;
	while ((left = atomic_load(&broker->callbacks)) != 0)
		ln_futex_wait(&broker->callbacks, left, -1);
}

/* A connection from its beginning to its end. False: there was none. */
static bool meet(struct ln_nats_broker *broker,
		 const struct ln_nats_server *server)
{
	const struct ln_nats_library *library = broker->library;
	natsStatus status = connect_to(broker, server);
	int64_t max;

	if (status != NATS_OK) {
		complain_of(broker, server, "cannot connect with", status);
		return false;
	}
	status = subscribe(broker);
	max = library->natsConnection_GetMaxPayload(broker->connection);
	if (status != NATS_OK)
		complain_of(broker, server, "cannot subscribe at", status);
	else if (max <= LN_NATS_HEADER)
		complain(broker, "the NATS server takes no messages of more "
				 "than some bytes: see its max_payload");
	if (status != NATS_OK || max <= LN_NATS_HEADER) {
		disconnect(broker);
		return false;
	}
	ln_log(LN_LOG_INFO, "connected with the NATS server at %s",
	       server->address);
	broker->logged[0] = '\0';
	ln_nats_hub_up(broker->hub, (size_t)max);
	ln_nats_hub_announce(broker->hub);
	note_since(broker, ln_time_now());
	status = serve(broker);
	note_since(broker, 0);
	ln_nats_hub_down(broker->hub,
			 "the connection with the NATS server was lost");
	if (is_stopping(broker))
		(void)library->natsConnection_FlushTimeout(broker->connection,
							   WRITE_MS);
	else
		complain_of(broker, server, "lost",
			    status != NATS_OK ? status
					      : NATS_CONNECTION_CLOSED);
	disconnect(broker);
	return true;
}

static void *run(void *argument)
{
	struct ln_nats_broker *broker = argument;
	int64_t pause = BACKOFF_FIRST;
	size_t at = 0;

	prctl(PR_SET_NAME, "ln-nats");
	while (!is_stopping(broker)) {
		if (meet(broker, &broker->servers.list[at]))
			pause = BACKOFF_FIRST;
		at = (at + 1) % broker->servers.count;
		if (is_stopping(broker))
			break;
		ln_futex_wait(&broker->stopping, 0, pause);
		pause = pause * 2 < BACKOFF_MAX ? pause * 2 : BACKOFF_MAX;
	}
	broker->library->nats_ReleaseThreadMemory();
	return NULL;
}

static void free_broker(struct ln_nats_broker *broker)
{
	ln_nats_servers_deinit(&broker->servers);
	ln_nats_login_deinit(&broker->login);
	free(broker->authority);
	free(broker->certificate);
	free(broker->key);
	free(broker);
}

static bool copy(const char *text, char **to)
{
	if (text == NULL)
		return true;
	*to = strdup(text);
	return *to != NULL;
}

static int prepare(struct ln_nats_broker *broker,
		   const struct ln_nats_broker_options *options, char *reason)
{
	int error;

	broker->library = ln_nats_library_load(reason, LN_NATS_REASON_SIZE);
	if (broker->library == NULL)
		return LN_EUNSUP;
	error = ln_nats_servers_init(&broker->servers, options->servers);
	if (error == 0 && options->credentials != NULL)
		error = ln_nats_login_read(&broker->login, options->credentials,
					   reason, LN_NATS_REASON_SIZE);
	if (error == 0 && !(copy(options->authority, &broker->authority) &&
			    copy(options->certificate, &broker->certificate) &&
			    copy(options->key, &broker->key)))
		error = LN_ENOMEM;
	return error;
}

/* Starts the thread, and with it those of the library, which take no signals:
 * these are for other threads. */
static int start_thread(struct ln_nats_broker *broker)
{
	sigset_t all;
	sigset_t before;
	int error;

	sigfillset(&all);
	/* It cannot fail with these arguments. */
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&broker->thread, NULL, run, broker);
	/* Likewise. */
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return error == 0 ? 0 : LN_ENOMEM;
}

int ln_nats_broker_start(struct ln_nats_hub *hub,
			 const struct ln_nats_broker_options *options,
			 struct ln_nats_broker **out,
			 char reason[LN_NATS_REASON_SIZE])
{
	struct ln_nats_broker *broker = calloc(1, sizeof(*broker));
	int error;

	reason[0] = '\0';
	if (broker == NULL)
		return LN_ENOMEM;
	broker->hub = hub;
	error = prepare(broker, options, reason);
	if (error == 0)
		error = start_thread(broker);
	if (error < 0) {
		free_broker(broker);
		return error;
	}
	*out = broker;
	return 0;
}

int64_t ln_nats_broker_since(struct ln_nats_broker *broker,
			     char reason[LN_NATS_REASON_SIZE])
{
	int64_t since;

	ln_lock_acquire(&broker->lock);
	since = broker->since;
	memcpy(reason, broker->reason, LN_NATS_REASON_SIZE);
	ln_lock_release(&broker->lock);
	return since;
}

void ln_nats_broker_stop(struct ln_nats_broker *broker)
{
	if (broker == NULL)
		return;
	atomic_store(&broker->stopping, 1);
	ln_futex_wake(&broker->stopping, 1);
	ln_nats_hub_wake(broker->hub);
	pthread_join(broker->thread, NULL);
	free_broker(broker);
}

#else

int ln_nats_broker_start(struct ln_nats_hub *hub,
			 const struct ln_nats_broker_options *options,
			 struct ln_nats_broker **broker,
			 char reason[LN_NATS_REASON_SIZE])
{
	(void)hub;
	(void)options;
	(void)broker;
	(void)ln_nats_library_load(reason, LN_NATS_REASON_SIZE);
	return LN_EUNSUP;
}

int64_t ln_nats_broker_since(struct ln_nats_broker *broker,
			     char reason[LN_NATS_REASON_SIZE])
{
	(void)broker;
	reason[0] = '\0';
	return 0;
}

void ln_nats_broker_stop(struct ln_nats_broker *broker)
{
	(void)broker;
}

#endif
