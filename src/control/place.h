/*
 * Where control sockets are: a folder of the user's, in which each program that
 * runs has a socket "PID-NAME.sock". Those who ask find the programs there.
 * Everything here blocks for file operations, and is for threads that are no
 * workers. On failure *error is one line that tells what to do, owned by the
 * caller, or NULL if memory was short.
 */
#ifndef LN_CONTROL_PLACE_H
#define LN_CONTROL_PLACE_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes of a program's name, with the terminating zero. */
#define LN_CONTROL_NAME 65

/* The folder: `given`, or else "lunatic" in $XDG_RUNTIME_DIR, or
 * ~/.local/run/lunatic. The caller owns *folder. LN_ENOENT: the user has no
 * home; LN_ELIMIT; LN_ENOMEM. */
int ln_control_folder(const char *given, char **folder, char **error);

/* Makes the folder, and those that lead to it, for the user alone, unless it is
 * there, and closes it to guests (base/guard.h). LN_EPERM: it is another
 * user's, or others may use it; LN_EIO, LN_ENOMEM. */
int ln_control_make_folder(const char *folder, char **error);

/* Makes a program's name of the name of its file, without the folders and the
 * ending: letters, digits, '.', '-' and '_', every other byte becomes '_'. */
void ln_control_name(const char *file, char name[LN_CONTROL_NAME]);

/* Makes the folder for the user alone, and listens at a new socket there that
 * only the user may connect to; sockets of programs that are gone are removed.
 * The caller owns *path. The descriptor, which does not block; LN_EPERM: the
 * folder is another user's, or others may use it; LN_EIO, LN_ELIMIT, LN_ENOMEM.
 */
int ln_control_listen(const char *folder, const char *name, char **path,
		      char **error);

/* A program that has a socket in the folder. */
struct ln_control_program {
	int pid;
	char name[LN_CONTROL_NAME];
	char *path; /* of the socket; owned */
};

/* The programs that run, in the order of their pids; sockets that nobody
 * listens at are removed. A missing folder has none. The caller frees the list.
 * LN_EPERM, LN_EIO, LN_ENOMEM. */
int ln_control_programs(const char *folder, struct ln_control_program **list,
			size_t *count, char **error);
void ln_control_programs_free(struct ln_control_program *list, size_t count);

/* Connects to a socket, waiting up to five seconds for its turn; the
 * descriptor, which does not block, or a negative errno. */
int ln_control_dial(const char *path);

#endif
