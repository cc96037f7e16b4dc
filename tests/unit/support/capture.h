/* What code under test prints to standard output or error. */
#ifndef LN_TEST_SUPPORT_CAPTURE_H
#define LN_TEST_SUPPORT_CAPTURE_H

struct test_capture {
	int fd;   /* 1 or 2 */
	int kept; /* what it was before */
	int file; /* what it is meanwhile */
};

/* From here on, what is written to `fd` is kept from sight. No assertions
 * before test_capture_end: what they say would be lost. */
void test_capture_begin(struct test_capture *capture, int fd);

/* Ends that; the text, which the caller frees. */
char *test_capture_end(struct test_capture *capture);

#endif
