/* Calls that the linker sends here instead of to the C library (--wrap). */
#include "support/shortage.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The linker knows these names; no header does. */
void *__real_malloc(size_t);
void *__real_calloc(size_t, size_t);
void *__real_realloc(void *, size_t);
char *__real_strdup(const char *);
char *__real_strndup(const char *, size_t);
int __real_vasprintf(char **, const char *, va_list);
void *__wrap_malloc(size_t);
void *__wrap_calloc(size_t, size_t);
void *__wrap_realloc(void *, size_t);
char *__wrap_strdup(const char *);
char *__wrap_strndup(const char *, size_t);
int __wrap_vasprintf(char **, const char *, va_list);
int __wrap_asprintf(char **, const char *, ...);
int __wrap___vasprintf_chk(char **, int, const char *, va_list);
int __wrap___asprintf_chk(char **, int, const char *, ...);

static _Thread_local unsigned counted;
static _Thread_local unsigned calls_left;
static _Thread_local bool has_failed;

void test_shortage_begin(unsigned calls, unsigned left)
{
	has_failed = false;
	calls_left = left;
	counted = calls;
}

bool test_shortage_end(void)
{
	counted = 0;
	return has_failed;
}

static bool fails(enum test_short call)
{
	if ((counted & call) == 0 || has_failed || calls_left-- > 0)
		return false;
	has_failed = true;
	errno = ENOMEM;
	return true;
}

void *__wrap_malloc(size_t size)
{
	return fails(TEST_SHORT_MALLOC) ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	return fails(TEST_SHORT_CALLOC) ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
	return fails(TEST_SHORT_REALLOC) ? NULL : __real_realloc(old, size);
}

char *__wrap_strdup(const char *text)
{
	return fails(TEST_SHORT_STRINGS) ? NULL : __real_strdup(text);
}

char *__wrap_strndup(const char *text, size_t max)
{
	return fails(TEST_SHORT_STRINGS) ? NULL : __real_strndup(text, max);
}

/* The pointer is undefined afterwards; a program that uses it shall notice. */
static int print(char **text, const char *format, va_list arguments)
{
	if (fails(TEST_SHORT_STRINGS)) {
		*text = (char *)1;
		return -1;
	}
	return __real_vasprintf(text, format, arguments);
}

int __wrap_vasprintf(char **text, const char *format, va_list arguments)
{
	return print(text, format, arguments);
}

int __wrap___vasprintf_chk(char **text, int flag, const char *format,
			   va_list arguments)
{
	(void)flag;
	return print(text, format, arguments);
}

int __wrap_asprintf(char **text, const char *format, ...)
{
	va_list arguments;
	int len;

	va_start(arguments, format);
	len = print(text, format, arguments);
	va_end(arguments);
	return len;
}

int __wrap___asprintf_chk(char **text, int flag, const char *format, ...)
{
	va_list arguments;
	int len;

	(void)flag;
	va_start(arguments, format);
	len = print(text, format, arguments);
	va_end(arguments);
	return len;
}
