/* What a process is spawned with. */
#include "process/startup.h"

#include "base/compiler.h"
#include "base/error.h"
#include "engine/account.h"
#include "process/environment.h"
#include "process/extra.h"
#include "process/message.h"
#include "process/process.h"

int ln_process_set_startup(struct ln_process *process,
			   struct ln_message *message)
{
	struct ln_account *account = process->environment->charged;
	uint64_t bytes = ln_message_weight(message);
	struct ln_extra *extra;

	if (!ln_account_charge(account, bytes)) {
		ln_message_free(message);
		return LN_EMEMORY;
	}
	extra = ln_extra_of(process);
	if (extra == NULL) {
		ln_startup_end(message, process->environment);
		return LN_ENOMEM;
	}
	ln_assert(extra->startup == NULL);
	extra->startup = message;
	return 0;
}

/* It counts no longer. */
static void refund(const struct ln_message *message,
		   struct ln_environment *environment)
{
	if (environment->charged != NULL)
		ln_account_refund(environment->charged, NULL,
				  ln_message_weight(message));
}

struct ln_message *ln_process_take_startup(struct ln_process *self)
{
	struct ln_message *message;

	if (self->extra == NULL || self->extra->startup == NULL)
		return NULL;
	message = self->extra->startup;
	self->extra->startup = NULL;
	refund(message, self->environment);
	return message;
}

void ln_startup_end(struct ln_message *message,
		    struct ln_environment *environment)
{
	if (message == NULL)
		return;
	refund(message, environment);
	ln_message_free(message);
}
