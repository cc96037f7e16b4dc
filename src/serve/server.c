/*
 * DESIGN
 * The server's process accepts connections, and gives each a process. It looks
 * a few times a second whether the runtime drains: then the listener has been
 * shut down, and the connections that serve nothing are woken, to end. Where
 * there are too many connections it accepts none until one ends, and the kernel
 * keeps those that come.
 */
#include "serve/server.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/quota.h"
#include "base/refs.h"
#include "base/time.h"
#include "engine/component.h"
#include "engine/module.h"
#include "net/socket.h"
#include "net/tcp.h"
#include "net/tls_public.h"
#include "process/config.h"
#include "process/env_module.h"
#include "process/environment.h"
#include "process/environment_new.h"
#include "process/life.h"
#include "process/process.h"
#include "process/runtime.h"
#include "sched/task.h"
#include "serve/access_log.h"
#include "serve/exchange.h"
#include "serve/server_impl.h"

#define LOOK_NS (100 * LN_NS_PER_MS) /* between looks at the runtime */
#define PAUSE_NS (10 * LN_NS_PER_MS) /* where nothing can be accepted */

struct ln_server *ln_server_retain(struct ln_server *server)
{
	ln_refs_retain(&server->references);
	return server;
}

void ln_server_release(struct ln_server *server)
{
	if (!ln_refs_release(&server->references))
		return;
	if (server->fd >= 0) {
		ln_fd_close(server->fd);
		ln_quota_give(server->environment->descriptors);
	}
	ln_access_log_free(server->log);
	ln_tls_context_free(server->options.tls);
	if (server->module != NULL)
		ln_module_release(server->module);
	if (server->environment != NULL)
		ln_environment_release(server->environment);
	free(server);
}

/* ---- The process ---- */

static void look_for_drain(struct ln_server *server)
{
	if (ln_runtime_state(server->runtime) < LN_RUNTIME_DRAINING ||
	    atomic_load_explicit(&server->draining, memory_order_relaxed))
		return;
	atomic_store_explicit(&server->draining, true, memory_order_relaxed);
	ln_serve_wake(server);
}

/* Takes all that are behind their response; by the server's process. */
static void take_behind(struct ln_server *server, struct ln_list *all)
{
	ln_list_init(all);
	ln_lock_acquire(&server->lock);
	if (!ln_list_empty(&server->behind)) {
		*all = server->behind;
		all->next->prev = all;
		all->prev->next = all;
		ln_list_init(&server->behind);
	}
	ln_lock_release(&server->lock);
}

/* Kills those whose time is over, and forgets those that are. */
static void look_behind(struct ln_server *server)
{
	int64_t now = ln_time_now();
	struct ln_list all;

	take_behind(server, &all);
	while (!ln_list_empty(&all)) {
		struct ln_exchange *exchange =
			ln_container_of(all.next, struct ln_exchange, link);

		ln_list_remove(&exchange->link);
		if (ln_exchange_is_over(exchange)) {
			ln_exchange_release(exchange);
			continue;
		}
		if (exchange->deadline <= now)
			ln_exchange_kill(exchange);
		ln_lock_acquire(&server->lock);
		ln_list_append(&server->behind, &exchange->link);
		ln_lock_release(&server->lock);
		ln_task_rest();
	}
}

/* Now and then. */
static void look(struct ln_server *server, int64_t *next)
{
	int64_t now = ln_time_now();

	if (now < *next)
		return;
	*next = now + LOOK_NS;
	look_for_drain(server);
	look_behind(server);
}

static bool is_full(const struct ln_server *server)
{
	return atomic_load_explicit(&server->connections,
				    memory_order_relaxed) >=
	       server->options.max_connections;
}

/* Accepts one connection, or waits a little. LN_EKILLED and the like end it. */
static int accept_one(struct ln_server *server)
{
	int64_t now = ln_time_now();
	struct ln_socket *socket;
	struct ln_address peer;
	int number = 0;
	int error;

	if (is_full(server))
		return ln_task_sleep(ln_task_current(), now + PAUSE_NS);
	error = ln_tcp_accept(server->listener,
			      server->environment->descriptors, now + LOOK_NS,
			      &socket, &peer, &number);
	if (error == LN_EIO) {
		ln_log(LN_LOG_WARN, "a connection cannot be accepted: %s",
		       strerror(number));
		return ln_task_sleep(ln_task_current(), now + PAUSE_NS);
	}
	if (error < 0)
		return error == LN_ETIMEDOUT ? 0 : error;
	ln_socket_serve_connection(socket, &server->runtime->serving);
	ln_serve_connection(server, socket, &peer);
	return 0;
}

/* The descriptor becomes a socket here, where there is a task. */
static int take_listener(struct ln_server *server)
{
	int fd = server->fd;
	int number = 0;
	int error;

	server->fd = -1;
	error = ln_socket_adopt(fd, server->environment->descriptors,
				&server->listener, &number);
	if (error == 0)
		error = ln_socket_serve_listener(server->listener,
						 &server->runtime->serving);
	if (error < 0)
		ln_log(LN_LOG_ERROR, "the server cannot listen: %s",
		       ln_error_text(error));
	return error;
}

static enum ln_outcome body(struct ln_process *process)
{
	struct ln_server *server = process->argument;
	int error = take_listener(server);
	int64_t next = 0;

	while (error == 0) {
		look(server, &next);
		error = accept_one(server);
	}
	return error == LN_EKILLED ? LN_OUTCOME_KILLED : LN_OUTCOME_EXITED;
}

static void free_server(void *argument)
{
	struct ln_server *server = argument;
	struct ln_list all;

	ln_lock_acquire(&server->lock);
	server->stopped = true;
	ln_lock_release(&server->lock);
	take_behind(server, &all);
	while (!ln_list_empty(&all)) {
		struct ln_exchange *exchange =
			ln_container_of(all.next, struct ln_exchange, link);

		ln_list_remove(&exchange->link);
		ln_exchange_release(exchange);
	}
	if (server->listener != NULL)
		ln_socket_release(server->listener);
	server->listener = NULL;
	ln_server_release(server);
}

/* ---- Starting ---- */

/* Its own environment: what connections take is not the guests'. */
static int make_environment(struct ln_server *server)
{
	struct ln_config *config;
	int error = ln_config_new(&config);

	if (error < 0)
		return error;
	config->limits.max_processes = server->options.max_connections + 1;
	config->limits.max_descriptors = server->options.max_connections + 1;
	config->limits.max_environments = 0;
	error = ln_environment_new(server->runtime, NULL, config,
				   &server->environment);
	ln_config_free(config);
	return error;
}

static LN_NOINLINE int address_of(int fd, struct ln_address *address)
{
	union ln_sockaddr name;
	socklen_t len = sizeof(name);

	return getsockname(fd, &name.any, &len) < 0
		       ? LN_EIO
		       : ln_address_from_kernel(&name, address);
}

static int listen_at(struct ln_server *server, struct ln_address *address,
		     char reason[LN_SERVE_REASON])
{
	char text[LN_ADDRESS_TEXT];
	int fd = ln_tcp_listen_fd(&server->options.address,
				  server->environment->descriptors);

	if (fd >= 0) {
		server->fd = fd;
		return address_of(fd, address);
	}
	ln_address_format(&server->options.address, text);
	snprintf(reason, LN_SERVE_REASON, "cannot listen at %s: %s", text,
		 strerror(-fd));
	return LN_EIO;
}

static int check_module(const struct ln_module *module,
			char reason[LN_SERVE_REASON])
{
	static const char name[] = LN_COMPONENT_HANDLE;

	if (ln_compiled_entry(module->module, name, sizeof(name) - 1) != NULL)
		return 0;
	snprintf(reason, LN_SERVE_REASON,
		 "it exports no `wasi:http/incoming-handler`; build it as a "
		 "component of the world wasi:http/proxy");
	return LN_ENOENT;
}

static struct ln_server *new_server(struct ln_module *module,
				    const struct ln_serve_options *options)
{
	struct ln_server *server = calloc(1, sizeof(*server));

	if (server == NULL)
		return NULL;
	atomic_init(&server->references, 1);
	ln_list_init(&server->open);
	ln_list_init(&server->behind);
	server->fd = -1;
	server->options = *options;
	server->module = ln_module_retain(module);
	server->runtime = module->environment->runtime;
	return server;
}

static int start_process(struct ln_server *server, struct ln_process **out)
{
	struct ln_process *process;
	int error = ln_process_new(server->environment, body, server, &process);

	if (error < 0) {
		free_server(server);
		return error;
	}
	process->free_argument = free_server;
	error = ln_process_start(process);
	if (error < 0)
		ln_process_release(process);
	else
		*out = process;
	return error;
}

int ln_serve_start(struct ln_module *module,
		   const struct ln_serve_options *options,
		   struct ln_process **process, struct ln_address *address,
		   char reason[LN_SERVE_REASON])
{
	struct ln_server *server = new_server(module, options);
	int error;

	reason[0] = '\0';
	if (server == NULL) {
		ln_tls_context_free(options->tls);
		if (options->access_log >= 0)
			ln_fd_close(options->access_log);
		return LN_ENOMEM;
	}
	error = options->access_log >= 0
			? ln_access_log_new(options->access_log, &server->log)
			: 0;
	if (error == 0)
		error = check_module(module, reason);
	if (error == 0)
		error = make_environment(server);
	if (error == 0)
		error = listen_at(server, address, reason);
	if (error == 0)
		return start_process(server, process);
	ln_server_release(server);
	return error;
}
