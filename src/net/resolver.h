/*
 * Name resolution: the system's resolver blocks for as long as it likes, so it
 * runs on a few threads of its own, apart from the blocking pool. Whoever waits
 * may leave at any time.
 *
 * Each look-up is done for an owner. Owners form a tree, and take turns with
 * what is beside them; one with those below it never has more than half of the
 * threads that the one above may have. So names that do not answer keep their
 * own owner waiting, and leave threads for others.
 */
#ifndef LN_NET_RESOLVER_H
#define LN_NET_RESOLVER_H

#include <stddef.h>
#include <stdint.h>

struct addrinfo;
struct ln_addresses;
struct ln_resolver;
struct ln_resolver_owner;

/* Prepares a resolver of at most `threads` threads, which start when needed.
 * `lookup` and `free_result` have the form of getaddrinfo and freeaddrinfo,
 * which NULL stands for. LN_ENOMEM. */
int ln_resolver_new(unsigned threads,
		    int (*lookup)(const char *, const char *,
				  const struct addrinfo *, struct addrinfo **),
		    void (*free_result)(struct addrinfo *),
		    struct ln_resolver **resolver);

/* Ends it; NULL is fine. No task may be waiting, and the owners have been
 * released. Look-ups that are under way
 * are not waited for: their threads end, and free what is left, when the system
 * lets them. */
void ln_resolver_free(struct ln_resolver *resolver);

/* Makes an owner below another one, which must not be released before; NULL:
 * below none. It may have half of the threads of that one, or of the resolver,
 * but always one. LN_ENOMEM. Any thread. */
int ln_resolver_owner_new(struct ln_resolver *resolver,
			  struct ln_resolver_owner *above,
			  struct ln_resolver_owner **owner);

/* Nobody waits for it any more; NULL is fine. Look-ups that are still under way
 * count for those above it until they end. Any thread. */
void ln_resolver_owner_release(struct ln_resolver_owner *owner);

/* Looks "host:port" up for an owner, or for the program itself (NULL), which
 * may have all threads; the running task parks meanwhile. The caller frees
 * *addresses with free(). LN_EFORMAT (the text) and LN_EIO (the look-up): then
 * *reason is a text that is never freed. LN_ETIMEDOUT, LN_EKILLED, LN_ENOMEM.
 */
int ln_resolver_resolve(struct ln_resolver *resolver,
			struct ln_resolver_owner *owner, const char *name,
			size_t len, int64_t deadline,
			struct ln_addresses **addresses, const char **reason);

#endif
