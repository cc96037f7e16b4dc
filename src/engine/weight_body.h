/* The weight of one function; a part of weight.h. */
#ifndef LN_ENGINE_WEIGHT_BODY_H
#define LN_ENGINE_WEIGHT_BODY_H

#include <stddef.h>
#include <stdint.h>

#include "engine/cursor.h"

struct ln_weight_type {
	uint32_t params;
	uint32_t results;
};

/* Of a module; zeroed at first. */
struct ln_weight_types {
	struct ln_weight_type *types;
	size_t type_count;
	size_t type_room;
	uint32_t *functions; /* the type of each, imported first */
	size_t function_count;
	size_t function_room;
};

/* LN_ENOMEM. */
int ln_weight_push_type(struct ln_weight_types *types,
			struct ln_weight_type type);
int ln_weight_push_function(struct ln_weight_types *types, uint32_t type);
void ln_weight_free_types(struct ln_weight_types *types);

struct ln_weight_block;
struct ln_weight_local;

/* Memory that is used for one body after the other; zeroed at first. */
struct ln_weight_scratch {
	struct ln_weight_block *blocks;
	size_t block_room;
	struct ln_weight_local *locals;
	size_t local_room;
	uint64_t named; /* functions that ref.func names in the last body */
};

void ln_weight_free_scratch(struct ln_weight_scratch *scratch);

/* The weight of the body of function number `function`. LN_ENOMEM. */
int ln_weight_body(const struct ln_weight_types *types, size_t function,
		   struct ln_cursor code, struct ln_weight_scratch *scratch,
		   uint64_t *weight);

#endif
