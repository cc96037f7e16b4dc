/* Wasmtime as an engine: what the tests of src/engine do not see of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "engine/preempt.h"
#include "engine/wasmtime/wasmtime_impl.h"
#include "support/guests.h"
#include "support/wat.h"

/* Nobody would be charged for it. */
static void outside_of_tasks(void **state)
{
	wasm_engine_t *engine =
		ln_engine_variant(test_guests_shared.engine, 0)->engine;
	wasmtime_store_t *store = wasmtime_store_new(engine, NULL, NULL);
	wasmtime_instance_t instance;
	wasmtime_module_t *module;
	wasmtime_error_t *error;
	wasm_trap_t *trap = NULL;
	struct test_binary binary = test_assemble("(module (memory 1))");
	wasm_byte_vec_t message;

	(void)state;
	assert_null(
		wasmtime_module_new(engine, binary.data, binary.size, &module));
	error = wasmtime_instance_new(wasmtime_store_context(store), module,
				      NULL, 0, &instance, &trap);
	assert_non_null(error);
	assert_null(trap);
	wasmtime_error_message(error, &message);
	assert_non_null(
		memmem(message.data, message.size, "outside of a process", 20));
	wasm_byte_vec_delete(&message);
	test_binary_free(&binary);
	wasmtime_error_delete(error);
	wasmtime_module_delete(module);
	wasmtime_store_delete(store);
}

static wasmtime_module_t *probe_of(unsigned variant)
{
	return atomic_load(
		&ln_engine_variant(test_guests_shared.engine, variant)->probe);
}

/* Only of variants that somebody uses. */
static void probes(void **state)
{
	unsigned used = ln_engine_complete(test_guests_shared.engine,
					   LN_VARIANT_METERED);
	wasmtime_module_t *probe;

	(void)state;
	assert_null(probe_of(used));
	ln_engine_prepare_probes(test_guests_shared.engine);
	probe = probe_of(used);
	assert_non_null(probe);
	ln_engine_prepare_probes(test_guests_shared.engine);
	assert_ptr_equal(probe_of(used), probe);
	assert_null(probe_of(used | LN_VARIANT_GUARD));
}

static void signals(void **state)
{
	(void)state;
	assert_int_equal(ln_wasmtime_prepare_signals(), LN_PREEMPT_BY_SIGNAL);
	assert_int_equal(ln_wasmtime_stop() != 0, LN_PREEMPT_BY_SIGNAL);
}

static void not_code(void **state)
{
	static const uint8_t bytes[] = "this is no code";
	struct ln_compiled *code = NULL;
	char *error;

	(void)state;
	assert_int_equal(
		ln_wasmtime_class.deserialize(
			ln_engine_variant(test_guests_shared.engine, 0), bytes,
			sizeof(bytes), &code, &error),
		LN_EFORMAT);
	assert_non_null(error);
	assert_null(code);
	free(error);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(outside_of_tasks),
		cmocka_unit_test(probes),
		cmocka_unit_test(signals),
		cmocka_unit_test(not_code),
	};

	return cmocka_run_group_tests(tests, test_guests_set_up,
				      test_guests_tear_down);
}
