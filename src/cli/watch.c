/*
 * DESIGN
 * Each folder is watched by inotify. A folder that is made later is found by
 * going through all of them again: a folder that is watched already stays so.
 * Hidden folders, and those in which tools put what they build, are left out.
 * Only changes of sources count, so what a build writes starts no other one.
 */
#include "cli/watch.h"

#include <dirent.h>
#include <errno.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "cli/project.h"

#define FOLDERS_MAX 2048
#define DEPTH_MAX 16
#define CHANGES                                                     \
	(IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | \
	 IN_DELETE | IN_ONLYDIR)

static bool is_left_out(const char *name)
{
	static const char *const names[] = { "target", "node_modules", "build",
					     "zig-out" };

	if (name[0] == '.')
		return true;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(name, names[i]) == 0)
			return true;
	}
	return false;
}

static bool is_folder(const char *path)
{
	struct stat stat_;

	/* Links are not followed, so that there are no rings. */
	return lstat(path, &stat_) == 0 && S_ISDIR(stat_.st_mode);
}

/* NOLINTNEXTLINE(misc-no-recursion): at most DEPTH_MAX */
static void add_folder(struct ln_watch *watch, const char *path, int depth)
{
	const struct dirent *entry;
	char *below;
	DIR *dir;

	if (watch->folders == FOLDERS_MAX || depth == DEPTH_MAX ||
	    inotify_add_watch(watch->fd, path, CHANGES) < 0) {
		watch->incomplete = true;
		return;
	}
	watch->folders++;
	dir = opendir(path);
	if (dir == NULL)
		return;
	while ((entry = readdir(dir)) != NULL) {
		if (is_left_out(entry->d_name))
			continue;
		if (asprintf(&below, "%s/%s", path, entry->d_name) < 0)
			break;
		if (is_folder(below))
			add_folder(watch, below, depth + 1);
		free(below);
	}
	closedir(dir);
}

bool ln_watch_begin(struct ln_watch *watch, const struct ln_project *project)
{
	*watch = (struct ln_watch){ .project = project };
	watch->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (watch->fd < 0) {
		ln_log_say("cannot watch this folder: %s", strerror(errno));
		return false;
	}
	add_folder(watch, ".", 0);
	if (watch->folders == 0) {
		ln_log_say("cannot watch this folder: see the limits "
			   "fs.inotify of sysctl");
		ln_watch_end(watch);
		return false;
	}
	if (watch->incomplete)
		ln_log_say("not all folders are watched: there are more than "
			   "%d, or than the limits fs.inotify of sysctl allow",
			   FOLDERS_MAX);
	return true;
}

bool ln_watch_read(struct ln_watch *watch)
{
	alignas(struct inotify_event) char room[512];
	bool changed = false;
	bool more = false;
	ssize_t len;

	while ((len = read(watch->fd, room, sizeof(room))) > 0) {
		const struct inotify_event *event;

		for (char *at = room; at < room + len;
		     at += sizeof(*event) + event->len) {
			event = (const struct inotify_event *)(void *)at;
			if (event->mask & IN_Q_OVERFLOW)
				changed = more = true;
			else if (event->len == 0)
				continue;
			else if (event->mask & IN_ISDIR)
				more = more || !is_left_out(event->name);
			else if (!(event->mask & IN_CREATE))
				changed = changed ||
					  ln_project_is_source(watch->project,
							       event->name);
		}
	}
	if (more) {
		/* There may be sources in it already. */
		changed = true;
		watch->folders = 0;
		add_folder(watch, ".", 0);
	}
	return changed;
}

void ln_watch_end(struct ln_watch *watch)
{
	if (watch->fd >= 0)
		ln_fd_close(watch->fd);
	watch->fd = -1;
}
