/*
 * DESIGN
 * Standard error belongs to the program, so there is one writer for all
 * runtimes, with counted references. A thread that logs holds a runtime, or is
 * ending the last one, so the writer stays while it is used.
 */
#include "base/log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/log_writer.h"
#include "base/text.h"
#include "base/time.h"

#define LINE_MAX_BYTES 960
#define SAID_MAX_BYTES 8192          /* an error, and the path of a file */
#define QUEUED_MAX ((size_t)1 << 20) /* bytes of texts that wait */
#define PATIENCE LN_NS_PER_S

static _Atomic int threshold = LN_LOG_WARN;

static pthread_mutex_t users_lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned users; /* under users_lock */
static struct ln_log_writer *_Atomic writer;

bool ln_log_init(void)
{
	static const char *const names[] = { "error", "warn", "info", "debug" };
	const char *wanted = getenv("LUNATIC_LOG");

	if (wanted == NULL || wanted[0] == '\0')
		return true;
	for (int i = 0; i < (int)(sizeof(names) / sizeof(names[0])); i++) {
		if (strcmp(wanted, names[i]) == 0) {
			atomic_store_explicit(&threshold, i,
					      memory_order_relaxed);
			return true;
		}
	}
	return false;
}

bool ln_log_enabled(enum ln_log_level level)
{
	return (int)level <=
	       atomic_load_explicit(&threshold, memory_order_relaxed);
}

/* Acquire pairs with the release in ln_log_start. */
static struct ln_log_writer *current_writer(void)
{
	return atomic_load_explicit(&writer, memory_order_acquire);
}

/* Takes `text`, of whole lines, and may change it. */
static void write_lines(char *text, size_t len)
{
	struct ln_log_writer *to = current_writer();

	if (to != NULL)
		ln_log_writer_push_text(to, text, len);
	else
		ln_log_write(STDERR_FILENO, text, len);
}

LN_NOINLINE static void write_line(size_t max, const char *format,
				   va_list arguments)
{
	char *text;
	char *line;
	size_t len;
	int n;

	if (vasprintf(&text, format, arguments) < 0)
		return;
	/* One line, whatever is in it. */
	len = ln_text_clean(text, strlen(text), false);
	n = asprintf(&line, "lunatic: %.*s\n", (int)ln_text_cut(text, len, max),
		     text);
	free(text);
	if (n < 0)
		return;
	write_lines(line, (size_t)n);
	free(line);
}

void ln_log(enum ln_log_level level, const char *format, ...)
{
	va_list arguments;

	if (!ln_log_enabled(level))
		return;
	va_start(arguments, format);
	write_line(LINE_MAX_BYTES, format, arguments);
	va_end(arguments);
}

void ln_log_say(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	write_line(SAID_MAX_BYTES, format, arguments);
	va_end(arguments);
}

void ln_log_text(const char *text, size_t len)
{
	struct ln_log_writer *to = current_writer();
	char *copy;

	if (to != NULL) {
		ln_log_writer_push_text(to, text, len);
		return;
	}
	copy = malloc(len > 0 ? len : 1);
	if (copy == NULL)
		return;
	memcpy(copy, text, len);
	ln_log_write(STDERR_FILENO, copy, len);
	free(copy);
}

bool ln_log_admits_report(void)
{
	return ln_log_writer_admits(current_writer(), LN_LOG_REPORT);
}

bool ln_log_admits_warning(void)
{
	return ln_log_writer_admits(current_writer(), LN_LOG_WARNING);
}

void ln_log_push(struct ln_log_item *item)
{
	ln_log_writer_push(current_writer(), item);
}

int ln_log_start(void)
{
	struct ln_log_writer *made;
	int error = 0;

	pthread_mutex_lock(&users_lock);
	if (users == 0)
		error = ln_log_writer_new(STDERR_FILENO, QUEUED_MAX, &made);
	if (users == 0 && error == 0)
		atomic_store_explicit(&writer, made, memory_order_release);
	users += error == 0;
	pthread_mutex_unlock(&users_lock);
	return error;
}

void ln_log_stop(void)
{
	struct ln_log_writer *last = NULL;

	pthread_mutex_lock(&users_lock);
	ln_assert(users > 0);
	if (--users == 0)
		last = atomic_exchange_explicit(&writer, NULL,
						memory_order_acq_rel);
	pthread_mutex_unlock(&users_lock);
	ln_log_writer_free(last, PATIENCE);
}

void ln_log_flush(void)
{
	struct ln_log_writer *to = current_writer();

	if (to != NULL)
		(void)ln_log_writer_flush(to, PATIENCE);
}
