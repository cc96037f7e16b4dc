/*
 * Name resolution: the system's resolver may block for long, so it runs on a
 * few separate threads, apart from the blocking pool. A waiting task may give
 * up at any time.
 *
 * Each look-up is done for an owner. Owners form a tree, and an owner takes
 * turns with its siblings. An owner with those below it never uses more than
 * half of the threads that the owner above may use. So slow look-ups delay only
 * their own owner, and leave threads for others.
 */
#ifndef LN_NET_RESOLVER_H
#define LN_NET_RESOLVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct addrinfo;
struct ln_addresses;
struct ln_endpoint;
struct ln_lookup;
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

/* Ends it; NULL is fine. No task may be waiting, and all owners must have been
 * released. It does not wait for running look-ups: their threads free the rest
 * and end when the system returns. */
void ln_resolver_free(struct ln_resolver *resolver);

/* Makes an owner below another one, which must outlive it; NULL: at the top. It
 * may use half of the threads of that one, or of the resolver, but at least
 * one. LN_ENOMEM. Any thread. */
int ln_resolver_owner_new(struct ln_resolver *resolver,
			  struct ln_resolver_owner *above,
			  struct ln_resolver_owner **owner);

/* Releases an owner, for which no task may wait; NULL is fine. Look-ups that
 * still run count for those above it until they end. Any thread. */
void ln_resolver_owner_release(struct ln_resolver_owner *owner);

/* Looks "host:port" up for an owner, or for the program itself (NULL), which
 * may use all threads; the running task parks meanwhile. The caller frees
 * *addresses with free(). After LN_EFORMAT (the text) and LN_EIO (the look-up)
 * *reason is a constant text. LN_ETIMEDOUT, LN_EKILLED, LN_ENOMEM.
 */
int ln_resolver_resolve(struct ln_resolver *resolver,
			struct ln_resolver_owner *owner, const char *name,
			size_t len, int64_t deadline,
			struct ln_addresses **addresses, const char **reason);

/* The same for who waits for several things at a time. Begins to look a host up
 * (endpoint->host, unless the address is there), and does not wait. LN_ENOMEM.
 * Whoever has the lookup ends it with ln_lookup_end. One task at a time. */
int ln_lookup_start(struct ln_resolver *resolver,
		    struct ln_resolver_owner *owner,
		    const struct ln_endpoint *endpoint,
		    struct ln_lookup **lookup);

/* The addresses, which stay the lookup's, or NULL and what getaddrinfo said.
 * LN_EAGAIN: it is not over. */
int ln_lookup_result(struct ln_lookup *lookup, struct ln_addresses **addresses,
		     int *code);

/* Has the end wake the running task until it calls ln_lookup_unwatch. False: it
 * is over already. */
bool ln_lookup_watch(struct ln_lookup *lookup);
void ln_lookup_unwatch(struct ln_lookup *lookup);

/* Also when it is not over. NULL is fine. */
void ln_lookup_end(struct ln_lookup *lookup);

#endif
