/*
 * Semantic versions and the requirements that select them, with the syntax, the
 * order and the matching rules of the crate `semver` 1.0.4, which lunatic 0.7
 * used. Nothing here allocates but a requirement of many comparators, and
 * nothing is copied: what was parsed points into the text, which must stay.
 */
#ifndef LN_BASE_SEMVER_H
#define LN_BASE_SEMVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Longest texts, in bytes. The crate has no such bounds. */
#define LN_VERSION_MAX 256
#define LN_REQUIREMENT_MAX 4096

#define LN_COMPARATORS_MAX 32
#define LN_COMPARATORS_INLINE 4

#define LN_SEMVER_ERROR_TEXT 96 /* bytes, with the terminating zero */

/* Identifiers separated by dots; empty when there are none. */
struct ln_identifiers {
	const char *text; /* not terminated; valid when len > 0 */
	size_t len;
};

struct ln_version {
	uint64_t major;
	uint64_t minor;
	uint64_t patch;
	struct ln_identifiers pre;
	struct ln_identifiers build;
};

enum ln_semver_op {
	LN_SEMVER_EXACT,
	LN_SEMVER_GREATER,
	LN_SEMVER_GREATER_EQ,
	LN_SEMVER_LESS,
	LN_SEMVER_LESS_EQ,
	LN_SEMVER_TILDE,
	LN_SEMVER_CARET,
	LN_SEMVER_WILDCARD,
};

struct ln_comparator {
	uint64_t major;
	uint64_t minor;
	uint64_t patch;
	struct ln_identifiers pre;
	enum ln_semver_op op;
	bool has_minor;
	bool has_patch; /* not without has_minor */
};

/* All comparators have to match; none: any version but pre-releases. */
struct ln_requirement {
	uint32_t count;
	struct ln_comparator *many; /* all of them, or NULL: they are in few */
	struct ln_comparator few[LN_COMPARATORS_INLINE];
};

/* What is wrong with a text. */
struct ln_semver_error {
	uint8_t kind;
	uint8_t position;
	uint32_t character; /* where the kind tells of one */
};

/* LN_EFORMAT, and why in *error. */
int ln_version_parse(const char *text, size_t len, struct ln_version *version,
		     struct ln_semver_error *error);

/* Negative, 0 or positive. A total order; build metadata count last, so that 0
 * means the same version in each part. */
int ln_version_compare(const struct ln_version *a, const struct ln_version *b);

/* Compares major, minor and patch only. */
int ln_version_compare_numbers(const struct ln_version *a,
			       const struct ln_version *b);

/* LN_EFORMAT, and why in *error; LN_ENOMEM. After success the caller ends it
 * with ln_requirement_deinit. */
int ln_requirement_parse(const char *text, size_t len,
			 struct ln_requirement *requirement,
			 struct ln_semver_error *error);
void ln_requirement_deinit(struct ln_requirement *requirement);

bool ln_requirement_matches(const struct ln_requirement *requirement,
			    const struct ln_version *version);

/* Versions with lower numbers than `min`, or higher ones than `max`, match
 * in no case. Only the three numbers are set. */
void ln_requirement_range(const struct ln_requirement *requirement,
			  struct ln_version *min, struct ln_version *max);

/* Writes what was wrong, in the crate's words. Uses snprintf: some 2 KiB of
 * stack. */
void ln_semver_error_text(const struct ln_semver_error *error,
			  char text[LN_SEMVER_ERROR_TEXT]);

#endif
