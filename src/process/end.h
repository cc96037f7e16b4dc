/* Why a process is gone: numbers of the ABI and of the protocol of nodes. */
#ifndef LN_PROCESS_END_H
#define LN_PROCESS_END_H

#include <stdint.h>

/* The first ones are those of enum ln_outcome. */
enum ln_reason {
	LN_REASON_NORMAL,
	LN_REASON_EXITED,
	LN_REASON_TRAPPED,
	LN_REASON_KILLED,
	LN_REASON_NO_PROCESS, /* it had ended, and how is not known */
	LN_REASON_NODE_LOST,  /* its node is; it may live on there */
	LN_REASONS,
};

struct ln_end {
	enum ln_reason reason;
	uint32_t code; /* of LN_REASON_EXITED; otherwise 0 */
};

#endif
