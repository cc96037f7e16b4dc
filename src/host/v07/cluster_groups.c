/* lunatic::cluster: groups of processes on all nodes. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/time.h"
#include "engine/instance.h"
#include "host/abi_gen.h"
#include "host/messages.h"
#include "host/result.h"
#include "node/services.h"
#include "process/environment.h"
#include "process/process.h"
#include "process/runtime.h"
#include "sched/task.h"

/* Results. */
#define DONE LN_HOST_DONE
#define NO_MEMBER 2u
#define ELSEWHERE 3u
#define NO_NODE 4u

/* What a change, which all nodes are told, costs a metered guest; and for each
 * member. */
#define CHANGE_FUEL 1000
#define MEMBER_FUEL 20
#define SEND_FUEL 200

#define REST_AFTER 64 /* members that are released before others may run */

static struct ln_local_node *node_of(const struct ln_guest *guest)
{
	return guest->environment->runtime->node;
}

/* A name that is too long is that of no group. */
static int check_group(struct ln_guest *guest, struct ln_slice group)
{
	return ln_host_check_text(guest, "group", group, LN_SERVICES_NAME_MAX);
}

/* What all functions that change a membership begin with. */
static int prepare(struct ln_guest *guest, struct ln_slice group, uint64_t id,
		   struct ln_process **process)
{
	if (check_group(guest, group) < 0)
		return LN_ETRAP;
	*process = ln_guest_get(guest, LN_RESOURCE_PROCESS, id);
	if (*process == NULL)
		return ln_host_missing(guest, LN_RESOURCE_PROCESS, id);
	return 0;
}

static bool answers_for(const struct ln_guest *guest,
			const struct ln_process *process)
{
	return !ln_process_is_remote(process) &&
	       ln_environment_answers_for(guest->environment,
					  process->environment);
}

static int wait_for_room(struct ln_guest *guest, struct ln_local_node *node)
{
	int error;

	ln_guest_pay(guest, CHANGE_FUEL);
	error = ln_services_wait_for_room(node, LN_NEVER);
	ln_instance_resumed(guest->instance);
	return error;
}

int ln_host_cluster_join(struct ln_guest *guest, struct ln_slice group,
			 uint64_t process, uint32_t *result)
{
	struct ln_local_node *node = node_of(guest);
	struct ln_process *who;
	int error;

	if (group.len > LN_SERVICES_NAME_MAX)
		return ln_guest_trap(guest, "the group has more than %u bytes",
				     LN_SERVICES_NAME_MAX);
	if (prepare(guest, group, process, &who) < 0)
		return LN_ETRAP;
	*result = NO_NODE;
	if (node == NULL)
		return 0;
	*result = ELSEWHERE;
	if (!answers_for(guest, who))
		return 0;
	error = wait_for_room(guest, node);
	if (error == 0)
		error = ln_services_join(node, (const char *)group.data,
					 group.len, who);
	*result = error == LN_EINVAL ? ELSEWHERE : DONE;
	if (error == LN_ELIMIT)
		return ln_guest_trap(guest, "too many registrations in the "
					    "cluster");
	return error == LN_EINVAL || error == LN_EDEAD ? 0 : error;
}

int ln_host_cluster_leave(struct ln_guest *guest, struct ln_slice group,
			  uint64_t process, uint32_t *result)
{
	struct ln_local_node *node = node_of(guest);
	struct ln_process *who;
	int error;

	if (prepare(guest, group, process, &who) < 0)
		return LN_ETRAP;
	*result = NO_MEMBER;
	if (node == NULL || group.len > LN_SERVICES_NAME_MAX ||
	    !answers_for(guest, who))
		return 0;
	error = wait_for_room(guest, node);
	if (error == 0)
		error = ln_services_leave(node, (const char *)group.data,
					  group.len, who);
	if (error == 0)
		*result = DONE;
	return error == LN_ENOENT ? 0 : error;
}

/* The members of a group. */
struct members {
	size_t count;
	struct ln_process **list; /* each with a reference */
};

/* Members `from` on are not needed. */
static void release(struct members *members, size_t from)
{
	for (size_t i = from; i < members->count; i++) {
		ln_process_release(members->list[i]);
		if (i % REST_AFTER == 0)
			ln_task_rest();
	}
	free(members->list);
}

/* At most `max` of them; *total is how many there are. */
static int find(struct ln_guest *guest, struct ln_slice group, size_t max,
		struct members *members, size_t *total)
{
	struct ln_local_node *node = node_of(guest);
	const char *name = (const char *)group.data;
	size_t room = 0;

	*members = (struct members){ 0 };
	*total = node != NULL
			 ? ln_services_members(node, name, group.len, NULL, 0)
			 : 0;
	room = *total < max ? *total : max;
	ln_guest_pay(guest, (uint64_t)room * MEMBER_FUEL);
	if (room == 0)
		return 0;
	members->list = malloc(room * sizeof(struct ln_process *));
	if (members->list == NULL)
		return LN_ENOMEM;
	/* Some may have come, or gone, since then. */
	*total =
		ln_services_members(node, name, group.len, members->list, room);
	members->count = *total < room ? *total : room;
	return 0;
}

int ln_host_cluster_members(struct ln_guest *guest, struct ln_slice group,
			    struct ln_array ids, uint32_t *result)
{
	struct members members;
	size_t total;
	size_t given = 0;
	int error;

	if (check_group(guest, group) < 0)
		return LN_ETRAP;
	error = find(guest, group, ids.count, &members, &total);
	while (error == 0 && given < members.count) {
		uint64_t id;

		/* It takes the reference in any case. */
		error = ln_host_add(guest, LN_RESOURCE_PROCESS,
				    members.list[given], &id);
		if (error == 0)
			ln_host_put_id(ids.data + given * sizeof(id), id);
		given++;
	}
	release(&members, given);
	*result = (uint32_t)total;
	return error;
}

int ln_host_cluster_send_one(struct ln_guest *guest, struct ln_slice group,
			     uint32_t *result)
{
	struct ln_local_node *node = node_of(guest);
	struct ln_process *member = NULL;
	int error;

	if (check_group(guest, group) < 0)
		return LN_ETRAP;
	if (ln_host_scratch_data(guest) == NULL)
		return ln_host_no_message(guest);
	if (node != NULL)
		member = ln_services_member(node, (const char *)group.data,
					    group.len);
	*result = NO_MEMBER;
	if (member == NULL)
		return 0;
	*result = DONE;
	error = ln_host_send(guest, member, ln_host_scratch_take(guest),
			     LN_NEVER);
	ln_instance_resumed(guest->instance);
	ln_process_release(member);
	return error;
}

/* Sends a copy to each; *sent counts them. */
static int send_copies(struct ln_guest *guest, const struct members *members,
		       const struct ln_message *message, uint32_t *sent)
{
	int error = 0;

	for (size_t i = 0; i < members->count && error == 0; i++) {
		struct ln_message *copy = ln_message_clone(message);

		if (copy == NULL)
			return LN_ENOMEM;
		ln_guest_charge(guest, message->size);
		ln_guest_pay(guest, SEND_FUEL);
		error = ln_host_send(guest, members->list[i], copy, LN_NEVER);
		*sent += error == 0;
		if (error == 0 && ln_task_interrupted(ln_task_current()))
			error = LN_EKILLED;
		ln_task_rest();
	}
	return error;
}

int ln_host_cluster_send_all(struct ln_guest *guest, struct ln_slice group,
			     uint32_t *result)
{
	struct ln_message *message = ln_host_scratch_data(guest);
	const struct ln_resource_class *bound;
	struct members members;
	size_t total;
	int error;

	if (check_group(guest, group) < 0)
		return LN_ETRAP;
	if (message == NULL)
		return ln_host_no_message(guest);
	bound = ln_message_bound_class(message);
	if (bound != NULL)
		return ln_guest_trap(guest,
				     "a message to a group cannot hold a %s",
				     bound->noun);
	error = find(guest, group, SIZE_MAX, &members, &total);
	*result = 0;
	if (error == 0)
		error = send_copies(guest, &members, message, result);
	release(&members, 0);
	ln_instance_resumed(guest->instance);
	if (error == 0)
		ln_message_free(ln_host_scratch_take(guest));
	return error;
}
