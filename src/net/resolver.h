/*
 * Name resolution: the system's resolver blocks for as long as it likes, so it
 * runs on a few threads of its own, apart from the blocking pool. Whoever waits
 * may leave at any time.
 */
#ifndef LN_NET_RESOLVER_H
#define LN_NET_RESOLVER_H

#include <stddef.h>
#include <stdint.h>

struct addrinfo;
struct ln_addresses;
struct ln_resolver;

/* Prepares a resolver of at most `threads` threads, which start when needed.
 * `lookup` and `free_result` have the form of getaddrinfo and freeaddrinfo,
 * which NULL stands for. LN_ENOMEM. */
int ln_resolver_new(unsigned threads,
		    int (*lookup)(const char *, const char *,
				  const struct addrinfo *, struct addrinfo **),
		    void (*free_result)(struct addrinfo *),
		    struct ln_resolver **resolver);

/* Ends it; NULL is fine. No task may be waiting. Look-ups that are under way
 * are not waited for: their threads end, and free what is left, when the system
 * lets them. */
void ln_resolver_free(struct ln_resolver *resolver);

/* Looks "host:port" up; the running task parks meanwhile. The caller frees
 * *addresses with free(). LN_EFORMAT (the text) and LN_EIO (the look-up): then
 * *reason is a text that is never freed. LN_ETIMEDOUT, LN_EKILLED, LN_ENOMEM.
 */
int ln_resolver_resolve(struct ln_resolver *resolver, const char *name,
			size_t len, int64_t deadline,
			struct ln_addresses **addresses, const char **reason);

#endif
