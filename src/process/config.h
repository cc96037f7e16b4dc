/*
 * What an environment is made from: limits, permissions, and what its guests
 * see of the world. A configuration is owned by one thread and may be changed
 * until an environment is made from it, which keeps a copy. Texts are copied;
 * their number and size are bounded, since guests make configurations, too.
 */
#ifndef LN_PROCESS_CONFIG_H
#define LN_PROCESS_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/engine.h"

enum ln_memory_strategy {
	LN_MEMORY_SLAB,  /* explicit bounds checks, no mapping per process */
	LN_MEMORY_GUARD, /* guard pages: faster code, mappings per process */
	LN_MEMORY_AUTO,  /* the latter while there are not too many */
};

struct ln_limits {
	uint64_t max_memory;        /* bytes of memories and tables a process */
	uint64_t max_total_memory;  /* the same of all processes; 0: none */
	uint64_t max_fuel;          /* wasm instructions a process; 0: none */
	uint64_t max_processes;     /* alive at the same time */
	uint64_t max_descriptors;   /* sockets and files, open */
	uint64_t max_environments;  /* made below this one, alive */
	uint32_t max_nesting;       /* of environments below this one */
	uint64_t max_messages;      /* in one mailbox; 0: none */
	uint64_t max_mailbox_bytes; /* in one mailbox; 0: none */
	uint64_t max_message_bytes; /* of one message's data */
	uint32_t max_handles;       /* of each kind, a process */
	uint32_t max_links;         /* of a process */
	uint32_t max_table_elements; /* of each table */
	size_t max_module_bytes;     /* of a wasm binary */
	uint64_t max_plugin_ms;      /* of all plugins, for one module */
	uint64_t max_registrations;  /* in the registry */
	uint64_t max_registry_bytes; /* of names and versions there */
};

struct ln_plugin;

/* Bounds that no well-behaved guest should reach. */
extern const struct ln_limits ln_limits_default;

/* Lowers limits to those of a parent; where one has no limit, that of the other
 * holds. Nesting becomes one level less. */
void ln_limits_lower(struct ln_limits *limits, const struct ln_limits *parent);

/* A directory that guests find already open. */
struct ln_preopen {
	char *host;  /* its path for the system */
	char *guest; /* its path for guests */
	bool read_only;
};

struct ln_stdio;

/* Where guests find their standard streams, in place of the program's, and
 * where their traps are reported. */
struct ln_console {
	struct ln_stdio *streams; /* host/stdio.h */
	int reports;              /* a descriptor */
};

struct ln_texts {
	char **list; /* then a NULL; NULL itself when there are none */
	size_t count;
	size_t room; /* entries, the NULL included */
};

/* Entries of each list, and bytes of all texts together. The system bounds a
 * command line with its variables below that. */
#define LN_CONFIG_MAX_ENTRIES ((size_t)1 << 20)
#define LN_CONFIG_MAX_BYTES ((size_t)16 << 20)

/* What processes may be denied beside whole host functions. */
enum ln_denied {
	LN_DENIED_COMPILE = 1, /* adding modules */
	LN_DENIED_CONFIGS = 2, /* making configurations and environments */
	LN_DENIED_SPAWN = 4,   /* starting processes */
};

struct ln_config {
	struct ln_limits limits;
	enum ln_memory_strategy strategy;
	/* None: that of the parent, or else of the runtime. */
	struct ln_engine_choice engine;
	unsigned denied; /* a set of enum ln_denied; 0: nothing */
	/* An environment made from it belongs to the family of its parent: they
	 * have one registry, and their processes find each other by id. */
	bool joins_family;
	/* Its listeners stay open while the runtime drains, and its connections
	 * are not waited for: it serves those who watch. */
	bool serves_operators;
	struct ln_texts allowed;   /* prefixes of "namespace::function" */
	struct ln_texts args;      /* of the guest; the first is its name */
	struct ln_texts envs;      /* NAME=value */
	struct ln_texts listeners; /* addresses, such as 127.0.0.1:80 */
	struct ln_preopen *preopens;
	size_t preopen_count;
	size_t preopen_room;
	struct ln_plugin **plugins; /* counted; applied in this order */
	size_t plugin_count;
	size_t plugin_room;
	size_t bytes;  /* of all texts, their ends included */
	uint64_t kept; /* bytes that whoever has it is charged */
	/* The program's when NULL, and that of its parent for an environment
	 * that has one. Not owned: it outlives all environments. */
	const struct ln_console *console;
};

/* The default limits, nothing allowed, no texts. LN_ENOMEM. */
int ln_config_new(struct ln_config **config);

/* A copy of its own. LN_ENOMEM. */
int ln_config_clone(const struct ln_config *config, struct ln_config **clone);

/* Bytes that it takes, about, with its plugins. */
uint64_t ln_config_weight(const struct ln_config *config);

/* NULL is fine. */
void ln_config_free(struct ln_config *config);

/* All of these copy what they are given: LN_ENOMEM; LN_ELIMIT: that would be
 * too many entries or bytes, nothing changed. Any thread that owns `config`. */

/* Allows the host functions whose "namespace::function" begins with `len` bytes
 * at `prefix`; an empty prefix allows all. LN_EINVAL: it has a zero byte. */
int ln_config_allow(struct ln_config *config, const char *prefix, size_t len);

int ln_config_add_arg(struct ln_config *config, const char *arg);

/* `variable` is NAME=value. */
int ln_config_add_env(struct ln_config *config, const char *variable);

/* Lets guests find a TCP socket that listens at `address`, an IP address and a
 * port, open. */
int ln_config_listen(struct ln_config *config, const char *address);

/* Opens the directory `host` to guests, under the name `guest`. That it exists
 * is checked when an environment is made. */
int ln_config_preopen(struct ln_config *config, const char *host,
		      const char *guest, bool read_only);

/* Lets a plugin, of which it keeps a reference of its own, change modules
 * before they are compiled. LN_ELIMIT: there are LN_PLUGINS_MAX already. */
int ln_config_add_plugin(struct ln_config *config, struct ln_plugin *plugin);

/* Whether the host function `name`, "namespace::function", is allowed. */
bool ln_config_allows(const struct ln_config *config, const char *name);

#endif
