/* The class of the fabric, and the listener; mesh_impl.h lists the parts. */
#include "mesh/mesh.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/time.h"
#include "mesh/mesh_impl.h"
#include "net/resolver.h"
#include "net/socket.h"
#include "net/tcp.h"
#include "node/node.h"
#include "process/runtime.h"

/* Lines a second about connections that did not come up. */
#define STRANGER_LINES 5

#define LINE_SIZE 768

void ln_mesh_copy(char *to, size_t size, const char *text)
{
	size_t len = strlen(text);

	if (len >= size)
		len = size - 1;
	memcpy(to, text, len);
	to[len] = '\0';
}

/* A line for the log. */
struct line {
	enum ln_log_level level;
	const char *what;
	const char *name; /* NULL: none */
	const char *address;
	const char *why; /* NULL: not said */
};

static void write_line(void *argument)
{
	const struct line *line = argument;

	ln_log(line->level, "%s%s%s at %s%s%s", line->what,
	       line->name != NULL ? " " : "",
	       line->name != NULL ? line->name : "", line->address,
	       line->why != NULL ? ": " : "",
	       line->why != NULL ? line->why : "");
}

void ln_mesh_log(enum ln_log_level level, const char *what, const char *name,
		 const char *address, const char *why)
{
	struct line line = { .level = level,
			     .what = what,
			     .name = name,
			     .address = address,
			     .why = why };

	if (ln_log_enabled(level))
		ln_task_on_worker_stack(ln_task_current(), write_line, &line);
}

static void log_stranger(void *argument)
{
	struct ln_connection *connection = argument;
	char text[LN_ADDRESS_TEXT];

	ln_address_format(&connection->remote, text);
	ln_log(LN_LOG_WARN, "refused a connection from %s: %s", text,
	       connection->reason);
}

void ln_mesh_log_stranger(struct ln_connection *connection)
{
	struct ln_mesh *mesh = connection->mesh;
	int64_t now = ln_time_now();
	bool quiet;

	ln_lock_acquire(&mesh->lock);
	if (now - mesh->log_window > LN_NS_PER_S) {
		mesh->log_window = now;
		mesh->log_lines = 0;
	}
	quiet = mesh->stopping || mesh->log_lines++ >= STRANGER_LINES;
	ln_lock_release(&mesh->lock);
	if (!quiet)
		ln_task_on_worker_stack(ln_task_current(), log_stranger,
					connection);
}

void ln_mesh_changed(struct ln_mesh *mesh)
{
	atomic_fetch_add(&mesh->changes, 1);
	ln_futex_wake(&mesh->changes, INT32_MAX);
}

bool ln_mesh_task_begins(struct ln_mesh *mesh)
{
	bool begins;

	ln_lock_acquire(&mesh->lock);
	begins = !mesh->stopping;
	if (begins)
		mesh->tasks++;
	ln_lock_release(&mesh->lock);
	return begins;
}

void ln_mesh_task_over(struct ln_mesh *mesh)
{
	ln_lock_acquire(&mesh->lock);
	ln_assert(mesh->tasks > 0);
	atomic_fetch_add(&mesh->changes, 1);
	mesh->tasks--;
	ln_lock_release(&mesh->lock);
	/* It may be freed from here on: only its address is used. */
	ln_futex_wake(&mesh->changes, INT32_MAX);
}

/* Opens the listener; on the listener's task. */
static int listen_at(struct ln_mesh *mesh, char reason[LN_TLS_REASON_SIZE])
{
	struct ln_addresses *addresses;
	const char *text = NULL;
	int number = 0;
	int error = ln_resolver_resolve(mesh->node->runtime->resolver, NULL,
					mesh->address, strlen(mesh->address),
					ln_time_now() + LN_MESH_GREETING_TIME,
					&addresses, &text);

	if (error < 0) {
		ln_mesh_copy(reason, LN_TLS_REASON_SIZE,
			     text != NULL ? text : ln_error_text(error));
		return error == LN_EFORMAT || error == LN_EIO ? LN_EINVAL
							      : error;
	}
	error = ln_tcp_listen(&addresses->list[0], NULL, &mesh->socket,
			      &number);
	free(addresses);
	if (error == LN_EIO)
		ln_net_error_text(number, reason);
	else if (error < 0)
		ln_mesh_copy(reason, LN_TLS_REASON_SIZE, ln_error_text(error));
	return error;
}

struct naming {
	struct ln_address address;
	char text[LN_ADDRESS_TEXT];
};

static void name_address(void *argument)
{
	struct naming *naming = argument;

	ln_address_format(&naming->address, naming->text);
}

/* Keeps the host as it was given, with the port that the kernel has chosen. */
static LN_NOINLINE void note_port(struct ln_mesh *mesh)
{
	struct naming naming;
	const char *port;
	char *colon = strrchr(mesh->address, ':');
	int number;

	if (ln_socket_local_address(mesh->socket, &naming.address, &number) < 0)
		return;
	ln_task_on_worker_stack(ln_task_current(), name_address, &naming);
	port = strrchr(naming.text, ':');
	if (colon != NULL && port != NULL)
		ln_mesh_copy(colon,
			     sizeof(mesh->address) -
				     (size_t)(colon - mesh->address),
			     port);
}

/* Lets others connect. */
static void accept_all(struct ln_mesh *mesh)
{
	struct ln_task *task = &mesh->listener;
	struct ln_socket *socket;
	struct ln_address remote;
	int number;
	int error = 0;

	while (error != LN_EKILLED && error != LN_ESTOPPED) {
		error = ln_tcp_accept(mesh->socket, NULL, LN_NEVER, &socket,
				      &remote, &number);
		if (error == 0)
			error = ln_connection_start(mesh, socket, &remote,
						    NULL);
		if (error == LN_EIO || error == LN_ENOMEM || error == LN_ELIMIT)
			/* Out of descriptors or memory: waits until there are
			 * some. */
			error = ln_task_sleep(task, ln_time_after_ms(100));
	}
}

static void listen_and_accept(struct ln_mesh *mesh)
{
	char reason[LN_TLS_REASON_SIZE] = "";
	int error = listen_at(mesh, reason);

	if (error == 0)
		note_port(mesh);
	ln_lock_acquire(&mesh->lock);
	mesh->listening = error == 0;
	mesh->error = error;
	memcpy(mesh->error_text, reason, sizeof(reason));
	ln_lock_release(&mesh->lock);
	ln_mesh_changed(mesh);
	if (error < 0)
		return;
	accept_all(mesh);
	ln_socket_release(mesh->socket);
}

static void run_listener(struct ln_task *task)
{
	struct ln_mesh *mesh = ln_container_of(task, struct ln_mesh, listener);

	ln_runtime_service_begins(mesh->node->runtime);
	listen_and_accept(mesh);
	ln_runtime_service_ends(mesh->node->runtime);
}

static void run_manager(struct ln_task *task)
{
	struct ln_mesh *mesh = ln_container_of(task, struct ln_mesh, manager);

	ln_runtime_service_begins(mesh->node->runtime);
	ln_contacts_manage(mesh);
	ln_runtime_service_ends(mesh->node->runtime);
}

static void listener_done(struct ln_task *task)
{
	ln_mesh_task_over(ln_container_of(task, struct ln_mesh, listener));
}

static void manager_done(struct ln_task *task)
{
	ln_mesh_task_over(ln_container_of(task, struct ln_mesh, manager));
}

/* A text of two parts, for the caller to free; NULL when memory is short. */
static __attribute__((format(printf, 1, 2))) char *text_of(const char *format,
							   ...)
{
	char text[LINE_SIZE];
	va_list values;

	va_start(values, format);
	vsnprintf(text, sizeof(text), format, values);
	va_end(values);
	return strdup(text);
}

/* Waits until it listens, or does not. */
static int await_listener(struct ln_mesh *mesh)
{
	for (;;) {
		uint32_t changes = atomic_load(&mesh->changes);
		bool listening;
		int error;

		ln_lock_acquire(&mesh->lock);
		listening = mesh->listening;
		error = mesh->error;
		ln_lock_release(&mesh->lock);
		if (listening || error < 0)
			return error;
		ln_futex_wait(&mesh->changes, changes, -1);
	}
}

/* Notes the peers to begin with. */
static int add_peers(struct ln_mesh *mesh,
		     const struct ln_fabric_options *options, char **error)
{
	for (size_t i = 0; i < options->peer_count; i++) {
		const char *address = options->peers[i];
		struct ln_contact *contact;

		if (!ln_mesh_address_valid(address, strlen(address))) {
			*error = text_of(
				"'%s' is not the address of a node: it must be "
				"HOST:PORT",
				address);
			return LN_EINVAL;
		}
		ln_lock_acquire(&mesh->lock);
		contact = ln_contact_add(mesh, address, NULL);
		if (contact != NULL) {
			mesh->given_count += !contact->given;
			contact->given = true;
		}
		ln_lock_release(&mesh->lock);
		if (contact == NULL)
			return LN_ENOMEM;
	}
	return 0;
}

/* Starts a task of the mesh's own. */
static int start_task(struct ln_mesh *mesh, struct ln_task *task,
		      void (*run)(struct ln_task *),
		      void (*done)(struct ln_task *))
{
	int error;

	if (!ln_mesh_task_begins(mesh))
		return LN_ESTOPPED;
	error = ln_task_start(mesh->node->runtime->sched, task, run, done);
	if (error < 0)
		ln_mesh_task_over(mesh);
	return error;
}

/* Listens, then dials. */
static int begin(struct ln_mesh *mesh, const struct ln_fabric_options *options,
		 char **error)
{
	int result =
		start_task(mesh, &mesh->listener, run_listener, listener_done);

	if (result == 0)
		result = await_listener(mesh);
	if (result < 0) {
		if (mesh->error_text[0] != '\0')
			*error = text_of("cannot listen at '%s': %s",
					 options->address, mesh->error_text);
		return result;
	}
	result = add_peers(mesh, options, error);
	if (result < 0)
		return result;
	return start_task(mesh, &mesh->manager, run_manager, manager_done);
}

/* Ends all connections: those that are up after they have sent LEAVE, or at
 * once. */
static void end_connections(struct ln_mesh *mesh, bool at_once)
{
	ln_lock_acquire(&mesh->lock);
	mesh->stopping = true;
	ln_list_for_each (at, &mesh->connections) {
		struct ln_connection *connection =
			ln_container_of(at, struct ln_connection, link);

		if (connection->state == LN_CONNECTION_UP && !at_once) {
			atomic_store(&connection->leave, true);
			ln_task_wake(&connection->writer);
		} else if (connection->state == LN_CONNECTION_UP) {
			ln_connection_close(connection, "this node has left");
		} else if (connection->state != LN_CONNECTION_OVER) {
			ln_task_interrupt(&connection->reader);
		}
	}
	ln_lock_release(&mesh->lock);
}

/* Waits until no task is left; false at the deadline. */
static bool await_tasks(struct ln_mesh *mesh, int64_t deadline)
{
	for (;;) {
		uint32_t changes = atomic_load(&mesh->changes);
		int64_t now = ln_time_now();
		uint32_t tasks;

		ln_lock_acquire(&mesh->lock);
		tasks = mesh->tasks;
		ln_lock_release(&mesh->lock);
		if (tasks == 0)
			return true;
		if (now >= deadline)
			return false;
		ln_futex_wait(&mesh->changes, changes, deadline - now);
	}
}

static struct ln_mesh *of_fabric(struct ln_fabric *fabric)
{
	return ln_container_of(fabric, struct ln_mesh, fabric);
}

static void leave(struct ln_fabric *fabric)
{
	struct ln_mesh *mesh = of_fabric(fabric);

	end_connections(mesh, false);
	ln_task_interrupt(&mesh->listener);
	ln_task_interrupt(&mesh->manager);
	if (!await_tasks(mesh, ln_time_now() + LN_FABRIC_FAREWELL)) {
		end_connections(mesh, true);
		await_tasks(mesh, LN_NEVER);
	}
	ln_contacts_free(mesh);
	ln_local_node_release(mesh->node);
	free(mesh);
}

static int start(struct ln_local_node *node,
		 const struct ln_fabric_options *options,
		 struct ln_fabric **out, char **error)
{
	struct ln_mesh *mesh;
	int result;

	*error = NULL;
	if (strlen(options->address) >= LN_NODE_ADDRESS_SIZE) {
		*error = text_of("'%s' is too long for an address",
				 options->address);
		return LN_EINVAL;
	}
	mesh = calloc(1, sizeof(*mesh));
	if (mesh == NULL)
		return LN_ENOMEM;
	mesh->fabric.class = &ln_mesh_class;
	mesh->node = ln_local_node_retain(node);
	mesh->tls = options->tls;
	mesh->heartbeat = options->heartbeat != 0 ? options->heartbeat
						  : LN_HEARTBEAT_DEFAULT;
	ln_assert(options->finders <= LN_FABRIC_FINDERS_MAX);
	mesh->silent = (uint8_t)((1u << options->finders) - 1);
	ln_mesh_copy(mesh->address, sizeof(mesh->address), options->address);
	ln_list_init(&mesh->connections);
	ln_list_init(&mesh->contacts);
	result = begin(mesh, options, error);
	if (result < 0) {
		leave(&mesh->fabric);
		return result;
	}
	*out = &mesh->fabric;
	return 0;
}

static const char *address(const struct ln_fabric *fabric)
{
	return ln_container_of(fabric, struct ln_mesh, fabric)->address;
}

static void found(struct ln_fabric *fabric, unsigned finder,
		  const char *const *addresses, size_t count)
{
	ln_contacts_found(of_fabric(fabric), finder, addresses, count);
}

static void interrupt(struct ln_fabric *fabric)
{
	struct ln_mesh *mesh = of_fabric(fabric);

	atomic_store(&mesh->interrupted, true);
	ln_mesh_changed(mesh);
}

/* How far joining is. */
struct progress {
	bool joined; /* one of the given peers is connected, if there are any */
	bool pending; /* some contact has not been tried yet, or a finder has
		       * not said anything */
	int error;    /* the last failure, or one that a retry cannot fix */
	bool final;
	char address[LN_NODE_ADDRESS_SIZE];
	char reason[LN_TLS_REASON_SIZE];
};

static void note_failure(struct progress *progress,
			 const struct ln_contact *contact)
{
	bool final = contact->error == LN_EEXIST ||
		     contact->error == LN_EUNSUP ||
		     (contact->error == LN_EPERM && contact->given);

	if (progress->final || !(final || contact->given))
		return;
	progress->final = final;
	progress->error = contact->error;
	memcpy(progress->address, contact->address, sizeof(progress->address));
	memcpy(progress->reason, contact->reason, sizeof(progress->reason));
}

static void note_pending(struct progress *progress,
			 const struct ln_contact *contact)
{
	progress->pending = true;
	if (progress->error < 0 || !contact->given)
		return;
	/* The message if no other failure is known when time is up. */
	progress->error = LN_ETIMEDOUT;
	memcpy(progress->address, contact->address, sizeof(progress->address));
	ln_mesh_copy(progress->reason, sizeof(progress->reason),
		     "it has not answered yet");
}

static void look(struct ln_mesh *mesh, struct progress *progress)
{
	ln_lock_acquire(&mesh->lock);
	*progress = (struct progress){ .joined = mesh->given_count == 0,
				       .pending = mesh->silent != 0 };
	ln_list_for_each (at, &mesh->contacts) {
		const struct ln_contact *contact =
			ln_container_of(at, struct ln_contact, link);
		const struct ln_connection *connection = NULL;
		bool up;

		if (contact->identified)
			connection = ln_mesh_find(mesh, contact->incarnation);
		up = contact->self || (connection != NULL &&
				       connection->state == LN_CONNECTION_UP);
		if (up && (contact->given || contact->finders != 0)) {
			progress->joined = true;
			progress->pending |=
				connection != NULL && !connection->introduced;
		}
		if (up)
			continue;
		if (!contact->tried || connection != NULL ||
		    contact->error == LN_EAGAIN)
			note_pending(progress, contact);
		else
			note_failure(progress, contact);
	}
	ln_lock_release(&mesh->lock);
}

static int tell_failure(const struct progress *progress, char **error)
{
	const char *advice = "is a node running there, and may this machine "
			     "connect to it?";

	if (progress->error == LN_EPERM)
		advice = "both need the same cluster key, or certificates of "
			 "the same CA";
	else if (progress->error == LN_EEXIST)
		advice = "choose another name";
	else if (progress->error == LN_EUNSUP)
		advice = "both need versions of lunatic that go together";
	*error = text_of("cannot join the node at %s: %s; %s",
			 progress->address, progress->reason, advice);
	return progress->error;
}

/* Says that something is tried again. */
static void tell_progress(const struct progress *progress,
			  void (*tell)(const char *line))
{
	char *line = text_of("waiting for the node at %s: %s",
			     progress->address, progress->reason);

	if (line != NULL)
		tell(line);
	free(line);
}

static int join(struct ln_fabric *fabric, void (*tell)(const char *line),
		char **error)
{
	struct ln_mesh *mesh = of_fabric(fabric);
	int64_t deadline = ln_time_now() + LN_FABRIC_PATIENCE;
	int64_t told = ln_time_now();
	struct progress progress;
	bool waits;

	*error = NULL;
	ln_lock_acquire(&mesh->lock);
	waits = mesh->contact_count > 0 || mesh->silent != 0;
	ln_lock_release(&mesh->lock);
	while (waits) {
		uint32_t changes = atomic_load(&mesh->changes);
		int64_t now = ln_time_now();

		look(mesh, &progress);
		if (atomic_load(&mesh->interrupted))
			return LN_EKILLED;
		if (progress.joined && !progress.pending && !progress.final)
			return 0;
		if (progress.final)
			return tell_failure(&progress, error);
		if (now >= deadline)
			return progress.joined ? 0
					       : tell_failure(&progress, error);
		if (tell != NULL && progress.error < 0 &&
		    now - told >= LN_NS_PER_S) {
			tell_progress(&progress, tell);
			told = now;
		}
		ln_futex_wait(&mesh->changes, changes, LN_NS_PER_S / 2);
	}
	return 0;
}

static int compare_names(const void *a, const void *b)
{
	const struct ln_fabric_peer *left = a;
	const struct ln_fabric_peer *right = b;

	return strcmp(left->id.name, right->id.name);
}

static void describe(const struct ln_connection *connection,
		     struct ln_fabric_peer *peer)
{
	peer->id = connection->hello.greeting.id;
	memcpy(peer->address, connection->hello.address, sizeof(peer->address));
	peer->since = connection->since;
	peer->received = atomic_load_explicit(&connection->received,
					      memory_order_relaxed);
	peer->sent =
		atomic_load_explicit(&connection->sent, memory_order_relaxed);
}

int ln_mesh_list(struct ln_mesh *mesh, struct ln_fabric_peer **out)
{
	struct ln_fabric_peer *peers;
	uint32_t room;
	uint32_t count = 0;

	*out = NULL;
	ln_lock_acquire(&mesh->lock);
	room = mesh->member_count;
	ln_lock_release(&mesh->lock);
	/* Nodes that connect meanwhile are in the next list. */
	room += 8;
	peers = calloc(room, sizeof(*peers));
	if (peers == NULL)
		return LN_ENOMEM;
	ln_lock_acquire(&mesh->lock);
	ln_list_for_each (at, &mesh->connections) {
		const struct ln_connection *connection =
			ln_container_of(at, struct ln_connection, link);

		if (connection->state == LN_CONNECTION_UP && count < room)
			describe(connection, &peers[count++]);
	}
	ln_lock_release(&mesh->lock);
	if (count == 0) {
		free(peers);
		return 0;
	}
	qsort(peers, count, sizeof(*peers), compare_names);
	*out = peers;
	return (int)count;
}

static int list(struct ln_fabric *fabric, struct ln_fabric_peer **peers)
{
	return ln_mesh_list(of_fabric(fabric), peers);
}

const struct ln_fabric_class ln_mesh_class = {
	.name = "mesh",
	.start = start,
	.found = found,
	.join = join,
	.interrupt = interrupt,
	.address = address,
	.list = list,
	.leave = leave,
};
