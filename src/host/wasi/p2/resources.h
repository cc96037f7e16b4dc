/*
 * What a process holds by handles of interfaces. The guest's handles, owned and
 * borrowed, are the engine's; they stand for numbers of this table. It is freed
 * with the process. Only the thread that runs that touches it.
 */
#ifndef LN_HOST_WASI_P2_RESOURCES_H
#define LN_HOST_WASI_P2_RESOURCES_H

#include <stdbool.h>
#include <stdint.h>

struct ln_guest;
struct ln_p2_table;
struct ln_process;

/* Kinds of resources, macros since they are part of types in functions.def. */
#define LN_P2_ERROR 1
#define LN_P2_POLLABLE 2
#define LN_P2_INPUT_STREAM 3
#define LN_P2_OUTPUT_STREAM 4
#define LN_P2_TERMINAL_INPUT 5
#define LN_P2_TERMINAL_OUTPUT 6
#define LN_P2_DESCRIPTOR 7
#define LN_P2_DIRECTORY_STREAM 8
#define LN_P2_PROCESS 40

struct ln_p2_resource {
	uint32_t kind;      /* 0: this place is free */
	uint32_t fd;        /* of a stream, or a pollable's; UINT32_MAX: none */
	uint32_t direction; /* of a pollable with a stream */
	int number;         /* an error's errno */
	/* ns, of a pollable without a stream; where a file's stream is, as
	 * io.h says; what a directory is read from next; a process, with a
	 * reference, which has no `fd`. */
	union {
		int64_t deadline;
		int64_t offset;
		uint64_t cookie;
		struct ln_process *process;
	};
};

/* Adds a copy, for which the guest is charged; *number is above 0. A
 * descriptor that was opened is closed with the last resource that has it.
 * LN_ELIMIT, LN_ENOMEM. */
int ln_p2_add(struct ln_guest *guest, const struct ln_p2_resource *resource,
	      uint32_t *number);

/* Releases what a resource holds that is in no table. */
void ln_p2_release(const struct ln_p2_resource *resource);

/* NULL: there is none. Valid until one is added. */
struct ln_p2_resource *ln_p2_find(struct ln_guest *guest, uint32_t number);

/* Ends one; nothing happens when there is none. May park. */
void ln_p2_remove(struct ln_guest *guest, uint32_t number);

/* NULL is fine. What the guest was charged for is left to its end. */
void ln_p2_table_free(struct ln_p2_table *table);

#endif
