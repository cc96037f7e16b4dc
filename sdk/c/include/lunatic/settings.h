/*
 * Settings of a program: from variables of the environment, from a file, or
 * what the program has as default, in this order.
 *
 * The file has lines `key = value`; what follows a `#` at the beginning of a
 * line or after white space is a comment, and a value may be in double quotes.
 * A key is made of letters, digits, `.`, `-` and `_`. Its variable is the
 * prefix, if there is one, and the key, in upper case, with `_` for `.` and
 * `-`: with the prefix "SHOP", SHOP_HTTP_PORT comes before the line
 * `http.port = 8080`.
 *
 *	static int settings(void)
 *	{
 *		struct lunatic_settings settings;
 *		int64_t port;
 *		int status;
 *
 *		status = lunatic_settings_open(&settings, "SHOP", "shop.conf");
 *		if (status != 0) {
 *			fprintf(stderr, "%s\n", settings.error);
 *			return status;
 *		}
 *		port = lunatic_setting_int(&settings, "http.port", 8080,
 *					   1, 65535);
 *		status = settings.status;
 *		if (status != 0)
 *			fprintf(stderr, "%s\n", settings.error);
 *		printf("listening on %lld\n", (long long)port);
 *		lunatic_settings_close(&settings);
 *		return status;
 *	}
 *
 * Each process opens its own: what one has read is not in the memory of others.
 */
#ifndef LUNATIC_SETTINGS_H
#define LUNATIC_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes that a file may have. */
#define LUNATIC_SETTINGS_MAX (1u << 20)

struct lunatic_settings_line;

/* `status` and `error` tell of the first failure; the rest is private. */
struct lunatic_settings {
	int status;      /* 0, or LUNATIC_EFORMAT, ... */
	char error[256]; /* what is wrong, and where; a line without its end */
	const char *prefix;
	char *path;
	char *text;
	struct lunatic_settings_line *lines;
	uint32_t count;
};

/*
 * Reads the file. `prefix` is kept, and may be NULL; so may `path`: then there
 * are variables only. 0, or what is also in `status`: LUNATIC_ENOTFOUND if
 * there is no such file, LUNATIC_EHOST if it cannot be read, LUNATIC_EFORMAT,
 * LUNATIC_ETOOLONG, LUNATIC_ENOMEM. After a failure it has no lines, and need
 * not be closed.
 */
int lunatic_settings_open(struct lunatic_settings *settings, const char *prefix,
			  const char *path);

void lunatic_settings_close(struct lunatic_settings *settings);

/* The value of a key, or `other`, which may be NULL. Valid until the settings
 * is closed, and for one of a variable until that changes. */
const char *lunatic_setting_text(struct lunatic_settings *settings,
				 const char *key, const char *other);

/* The same as a number, decimal or with 0x, from `min` to `max`. One that is
 * none, or not in there, is a failure, and the result is `other`. */
int64_t lunatic_setting_int(struct lunatic_settings *settings, const char *key,
			    int64_t other, int64_t min, int64_t max);

/* The same as true, yes, on, 1 or false, no, off, 0. */
bool lunatic_setting_bool(struct lunatic_settings *settings, const char *key,
			  bool other);

/* The same as milliseconds, written as a number with ms, s, m or h, from 0 to
 * `max`. */
int64_t lunatic_setting_time(struct lunatic_settings *settings, const char *key,
			     int64_t other, int64_t max);

#ifdef __cplusplus
}
#endif

#endif
