/* lunatic::upgrade: processes change to a new version of their module. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/time.h"
#include "base/utf8.h"
#include "engine/instance.h"
#include "host/abi_gen.h"
#include "host/result.h"
#include "process/environment.h"
#include "process/process.h"
#include "process/upgrade.h"

/* What it costs a metered guest, as adding a module does. */
#define UPGRADE_FUEL 10000
#define UPGRADE_FUEL_PER_BYTE 100

#define TIMEOUT_DEFAULT_MS 10000u
#define EACH_MS 1000

#define WHICH_MAX 256

enum flag { FLAG_KEEP_GOING = 1, FLAG_DRY_RUN = 2 };

/* What a call needs that is too large for a fiber. */
struct call {
	struct ln_upgrade_outcome outcome;
	char which[WHICH_MAX];
	char *error;
};

static int check(struct ln_guest *guest, struct ln_slice module)
{
	if (guest->changing || !guest->initialized)
		return ln_guest_trap(guest, "not in a function that saves or "
					    "loads the state of the process");
	if (guest->environment->denied & LN_DENIED_COMPILE)
		return ln_guest_trap(guest, "this process may not add modules");
	if (!ln_utf8_valid(module.data, module.len))
		return ln_guest_trap(guest, "the module's name is not UTF-8");
	return 0;
}

static void store_counts(const struct ln_upgrade_counts *counts,
			 struct ln_buffer out)
{
	const uint64_t numbers[] = {
		counts->done,      counts->refused, counts->failed,
		counts->timed_out, counts->waiting, counts->ended,
		counts->back,      counts->stuck,
	};

	for (uint32_t i = 0; i < out.len / 8 && i < 8; i++)
		memcpy(out.data + (size_t)i * 8, &numbers[i], 8);
}

/* What the guest is told of an upgrade that failed. */
static void explain(struct ln_guest *guest, const struct call *call, int error,
		    uint8_t *id, uint32_t *result)
{
	const struct ln_upgrade_outcome *outcome = &call->outcome;
	const struct ln_upgrade_failure *failure = outcome->failures;

	if (error < 0)
		ln_host_fail(guest, id, result, "The upgrade failed: %s",
			     call->error != NULL ? call->error
						 : ln_error_text(error));
	else if (outcome->failure_count > 0)
		ln_host_fail(guest, id, result,
			     "Process %s was not upgraded: "
			     "%s%s%s",
			     failure->who,
			     ln_change_result_name(failure->result),
			     failure->reason != NULL ? ": " : "",
			     failure->reason != NULL ? failure->reason : "");
	else
		ln_host_fail(guest, id, result,
			     "A process ended in its "
			     "upgrade");
}

static bool has_failed(const struct ln_upgrade_counts *counts)
{
	return counts->refused + counts->failed + counts->timed_out > 0;
}

static int run(struct ln_guest *guest, struct call *call,
	       struct ln_slice module, struct ln_slice binary, uint32_t timeout,
	       uint32_t flags)
{
	struct ln_upgrade_request request = {
		.runtime = guest->environment->runtime,
		.bytes = binary.data,
		.len = binary.len,
		.below = guest->environment,
		.self = guest->process,
		.timeout =
			(int64_t)(timeout == 0 ? TIMEOUT_DEFAULT_MS : timeout) *
			LN_NS_PER_MS,
		.each = EACH_MS * LN_NS_PER_MS,
		.keep_going = (flags & FLAG_KEEP_GOING) != 0,
		.dry = (flags & FLAG_DRY_RUN) != 0,
	};

	if (module.len >= sizeof(call->which))
		return LN_ENOENT;
	memcpy(call->which, module.data, module.len);
	if (module.len > 0)
		request.which = call->which;
	else
		request.module = guest->module;
	return ln_upgrade_run(&request, &call->outcome, &call->error);
}

int ln_host_upgrade_run(struct ln_guest *guest, struct ln_slice module,
			struct ln_slice binary, uint32_t timeout,
			uint32_t flags, struct ln_buffer counts, uint8_t *id,
			uint32_t *result)
{
	struct call *call;
	int error = check(guest, module);

	if (error < 0)
		return error;
	call = calloc(1, sizeof(*call));
	if (call == NULL)
		return LN_ENOMEM;
	ln_guest_pay(guest, UPGRADE_FUEL + binary.len * UPGRADE_FUEL_PER_BYTE);
	error = run(guest, call, module, binary, timeout, flags);
	ln_instance_resumed(guest->instance);
	store_counts(&call->outcome.counts, counts);
	*result = 0;
	if (error != LN_EKILLED &&
	    (error < 0 || has_failed(&call->outcome.counts)))
		explain(guest, call, error, id, result);
	ln_upgrade_outcome_deinit(&call->outcome);
	free(call->error);
	free(call);
	return error == LN_EKILLED ? error : 0;
}
