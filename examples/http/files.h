/*
 * The files that the server gives out: below one folder of what the process may
 * open at all.
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
 * Opens what `path`, a decoded one that begins with a slash, names below
 * `folder`; index.html if it ends with one. Returns 200, and the caller closes
 * the descriptor; 301 for a folder whose name should have a slash behind it;
 * or the status of what went wrong.
 */
int http_file_open(struct http_file *file, const char *folder,
		   const char *path);

/* Writes a date of RFC 9110, 5.6.7, to `text`, which has room for 30 bytes. */
void http_date(char *text, time_t time);

#endif
