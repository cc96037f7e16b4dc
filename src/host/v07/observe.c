/* lunatic::observe: what the program tells the server of `--observe`. */
#include <stdbool.h>
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "engine/instance.h"
#include "host/abi_gen.h"
#include "host/messages.h"
#include "process/environment.h"
#include "process/message.h"
#include "process/observer.h"
#include "process/runtime.h"
#include "sched/blocking.h"
#include "sched/sched.h"

/* What asking costs a metered guest, and each byte of the answer. */
#define ASK_FUEL 10000

struct asking {
	struct ln_observer *observer;
	struct ln_slice question;
	uint64_t max;               /* bytes of an answer */
	struct ln_message *message; /* NULL when there is an error */
	uint32_t refused;
	int error;
};

/* In the pool, since answers may be long, and are about many processes. */
static void ask(void *argument)
{
	struct asking *asking = argument;
	const struct ln_slice *question = &asking->question;
	struct ln_bytes answer = { .max = asking->max };

	asking->refused = asking->observer->answer(asking->observer,
						   (const char *)question->data,
						   question->len, &answer)
				  ? 0
				  : 1;
	asking->error = answer.error;
	if (answer.error == 0) {
		asking->message =
			ln_message_new(LN_MESSAGE_DATA, 0, answer.len);
		asking->error = asking->message != NULL ? 0 : LN_ENOMEM;
	}
	if (asking->error == 0)
		asking->error = ln_message_write(asking->message, answer.data,
						 answer.len, UINT64_MAX);
	ln_bytes_deinit(&answer);
}

/* After the wait: the answer is in the scratch area, or it is an error. */
static int take_answer(struct ln_guest *guest, const struct asking *asking)
{
	if (asking->error == LN_ELIMIT)
		return ln_guest_trap(guest,
				     "the answer is longer than %llu bytes",
				     (unsigned long long)asking->max);
	if (asking->error < 0)
		return asking->error;
	ln_guest_pay(guest, asking->message->size);
	return 0;
}

int ln_host_observe_ask(struct ln_guest *guest, struct ln_slice question,
			uint32_t *result)
{
	struct ln_environment *environment = guest->environment;
	struct asking asking = {
		.observer = environment->observer,
		.question = question,
		.max = environment->limits.max_message_bytes,
	};
	int error;

	if (asking.observer == NULL)
		return ln_guest_trap(
			guest, "only the server of --observe may call it");
	if (question.len > LN_OBSERVER_QUESTION_MAX)
		return ln_guest_trap(guest,
				     "the question has %zu bytes, more than %d",
				     question.len, LN_OBSERVER_QUESTION_MAX);
	ln_guest_pay(guest, ASK_FUEL);
	/* The guest's memory stays as it is while it is parked. */
	error = ln_blocking_run_for(ln_sched_files(environment->runtime->sched),
				    environment->files, ask, &asking);
	ln_instance_resumed(guest->instance);
	if (error == 0)
		error = take_answer(guest, &asking);
	if (error < 0) {
		ln_message_free(asking.message);
		return error;
	}
	ln_host_scratch_put(guest, asking.message);
	*result = asking.refused;
	return 0;
}
