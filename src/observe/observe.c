/*
 * DESIGN
 * The environment has no parent, so that nothing of it counts against that of
 * the program, and a registry of its own. It allows what a server needs, and is
 * the only one with an observer (process/observer.h).
 *
 * A thread waits for the end of the guest's first process, and starts it again
 * at the address where it has listened. Each connection has a process of its
 * own: what a client does to it ends that one.
 *
 * Whoever starts it waits until the guest has said that it listens, or why it
 * cannot.
 */
#include "observe/observe.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/condition.h"
#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "base/time.h"
#include "observe/observe_impl.h"
#include "process/add_module.h"
#include "process/config.h"
#include "process/environment.h"
#include "process/environment_new.h"
#include "process/life.h"
#include "process/process.h"
#include "process/runtime.h"
#include "process/shutdown.h"
#include "process/wasm.h"

/* Connections at a time; and the first process, and its clock. */
#define CONNECTIONS 64
#define PROCESSES (CONNECTIONS + 2)
#define DESCRIPTORS (CONNECTIONS + 16)
#define MEMORY ((uint64_t)24 << 20) /* of a process */
#define TOTAL_MEMORY ((uint64_t)96 << 20)
#define MESSAGE ((uint64_t)12 << 20) /* of an answer, or less */
#define MODULE_BYTES ((size_t)4 << 20)
#define HANDLES 256

/* How long it may take to start, with compiling. */
#define START_MS 60000
/* Between two starts. */
#define PAUSE_MS 1000
/* How long killed processes may take to end. */
#define CLEAR_TIME (5 * LN_NS_PER_S)

static const char *const allowed[] = {
	"lunatic::error::",         "lunatic::message::",
	"lunatic::networking::",    "lunatic::observe::",
	"lunatic::process::",       "lunatic::version::",
	"wasi_snapshot_preview1::",
};

static int set_config(struct ln_config *config,
		      const struct ln_observe_options *options)
{
	const char *const args[] = { "observe", options->address,
				     options->token };
	int error = 0;

	config->limits.max_memory = MEMORY;
	config->limits.max_total_memory = TOTAL_MEMORY;
	config->limits.max_processes = PROCESSES;
	config->limits.max_descriptors = DESCRIPTORS;
	config->limits.max_environments = 0;
	config->limits.max_message_bytes = MESSAGE;
	config->limits.max_mailbox_bytes = MESSAGE;
	config->limits.max_module_bytes = MODULE_BYTES;
	config->limits.max_handles = HANDLES;
	config->denied = LN_DENIED_COMPILE | LN_DENIED_CONFIGS;
	/* It is there while the program drains, and that does not wait for it.
	 */
	config->serves_operators = true;
	for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++) {
		if (error == 0)
			error = ln_config_allow(config, allowed[i],
						strlen(allowed[i]));
	}
	for (size_t i = 0; i < sizeof(args) / sizeof(args[0]); i++) {
		if (error == 0)
			error = ln_config_add_arg(config, args[i]);
	}
	return error;
}

static int make_environment(struct ln_observe *observe,
			    const struct ln_observe_options *options)
{
	struct ln_config *config;
	int error = ln_config_new(&config);

	if (error < 0)
		return error;
	error = set_config(config, options);
	if (error == 0)
		error = ln_environment_new(options->runtime, NULL, config,
					   &observe->environment);
	if (error == 0)
		observe->environment->observer = &observe->observer;
	ln_config_free(config);
	return error;
}

static int spawn(struct ln_observe *observe, char **error)
{
	static const char entry[] = "_start";
	const struct ln_spawn how = { .module = observe->module,
				      .function = entry,
				      .function_len = sizeof(entry) - 1 };
	struct ln_process *process;
	int result = ln_wasm_spawn(&how, &process, error);

	if (result < 0)
		return result;
	pthread_mutex_lock(&observe->lock);
	observe->process = process;
	pthread_mutex_unlock(&observe->lock);
	return 0;
}

/* Waits for the end of the process, and lets go of it. */
static void await_end(struct ln_observe *observe)
{
	struct ln_process *process;
	uint32_t exit_code;

	pthread_mutex_lock(&observe->lock);
	process = observe->process;
	pthread_mutex_unlock(&observe->lock);
	(void)ln_process_wait(process, &exit_code);
	pthread_mutex_lock(&observe->lock);
	observe->process = NULL;
	if (observe->state == LN_OBSERVE_STARTING) {
		observe->state = LN_OBSERVE_FAILED;
		pthread_cond_broadcast(&observe->changed);
	}
	pthread_mutex_unlock(&observe->lock);
	ln_process_release(process);
}

/* Waits a while; false: it is not to be started again. */
static bool pause_between(struct ln_observe *observe)
{
	int64_t until = ln_time_after_ms(PAUSE_MS);
	bool goes_on;

	pthread_mutex_lock(&observe->lock);
	while (!observe->stopping &&
	       ln_condition_wait(&observe->changed, &observe->lock, until))
		;
	goes_on = !observe->stopping &&
		  observe->state == LN_OBSERVE_LISTENING &&
		  !atomic_load_explicit(&observe->runtime->stopping,
					memory_order_relaxed);
	pthread_mutex_unlock(&observe->lock);
	return goes_on;
}

/* The thread. */
static void *watch(void *argument)
{
	struct ln_observe *observe = argument;
	char *error = NULL;

	for (;;) {
		await_end(observe);
		if (!pause_between(observe))
			return NULL;
		ln_log(LN_LOG_WARN, "the server of --observe has ended; it is "
				    "started again");
		if (spawn(observe, &error) < 0)
			break;
	}
	ln_log(LN_LOG_WARN,
	       "the server of --observe cannot be started again: "
	       "%s",
	       error != NULL ? error : "it gets no process");
	free(error);
	return NULL;
}

/* Waits until it listens, or has failed. */
static int await_start(struct ln_observe *observe, char **error)
{
	enum ln_observe_state state;
	int64_t until = ln_time_after_ms(START_MS);

	pthread_mutex_lock(&observe->lock);
	while (observe->state == LN_OBSERVE_STARTING &&
	       ln_condition_wait(&observe->changed, &observe->lock, until))
		;
	state = observe->state;
	pthread_mutex_unlock(&observe->lock);
	if (state == LN_OBSERVE_LISTENING)
		return 0;
	*error = strdup(observe->reason[0] != '\0' ? observe->reason
						   : "its server has failed");
	return state == LN_OBSERVE_FAILED ? LN_EIO : LN_ETIMEDOUT;
}

static void init_lock(struct ln_observe *observe)
{
	pthread_mutex_init(&observe->lock, NULL);
	ln_condition_init(&observe->changed);
}

/* Frees what has no process and no thread. */
static void destroy(struct ln_observe *observe)
{
	if (observe->module != NULL)
		ln_module_release(observe->module);
	if (observe->environment != NULL)
		ln_environment_release(observe->environment);
	ln_control_deinit(&observe->control);
	pthread_cond_destroy(&observe->changed);
	pthread_mutex_destroy(&observe->lock);
	free(observe);
}

static int start(struct ln_observe *observe,
		 const struct ln_observe_options *options, char **error)
{
	int result = make_environment(observe, options);

	if (result < 0)
		return result;
	result = ln_environment_add_module(observe->environment,
					   options->module, options->module_len,
					   &observe->module, error);
	if (result < 0)
		return result;
	return spawn(observe, error);
}

int ln_observe_start(const struct ln_observe_options *options,
		     struct ln_observe **out, char **error)
{
	struct ln_observe *observe = calloc(1, sizeof(*observe));
	int result;

	*error = NULL;
	if (observe == NULL)
		return LN_ENOMEM;
	observe->observer.answer = ln_observe_answer;
	observe->runtime = options->runtime;
	observe->name = options->name;
	init_lock(observe);
	ln_control_init(&observe->control, options->runtime, options->name);
	result = start(observe, options, error);
	if (result < 0) {
		destroy(observe);
		return result;
	}
	if (pthread_create(&observe->thread, NULL, watch, observe) != 0) {
		result = LN_EIO;
		(void)ln_runtime_clear(observe->runtime, observe->environment,
				       ln_time_now() + CLEAR_TIME);
		ln_process_release(observe->process);
		destroy(observe);
		return result;
	}
	result = await_start(observe, error);
	if (result < 0) {
		ln_observe_stop(observe);
		return result;
	}
	*out = observe;
	return 0;
}

const char *ln_observe_address(const struct ln_observe *observe)
{
	return observe->address;
}

void ln_observe_set_member(struct ln_observe *observe, struct ln_node *member)
{
	/* Pairs with the load of answer.c. */
	atomic_store_explicit(&observe->member, member, memory_order_release);
	/* For the page; operators of other nodes have the control server. */
	pthread_mutex_lock(&observe->control.lock);
	observe->control.member = member;
	pthread_mutex_unlock(&observe->control.lock);
}

void ln_observe_stop(struct ln_observe *observe)
{
	if (observe == NULL)
		return;
	pthread_mutex_lock(&observe->lock);
	observe->stopping = true;
	pthread_cond_broadcast(&observe->changed);
	pthread_mutex_unlock(&observe->lock);
	(void)ln_runtime_clear(observe->runtime, observe->environment,
			       ln_time_now() + CLEAR_TIME);
	pthread_join(observe->thread, NULL);
	destroy(observe);
}
