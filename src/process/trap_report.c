/*
 * DESIGN
 * Reports of failures go to the thread that writes the log (base/log.h), which
 * also makes them texts. For on_trap and consoles, which are told at once, the
 * runtime's thread for texts makes the text while the process waits.
 */
#include "process/trap_report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/compiler.h"
#include "base/log.h"
#include "base/log_writer.h"
#include "base/probe.h"
#include "engine/report.h"
#include "process/environment.h"
#include "process/label.h"
#include "process/process.h"
#include "process/runtime.h"
#include "sched/task.h"

/* A report on its way to standard error. */
struct queued_report {
	struct ln_log_item item;
	struct ln_report *report;
	struct ln_who who;
};

static char *format_line(const struct ln_who *who, const char *text,
			 size_t *len)
{
	struct ln_log_about about = ln_who_about(who);
	char *line = NULL;
	char *all;
	int n = asprintf(&all, "trapped: %s", text);

	if (n >= 0)
		line = ln_log_line(LN_LOG_WARN, &about, all, (size_t)n, len);
	if (n >= 0)
		free(all);
	return line;
}

static char *render_report(struct ln_log_item *item, size_t *len)
{
	struct queued_report *queued =
		ln_container_of(item, struct queued_report, item);
	char *text = ln_report_text(queued->report);
	char *line = NULL;

	if (text != NULL)
		line = format_line(&queued->who, text, len);
	free(text);
	return line;
}

static void free_report(struct ln_log_item *item)
{
	struct queued_report *queued =
		ln_container_of(item, struct queued_report, item);

	ln_report_free(queued->report);
	free(queued);
}

/* Leaves a report to the thread that writes the log. */
static void queue_report(struct ln_process *process, struct ln_report *report)
{
	struct queued_report *queued = NULL;

	if (ln_log_enabled(LN_LOG_WARN) && ln_log_admits_report())
		queued = malloc(sizeof(*queued));
	if (queued == NULL) {
		ln_report_free(report);
		return;
	}
	queued->report = report;
	queued->item = (struct ln_log_item){
		.size = sizeof(*queued) + ln_report_size(report),
		.kind = LN_LOG_REPORT,
		.render = render_report,
		.free = free_report,
	};
	ln_process_who(process, &queued->who);
	ln_log_push_behind(ln_environment_log(process->environment),
			   &queued->item);
}

struct told_report {
	struct ln_runtime *runtime;
	struct ln_process *process;
	const char *text;
};

/* Tells those who want to know before anybody else does. */
static void tell(void *argument)
{
	struct told_report *told = argument;
	struct ln_runtime *runtime = told->runtime;
	const struct ln_console *console = told->process->environment->console;
	struct ln_who who;
	size_t len = 0;
	char *line;

	if (runtime->on_trap != NULL)
		runtime->on_trap(runtime->on_trap_argument, told->process,
				 told->text);
	if (console == NULL || !ln_log_enabled(LN_LOG_WARN))
		return;
	ln_process_who(told->process, &who);
	line = format_line(&who, told->text, &len);
	/* Its file is full: what follows is not kept. */
	if (line != NULL && write(console->reports, line, len) < 0)
		len = 0;
	free(line);
}

void ln_runtime_report(struct ln_runtime *runtime, struct ln_process *process,
		       struct ln_report *report)
{
	struct told_report told = { .runtime = runtime, .process = process };
	char *text;

	if (report == NULL)
		return;
	LN_PROBE_TRAP(process, ln_directory_id(&process->entry),
		      ln_report_reason(report));
	ln_report_free(process->failure);
	process->failure = ln_report_retain(report);
	if (runtime->on_trap == NULL && process->environment->console == NULL) {
		queue_report(process, report);
		return;
	}
	text = ln_runtime_report_text(runtime, report);
	ln_report_free(report);
	told.text = text != NULL ? text : "out of memory";
	ln_task_on_worker_stack(ln_task_current(), tell, &told);
	free(text);
}
