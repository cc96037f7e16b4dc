/* Scenarios of the deterministic mode: processes, their mailboxes, messages and
 * deaths. */
#include <pthread.h>

#include "base/error.h"
#include "base/futex.h"
#include "base/systematic.h"
#include "base/time.h"
#include "engine/report.h"
#include "process/change.h"
#include "process/deaths.h"
#include "process/env_module.h"
#include "process/environment.h"
#include "process/inspect.h"
#include "process/life.h"
#include "process/message.h"
#include "process/process.h"
#include "process/runtime.h"
#include "sched/systematic.h"
#include "sched/world.h"

/* The rest of the process layer, as far as process.c needs it. */

struct ln_environment *ln_environment_retain(struct ln_environment *environment)
{
	atomic_fetch_add(&environment->references, 1);
	return environment;
}

void ln_environment_release(struct ln_environment *environment)
{
	atomic_fetch_sub(&environment->references, 1);
}

void ln_directory_add(struct ln_directory *directory,
		      struct ln_directory_entry *entry)
{
	(void)directory;
	(void)entry;
}

void ln_directory_remove(struct ln_directory *directory,
			 struct ln_directory_entry *entry, unsigned outcome,
			 uint64_t messages, uint64_t dropped)
{
	(void)directory;
	(void)entry;
	(void)outcome;
	(void)messages;
	(void)dropped;
}

bool ln_deaths_skips(struct ln_deaths *deaths, uint64_t tick)
{
	(void)deaths;
	(void)tick;
	return true;
}

void ln_deaths_add(struct ln_deaths *deaths, const struct ln_death *death,
		   struct ln_report *report)
{
	(void)deaths;
	(void)death;
	(void)report;
}

void ln_process_look(struct ln_process *process, struct ln_process_info *info)
{
	(void)process;
	(void)info;
}

void ln_report_free(struct ln_report *report)
{
	systematic_check(report == NULL, "a report");
}

struct ln_module *ln_module_retain(struct ln_module *module)
{
	return module;
}

void ln_module_release(struct ln_module *module)
{
	(void)module;
}

void ln_runtime_service_begins(struct ln_runtime *runtime)
{
	(void)runtime;
}

void ln_runtime_service_ends(struct ln_runtime *runtime)
{
	(void)runtime;
}

static struct ln_process *
start_process(enum ln_outcome (*body)(struct ln_process *), void *argument)
{
	struct ln_process *process = NULL;

	systematic_check(ln_process_new(&world.environment, body, argument,
					&process) == 0,
			 "no process");
	systematic_check(ln_process_start(process) == 0, "no start");
	return process;
}

/* Waits for a process from outside, and forgets it. */
static enum ln_outcome wait_for(struct ln_process *process)
{
	uint32_t code;
	enum ln_outcome outcome = ln_process_wait(process, &code);

	ln_process_release(process);
	return outcome;
}

static void close_processes(void)
{
	close_world();
	systematic_check(world.environment.references == 1,
			 "a process is left");
	systematic_check(world.environment.processes == 0,
			 "a process is counted still");
}

static void send(struct ln_process *to, int64_t tag)
{
	struct ln_message *message = ln_message_new(LN_MESSAGE_DATA, tag, 0);

	systematic_check(message != NULL, "no message");
	systematic_check(ln_process_send(to, message) == 0, "not sent");
}

/* Takes `count` messages that have one of the tags. */
static void receive(struct ln_process *self, const int64_t *tags,
		    uint32_t tag_count, int count)
{
	for (int i = 0; i < count; i++) {
		struct ln_message *message;

		systematic_check(ln_process_receive(self, (const uint8_t *)tags,
						    tag_count, LN_NEVER, false,
						    &message) == 0,
				 "nothing received");
		ln_message_free(message);
	}
}

/* Scenario: selective receive from two processes and a thread. */

static enum ln_outcome select_messages(struct ln_process *self)
{
	static const int64_t third[] = { 3 };
	static const int64_t first_two[] = { 1, 2 };

	receive(self, third, 1, 3);
	receive(self, first_two, 2, 6);
	receive(self, NULL, 0, 3);
	return LN_OUTCOME_NORMAL;
}

static void send_four(struct ln_process *receiver)
{
	for (int64_t tag = 0; tag < 4; tag++)
		send(receiver, tag);
}

static enum ln_outcome send_messages(struct ln_process *self)
{
	send_four(self->argument);
	return LN_OUTCOME_NORMAL;
}

static void *send_from_outside(void *receiver)
{
	send_four(receiver);
	return NULL;
}

static void mailbox(void)
{
	struct ln_process *receiver;
	struct ln_process *senders[2];
	pthread_t outside;

	open_world(3);
	receiver = start_process(select_messages, NULL);
	for (int i = 0; i < 2; i++)
		senders[i] = start_process(send_messages, receiver);
	systematic_create(&outside, NULL, send_from_outside, receiver);
	systematic_join(outside, NULL);
	/* The reference to the receiver is for them too. */
	for (int i = 0; i < 2; i++)
		systematic_check(wait_for(senders[i]) == LN_OUTCOME_NORMAL,
				 "a sender failed");
	systematic_check(wait_for(receiver) == LN_OUTCOME_NORMAL,
			 "the receiver failed");
	close_processes();
}

/* Scenario: request and reply, the receiver waiting for its tag only. */

static enum ln_outcome reply(struct ln_process *self)
{
	for (int64_t tag = 1; tag <= 5; tag++) {
		receive(self, &tag, 1, 1);
		send(world.processes[1], -1);
		send(world.processes[1], tag);
	}
	return LN_OUTCOME_NORMAL;
}

static enum ln_outcome request(struct ln_process *self)
{
	for (int64_t tag = 1; tag <= 5; tag++) {
		const int64_t tags[] = { 99, tag };

		send(world.processes[0], tag);
		receive(self, tags, 2, 1);
	}
	return LN_OUTCOME_NORMAL;
}

static void request_reply(void)
{
	open_world(2);
	for (int i = 0; i < 2; i++)
		systematic_check(ln_process_new(&world.environment,
						i == 0 ? reply : request, NULL,
						&world.processes[i]) == 0,
				 "no process");
	for (int i = 0; i < 2; i++)
		systematic_check(ln_process_start(world.processes[i]) == 0,
				 "no start");
	for (int i = 0; i < 2; i++)
		systematic_check(wait_for(world.processes[i]) ==
					 LN_OUTCOME_NORMAL,
				 "a process failed");
	close_processes();
}

/* Scenario: a process is killed while others link to it. */

static enum ln_outcome receive_forever(struct ln_process *self)
{
	struct ln_message *message;

	while (ln_process_receive(self, NULL, 0, LN_NEVER, false, &message) !=
	       LN_EKILLED)
		ln_message_free(message);
	return LN_OUTCOME_KILLED;
}

static enum ln_outcome await_death(struct ln_process *self)
{
	struct ln_process *target = self->argument;
	struct ln_message *message;

	atomic_store(&self->die_when_link_dies, false);
	systematic_check(ln_process_link(self, target, 7, 0) == 0, "no link");
	systematic_check(ln_process_receive(self, NULL, 0, LN_NEVER, false,
					    &message) == 0,
			 "no message of the death");
	systematic_check(message->kind == LN_MESSAGE_LINK_DIED &&
				 message->tag == 7,
			 "another message");
	ln_message_free(message);
	return LN_OUTCOME_NORMAL;
}

static enum ln_outcome link_and_unlink(struct ln_process *self)
{
	struct ln_process *target = self->argument;

	systematic_check(ln_process_link(self, target, 0, 0) == 0, "no link");
	ln_process_unlink(self, target);
	if (ln_task_interrupted(&self->task))
		return LN_OUTCOME_KILLED;
	/* From here on the other's death is none of its business. */
	for (int i = 0; i < 10; i++)
		ln_task_yield(&self->task);
	systematic_check(!ln_task_interrupted(&self->task),
			 "told of a death after it had unlinked");
	return LN_OUTCOME_NORMAL;
}

static void *kill_it(void *target)
{
	ln_process_kill(target);
	return NULL;
}

/* One link at a time: the table of links is ordered by address, and a run must
 * not depend on where the processes lie. */
static void die_under(enum ln_outcome (*body)(struct ln_process *),
		      bool may_die)
{
	struct ln_process *target;
	struct ln_process *other;
	pthread_t outside;

	open_world(3);
	target = start_process(receive_forever, NULL);
	if (systematic_choose(2) == 0) {
		other = start_process(body, target);
		systematic_create(&outside, NULL, kill_it, target);
	} else {
		systematic_create(&outside, NULL, kill_it, target);
		other = start_process(body, target);
	}
	systematic_check(wait_for(other) == LN_OUTCOME_NORMAL || may_die,
			 "the other one failed");
	systematic_join(outside, NULL);
	systematic_check(wait_for(target) == LN_OUTCOME_KILLED, "not killed");
	close_processes();
}

static void deaths(void)
{
	die_under(await_death, false);
}

static void unlinking(void)
{
	die_under(link_and_unlink, true);
}

/* Scenario: a process is asked to change to another version, as one that
 * receives is (host/messages.c), and whoever asks gives up meanwhile. */

enum { VERSION_OLD, VERSION_NEW };
enum { TAG_STOP = 9 };

static struct {
	_Atomic uint32_t told; /* futex */
	_Atomic int version;   /* that the process is found to be of */
} changing;

/* Whoever is told that it has changed must find it changed. */
static void change_over(struct ln_change *change)
{
	int version = atomic_load(&changing.version);

	systematic_check(change->result == LN_CHANGE_DONE ||
				 change->result == LN_CHANGE_WAITING,
			 "another result");
	systematic_check((change->result == LN_CHANGE_DONE) ==
				 (version == VERSION_NEW),
			 "it is told of another version");
	atomic_fetch_add(&changing.told, 1);
	ln_futex_wake(&changing.told, 1);
	ln_change_release(change);
}

static void meet_change(struct ln_process *self)
{
	struct ln_change *change = ln_change_begin(self);

	if (change == NULL)
		return;
	ln_change_conclude(change, LN_CHANGE_DONE);
	ln_change_release(change);
	ln_systematic_point();
	atomic_store(&changing.version, VERSION_NEW);
	ln_systematic_point();
	ln_change_settle(self);
}

static enum ln_outcome receive_and_change(struct ln_process *self)
{
	struct ln_message *message;

	for (;;) {
		while (ln_mailbox_asked(&self->mailbox) != LN_ASKED_NOTHING)
			meet_change(self);
		if (ln_process_receive(self, NULL, 0, LN_NEVER,
				       LN_RECEIVE_UNLESS_ASKED, &message) == 0)
			break;
	}
	systematic_check(message->tag == TAG_STOP, "another message");
	ln_message_free(message);
	return LN_OUTCOME_NORMAL;
}

static void *ask_for_change(void *target)
{
	struct ln_change *change = ln_change_new(target, NULL);

	systematic_check(change != NULL, "no change");
	change->over = change_over;
	/* One reference is for change_over. */
	atomic_fetch_add(&change->references, 1);
	systematic_check(ln_change_ask(change) >= 0, "not asked");
	if (systematic_choose(2) == 0)
		ln_change_withdraw(change, false);
	while (atomic_load(&changing.told) == 0)
		(void)ln_futex_wait(&changing.told, 0, -1);
	ln_change_release(change);
	return NULL;
}

static void changes(void)
{
	struct ln_process *target;
	pthread_t outside;

	open_world(2);
	atomic_store(&changing.told, 0);
	atomic_store(&changing.version, VERSION_OLD);
	target = start_process(receive_and_change, NULL);
	systematic_create(&outside, NULL, ask_for_change, target);
	systematic_join(outside, NULL);
	send(target, TAG_STOP);
	systematic_check(wait_for(target) == LN_OUTCOME_NORMAL,
			 "the process failed");
	systematic_check(atomic_load(&changing.told) == 1, "told twice");
	close_processes();
}

const struct scenario process_scenarios[] = {
	{ "mailbox", mailbox }, { "request_reply", request_reply },
	{ "deaths", deaths },   { "unlinking", unlinking },
	{ "changes", changes }, { NULL, NULL },
};
