/*
 * What the files about lunatic:process share: the encoding of processes and
 * messages. What the functions do is what those of lunatic 0.7 do; texts are at
 * most as long as they say, and what is wrong with them traps.
 */
#ifndef LN_HOST_WASI_P2_LUNATIC_LUNATIC_H
#define LN_HOST_WASI_P2_LUNATIC_LUNATIC_H

#include <stdint.h>

#include "host/wasi/p2/p2.h"
#include "process/guest.h"

struct ln_message;
struct ln_process;

#define LN_P2_LABEL_MAX 4096u /* bytes of labels and names of functions */

/* ---- Processes ---- */

/* The process behind a handle, as long as the guest holds that. */
int ln_p2_process(struct ln_p2_call *call, unsigned index,
		  struct ln_process **process);

/* Gives the guest a handle; takes the reference over in any case. */
int ln_p2_give_process(struct ln_p2_call *call, struct ln_process *process,
		       uint32_t *handle);

/* The same; the handle is the flat result of the function. */
int ln_p2_return_process(struct ln_p2_call *call, struct ln_process *process);

/* ---- Messages ---- */

#define LN_P2_NO_PROCESSES UINT_MAX /* as the index of an argument */

/* Makes a message in the scratch area: of `head`, then of the list of bytes
 * that is two arguments from `data` on, with the list of borrowed processes
 * that is two arguments from `processes` on. Traps. */
int ln_p2_compose(struct ln_p2_call *call, int64_t tag, struct ln_slice head,
		  unsigned data, unsigned processes);

/* Passes bytes to the guest as a list, of which address and length go to `at`
 * later: they are stored in `list`. */
int ln_p2_pass_bytes(struct ln_p2_call *call, const uint8_t *bytes, size_t len,
		     uint32_t list[2]);

/* Passes the processes of a message, which are taken out of it, likewise. */
int ln_p2_pass_processes(struct ln_p2_call *call, struct ln_message *message,
			 uint32_t list[2]);

/* Stores a list: eight bytes. */
void ln_p2_store_list(uint8_t *at, const uint32_t list[2]);

/* The deadline that an option<u64> of milliseconds, two arguments, stands for.
 */
int64_t ln_p2_timeout(const struct ln_p2_call *call, unsigned index);

#endif
