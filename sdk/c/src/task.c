/*
 * Tasks. The first message of a task is [parent, tag, argument]. Its result
 * goes to the parent with that tag, which is also the tag of the link. So one
 * search finds the result or the failure.
 */
#include <lunatic/abi.h>
#include <lunatic/mailbox.h>
#include <lunatic/status.h>
#include <lunatic/task.h>

#include "internal.h"

struct answer {
	struct lunatic_proc parent;
	int64_t tag;
};

static int begin_result(struct lunatic_writer *result)
{
	const struct answer *answer = result->context;

	lunatic_message_create_data(answer->tag, 0);
	lunatic_scratch_changed();
	lunatic_writer_open(result);
	return 0;
}

static void run_task(uintptr_t function)
{
	lunatic_task_run *run = (lunatic_task_run *)function;
	struct lunatic_reader argument;
	struct lunatic_writer result;
	struct answer answer;

	lunatic_receive(&argument, LUNATIC_FOREVER);
	lunatic_read_tuple(&argument, 3);
	answer.parent = lunatic_read_proc(&argument);
	answer.tag = lunatic_read_int(&argument);
	if (argument.status != 0)
		lunatic_fail();
	lunatic_writer_arm(&result, begin_result, &answer);
	run(&argument, &result);
	if (argument.status != 0)
		lunatic_fail();
	if (!lunatic_writer_begun(&result))
		lunatic_write_nil(&result);
	if (lunatic_mail_send(&result, answer.parent) != 0)
		lunatic_fail();
}

void lunatic_task_begin(struct lunatic_task *task,
			struct lunatic_writer *argument)
{
	task->proc = LUNATIC_NO_PROC;
	task->tag = lunatic_tag_new();
	lunatic_mail_begin(argument, 0);
	lunatic_write_array(argument, 3);
	lunatic_write_proc(argument, lunatic_proc_self());
	lunatic_write_int(argument, task->tag);
}

int lunatic_task_start(struct lunatic_task *task,
		       const struct lunatic_spawn *how, lunatic_task_run *run,
		       struct lunatic_writer *argument)
{
	struct lunatic_spawn linked = { .link = task->tag };

	if (how != NULL)
		linked.module = how->module;
	return lunatic_spawn_helper(&task->proc, &linked, run_task,
				    (uintptr_t)run, argument);
}

int lunatic_task_join(struct lunatic_task *task, struct lunatic_reader *result,
		      int64_t timeout)
{
	int received = lunatic_receive_tagged(result, &task->tag, 1, timeout);

	if (received < 0)
		return received;
	lunatic_proc_drop(task->proc);
	task->proc = LUNATIC_NO_PROC;
	if (received == LUNATIC_MESSAGE)
		return 0;
	lunatic_note_end(NULL);
	return LUNATIC_EDIED;
}

void lunatic_task_cancel(struct lunatic_task *task)
{
	if (!lunatic_proc_is(task->proc))
		return;
	lunatic_proc_unlink(task->proc);
	lunatic_proc_kill(task->proc);
	lunatic_proc_drop(task->proc);
	task->proc = LUNATIC_NO_PROC;
}
