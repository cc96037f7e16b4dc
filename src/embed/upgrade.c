/* Upgrades for programs that embed the library. */
#include <lunatic/upgrade.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/time.h"
#include "embed/embed.h"
#include "process/env_module.h"
#include "process/environment.h"
#include "process/upgrade.h"

static const lunatic_rt_upgrade_config defaults = {
	.size = sizeof(defaults),
	.timeout_ms = 10000,
	.process_timeout_ms = 1000,
};

int lunatic_rt_module_set_name(lunatic_rt_module *module, const char *name)
{
	if (module == NULL || name == NULL || ln_module_is_remote(module))
		return LN_EINVAL;
	ln_module_set_name(module, name);
	return 0;
}

int lunatic_rt_upgrade_config_init(lunatic_rt_upgrade_config *config,
				   size_t size)
{
	return ln_embed_write_config(config, size, &defaults, sizeof(defaults));
}

/* Negative: no bound that matters. */
static int64_t nanoseconds(int64_t milliseconds)
{
	const int64_t max = INT64_MAX / 4 / LN_NS_PER_MS;

	if (milliseconds < 0 || milliseconds > max)
		milliseconds = max;
	return milliseconds * LN_NS_PER_MS;
}

static int64_t in_ns(double seconds)
{
	return (int64_t)(seconds * 1e9);
}

static int write_result(const struct ln_upgrade_outcome *outcome,
			lunatic_rt_upgrade_result *result, size_t size)
{
	const struct ln_upgrade_counts *counts = &outcome->counts;
	const lunatic_rt_upgrade_result own = {
		.upgraded = counts->done,
		.refused = counts->refused,
		.failed = counts->failed,
		.timed_out = counts->timed_out,
		.waiting = counts->waiting,
		.ended = counts->ended,
		.back = counts->back,
		.stuck = counts->stuck,
		.rolled_back = outcome->rolled_back,
		.bytes = outcome->bytes,
		.pause_p50_ns = in_ns(outcome->pause_p50),
		.pause_p99_ns = in_ns(outcome->pause_p99),
		.pause_max_ns = in_ns(outcome->pause_max),
	};

	return ln_embed_write_config(result, size, &own, sizeof(own));
}

static char *write_report(const struct ln_upgrade_outcome *outcome)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out;

	if (outcome->failure_count == 0)
		return NULL;
	out = open_memstream(&text, &len);
	if (out == NULL)
		return NULL;
	for (size_t i = 0; i < outcome->failure_count; i++) {
		const struct ln_upgrade_failure *failure =
			&outcome->failures[i];

		fprintf(out, "%s%s: %s%s%s%s", i > 0 ? "\n" : "", failure->who,
			failure->back ? "not changed back: " : "",
			ln_change_result_name(failure->result),
			failure->reason != NULL ? ": " : "",
			failure->reason != NULL ? failure->reason : "");
	}
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

static bool has_failed(const struct ln_upgrade_counts *counts)
{
	return counts->refused + counts->failed + counts->timed_out > 0;
}

int lunatic_rt_upgrade(lunatic_rt_module *module, const void *bytes, size_t len,
		       const lunatic_rt_upgrade_config *config,
		       lunatic_rt_upgrade_result *result, size_t result_size,
		       char **report, char **error_text)
{
	lunatic_rt_upgrade_config own = defaults;
	struct ln_upgrade_request request = { .module = module };
	struct ln_upgrade_outcome *outcome;
	char *error = NULL;
	int code;

	if (report != NULL)
		*report = NULL;
	if (error_text != NULL)
		*error_text = NULL;
	if (module == NULL || bytes == NULL || ln_module_is_remote(module) ||
	    (result != NULL && result_size <= sizeof(size_t)) ||
	    (config != NULL &&
	     ln_embed_read_config(&own, sizeof(own), config) < 0))
		return LN_EINVAL;
	outcome = calloc(1, sizeof(*outcome));
	if (outcome == NULL)
		return LN_ENOMEM;
	request.runtime = module->environment->runtime;
	request.bytes = bytes;
	request.len = len;
	request.process = own.process;
	request.name = own.name;
	request.timeout = nanoseconds(own.timeout_ms);
	request.each = nanoseconds(own.process_timeout_ms);
	request.keep_going = own.keep_going != 0;
	request.dry = own.dry_run != 0;
	code = ln_upgrade_run(&request, outcome, &error);
	if (code == 0 && has_failed(&outcome->counts))
		code = LN_ETRAP;
	if (result != NULL)
		(void)write_result(outcome, result, result_size);
	if (report != NULL)
		*report = write_report(outcome);
	if (error_text != NULL)
		*error_text = error;
	else
		free(error);
	ln_upgrade_outcome_deinit(outcome);
	free(outcome);
	return code;
}
