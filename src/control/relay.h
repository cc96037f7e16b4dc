/*
 * Requests for another node, which is asked through this one.
 */
#ifndef LN_CONTROL_RELAY_H
#define LN_CONTROL_RELAY_H

#include <jansson.h>
#include <stdbool.h>

struct ln_control;
struct ln_control_method;

/* Answers a request that has the arguments "node", "method" and "args" with
 * what that node answers. In no table: a request with a node becomes this. */
extern const struct ln_control_method ln_control_relay;

/* Whether the program is the node of that name itself. In the control thread.
 */
bool ln_control_is_node(struct ln_control *control, const char *name);

#endif
