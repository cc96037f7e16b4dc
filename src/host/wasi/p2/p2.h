/*
 * WASI 0.2: how its functions are called by components, and what they use to
 * read arguments and write results. What they do is what preview 1 does: this
 * is another encoding of it. The functions are rows of p2/functions.def.
 *
 * A function gets flat values: strings and lists as address and length, a
 * result that is more than one value as an address, the last parameter. All
 * that comes from the guest is checked here. Memory may move in whatever calls
 * the guest (ln_p2_allocate): look again after it.
 */
#ifndef LN_HOST_WASI_P2_P2_H
#define LN_HOST_WASI_P2_P2_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/engine_class.h"
#include "engine/value.h"
#include "host/wasi/p2/resources.h"
#include "sched/poller.h"

struct ln_guest;
struct ln_p2_text;
struct ln_slice;

/* A trap has been recorded; only returned. */
#define LN_P2_RAISED (-1000)

/* Bytes that one call of a stream moves at most. */
#define LN_P2_CHUNK ((uint32_t)65536)

struct ln_p2_call {
	struct ln_guest *guest;
	const struct ln_component_ops *ops;
	void *instance;
	union ln_value *values; /* arguments; the flat result is the first */
	uint32_t type;
	uint32_t options;
	struct ln_p2_text *texts; /* copies of arguments; freed at its end */
};

/* How result<T,error-code> is laid out: where T begins, and its size. */
struct ln_p2_shape {
	uint32_t size;
	uint32_t align;
	uint32_t value; /* where T is, or the error's code */
};

/* 0, or a negative LN_E* that ends the process, or LN_P2_RAISED. On the fiber;
 * may park. */
typedef int ln_p2_function(struct ln_p2_call *call);

/* What rows of the table have as their `call`. */
bool ln_p2_enter(void *instance, void *data, uint32_t type, uint32_t options,
		 union ln_value *values, size_t count);

static inline uint32_t ln_p2_u32(const struct ln_p2_call *call, unsigned index)
{
	return (uint32_t)call->values[index].i32;
}

static inline uint64_t ln_p2_u64(const struct ln_p2_call *call, unsigned index)
{
	return (uint64_t)call->values[index].i64;
}

/* `count` elements of `size` bytes in the guest's memory, as aligned as their
 * size must be (`align`). LN_ETRAP. */
int ln_p2_list(struct ln_p2_call *call, uint32_t address, uint32_t count,
	       uint32_t size, uint32_t align, uint8_t **at);

/* The room for a result, all zero, at the address in that value. LN_ETRAP. */
int ln_p2_result(struct ln_p2_call *call, unsigned index, uint32_t size,
		 uint32_t align, uint8_t **at);

/* Has the guest allocate `len` bytes for a list. LN_P2_RAISED, LN_ETRAP. */
int ln_p2_allocate(struct ln_p2_call *call, uint32_t align, uint64_t len,
		   uint32_t *address);

/* Has the guest allocate a list of bytes and fills it in. As ln_p2_allocate. */
int ln_p2_bytes(struct ln_p2_call *call, const void *bytes, size_t len,
		uint32_t *address);

/* ---- Texts, in the encoding that the component has chosen ---- */

/* Passes a text to the guest: allocates it, and says where, and how long it is
 * in the guest's terms. What is not UTF-8 becomes U+FFFD. As ln_p2_allocate. */
int ln_p2_string(struct ln_p2_call *call, const char *text, uint32_t *address,
		 uint32_t *len);
int ln_p2_string_of(struct ln_p2_call *call, struct ln_slice text,
		    uint32_t *address, uint32_t *len);

/* A text that is two arguments, as UTF-8: in the guest's memory, where what is
 * not UTF-8 is left to the caller, or, of another encoding, a copy until the
 * call's end, which may have `max` bytes. LN_ETRAP, LN_ENOMEM. */
int ln_p2_text(struct ln_p2_call *call, unsigned index, size_t max,
	       struct ln_slice *text);

/* Frees the copies. */
void ln_p2_texts_free(struct ln_p2_call *call);

/* Returns a list or text that is at an address already: `index` is the argument
 * with the place for the result. */
int ln_p2_answer_list(struct ln_p2_call *call, unsigned index, uint32_t address,
		      uint32_t len);

/* ---- Handles ---- */

/* Puts a resource into the process's table and gives the guest a handle that
 * owns it. What the resource holds is taken over in any case. LN_P2_RAISED,
 * LN_ETRAP. */
int ln_p2_give(struct ln_p2_call *call, const struct ln_p2_resource *resource,
	       uint32_t *handle);

/* The same; the handle is the flat result of the function. */
int ln_p2_return(struct ln_p2_call *call,
		 const struct ln_p2_resource *resource);

/* What a handle stands for, of that kind. LN_P2_RAISED. */
int ln_p2_get(struct ln_p2_call *call, uint32_t kind, uint32_t handle,
	      struct ln_p2_resource **resource);

/* ---- Streams ---- */

/* Returns a pollable of the stream of that kind that is the first argument. As
 * ln_p2_return. */
int ln_p2_subscribe(struct ln_p2_call *call, uint32_t kind,
		    enum ln_direction direction);

/* Writes error(last-operation-failed(errno)), or error(closed) for 0, of a
 * result whose room is `at`, and whose value begins at `offset`. */
int ln_p2_stream_error(struct ln_p2_call *call, unsigned index, uint32_t size,
		       uint32_t align, uint32_t offset, int number);

#endif
