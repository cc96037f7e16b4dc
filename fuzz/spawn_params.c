/* Parameters of a spawn: any bytes, checked as a host function does, and given
 * to a function that takes as many of them as there are or of other types. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "engine/host_table.h"
#include "process/add_module.h"
#include "process/env_module.h"
#include "process/environment.h"
#include "process/environment_new.h"
#include "process/life.h"
#include "process/process.h"
#include "process/runtime.h"
#include "process/wasm.h"

#define PARAMS_MAX 8
#define ANY_RESULT 1 /* no error code: what comes is right */

static struct ln_environment *environment;
static struct ln_module *module;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void set_up(void)
{
	static const struct ln_host_table no_functions;
	/* Each of up to eight parameters, in the order of the digits of a
	 * name: 0 is an i32, 1 an i64, 2 a v128. */
	static const char text[] =
		"(module"
		" (func (export \"\"))"
		" (func (export \"0\") (param i32))"
		" (func (export \"1\") (param i64))"
		" (func (export \"2\") (param v128))"
		" (func (export \"01\") (param i32 i64))"
		" (func (export \"20\") (param v128 i32))"
		" (func (export \"012\") (param i32 i64 v128))"
		" (func (export \"22222222\") (param v128 v128 v128 v128"
		"  v128 v128 v128 v128)))";
	const struct ln_runtime_options options = { .workers = 1,
						    .host = &no_functions };
	struct ln_config *config;
	struct ln_runtime *runtime;
	char *error;

	setenv("LUNATIC_CACHE", "off", 1);
	if (ln_runtime_new(&options, &runtime) < 0 ||
	    ln_config_new(&config) < 0 ||
	    ln_environment_new(runtime, NULL, config, &environment) < 0 ||
	    ln_environment_add_module(environment, (const uint8_t *)text,
				      sizeof(text) - 1, &module, &error) < 0)
		abort();
	ln_config_free(config);
}

/* Tries the parameters on the function of that name. */
static void spawn(const char *name, const uint8_t *params, size_t len,
		  int expected)
{
	const struct ln_spawn call = {
		.module = module,
		.function = name,
		.function_len = strlen(name),
		.params = params,
		.params_len = len,
	};
	struct ln_process *process = NULL;
	char *error = NULL;
	uint32_t code;
	int result = ln_wasm_spawn(&call, &process, &error);

	if (expected != ANY_RESULT && result != expected)
		abort();
	free(error);
	if (result < 0)
		return;
	if (ln_process_wait(process, &code) != LN_OUTCOME_NORMAL)
		abort();
	ln_process_release(process);
}

/* The name of the function that takes just these, were there one. */
static void describe(char *name, const uint8_t *params, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		switch (params[i * LN_PARAM_SIZE]) {
		case LN_PARAM_I32:
			name[i] = '0';
			break;
		case LN_PARAM_I64:
			name[i] = '1';
			break;
		case LN_PARAM_V128:
			name[i] = '2';
			break;
		default:
			abort();
		}
	}
	name[count] = '\0';
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char name[PARAMS_MAX + 1];
	size_t count = size / LN_PARAM_SIZE;
	uint8_t *params;

	if (environment == NULL)
		set_up();
	/* A copy of just that length: one byte more is seen. */
	params = malloc(size > 0 ? size : 1);
	if (params == NULL)
		return 0;
	memcpy(params, data, size);
	if (ln_params_check(params, size) == 0) {
		if (size % LN_PARAM_SIZE != 0)
			abort();
		if (count <= PARAMS_MAX) {
			describe(name, params, count);
			spawn(name, params, size, ANY_RESULT);
		}
		spawn("012", params, size, count == 3 ? ANY_RESULT : LN_EINVAL);
		spawn("22222222", params, size,
		      count == 8 ? ANY_RESULT : LN_EINVAL);
	}
	free(params);
	return 0;
}
