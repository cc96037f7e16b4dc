/*
 * Modules made of the input, for either tier: each hashes all that it can see
 * of itself, then changes what it can. A life with an instance that is used
 * again, or made of what is known of the first ones, must see what the first
 * one saw, whatever the lives before it have done.
 */
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/futex.h"
#include "engine/engine.h"
#include "engine/instance.h"
#include "engine/linker.h"
#include "engine/module.h"
#include "engine/preempt.h"
#include "engine/report.h"
#include "engine/spares.h"
#include "engine/value.h"
#include "sched/sched.h"
#include "sched/task.h"

#define LIVES 6 /* the first two and the last one are of new instances */
#define OPERATIONS_MAX 64
#define FUNCTIONS 4

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* ---- A module ---- */

struct input {
	const uint8_t *at;
	const uint8_t *end;
};

/* A number below `bound`; 0 when the input is used up. */
static unsigned pick(struct input *input, unsigned bound)
{
	return input->at < input->end ? *input->at++ % bound : 0;
}

struct shape {
	unsigned memories, globals, tables, data, elements;
	unsigned pages[2];
	unsigned lens[3]; /* of tables */
	bool passive_data[4];
};

static const char *const types[] = { "i32", "i64", "f32", "f64", "v128" };
static const char *const constants[] = { "i32.const", "i64.const", "f32.const",
					 "f64.const", "v128.const i64x2 9" };

/* Of a global: a number, or (the last kind) a reference to a function. */
static bool is_reference(unsigned global)
{
	return global % 6 == 5;
}

static void declare(FILE *out, struct input *input, struct shape *shape)
{
	shape->memories = pick(input, 3);
	shape->globals = pick(input, 13);
	shape->tables = pick(input, 4);
	shape->data = shape->memories > 0 ? pick(input, 5) : 0;
	shape->elements = shape->tables > 0 ? pick(input, 5) : 0;
	for (unsigned i = 0; i < shape->memories; i++) {
		shape->pages[i] = pick(input, 4);
		fprintf(out, "(memory $m%u %u %u)\n", i, shape->pages[i],
			shape->pages[i] + pick(input, 5));
	}
	for (unsigned i = 0; i < shape->globals; i++) {
		if (is_reference(i))
			fprintf(out,
				"(global $g%u (mut (ref null $t))"
				" (ref.%s))\n",
				i, pick(input, 2) ? "func $f1" : "null $t");
		else
			fprintf(out, "(global $g%u (mut %s) (%s %u))\n", i,
				types[i % 6], constants[i % 6],
				pick(input, 200));
	}
	for (unsigned i = 0; i < shape->tables; i++) {
		/* Also ones that are worth looking at what changes them. */
		shape->lens[i] = pick(input, 20) * (pick(input, 2) ? 1 : 5);
		fprintf(out, "(table $t%u %u %u funcref)\n", i, shape->lens[i],
			shape->lens[i] + pick(input, 9));
	}
}

static void segments(FILE *out, struct input *input, struct shape *shape)
{
	for (unsigned i = 0; i < shape->data; i++) {
		unsigned memory = pick(input, shape->memories);
		unsigned at = pick(input, 256) * 257;

		shape->passive_data[i] =
			shape->pages[memory] < 2 || pick(input, 2) == 0;
		if (shape->passive_data[i])
			fprintf(out, "(data $d%u \"passive %u\")\n", i, at);
		else
			fprintf(out,
				"(data $d%u (memory $m%u) (i32.const %u)"
				" \"active %u\")\n",
				i, memory, at, at);
	}
	for (unsigned i = 0; i < shape->elements; i++) {
		unsigned to = pick(input, shape->tables);

		if (shape->lens[to] < 3 || pick(input, 2) == 0)
			fprintf(out, "(elem $e%u func $f0 $f%u $f2)\n", i,
				pick(input, FUNCTIONS));
		else
			fprintf(out,
				"(elem $e%u (table $t%u) (i32.const %u)"
				" func $f%u $f3)\n",
				i, to, pick(input, shape->lens[to] - 1),
				pick(input, FUNCTIONS));
	}
	fputs("(elem declare func $f0 $f1 $f2 $f3)\n", out);
}

static void see_global(FILE *out, unsigned i)
{
	static const char *const mixed[] = {
		"(call $mixi (global.get $g%u))\n",
		"(call $mix (global.get $g%u))\n",
		"(call $mixi (i32.reinterpret_f32 (global.get $g%u)))\n",
		"(call $mix (i64.reinterpret_f64 (global.get $g%u)))\n",
		"(call $mix (i64x2.extract_lane 0 (global.get $g%u)))\n",
	};

	if (is_reference(i))
		fprintf(out,
			"(if (ref.is_null (global.get $g%u))"
			" (then (call $mixi (i32.const 77)))"
			" (else (call $mixi (call_ref $t (global.get $g%u)))))"
			"\n",
			i, i);
	else
		fprintf(out, mixed[i % 6], i);
}

static void see(FILE *out, const struct shape *shape)
{
	fputs("(func $see (local $i i32)\n", out);
	for (unsigned i = 0; i < shape->globals; i++)
		see_global(out, i);
	for (unsigned i = 0; i < shape->tables; i++)
		fprintf(out,
			"(local.set $i (i32.const 0))"
			"(call $mixi (table.size $t%u))"
			"(block $end (loop $l (br_if $end (i32.ge_u"
			" (local.get $i) (table.size $t%u)))"
			" (if (ref.is_null (table.get $t%u (local.get $i)))"
			"  (then (call $mixi (i32.const 78)))"
			"  (else (call $mixi (call_indirect $t%u (type $t)"
			"   (local.get $i)))))"
			" (local.set $i (i32.add (local.get $i)"
			"  (i32.const 1))) (br $l)))\n",
			i, i, i, i);
	for (unsigned i = 0; i < shape->memories; i++)
		fprintf(out,
			"(local.set $i (i32.const 0))"
			"(call $mixi (memory.size $m%u))"
			"(block $end (loop $l (br_if $end (i32.ge_u"
			" (local.get $i) (i32.mul (memory.size $m%u)"
			"  (i32.const 65536))))"
			" (call $mix (i64.load $m%u (local.get $i)))"
			" (local.set $i (i32.add (local.get $i)"
			"  (i32.const 8))) (br $l)))\n",
			i, i, i);
	fputs(")\n", out);
}

static void change_global(FILE *out, struct input *input,
			  const struct shape *shape)
{
	unsigned i;

	if (shape->globals == 0)
		return;
	i = pick(input, shape->globals);
	if (is_reference(i))
		fprintf(out, "(global.set $g%u (ref.%s))\n", i,
			pick(input, 2) ? "func $f3" : "null $t");
	else
		fprintf(out, "(global.set $g%u (%s %u))\n", i, constants[i % 6],
			pick(input, 256));
}

static void change_table(FILE *out, struct input *input,
			 const struct shape *shape)
{
	unsigned kind = pick(input, 7);
	unsigned i, k, a, b;

	if (shape->tables == 0)
		return;
	i = pick(input, shape->tables);
	k = pick(input, shape->tables);
	a = pick(input, 30);
	b = pick(input, 30);
	switch (kind) {
	case 0:
		fprintf(out, "(table.set $t%u (i32.const %u) (ref.func $f3))\n",
			i, a);
		break;
	case 1:
		fprintf(out,
			"(table.set $t%u (i32.const %u) (ref.null func))\n", i,
			a);
		break;
	case 2:
		fprintf(out,
			"(drop (table.grow $t%u (ref.func $f%u) "
			"(i32.const %u)))\n",
			i, b % FUNCTIONS, a);
		break;
	case 3:
		fprintf(out,
			"(table.fill $t%u (i32.const %u) (ref.func $f2)"
			" (i32.const %u))\n",
			i, a, b);
		break;
	case 4:
		fprintf(out,
			"(table.copy $t%u $t%u (i32.const %u) (i32.const 0)"
			" (i32.const %u))\n",
			i, k, a, b);
		break;
	case 5:
		if (shape->elements > 0)
			fprintf(out,
				"(table.init $t%u $e%u (i32.const %u)"
				" (i32.const 1) (i32.const 2))\n",
				i, b % shape->elements, a);
		break;
	default:
		if (shape->elements > 0)
			fprintf(out, "(elem.drop $e%u)\n", b % shape->elements);
	}
}

static void change_memory(FILE *out, struct input *input,
			  const struct shape *shape)
{
	unsigned kind = pick(input, 7);
	unsigned i, k, a, b;

	if (shape->memories == 0)
		return;
	i = pick(input, shape->memories);
	k = pick(input, shape->memories);
	a = pick(input, 256) * 1021;
	b = pick(input, 256) * 331;
	switch (kind) {
	case 0:
		fprintf(out, "(i64.store $m%u (i32.const %u) (i64.const -1))\n",
			i, a);
		break;
	case 1:
		fprintf(out,
			"(i32.store8 $m%u (i32.const %u) (i32.const 99))\n", i,
			a);
		break;
	case 2:
		fprintf(out, "(drop (memory.grow $m%u (i32.const %u)))\n", i,
			b % 4);
		break;
	case 3:
		fprintf(out,
			"(memory.fill $m%u (i32.const %u) (i32.const 5)"
			" (i32.const %u))\n",
			i, a, b);
		break;
	case 4:
		fprintf(out,
			"(memory.copy $m%u $m%u (i32.const %u)"
			" (i32.const %u) (i32.const 5000))\n",
			i, k, a, b);
		break;
	case 5:
		if (shape->data > 0)
			fprintf(out,
				"(memory.init $m%u $d%u (i32.const %u)"
				" (i32.const 1) (i32.const 6))\n",
				i, b % shape->data, a);
		break;
	default:
		if (shape->data > 0)
			fprintf(out, "(data.drop $d%u)\n", b % shape->data);
	}
}

/* What ends a life early. */
static void end_early(FILE *out, struct input *input, const struct shape *shape)
{
	unsigned kind = pick(input, 8);

	switch (kind) {
	case 0:
		fputs("unreachable\n", out);
		break;
	case 1:
		fputs("(drop (i32.div_u (i32.const 1) (i32.const 0)))\n", out);
		break;
	case 2:
		fputs("(call $stop)\n", out);
		break;
	case 3:
		fputs("(call $deep)\n", out);
		break;
	case 4:
		if (shape->tables > 0)
			fputs("(drop (call_indirect $t0 (type $t)"
			      " (i32.const 9999)))\n",
			      out);
		break;
	default:
		/* Most lives go on. */
		break;
	}
}

static char *make_text(struct input *input)
{
	struct shape shape = { 0 };
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (out == NULL)
		abort();
	fputs("(module (import \"test\" \"see\" (func $seen (param i64)))\n"
	      "(import \"test\" \"stop\" (func $stop))\n"
	      "(type $t (func (result i32)))\n",
	      out);
	declare(out, input, &shape);
	segments(out, input, &shape);
	for (unsigned i = 0; i < FUNCTIONS; i++)
		fprintf(out, "(func $f%u (result i32) (i32.const %u))\n", i,
			100 + i);
	fputs("(func $deep (call $deep) (call $deep))\n"
	      "(global $h (mut i64) (i64.const 1469598103934665603))\n"
	      "(func $mix (param $v i64)"
	      " (global.set $h (i64.mul (i64.xor (global.get $h)"
	      "  (local.get $v)) (i64.const 1099511628211)))"
	      " (global.set $h (i64.xor (global.get $h)"
	      "  (i64.shr_u (global.get $h) (i64.const 29)))))\n"
	      "(func $mixi (param $v i32)"
	      " (call $mix (i64.extend_i32_u (local.get $v))))\n",
	      out);
	see(out, &shape);
	fputs("(func (export \"f\") (call $see)"
	      " (call $seen (global.get $h))\n",
	      out);
	for (int i = 0; i < OPERATIONS_MAX && input->at < input->end; i++) {
		switch (pick(input, 4)) {
		case 0:
			change_global(out, input, &shape);
			break;
		case 1:
			change_table(out, input, &shape);
			break;
		case 2:
			change_memory(out, input, &shape);
			break;
		default:
			end_early(out, input, &shape);
		}
	}
	/* What can be seen only once. */
	for (unsigned i = 0; i < shape.elements && shape.tables > 0; i++)
		fprintf(out,
			"(table.init $t0 $e%u (i32.const 0) (i32.const 0)"
			" (i32.const 1))\n",
			i);
	fputs("(call $see) (call $seen (global.get $h))))\n", out);
	if (fclose(out) != 0)
		abort();
	return text;
}

/* ---- Its lives ---- */

struct life {
	struct ln_task task;
	struct ln_instance instance;
	struct ln_compiled *module;
	_Atomic uint32_t over;
	int made;
	enum ln_stop stop;
	uint64_t fuel;
	uint64_t seen[2]; /* at its beginning, and at its end */
	unsigned count;
};

static bool call_see(void *callee, void *caller, union ln_value *values,
		     size_t count)
{
	struct life *life = ln_instance_running()->data;

	(void)callee;
	(void)caller;
	(void)count;
	if (life->count < 2)
		life->seen[life->count++] = (uint64_t)values[0].i64;
	return true;
}

static bool call_stop(void *callee, void *caller, union ln_value *values,
		      size_t count)
{
	(void)callee;
	(void)caller;
	(void)values;
	(void)count;
	ln_instance_running()->host_stop = true;
	ln_instance_record_trap("stopped", 7);
	return false;
}

static const struct ln_host_function functions[] = {
	{ "test", "see", "I", "", LN_ABI_ANY, call_see },
	{ "test", "stop", "", "", LN_ABI_ANY, call_stop },
};
static const struct ln_host_table table = { .functions = functions,
					    .count = 2 };

static void run(struct ln_task *task)
{
	struct life *life = (struct life *)task;
	const struct ln_instance_limits limits = {
		.max_memory = UINT64_C(16) << 20,
		.max_fuel = UINT64_C(1) << 24,
		.max_table_elements = 200,
	};
	struct ln_report *report;

	life->made = ln_instance_init(&life->instance, life->module, &limits,
				      task, life, &report);
	if (life->made == 0)
		life->stop = ln_instance_call(
			&life->instance,
			ln_compiled_entry(life->module, "f", 1), NULL, &report);
	ln_report_free(report);
	life->fuel = ln_instance_fuel_used(&life->instance);
	ln_instance_deinit(&life->instance);
}

static void finished(struct ln_task *task)
{
	struct life *life = (struct life *)task;

	atomic_store(&life->over, 1);
	ln_futex_wake(&life->over, 1);
}

static void live(struct ln_sched *sched, struct life *life,
		 struct ln_compiled *module)
{
	memset(life, 0, sizeof(*life));
	life->module = module;
	if (ln_task_start(sched, &life->task, run, finished) != 0)
		abort();
	while (atomic_load(&life->over) == 0)
		(void)ln_futex_wait(&life->over, 0, -1);
}

static void check(struct ln_engine *engine, struct ln_sched *sched,
		  struct ln_compiled *module, const char *text)
{
	static struct life lives[LIVES];
	struct ln_spares_tally before, after;

	ln_spares_tell(ln_engine_spares(engine), &before);
	for (int i = 0; i < LIVES; i++) {
		const struct life *life = &lives[i];

		if (i == LIVES - 1)
			ln_spares_trim(ln_engine_spares(engine));
		live(sched, &lives[i], module);
		if (life->made == lives[0].made &&
		    life->stop == lives[0].stop &&
		    life->count == lives[0].count &&
		    life->fuel == lives[0].fuel &&
		    memcmp(life->seen, lives[0].seen, sizeof(life->seen)) == 0)
			continue;
		fprintf(stderr, "life %d is not like the first one of\n%s", i,
			text);
		abort();
	}
	ln_spares_tell(ln_engine_spares(engine), &after);
	if (lives[0].made == 0 && after.renewed != before.renewed + LIVES - 3) {
		fprintf(stderr, "not used again:\n%s", text);
		abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct ln_compiled_limits limits = { .max_bytes = 1
								       << 20 };
	static struct ln_engine *engine;
	static struct ln_sched *sched;
	static struct ln_linker *linkers[2];
	struct ln_sched_options options = { .workers = 1 };
	struct input input = { data, data + size };
	unsigned variant = LN_VARIANT_METERED;
	struct ln_compiled *module;
	bool guard;
	char *error;
	char *text;

	if (engine == NULL) {
		setenv("LUNATIC_CACHE", "off", 1);
		if (ln_engine_new(ln_engine_default(), &table,
				  LN_PREEMPTION_SIGNAL, &engine) != 0 ||
		    ln_linker_new(engine, variant, NULL, NULL, &linkers[0]) !=
			    0 ||
		    ln_linker_new(engine, variant | LN_VARIANT_GUARD, NULL,
				  NULL, &linkers[1]) != 0)
			abort();
		options.stack_size = ln_engine_stack_size(engine);
		options.on_preempt = ln_preempt_guest;
		if (ln_sched_new(&options, &sched) != 0)
			abort();
	}
	guard = pick(&input, 2) == 1;
	if (guard)
		variant |= LN_VARIANT_GUARD;
	text = make_text(&input);
	if (ln_compiled_new(engine, NULL, variant, linkers[guard],
			    (const uint8_t *)text, strlen(text), &limits,
			    &module, &error) != 0) {
		fprintf(stderr, "%s in\n%s", error != NULL ? error : "?", text);
		abort();
	}
	check(engine, sched, module, text);
	ln_compiled_release(module);
	free(text);
	return 0;
}
