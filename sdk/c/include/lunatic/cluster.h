/*
 * What all nodes of a cluster know together: the nodes, processes under names,
 * and groups of processes. Each node has a copy, so asking waits for nobody.
 * See docs/cluster.md.
 *
 * A node has a number, the same on all nodes, until it ends.
 */
#ifndef LUNATIC_CLUSTER_H
#define LUNATIC_CLUSTER_H

#include <lunatic/process.h>
#include <lunatic/reader.h>
#include <lunatic/writer.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes of a node's name with its end, and of all its attributes. */
#define LUNATIC_NODE_NAME_SIZE 256
#define LUNATIC_NODE_ATTRIBUTES_SIZE 8193

/* The number of this node; 0 when the program is not a node. */
uint64_t lunatic_node_self(void);

/*
 * Stores the numbers of the nodes, at most `max`: of this one first, then of
 * those that are connected. Returns how many nodes there are.
 *
 *	static void list(void)
 *	{
 *		uint64_t nodes[64];
 *		char name[LUNATIC_NODE_NAME_SIZE];
 *		size_t count = lunatic_node_list(nodes, 64);
 *
 *		for (size_t i = 0; i < count && i < 64; i++) {
 *			if (lunatic_node_name(nodes[i], name) == 0)
 *				puts(name);
 *		}
 *	}
 */
size_t lunatic_node_list(uint64_t *nodes, size_t max);

/* The name of a node, which lunatic_env_new_remote takes. LUNATIC_ENOTFOUND: it
 * is not connected. */
int lunatic_node_name(uint64_t node, char name[LUNATIC_NODE_NAME_SIZE]);

/* The attributes of a node: lines of "key=value", of which the name is the
 * first. The first who asks about a node waits for its answer.
 * LUNATIC_ENOTFOUND: it is not connected, or does not tell. */
int lunatic_node_attributes(uint64_t node,
			    char text[LUNATIC_NODE_ATTRIBUTES_SIZE]);

/*
 * Chooses a node to spawn on, this one among them: any that has the attributes
 * of a query, "key=value" joined by "&", or, for LUNATIC_NODE_LIGHT, of two
 *such nodes the one that runs fewer processes for each of its workers.
 * LUNATIC_ENOTFOUND: there is none; LUNATIC_EFORMAT: the query is malformed;
 * LUNATIC_EMISUSE: the program is not a node.
 *
 *	static int env_in_europe(struct lunatic_env *env,
 *				 struct lunatic_config config)
 *	{
 *		char name[LUNATIC_NODE_NAME_SIZE];
 *		uint64_t node;
 *		int status = lunatic_node_choose("zone=eu", LUNATIC_NODE_LIGHT,
 *						 &node);
 *
 *		if (status == 0)
 *			status = lunatic_node_name(node, name);
 *		if (status == 0)
 *			status = lunatic_env_new_remote(env, name, config);
 *		return status;
 *	}
 */
enum lunatic_node_choice { LUNATIC_NODE_ANY, LUNATIC_NODE_LIGHT };
int lunatic_node_choose(const char *query, enum lunatic_node_choice choice,
			uint64_t *node);

/* What is told of a node. */
struct lunatic_node_event {
	bool up; /* it is connected; false: it is lost */
	uint64_t node;
	char name[LUNATIC_NODE_NAME_SIZE];
};

/*
 * Has this process told which nodes come and go, by messages with the tag.
 * Watch first, then list the nodes, and you miss none. LUNATIC_EMISUSE: the
 * program is not a node. Traps if too many processes watch.
 *
 *	static void watch(void)
 *	{
 *		int64_t tag = lunatic_tag_new();
 *		struct lunatic_node_event event;
 *		struct lunatic_reader mail;
 *
 *		if (lunatic_nodes_watch(tag) != 0)
 *			return;
 *		while (lunatic_receive_tagged(&mail, &tag, 1,
 *					      LUNATIC_FOREVER) == 0) {
 *			if (lunatic_read_node_event(&mail, &event) == 0)
 *				printf("%s %s\n", event.name,
 *				       event.up ? "is there" : "is lost");
 *		}
 *	}
 */
int lunatic_nodes_watch(int64_t tag);

/* Ends that; false: this process did not watch. */
bool lunatic_nodes_unwatch(void);

/* Reads such a message. LUNATIC_EFORMAT: it is another one. */
int lunatic_read_node_event(struct lunatic_reader *mail,
			    struct lunatic_node_event *event);

/*
 * Registers a process of this node under a name and a version in the whole
 * cluster, until it ends or the node is lost. Another process may have got the
 * same name and version on another node meanwhile: then one of the two keeps
 * it, the same on all nodes, and the other one gets a message with `tag`, which
 * lunatic_read_name_lost reads. LUNATIC_EEXIST: another process has the name
 * and version; LUNATIC_EFORMAT: it is no semantic version; LUNATIC_EMISUSE: the
 * process is of another node, or of an environment that is neither this
 * process's nor below it, or the program is not a node. Traps if the handle is
 * invalid, or there are too many registrations.
 *
 *	static int lead(void)
 *	{
 *		struct lunatic_proc self = lunatic_proc_self();
 *		int64_t lost = lunatic_tag_new();
 *		struct lunatic_proc other;
 *		struct lunatic_reader mail;
 *		int status = lunatic_global_register("leader", "1.0.0", self,
 *						     lost);
 *
 *		lunatic_proc_drop(self);
 *		if (status == 0)
 *			status = lunatic_receive_tagged(&mail, &lost, 1,
 *							LUNATIC_FOREVER);
 *		if (status == 0)
 *			status = lunatic_read_name_lost(&mail, &other);
 *		if (status == 0)
 *			lunatic_proc_drop(other);
 *		return status;
 *	}
 */
int lunatic_global_register(const char *name, const char *version,
			    struct lunatic_proc proc, int64_t tag);

/* Removes a registration of a process of this node. LUNATIC_EFORMAT,
 * LUNATIC_ENOTFOUND. */
int lunatic_global_unregister(const char *name, const char *version);

/* Finds the process with the highest version that matches a requirement, as
 * lunatic_lookup, on any node. LUNATIC_EFORMAT, LUNATIC_ENOTFOUND. */
int lunatic_global_lookup(const char *name, const char *requirement,
			  struct lunatic_proc *proc);

/* Reads a message that tells of a lost name: the process that has it now, whose
 * handle the caller drops. LUNATIC_EFORMAT: it is another one. */
int lunatic_read_name_lost(struct lunatic_reader *mail,
			   struct lunatic_proc *winner);

/*
 * Makes a process of this node a member of a group, on all nodes, until it ends
 * or leaves; again changes nothing. LUNATIC_EMISUSE: as for
 * lunatic_global_register. Traps if the handle is invalid, or there
 * are too many memberships.
 *
 *	static int ask_all(const char *group)
 *	{
 *		struct lunatic_writer mail;
 *		size_t count;
 *
 *		lunatic_mail_begin(&mail, 0);
 *		lunatic_write_str(&mail, "status?");
 *		return lunatic_group_send_all(&mail, group, &count);
 *	}
 */
int lunatic_group_join(const char *group, struct lunatic_proc proc);

/* Ends that. LUNATIC_ENOTFOUND: this node has no such member. Traps if the
 * handle is invalid. */
int lunatic_group_leave(const char *group, struct lunatic_proc proc);

/* Stores handles to the members of a group on all nodes, at most `max`, which
 * the caller drops. Returns how many members there are. */
size_t lunatic_group_members(const char *group, struct lunatic_proc *procs,
			     size_t max);

/* Sends a message to one member, each time to the next one. LUNATIC_ENOTFOUND:
 * there is none, and nothing was sent; or the status of the writer. It is
 * dropped, and traps, as lunatic_mail_send does. */
int lunatic_group_send_one(struct lunatic_writer *mail, const char *group);

/* Sends a message to all members, and stores how many there were. It may hold
 * handles to processes only, and traps otherwise. Returns the status of the
 * writer. */
int lunatic_group_send_all(struct lunatic_writer *mail, const char *group,
			   size_t *count);

#ifdef __cplusplus
}
#endif

#endif
