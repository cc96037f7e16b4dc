/*
 * DESIGN
 * The thread makes a connection, tells the hub, and tells it again when the
 * connection is over; then it makes the next one. Meanwhile a task publishes
 * what the hub has, and takes what comes in (nats/pump.h).
 *
 * With TLS to the server the library does that with threads of its own, which
 * call `on_message`, and this one publishes. That may wait for the server, for
 * WRITE_MS at most; then the library closes the connection. Nobody else waits
 * with it. In both cases the library's threads call `on_closed`, `on_complete`,
 * and `on_message` for what is rare. These hand over and return.
 *
 * The library would connect again by itself, and keep messages meanwhile. It is
 * told not to: what was published and what was lost could not be told apart. It
 * would also ask the server for a sign of life, and close the connection while
 * the pump uses it. So this thread asks.
 *
 * The library calls back until its subscriptions are complete and the
 * connection is closed; `callbacks` counts these, and the thread waits for all
 * of them before it lets go of a connection.
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
#include "nats/line.h"
#include "nats/pump.h"
#include "nats/servers.h"
#include "node/fabric.h"

#if LUNATIC_NATS

#define CONNECT_MS 2000
#define WRITE_MS 2000
#define ANSWER_MS 2000

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
	struct ln_runtime *runtime;
	struct ln_nats_servers servers;
	struct ln_nats_login login;
	char *authority; /* owned; NULL: none, as the next two */
	char *certificate;
	char *key;
	pthread_t thread;

	/* The thread's; `line` is not changed while there is a connection. */
	struct ln_nats_line line;
	struct ln_nats_pump *pump; /* NULL: the library's threads do it */
	natsSubscription *own;
	natsSubscription *gone;
	natsSubscription *everyone;

	_Atomic uint32_t callbacks; /* that still come; a futex */
	_Atomic uint32_t stopping;  /* a futex */
	_Atomic uint32_t events;    /* likewise; those that end a connection */
	_Atomic bool lost;

	struct ln_lock lock;
	int64_t since;                    /* under lock; 0: not connected */
	char reason[LN_NATS_REASON_SIZE]; /* likewise */
	char logged[LN_NATS_REASON_SIZE]; /* the thread's */
};

static void on_message(natsConnection *connection, natsSubscription *from,
		       natsMsg *message, void *argument)
{
	const struct ln_nats_broker *broker = argument;

	(void)connection;
	(void)from;
	ln_nats_line_receive(&broker->line, message);
	broker->library->natsMsg_Destroy(message);
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

/* Has the thread look what has happened. */
static void rouse(struct ln_nats_broker *broker)
{
	atomic_fetch_add(&broker->events, 1);
	ln_futex_wake(&broker->events, 1);
	ln_nats_hub_wake(broker->hub);
}

static void on_lost(void *argument)
{
	struct ln_nats_broker *broker = argument;

	atomic_store(&broker->lost, true);
	rouse(broker);
}

static void on_closed(natsConnection *connection, void *argument)
{
	struct ln_nats_broker *broker = argument;

	(void)connection;
	on_lost(broker);
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
	if (broker->pump != NULL) {
		SET(status, broker, SetPingInterval, options, 0);
		if (status == NATS_OK)
			status = ln_nats_pump_set(broker->pump, options);
	}
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
		status = library->natsConnection_Connect(
			&broker->line.connection, options);
	if (status != NATS_OK)
		broker->line.connection = NULL;
	library->natsOptions_Destroy(options);
	return status;
}

static natsStatus subscribe_to(struct ln_nats_broker *broker,
			       const char *subject, natsSubscription **out)
{
	const struct ln_nats_library *library = broker->library;
	natsStatus status = library->natsConnection_Subscribe(
		out, broker->line.connection, subject, on_message, broker);

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

/* What comes for this node, which the pump takes, if there is one. */
static natsStatus subscribe_own(struct ln_nats_broker *broker,
				const char *subject)
{
	const struct ln_nats_library *library = broker->library;
	natsStatus status;

	if (broker->pump == NULL)
		return subscribe_to(broker, subject, &broker->own);
	status = library->natsConnection_SubscribeSync(
		&broker->own, broker->line.connection, subject);
	if (status == NATS_OK)
		status = library->natsSubscription_SetPendingLimits(
			broker->own, -1, PENDING_MAX);
	if (status == NATS_OK)
		ln_nats_pump_take_from(broker->pump, broker->own);
	return status;
}

static natsStatus subscribe(struct ln_nats_broker *broker)
{
	const char *address = ln_nats_hub_address(broker->hub);
	char subject[LN_NATS_SUBJECT_SIZE + 8];
	natsStatus status;

	snprintf(subject, sizeof(subject), "%s.in", address);
	status = subscribe_own(broker, subject);
	snprintf(subject, sizeof(subject), "%s.gone.*", address);
	if (status == NATS_OK)
		status = subscribe_to(broker, subject, &broker->gone);
	snprintf(subject, sizeof(subject), "lunatic.%s.all",
		 ln_nats_hub_cluster(broker->hub));
	if (status == NATS_OK)
		status = subscribe_to(broker, subject, &broker->everyone);
	return status;
}

/* Publishes them, and frees them. */
static natsStatus publish(struct ln_nats_broker *broker,
			  struct ln_nats_out *out)
{
	natsStatus status = NATS_OK;

	while (out != NULL) {
		struct ln_nats_out *next = out->next;

		if (status == NATS_OK)
			status = ln_nats_line_publish(&broker->line, out);
		free(out);
		out = next;
	}
	return status;
}

static bool is_stopping(struct ln_nats_broker *broker)
{
	return atomic_load(&broker->stopping) != 0;
}

/* Publishes until the connection is lost, or the broker stops. */
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

/* The same while the pump publishes. A server that is silent shows when it does
 * not answer. */
static natsStatus watch(struct ln_nats_broker *broker)
{
	const struct ln_nats_library *library = broker->library;
	int64_t announce = ln_time_now() + ANNOUNCE_PAUSE;
	natsStatus status = NATS_OK;

	for (;;) {
		uint32_t events = atomic_load(&broker->events);
		int64_t left = announce - ln_time_now();

		if (atomic_load(&broker->lost) || status != NATS_OK)
			return status;
		if (is_stopping(broker)) {
			ln_nats_pump_settle(broker->pump,
					    ln_time_now() + LN_FABRIC_FAREWELL);
			return NATS_OK;
		}
		if (left > 0) {
			ln_futex_wait(&broker->events, events, left);
			continue;
		}
		ln_nats_hub_announce(broker->hub);
		status = library->natsConnection_FlushTimeout(
			broker->line.connection, ANSWER_MS);
		announce = ln_time_now() + ANNOUNCE_PAUSE;
	}
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

	if (broker->pump != NULL)
		ln_nats_pump_end(broker->pump);
	library->natsConnection_Destroy(broker->line.connection);
	library->natsSubscription_Destroy(broker->own);
	library->natsSubscription_Destroy(broker->gone);
	library->natsSubscription_Destroy(broker->everyone);
	broker->line.connection = NULL;
	broker->own = NULL;
	broker->gone = NULL;
	broker->everyone = NULL;
	while ((left = atomic_load(&broker->callbacks)) != 0)
		ln_futex_wait(&broker->callbacks, left, -1);
}

/* Gets a connection ready; false: it is of no use. */
static bool prepare_connection(struct ln_nats_broker *broker,
			       const struct ln_nats_server *server)
{
	const struct ln_nats_library *library = broker->library;
	natsConnection *connection = broker->line.connection;
	natsStatus status;
	int error = 0;

	if (broker->pump != NULL)
		error = ln_nats_pump_start(broker->pump, connection, on_lost,
					   broker);
	if (error < 0) {
		complain(broker, ln_error_text(error));
		return false;
	}
	status = subscribe(broker);
	if (status != NATS_OK) {
		complain_of(broker, server, "cannot subscribe at", status);
		return false;
	}
	if (library->natsConnection_GetMaxPayload(connection) <=
	    LN_NATS_HEADER) {
		complain(broker, "the NATS server takes no messages of more "
				 "than some bytes: see its max_payload");
		return false;
	}
	return true;
}

/* A connection that is good, to its end. */
static void use(struct ln_nats_broker *broker,
		const struct ln_nats_server *server)
{
	const struct ln_nats_library *library = broker->library;
	struct ln_nats_pump *pump = broker->pump;
	natsConnection *connection = broker->line.connection;
	natsStatus status;

	ln_log(LN_LOG_INFO, "connected with the NATS server at %s",
	       server->address);
	broker->logged[0] = '\0';
	ln_nats_hub_up(
		broker->hub,
		(size_t)library->natsConnection_GetMaxPayload(connection),
		pump != NULL ? ln_nats_pump_task(pump) : NULL);
	ln_nats_hub_announce(broker->hub);
	note_since(broker, ln_time_now());
	status = pump != NULL ? watch(broker) : serve(broker);
	note_since(broker, 0);
	ln_nats_hub_down(broker->hub,
			 "the connection with the NATS server was lost");
	if (is_stopping(broker))
		(void)library->natsConnection_FlushTimeout(connection,
							   WRITE_MS);
	else
		complain_of(broker, server, "lost",
			    status != NATS_OK ? status
					      : NATS_CONNECTION_CLOSED);
}

/* A connection from its beginning to its end. False: there was none. */
static bool meet(struct ln_nats_broker *broker,
		 const struct ln_nats_server *server)
{
	natsStatus status = NATS_NO_MEMORY;
	bool good = false;

	if (!server->tls)
		broker->pump = ln_nats_pump_new(broker->library, broker->hub,
						broker->runtime);
	if (server->tls || broker->pump != NULL)
		status = connect_to(broker, server);
	if (status != NATS_OK) {
		complain_of(broker, server, "cannot connect with", status);
	} else {
		good = prepare_connection(broker, server);
		if (good)
			use(broker, server);
		disconnect(broker);
	}
	ln_nats_pump_free(broker->pump);
	broker->pump = NULL;
	return good;
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
	broker->line.library = broker->library;
	broker->line.hub = broker->hub;
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

int ln_nats_broker_start(struct ln_nats_hub *hub, struct ln_runtime *runtime,
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
	broker->runtime = runtime;
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
	rouse(broker);
	pthread_join(broker->thread, NULL);
	free_broker(broker);
}

#else

int ln_nats_broker_start(struct ln_nats_hub *hub, struct ln_runtime *runtime,
			 const struct ln_nats_broker_options *options,
			 struct ln_nats_broker **broker,
			 char reason[LN_NATS_REASON_SIZE])
{
	(void)hub;
	(void)runtime;
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
