/*
 * DESIGN
 * One pass over the text with a cursor; the first thing that is wrong ends it.
 * The grammar is that of the crate `semver` 1.0.4, src/parse.rs:
 *
 *   version      number "." number "." number ["-" pre] ["+" build]
 *   requirement  wildcard | comparator ("," comparator)*
 *   comparator   [op] number ["." part ["." part]] ["-" pre] ["+" build]
 *   part         number | wildcard
 *   wildcard     "*" | "x" | "X"
 *   op           "=" | ">" | ">=" | "<" | "<=" | "~" | "^"
 *
 * Blanks may stand before and after a comparator and behind its operator; a
 * number is a u64 without leading zeros; pre and build follow three numbers
 * only. Build metadata of a comparator are checked and mean nothing.
 */
#include "base/semver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

/* Kinds of errors. */
enum {
	UNEXPECTED_END,
	UNEXPECTED_CHARACTER,
	UNEXPECTED_CHARACTER_AFTER,
	EXPECTED_COMMA,
	LEADING_ZERO,
	OVERFLOW,
	EMPTY_SEGMENT,
	UNEXPECTED_AFTER_WILDCARD,
	TOO_MANY_COMPARATORS,
	TOO_LONG,
};

enum { MAJOR, MINOR, PATCH, PRE, BUILD };

struct cursor {
	const char *at;
	const char *end;
	struct ln_semver_error *error;
};

static int fail(struct cursor *cursor, int kind, int position)
{
	cursor->error->kind = (uint8_t)kind;
	cursor->error->position = (uint8_t)position;
	return LN_EFORMAT;
}

/* The character at the cursor; U+FFFD for what is not UTF-8. */
static uint32_t decode(const struct cursor *cursor)
{
	static const uint8_t first[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	const uint8_t *at = (const uint8_t *)cursor->at;
	size_t left = (size_t)(cursor->end - cursor->at);
	unsigned len = *at < 0x80 ? 1 : *at < 0xe0 ? 2 : *at < 0xf0 ? 3 : 4;
	uint32_t character = *at & first[len];

	if (len > left || (*at >= 0x80 && *at < 0xc0) || *at >= 0xf8)
		return 0xfffd;
	for (unsigned i = 1; i < len; i++)
		character = character << 6 | (at[i] & 0x3f);
	return character;
}

/* Fails with a kind that names the character at the cursor. */
static int fail_at(struct cursor *cursor, int kind, int position)
{
	cursor->error->character = decode(cursor);
	return fail(cursor, kind, position);
}

static bool is_at(const struct cursor *cursor, char character)
{
	return cursor->at < cursor->end && *cursor->at == character;
}

static bool take(struct cursor *cursor, char character)
{
	if (!is_at(cursor, character))
		return false;
	cursor->at++;
	return true;
}

static bool take_wildcard(struct cursor *cursor)
{
	return take(cursor, '*') || take(cursor, 'x') || take(cursor, 'X');
}

static void skip_blanks(struct cursor *cursor)
{
	while (take(cursor, ' '))
		;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
}

static int take_number(struct cursor *cursor, int position, uint64_t *number)
{
	const char *start = cursor->at;
	uint64_t value = 0;

	for (; cursor->at < cursor->end && is_digit(*cursor->at);
	     cursor->at++) {
		if (value == 0 && cursor->at > start)
			return fail(cursor, LEADING_ZERO, position);
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, (unsigned)(*cursor->at - '0'),
					   &value))
			return fail(cursor, OVERFLOW, position);
	}
	*number = value;
	if (cursor->at > start)
		return 0;
	if (cursor->at == cursor->end)
		return fail(cursor, UNEXPECTED_END, position);
	return fail_at(cursor, UNEXPECTED_CHARACTER, position);
}

static int take_dot(struct cursor *cursor, int position)
{
	if (take(cursor, '.'))
		return 0;
	if (cursor->at == cursor->end)
		return fail(cursor, UNEXPECTED_END, position);
	return fail_at(cursor, UNEXPECTED_CHARACTER_AFTER, position);
}

/* One identifier, up to a character that is not of one. */
static int take_identifier(struct cursor *cursor, int position)
{
	const char *start = cursor->at;
	bool digits = true;

	for (; cursor->at < cursor->end; cursor->at++) {
		if (is_letter(*cursor->at))
			digits = false;
		else if (!is_digit(*cursor->at))
			break;
	}
	if (cursor->at == start)
		return fail(cursor, EMPTY_SEGMENT, position);
	if (position == PRE && digits && cursor->at - start > 1 &&
	    *start == '0')
		return fail(cursor, LEADING_ZERO, position);
	return 0;
}

static int take_identifiers(struct cursor *cursor, int position,
			    struct ln_identifiers *identifiers)
{
	const char *start = cursor->at;
	int error;

	do {
		error = take_identifier(cursor, position);
		if (error < 0)
			return error;
	} while (take(cursor, '.'));
	identifiers->text = start;
	identifiers->len = (size_t)(cursor->at - start);
	return 0;
}

/* What may follow three numbers; *position becomes that of the last part. */
static int take_suffixes(struct cursor *cursor, int *position,
			 struct ln_identifiers *pre,
			 struct ln_identifiers *build)
{
	int error;

	if (take(cursor, '-')) {
		*position = PRE;
		error = take_identifiers(cursor, PRE, pre);
		if (error < 0)
			return error;
	}
	if (take(cursor, '+')) {
		*position = BUILD;
		return take_identifiers(cursor, BUILD, build);
	}
	return 0;
}

int ln_version_parse(const char *text, size_t len, struct ln_version *version,
		     struct ln_semver_error *error)
{
	struct cursor cursor = { .at = text, .end = text + len, error };
	int position = PATCH;

	*version = (struct ln_version){ 0 };
	*error = (struct ln_semver_error){ 0 };
	if (len > LN_VERSION_MAX)
		return fail(&cursor, TOO_LONG, MAJOR);
	if (take_number(&cursor, MAJOR, &version->major) < 0 ||
	    take_dot(&cursor, MAJOR) < 0 ||
	    take_number(&cursor, MINOR, &version->minor) < 0 ||
	    take_dot(&cursor, MINOR) < 0 ||
	    take_number(&cursor, PATCH, &version->patch) < 0 ||
	    take_suffixes(&cursor, &position, &version->pre, &version->build) <
		    0)
		return LN_EFORMAT;
	if (cursor.at < cursor.end)
		return fail_at(&cursor, UNEXPECTED_CHARACTER_AFTER, position);
	return 0;
}

static enum ln_semver_op take_op(struct cursor *cursor, bool *given)
{
	*given = true;
	if (take(cursor, '='))
		return LN_SEMVER_EXACT;
	if (take(cursor, '>'))
		return take(cursor, '=') ? LN_SEMVER_GREATER_EQ
					 : LN_SEMVER_GREATER;
	if (take(cursor, '<'))
		return take(cursor, '=') ? LN_SEMVER_LESS_EQ : LN_SEMVER_LESS;
	if (take(cursor, '~'))
		return LN_SEMVER_TILDE;
	if (take(cursor, '^'))
		return LN_SEMVER_CARET;
	*given = false;
	return LN_SEMVER_CARET;
}

/* The second or third part, if there is one; *wildcard: it is no number. */
static int take_part(struct cursor *cursor, int at, int *position, bool *has,
		     bool *wildcard, uint64_t *number)
{
	int error;

	if (!take(cursor, '.'))
		return 0;
	*position = at;
	if (take_wildcard(cursor)) {
		*wildcard = true;
		return 0;
	}
	if (*wildcard)
		return fail(cursor, UNEXPECTED_AFTER_WILDCARD, at);
	error = take_number(cursor, at, number);
	*has = error == 0;
	return error;
}

static int take_comparator(struct cursor *cursor,
			   struct ln_comparator *comparator, int *position)
{
	struct ln_identifiers build;
	bool wildcard = false;
	bool op_given;

	*comparator = (struct ln_comparator){ 0 };
	comparator->op = take_op(cursor, &op_given);
	skip_blanks(cursor);
	*position = MAJOR;
	if (take_number(cursor, MAJOR, &comparator->major) < 0 ||
	    take_part(cursor, MINOR, position, &comparator->has_minor,
		      &wildcard, &comparator->minor) < 0 ||
	    take_part(cursor, PATCH, position, &comparator->has_patch,
		      &wildcard, &comparator->patch) < 0)
		return LN_EFORMAT;
	if (wildcard && !op_given)
		comparator->op = LN_SEMVER_WILDCARD;
	if (comparator->has_patch &&
	    take_suffixes(cursor, position, &comparator->pre, &build) < 0)
		return LN_EFORMAT;
	skip_blanks(cursor);
	return 0;
}

/* Room for the comparator with the number `count`; NULL: no memory. */
static struct ln_comparator *room(struct ln_requirement *requirement)
{
	if (requirement->many != NULL)
		return &requirement->many[requirement->count];
	if (requirement->count < LN_COMPARATORS_INLINE)
		return &requirement->few[requirement->count];
	requirement->many =
		malloc(LN_COMPARATORS_MAX * sizeof(*requirement->many));
	if (requirement->many == NULL)
		return NULL;
	memcpy(requirement->many, requirement->few, sizeof(requirement->few));
	return &requirement->many[requirement->count];
}

static int take_comparators(struct cursor *cursor,
			    struct ln_requirement *requirement)
{
	struct ln_comparator *comparator;
	int position;

	for (;;) {
		comparator = room(requirement);
		if (comparator == NULL)
			return LN_ENOMEM;
		if (take_comparator(cursor, comparator, &position) < 0)
			return LN_EFORMAT;
		requirement->count++;
		if (cursor->at == cursor->end)
			return 0;
		if (!take(cursor, ','))
			return fail_at(cursor, EXPECTED_COMMA, position);
		skip_blanks(cursor);
		if (requirement->count == LN_COMPARATORS_MAX)
			return fail(cursor, TOO_MANY_COMPARATORS, MAJOR);
	}
}

int ln_requirement_parse(const char *text, size_t len,
			 struct ln_requirement *requirement,
			 struct ln_semver_error *error)
{
	struct cursor cursor = { .at = text, .end = text + len, error };
	int result;

	requirement->count = 0;
	requirement->many = NULL;
	*error = (struct ln_semver_error){ 0 };
	if (len > LN_REQUIREMENT_MAX)
		return fail(&cursor, TOO_LONG, MAJOR);
	skip_blanks(&cursor);
	if (take_wildcard(&cursor)) {
		skip_blanks(&cursor);
		if (cursor.at < cursor.end)
			return fail(&cursor, UNEXPECTED_AFTER_WILDCARD, MAJOR);
		return 0;
	}
	result = take_comparators(&cursor, requirement);
	if (result < 0)
		ln_requirement_deinit(requirement);
	return result;
}

void ln_requirement_deinit(struct ln_requirement *requirement)
{
	free(requirement->many);
	requirement->many = NULL;
	requirement->count = 0;
}

/* Stores the character as UTF-8, and a zero. */
static void encode(uint32_t c, char *text)
{
	static const uint8_t marks[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	unsigned len = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

	text[len] = '\0';
	for (unsigned i = len - 1; i > 0; i--, c >>= 6)
		text[i] = (char)(0x80 | (c & 0x3f));
	text[0] = (char)(marks[len] | c);
}

#define SHOWN 16

/* The character as Rust's Debug shows it between quotes; what that looks up in
 * tables of Unicode is taken for printable. */
static void show(uint32_t c, char text[SHOWN])
{
	static const char escaped[] = "\0\t\n\r\\'";
	static const char escapes[] = "0tnr\\'";
	const char *found =
		c < 0x80 ? memchr(escaped, (int)c, sizeof(escaped) - 1) : NULL;

	if (found != NULL)
		snprintf(text, SHOWN, "\\%c", escapes[found - escaped]);
	else if (c < 0x20 || (c >= 0x7f && c < 0xa0))
		snprintf(text, SHOWN, "\\u{%x}", c);
	else
		encode(c, text);
}

void ln_semver_error_text(const struct ln_semver_error *error,
			  char text[LN_SEMVER_ERROR_TEXT])
{
	static const char *const positions[] = {
		[MAJOR] = "major version number",
		[MINOR] = "minor version number",
		[PATCH] = "patch version number",
		[PRE] = "pre-release identifier",
		[BUILD] = "build metadata",
	};
	const char *position = positions[error->position];
	const size_t size = LN_SEMVER_ERROR_TEXT;
	char shown[SHOWN];

	show(error->character, shown);
	switch (error->kind) {
	case UNEXPECTED_END:
		snprintf(text, size, "unexpected end of input while parsing %s",
			 position);
		break;
	case UNEXPECTED_CHARACTER:
		snprintf(text, size,
			 "unexpected character '%s' while parsing %s", shown,
			 position);
		break;
	case UNEXPECTED_CHARACTER_AFTER:
		snprintf(text, size, "unexpected character '%s' after %s",
			 shown, position);
		break;
	case EXPECTED_COMMA:
		snprintf(text, size, "expected comma after %s, found '%s'",
			 position, shown);
		break;
	case LEADING_ZERO:
		snprintf(text, size, "invalid leading zero in %s", position);
		break;
	case OVERFLOW:
		snprintf(text, size, "value of %s exceeds u64::MAX", position);
		break;
	case EMPTY_SEGMENT:
		snprintf(text, size, "empty identifier segment in %s",
			 position);
		break;
	case UNEXPECTED_AFTER_WILDCARD:
		snprintf(text, size,
			 "unexpected character after wildcard in version req");
		break;
	case TOO_MANY_COMPARATORS:
		snprintf(text, size, "excessive number of version comparators");
		break;
	default:
		snprintf(text, size, "the text is too long");
		break;
	}
}
