/* What the files about HTTP share, and private to them. */
#ifndef LUNATIC_GUEST_HTTP_H
#define LUNATIC_GUEST_HTTP_H

#include <lunatic/websocket.h>

/* The flags of lunatic_exchange_respond. */
#define LUNATIC_HTTP_COMPLETE 1u
#define LUNATIC_HTTP_STREAM 2u

/* The events of lunatic_exchange_wait. */
#define LUNATIC_HTTP_READABLE 1u
#define LUNATIC_HTTP_MAIL 2u
#define LUNATIC_HTTP_DRAIN 4u
#define LUNATIC_HTTP_NOW 8u

/* Sends what waits, with these flags if it is the beginning. */
int lunatic_http_send(struct lunatic_http_response *response, uint32_t flags);

/* Reads bytes of the client, and stores how many; does not wait long: they are
 * known to be there. A status. */
int lunatic_http_fetch(void *data, size_t size, uint64_t *count);

/* Ends a WebSocket, and its connection; in websocket.c, if that is there. */
__attribute__((weak)) void
lunatic_websocket_end(struct lunatic_websocket *socket);

/* Writes all of the bytes to the client. */
int lunatic_http_put(const void *data, size_t size);

/* Milliseconds of a clock that only goes forward. */
int64_t lunatic_http_clock(void);

/* The time at which a timeout is over, or INT64_MAX. */
int64_t lunatic_http_deadline(int64_t timeout);

/* Waits for events until the earlier of two such times; which have come. */
uint32_t lunatic_http_await(uint32_t events, int64_t deadline, int64_t other);

#endif
