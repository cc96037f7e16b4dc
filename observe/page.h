/* The page of --observe: one document without other files. */
#ifndef OBSERVE_PAGE_H
#define OBSERVE_PAGE_H

#include <stdint.h>

/* Its bytes, with a nonce, which allows its style and its scripts. */
uint64_t page_size(const char *nonce);

/* Adds it to the body of an answer. */
void page_put(const char *nonce);

#endif
