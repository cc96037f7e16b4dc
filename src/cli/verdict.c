/* Verdicts on tests. Both streams and the reports of traps share the position
 * of one file, which cannot grow. */
#include "cli/verdict.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"
#include "host/stdio.h"

#define CAPTURE_MAX ((off_t)1 << 20)

void ln_verdict_fail(struct ln_verdict *verdict, const char *format, ...)
{
	va_list args;

	verdict->failed = true;
	va_start(args, format);
	vsnprintf(verdict->reason, sizeof(verdict->reason), format, args);
	va_end(args);
	/* It may quote text of the module, and may be cut. */
	verdict->reason[ln_text_clean(verdict->reason, strlen(verdict->reason),
				      false)] = '\0';
}

bool ln_verdict_capture(struct ln_verdict *verdict)
{
	int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return false;
	if (ftruncate(fd, CAPTURE_MAX) == 0 &&
	    fcntl(fd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK) == 0)
		verdict->console.streams = ln_stdio_new(fd);
	if (verdict->console.streams == NULL) {
		ln_fd_close(fd);
		return false;
	}
	verdict->console.reports = fd;
	verdict->captured = true;
	return true;
}

char *ln_verdict_text(const struct ln_verdict *verdict, size_t *len)
{
	off_t size = 0;
	char *text;
	ssize_t got;

	*len = 0;
	if (verdict->captured)
		size = lseek(verdict->console.reports, 0, SEEK_CUR);
	if (size <= 0)
		return NULL;
	if (size > CAPTURE_MAX)
		size = CAPTURE_MAX;
	text = malloc((size_t)size);
	if (text == NULL)
		return NULL;
	got = pread(verdict->console.reports, text, (size_t)size, 0);
	*len = got > 0 ? (size_t)got : 0;
	return text;
}

bool ln_verdict_print(const struct ln_verdict *verdict)
{
	size_t len;
	char *text = ln_verdict_text(verdict, &len);

	if (len > 0) {
		fwrite(text, 1, len, stdout);
		if (text[len - 1] != '\n')
			putchar('\n');
	}
	if ((off_t)len == CAPTURE_MAX)
		puts("(the rest was not kept)");
	free(text);
	return len > 0;
}

void ln_verdict_deinit(struct ln_verdict *verdict)
{
	if (!verdict->captured)
		return;
	ln_stdio_free(verdict->console.streams);
	ln_fd_close(verdict->console.reports);
	verdict->captured = false;
}
