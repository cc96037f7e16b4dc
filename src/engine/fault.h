/*
 * The handler of SIGSEGV that makes pages of memories writable when they are
 * first written (slots.h), whoever writes: compiled code, a host function, a
 * thread of a pool.
 */
#ifndef LN_ENGINE_FAULT_H
#define LN_ENGINE_FAULT_H

#include <stdbool.h>

/* Installs it, before the one that is there, which gets all other faults. The
 * engine's own, which makes traps of faults in compiled code, must be there
 * already. Once for the program. */
void ln_fault_install(void);

/* Whether faults come to it first. If not, the program has installed another
 * one since, and nobody knows whether that passes them on. Any thread. */
bool ln_fault_is_first(void);

#endif
