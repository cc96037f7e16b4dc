/*
 * The functions that a module exports and that can be a process's entry, by
 * name. Immutable once made: any thread.
 */
#ifndef LN_ENGINE_ENTRIES_H
#define LN_ENGINE_ENTRIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ln_entries;
struct ln_signatures;

/* A function that a module exports and that can be a process's entry. */
struct ln_entry {
	const char *name;   /* not terminated */
	size_t name_len;    /* bytes */
	const char *params; /* i I f F V r: i32 i64 f32 f64 v128 reference */
	uint32_t param_count;
	uint32_t result_count;
	char result;   /* the type of the only result; 0: none, or several */
	bool imported; /* the module exports what it imports */
};

/* Collects the entries of a valid binary: functions with at most 64 parameters.
 * LN_ENOMEM. */
int ln_entries_new(const uint8_t *bytes, size_t len,
		   const struct ln_signatures *signatures,
		   struct ln_entries **entries);

/* Those of these names, without parameters and results; NULL ends them.
 * LN_ENOMEM. */
int ln_entries_named(const char *const *names, struct ln_entries **entries);

/* NULL is fine. */
void ln_entries_free(struct ln_entries *entries);

/* The entry of that name, or NULL. Constant time. */
const struct ln_entry *ln_entries_find(const struct ln_entries *entries,
				       const char *name, size_t len);

/* The entry at a position, counted from 0 in the order of the exports; NULL
 * behind the last one. */
const struct ln_entry *ln_entries_at(const struct ln_entries *entries,
				     size_t position);

#endif
