/* A file in memory stands in for the descriptor. */
#include "support/capture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

void test_capture_begin(struct test_capture *capture, int fd)
{
	fflush(fd == STDOUT_FILENO ? stdout : stderr);
	capture->fd = fd;
	capture->kept = dup(fd);
	capture->file = memfd_create("capture", MFD_CLOEXEC);
	assert_true(capture->kept >= 0 && capture->file >= 0);
	assert_int_equal(dup2(capture->file, fd), fd);
}

char *test_capture_end(struct test_capture *capture)
{
	struct stat stat;
	char *text;

	fflush(capture->fd == STDOUT_FILENO ? stdout : stderr);
	assert_int_equal(dup2(capture->kept, capture->fd), capture->fd);
	close(capture->kept);
	assert_int_equal(fstat(capture->file, &stat), 0);
	text = malloc((size_t)stat.st_size + 1);
	assert_non_null(text);
	assert_int_equal(pread(capture->file, text, (size_t)stat.st_size, 0),
			 stat.st_size);
	text[stat.st_size] = '\0';
	close(capture->file);
	return text;
}
