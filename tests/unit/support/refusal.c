/* Calls that the linker sends here instead of to the C library (--wrap). */
#include "support/refusal.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

/* The linker knows these names; no header does. */
int __real_madvise(void *, size_t, int);
int __real_munmap(void *, size_t);
int __real_mprotect(void *, size_t, int);
int __real_ioctl(int, unsigned long, void *);
int __wrap_madvise(void *, size_t, int);
int __wrap_munmap(void *, size_t);
int __wrap_mprotect(void *, size_t, int);
int __wrap_ioctl(int, unsigned long, ...);

static _Atomic unsigned refused_calls;
static _Atomic unsigned count;
static _Atomic size_t min_size;

void test_refuse(unsigned calls, size_t min)
{
	min_size = min;
	refused_calls = calls;
	count = 0;
}

unsigned test_refused(void)
{
	return count;
}

static bool refuses(enum test_refused call, size_t size)
{
	if ((refused_calls & call) == 0 || size < min_size)
		return false;
	count++;
	errno = ENOMEM;
	return true;
}

int __wrap_madvise(void *at, size_t len, int advice)
{
	return refuses(TEST_REFUSE_MADVISE, len)
		       ? -1
		       : __real_madvise(at, len, advice);
}

int __wrap_munmap(void *at, size_t len)
{
	return refuses(TEST_REFUSE_MUNMAP, len) ? -1 : __real_munmap(at, len);
}

int __wrap_mprotect(void *at, size_t len, int protection)
{
	return refuses(TEST_REFUSE_MPROTECT, len)
		       ? -1
		       : __real_mprotect(at, len, protection);
}

int __wrap_ioctl(int fd, unsigned long request, ...)
{
	va_list arguments;
	void *argument;

	va_start(arguments, request);
	argument = va_arg(arguments, void *);
	va_end(arguments);
	/* It is the only one of type 'f' and number 16 that is tested. */
	if (_IOC_TYPE(request) == 'f' && _IOC_NR(request) == 16 &&
	    refuses(TEST_REFUSE_SCAN, SIZE_MAX))
		return -1;
	return __real_ioctl(fd, request, argument);
}
