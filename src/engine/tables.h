/*
 * Whether a module can change its tables: only by instructions of its own,
 * since no host function does.
 */
#ifndef LN_ENGINE_TABLES_H
#define LN_ENGINE_TABLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* True when one of its functions may, or that is not known: its code is long.
 * Of a valid binary. Any thread; takes some tens of milliseconds at most. */
bool ln_tables_change(const uint8_t *bytes, size_t len);

#endif
