/*
 * The requests to supervisors, whose value is a variant of enum
 * lunatic_question. supervisor.c answers them.
 */
#include <lunatic/request.h>
#include <lunatic/status.h>
#include <lunatic/supervisor.h>

#include "internal.h"

int lunatic_supervisor_find(struct lunatic_proc supervisor, const char *name,
			    struct lunatic_proc *child, int64_t timeout)
{
	struct lunatic_writer request;
	struct lunatic_reader reply;
	int status;

	*child = LUNATIC_NO_PROC;
	lunatic_request_begin(&request);
	lunatic_write_variant(&request, LUNATIC_ASK_FIND);
	lunatic_write_str(&request, name);
	status = lunatic_request_send(&request, supervisor, &reply, timeout);
	if (status != 0)
		return status;
	if (!lunatic_read_some(&reply))
		return reply.status != 0 ? reply.status : LUNATIC_ENOTFOUND;
	*child = lunatic_read_proc(&reply);
	return lunatic_reader_end(&reply);
}

int lunatic_supervisor_running(struct lunatic_proc supervisor, int64_t timeout)
{
	struct lunatic_writer request;
	struct lunatic_reader reply;
	uint32_t running;
	int status;

	lunatic_request_begin(&request);
	lunatic_write_variant(&request, LUNATIC_ASK_RUNNING);
	lunatic_write_nil(&request);
	status = lunatic_request_send(&request, supervisor, &reply, timeout);
	if (status != 0)
		return status;
	running = lunatic_read_u32(&reply);
	status = lunatic_reader_end(&reply);
	return status != 0 ? status : (int)running;
}

/* Sends a question that is answered with [status, process or nil]. */
static int change(struct lunatic_writer *request, struct lunatic_proc to,
		  struct lunatic_proc *child, int64_t timeout)
{
	struct lunatic_proc proc = LUNATIC_NO_PROC;
	struct lunatic_reader reply;
	int result;
	int status = lunatic_request_send(request, to, &reply, timeout);

	if (status != 0)
		return status;
	lunatic_read_tuple(&reply, 2);
	result = lunatic_read_i32(&reply);
	if (lunatic_read_some(&reply))
		proc = lunatic_read_proc(&reply);
	status = lunatic_reader_end(&reply);
	if (status == 0 && result == 0 && child != NULL)
		*child = proc;
	else
		lunatic_proc_drop(proc);
	return status != 0 ? status : result;
}

int lunatic_supervisor_start_child(struct lunatic_proc supervisor,
				   const struct lunatic_child *spec,
				   const void *data, size_t size,
				   struct lunatic_proc *child, int64_t timeout)
{
	struct lunatic_writer request;

	if (child != NULL)
		*child = LUNATIC_NO_PROC;
	lunatic_request_begin(&request);
	lunatic_write_variant(&request, LUNATIC_ASK_START);
	lunatic_write_array(&request, 2);
	lunatic_write_uint(&request, (uintptr_t)spec);
	if (data != NULL)
		lunatic_write_bin(&request, data, size);
	else
		lunatic_write_nil(&request);
	return change(&request, supervisor, child, timeout);
}

int lunatic_supervisor_end_child(struct lunatic_proc supervisor,
				 const char *name, int64_t timeout)
{
	struct lunatic_writer request;

	lunatic_request_begin(&request);
	lunatic_write_variant(&request, LUNATIC_ASK_END_NAME);
	lunatic_write_str(&request, name);
	return change(&request, supervisor, NULL, timeout);
}

int lunatic_supervisor_end_proc(struct lunatic_proc supervisor,
				struct lunatic_proc child, int64_t timeout)
{
	struct lunatic_writer request;

	lunatic_request_begin(&request);
	lunatic_write_variant(&request, LUNATIC_ASK_END_PROC);
	lunatic_write_proc(&request, lunatic_proc_clone(child));
	return change(&request, supervisor, NULL, timeout);
}

/* Reads one entry of a list into `info`, or skips it if that is NULL. */
static void read_info(struct lunatic_reader *reply,
		      struct lunatic_child_info *info)
{
	struct lunatic_child_info unused;

	if (info == NULL)
		info = &unused;
	info->proc = LUNATIC_NO_PROC;
	lunatic_read_tuple(reply, 3);
	lunatic_read_str(reply, info->name, sizeof(info->name));
	info->restart = (enum lunatic_restart)lunatic_read_u32(reply);
	if (lunatic_read_some(reply))
		info->proc = lunatic_read_proc(reply);
	if (info == &unused)
		lunatic_proc_drop(info->proc);
}

int lunatic_supervisor_children(struct lunatic_proc supervisor,
				struct lunatic_child_info *infos, uint32_t max,
				int64_t timeout)
{
	struct lunatic_writer request;
	struct lunatic_reader reply;
	uint32_t count;
	int status;

	lunatic_request_begin(&request);
	lunatic_write_variant(&request, LUNATIC_ASK_LIST);
	lunatic_write_nil(&request);
	status = lunatic_request_send(&request, supervisor, &reply, timeout);
	if (status != 0)
		return status;
	count = lunatic_read_array(&reply);
	for (uint32_t i = 0; i < count && reply.status == 0; i++)
		read_info(&reply, i < max ? &infos[i] : NULL);
	status = lunatic_reader_end(&reply);
	return status != 0 ? status : (int)count;
}
