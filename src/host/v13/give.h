/*
 * Results that a host function of lunatic 0.13 leaves in memory that the guest
 * allocates for it: the module exports `lunatic_alloc`, of type (i32) -> i32.
 */
#ifndef LN_HOST_V13_GIVE_H
#define LN_HOST_V13_GIVE_H

#include <stddef.h>
#include <stdint.h>

#include "process/guest.h"

/* Has the guest allocate `len` bytes, copies them there, stores their number,
 * of four bytes, at `len_address`, and sets the result to where they are. The
 * guest runs meanwhile, and may call any host function: `bytes` must not be
 * something that it can change or drop. Traps. Parks. */
int ln_v13_give_bytes(struct ln_guest *guest, const void *bytes, size_t len,
		      uint32_t len_address, uint32_t *result);

/* Traps when the number could not be stored, or the guest cannot allocate:
 * asked for before a call does something. */
int ln_v13_check_give(struct ln_guest *guest, uint32_t len_address);

#endif
