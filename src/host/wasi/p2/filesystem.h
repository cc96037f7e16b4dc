/* What the files about wasi:filesystem share. */
#ifndef LN_HOST_WASI_P2_FILESYSTEM_H
#define LN_HOST_WASI_P2_FILESYSTEM_H

#include <stdint.h>

#include "host/wasi/p2/p2.h"
#include "process/guest.h"

/* descriptor-flags */
#define LN_P2_FLAG_READ 1u
#define LN_P2_FLAG_WRITE 2u
#define LN_P2_FLAG_FILE_SYNC 4u
#define LN_P2_FLAG_DATA_SYNC 8u
#define LN_P2_FLAG_REQUESTED_SYNC 16u
#define LN_P2_FLAG_MUTATE_DIRECTORY 32u

/* Ends a function: the result's place is an argument, and preview 1 has
 * answered `wasi`. *at is where T goes; NULL: it was an error. */
int ln_p2_answer(struct ln_p2_call *call, unsigned index,
		 struct ln_p2_shape shape, uint32_t wasi, uint8_t **at);

/* The same for result<_,error-code>; `error` is what a function of preview 1
 * has returned. */
int ln_p2_answer_none(struct ln_p2_call *call, unsigned index, int error,
		      uint32_t wasi);

/* The same for result<descriptor-stat,error-code>, of a `filestat`. */
int ln_p2_answer_stat(struct ln_p2_call *call, unsigned index, int error,
		      uint32_t wasi, const uint8_t *stat);

/* The same for result<metadata-hash-value,error-code>. */
int ln_p2_answer_hash(struct ln_p2_call *call, unsigned index, int error,
		      uint32_t wasi, const uint8_t *stat);

/* The same for result<own<T>,error-code>: gives the guest the resource. */
int ln_p2_answer_resource(struct ln_p2_call *call, unsigned index,
			  const struct ln_p2_resource *resource, uint32_t wasi);

/* The descriptor behind a handle. */
int ln_p2_descriptor(struct ln_p2_call *call, unsigned index, uint32_t *fd);

/* A path, which is two arguments; until the call's end. */
int ln_p2_path(struct ln_p2_call *call, unsigned index, struct ln_slice *path);

/* descriptor-type of a filetype of preview 1. */
uint8_t ln_p2_type(uint8_t filetype);

/* error-code of an errno of preview 1. */
uint8_t ln_p2_code(uint32_t wasi);

/* Two new-timestamps, six arguments from `index` on, as preview 1 takes them;
 * returns its flags. */
uint32_t ln_p2_times(const struct ln_p2_call *call, unsigned index,
		     uint64_t times[2]);

#endif
