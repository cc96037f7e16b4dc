/*
 * wasmi: an interpreter. Nothing is compiled, so a module is ready as soon as
 * it has been validated, and no memory need be executable. What is patched for
 * us is in engine/wasmi/patches; docs/architecture.md lists it.
 */
#include "engine/preempt.h"
#include "engine/wasmi/wasmi_impl.h"

/* Signals only say that a guest's time is over. */
static enum ln_preemption prepare(enum ln_preemption wanted)
{
	ln_wasmi_set_hooks();
	return LN_PREEMPT_BY_SIGNAL ? wanted : LN_PREEMPTION_EPOCHS;
}

/* A slice of fuel takes less than a tick. */
static void tick(struct ln_variant *variant)
{
	(void)variant;
}

/* The interpreter knows where its guests are. */
static void prepare_probe(struct ln_variant *variant)
{
	(void)variant;
}

const struct ln_engine_class ln_wasmi_class = {
	.name = "wasmi",
	.version = "wasmi 2.0.0",
	.interprets = true,
	.prepare = prepare,
	.variant_new = ln_wasmi_variant_new,
	.variant_free = ln_wasmi_variant_free,
	.variant_tick = tick,
	.variant_prepare_probe = prepare_probe,
	.validate = ln_wasmi_validate,
	.compile = ln_wasmi_compile,
	.compiled_free = ln_wasmi_compiled_free,
	.image = ln_wasmi_image,
	.imports_new = ln_wasmi_imports_new,
	.imports_free = ln_wasmi_imports_free,
	.link = ln_wasmi_link,
	.linked_free = ln_wasmi_linked_free,
	.open = ln_wasmi_open,
	.instantiate = ln_wasmi_instantiate,
	.call = ln_wasmi_call,
	.reenter = ln_wasmi_reenter,
	.close = ln_wasmi_close,
	.fuel = ln_wasmi_fuel,
	.set_fuel = ln_wasmi_set_fuel,
	.new_slice = ln_wasmi_new_slice,
	.record_trap = ln_wasmi_record_trap,
	.where = ln_wasmi_where,
	.backtrace = ln_wasmi_backtrace,
};
