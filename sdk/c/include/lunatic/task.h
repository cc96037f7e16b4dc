/*
 * Tasks: processes that compute one value, which is fetched later.
 *
 * A task is linked with the process that started it. If that fails, so does the
 * task; if the task fails, so does that process, unless it catches links: then
 * lunatic_task_join tells.
 */
#ifndef LUNATIC_TASK_H
#define LUNATIC_TASK_H

#include <lunatic/process.h>

#ifdef __cplusplus
extern "C" {
#endif

struct lunatic_task {
	struct lunatic_proc proc;
	int64_t tag; /* of the link and of the result */
};

/*
 * What a task does: reads its argument, and writes one value, its result.
 * Nothing written is nil. Reading must be over before writing begins. A value
 * that is not complete, or that failed, makes the task fail.
 */
typedef void lunatic_task_run(struct lunatic_reader *argument,
			      struct lunatic_writer *result);

/*
 * Begins the argument of a task; one value must follow.
 *
 *	static void square(struct lunatic_reader *argument,
 *			   struct lunatic_writer *result)
 *	{
 *		int32_t side = lunatic_read_i32(argument);
 *
 *		lunatic_write_int(result, (int64_t)side * side);
 *	}
 *
 *	static int64_t squared(int32_t side)
 *	{
 *		struct lunatic_writer argument;
 *		struct lunatic_reader result;
 *		struct lunatic_task task;
 *		int64_t area = -1;
 *
 *		lunatic_task_begin(&task, &argument);
 *		lunatic_write_int(&argument, side);
 *		if (lunatic_task_start(&task, NULL, square, &argument) == 0 &&
 *		    lunatic_task_join(&task, &result, LUNATIC_FOREVER) == 0)
 *			area = lunatic_read_int(&result);
 *		return area;
 *	}
 */
void lunatic_task_begin(struct lunatic_task *task,
			struct lunatic_writer *argument);

/* Spawns the task. `how` says from which module; its link is not looked at.
 * Returns what made the writer fail, or what lunatic_spawn returns; the task is
 * none then. */
int lunatic_task_start(struct lunatic_task *task,
		       const struct lunatic_spawn *how, lunatic_task_run *run,
		       struct lunatic_writer *argument);

/*
 * Waits for the result and begins to read it. Returns LUNATIC_EDIED when the
 * task failed, LUNATIC_ETIMEDOUT when it goes on; it can be joined again then.
 * In all other cases the task is over and its handle is dropped.
 */
int lunatic_task_join(struct lunatic_task *task, struct lunatic_reader *result,
		      int64_t timeout);

/* Gives a task up: it is unlinked and killed, and its result will not be
 * received unless it was sent already. */
void lunatic_task_cancel(struct lunatic_task *task);

#ifdef __cplusplus
}
#endif

#endif
