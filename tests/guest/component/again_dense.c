// As again.c, in the dense tier.
//
// engine: wasmtime
// options: --memory-strategy slab --report
// stdout: passed
// stderr~ kept in .*, [1-9][0-9][0-9] used again; dropped: [0-9]+ early$
#include <lunatic.h>

#include "again.c"
