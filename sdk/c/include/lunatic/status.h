/*
 * What the functions of the guest library return: 0 for success or one of the
 * negative numbers below.
 */
#ifndef LUNATIC_STATUS_H
#define LUNATIC_STATUS_H

#ifdef __cplusplus
extern "C" {
#endif

#define LUNATIC_STATUS_MAP(X)                                             \
	X(LUNATIC_ETIMEDOUT, -1, "timed out")                             \
	X(LUNATIC_EFORMAT, -2, "the bytes are not the requested value")   \
	X(LUNATIC_ERANGE, -3, "the number does not fit its type")         \
	X(LUNATIC_ETOOLONG, -4, "the value does not fit into the buffer") \
	X(LUNATIC_EMISUSE, -5, "the call came at the wrong time")         \
	X(LUNATIC_ENOMEM, -6, "out of memory")                            \
	X(LUNATIC_EHOST, -7, "the host refused")                          \
	X(LUNATIC_EDIED, -8, "the process has ended")                     \
	X(LUNATIC_ENOTFOUND, -9, "nothing has that name")                 \
	X(LUNATIC_EEXIST, -10, "the name is already taken")               \
	X(LUNATIC_EFULL, -11, "there is no room for more now")

enum lunatic_status {
	LUNATIC_OK = 0,
#define X(name, value, text) name = value,
	LUNATIC_STATUS_MAP(X)
#undef X
};

/*
 * The text of a status. For LUNATIC_EHOST it is the last error of the host, cut
 * to some hundred bytes, and valid until the next one. For LUNATIC_EDIED it
 * tells how the process of the last failed request ended. All but the first are
 * constant. Never NULL.
 *
 *	struct lunatic_proc proc;
 *	int status = lunatic_spawn_export(&proc, NULL, "no_such", NULL, 0);
 *
 *	if (status != 0)
 *		puts(lunatic_status_text(status));
 */
const char *lunatic_status_text(int status);

#ifdef __cplusplus
}
#endif

#endif
