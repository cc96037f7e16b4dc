/*
 * Tasks: processes that compute one value, which is fetched later.
 *
 * A task is linked with the process that started it. If that process fails, the
 * task fails. If the task fails, that process fails, unless it catches links:
 * then lunatic_task_join reports the failure.
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
 * The function of a task: it reads its argument and writes one value, the
 * result. If it writes nothing, the result is nil. Reading must be finished
 * before writing begins. An incomplete or failed value makes the task fail.
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

/* Spawns the task. `how` gives the module; its link is ignored. Returns the
 * status of the writer if that has failed, or the result of lunatic_spawn;
 * after a failure there is no task. */
int lunatic_task_start(struct lunatic_task *task,
		       const struct lunatic_spawn *how, lunatic_task_run *run,
		       struct lunatic_writer *argument);

/*
 * Waits for the result and begins to read it. Returns LUNATIC_EDIED if the task
 * failed, or LUNATIC_ETIMEDOUT if it is still running and can be joined again.
 * In all other cases the task is over and its handle is dropped.
 */
int lunatic_task_join(struct lunatic_task *task, struct lunatic_reader *result,
		      int64_t timeout);

/* Cancels a task: it is unlinked and killed. A result that it has already sent
 * may still be received. */
void lunatic_task_cancel(struct lunatic_task *task);

#ifdef __cplusplus
}
#endif

#endif
