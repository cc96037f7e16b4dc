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

bool ln_log_set_level(const char *name)
{
	enum ln_log_level level;

	if (!ln_log_level_find(name, &level))
		return false;
	atomic_store_explicit(&threshold, (int)level, memory_order_relaxed);
	return true;
}

bool ln_log_set_format(const char *name)
{
	bool json = strcmp(name, "json") == 0;

	if (!json && strcmp(name, "text") != 0)
		return false;
	ln_log_set_json(json);
	return true;
}

/* Whether a variable is not set, or a word that `set` knows. */
static bool read_variable(const char *name, bool (*set)(const char *))
{
	const char *value = getenv(name);

	return value == NULL || value[0] == '\0' || set(value);
}

bool ln_log_init(void)
{
	bool level = read_variable("LUNATIC_LOG", ln_log_set_level);

	return read_variable("LUNATIC_LOG_FORMAT", ln_log_set_format) && level;
}

enum ln_log_level ln_log_threshold(void)
{
	return (enum ln_log_level)atomic_load_explicit(&threshold,
						       memory_order_relaxed);
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

LN_NOINLINE static void write_line(enum ln_log_level level, size_t max,
				   const char *format, va_list arguments)
{
	size_t line_len = 0;
	char *text;
	char *line;
	size_t len;

	if (vasprintf(&text, format, arguments) < 0)
		return;
	/* One line, whatever is in it. */
	len = ln_text_clean(text, strlen(text), false);
	line = ln_log_line(level, NULL, text, ln_text_cut(text, len, max),
			   &line_len);
	free(text);
	if (line == NULL)
		return;
	write_lines(line, line_len);
	free(line);
}

void ln_log(enum ln_log_level level, const char *format, ...)
{
	va_list arguments;

	if (!ln_log_enabled(level))
		return;
	va_start(arguments, format);
	write_line(level, LINE_MAX_BYTES, format, arguments);
	va_end(arguments);
}

void ln_log_say(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	write_line(LN_LOG_ERROR, SAID_MAX_BYTES, format, arguments);
	va_end(arguments);
}

void ln_log_tell(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	write_line(LN_LOG_INFO, SAID_MAX_BYTES, format, arguments);
	va_end(arguments);
}

void ln_log_value(const char *name, const char *value, size_t len)
{
	struct ln_log_about about = { .process = NULL };
	size_t line_len = 0;
	char *member;
	char *line;

	if (asprintf(&member, "\"%s\":%.*s", name, (int)len, value) < 0)
		return;
	about.json = member;
	line = ln_log_line(LN_LOG_INFO, &about, name, strlen(name), &line_len);
	free(member);
	if (line != NULL)
		write_lines(line, line_len);
	free(line);
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

void ln_log_push_behind(struct ln_log_source *source, struct ln_log_item *item)
{
	if (source != NULL)
		ln_log_writer_push_behind(current_writer(), source, item);
	else
		ln_log_writer_push(current_writer(), item);
}

struct ln_log_source *ln_log_source_open(struct ln_log_source *above,
					 uint64_t number)
{
	return ln_log_writer_source(current_writer(), above, number);
}

void ln_log_source_close(struct ln_log_source *source)
{
	if (source != NULL)
		ln_log_writer_release(current_writer(), source);
}

bool ln_log_admits_guest(struct ln_log_source *source, size_t size)
{
	return ln_log_writer_admits_guest(current_writer(), source, size);
}

void ln_log_push_guest(struct ln_log_source *source, struct ln_log_item *item)
{
	ln_log_writer_push_guest(current_writer(), source, item);
}

void ln_log_drop_guest(struct ln_log_source *source, size_t size)
{
	ln_log_writer_drop_guest(current_writer(), source, size);
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
