/*
 * Texts with untrusted parts: names in a module, errors of a peer, file names.
 * Every text for a terminal or a log is cleaned here. A clean text is valid
 * UTF-8 and has nothing that controls a terminal, breaks a line or changes the
 * order of the characters: no control characters (C0, DEL, C1), no line and
 * paragraph separators, no direction marks, no zero-width and invisible
 * characters. Each of these, and each byte that is not UTF-8, becomes '?'.
 *
 * Any thread. Nothing here needs more than 200 bytes of stack, but for
 * ln_text_format.
 */
#ifndef LN_BASE_TEXT_H
#define LN_BASE_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of a name within a text, its end included. */
#define LN_TEXT_NAME_SIZE 256

/* Bytes of an error text from elsewhere, such as another node. */
#define LN_TEXT_ERROR_MAX 8192

/* Bytes of a text that ln_text_format makes, without its end. */
#define LN_TEXT_FORMAT_MAX 1000

/* Whether a code point may be shown. */
bool ln_text_is_safe(uint32_t code);

/* Cleans a text in place and returns its new length, which is never larger.
 * Tabs and line ends become blanks; with `lines`, line ends stay. */
size_t ln_text_clean(char *text, size_t len, bool lines);

/* The largest length up to `max` that does not end inside a character. */
size_t ln_text_cut(const char *text, size_t len, size_t max);

/* Copies a text into `size` bytes, clean and with a zero byte at its end; a
 * longer one is cut and ends in "..". `size` is at least 8. Returns the length.
 * Reads no more than it writes. */
size_t ln_text_copy(char *out, size_t size, const void *text, size_t len);

/* The same in memory of its own, at most `max` bytes (at least 8); NULL when
 * memory is short. */
char *ln_text_new(const void *text, size_t len, size_t max);

/* Cleans and cuts a text of several lines in its place, at most `max` bytes (at
 * least 8) without its end. */
void ln_text_clean_lines(char *text, size_t max);

/* Sets *out to a clean text of one line, at most LN_TEXT_FORMAT_MAX bytes, to
 * be freed by the caller; NULL when memory is short. Blanks that follow each
 * other become one. Needs the stack that printf needs. */
void ln_text_format(char **out, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void ln_text_vformat(char **out, const char *format, va_list arguments)
	__attribute__((format(printf, 2, 0)));

#endif
