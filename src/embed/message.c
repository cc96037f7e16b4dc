/*
 * DESIGN
 * Messages of the embedding API are those of the runtime: what a native process
 * writes is what a guest reads. The death of a link is a message, too. It can
 * be read and freed here, but neither filled nor sent on, because full
 * mailboxes accept it.
 */
#include <lunatic/runtime.h>

#include <stdint.h>

#include "base/error.h"
#include "process/message.h"
#include "process/monitors.h"
#include "process/process.h"
#include "process/resource.h"

int lunatic_rt_message_new(int64_t tag, lunatic_rt_message **message)
{
	if (message == NULL)
		return LN_EINVAL;
	*message = ln_message_new(LN_MESSAGE_DATA, tag, 0);
	return *message != NULL ? 0 : LN_ENOMEM;
}

void lunatic_rt_message_free(lunatic_rt_message *message)
{
	ln_message_free(message);
}

static bool is_data(const lunatic_rt_message *message)
{
	return message != NULL && message->kind == LN_MESSAGE_DATA;
}

int lunatic_rt_message_write(lunatic_rt_message *message, const void *data,
			     size_t len)
{
	int error;

	if (!is_data(message) || (data == NULL && len > 0))
		return LN_EINVAL;
	error = ln_message_write(message, data, len, PTRDIFF_MAX);
	/* More than any memory holds. */
	return error == LN_ELIMIT ? LN_ENOMEM : error;
}

int lunatic_rt_message_read(lunatic_rt_message *message, void *data, size_t len,
			    size_t *count)
{
	if (count == NULL)
		return LN_EINVAL;
	*count = 0;
	if (message == NULL || (data == NULL && len > 0))
		return LN_EINVAL;
	return ln_message_read(message, data, len, count);
}

int lunatic_rt_message_seek(lunatic_rt_message *message, size_t position)
{
	if (message == NULL || position > message->size)
		return LN_EINVAL;
	message->read_at = position;
	return 0;
}

size_t lunatic_rt_message_size(const lunatic_rt_message *message)
{
	return message != NULL ? message->size : 0;
}

int64_t lunatic_rt_message_tag(const lunatic_rt_message *message)
{
	return message != NULL ? message->tag : 0;
}

bool lunatic_rt_message_is_link_died(const lunatic_rt_message *message)
{
	return message != NULL && message->kind == LN_MESSAGE_LINK_DIED;
}

bool lunatic_rt_message_end(const lunatic_rt_message *message, int *how,
			    uint32_t *exit_code)
{
	struct ln_end end = { .reason = LN_REASON_NORMAL };
	bool is = message != NULL && ln_message_end(message, &end);

	if (how != NULL)
		*how = (int)end.reason;
	if (exit_code != NULL)
		*exit_code = end.code;
	return is;
}

int lunatic_rt_message_push_process(lunatic_rt_message *message,
				    lunatic_rt_process *process,
				    uint64_t *index)
{
	uint64_t unused;
	int error;

	if (index == NULL)
		index = &unused;
	*index = 0;
	if (!is_data(message) || process == NULL)
		return LN_EINVAL;
	error = ln_message_push(message, ln_resource_class(LN_RESOURCE_PROCESS),
				ln_process_retain(process), index);
	if (error < 0)
		ln_process_release(process);
	return error;
}

int lunatic_rt_message_take_process(lunatic_rt_message *message, uint64_t index,
				    lunatic_rt_process **process)
{
	if (process == NULL)
		return LN_EINVAL;
	*process = NULL;
	if (message == NULL)
		return LN_EINVAL;
	*process = ln_message_take(
		message, ln_resource_class(LN_RESOURCE_PROCESS), index);
	return *process != NULL ? 0 : LN_ENOENT;
}

int lunatic_rt_send(lunatic_rt_process *process, lunatic_rt_message *message)
{
	if (process == NULL || !is_data(message)) {
		ln_message_free(message);
		return LN_EINVAL;
	}
	return ln_process_send(process, message);
}
