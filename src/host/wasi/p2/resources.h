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
struct ln_p2_http;
struct ln_p2_names;
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
#define LN_P2_PROCESS 9

/* wasi:sockets */
#define LN_P2_NETWORK 32
#define LN_P2_TCP_SOCKET 33
#define LN_P2_UDP_SOCKET 34
#define LN_P2_INCOMING_DATAGRAMS 35
#define LN_P2_OUTGOING_DATAGRAMS 36
#define LN_P2_ADDRESSES 37

/* wasi:http */
#define LN_P2_FIELDS 40
#define LN_P2_INCOMING_REQUEST 41
#define LN_P2_OUTGOING_REQUEST 42
#define LN_P2_REQUEST_OPTIONS 43
#define LN_P2_RESPONSE_OUTPARAM 44
#define LN_P2_INCOMING_RESPONSE 45
#define LN_P2_INCOMING_BODY 46
#define LN_P2_FUTURE_TRAILERS 47
#define LN_P2_OUTGOING_RESPONSE 48
#define LN_P2_OUTGOING_BODY 49
#define LN_P2_FUTURE_RESPONSE 50

/* Bytes of wasi:random/insecure-seed. */
#define LN_P2_SEED 16

/* What a pollable is of, beside the directions of a stream. */
#define LN_P2_OF_SOCKET 2u
#define LN_P2_OF_LOOKUP 3u
#define LN_P2_OF_MAILBOX 4u

struct ln_p2_resource {
	uint32_t kind;      /* 0: this place is free */
	uint32_t fd;        /* of a stream, or a pollable's; UINT32_MAX: none */
	uint32_t direction; /* of a pollable that is not a clock's */
	int number;         /* an error's errno */
	struct ln_p2_http *http; /* owned: what it is, if it is one of
				  * wasi:http; else NULL */
	/* ns, of a pollable without a stream; where a file's stream is, as
	 * io.h says; what a directory is read from next; how many datagrams a
	 * stream may send; a process, with a reference, which has no `fd`. */
	union {
		int64_t deadline;
		int64_t offset;
		uint64_t cookie;
		struct ln_process *process;
		uint64_t permitted;
		struct ln_p2_names *names; /* counted */
	};
};

/* Adds a copy, for which the guest is charged; *number is above 0. A
 * descriptor that was opened is closed with the last resource that has it; a
 * look-up is retained.
 * LN_ELIMIT, LN_ENOMEM. */
int ln_p2_add(struct ln_guest *guest, const struct ln_p2_resource *resource,
	      uint32_t *number);

/* Releases what a resource owns; of one in no table, that is all it holds. No
 * guest (NULL): it is ending, and is not given back what it was charged. */
void ln_p2_release(struct ln_guest *guest,
		   const struct ln_p2_resource *resource);

/* NULL: there is none. Valid until one is added. */
struct ln_p2_resource *ln_p2_find(struct ln_guest *guest, uint32_t number);

/* Takes out what one of wasi:http is, and ends the rest. */
struct ln_p2_http *ln_p2_take(struct ln_guest *guest, uint32_t number);

/* Ends one; nothing happens when there is none. May park. */
void ln_p2_remove(struct ln_guest *guest, uint32_t number);

/* How many look-ups of names it has; NULL: memory is short. */
uint32_t *ln_p2_lookups(struct ln_guest *guest);

/* What wasi:random/insecure-seed gives it, always the same; NULL: memory is
 * short. */
const uint8_t *ln_p2_seed(struct ln_guest *guest);

/* NULL is fine. What the guest was charged for is left to its end. */
void ln_p2_table_free(struct ln_p2_table *table);

#endif
