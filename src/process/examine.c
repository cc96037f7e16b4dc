/*
 * DESIGN
 * The question lies in the examination, which outlives it: it is answered or
 * withdrawn before the examination is freed. The answer is made on the fiber of
 * the process, so it copies some numbers and names, a bounded number of each,
 * and allocates only those names.
 *
 * What others may read is read under the process's lock, in pieces of SLOTS
 * slots of a table; between two of them it may change. Related processes are
 * retained under the lock and looked at later, so no two locks are held.
 */
#include "process/examine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "engine/engine.h"
#include "engine/instance.h"
#include "engine/lines.h"
#include "process/environment.h"
#include "process/extra.h"
#include "process/guest.h"
#include "process/message.h"
#include "process/monitors.h"
#include "process/process.h"
#include "process/runtime.h"

#define SLOTS 1024        /* that are looked at under one lock */
#define SLOTS_MAX 65536   /* that are looked at in all */
#define INCOMING_MAX 64   /* messages that are gone through under the lock */
#define QUEUED_MAX 1024   /* entries, holes included */
#define WATCHERS_MAX 1000 /* that are counted */
#define DEMANGLE_TIME (20 * LN_NS_PER_MS)

/* ---- The answer, on the fiber ---- */

static struct ln_examined_message describe(const struct ln_message *message)
{
	return (struct ln_examined_message){
		.tag = message->tag,
		.size = message->size,
		.signal = message->kind != LN_MESSAGE_DATA,
	};
}

/* Adds one; when there is no room, the first one goes if `shift`. */
static void add(struct ln_examined_message *list, size_t *count,
		const struct ln_message *message, bool shift)
{
	if (*count == LN_EXAMINE_MESSAGES) {
		if (!shift)
			return;
		memmove(list, list + 1, --*count * sizeof(list[0]));
	}
	list[(*count)++] = describe(message);
}

static void reverse(struct ln_examined_message *list, size_t count)
{
	for (size_t i = 0; i < count / 2; i++) {
		struct ln_examined_message first = list[i];

		list[i] = list[count - 1 - i];
		list[count - 1 - i] = first;
	}
}

/* The owner's queue, from both ends. */
static void peek_queue(const struct ln_mailbox *mailbox,
		       struct ln_examination *out)
{
	size_t looked = 0;

	for (size_t i = mailbox->head;
	     i < mailbox->end && looked++ < QUEUED_MAX; i++) {
		if (mailbox->queue[i].message != NULL)
			add(out->oldest, &out->oldest_count,
			    mailbox->queue[i].message, false);
	}
	looked = 0;
	for (size_t i = mailbox->end;
	     i > mailbox->head && looked++ < QUEUED_MAX &&
	     out->newest_count < LN_EXAMINE_MESSAGES;
	     i--) {
		if (mailbox->queue[i - 1].message != NULL)
			add(out->newest, &out->newest_count,
			    mailbox->queue[i - 1].message, false);
	}
	reverse(out->newest, out->newest_count);
}

/* What has come in since the owner last looked. */
static void peek_incoming(struct ln_mailbox *mailbox,
			  struct ln_examination *out)
{
	const struct ln_message *at;
	size_t looked = 0;

	ln_lock_acquire(&mailbox->lock);
	for (at = mailbox->incoming; at != NULL && looked++ < INCOMING_MAX;
	     at = at->next) {
		add(out->oldest, &out->oldest_count, at, false);
		add(out->newest, &out->newest_count, at, true);
	}
	if (at != NULL) {
		/* Too many: the end of the list leads to the last one. */
		at = ln_container_of(mailbox->incoming_end, struct ln_message,
				     next);
		out->newest_count = 0;
		add(out->newest, &out->newest_count, at, true);
	}
	ln_lock_release(&mailbox->lock);
}

static void answer_guest(struct ln_examination *out,
			 struct ln_instance *instance,
			 const struct ln_process *process)
{
	const struct ln_guest *guest = instance->data;
	uint64_t max = process->environment->limits.max_fuel;
	uint64_t left;

	ln_assert(guest != NULL);
	out->is_guest = true;
	out->kept = instance->memory_used;
	for (unsigned i = 0; i < LN_RESOURCE_KINDS; i++) {
		const struct ln_handles *table =
			ln_guest_table(guest, (enum ln_resource_kind)i);

		out->held[i] = table != NULL ? ln_handles_count(table) : 0;
	}
	out->function_count =
		ln_instance_functions(instance, out->functions, out->offsets,
				      LN_EXAMINE_FRAMES, &left);
	out->lines = ln_instance_keep_lines(instance);
	if (instance->at_deadline || instance->interrupted_at != 0)
		return;
	/* Compiled code keeps what it has used in a register until it calls
	 * something. */
	if (max > 0 && left <= max)
		out->fuel = max - left;
	out->host = guest->calling;
}

static void answer(struct ln_probe *probe, struct ln_task *task)
{
	struct ln_examination *out =
		ln_container_of(probe, struct ln_examination, probe);
	struct ln_process *process = ln_process_of(task);
	struct ln_instance *instance = task->local;

	peek_queue(&process->mailbox, out);
	peek_incoming(&process->mailbox, out);
	if (instance != NULL)
		answer_guest(out, instance, process);
}

/* ---- What others may read ---- */

/* Keeps a related process. */
static void relate(struct ln_examined_relation *list, size_t *count,
		   struct ln_process *process, int64_t tag)
{
	if (*count == LN_EXAMINE_RELATIONS || process == NULL)
		return;
	ln_process_retain(process);
	list[(*count)++] = (struct ln_examined_relation){ process, tag };
}

/* Some slots of the links; false: there are no more. */
static bool read_links(struct ln_examination *out, uint32_t from)
{
	const struct ln_links *links = &out->process->links;
	uint32_t end;

	ln_process_lock(out->process);
	end = ln_links_slots(links);
	for (uint32_t i = from; i < end && i < from + SLOTS; i++) {
		int64_t tag;
		struct ln_process *peer = ln_links_at(links, i, &tag);

		relate(out->links, &out->link_count, peer, tag);
	}
	ln_process_unlock(out->process);
	return from + SLOTS < end;
}

static void tell_watched(struct ln_examination *out,
			 const struct ln_monitor *monitor)
{
	if (monitor != NULL)
		relate(out->watched, &out->watched_count, monitor->process,
		       monitor->tag);
}

/* The same of the monitors, which only some processes have. */
static bool read_monitors(struct ln_examination *out, uint32_t from)
{
	const struct ln_table *table;
	uint32_t end = 0;

	ln_process_lock(out->process);
	if (out->process->extra != NULL) {
		const struct ln_monitor *one =
			out->process->extra->monitors.one;

		table = &out->process->extra->monitors.table.table;
		end = ln_table_slots(table);
		out->monitors = table->live + (one != NULL);
		if (from == 0)
			tell_watched(out, one);
		for (uint32_t i = from; i < end && i < from + SLOTS; i++) {
			struct ln_table_slot *slot = ln_table_at(table, i);

			tell_watched(out, slot != NULL ? slot->value : NULL);
		}
	}
	ln_process_unlock(out->process);
	return from + SLOTS < end;
}

static void count_watchers(struct ln_examination *out)
{
	ln_process_lock(out->process);
	for (const struct ln_watcher *at = out->process->watchers;
	     at != NULL && out->watchers < WATCHERS_MAX; at = at->next)
		out->watchers++;
	ln_process_unlock(out->process);
}

/* ---- All of it ---- */

static void ask(struct ln_examination *examination)
{
	examination->asked =
		ln_probe_ask(&examination->probe, &examination->process->task);
}

struct ln_examination *ln_examine(struct ln_process *process)
{
	struct ln_examination *examination = calloc(1, sizeof(*examination));

	if (examination == NULL)
		return NULL;
	ln_process_retain(process);
	examination->process = process;
	examination->probe.answer = answer;
	ln_engine_prepare_probes(process->environment->runtime->engine);
	ask(examination);
	return examination;
}

bool ln_examine_over(struct ln_examination *examination)
{
	if (!examination->asked) {
		ask(examination);
		return false;
	}
	return ln_probe_over(&examination->probe);
}

/* Has the answer, or withdraws the question. */
static void settle(struct ln_examination *examination)
{
	if (examination->asked)
		examination->answered =
			ln_probe_await(&examination->probe, ln_time_now());
	examination->asked = false;
}

/* Adds where they are to the names of functions. */
static void add_lines(struct ln_examination *examination)
{
	struct ln_line *found;
	char text[LN_LINE_TEXT];
	char *whole;

	if (examination->lines == NULL)
		return;
	found = calloc(LN_EXAMINE_FRAMES, sizeof(*found));
	if (found != NULL)
		(void)ln_lines_try(examination->lines, examination->offsets,
				   examination->function_count, found);
	for (size_t i = 0; found != NULL && i < examination->function_count;
	     i++) {
		char *name = examination->functions[i];

		if (name == NULL || ln_line_print(&found[i], text) == 0 ||
		    asprintf(&whole, "%s%s", name, text) < 0)
			continue;
		free(name);
		examination->functions[i] = whole;
	}
	free(found);
}

void ln_examine_finish(struct ln_examination *examination)
{
	int64_t deadline;
	uint32_t at;

	settle(examination);
	ln_process_look(examination->process, &examination->info);
	for (at = 0; at < SLOTS_MAX && read_links(examination, at);)
		at += SLOTS;
	for (at = 0; at < SLOTS_MAX && read_monitors(examination, at);)
		at += SLOTS;
	count_watchers(examination);
	examination->name_count = ln_registry_names(
		examination->process, examination->names, LN_REGISTERED_MAX);
	deadline = ln_time_now() + DEMANGLE_TIME;
	for (size_t i = 0; i < examination->function_count; i++) {
		char *name = examination->functions[i];

		if (name != NULL)
			examination->functions[i] =
				ln_process_show_function(name, deadline);
	}
	add_lines(examination);
}

static void release_all(const struct ln_examined_relation *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		ln_process_release(list[i].process);
}

void ln_examine_free(struct ln_examination *examination)
{
	if (examination == NULL)
		return;
	settle(examination);
	for (size_t i = 0; i < examination->function_count; i++)
		free(examination->functions[i]);
	ln_lines_drop(examination->lines);
	release_all(examination->links, examination->link_count);
	release_all(examination->watched, examination->watched_count);
	ln_process_release(examination->process);
	free(examination);
}
