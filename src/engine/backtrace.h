/* Where a guest is: the functions that are being called, while it runs. */
#ifndef LN_ENGINE_BACKTRACE_H
#define LN_ENGINE_BACKTRACE_H

#include <stddef.h>
#include <stdint.h>

struct ln_entry;
struct ln_instance;

/* Finds the guest's export `name`, of no parameters and results, which has to
 * trap at once: an engine may know where a guest is only when it traps. NULL:
 * there is none. Any thread. */
const struct ln_entry *ln_backtrace_find(const struct ln_instance *instance,
					 const char *name);

/* The numbers of the functions, innermost first, up to `max`, in a host
 * function, by calling that export; its own frame is not in it. After
 * instantiation, by the process itself. LN_EKILLED: the process was asked to
 * end meanwhile. LN_EINVAL: it did not trap. */
int ln_backtrace_take(struct ln_instance *instance,
		      const struct ln_entry *trapping, uint32_t *functions,
		      size_t max, size_t *count);

#endif
