/*
 * lunatic:process/registry: names in the guest's own environment.
 *
 * Threads: the one that runs the process.
 */
#include "process/registry.h"

#include "base/error.h"
#include "base/semver.h"
#include "host/names.h"
#include "host/result.h"
#include "host/wasi/p2/functions.h"
#include "host/wasi/p2/lunatic/lunatic.h"
#include "host/wasi/wasi.h"
#include "process/environment.h"
#include "process/process.h"

/* How results are laid out: result<_,E>, result<bool,E>,
 * result<option<own<process>>,E>. */
#define SMALL_SIZE 2
#define SMALL_AT 1
#define LOOKUP_SIZE 12
#define LOOKUP_AT 4 /* the option, or the error */
#define FOUND_AT 8

enum registry_error { MALFORMED_VERSION, NAME_TOO_LONG, FULL, NONE };

/* A name and a version, or what is required of one: four arguments. Traps when
 * one is not UTF-8. */
static int take_texts(struct ln_p2_call *call, size_t max,
		      struct ln_slice *name, struct ln_slice *version,
		      enum registry_error *problem)
{
	int error = ln_p2_text(call, 0, (size_t)2 * LN_REGISTRY_NAME_MAX, name);

	if (error == 0)
		error = ln_p2_text(call, 2, 2 * max, version);
	if (error == 0)
		error = ln_host_check_text(call->guest, "name", *name,
					   LN_REGISTRY_NAME_MAX);
	if (error == 0)
		error = ln_host_check_text(call->guest, "version", *version,
					   max);
	*problem = error == 0 && name->len > LN_REGISTRY_NAME_MAX
			   ? NAME_TOO_LONG
			   : NONE;
	return error;
}

/* The same with a version. */
static int take_key(struct ln_p2_call *call, struct ln_slice *name,
		    struct ln_version *version, enum registry_error *problem)
{
	struct ln_semver_error malformed;
	struct ln_slice text;
	int error = take_texts(call, LN_VERSION_MAX, name, &text, problem);

	if (error == 0 && *problem == NONE &&
	    ln_version_parse((const char *)text.data, text.len, version,
			     &malformed) < 0)
		*problem = MALFORMED_VERSION;
	return error;
}

/* Stores an error, or what a small result holds. */
static int answer(struct ln_p2_call *call, unsigned index,
		  enum registry_error problem, bool value)
{
	uint8_t *at;
	int error = ln_p2_result(call, index, SMALL_SIZE, 1, &at);

	if (error != 0)
		return error;
	at[0] = problem != NONE;
	at[SMALL_AT] = problem != NONE ? (uint8_t)problem : value;
	return 0;
}

int ln_p2_registry_register(struct ln_p2_call *call)
{
	enum registry_error problem;
	struct ln_version version;
	struct ln_process *process;
	struct ln_slice name;
	int error = take_key(call, &name, &version, &problem);

	if (error == 0)
		error = ln_p2_process(call, 4, &process);
	if (error == 0 && problem == NONE)
		error = ln_registry_register(call->guest->environment->registry,
					     (const char *)name.data, name.len,
					     &version, process);
	if (error == LN_ELIMIT)
		problem = FULL;
	else if (error < 0 && error != LN_EDEAD)
		return error;
	/* One that has ended did so, as it were, just afterwards. */
	return answer(call, 5, problem, false);
}

int ln_p2_registry_unregister(struct ln_p2_call *call)
{
	enum registry_error problem;
	struct ln_version version;
	struct ln_slice name;
	int error = take_key(call, &name, &version, &problem);

	if (error != 0)
		return error;
	if (problem == NONE)
		error = ln_registry_unregister(
			call->guest->environment->registry,
			(const char *)name.data, name.len, &version);
	if (error < 0 && error != LN_ENOENT)
		return error;
	return answer(call, 4, problem, error == 0);
}

int ln_p2_registry_lookup(struct ln_p2_call *call)
{
	enum registry_error problem;
	struct ln_process *process = NULL;
	struct ln_slice name, requirement;
	uint32_t handle = 0;
	uint8_t *at;
	int error = take_texts(call, LN_REQUIREMENT_MAX, &name, &requirement,
			       &problem);

	if (error == 0 && problem == NONE)
		error = ln_host_lookup(call->guest, name, requirement,
				       &process);
	if (error == LN_EFORMAT) {
		problem = MALFORMED_VERSION;
		error = 0;
	}
	if (error == 0 && process != NULL)
		error = ln_p2_give_process(call, process, &handle);
	if (error == 0)
		error = ln_p2_result(call, 4, LOOKUP_SIZE, 4, &at);
	if (error != 0)
		return error;
	at[0] = problem != NONE;
	at[LOOKUP_AT] = problem != NONE ? (uint8_t)problem : process != NULL;
	ln_wasi_store32(at + FOUND_AT, handle);
	return 0;
}
