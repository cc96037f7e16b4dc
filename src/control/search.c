/*
 * DESIGN
 * A number is looked up at once; any other text is compared with all processes,
 * some at a time. Only the best matches count: a registered name is better than
 * an id or a label, and these are better than the function that a process was
 * spawned with. When several are equally good the request fails and names them.
 */
#include "control/search.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "base/uuid.h"
#include "control/control_impl.h"
#include "process/label.h"
#include "process/lookup.h"
#include "process/process.h"
#include "process/process_refs.h"

#define ID_MIN 8 /* characters of an id */
#define STEP_TIME (LN_NS_PER_MS / 2)

static bool is_number(const char *text)
{
	return strspn(text, "0123456789") == strlen(text) && strlen(text) < 20;
}

/* Whether the text is the beginning of the process's id. */
static bool begins_id(const struct ln_process *process, const char *text)
{
	char id[LN_UUID_TEXT];

	if (strlen(text) < ID_MIN)
		return false;
	ln_uuid_format(process->id, id);
	return strncasecmp(id, text, strlen(text)) == 0;
}

static bool is_registered(struct ln_search *search, struct ln_process *process)
{
	const struct ln_registered *names = search->names;
	size_t count =
		ln_registry_names(process, search->names, LN_REGISTERED_MAX);
	const char *text = search->text;
	size_t len = strlen(text);

	for (size_t i = 0; i < count; i++) {
		if (names[i].len == len && len <= sizeof(names[i].name) &&
		    memcmp(names[i].name, text, len) == 0)
			return true;
	}
	return false;
}

static bool is_labelled(struct ln_process *process, const char *text)
{
	char label[LN_LABEL_SIZE];

	return ln_process_known_as(process, label) && strcmp(label, text) == 0;
}

/* Whether ps shows it under that name. */
static bool is_shown_as(struct ln_search *search, struct ln_process *process)
{
	ln_process_look(process, &search->info);
	return strcmp(search->info.name, search->text) == 0;
}

static enum ln_match match(struct ln_search *search, struct ln_process *process)
{
	const char *text = search->text;

	if (is_registered(search, process))
		return LN_MATCH_NAME;
	if (begins_id(process, text) || is_labelled(process, text))
		return LN_MATCH_ID;
	return is_shown_as(search, process) ? LN_MATCH_FUNCTION : LN_MATCH_NONE;
}

/* Takes the reference over. */
static void keep(struct ln_search *search, struct ln_process *process)
{
	if (search->count < LN_SEARCH_MAX)
		search->numbers[search->count] = ln_process_number(process);
	search->count++;
	if (search->found == NULL)
		search->found = process;
	else
		ln_process_release(process);
}

/* Likewise. */
static void look_at(struct ln_search *search, struct ln_process *process)
{
	enum ln_match how = match(search, process);

	if (how == LN_MATCH_NONE || how < search->how) {
		ln_process_release(process);
		return;
	}
	if (how > search->how) {
		ln_search_end(search);
		search->count = 0;
		search->how = how;
	}
	keep(search, process);
}

void ln_search_begin(struct ln_search *search,
		     struct ln_control_request *request)
{
	struct ln_process *process;

	/* The state of a request is zero at first. */
	search->text = ln_control_text(request, "process", "");
	if (!is_number(search->text))
		return;
	process = ln_process_find(ln_control_of(request)->runtime,
				  strtoull(search->text, NULL, 10));
	if (process != NULL) {
		keep(search, process);
		search->complete = true;
	}
}

static void refuse_several(const struct ln_search *search,
			   struct ln_control_request *request)
{
	char list[256];
	size_t len = 0;

	for (size_t i = 0; i < search->count && i < LN_SEARCH_MAX; i++)
		len += (size_t)snprintf(list + len, sizeof(list) - len,
					"%s%llu", i > 0 ? ", " : "",
					(unsigned long long)search->numbers[i]);
	ln_control_fail(request, "several",
			"%zu processes are called '%s': %s%s; choose one by "
			"its number",
			search->count, search->text, list,
			search->count > LN_SEARCH_MAX ? ", .." : "");
}

bool ln_search_step(struct ln_search *search,
		    struct ln_control_request *request)
{
	struct ln_process *some[LN_DIRECTORY_STEP];
	int64_t end = ln_time_now() + STEP_TIME;

	while (!search->complete && ln_time_now() < end) {
		size_t count = ln_process_list(ln_control_of(request)->runtime,
					       NULL, &search->walk, some);

		for (size_t i = 0; i < count; i++)
			look_at(search, some[i]);
		search->complete = count == 0;
	}
	if (!search->complete)
		return false;
	if (search->count == 0)
		ln_control_fail(request, "no-process",
				"there is no process '%s'; lunatic ps lists "
				"those that there are",
				search->text);
	else if (search->count > 1)
		refuse_several(search, request);
	return search->count == 1;
}

void ln_search_end(struct ln_search *search)
{
	if (search->found != NULL)
		ln_process_release(search->found);
	search->found = NULL;
}
