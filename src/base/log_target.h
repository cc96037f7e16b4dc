/* A descriptor that the log is written to, so that nobody waits for its reader
 * who must not: see base/log_writer.c. */
#ifndef LN_BASE_LOG_TARGET_H
#define LN_BASE_LOG_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct ln_log_target {
	int fd;
	bool socket;
	bool waits; /* a write can take long: poll first */
	bool ours;  /* to be closed */
};

/* How `fd`, which the caller keeps, is written to. */
struct ln_log_target ln_log_target_aim(int fd);

/* Writes some bytes, as write(2); errno is set. */
ssize_t ln_log_target_put(const struct ln_log_target *target, const char *text,
			  size_t len);

void ln_log_target_close(struct ln_log_target *target);

#endif
