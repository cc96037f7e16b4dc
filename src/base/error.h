/*
 * The error vocabulary of the whole program: functions return 0 or one of
 * these negative values. Text that a user reads is made where more is known.
 */
#ifndef LN_BASE_ERROR_H
#define LN_BASE_ERROR_H

#define LN_ERROR_MAP(X)                                \
	X(NOMEM, 1, "out of memory")                   \
	X(INVAL, 2, "invalid argument")                \
	X(NOENT, 3, "not found")                       \
	X(EXIST, 4, "already exists")                  \
	X(KILLED, 5, "the process was killed")         \
	X(DEAD, 6, "the process has ended")            \
	X(TIMEDOUT, 7, "timed out")                    \
	X(FULL, 8, "the mailbox is full")              \
	X(LIMIT, 9, "a limit was reached")             \
	X(TRAP, 10, "the guest trapped")               \
	X(EXIT, 11, "the guest asked to exit")         \
	X(IO, 12, "input/output error")                \
	X(AGAIN, 13, "not ready yet")                  \
	X(FORMAT, 14, "malformed data")                \
	X(PERM, 15, "not permitted")                   \
	X(UNSUP, 16, "not supported by this system")   \
	X(STOPPED, 17, "the runtime is shutting down") \
	X(MEMORY, 18,                                  \
	  "the memory limit was reached, towards "     \
	  "which what the host keeps counts, too "     \
	  "(--max-memory, --max-total-memory)")

enum ln_error {
#define LN_ERROR_ENUM(name, number, text) LN_E##name = -(number),
	LN_ERROR_MAP(LN_ERROR_ENUM)
#undef LN_ERROR_ENUM
};

/* The text of an error code; never NULL, also for codes that do not exist. */
const char *ln_error_text(int error);

/* The error code that stands for a value of errno. Any thread. */
int ln_error_from_errno(int number);

#endif
