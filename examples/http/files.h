/*
 * The files that the server serves: those below one of the folders that the
 * process may open.
 */
#ifndef HTTP_FILES_H
#define HTTP_FILES_H

#include <stdint.h>
#include <time.h>

struct http_file {
	int descriptor;
	uint64_t size;
	time_t modified;
	const char *type; /* for Content-Type; static */
};

/*
 * Opens the file of the decoded `path` below `folder`. The path begins with a
 * slash; if it ends with one, index.html is opened. Returns 200, and the caller
 * closes the descriptor; 301 for a folder whose name lacks the slash at the
 * end; or the status of an error.
 */
int http_file_open(struct http_file *file, const char *folder,
		   const char *path);

#endif
