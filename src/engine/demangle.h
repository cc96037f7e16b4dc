/* What functions are called in their source. */
#ifndef LN_ENGINE_DEMANGLE_H
#define LN_ENGINE_DEMANGLE_H

#include <stddef.h>

/* Writes a function's name for people: that of C++ or Rust that a mangled name
 * stands for, which begins with _Z or _R, or else the name itself. Clean and
 * cut to `size` bytes, with a zero byte at the end, as by ln_text_copy; returns
 * its length. The name may have any bytes. Takes up to some milliseconds and
 * 1 MiB of stack: not on a worker. */
size_t ln_demangle(char *out, size_t size, const char *name, size_t len);

/* The same for a text, in its place: frees `name` and returns a text to be
 * freed. NULL stays NULL; when memory is short, also a text. */
char *ln_demangle_text(char *name);

#endif
