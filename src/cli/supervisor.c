/*
 * DESIGN
 * One thread sleeps until something is due: a change of the runtime's state, of
 * which it is woken; the next sign of life; the next status. What could not be
 * sent is sent again.
 *
 * A sign of life is sent at half of the supervisor's time, and only when every
 * worker has gone on since the last one (ln_sched_stuck). Otherwise it looks
 * again soon, so that a worker that is late costs some milliseconds, and one
 * that is stuck ends the program.
 */
#include "cli/supervisor.h"

#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

#include "base/condition.h"
#include "base/log.h"
#include "base/notify.h"
#include "base/time.h"
#include "net/serving.h"
#include "process/drain.h"
#include "process/runtime.h"
#include "sched/sched.h"

#define TEXT_SIZE 256
#define STATUS_EVERY (5 * LN_NS_PER_S)
#define LAST_TRIES 20                   /* ten milliseconds apart */
#define AGAIN_AFTER (50 * LN_NS_PER_MS) /* what could not be sent */
#define LOOK_MIN LN_NS_PER_MS           /* for progress */
#define LOOK_PARTS 16                   /* of the time between two signs */
/* What the program needs to end when its time to drain is over. */
#define FAREWELL (5 * LN_NS_PER_S)

struct ln_supervisor {
	/* Immutable. */
	struct ln_runtime *runtime;
	struct ln_notify notify;
	int64_t drain;
	pthread_t thread;

	/* Under lock. */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool woken;
	bool stopping;

	/* The thread. */
	enum ln_runtime_state told;
	char status[TEXT_SIZE]; /* the last one that was sent */
	int64_t next_status;
	int64_t next_sign; /* of life */
	uint64_t tick;     /* at the last one */
};

/* What the program does, for people. */
static void describe(const struct ln_supervisor *supervisor,
		     enum ln_runtime_state state, char text[TEXT_SIZE])
{
	struct ln_runtime *runtime = supervisor->runtime;

	switch (state) {
	case LN_RUNTIME_STARTING:
		snprintf(text, TEXT_SIZE, "STATUS=starting");
		break;
	case LN_RUNTIME_READY:
		snprintf(text, TEXT_SIZE, "STATUS=running; processes: %" PRIu64,
			 ln_runtime_processes(runtime));
		break;
	case LN_RUNTIME_DRAINING:
		snprintf(text, TEXT_SIZE,
			 "STATUS=draining; processes waited for: %" PRIu64
			 ", open connections: %" PRIu64,
			 ln_runtime_drain_left(runtime),
			 ln_serving_connections(&runtime->serving));
		break;
	case LN_RUNTIME_STOPPING:
		snprintf(text, TEXT_SIZE, "STATUS=stopping");
		break;
	}
}

/* The lines for a new state, before its status. */
static void announce(const struct ln_supervisor *supervisor,
		     enum ln_runtime_state state, char text[TEXT_SIZE])
{
	switch (state) {
	case LN_RUNTIME_STARTING:
		text[0] = '\0';
		break;
	case LN_RUNTIME_READY:
		snprintf(text, TEXT_SIZE, "READY=1\n");
		break;
	case LN_RUNTIME_DRAINING:
		/* So that the supervisor's own patience does not end first. */
		snprintf(text, TEXT_SIZE,
			 "STOPPING=1\nEXTEND_TIMEOUT_USEC=%" PRId64 "\n",
			 (supervisor->drain + FAREWELL) /
				 (LN_NS_PER_MS / 1000));
		break;
	case LN_RUNTIME_STOPPING:
		snprintf(text, TEXT_SIZE, "STOPPING=1\n");
		break;
	}
}

/* Tells a state and its status; when it is to be told again. */
static int64_t tell_state(struct ln_supervisor *supervisor, int64_t now)
{
	enum ln_runtime_state state = ln_runtime_state(supervisor->runtime);
	char lines[2 * TEXT_SIZE] = "";
	char status[TEXT_SIZE];
	size_t len;

	if (state == supervisor->told && now < supervisor->next_status)
		return supervisor->next_status;
	describe(supervisor, state, status);
	if (state != supervisor->told)
		announce(supervisor, state, lines);
	else if (strcmp(status, supervisor->status) == 0)
		return supervisor->next_status = now + STATUS_EVERY;
	len = strlen(lines);
	snprintf(lines + len, sizeof(lines) - len, "%s", status);
	if (!ln_notify_send(&supervisor->notify, lines))
		return supervisor->next_status = now + AGAIN_AFTER;
	supervisor->told = state;
	memcpy(supervisor->status, status, sizeof(status));
	return supervisor->next_status = now + STATUS_EVERY;
}

/* Gives a sign of life when it is time; when that is again. */
static int64_t give_sign(struct ln_supervisor *supervisor, int64_t now)
{
	struct ln_sched *sched = supervisor->runtime->sched;
	int64_t every = supervisor->notify.watchdog;
	int64_t look = every / LOOK_PARTS;

	if (every == 0)
		return LN_NEVER;
	if (now < supervisor->next_sign)
		return supervisor->next_sign;
	if (look < LOOK_MIN)
		look = LOOK_MIN;
	if (ln_sched_stuck(sched, supervisor->tick) ||
	    !ln_notify_send(&supervisor->notify, "WATCHDOG=1"))
		return supervisor->next_sign = now + look;
	supervisor->tick = ln_sched_ticks(sched);
	return supervisor->next_sign = now + every;
}

/* Sleeps until then, or until woken; false: it is to end. */
static bool sleep_until(struct ln_supervisor *supervisor, int64_t deadline)
{
	bool goes_on;
	bool early = true;

	pthread_mutex_lock(&supervisor->lock);
	while (!supervisor->woken && !supervisor->stopping && early)
		early = ln_condition_wait(&supervisor->changed,
					  &supervisor->lock, deadline);
	supervisor->woken = false;
	goes_on = !supervisor->stopping;
	pthread_mutex_unlock(&supervisor->lock);
	return goes_on;
}

/* The last state is told; a supervisor that does not read has a moment. */
static void say_farewell(struct ln_supervisor *supervisor)
{
	const struct timespec pause = { .tv_nsec = 10 * LN_NS_PER_MS };

	for (int i = 0; i < LAST_TRIES; i++) {
		enum ln_runtime_state state =
			ln_runtime_state(supervisor->runtime);

		(void)tell_state(supervisor, ln_time_now());
		if (supervisor->told == state)
			return;
		/* If a signal ends it early, the next try comes early. */
		(void)nanosleep(&pause, NULL);
	}
}

static void *thread_main(void *argument)
{
	struct ln_supervisor *supervisor = argument;
	int64_t status;
	int64_t sign;

	prctl(PR_SET_NAME, "ln-supervisor");
	do {
		int64_t now = ln_time_now();

		status = tell_state(supervisor, now);
		sign = give_sign(supervisor, now);
	} while (sleep_until(supervisor, status < sign ? status : sign));
	say_farewell(supervisor);
	return NULL;
}

/* With all signals blocked: they are for others. */
static bool start_thread(struct ln_supervisor *supervisor)
{
	sigset_t all, before;
	int error;

	sigfillset(&all);
	if (pthread_sigmask(SIG_SETMASK, &all, &before) != 0)
		return false;
	error = pthread_create(&supervisor->thread, NULL, thread_main,
			       supervisor);
	/* What was done once can be undone. */
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return error == 0;
}

static void destroy(struct ln_supervisor *supervisor)
{
	ln_notify_close(&supervisor->notify);
	pthread_cond_destroy(&supervisor->changed);
	pthread_mutex_destroy(&supervisor->lock);
	free(supervisor);
}

static struct ln_supervisor *make(struct ln_runtime *runtime, int64_t drain,
				  const struct ln_notify *notify)
{
	struct ln_supervisor *supervisor = calloc(1, sizeof(*supervisor));

	if (supervisor == NULL)
		return NULL;
	supervisor->runtime = runtime;
	supervisor->notify = *notify;
	supervisor->drain = drain;
	/* So that the first look tells even that. */
	supervisor->next_status = ln_time_now();
	pthread_mutex_init(&supervisor->lock, NULL);
	ln_condition_init(&supervisor->changed);
	return supervisor;
}

struct ln_supervisor *ln_supervisor_start(struct ln_runtime *runtime,
					  int64_t drain)
{
	struct ln_supervisor *supervisor;
	struct ln_notify notify;
	const char *wrong;

	if (!ln_notify_open(&notify, &wrong))
		ln_log_say("the value of %s is not understood; the supervisor "
			   "that set it is not told what it asks for",
			   wrong);
	if (notify.fd < 0)
		return NULL;
	supervisor = make(runtime, drain, &notify);
	if (supervisor == NULL) {
		ln_notify_close(&notify);
	} else if (!start_thread(supervisor)) {
		destroy(supervisor);
		supervisor = NULL;
	}
	if (supervisor == NULL)
		ln_log_say("the supervisor is not told when the program is "
			   "ready: there is no memory or thread for that");
	return supervisor;
}

void ln_supervisor_wake(struct ln_supervisor *supervisor)
{
	if (supervisor == NULL)
		return;
	pthread_mutex_lock(&supervisor->lock);
	supervisor->woken = true;
	pthread_cond_signal(&supervisor->changed);
	pthread_mutex_unlock(&supervisor->lock);
}

void ln_supervisor_stop(struct ln_supervisor *supervisor)
{
	if (supervisor == NULL)
		return;
	pthread_mutex_lock(&supervisor->lock);
	supervisor->stopping = true;
	pthread_cond_signal(&supervisor->changed);
	pthread_mutex_unlock(&supervisor->lock);
	pthread_join(supervisor->thread, NULL);
	destroy(supervisor);
}
