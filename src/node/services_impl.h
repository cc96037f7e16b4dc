/*
 * Shared by the files of the services:
 *
 *   services.c           entries of this node's processes, and who has them
 *   service_entries.c    the tables of names: entries in and out, look-ups
 *   service_frames.c     the frames
 *   service_sessions.c   what other nodes are told, and who is connected
 *   service_receive.c    what other nodes announce
 *   service_groups.c     groups
 *   service_nodes.c      who is told of nodes
 *
 * Lock order: services->lock, then a shard's; or the lock of a process; or
 * peer->lock. Processes and peers are released under none.
 */
#ifndef LN_NODE_SERVICES_IMPL_H
#define LN_NODE_SERVICES_IMPL_H

#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/futex.h"
#include "base/list.h"
#include "base/semver.h"
#include "base/table.h"
#include "node/id_table.h"
#include "node/services.h"
#include "process/remote.h"

struct ln_frame;
struct ln_message;
struct ln_peer;
struct ln_session;

#define LN_SERVICES_SHARD_BITS 4

/* What an entry counts for beside its texts. */
#define LN_SERVICE_ENTRY_BYTES 256u

/* Entries that are removed before others may run. */
#define LN_SERVICES_PIECE 64u

/* Ranks are below this, so that there is always a higher one. */
#define LN_SERVICE_RANK_END (UINT64_C(1) << 63)

enum ln_service_kind { LN_SERVICE_NAMES, LN_SERVICE_GROUPS };

/* Of whom entries are: of this node, or of another one. All under
 * services->lock. */
struct ln_service_source {
	struct ln_list entries; /* in the order of `number` */
	uint32_t count;
	uint64_t bytes;
	uint64_t digest; /* sum of those of the entries */
	uint8_t incarnation[LN_ID_SIZE];
};

/* A process of this node that has entries, or watches the nodes. Until the
 * process ends. */
struct ln_service_owner {
	struct ln_end_watch watch;
	struct ln_id_entry entry; /* in services->owners */
	struct ln_services *services;
	struct ln_process *process; /* counted */
	struct ln_list entries;
	struct ln_list watcher; /* in services->watchers, if it watches */
	uint64_t number;        /* of all watchers that there were */
	int64_t tag;            /* of what it is told of nodes */
	bool watches;
};

/* What has entries under one name: names have them in the order of version,
 * rank and incarnation, groups in that of incarnation and id. */
struct ln_service_name {
	uint64_t hash;
	enum ln_service_kind kind;
	struct ln_service_entry **entries;
	uint32_t count;
	uint32_t capacity;
	uint32_t own; /* of this node; under services->lock */
	size_t len;
	char text[];
};

struct ln_service_entry {
	struct ln_list link; /* of the source */
	struct ln_service_source *source;
	struct ln_service_name *name;
	struct ln_process *process; /* counted */
	struct ln_list owned;       /* of the owner; only of this node */
	uint64_t number;            /* of all entries of this node */
	uint64_t rank;
	uint64_t digest;           /* of all that other nodes know of it */
	size_t bytes;              /* that it counts for */
	int64_t tag;               /* only of this node */
	struct ln_version version; /* in `text` */
	size_t version_len;
	char text[]; /* of the version */
};

/* What there is for a session. All but the first under services->lock. */
struct ln_service_session {
	struct ln_session *session;
	struct ln_peer *peer; /* of the session, which has it counted */
	struct ln_list link;  /* in services->sessions, once it has begun */
	uint64_t order;       /* of all sessions that there were */
	bool speaks;          /* the peer knows the frames */
	bool wanted;          /* it is asked for its next entries */
	bool fresh;           /* and has told some since then */
	bool complete;        /* it has told all */
	int64_t since;        /* when it began: CLOCK_MONOTONIC, ns */
	bool told;            /* it was told all: changes follow */
	uint64_t next;        /* else those before this number, */
	struct ln_list *at;   /* and the next is this one, or the end */
	struct ln_service_source source; /* what it has announced */
};

struct ln_service_shard {
	alignas(LN_CACHE_LINE) struct ln_lock lock;
	struct ln_table names; /* struct ln_service_name, by hash */
};

struct ln_services {
	/* Immutable. */
	struct ln_local_node *node;
	uint64_t key[2];

	/* Under `lock`. */
	struct ln_lock lock;
	uint64_t clock;         /* the highest rank that was seen */
	uint64_t numbers;       /* that entries have got */
	uint64_t orders;        /* that sessions and watchers have got */
	_Atomic uint32_t turns; /* of members that one message goes to; any
				 * thread */
	struct ln_service_source own;
	struct ln_id_table owners;
	struct ln_list sessions; /* struct ln_service_session, by order */
	struct ln_list watchers; /* struct ln_service_owner, by number */
	uint32_t watcher_count;

	/* Changed under `lock` and their own; read under their own. */
	struct ln_service_shard shards[1 << LN_SERVICES_SHARD_BITS];
};

/* service_entries.c; under services->lock but for the first and the last. */

/* An entry that is nowhere yet, for a process, whose reference it takes over.
 * NULL: no memory, and the reference is still the caller's. */
struct ln_service_entry *ln_service_entry_new(const struct ln_service_key *key,
					      struct ln_process *process);

/* The entry of a name and version, that of the source if it is not NULL, else
 * that which keeps it. NULL: none. */
struct ln_service_entry *
ln_service_find(struct ln_services *services, const struct ln_service_key *key,
		const struct ln_version *version,
		const struct ln_service_source *source);

/* The membership of a process of the source in a group; NULL: it is none. */
struct ln_service_entry *ln_service_find_member(
	struct ln_services *services, const struct ln_service_key *key,
	struct ln_service_source *source, struct ln_process *process);

/* What has entries under a name, found under the shard's lock: that is held
 * when this returns, for the caller to release. NULL: nothing. */
struct ln_service_name *ln_service_name_lock(struct ln_services *services,
					     enum ln_service_kind kind,
					     const char *text, size_t len,
					     struct ln_lock **lock);

/* Puts it in, as the last of its source. LN_ENOMEM; LN_ELIMIT: this node has
 * too many of the name. */
int ln_service_insert(struct ln_services *services,
		      struct ln_service_source *source,
		      struct ln_service_entry *entry,
		      const struct ln_service_key *key);

/* Takes it out, to the list `gone`. */
void ln_service_take_out(struct ln_services *services,
			 struct ln_service_entry *entry, struct ln_list *gone);

/* Whether the first of two with one name and version keeps it. */
bool ln_service_beats(const struct ln_service_entry *one,
		      const struct ln_service_entry *other);

/* Frees entries that were taken out. Under no lock. */
void ln_service_entries_free(struct ln_list *gone);

/* service_frames.c; NULL: no memory. */
struct ln_frame *ln_service_frame_added(const struct ln_service_entry *entry);
struct ln_frame *ln_service_frame_removed(const struct ln_service_entry *entry);
struct ln_frame *ln_service_frame_want(void);
struct ln_frame *ln_service_frame_more(void);
struct ln_frame *ln_service_frame_all(const struct ln_services *services);

/* service_sessions.c; under services->lock. All who know it, or are to, are
 * told of a new entry, or of one that goes. */
void ln_service_announce(struct ln_services *services,
			 struct ln_service_entry *entry);
void ln_service_take_back(struct ln_services *services,
			  const struct ln_service_entry *entry);

/* Tells a peer the next entries; false: it was told all. Under
 * services->lock. */
bool ln_service_tell_some(struct ln_services *services,
			  struct ln_service_session *to);

/* See struct ln_part. */
int ln_service_session_up(struct ln_session *session);
void ln_service_session_begin(struct ln_session *session);
void ln_service_session_down(struct ln_session *session);

/* services.c */

/* The owner that a process is, made if needed. Under services->lock. LN_EDEAD,
 * LN_ENOMEM. */
int ln_service_owner_get(struct ln_services *services,
			 struct ln_process *process,
			 struct ln_service_owner **owner);

/* Gives a process of this node an entry, unless it has it. `claims` says, under
 * services->lock, whether it may: 0; 1, it has it; or an error. Returns 0, or
 * the error. */
int ln_service_give(struct ln_services *services,
		    const struct ln_service_key *key,
		    struct ln_process *process, int64_t tag,
		    int (*claims)(struct ln_services *services,
				  const struct ln_service_key *key,
				  struct ln_service_entry *entry));

/* Takes an entry of this node out: counts, and tells the others. Under
 * services->lock. */
void ln_service_withdraw(struct ln_services *services,
			 struct ln_service_entry *entry, struct ln_list *gone);

/* Tells the process of an entry, which was taken out, that `winner` has its
 * name now. Under no lock. */
void ln_service_tell_lost(const struct ln_service_entry *entry,
			  const struct ln_service_key *key,
			  struct ln_process *winner);

/* The message that tells of a node, whose name ends with a zero; NULL: no
 * memory. */
struct ln_message *ln_service_event(enum ln_service_event event,
				    uint64_t number, const char *name,
				    int64_t tag);

/* service_nodes.c: the node has come, or gone. Under no lock. */
void ln_service_tell_nodes(struct ln_services *services,
			   const struct ln_session *session,
			   enum ln_service_event event);

#endif
