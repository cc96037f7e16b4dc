/*
 * Supervisors: processes that start others, and restart them when they fail. A
 * supervisor can be the child of another one: when it reaches its limit of
 * restarts, it fails, and the one above deals with that.
 *
 *	static void listen(const struct lunatic_child *self)
 *	{
 *		printf("%s is up\n", self->name);
 *		lunatic_sleep(1000000);
 *	}
 *
 *	static const struct lunatic_server store = {
 *		.state_size = 64,
 *	};
 *
 *	static const struct lunatic_child children[] = {
 *		{ .name = "store", .server = &store },
 *		{ .name = "listener", .run = listen },
 *	};
 *
 *	static const struct lunatic_supervisor top = {
 *		.strategy = LUNATIC_REST_FOR_ONE,
 *		.children = children,
 *		.count = 2,
 *		.restarts = 5,
 *		.within = 10000,
 *	};
 *
 *	static int start(void)
 *	{
 *		struct lunatic_proc supervisor;
 *		struct lunatic_proc found;
 *		int status;
 *
 *		status = lunatic_supervisor_start(&supervisor, NULL, &top);
 *		if (status != 0)
 *			return status;
 *		status = lunatic_supervisor_find(supervisor, "store", &found,
 *						 1000);
 *		lunatic_server_stop(supervisor);
 *		return status;
 *	}
 *
 * Everything that describes a supervisor must be static and const: processes
 * find it at the same address in their own memories.
 */
#ifndef LUNATIC_SUPERVISOR_H
#define LUNATIC_SUPERVISOR_H

#include <lunatic/process.h>
#include <lunatic/server.h>

#ifdef __cplusplus
extern "C" {
#endif

enum lunatic_strategy {
	LUNATIC_ONE_FOR_ONE,  /* only the failed child is restarted */
	LUNATIC_ONE_FOR_ALL,  /* all children are stopped and restarted */
	LUNATIC_REST_FOR_ONE, /* it and those after it in the list */
};

enum lunatic_restart {
	LUNATIC_PERMANENT, /* restarted however it ended */
	LUNATIC_TRANSIENT, /* restarted after a failure */
	LUNATIC_TEMPORARY, /* never restarted */
};

/* For `shutdown`: the child is killed without being asked to stop. */
#define LUNATIC_KILL INT64_C(-2)

/* A child: exactly one of run, server and supervisor is set. */
struct lunatic_child {
	const char *name; /* for lunatic_supervisor_find */
	void (*run)(const struct lunatic_child *self);
	const struct lunatic_server *server;
	const struct lunatic_supervisor *supervisor;
	const void *data; /* for `run`, static and const; or a copy of the data
			   * that the child was added with, which lives as long
			   * as the child */
	size_t size;      /* bytes of that copy; otherwise unused */
	enum lunatic_restart restart;

	/*
	 * How long the child may take to stop when it is asked, in
	 * milliseconds; after that it is killed. 0 is the default: 5,000 for a
	 * server, LUNATIC_FOREVER for a supervisor, and LUNATIC_KILL for `run`,
	 * which may not read its mailbox. lunatic_asked_to_stop recognises the
	 * message that asks.
	 */
	int64_t shutdown;
};

/* A supervisor and its children, in the order in which they are started. After
 * a server the next child starts when init has returned, so that it finds what
 * the server has set up. They are stopped in the opposite order. */
struct lunatic_supervisor {
	/* For the lines that it writes to standard error when it restarts a
	 * child, and when it gives up; may be NULL. */
	const char *name;
	const struct lunatic_child *children;
	uint32_t count;
	enum lunatic_strategy strategy;
	/* It fails when children must be restarted more than `restarts` times
	 * in `within` milliseconds. If `within` is 0, both have the defaults of
	 * Erlang: one restart in 5 seconds. */
	uint32_t restarts;
	uint32_t within;
};

/* Spawns a supervisor. Children that cannot be started count as failed.
 * Returns what lunatic_spawn returns. */
int lunatic_supervisor_start(struct lunatic_proc *supervisor,
			     const struct lunatic_spawn *how,
			     const struct lunatic_supervisor *what);

/* Makes this process a supervisor. Returns when it and all its children were
 * stopped (lunatic_server_stop); makes the process fail when it fails. It takes
 * all messages of this process. */
void lunatic_supervisor_run(const struct lunatic_supervisor *what);

/* Asks for a child by its name. LUNATIC_ENOTFOUND if there is none or it is not
 * running; LUNATIC_ETIMEDOUT. The child may fail at any moment; then ask again.
 * Traps if the handle is invalid. */
int lunatic_supervisor_find(struct lunatic_proc supervisor, const char *name,
			    struct lunatic_proc *child, int64_t timeout);

/* Tells how many children are running, or a negative status. */
int lunatic_supervisor_running(struct lunatic_proc supervisor, int64_t timeout);

/*
 * Starts another child, after all others, or one of the supervisor's own that
 * was ended. The supervisor keeps a copy of `data` as long as the child exists.
 * `run` finds it in self->data and self->size; init of a server reads it with
 * lunatic_read_bin; NULL means nil. `child` gets a handle, or is NULL.
 *
 * LUNATIC_EEXIST if a child of that name runs, or the name belongs to another
 * child; LUNATIC_EDIED if a server has failed in init, or the supervisor has
 * ended; LUNATIC_EHOST, LUNATIC_ENOMEM, LUNATIC_ETIMEDOUT. A child that could
 * not be started is not added. A child that was added is removed when it has
 * ended for good.
 *
 *	static void serve(const struct lunatic_child *self)
 *	{
 *		printf("%.*s\n", (int)self->size, (const char *)self->data);
 *	}
 *
 *	static const struct lunatic_child worker = {
 *		.run = serve,
 *		.restart = LUNATIC_TRANSIENT,
 *	};
 *
 *	static int add(struct lunatic_proc supervisor)
 *	{
 *		return lunatic_supervisor_start_child(supervisor, &worker,
 *						      "job 1", 5, NULL, 1000);
 *	}
 */
int lunatic_supervisor_start_child(struct lunatic_proc supervisor,
				   const struct lunatic_child *spec,
				   const void *data, size_t size,
				   struct lunatic_proc *child, int64_t timeout);

/* Stops a child, given by name or by handle, as its `shutdown` says, without
 * restarting it. The child is gone when this returns 0. LUNATIC_ENOTFOUND if no
 * such child runs; LUNATIC_ETIMEDOUT: it is not gone yet. */
int lunatic_supervisor_end_child(struct lunatic_proc supervisor,
				 const char *name, int64_t timeout);
int lunatic_supervisor_end_proc(struct lunatic_proc supervisor,
				struct lunatic_proc child, int64_t timeout);

/* Bytes of a name in lunatic_child_info, with the zero; the maximum for names.
 */
#define LUNATIC_CHILD_NAME_SIZE 256

struct lunatic_child_info {
	char name[LUNATIC_CHILD_NAME_SIZE]; /* empty: none */
	enum lunatic_restart restart;
	struct lunatic_proc proc; /* LUNATIC_NO_PROC: it does not run */
};

/* Lists at most `max` children, in the order in which they are started. Returns
 * how many there are, or a negative status. The caller drops the handles. */
int lunatic_supervisor_children(struct lunatic_proc supervisor,
				struct lunatic_child_info *infos, uint32_t max,
				int64_t timeout);

/* For a child that reads its mailbox: whether the last received message is the
 * supervisor's order to stop. Then the child should return. */
bool lunatic_asked_to_stop(void);

#ifdef __cplusplus
}
#endif

#endif
