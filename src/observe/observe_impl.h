/* What the files of this folder share about the server. */
#ifndef LN_OBSERVE_OBSERVE_IMPL_H
#define LN_OBSERVE_OBSERVE_IMPL_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "control/control_impl.h"
#include "observe/history.h"
#include "observe/sample.h"
#include "process/observer.h"

struct ln_environment;
struct ln_module;
struct ln_node;
struct ln_process;
struct ln_runtime;

#define LN_OBSERVE_ADDRESS 128 /* bytes, with the end */
#define LN_OBSERVE_REASON 256

enum ln_observe_state {
	LN_OBSERVE_STARTING,
	LN_OBSERVE_LISTENING, /* at `address`; it stays that */
	LN_OBSERVE_FAILED,    /* before; `address` is the reason */
};

struct ln_observe {
	struct ln_observer observer;

	/* Immutable after start. */
	struct ln_runtime *runtime;
	struct ln_environment *environment; /* counted */
	struct ln_module *module;           /* counted */
	struct ln_control control;          /* without a socket: for the page */
	const char *name;
	pthread_t thread; /* that waits for the guest's end */

	/* Under lock. */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	enum ln_observe_state state;
	char address[LN_OBSERVE_ADDRESS]; /* immutable once it listens */
	char reason[LN_OBSERVE_REASON];   /* why it has failed */
	bool stopping;
	struct ln_process *process; /* counted; NULL: none */
	struct ln_history history;
	double busy; /* of late; see struct ln_sample */
	uint64_t busy_before;
	uint64_t time_before;
	struct ln_sample_sums sums;
	int64_t sums_due; /* not again before */
	bool adding_up;

	/* Any thread. */
	struct ln_node *_Atomic member; /* NULL: the runtime is no node */
};

/* ln_observer.answer, in answer.c. */
bool ln_observe_answer(struct ln_observer *observer, const char *question,
		       size_t len, struct ln_bytes *answer);

#endif
