/*
 * What all nodes of a cluster know together.
 */
#include <lunatic/abi.h>
#include <lunatic/cluster.h>
#include <lunatic/mailbox.h>
#include <lunatic/status.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

/* What messages are about. */
#define NODE_UP 1u
#define NODE_DOWN 2u
#define NAME_LOST 3u

#define NAME_MAX_BYTES 4096

uint64_t lunatic_node_self(void)
{
	return lunatic_cluster_node();
}

size_t lunatic_node_list(uint64_t *nodes, size_t max)
{
	return lunatic_cluster_nodes(nodes, (uint32_t)max);
}

/* Ends a text, of which there were `len` bytes. */
static int end_text(char *text, size_t size, int32_t len)
{
	text[0] = len < 0 ? '\0' : text[0];
	if (len < 0)
		return LUNATIC_ENOTFOUND;
	text[(size_t)len < size ? (size_t)len : size - 1] = '\0';
	return 0;
}

int lunatic_node_name(uint64_t node, char name[LUNATIC_NODE_NAME_SIZE])
{
	return end_text(name, LUNATIC_NODE_NAME_SIZE,
			lunatic_cluster_node_name(node, name,
						  LUNATIC_NODE_NAME_SIZE - 1));
}

int lunatic_node_attributes(uint64_t node,
			    char text[LUNATIC_NODE_ATTRIBUTES_SIZE])
{
	return end_text(text, LUNATIC_NODE_ATTRIBUTES_SIZE,
			lunatic_cluster_node_attributes(
				node, text, LUNATIC_NODE_ATTRIBUTES_SIZE - 1));
}

int lunatic_node_choose(const char *query, enum lunatic_node_choice choice,
			uint64_t *node)
{
	*node = 0;
	switch (lunatic_cluster_choose_node(
		query, strlen(query), choice == LUNATIC_NODE_LIGHT, node)) {
	case 0:
		return 0;
	case 1:
		return LUNATIC_EFORMAT;
	case 2:
		return LUNATIC_ENOTFOUND;
	default:
		return LUNATIC_EMISUSE;
	}
}

int lunatic_nodes_watch(int64_t tag)
{
	return lunatic_cluster_watch_nodes(tag) == 0 ? 0 : LUNATIC_EMISUSE;
}

bool lunatic_nodes_unwatch(void)
{
	return lunatic_cluster_unwatch_nodes() != 0;
}

int lunatic_read_node_event(struct lunatic_reader *mail,
			    struct lunatic_node_event *event)
{
	uint64_t what = 0;

	if (lunatic_read_array(mail) == 3)
		what = lunatic_read_uint(mail);
	if (what != NODE_UP && what != NODE_DOWN)
		return LUNATIC_EFORMAT;
	event->up = what == NODE_UP;
	event->node = lunatic_read_uint(mail);
	lunatic_read_str(mail, event->name, sizeof(event->name));
	return lunatic_reader_end(mail);
}

int lunatic_global_register(const char *name, const char *version,
			    struct lunatic_proc proc, int64_t tag)
{
	switch (lunatic_cluster_register(name, strlen(name), version,
					 strlen(version), proc.id, tag)) {
	case 0:
		return 0;
	case 1:
		return LUNATIC_EFORMAT;
	case 2:
		return LUNATIC_EEXIST;
	default:
		return LUNATIC_EMISUSE;
	}
}

/* What the other functions of the registry return. */
static int registry_status(uint32_t result)
{
	if (result == 0)
		return 0;
	return result == 1 ? LUNATIC_EFORMAT : LUNATIC_ENOTFOUND;
}

int lunatic_global_unregister(const char *name, const char *version)
{
	return registry_status(lunatic_cluster_unregister(
		name, strlen(name), version, strlen(version)));
}

int lunatic_global_lookup(const char *name, const char *requirement,
			  struct lunatic_proc *proc)
{
	*proc = LUNATIC_NO_PROC;
	return registry_status(
		lunatic_cluster_lookup(name, strlen(name), requirement,
				       strlen(requirement), &proc->id));
}

int lunatic_read_name_lost(struct lunatic_reader *mail,
			   struct lunatic_proc *winner)
{
	*winner = LUNATIC_NO_PROC;
	if (lunatic_read_array(mail) != 4 ||
	    lunatic_read_uint(mail) != NAME_LOST)
		return LUNATIC_EFORMAT;
	/* The caller knows which name has the tag. */
	free(lunatic_read_str_new(mail, NAME_MAX_BYTES));
	free(lunatic_read_str_new(mail, NAME_MAX_BYTES));
	*winner = lunatic_read_proc(mail);
	return lunatic_reader_end(mail);
}

int lunatic_group_join(const char *group, struct lunatic_proc proc)
{
	return lunatic_cluster_join(group, strlen(group), proc.id) == 0
		       ? 0
		       : LUNATIC_EMISUSE;
}

int lunatic_group_leave(const char *group, struct lunatic_proc proc)
{
	return lunatic_cluster_leave(group, strlen(group), proc.id) == 0
		       ? 0
		       : LUNATIC_ENOTFOUND;
}

size_t lunatic_group_members(const char *group, struct lunatic_proc *procs,
			     size_t max)
{
	_Static_assert(sizeof(struct lunatic_proc) == sizeof(uint64_t),
		       "handles are ids");
	return lunatic_cluster_members(group, strlen(group), &procs->id,
				       (uint32_t)max);
}

int lunatic_group_send_one(struct lunatic_writer *mail, const char *group)
{
	int status = lunatic_writer_close(mail);

	if (status != 0)
		return status;
	status = lunatic_cluster_send_one(group, strlen(group)) == 0
			 ? 0
			 : LUNATIC_ENOTFOUND;
	lunatic_scratch_changed();
	return status;
}

int lunatic_group_send_all(struct lunatic_writer *mail, const char *group,
			   size_t *count)
{
	int status = lunatic_writer_close(mail);

	*count = 0;
	if (status != 0)
		return status;
	*count = lunatic_cluster_send_all(group, strlen(group));
	lunatic_scratch_changed();
	return 0;
}
