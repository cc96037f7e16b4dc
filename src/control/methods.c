/* The table of methods, and those that tell about the program itself. */
#include <string.h>
#include <unistd.h>

#include "base/time.h"
#include "cluster/node.h"
#include "control/control_impl.h"
#include "control/method.h"
#include "control/methods.h"
#include "lunatic_version.h"
#include "process/directory.h"
#include "process/process.h"
#include "process/runtime.h"

const struct ln_control_method *const ln_control_methods[] = {
	&ln_control_help, /* what there is */
	&ln_control_program,
	&ln_control_ps, /* processes */
	&ln_control_inspect,
	&ln_control_kill,
	&ln_control_log,
	&ln_control_upgrade,
	&ln_control_trace,
	&ln_control_tree,
	&ln_control_nodes, /* nodes */
	&ln_control_send_module,
	&ln_control_top,
	&ln_control_observe, /* what is counted */
	&ln_control_deaths,
	&ln_control_death_trace,
	&ln_control_environments,
	&ln_control_sockets,
	NULL,
};

/* ---- help ---- */

static const char *kind_name(enum ln_control_kind kind)
{
	switch (kind) {
	case LN_CONTROL_NUMBER:
		return "number";
	case LN_CONTROL_TEXT:
		return "text";
	default:
		return "bool";
	}
}

static json_t *argument_object(const struct ln_control_argument *argument)
{
	return json_pack("{s:s,s:s,s:b,s:s}", "name", argument->name, "kind",
			 kind_name(argument->kind), "needed", argument->needed,
			 "help", argument->help);
}

static json_t *method_object(const struct ln_control_method *method)
{
	const struct ln_control_argument *at = method->arguments;
	json_t *arguments = json_array();
	int failed = 0;

	for (; at != NULL && at->name != NULL; at++)
		failed |= json_array_append_new(arguments, argument_object(at));
	if (failed != 0) {
		json_decref(arguments);
		return NULL;
	}
	return json_pack("{s:s,s:s,s:o}", "name", method->name, "help",
			 method->help, "arguments", arguments);
}

static void help_step(struct ln_control_request *request)
{
	for (const struct ln_control_method *const *at = ln_control_methods;
	     *at != NULL; at++)
		ln_control_item(request, method_object(*at));
	ln_control_result(request, json_object());
}

const struct ln_control_method ln_control_help = {
	.name = "help",
	.help = "lists the methods, an item for each",
	.step = help_step,
};

/* ---- program ---- */

/* Whose answer it is: of another node, when that was asked. */
static json_t *program_object(struct ln_control *control)
{
	const char *node;
	json_t *object;

	pthread_mutex_lock(&control->lock);
	node = control->member != NULL ? ln_node_own_id(control->member)->name
				       : NULL;
	object = json_pack("{s:s,s:i,s:s,s:s?}", "program", control->name,
			   "pid", (int)getpid(), "lunatic", LUNATIC_VERSION,
			   "node", node);
	pthread_mutex_unlock(&control->lock);
	return object;
}

static void program_step(struct ln_control_request *request)
{
	struct ln_runtime *runtime = ln_control_of(request)->runtime;
	struct ln_directory_count count;
	const struct ln_tally *tally = &count.tally;
	json_t *object;
	json_t *more;
	uint64_t alive;

	ln_directory_count(runtime->directory, &count);
	alive = tally->started;
	for (int i = 0; i < LN_OUTCOMES; i++)
		alive -= tally->ended[i];
	object = program_object(ln_control_of(request));
	more = json_pack(
		"{s:I,s:I,s:I,s:{s:I,s:I,s:I,s:I}}", "age_ms",
		(json_int_t)((ln_time_now() - runtime->started) / LN_NS_PER_MS),
		"alive", (json_int_t)alive, "started",
		(json_int_t)tally->started, "ended", "normal",
		(json_int_t)tally->ended[LN_OUTCOME_NORMAL], "exited",
		(json_int_t)tally->ended[LN_OUTCOME_EXITED], "trapped",
		(json_int_t)tally->ended[LN_OUTCOME_TRAPPED], "killed",
		(json_int_t)tally->ended[LN_OUTCOME_KILLED]);
	if (json_object_update(object, more) < 0) {
		json_decref(object);
		object = NULL;
	}
	json_decref(more);
	ln_control_result(request, object);
}

const struct ln_control_method ln_control_program = {
	.name = "program",
	.help = "tells about the program: its name, its age, and how many "
		"processes it has and had",
	.step = program_step,
};
