/*
 * What a cluster knows together: processes under names and versions, groups of
 * processes, and which nodes are there. Each node announces its own processes
 * to all nodes that it is connected with, and keeps a copy of what they
 * announce. So looking something up asks nobody; and what a node has announced
 * is forgotten with its session, as the entries of a process are with its end.
 *
 * A name and version belong to one process. Two nodes may give one away at the
 * same time, or while they are not connected. When they hear of each other, the
 * same rule decides on all nodes: the entry with the lower rank stays, and of
 * equal ranks that of the node with the smaller incarnation. A rank is higher
 * than all that its node had seen before. The loser's process is told.
 */
#ifndef LN_NODE_SERVICES_H
#define LN_NODE_SERVICES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ln_environment;
struct ln_local_node;
struct ln_process;
struct ln_requirement;
struct ln_services;

/* The first version of the protocol that has them. Nodes of an older one have
 * no entries. */
#define LN_SERVICES_VERSION 5u

#define LN_SERVICES_NAME_MAX 4096u /* bytes of a name */

/* Entries that one node may announce, their bytes, and those of one name: its
 * versions. */
#define LN_SERVICES_ENTRIES_MAX 131072u
#define LN_SERVICES_BYTES_MAX (UINT64_C(32) << 20)
#define LN_SERVICES_SAME_NAME_MAX 1024u

/* How long a node that has just been connected is waited for: ns. */
#define LN_SERVICES_PATIENCE INT64_C(2000000000)

/* Processes of one node that watch the nodes. */
#define LN_SERVICES_WATCHERS_MAX 1024u

/* What a message to a process is about: the first value of an array in
 * MessagePack. */
enum ln_service_event {
	/* number of the node, its name */
	LN_SERVICE_NODE_UP = 1,
	LN_SERVICE_NODE_DOWN,
	/* the name, the version, 0: the index, among the resources, of the
	 * process that has it now */
	LN_SERVICE_NAME_LOST,
};

/* A name of any bytes, and a version that was checked. */
struct ln_service_key {
	const char *name;
	size_t name_len;
	const char *version;
	size_t version_len;
};

/* Part of a node. LN_ENOMEM. */
int ln_services_new(struct ln_local_node *node, struct ln_services **services);
/* No session is up, and no process has an entry; NULL is fine. */
void ln_services_free(struct ln_services *services);

/* Waits until all nodes take what is announced. To be called before anything is
 * announced or taken back. Outside of tasks it does not wait: LN_EFULL.
 * LN_EKILLED, LN_ETIMEDOUT. */
int ln_services_wait_for_room(struct ln_local_node *node, int64_t deadline);

/* Waits until the nodes that are connected have told all names, or have had
 * LN_SERVICES_PATIENCE for that: to be called before a name is taken, which
 * another node may have given away. LN_EKILLED. */
int ln_services_wait_for_names(struct ln_local_node *node);

/* Gives a process of this node a name. If it has that name already, the tag
 * changes. The tag is that of the message that tells it of the loss. LN_EEXIST:
 * another one has it; LN_EINVAL: it is of another node; LN_EDEAD; LN_ELIMIT,
 * LN_EMEMORY, LN_ENOMEM. Any thread. */
int ln_services_register(struct ln_local_node *node,
			 const struct ln_service_key *key,
			 struct ln_process *process, int64_t tag);

/* Takes a name back from a process of this node that `environment` answers for
 * (ln_environment_answers_for); NULL: from any. LN_ENOENT. Any thread. */
int ln_services_unregister(struct ln_local_node *node,
			   const struct ln_service_key *key,
			   const struct ln_environment *environment);

/* The process with the highest version that matches, on any node, with a
 * reference for the caller; NULL: none. *compared: versions that were looked
 * at. Any thread. */
struct ln_process *ln_services_lookup(struct ln_local_node *node,
				      const char *name, size_t len,
				      const struct ln_requirement *requirement,
				      uint32_t *compared);

/* Makes a process of this node a member of a group; again changes nothing.
 * Groups are apart from names; they need not be made. LN_EINVAL: it is of
 * another node; LN_EDEAD; LN_ELIMIT, LN_EMEMORY, LN_ENOMEM. Any thread. */
int ln_services_join(struct ln_local_node *node, const char *group, size_t len,
		     struct ln_process *process);

/* It is one no longer, which it is in any case when it ends. LN_ENOENT. Any
 * thread. */
int ln_services_leave(struct ln_local_node *node, const char *group, size_t len,
		      struct ln_process *process);

/* Stores the members of a group on all nodes, at most `max`, each with a
 * reference for the caller, in the same order on all nodes. Returns how many
 * there are. Any thread. */
size_t ln_services_members(struct ln_local_node *node, const char *group,
			   size_t len, struct ln_process **members, size_t max);

/* A member, another one each time, likewise; NULL: there is none. */
struct ln_process *ln_services_member(struct ln_local_node *node,
				      const char *group, size_t len);

/* Has a process of this node told, with the tag, which nodes come and go; again
 * changes the tag. LN_EDEAD, LN_EINVAL, LN_ELIMIT, LN_ENOMEM. Any thread. */
int ln_services_watch_nodes(struct ln_local_node *node,
			    struct ln_process *process, int64_t tag);
/* No longer; false: it was not. */
bool ln_services_unwatch_nodes(struct ln_local_node *node,
			       struct ln_process *process);

#endif
