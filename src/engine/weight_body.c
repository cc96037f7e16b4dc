/*
 * How much work a function is for the compiler; weight.c says what counts.
 *
 * Job: one walk over the instructions, with a stack of the blocks that are open
 * and the place where each local was last touched.
 *
 * Places are numbers of edges: branches that have met so far, counted where
 * they meet. A local that is read is looked for through all edges since it was
 * touched last. A block counts the locals that were set in it: one that is
 * set again, in a block that was open then, is new only in the blocks that have
 * been opened since. These are the upper part of the stack, found by bisection;
 * so each set changes two counters, and a block adds its own to the one around
 * it when it ends.
 *
 * What a call throws goes to every place that catches, of all blocks that it is
 * in: each is one more edge to there. So a block counts the calls in it.
 *
 * Threads: any; no state but the caller's scratch.
 * Guarantees: memory in proportion to the locals, at most MAX_LOCALS, and to
 * the depth of the nesting, at most the size of the body.
 */
#include "engine/weight_body.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "engine/opcode.h"
#include "engine/weight.h"

#define LOCALS_PER_UNIT 32
#define PRESSURE_LOOP 10       /* a loop */
#define PRESSURE_INDIRECT 2    /* an indirect call, an access to a table */
#define PRESSURE_RUNTIME 1     /* memory.grow and other calls of the runtime */
#define PRESSURE_PER_UNIT 1000 /* of the square of a function's pressure */
#define EDGES_PER_UNIT 5       /* that a local was looked for through */
#define HELD_PER_UNIT 32       /* values that live through an edge */
#define PHI_OPERAND 2          /* an operand of a phi */
#define DEEP 64                /* loops in each other that double that */

/* Of a function with an instruction that is not known, and of each byte from
 * there: enough for a compiler's process. */
#define UNKNOWN (LN_WEIGHT_SMALL + 1)
#define UNKNOWN_PER_BYTE 2

/* The compiler refuses more in a function once it has made so many. */
#define MAX_LOCALS 50000

/* More than any body can reach, and its sums still fit. */
#define SATURATED ((uint64_t)1 << 56)

#define MISC_TABLES 12 /* the first of those that work on tables */
#define MISC_ARITHMETIC 18

struct ln_weight_block {
	uint8_t opcode;
	uint32_t results;
	uint32_t loops;    /* around it, itself counted */
	uint64_t opened;   /* the number of the block among all */
	uint64_t height;   /* of the operand stack below it */
	uint64_t branches; /* to its label */
	uint64_t calls;    /* in it, as far as its inner blocks have ended */
	uint64_t catches;  /* places that catch what these throw */
	int64_t sets;      /* locals that are set in it for the first time; less
			    * those that were already set around it */
};

struct ln_weight_local {
	uint64_t edges;  /* when it was touched last */
	uint64_t opened; /* blocks when it was set last; 0: never */
};

/* The function that is being looked at. */
struct body {
	const struct ln_weight_types *types;
	struct ln_weight_scratch *scratch;
	struct ln_cursor code;
	size_t depth;    /* open blocks; the function's own is the first */
	size_t locals;   /* with parameters */
	uint64_t opened; /* blocks so far */
	uint64_t edges;  /* so far */
	uint64_t height; /* of the operand stack */
	uint64_t weight;
	uint64_t pressure;
	uint64_t walked; /* edges that locals were looked for through */
	uint64_t held;   /* values that live through edges */
	uint64_t width;  /* most values that a label of it takes */
	bool no_memory;
};

/* ---- Memory ---- */

int ln_weight_push_type(struct ln_weight_types *types,
			struct ln_weight_type type)
{
	void *items = ln_array_grow(types->types, types->type_count,
				    &types->type_room, sizeof(type));

	if (items == NULL)
		return LN_ENOMEM;
	types->types = items;
	types->types[types->type_count++] = type;
	return 0;
}

int ln_weight_push_function(struct ln_weight_types *types, uint32_t type)
{
	void *items = ln_array_grow(types->functions, types->function_count,
				    &types->function_room, sizeof(type));

	if (items == NULL)
		return LN_ENOMEM;
	types->functions = items;
	types->functions[types->function_count++] = type;
	return 0;
}

void ln_weight_free_types(struct ln_weight_types *types)
{
	free(types->types);
	free(types->functions);
}

void ln_weight_free_scratch(struct ln_weight_scratch *scratch)
{
	free(scratch->blocks);
	free(scratch->locals);
}

/* ---- Types ---- */

/* No values when there is no such type. */
static struct ln_weight_type type_of(const struct body *body, uint64_t type)
{
	return type < body->types->type_count ? body->types->types[type]
					      : (struct ln_weight_type){ 0 };
}

static struct ln_weight_type function_type(const struct body *body,
					   uint64_t function)
{
	return function < body->types->function_count
		       ? type_of(body, body->types->functions[function])
		       : (struct ln_weight_type){ 0 };
}

static uint64_t width_of(struct ln_weight_type type)
{
	return (uint64_t)type.params + type.results;
}

/* ---- Blocks and locals ---- */

static void add(uint64_t *sum, uint64_t more)
{
	*sum = more < SATURATED - *sum ? *sum + more : SATURATED;
}

static uint64_t product(uint64_t a, uint64_t b)
{
	return b != 0 && a > SATURATED / b ? SATURATED : a * b;
}

/* Branches meet: so many edges more. */
static void meet(struct body *body, uint64_t edges, uint64_t height)
{
	add(&body->edges, edges);
	add(&body->held, product(edges, height));
}

static void push(struct body *body, uint64_t values)
{
	body->height += values;
}

static void pop(struct body *body, uint64_t values)
{
	uint64_t floor = body->depth > 0
				 ? body->scratch->blocks[body->depth - 1].height
				 : 0;

	body->height =
		body->height - floor > values ? body->height - values : floor;
}

/* Opens a block of a type. */
static void open_block(struct body *body, uint8_t opcode,
		       struct ln_weight_type type)
{
	struct ln_weight_scratch *scratch = body->scratch;
	uint32_t loops =
		body->depth > 0 ? scratch->blocks[body->depth - 1].loops : 0;
	void *items =
		ln_array_grow(scratch->blocks, body->depth,
			      &scratch->block_room, sizeof(*scratch->blocks));

	if (items == NULL) {
		body->no_memory = true;
		return;
	}
	scratch->blocks = items;
	pop(body, type.params);
	scratch->blocks[body->depth++] = (struct ln_weight_block){
		.opcode = opcode,
		.results = type.results,
		.loops = loops + (opcode == LN_OPCODE_LOOP),
		.opened = ++body->opened,
		.height = body->height,
	};
	push(body, type.params);
	/* What comes in meets what comes back. */
	if (opcode == LN_OPCODE_LOOP)
		meet(body, 2, body->height);
}

static void end_block(struct body *body)
{
	struct ln_weight_block *block = &body->scratch->blocks[--body->depth];
	/* What falls through; what an `if` does not enter. */
	uint64_t edges = block->branches + 1 + (block->opcode == LN_OPCODE_IF);
	uint64_t phis = block->sets > 0 ? (uint64_t)block->sets : 0;

	body->height = block->height;
	/* With one edge nothing meets; and locals end with the function. */
	if (body->depth > 0 && (edges > 1 || block->opcode == LN_OPCODE_LOOP)) {
		meet(body, edges, body->height);
		add(&body->weight,
		    product(product(edges, phis),
			    PHI_OPERAND * (uint64_t)(DEEP + block->loops) /
				    DEEP));
	}
	if (block->catches > 0) {
		uint64_t thrown = product(block->calls, block->catches);

		meet(body, thrown, body->height);
		add(&body->weight, thrown);
		add(&body->weight, product(thrown, PHI_OPERAND * phis));
	}
	push(body, block->results);
	if (body->depth > 0) {
		block[-1].sets += block->sets;
		block[-1].calls += block->calls;
	}
}

/* One of what may throw. */
static void count_call(struct body *body)
{
	body->scratch->blocks[body->depth - 1].calls++;
}

/* Begins the other branch of an `if`. */
static void begin_else(struct body *body)
{
	body->height = body->scratch->blocks[body->depth - 1].height;
}

static void branch(struct body *body, uint64_t label)
{
	if (label < body->depth)
		body->scratch->blocks[body->depth - 1 - label].branches++;
}

static void branch_table(struct body *body, const struct ln_opcode *found)
{
	struct ln_cursor labels = found->labels;
	uint64_t label;

	for (uint64_t i = 0; i < found->targets; i++) {
		if (!ln_cursor_number(&labels, 32, &label))
			return;
		branch(body, label);
	}
}

/* Open blocks that were open when `opened` blocks had been. */
static size_t blocks_since(const struct body *body, uint64_t opened)
{
	size_t low = 0, high = body->depth;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (body->scratch->blocks[middle].opened <= opened)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void touch(struct body *body, uint64_t index, bool set)
{
	struct ln_weight_block *blocks = body->scratch->blocks;
	struct ln_weight_local *local;

	if (index >= body->locals)
		return;
	local = &body->scratch->locals[index];
	if (!set)
		add(&body->walked, body->edges - local->edges);
	local->edges = body->edges;
	if (!set)
		return;
	blocks[body->depth - 1].sets++;
	if (local->opened > 0) {
		size_t around = blocks_since(body, local->opened);

		if (around > 0)
			blocks[around - 1].sets--;
	}
	local->opened = body->opened;
}

/* ---- Instructions ---- */

static void weigh_call(struct body *body, struct ln_weight_type type)
{
	count_call(body);
	body->weight += width_of(type);
	pop(body, type.params);
	push(body, type.results);
}

static void weigh_block(struct body *body, const struct ln_opcode *found)
{
	struct ln_weight_type type = type_of(body, found->type);
	uint64_t width = width_of(type);

	if (found->type == LN_OPCODE_NO_TYPE)
		type.results = found->results;
	if (width > body->width)
		body->width = width;
	body->weight += body->width;
	if (found->opcode == LN_OPCODE_IF)
		pop(body, 1);
	open_block(body, found->opcode, type);
	if (found->opcode == LN_OPCODE_TRY_TABLE && !body->no_memory) {
		body->weight += found->targets;
		body->scratch->blocks[body->depth - 1].catches = found->targets;
	}
}

/* Objects and references. */
static void weigh_object(struct body *body, const struct ln_opcode *found)
{
	struct ln_weight_type type = type_of(body, found->type);

	switch (found->opcode) {
	case LN_OPCODE_BR_ON_NULL:
	case LN_OPCODE_BR_ON_NON_NULL:
		body->weight += body->width;
		branch(body, found->label);
		return;
	case LN_OPCODE_OBJECT:
		/* All fields of a new one are written. */
		body->weight += type.params;
		if (found->kind == LN_OBJECT_BR_ON_CAST ||
		    found->kind == LN_OBJECT_BR_ON_CAST_FAIL)
			branch(body, found->label);
		return;
	default:
		return;
	}
}

/* Values move between blocks and functions. */
static void weigh_control(struct body *body, const struct ln_opcode *found)
{
	switch (found->opcode) {
	case LN_OPCODE_BLOCK:
	case LN_OPCODE_LOOP:
	case LN_OPCODE_IF:
	case LN_OPCODE_TRY_TABLE:
		weigh_block(body, found);
		break;
	case LN_OPCODE_THROW:
	case LN_OPCODE_THROW_REF:
		count_call(body);
		break;
	case LN_OPCODE_ELSE:
		body->weight += body->width;
		begin_else(body);
		break;
	case LN_OPCODE_END:
		body->weight += body->width;
		end_block(body);
		break;
	case LN_OPCODE_RETURN:
		body->weight += body->width;
		break;
	case LN_OPCODE_BR:
		body->weight += body->width;
		branch(body, found->label);
		break;
	case LN_OPCODE_BR_IF:
		body->weight += body->width;
		pop(body, 1);
		branch(body, found->label);
		break;
	case LN_OPCODE_BR_TABLE:
		body->weight += found->targets * (1 + body->width);
		pop(body, 1);
		branch_table(body, found);
		break;
	case LN_OPCODE_CALL:
	case LN_OPCODE_RETURN_CALL:
		weigh_call(body, function_type(body, found->function));
		break;
	case LN_OPCODE_CALL_INDIRECT:
	case LN_OPCODE_RETURN_CALL_INDIRECT:
	case LN_OPCODE_CALL_REF:
	case LN_OPCODE_RETURN_CALL_REF:
		pop(body, 1);
		weigh_call(body, type_of(body, found->type));
		break;
	default:
		break;
	}
}

/* How the others change the operand stack, at most. */
static void weigh_plain(struct body *body, const struct ln_opcode *found)
{
	uint8_t opcode = found->opcode;

	switch (opcode) {
	case LN_OPCODE_LOCAL_GET:
		touch(body, found->local, false);
		push(body, 1);
		return;
	case LN_OPCODE_LOCAL_SET:
		touch(body, found->local, true);
		pop(body, 1);
		return;
	case LN_OPCODE_LOCAL_TEE:
		touch(body, found->local, true);
		return;
	case LN_OPCODE_BR_ON_NULL:
	case LN_OPCODE_BR_ON_NON_NULL:
	case LN_OPCODE_OBJECT:
		weigh_object(body, found);
		return;
	case LN_OPCODE_REF_FUNC:
		body->scratch->named++;
		push(body, 1);
		return;
	case LN_OPCODE_VECTOR:
		if (found->kind == LN_VECTOR_CONST)
			push(body, 1);
		return;
	default:
		break;
	}
	if (opcode == 0x1b || opcode == 0x1c || /* select */
	    (opcode >= 0x36 && opcode <= 0x3e)) /* stores */
		pop(body, 2);
	else if (opcode == 0x23 || opcode == 0x3f ||   /* global, memory.size */
		 (opcode >= 0x41 && opcode <= 0x44) || /* constants */
		 opcode == 0xd0)                       /* ref.null */
		push(body, 1);
	else if (opcode == 0x1a || opcode == 0x24 ||   /* drop, global.set */
		 (opcode >= 0x46 && opcode <= 0x4f) || /* comparisons */
		 (opcode >= 0x51 && opcode <= 0x66) ||
		 (opcode >= 0x6a && opcode <= 0x78) || /* arithmetic */
		 (opcode >= 0x7c && opcode <= 0x8a) ||
		 (opcode >= 0x92 && opcode <= 0x98) ||
		 (opcode >= 0xa0 && opcode <= 0xa6))
		pop(body, 1);
}

static uint64_t pressure_of(const struct ln_opcode *found)
{
	switch (found->opcode) {
	case LN_OPCODE_LOOP:
		return PRESSURE_LOOP;
	case LN_OPCODE_CALL_INDIRECT:
	case LN_OPCODE_RETURN_CALL_INDIRECT:
	case LN_OPCODE_CALL_REF:
	case LN_OPCODE_RETURN_CALL_REF:
	case LN_OPCODE_TABLE_GET:
	case LN_OPCODE_TABLE_SET:
		return PRESSURE_INDIRECT;
	case LN_OPCODE_MEMORY_GROW:
	case LN_OPCODE_ATOMIC:
	case LN_OPCODE_OBJECT:
	case LN_OPCODE_THROW:
	case LN_OPCODE_THROW_REF:
		return PRESSURE_RUNTIME;
	case LN_OPCODE_MISC:
		return found->kind >= MISC_TABLES &&
				       found->kind < MISC_ARITHMETIC
			       ? PRESSURE_RUNTIME
			       : 0;
	default:
		return 0;
	}
}

/* False when the function ends there for the compiler. */
static bool weigh_instruction(struct body *body)
{
	struct ln_opcode found;

	/* Behind the end of the function nothing may follow. */
	if (body->code.at == body->code.end || body->depth == 0 ||
	    body->no_memory)
		return false;
	body->weight++;
	if (!ln_opcode_next(&body->code, &found))
		return false;
	if (found.opcode < 0x1a || found.opcode == LN_OPCODE_TRY_TABLE)
		weigh_control(body, &found);
	else
		weigh_plain(body, &found);
	body->pressure += pressure_of(&found);
	return true;
}

/* ---- The whole ---- */

static bool weigh_locals(struct body *body)
{
	struct ln_weight_scratch *scratch = body->scratch;
	uint64_t count;
	bool good = ln_opcode_locals(&body->code, &count);

	good = good && count <= MAX_LOCALS;
	if (count > MAX_LOCALS)
		count = MAX_LOCALS;
	body->weight += count / LOCALS_PER_UNIT;
	body->locals += (size_t)count;
	if (body->locals > MAX_LOCALS)
		body->locals = MAX_LOCALS;
	if (body->locals > scratch->local_room) {
		free(scratch->locals);
		scratch->local_room = 0;
		scratch->locals =
			malloc(body->locals * sizeof(*scratch->locals));
		if (scratch->locals == NULL) {
			body->no_memory = true;
			return false;
		}
		scratch->local_room = body->locals;
	}
	if (body->locals > 0)
		memset(scratch->locals, 0,
		       body->locals * sizeof(*scratch->locals));
	return good;
}

int ln_weight_body(const struct ln_weight_types *types, size_t function,
		   struct ln_cursor code, struct ln_weight_scratch *scratch,
		   uint64_t *weight)
{
	struct body body = {
		.types = types,
		.scratch = scratch,
		.code = code,
	};
	struct ln_weight_type type = function_type(&body, function);

	scratch->named = 0;
	body.width = width_of(type);
	body.locals = type.params;
	if (weigh_locals(&body)) {
		type.params = 0;
		open_block(&body, LN_OPCODE_BLOCK, type);
		while (weigh_instruction(&body))
			;
		/* It does not end here: this walk knows less than the compiler,
		 * who may go on. */
		if (body.depth > 0)
			add(&body.weight,
			    UNKNOWN + UNKNOWN_PER_BYTE *
					      ln_cursor_len(body.code));
	}
	/* Its square fits. */
	if (body.pressure > UINT32_MAX)
		body.pressure = UINT32_MAX;
	add(&body.weight, body.pressure * body.pressure / PRESSURE_PER_UNIT);
	add(&body.weight, body.walked / EDGES_PER_UNIT);
	add(&body.weight, body.held / HELD_PER_UNIT);
	*weight = body.weight;
	return body.no_memory ? LN_ENOMEM : 0;
}
