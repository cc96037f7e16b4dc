/* What is told of an environment: by inspect, and for all of them. */
#ifndef LN_CONTROL_ENVIRONMENTS_H
#define LN_CONTROL_ENVIRONMENTS_H

#include <jansson.h>

struct ln_environment;

/* Its bounds, and how much of them is used. NULL: memory is short. In
 * inspect.c. */
json_t *ln_environment_object(const struct ln_environment *environment);

#endif
