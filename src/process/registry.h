/*
 * The registry of an environment: processes under a name and a version, found
 * by name and requirement. An entry holds a reference of its process and
 * vanishes when that ends. Any thread; nothing here waits. References are
 * counted: the environment has one, and each entry.
 */
#ifndef LN_PROCESS_REGISTRY_H
#define LN_PROCESS_REGISTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ln_account;
struct ln_process;
struct ln_registration;
struct ln_registry;
struct ln_requirement;
struct ln_version;

#define LN_REGISTRY_NAME_MAX 4096     /* bytes of a name */
#define LN_REGISTRY_VERSIONS_MAX 4096 /* versions of one name */

/* `max_entries` and `max_bytes` bound what it holds; the bytes are those of
 * names, once for each version, and versions. Entries are charged to `account`,
 * too, which must last until the registry is closed; it may be NULL. LN_ENOMEM.
 */
int ln_registry_new(uint64_t max_entries, uint64_t max_bytes,
		    struct ln_account *account, struct ln_registry **registry);

/* Forgets all entries and drops the caller's reference; NULL is fine.
 * Afterwards only processes that end may use it. */
void ln_registry_close(struct ln_registry *registry);

/* Puts a process under a name, which may be any bytes, and a version; a process
 * that was there is replaced. LN_EINVAL (the name is too long), LN_ELIMIT,
 * LN_EMEMORY, LN_ENOMEM: nothing has changed; LN_EDEAD: the process has ended,
 * and nothing is there now. */
int ln_registry_register(struct ln_registry *registry, const char *name,
			 size_t len, const struct ln_version *version,
			 struct ln_process *process);

/* The same, if nothing is under the name in any version: else *there is what
 * ln_registry_unversioned finds, and nothing changes. */
int ln_registry_register_new(struct ln_registry *registry, const char *name,
			     size_t len, const struct ln_version *version,
			     struct ln_process *process,
			     struct ln_process **there);

/* Forgets what is under exactly that version. LN_ENOENT. */
int ln_registry_unregister(struct ln_registry *registry, const char *name,
			   size_t len, const struct ln_version *version);

/* The process with the highest version that matches, with a reference for the
 * caller, or NULL. *compared: versions that were looked at. */
struct ln_process *ln_registry_lookup(struct ln_registry *registry,
				      const char *name, size_t len,
				      const struct ln_requirement *requirement,
				      uint32_t *compared);

/* For those who know names only: the one with the version 0.0.0, under which
 * they register, or else with the highest of all; likewise. */
struct ln_process *ln_registry_unversioned(struct ln_registry *registry,
					   const char *name, size_t len);

/* Copies the beginning of a name that a process is registered under, up to
 * `size` bytes, and stores its length. False: there is none. */
bool ln_registry_name(struct ln_process *process, char *name, size_t size,
		      size_t *len);

/* What a process is registered under. */
struct ln_registered {
	char name[64]; /* the beginning, any bytes, not terminated */
	size_t len;    /* of the whole name */
	uint64_t major;
	uint64_t minor;
	uint64_t patch;
};

/* Tells of the first `max` entries of a process, at most LN_REGISTERED_MAX, and
 * returns how many there are. Any thread. */
#define LN_REGISTERED_MAX 16
size_t ln_registry_names(struct ln_process *process,
			 struct ln_registered *names, size_t max);

/* Forgets all entries of a process, in all registries. It is marked dead, so
 * that no new ones come. */
void ln_registry_forget(struct ln_process *process);

#endif
