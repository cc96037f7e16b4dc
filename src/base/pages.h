/*
 * Giving pages of memory back to the kernel. This fails for locked pages
 * (mlockall) and under a filter of system calls, so a caller that needs the
 * memory to be zero afterwards must check the result.
 */
#ifndef LN_BASE_PAGES_H
#define LN_BASE_PAGES_H

#include <stddef.h>

/* Gives the pages of private anonymous memory back: it stays mapped, and reads
 * as zero. `at` is the start of a page; the last page is dropped as a whole.
 * Negative: some or all of the bytes are what they were. Changes errno. Any
 * thread. */
int ln_pages_drop(void *at, size_t len);

/* Has the kernel make the pages of private memory, which will be written, all
 * at once, rather than one by one as they are touched. Only for speed: nothing
 * happens where it cannot. `at` is the start of a page. Any thread. */
void ln_pages_make(void *at, size_t len);

/* Unmaps; where that fails, as it does when the program has no mappings left to
 * split one in two, the pages are given back at least. Negative: the addresses
 * are still taken, and the bytes may be what they were. Changes errno. Any
 * thread. */
int ln_pages_unmap(void *at, size_t len);

#endif
