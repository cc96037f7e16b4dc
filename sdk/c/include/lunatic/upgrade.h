/*
 * Upgrades without stopping: a process goes on in a new version of its module,
 * with its mailbox, links, names and handles (docs/upgrade.md).
 *
 * Servers and supervisors do that in their loops: a server with `save` and
 * `load` keeps its state, a supervisor its children. Each is known by its kind
 * or name, which all versions of the module have in a table:
 *
 *	static void save(const void *state, struct lunatic_writer *value)
 *	{
 *		const int64_t *count = state;
 *
 *		lunatic_write_int(value, *count);
 *	}
 *
 *	static int load(void *state, int64_t version,
 *			struct lunatic_reader *value)
 *	{
 *		int64_t *count = state;
 *
 *		*count = lunatic_read_int(value);
 *		return version <= 2 ? 0 : LUNATIC_EFORMAT;
 *	}
 *
 *	static const struct lunatic_server counter = {
 *		.kind = "counter",
 *		.state_size = sizeof(int64_t),
 *		.save = save,
 *		.load = load,
 *	};
 *
 *	static const struct lunatic_server *const servers[] = { &counter,
 *								NULL };
 *
 *	LUNATIC_UPGRADES(.version = 2, .servers = servers);
 *
 * A process that is no server is upgraded by functions of its own, in place of
 * this: it exports lunatic_save and the others itself.
 *
 * In a module with LUNATIC_UPGRADES constructors run once in each instance: in
 * LUNATIC_MAIN, which it must have in place of a plain main(), and in what the
 * library spawns. A function that is spawned by lunatic_spawn_export runs
 * without them.
 */
#ifndef LUNATIC_UPGRADE_H
#define LUNATIC_UPGRADE_H

#include <lunatic/process.h>
#include <lunatic/server.h>
#include <lunatic/supervisor.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a module says of its versions; lists end with NULL, and may be NULL. */
struct lunatic_upgrades {
	int64_t version; /* of the states that it saves; `load` is told it */
	const struct lunatic_server *const *servers;
	const struct lunatic_supervisor *const *supervisors; /* with names */
	/* With names: those that are added to supervisors while they run. */
	const struct lunatic_child *const *children;
};

#define LUNATIC_UPGRADES(...)                                                  \
	static const struct lunatic_upgrades lunatic_upgrades_ = {             \
		__VA_ARGS__                                                    \
	};                                                                     \
	LUNATIC_EXPORT(lunatic_version) int64_t lunatic_version(void);         \
	int64_t lunatic_version(void)                                          \
	{                                                                      \
		return lunatic_upgrades_.version;                              \
	}                                                                      \
	LUNATIC_EXPORT(lunatic_save) int64_t lunatic_save(void);               \
	int64_t lunatic_save(void)                                             \
	{                                                                      \
		return lunatic_upgrade_save();                                 \
	}                                                                      \
	LUNATIC_EXPORT(lunatic_alloc) void *lunatic_alloc(size_t size);        \
	void *lunatic_alloc(size_t size)                                       \
	{                                                                      \
		return lunatic_upgrade_alloc(size);                            \
	}                                                                      \
	LUNATIC_EXPORT(lunatic_load)                                           \
	int lunatic_load(int64_t version, const void *data, size_t size);      \
	int lunatic_load(int64_t version, const void *data, size_t size)       \
	{                                                                      \
		return lunatic_upgrade_load(&lunatic_upgrades_, version, data, \
					    size);                             \
	}                                                                      \
	LUNATIC_EXPORT(lunatic_resume) void lunatic_resume(void);              \
	void lunatic_resume(void)                                              \
	{                                                                      \
		lunatic_upgrade_resume();                                      \
	}                                                                      \
	static const struct lunatic_upgrades lunatic_upgrades_

/* What these do. */
int64_t lunatic_upgrade_save(void);
void *lunatic_upgrade_alloc(size_t size);
int lunatic_upgrade_load(const struct lunatic_upgrades *upgrades,
			 int64_t version, const void *data, size_t size);
void lunatic_upgrade_resume(void);

/* What an upgrade came to, in numbers of processes. */
struct lunatic_upgraded {
	uint64_t upgraded;
	uint64_t refused; /* the old or the new version has said no */
	uint64_t failed;
	uint64_t timed_out; /* in saving or loading */
	uint64_t waiting;   /* did not receive, and run the old version */
	uint64_t ended;     /* meanwhile */
	uint64_t back;      /* were changed back, because others have failed */
	uint64_t stuck;     /* could not be */
};

enum {
	LUNATIC_UPGRADE_KEEP_GOING = 1, /* none is changed back */
	LUNATIC_UPGRADE_DRY_RUN = 2,    /* each tries, and goes on as it was */
};

/*
 * Upgrades the processes of a module in this environment and below: `module` is
 * its name, or the beginning of its SHA-256 in hexadecimal; NULL is the module
 * of this process. This process itself, if it is one of them, follows when it
 * next receives. `result` may be NULL. LUNATIC_EHOST: at least one has failed,
 * or nothing has begun; lunatic_status_text tells why.
 */
int lunatic_upgrade(const char *module, const void *binary, size_t size,
		    int64_t timeout, int flags,
		    struct lunatic_upgraded *result);

#ifdef __cplusplus
}
#endif

#endif
