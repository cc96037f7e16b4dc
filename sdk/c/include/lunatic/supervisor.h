/*
 * Supervisors: processes that start others, and start them again when they
 * fail. A supervisor can be the child of another: what it cannot repair, it
 * fails of, and leaves to that one.
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
 * find it at the same place in their own memories.
 */
#ifndef LUNATIC_SUPERVISOR_H
#define LUNATIC_SUPERVISOR_H

#include <lunatic/process.h>
#include <lunatic/server.h>

#ifdef __cplusplus
extern "C" {
#endif

enum lunatic_strategy {
	LUNATIC_ONE_FOR_ONE,  /* only what failed is started again */
	LUNATIC_ONE_FOR_ALL,  /* all others are stopped and started, too */
	LUNATIC_REST_FOR_ONE, /* those behind it in the list are */
};

enum lunatic_restart {
	LUNATIC_PERMANENT, /* started again however it ended */
	LUNATIC_TRANSIENT, /* started again after a failure */
	LUNATIC_TEMPORARY, /* never started again */
};

/* A child that is killed without being asked. */
#define LUNATIC_KILL INT64_C(-2)

/* A child: one of run, server and supervisor says what it is. */
struct lunatic_child {
	const char *name; /* for lunatic_supervisor_find */
	void (*run)(const struct lunatic_child *self);
	const struct lunatic_server *server;
	const struct lunatic_supervisor *supervisor;
	const void *data; /* whatever `run` wants, static and const; or what the
			   * child was added with, which lives as long */
	size_t size;      /* bytes of that; not used otherwise */
	enum lunatic_restart restart;

	/*
	 * How long it may take to stop when it is asked, in milliseconds; then
	 * it is killed, whatever it does. 0 stands for what fits: 5,000 for a
	 * server, LUNATIC_FOREVER for a supervisor, and LUNATIC_KILL for `run`,
	 * which need not listen. It is asked by a message that
	 * lunatic_asked_to_stop knows.
	 */
	int64_t shutdown;
};

/* A supervisor and its children, in the order in which they are started: the
 * next one when a server has come back from its init, so that it finds what
 * that one has made. They are stopped in the opposite order. */
struct lunatic_supervisor {
	/* For the lines that it writes to standard error when it starts a child
	 * again, and when it gives up; may be NULL. */
	const char *name;
	const struct lunatic_child *children;
	uint32_t count;
	enum lunatic_strategy strategy;
	/* It fails when a child must be started again for more than `restarts`
	 * times in `within` milliseconds. With 0 for `within`, both are those
	 * of Erlang: one restart in 5 seconds. */
	uint32_t restarts;
	uint32_t within;
};

/* Spawns a supervisor. Children that cannot be started count as failed.
 * Returns what lunatic_spawn returns. */
int lunatic_supervisor_start(struct lunatic_proc *supervisor,
			     const struct lunatic_spawn *how,
			     const struct lunatic_supervisor *what);

/* Makes this process a supervisor. Returns when it was stopped
 * (lunatic_server_stop) and all its children are; makes the process fail when
 * it fails. It takes all messages of this process. */
void lunatic_supervisor_run(const struct lunatic_supervisor *what);

/* Asks for a child by its name. LUNATIC_ENOTFOUND when there is none or it is
 * not running, or LUNATIC_ETIMEDOUT. The child may fail at any moment: ask
 * again then. Traps if the handle is invalid. */
int lunatic_supervisor_find(struct lunatic_proc supervisor, const char *name,
			    struct lunatic_proc *child, int64_t timeout);

/* Tells how many children are running, or a negative status. */
int lunatic_supervisor_running(struct lunatic_proc supervisor, int64_t timeout);

/*
 * Starts one more child, behind all others, or one of the supervisor's own that
 * was ended. `data`, of which the supervisor keeps a copy as long as there is
 * the child, is what `run` finds in self->data and self->size, and what init of
 * a server reads with lunatic_read_bin; NULL: nil. `child` gets a handle, or is
 * NULL.
 *
 * LUNATIC_EEXIST if a child of that name runs, or is another one's;
 * LUNATIC_EDIED if a server has failed in init, or the supervisor has ended;
 * LUNATIC_EHOST, LUNATIC_ENOMEM, LUNATIC_ETIMEDOUT. A child that could not be
 * started is not there. One that was added and has ended for good is forgotten.
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

/* Stops a child, as its `shutdown` says, and does not start it again; it is
 * gone when this returns. By its name, or by a handle. LUNATIC_ENOTFOUND when
 * no such child runs; LUNATIC_ETIMEDOUT: it is not gone yet. */
int lunatic_supervisor_end_child(struct lunatic_proc supervisor,
				 const char *name, int64_t timeout);
int lunatic_supervisor_end_proc(struct lunatic_proc supervisor,
				struct lunatic_proc child, int64_t timeout);

/* Bytes of a name in what follows, with the zero; names are not longer. */
#define LUNATIC_CHILD_NAME_SIZE 256

struct lunatic_child_info {
	char name[LUNATIC_CHILD_NAME_SIZE]; /* empty: none */
	enum lunatic_restart restart;
	struct lunatic_proc proc; /* LUNATIC_NO_PROC: it does not run */
};

/* Lists the children, in the order in which they are started, at most `max` of
 * them. Returns how many there are, or a negative status. The handles are to be
 * dropped. */
int lunatic_supervisor_children(struct lunatic_proc supervisor,
				struct lunatic_child_info *infos, uint32_t max,
				int64_t timeout);

/* In a child that listens to its mailbox: whether the message received last is
 * the supervisor's order to stop. It should return then. */
bool lunatic_asked_to_stop(void);

#ifdef __cplusplus
}
#endif

#endif
