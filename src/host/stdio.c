/*
 * DESIGN
 * Standard streams are the program's by nature: theirs is its one process-wide
 * object. (Environments may be given others.) It is made when first used and
 * never freed; the streams' descriptors must not be replaced afterwards.
 *
 * Where standard output and error are one file, such as the same terminal or
 * pipe, they share the right to write, so that a call's output stays in one
 * piece there, too.
 */
#include "host/stdio.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/stream.h"

struct ln_stdio {
	struct ln_stream *streams[LN_STDIO_STREAMS]; /* NULL: closed */
};

static struct ln_stdio stdio;
static pthread_once_t stdio_once = PTHREAD_ONCE_INIT;

void ln_stdio_reserve(void)
{
	for (int fd = 0; fd < (int)LN_STDIO_STREAMS; fd++) {
		/* The lowest free number is used: this one. */
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) < 0)
			return;
	}
}

static bool same_file(int one, int other)
{
	struct stat stats[2];

	return fstat(one, &stats[0]) == 0 && fstat(other, &stats[1]) == 0 &&
	       stats[0].st_dev == stats[1].st_dev &&
	       stats[0].st_ino == stats[1].st_ino;
}

static void make_stdio(void)
{
	struct ln_stream **streams = stdio.streams;

	/* What cannot be opened stays NULL. */
	ln_stream_new(STDIN_FILENO, LN_READABLE, &streams[0]);
	ln_stream_new(STDOUT_FILENO, LN_WRITABLE, &streams[1]);
	ln_stream_new(STDERR_FILENO, LN_WRITABLE, &streams[2]);
	if (streams[1] != NULL && streams[2] != NULL &&
	    same_file(STDOUT_FILENO, STDERR_FILENO))
		ln_stream_share(streams[2], streams[1]);
}

struct ln_stdio *ln_stdio_get(void)
{
	pthread_once(&stdio_once, make_stdio);
	return &stdio;
}

struct ln_stream *ln_stdio_stream(struct ln_stdio *all, uint32_t index)
{
	return index < LN_STDIO_STREAMS ? all->streams[index] : NULL;
}

struct ln_stdio *ln_stdio_new(int output)
{
	struct ln_stdio *own = calloc(1, sizeof(*own));

	if (own == NULL)
		return NULL;
	if (ln_stream_new(output, LN_WRITABLE, &own->streams[1]) < 0 ||
	    ln_stream_new(output, LN_WRITABLE, &own->streams[2]) < 0) {
		ln_stdio_free(own);
		return NULL;
	}
	ln_stream_share(own->streams[2], own->streams[1]);
	return own;
}

void ln_stdio_free(struct ln_stdio *own)
{
	if (own == NULL)
		return;
	for (uint32_t i = LN_STDIO_STREAMS; i > 0; i--) {
		if (own->streams[i - 1] != NULL)
			ln_stream_free(own->streams[i - 1]);
	}
	free(own);
}
