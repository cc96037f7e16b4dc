/*
 * DESIGN
 * `inspect` tells all of one process. The process is asked where it is and what
 * is in its mailbox; the request waits for that without a thread, at most
 * PATIENCE, and tells the rest without it if need be: native code that computes
 * does not answer.
 */
#include <stdio.h>
#include <string.h>

#include "base/quota.h"
#include "base/text.h"
#include "base/time.h"
#include "base/uuid.h"
#include "control/control_impl.h"
#include "control/fields.h"
#include "control/method.h"
#include "control/methods.h"
#include "control/search.h"
#include "engine/host_table.h"
#include "process/environment.h"
#include "process/examine.h"
#include "process/lookup.h"
#include "process/process.h"

#define PATIENCE (300 * LN_NS_PER_MS)
#define PAUSE LN_NS_PER_MS
#define ABOVE_MAX 32 /* environments */

struct state {
	struct ln_search search;
	struct ln_examination *examination; /* NULL: not begun */
	int64_t deadline;
};

/* Adds a member; takes the value's reference. False: memory is short. */
static bool set(json_t *object, const char *name, json_t *value)
{
	return json_object_set_new_nocheck(object, name, value) == 0;
}

static json_t *number(uint64_t value)
{
	/* JSON has no numbers above that. */
	return json_integer(value <= INT64_MAX ? (json_int_t)value : INT64_MAX);
}

/* A number that is 0 where there is no bound. */
static json_t *bound(uint64_t value)
{
	return value != 0 ? number(value) : json_null();
}

/* ---- Parts ---- */

static json_t *functions_array(const struct ln_examination *from)
{
	json_t *array = json_array();

	for (size_t i = 0; i < from->function_count; i++) {
		const char *name = from->functions[i];

		if (json_array_append_new(
			    array, json_string(name != NULL ? name : "?")) < 0)
			goto fail;
	}
	return array;
fail:
	json_decref(array);
	return NULL;
}

static json_t *host_name(const struct ln_host_function *host)
{
	return host != NULL ? json_sprintf("%s::%s", host->module, host->name)
			    : json_null();
}

static json_t *messages_array(const struct ln_examined_message *list,
			      size_t count)
{
	json_t *array = json_array();

	for (size_t i = 0; i < count; i++) {
		json_t *message = json_pack("{s:I,s:I,s:b}", "tag",
					    (json_int_t)list[i].tag, "bytes",
					    (json_int_t)list[i].size, "signal",
					    list[i].signal);

		if (json_array_append_new(array, message) < 0) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

/* A process that another one is linked to, or watches. */
static json_t *relation_object(const struct ln_examined_relation *relation)
{
	struct ln_process *process = relation->process;
	struct ln_process_info info;
	char id[LN_UUID_TEXT];

	ln_uuid_format(process->id, id);
	if (ln_process_is_remote(process))
		return json_pack("{s:s,s:b,s:I}", "id", id, "remote", true,
				 "tag", (json_int_t)relation->tag);
	ln_process_look(process, &info);
	return json_pack("{s:s,s:o,s:s*,s:I}", "id", id, "number",
			 number(info.number), "name",
			 info.name[0] != '\0' ? info.name : NULL, "tag",
			 (json_int_t)relation->tag);
}

static json_t *relations_array(const struct ln_examined_relation *list,
			       size_t count)
{
	json_t *array = json_array();

	for (size_t i = 0; i < count; i++) {
		if (json_array_append_new(array, relation_object(&list[i])) <
		    0) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

static json_t *name_object(const struct ln_registered *from)
{
	char name[LN_TEXT_NAME_SIZE];
	char version[72];
	size_t len =
		from->len < sizeof(from->name) ? from->len : sizeof(from->name);

	ln_text_copy(name, sizeof(name), from->name, len);
	snprintf(version, sizeof(version), "%llu.%llu.%llu",
		 (unsigned long long)from->major,
		 (unsigned long long)from->minor,
		 (unsigned long long)from->patch);
	return json_pack("{s:s,s:s}", "name", name, "version", version);
}

static json_t *names_array(const struct ln_examination *from)
{
	json_t *array = json_array();

	for (size_t i = 0; i < from->name_count; i++) {
		if (json_array_append_new(array, name_object(&from->names[i])) <
		    0) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

/* How many resources of each kind it holds, those kinds only of which it holds
 * some. */
static json_t *held_object(const struct ln_examination *from)
{
	json_t *object = json_object();

	for (unsigned i = 0; i < LN_RESOURCE_KINDS; i++) {
		if (from->held[i] != 0 &&
		    !set(object, ln_resource_class(i)->noun,
			 number(from->held[i]))) {
			json_decref(object);
			return NULL;
		}
	}
	return object;
}

/* Numbers of the environments above one, the nearest first. */
static json_t *above_array(const struct ln_environment *environment)
{
	json_t *array = json_array();
	size_t count = 0;

	for (const struct ln_environment *at = environment->parent;
	     at != NULL && count < ABOVE_MAX; at = at->parent, count++) {
		if (json_array_append_new(array, number(at->number)) < 0) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

/* What the environment bounds, and how much of that is used. The process keeps
 * the environment. */
json_t *ln_environment_object(const struct ln_environment *from)
{
	const struct ln_limits *limits = &from->limits;
	json_t *object = json_object();
	/* Relaxed: just numbers. */
	uint64_t processes =
		atomic_load_explicit(&from->processes, memory_order_relaxed);
	uint64_t below =
		atomic_load_explicit(&from->environments, memory_order_relaxed);
	uint64_t memory =
		atomic_load_explicit(&from->account.used, memory_order_relaxed);

	if (set(object, "number", number(from->number)) &&
	    set(object, "above", above_array(from)) &&
	    set(object, "processes", number(processes)) &&
	    set(object, "max_processes", bound(limits->max_processes)) &&
	    set(object, "environments", number(below)) &&
	    set(object, "max_environments", number(limits->max_environments)) &&
	    set(object, "descriptors",
		number(ln_quota_used(from->descriptors))) &&
	    set(object, "max_descriptors", number(limits->max_descriptors)) &&
	    /* It is counted only where it is bounded. */
	    set(object, "total_memory",
		limits->max_total_memory != 0 ? number(memory) : json_null()) &&
	    set(object, "max_total_memory", bound(limits->max_total_memory)) &&
	    set(object, "max_memory", bound(limits->max_memory)) &&
	    set(object, "max_fuel", bound(limits->max_fuel)) &&
	    set(object, "max_messages", bound(limits->max_messages)) &&
	    set(object, "max_mailbox", bound(limits->max_mailbox_bytes)) &&
	    set(object, "max_links", number(limits->max_links)))
		return object;
	json_decref(object);
	return NULL;
}

/* ---- All of it ---- */

/* What only the process itself knows; null when it has not answered. */
static bool set_answer(json_t *object, const struct ln_examination *from)
{
	bool answered = from->answered;
	bool is_guest = answered && from->is_guest;

	return set(object, "answered", json_boolean(answered)) &&
	       set(object, "host_function",
		   is_guest ? host_name(from->host) : json_null()) &&
	       set(object, "functions",
		   is_guest ? functions_array(from) : json_null()) &&
	       set(object, "kept_bytes",
		   is_guest ? number(from->kept) : json_null()) &&
	       set(object, "holds",
		   is_guest ? held_object(from) : json_null()) &&
	       set(object, "oldest_messages",
		   answered ? messages_array(from->oldest, from->oldest_count)
			    : json_null()) &&
	       set(object, "newest_messages",
		   answered ? messages_array(from->newest, from->newest_count)
			    : json_null());
}

static json_t *process_object(struct ln_examination *from)
{
	json_t *object;

	if (from->fuel != 0)
		from->info.fuel = from->fuel;
	object = ln_process_object(&from->info);
	if (set_answer(object, from) &&
	    set(object, "names", names_array(from)) &&
	    set(object, "linked",
		relations_array(from->links, from->link_count)) &&
	    set(object, "watches",
		relations_array(from->watched, from->watched_count)) &&
	    set(object, "monitors", number(from->monitors)) &&
	    set(object, "watchers", number(from->watchers)) &&
	    set(object, "in",
		ln_environment_object(from->process->environment)))
		return object;
	json_decref(object);
	return NULL;
}

static void begin(struct ln_control_request *request)
{
	struct state *state = ln_control_state(request);

	ln_search_begin(&state->search, request);
}

static void step(struct ln_control_request *request)
{
	struct state *state = ln_control_state(request);
	int64_t now = ln_time_now();

	if (state->examination == NULL) {
		if (!ln_search_step(&state->search, request))
			return;
		state->examination = ln_examine(state->search.found);
		if (state->examination == NULL) {
			ln_control_fail(request, "no-memory", "out of memory");
			return;
		}
		state->deadline = now + PATIENCE;
	}
	if (!ln_examine_over(state->examination) && now < state->deadline) {
		ln_control_wait(request, now + PAUSE);
		return;
	}
	ln_examine_finish(state->examination);
	ln_control_result(request, process_object(state->examination));
}

static void end(struct ln_control_request *request)
{
	struct state *state = ln_control_state(request);

	ln_examine_free(state->examination);
	ln_search_end(&state->search);
}

static const struct ln_control_argument arguments[] = {
	LN_SEARCH_ARGUMENT,
	{ .name = NULL },
};

const struct ln_control_method ln_control_inspect = {
	.name = "inspect",
	.help = "tells all of one process",
	.arguments = arguments,
	.state = sizeof(struct state),
	.begin = begin,
	.step = step,
	.end = end,
};
