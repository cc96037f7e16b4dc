/* Lines that guests write to the program's log (base/log.h). */
#ifndef LN_PROCESS_GUEST_LOG_H
#define LN_PROCESS_GUEST_LOG_H

#include <stddef.h>

#include "base/log_line.h"

struct ln_process;

/* Bytes of a line, which is cut beyond that. */
#define LN_GUEST_LOG_MAX ((size_t)8192)

/* Writes a line of the running process, any bytes, cleaned and cut, unless its
 * level is not wanted. One whose environment has written too much is left out,
 * and counted. Never waits. LN_ENOMEM. Needs the stack of a thread. */
int ln_guest_log(struct ln_process *process, enum ln_log_level level,
		 const char *text, size_t len);

#endif
