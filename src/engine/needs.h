/*
 * What Wasmtime cannot do without: it ends the program where the system refuses
 * it, so that is looked for first.
 */
#ifndef LN_ENGINE_NEEDS_H
#define LN_ENGINE_NEEDS_H

/* LN_EPERM: memory cannot be made executable, as for a service with
 * MemoryDenyWriteExecute; LN_ENOMEM: there is not enough address space;
 * LN_EIO: no thread can be started; LN_EUNSUP: handlers of signals cannot be
 * installed. Any thread. */
int ln_needs_check(void);

#endif
