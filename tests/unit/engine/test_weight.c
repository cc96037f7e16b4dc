/* The estimate of a compilation's work: every instruction is stepped over by
 * its size, and what makes compilers slow is counted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <wasmtime.h>

#include "base/error.h"
#include "engine/weight.h"

struct text {
	char *data;
	size_t len;
	size_t room;
};

/* Appends `piece` so many times. */
static void add(struct text *text, const char *piece, int times)
{
	size_t len = strlen(piece);

	while (times-- > 0) {
		if (text->len + len + 1 > text->room) {
			text->room = 2 * text->room + len + 1;
			text->data = realloc(text->data, text->room);
			assert_non_null(text->data);
		}
		memcpy(text->data + text->len, piece, len + 1);
		text->len += len;
	}
}

/* Appends a piece with a number in it. */
__attribute__((format(printf, 2, 0))) static void
add_local(struct text *text, const char *format, int local)
{
	char piece[80];

	(void)snprintf(piece, sizeof(piece), format, local);
	add(text, piece, 1);
}

/* From a copy that ends where its memory ends, so that a read beyond shows. */
static struct ln_weight weigh_bytes(const void *bytes, size_t len)
{
	struct ln_weight weight;
	uint8_t *copy = malloc(len);

	if (len > 0)
		memcpy(copy, bytes, len);
	assert_int_equal(ln_weight_module(copy, len, &weight), 0);
	free(copy);
	return weight;
}

static struct ln_weight weigh(const char *text)
{
	wasm_byte_vec_t binary;
	struct ln_weight weight;

	assert_null(wasmtime_wat2wasm(text, strlen(text), &binary));
	weight = weigh_bytes(binary.data, binary.size);
	wasm_byte_vec_delete(&binary);
	return weight;
}

static void assert_too_much(struct text *text)
{
	struct ln_weight weight = weigh(text->data);

	assert_true(weight.total > weight.allowed);
	free(text->data);
}

static void assert_fine(struct text *text)
{
	struct ln_weight weight = weigh(text->data);

	assert_true(weight.total <= weight.allowed);
	free(text->data);
}

static void nothing(void **state)
{
	(void)state;
	assert_int_equal(weigh("(module)").total, 0);
	/* A type, a function, and its instructions. */
	assert_int_equal(weigh("(module (func))").total, 1 + 4 + 1);
	assert_int_equal(weigh("(module (func nop nop))").total, 1 + 4 + 3);
	assert_true(weigh("(module)").allowed > 0);
	assert_true(weigh("(module (func nop nop))").allowed >
		    weigh("(module (func))").allowed);
	assert_int_equal(weigh_bytes("", 0).total, 0);
}

/* Instructions with every kind of operand, each followed by a hundred loops,
 * which weigh 1,000 for their pressure and 2 each. A wrong size would make
 * something else of the loops. */
static void sizes_of_instructions(void **state)
{
	static const struct {
		const char *code;
		uint64_t weight;   /* of these instructions */
		uint64_t pressure; /* of them */
	} cases[] = {
		{ "unreachable nop", 2, 0 },
		{ "block end block (result i64) i64.const 1 end drop", 6, 0 },
		{ "(block (type 0)) (block (type 3))", 4, 0 },
		{ "i32.const 0 if else end", 4, 0 },
		{ "br 0 return", 2, 0 },
		{ "i32.const 0 br_if 0", 2, 0 },
		{ "i32.const 0 br_table 0 0 0 0", 6, 0 },
		{ "block block i32.const 0 br_table 0 0 0 2 end end", 10, 0 },
		{ "call 1 call 0 return_call 0", 3, 0 },
		{ "i32.const 0 call_indirect 0 (type 0)", 2, 2 },
		{ "i32.const 0 return_call_indirect (type 0)", 2, 2 },
		{ "i32.const 1 i32.const 2 i32.const 3 select drop", 5, 0 },
		{ "i32.const 1 i32.const 2 i32.const 3 select (result i32)"
		  " drop",
		  5, 0 },
		{ "local.get 0 local.tee 0 local.set 0", 3, 0 },
		{ "global.get 0 global.set 0", 2, 0 },
		{ "i32.const 0 table.get 0 drop", 3, 2 },
		{ "i32.const 300000 i32.load offset=4000000000 drop", 3, 0 },
		{ "i32.const 0 i32.load 1 offset=99 align=1 drop", 3, 0 },
		{ "i32.const 0 i64.const -1 i64.store32 align=1", 3, 0 },
		{ "memory.size drop i32.const 1 memory.grow 1 drop", 5, 1 },
		{ "i64.const 0x8000000000000000 drop", 2, 0 },
		{ "f32.const 1 drop f64.const 1 f64.neg drop", 5, 0 },
		{ "i32.const 1 i32.extend8_s i64.extend_i32_u drop", 4, 0 },
		{ "ref.null func ref.is_null drop ref.func 1 drop", 5, 0 },
		{ "f64.const 1 i32.trunc_sat_f64_s drop", 3, 0 },
		{ "i32.const 0 i32.const 0 i32.const 0 memory.init 1 0", 4, 0 },
		{ "data.drop 0 elem.drop 0 table.size drop", 4, 2 },
		{ "i32.const 0 i32.const 0 i32.const 0 memory.copy 1 0", 4, 0 },
		{ "i32.const 0 i32.const 0 i32.const 0 memory.fill 1", 4, 0 },
		{ "i32.const 0 i32.const 0 i32.const 0 table.init 0 0", 4, 1 },
		{ "i32.const 0 i32.const 0 i32.const 0 table.copy", 4, 1 },
		{ "i32.const 0 ref.null func i32.const 0 table.fill 0", 4, 1 },
		{ "ref.null func i32.const 0 table.grow 0 drop", 4, 1 },
		{ "v128.const i8x16 3 64 11 3 64 11 3 64 11 3 64 11 3 64 11 3"
		  " drop",
		  2, 0 },
		{ "v128.const i64x2 1 2 v128.const i64x2 1 2 i8x16.shuffle"
		  " 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 drop",
		  4, 0 },
		{ "i32.const 0 v128.load offset=70000 drop", 3, 0 },
		{ "i32.const 0 v128.load64_zero drop", 3, 0 },
		{ "i32.const 0 v128.const i64x2 1 2 v128.load8_lane 3 drop", 4,
		  0 },
		{ "v128.const i64x2 1 2 i8x16.extract_lane_s 15 drop", 3, 0 },
		{ "v128.const i64x2 1 2 f64x2.sqrt drop", 3, 0 },
		{ "v128.const i64x2 1 2 i32x4.relaxed_trunc_f32x4_s drop", 3,
		  0 },
		{ "i32.const 0 i32.atomic.load drop atomic.fence", 4, 2 },
		{ "i32.const 0 i32.const 0 i32.atomic.rmw.add drop", 4, 1 },
	};

	static const char head[] =
		"(module (type (func)) (type (func (param i32)))"
		"(type (func)) (type (func))"
		"(import \"a\" \"b\" (func (type 0)))"
		"(table 1 funcref) (memory 1) (memory 1)"
		"(global (mut i32) (i32.const 0))"
		"(elem func 0) (data \"x\") (func (local i32) ";
	struct text empty = { 0 };
	uint64_t others;

	(void)state;
	add(&empty, head, 1);
	add(&empty, "))", 1);
	others = weigh(empty.data).total - 1;
	free(empty.data);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct text text = { 0 };
		uint64_t weight, expected;

		/* In a block, at whose end nothing is on the stack. */
		add(&text, head, 1);
		add(&text, "block ", 1);
		add(&text, cases[i].code, 1);
		add(&text, " end", 1);
		add(&text, " loop end", 100);
		add(&text, "))", 1);
		expected = others + cases[i].weight + 2 + 201 +
			   (1000 + cases[i].pressure) *
				   (1000 + cases[i].pressure) / 1000;
		weight = weigh(text.data).total;
		if (weight != expected)
			fail_msg("%s: %llu instead of %llu", cases[i].code,
				 (unsigned long long)weight,
				 (unsigned long long)expected);
		free(text.data);
	}
}

static void loops(void **state)
{
	struct text text = { 0 };

	(void)state;
	add(&text, "(module (func ", 1);
	add(&text, "(loop)", 1000);
	add(&text, ") (func ", 1);
	add(&text, "(loop)", 1000);
	add(&text, "))", 1);
	assert_fine(&text);
	/* The same number in one function. */
	memset(&text, 0, sizeof(text));
	add(&text, "(module (func ", 1);
	add(&text, "(loop)", 3000);
	add(&text, "))", 1);
	assert_too_much(&text);
}

static void indirect_calls(void **state)
{
	struct text text = { 0 };

	(void)state;
	add(&text, "(module (type (func)) (table 1 funcref) (func ", 1);
	add(&text, "(call_indirect (type 0) (i32.const 0))", 20000);
	add(&text, "))", 1);
	assert_too_much(&text);
	/* Direct calls are another matter. */
	memset(&text, 0, sizeof(text));
	add(&text, "(module (func ", 1);
	add(&text, "(call 0)", 20000);
	add(&text, "))", 1);
	assert_fine(&text);
}

static void calls_of_the_runtime(void **state)
{
	struct text text = { 0 };

	(void)state;
	add(&text, "(module (memory 1) (func ", 1);
	add(&text, "(drop (memory.grow (i32.const 1)))", 50000);
	add(&text, "))", 1);
	assert_too_much(&text);
	memset(&text, 0, sizeof(text));
	add(&text, "(module (memory 1) (func (local i32)", 1);
	add(&text, "(i32.store (local.get 0) (i32.const 1))", 50000);
	add(&text, "))", 1);
	assert_fine(&text);
}

/* Begins a module whose function type 1 has a thousand parameters and results,
 * with one imported function of it. */
static void begin_wide(struct text *text)
{
	memset(text, 0, sizeof(*text));
	add(text, "(module (type (func)) (type (func (param", 1);
	add(text, " i32", 1000);
	add(text, ") (result", 1);
	add(text, " i32", 1000);
	add(text, "))) (import \"a\" \"m\" (memory 1 9))", 1);
	add(text, "(import \"a\" \"t\" (table 1 2 funcref))", 1);
	add(text, "(import \"a\" \"g\" (global (mut i32)))", 1);
	add(text, "(import \"a\" \"wide\" (func (type 1)))", 1);
}

static void wide_types(void **state)
{
	static const char *const bodies[] = {
		"call 0 ",
		"return_call 0 ",
		"(call_indirect (type 1)) ",
		"block (type 1) end ",
		"block (type 1) br 0 end ",
		"block (type 1) br_if 0 br_if 0 end ",
		"if (type 1) else end ",
		"block (type 1) br_table 0 0 0 0 0 0 0 end ",
	};
	struct text text;

	(void)state;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		begin_wide(&text);
		add(&text, "(table 1 funcref) (func ", 1);
		add(&text, bodies[i], 300);
		add(&text, "))", 1);
		assert_too_much(&text);
		/* Ordinary code of the same size. */
		begin_wide(&text);
		add(&text, "(func (type 0)) (func ", 1);
		add(&text, "block (type 0) br 0 end call 1 ", 300);
		add(&text, "))", 1);
		assert_fine(&text);
	}
	/* Each label of a table is a branch. */
	begin_wide(&text);
	add(&text, "(func block (type 1) ", 1);
	for (int i = 0; i < 20; i++) {
		add(&text, "br_table", 1);
		add(&text, " 0", 20);
		add(&text, "\n", 1);
	}
	add(&text, "end))", 1);
	assert_too_much(&text);
	/* A function that returns a thousand values does so at each return. */
	begin_wide(&text);
	add(&text, "(func) (func (type 1) ", 1);
	add(&text, "return ", 400);
	add(&text, "))", 1);
	assert_too_much(&text);
	begin_wide(&text);
	add(&text, "(func (type 1) unreachable) (func ", 1);
	add(&text, "return ", 400);
	add(&text, "))", 1);
	assert_fine(&text);
}

/* Functions that declare 40,000 locals in three bytes. */
static void many_locals(void **state)
{
	static const uint8_t start[] = {
		0, 'a', 's', 'm', 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 10,
	};
	static const uint8_t body[] = { 6, 1, 0xc0, 0xb8, 2, 0x7f, 0x0b };
	struct ln_weight weight;
	uint8_t bytes[1024];

	(void)state;
	for (size_t count = 1; count < 128; count++) {
		size_t len = sizeof(start);
		size_t size = 1 + count * sizeof(body);

		memcpy(bytes, start, len);
		bytes[len++] = (uint8_t)(size | 0x80);
		bytes[len++] = (uint8_t)(size >> 7);
		bytes[len++] = (uint8_t)count;
		for (size_t i = 0; i < count; i++, len += sizeof(body))
			memcpy(bytes + len, body, sizeof(body));
		weight = weigh_bytes(bytes, len);
		assert_int_equal(weight.total,
				 1 + count * (40000 / 32 + 1 + 4));
	}
}

/* Locals become operands wherever branches meet after they were set, and are
 * looked for through all that met since they were touched. */
static void locals_across_branches(void **state)
{
	struct text text = { 0 };

	(void)state;
	/* Each of 1,000 locals is touched behind 2,000 branches or more. */
	add(&text, "(module (func (local", 1);
	add(&text, " i32", 1000);
	add(&text, ")", 1);
	for (int i = 0; i < 20; i++) {
		add(&text, "(if (local.get 0) (then nop))", 200);
		for (int local = 1; local < 1000; local++)
			add_local(&text, "(drop (local.get %d))", local);
	}
	add(&text, "))", 1);
	assert_too_much(&text);
	/* A few locals at a time. */
	memset(&text, 0, sizeof(text));
	add(&text, "(module (func (local", 1);
	add(&text, " i32", 1000);
	add(&text, ")", 1);
	for (int local = 1; local < 1000; local++) {
		add_local(&text, "(local.set %d (i32.const 1))", local);
		add(&text, "(if (local.get 0) (then nop))", 4);
		add_local(&text, "(drop (local.get %d))", local);
	}
	add(&text, "))", 1);
	assert_fine(&text);
}

static void nested_loops(void **state)
{
	static const char *const bodies[] = { "(local.set %d (i32.const 1))",
					      "(drop (local.get %d))" };

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct text text = { 0 };

		add(&text, "(module (func (local", 1);
		add(&text, " i32", 300);
		add(&text, ")", 1);
		add(&text, "loop ", 300);
		for (int local = 0; local < 300; local++)
			add_local(&text, bodies[i], local);
		add(&text, " (br_if 0 (local.get 0)) end", 300);
		add(&text, "))", 1);
		/* What is only read needs no operands in the end. */
		if (i == 0)
			assert_too_much(&text);
		else
			assert_fine(&text);
	}
}

/* Whoever sets a local again in the same block adds nothing; in another one, he
 * does. Each operand weighs 2, of which an `if` has two for each local. */
static void sets_are_counted_once(void **state)
{
	static const char *const bodies[] = {
		"(then (local.set 1 (i32.const 1)))",
		"(then (local.set 1 (i32.const 1))"
		" (local.set 1 (i32.const 1)))",
		"(then (local.set 1 (i32.const 1))"
		" (local.set 2 (i32.const 1)))",
		"(then (if (local.get 0) (then (local.set 1 (i32.const 1))))"
		" nop)",
		"(then (if (local.get 0) (then (local.set 1 (i32.const 1))))"
		" (local.set 1 (i32.const 1)))",
	};
	static const uint64_t instructions[] = { 2, 4, 4, 6, 7 };
	static const uint64_t phis[] = { 1, 1, 2, 2, 2 };

	(void)state;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		struct text text = { 0 };
		uint64_t expected;

		add(&text, "(module (func (local i32 i32 i32) ", 1);
		add(&text, "(if (local.get 0) ", 1);
		add(&text, bodies[i], 1);
		add(&text, ")))", 1);
		expected = 1 + 4 + 4 + instructions[i] + 4 * phis[i];
		assert_int_equal(weigh(text.data).total, expected);
		free(text.data);
	}
}

/* A table in each of a hundred branches leads to all of a hundred blocks, at
 * whose ends a hundred locals meet. */
static void branch_tables(void **state)
{
	struct text text = { 0 };

	(void)state;
	add(&text, "(module (func (local", 1);
	add(&text, " i32", 100);
	add(&text, ")", 1);
	add(&text, "block ", 100);
	for (int i = 0; i < 100; i++) {
		add(&text, "(if (local.get 0) (then ", 1);
		add_local(&text, "(local.set %d (i32.const 1))", i);
		add(&text, "(br_table", 1);
		for (int label = 0; label < 100; label++)
			add_local(&text, " %d", label);
		add(&text, "(local.get 0))))", 1);
	}
	add(&text, " end", 100);
	add(&text, "))", 1);
	assert_too_much(&text);
}

/* Values that wait on the operand stack while branches meet. */
static void values_held(void **state)
{
	struct text text = { 0 };

	(void)state;
	add(&text, "(module (memory 1) (func (local i32) ", 1);
	add(&text, "(i32.load (local.get 0))", 6000);
	add(&text, "(if (local.get 0) (then))", 6000);
	add(&text, " drop", 6000);
	add(&text, "))", 1);
	assert_too_much(&text);
	memset(&text, 0, sizeof(text));
	add(&text, "(module (memory 1) (func (local i32) ", 1);
	add(&text, "(drop (i32.load (local.get 0)))", 6000);
	add(&text, "(if (local.get 0) (then))", 6000);
	add(&text, "))", 1);
	assert_fine(&text);
}

/* What a module declares is compiled, too. */
static void declarations(void **state)
{
	struct text text = { 0 };
	uint64_t before;

	(void)state;
	add(&text, "(module (type (func (param", 1);
	add(&text, " i32", 100);
	add(&text, "))))", 1);
	assert_int_equal(weigh(text.data).total, 1 + 125);
	free(text.data);
	before = weigh("(module (memory 1) (func) (func))").total;
	assert_int_equal(weigh("(module (memory 1) (func) (func)"
			       " (export \"f\" (func 0)))")
				 .total,
			 before + 12);
	/* However often, it is one. */
	assert_int_equal(weigh("(module (memory 1) (func)"
			       " (func ref.func 0 drop ref.func 0 drop"
			       " ref.func 0 drop) (elem declare func 0))")
				 .total,
			 before + 2 * 12 + 6);
	memset(&text, 0, sizeof(text));
	add(&text, "(module (memory 1)", 1);
	add(&text, "(data (i32.const 0) \"x\")", 60000);
	add(&text, ")", 1);
	assert_too_much(&text);
}

/* Modules as people write them are compiled in this process. */
static void small_ones(void **state)
{
	struct text text = { 0 };

	(void)state;
	add(&text, "(module (memory 1)", 1);
	add(&text,
	    "(func (param i32 i32) (result i32) (local i32)"
	    " (loop (local.set 2 (i32.add (local.get 0) (local.get 2)))"
	    " (br_if 0 (i32.lt_u (local.get 2) (local.get 1))))"
	    " (if (result i32) (local.get 0) (then (local.get 1))"
	    " (else (local.get 2))))",
	    500);
	add(&text, ")", 1);
	assert_true(weigh(text.data).total <= LN_WEIGHT_SMALL);
	free(text.data);
}

/* What does not decode ends the look at a function, which is then heavy, not
 * that at the others. */
static void after_what_is_unknown(void **state)
{
	static const uint8_t start[] = {
		0, 'a',  's', 'm', 1, 0, 0, 0, 1, 4,
		1, 0x60, 0,   0,   3, 3, 2, 0, 0, 10,
	};
	uint8_t bytes[64];
	size_t len = sizeof(start);
	static const uint8_t code[] = {
		13, 2, 3, 0, 0xff, 0x0b,          /* an unknown instruction */
		7,  0, 1, 1, 1,    1,    1, 0x0b, /* five nops, end */
	};

	(void)state;
	memcpy(bytes, start, sizeof(start));
	memcpy(bytes + len, code, sizeof(code));
	bytes[len] = sizeof(code) - 1;
	len += sizeof(code);
	/* It is not small, and a byte of it is left. */
	assert_int_equal(weigh_bytes(bytes, len).total,
			 1 + 2 * 4 + 1 + 6 + LN_WEIGHT_SMALL + 1 + 2);
	/* A type of another form. */
	bytes[11] = 0x5d;
	assert_true(weigh_bytes(bytes, len).total > 2 * LN_WEIGHT_SMALL);
}

static void cut_and_changed(void **state)
{
	static const char text[] =
		"(module (type (func (param i32 i64) (result i32)))"
		"(import \"a\" \"f\" (func (type 0)))"
		"(import \"a\" \"m\" (memory 1 2))"
		"(import \"a\" \"t\" (table 1 funcref))"
		"(import \"a\" \"g\" (global i32))"
		"(func (type 0) (local i64 f32) (block (result i32)"
		" (br_table 0 1 0 (i32.const 1) (local.get 0)))"
		" (loop (br_if 0 (i32.const 0))) drop"
		" (call 0 (i32.const 1) (i64.const 2)))"
		"(func v128.const i64x2 1 2 drop memory.size drop))";
	wasm_byte_vec_t binary;
	uint8_t *bytes;
	uint64_t whole;

	(void)state;
	assert_null(wasmtime_wat2wasm(text, strlen(text), &binary));
	bytes = (uint8_t *)binary.data;
	whole = weigh_bytes(bytes, binary.size).total;
	assert_true(whole > 10);
	for (size_t len = 0; len < binary.size; len++)
		assert_true(weigh_bytes(bytes, len).total <= whole);
	for (size_t i = 0; i < binary.size; i++) {
		uint8_t right = bytes[i];

		for (unsigned value = 0; value < 256; value++) {
			bytes[i] = (uint8_t)value;
			weigh_bytes(bytes, binary.size);
		}
		bytes[i] = right;
	}
	assert_int_equal(weigh_bytes(bytes, binary.size).total, whole);
	wasm_byte_vec_delete(&binary);
}

/* Two bytes that write a thousand fields. */
static void large_objects(void **state)
{
	struct text text = { 0 };

	(void)state;
	add(&text, "(module (rec (type (func)) (type $s (struct", 1);
	add(&text, " (field i64)", 1000);
	add(&text, "))) (func", 1);
	add(&text, " (drop (struct.new_default $s))", 3000);
	add(&text, "))", 1);
	assert_too_much(&text);
	text = (struct text){ 0 };
	add(&text, "(module (type $s (struct (field i64) (field i64))) (func",
	    1);
	add(&text, " (drop (struct.new_default $s))", 3000);
	add(&text, "))", 1);
	assert_fine(&text);
}

/* Blocks that catch, within each other: each place that catches counts. */
static void catching(void **state)
{
	struct text text = { 0 };

	(void)state;
	add(&text, "(module (tag $t) (func (block $b (try_table", 1);
	add(&text, " (catch $t $b)", 500000);
	add(&text, ")) (block $c", 1);
	add(&text, "(try_table (catch_all $c))", 100);
	add(&text, ")))", 1);
	assert_fine(&text);
	/* Calls in them note all of these; behind them none. */
	text = (struct text){ 0 };
	add(&text, "(module (tag $t) (func $f) (func (block $b (try_table", 1);
	add(&text, " (catch $t $b)", 5000);
	add(&text, " (call $f)", 5000);
	add(&text, "))))", 1);
	assert_too_much(&text);
	text = (struct text){ 0 };
	add(&text, "(module (tag $t) (func $f) (func (block $b (try_table", 1);
	add(&text, " (catch $t $b)", 5000);
	add(&text, "))", 1);
	add(&text, " (call $f)", 5000);
	add(&text, "))", 1);
	assert_fine(&text);
	/* A type, a function, instructions, places; and one throw to two. */
	assert_int_equal(weigh("(module (tag $t) (func (block $b (try_table"
			       " (catch $t $b) (catch_all $b) (throw $t)))))")
				 .total,
			 1 + 4 + 6 + 2 + 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing),
		cmocka_unit_test(large_objects),
		cmocka_unit_test(catching),
		cmocka_unit_test(sizes_of_instructions),
		cmocka_unit_test(loops),
		cmocka_unit_test(indirect_calls),
		cmocka_unit_test(calls_of_the_runtime),
		cmocka_unit_test(wide_types),
		cmocka_unit_test(many_locals),
		cmocka_unit_test(locals_across_branches),
		cmocka_unit_test(nested_loops),
		cmocka_unit_test(sets_are_counted_once),
		cmocka_unit_test(branch_tables),
		cmocka_unit_test(values_held),
		cmocka_unit_test(declarations),
		cmocka_unit_test(small_ones),
		cmocka_unit_test(after_what_is_unknown),
		cmocka_unit_test(cut_and_changed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
