/*
 * DESIGN
 * Variables of a program that runs with the rights of another user are not
 * trusted: secure_getenv. The record is that of the effective user, who owns
 * what is written.
 */
#include "base/folders.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"

#define RECORD_FIRST ((size_t)1 << 10)
#define RECORD_MAX ((size_t)1 << 20)

/* The absolute path that a variable says, or NULL. */
static const char *path_in(const char *name)
{
	const char *value = secure_getenv(name);

	return value != NULL && value[0] == '/' ? value : NULL;
}

/* "HOME/BELOW/lunatic" with the home of the user's record in `room`. */
static int look_up(char *room, size_t size, const char *below, char **path)
{
	struct passwd record;
	struct passwd *found;
	int error = getpwuid_r(geteuid(), &record, room, size, &found);

	if (error == ERANGE || error == EINTR)
		return LN_EAGAIN;
	if (error == EMFILE || error == ENFILE)
		return LN_ELIMIT;
	if (error == ENOMEM)
		return LN_ENOMEM;
	if (error != 0 || found == NULL || found->pw_dir == NULL ||
	    found->pw_dir[0] != '/')
		return LN_ENOENT;
	if (asprintf(path, "%s/%s/lunatic", found->pw_dir, below) < 0)
		return LN_ENOMEM;
	return 0;
}

/* The same with as much room as the record needs. */
static int find_in_record(const char *below, char **path)
{
	int result = LN_EAGAIN;

	for (size_t size = RECORD_FIRST;
	     size <= RECORD_MAX && result == LN_EAGAIN; size *= 2) {
		char *room = malloc(size);

		if (room == NULL)
			return LN_ENOMEM;
		result = look_up(room, size, below, path);
		free(room);
	}
	return result == LN_EAGAIN ? LN_ENOENT : result;
}

int ln_folders_find(const char *name, const char *below, char **path)
{
	const char *folder = path_in(name);
	const char *home;
	int len;

	*path = NULL;
	if (folder != NULL) {
		len = asprintf(path, "%s/lunatic", folder);
	} else {
		home = path_in("HOME");
		if (home == NULL)
			return find_in_record(below, path);
		len = asprintf(path, "%s/%s/lunatic", home, below);
	}
	if (len >= 0)
		return 0;
	*path = NULL;
	return LN_ENOMEM;
}
