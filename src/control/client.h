/*
 * The other side of the control protocol, for the commands of the program:
 * finds a program that runs, sends requests and reads the answers. Blocks. On
 * failure *error is one line that tells what to do, owned by the caller, or
 * NULL if memory was short.
 */
#ifndef LN_CONTROL_CLIENT_H
#define LN_CONTROL_CLIENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct ln_control_client;

/* Connects to a program: by its pid, or by its name if no other has that; NULL:
 * the one that runs. `folder`: see control/place.h. LN_ENOENT: there is none;
 * LN_EINVAL: several; LN_EPERM, LN_EIO, LN_ETIMEDOUT, LN_ENOMEM. */
int ln_control_connect(const char *folder, const char *program,
		       struct ln_control_client **client, char **error);

/* Connects to the socket `path`; likewise. */
int ln_control_connect_to(const char *path, struct ln_control_client **client,
			  char **error);

/* Ends the connection; NULL is fine. */
void ln_control_close(struct ln_control_client *client);

/* Whether the error that the program last answered with has this code; see
 * docs/control.md. */
bool ln_control_error_is(const struct ln_control_client *client,
			 const char *code);

/* What the program said about itself; the client's. */
const json_t *ln_control_greeting(const struct ln_control_client *client);

/* Has the requests that follow answered by another node. NULL: by the program.
 * The text stays the caller's, who keeps it. */
void ln_control_set_node(struct ln_control_client *client, const char *node);

/* Sends a request; *id is its id. `args` is NULL or an object, whose reference
 * is taken. LN_EIO: the program has ended; LN_ENOMEM. */
int ln_control_send(struct ln_control_client *client, const char *method,
		    json_t *args, int64_t *id, char **error);

/* What an answer consists of. */
enum ln_control_part { LN_CONTROL_ITEM, LN_CONTROL_RESULT };

/* Reads the next part of the answer to the request `id`, until `deadline`:
 * *value is the item or the result, the caller's. LN_ETIMEDOUT; LN_EIO: the
 * connection is over; LN_EFORMAT; LN_EINVAL: the program answered with an
 * error, which is in *error. */
int ln_control_read(struct ln_control_client *client, int64_t id,
		    int64_t deadline, enum ln_control_part *part,
		    json_t **value, char **error);

/* Sends a request and reads its result; items go to `item`, with its
 * `argument`: NULL leaves them out. An item stays the client's; `item` returns
 * false to end early, which is LN_EKILLED. `patience`: nanoseconds between two
 * parts of the answer. */
int ln_control_ask(struct ln_control_client *client, const char *method,
		   json_t *args, int64_t patience,
		   bool (*item)(void *argument, json_t *item), void *argument,
		   json_t **result, char **error);

/* A descriptor that is readable when something can be read, for those who wait
 * for other things as well. More may be here already: read until LN_ETIMEDOUT
 * first. */
int ln_control_fd(const struct ln_control_client *client);

#endif
