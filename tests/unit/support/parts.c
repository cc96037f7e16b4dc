#include "support/parts.h"

#include "base/time.h"
#include "sched/task.h"

struct ln_message *test_message(int64_t tag)
{
	return ln_message_new(LN_MESSAGE_DATA, tag, 0);
}

int test_send(struct ln_process *to, int64_t tag)
{
	return ln_process_send(to, test_message(tag));
}

enum ln_outcome test_end_as(struct ln_process *self)
{
	enum ln_outcome *outcome = self->argument;

	self->exit_code = 42;
	return *outcome;
}

enum ln_outcome test_receive_one(struct ln_process *self)
{
	struct test_part *part = self->argument;
	struct ln_message *got;

	part->ran++;
	part->error = ln_process_receive(self, NULL, 0, LN_NEVER, false, &got);
	if (part->error < 0)
		return LN_OUTCOME_KILLED;
	part->received++;
	part->got_tag = got->tag;
	part->got_kind = got->kind;
	ln_message_free(got);
	return LN_OUTCOME_NORMAL;
}

enum ln_outcome test_ignore_mail(struct ln_process *self)
{
	struct test_part *part = self->argument;

	while (!atomic_load(&part->go)) {
		if (ln_task_sleep(&self->task, ln_time_after_ms(1)) < 0)
			return LN_OUTCOME_KILLED;
	}
	return LN_OUTCOME_NORMAL;
}
