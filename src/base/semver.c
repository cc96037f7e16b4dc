/*
 * How versions are ordered and what a requirement selects, as in the crate
 * `semver` 1.0.4 (src/impls.rs, src/eval.rs). The rules for a comparator whose
 * last parts are missing are its own, not those of other package managers.
 */
#include "base/semver.h"

#include <string.h>

static int compare_numbers(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

/* A run of bytes, compared like Rust's str. */
static int compare_texts(struct ln_identifiers a, struct ln_identifiers b)
{
	size_t min = a.len < b.len ? a.len : b.len;
	int order = min > 0 ? memcmp(a.text, b.text, min) : 0;

	return order != 0 ? order : compare_numbers(a.len, b.len);
}

/* Takes the first identifier from the list; false: there is none. An empty list
 * has one, which is empty, as Rust's split gives it. */
static bool next(struct ln_identifiers *list, bool *over,
		 struct ln_identifiers *identifier)
{
	const char *dot;

	if (*over)
		return false;
	*identifier = *list;
	dot = list->len > 0 ? memchr(list->text, '.', list->len) : NULL;
	if (dot == NULL) {
		*over = true;
		return true;
	}
	identifier->len = (size_t)(dot - list->text);
	list->text = dot + 1;
	list->len -= identifier->len + 1;
	return true;
}

static bool all_digits(struct ln_identifiers identifier)
{
	for (size_t i = 0; i < identifier.len; i++) {
		if (identifier.text[i] < '0' || identifier.text[i] > '9')
			return false;
	}
	return true;
}

/* Numbers of any length: by value, then by the count of leading zeros. */
static int compare_digits(struct ln_identifiers a, struct ln_identifiers b)
{
	struct ln_identifiers x = a;
	struct ln_identifiers y = b;
	int order;

	for (; x.len > 0 && *x.text == '0'; x.len--)
		x.text++;
	for (; y.len > 0 && *y.text == '0'; y.len--)
		y.text++;
	order = compare_numbers(x.len, y.len);
	if (order == 0)
		order = compare_texts(x, y);
	return order != 0 ? order : compare_numbers(a.len, b.len);
}

static int compare_identifier(struct ln_identifiers a, struct ln_identifiers b)
{
	bool a_digits = all_digits(a);
	bool b_digits = all_digits(b);

	if (a_digits && b_digits)
		return compare_digits(a, b);
	if (a_digits != b_digits)
		return a_digits ? -1 : 1;
	return compare_texts(a, b);
}

static int compare_lists(struct ln_identifiers a, struct ln_identifiers b)
{
	struct ln_identifiers x;
	struct ln_identifiers y;
	bool a_over = false;
	bool b_over = false;
	int order;

	while (next(&a, &a_over, &x)) {
		if (!next(&b, &b_over, &y))
			return 1;
		order = compare_identifier(x, y);
		if (order != 0)
			return order;
	}
	return b_over ? 0 : -1;
}

/* A release comes after its pre-releases. */
static int compare_pre(struct ln_identifiers a, struct ln_identifiers b)
{
	if (a.len == 0 || b.len == 0)
		return (a.len == 0) - (b.len == 0);
	return compare_lists(a, b);
}

int ln_version_compare_numbers(const struct ln_version *a,
			       const struct ln_version *b)
{
	if (a->major != b->major)
		return compare_numbers(a->major, b->major);
	if (a->minor != b->minor)
		return compare_numbers(a->minor, b->minor);
	return compare_numbers(a->patch, b->patch);
}

int ln_version_compare(const struct ln_version *a, const struct ln_version *b)
{
	int order = ln_version_compare_numbers(a, b);

	if (order == 0)
		order = compare_pre(a->pre, b->pre);
	if (order == 0)
		order = compare_lists(a->build, b->build);
	return order;
}

static bool matches_exact(const struct ln_comparator *comparator,
			  const struct ln_version *version)
{
	return version->major == comparator->major &&
	       (!comparator->has_minor ||
		version->minor == comparator->minor) &&
	       (!comparator->has_patch ||
		version->patch == comparator->patch) &&
	       compare_pre(version->pre, comparator->pre) == 0;
}

/* The version against the comparator; 0 also when the latter has no more parts
 * to tell them apart. */
static int compare_with(const struct ln_version *version,
			const struct ln_comparator *comparator)
{
	if (version->major != comparator->major)
		return compare_numbers(version->major, comparator->major);
	if (!comparator->has_minor)
		return 0;
	if (version->minor != comparator->minor)
		return compare_numbers(version->minor, comparator->minor);
	if (!comparator->has_patch)
		return 0;
	if (version->patch != comparator->patch)
		return compare_numbers(version->patch, comparator->patch);
	return compare_pre(version->pre, comparator->pre);
}

static bool matches_tilde(const struct ln_comparator *comparator,
			  const struct ln_version *version)
{
	if (version->major != comparator->major ||
	    (comparator->has_minor && version->minor != comparator->minor))
		return false;
	if (comparator->has_patch && version->patch != comparator->patch)
		return version->patch > comparator->patch;
	return compare_pre(version->pre, comparator->pre) >= 0;
}

static bool matches_caret(const struct ln_comparator *comparator,
			  const struct ln_version *version)
{
	if (version->major != comparator->major)
		return false;
	if (!comparator->has_minor)
		return true;
	/* What is left of the first number that is not 0 must be the same. */
	if (version->minor != comparator->minor)
		return comparator->major > 0 &&
		       version->minor > comparator->minor;
	if (!comparator->has_patch)
		return true;
	if (version->patch != comparator->patch)
		return (comparator->major > 0 || comparator->minor > 0) &&
		       version->patch > comparator->patch;
	return compare_pre(version->pre, comparator->pre) >= 0;
}

static bool matches(const struct ln_comparator *comparator,
		    const struct ln_version *version)
{
	switch (comparator->op) {
	case LN_SEMVER_EXACT:
	case LN_SEMVER_WILDCARD:
		return matches_exact(comparator, version);
	case LN_SEMVER_GREATER:
		return compare_with(version, comparator) > 0;
	case LN_SEMVER_GREATER_EQ:
		return matches_exact(comparator, version) ||
		       compare_with(version, comparator) > 0;
	case LN_SEMVER_LESS:
		return compare_with(version, comparator) < 0;
	case LN_SEMVER_LESS_EQ:
		return matches_exact(comparator, version) ||
		       compare_with(version, comparator) < 0;
	case LN_SEMVER_TILDE:
		return matches_tilde(comparator, version);
	case LN_SEMVER_CARET:
		return matches_caret(comparator, version);
	}
	return false;
}

static const struct ln_comparator *
comparators(const struct ln_requirement *requirement)
{
	return requirement->many != NULL ? requirement->many : requirement->few;
}

bool ln_requirement_matches(const struct ln_requirement *requirement,
			    const struct ln_version *version)
{
	const struct ln_comparator *all = comparators(requirement);

	for (uint32_t i = 0; i < requirement->count; i++) {
		if (!matches(&all[i], version))
			return false;
	}
	if (version->pre.len == 0)
		return true;
	/* Who wants a pre-release names one of the same three numbers. */
	for (uint32_t i = 0; i < requirement->count; i++) {
		if (all[i].pre.len > 0 && all[i].major == version->major &&
		    all[i].minor == version->minor &&
		    all[i].patch == version->patch)
			return true;
	}
	return false;
}

static struct ln_version numbers(uint64_t major, uint64_t minor, uint64_t patch)
{
	return (struct ln_version){
		.major = major,
		.minor = minor,
		.patch = patch,
	};
}

/* The highest numbers that can match; parts that are missing are 0. */
static struct ln_version highest(const struct ln_comparator *comparator)
{
	const uint64_t any = UINT64_MAX;
	uint64_t major = comparator->major;
	uint64_t minor = comparator->has_minor ? comparator->minor : any;
	uint64_t patch = comparator->has_patch ? comparator->patch : any;

	switch (comparator->op) {
	case LN_SEMVER_GREATER:
	case LN_SEMVER_GREATER_EQ:
		return numbers(any, any, any);
	case LN_SEMVER_LESS:
		return numbers(major, comparator->minor, comparator->patch);
	case LN_SEMVER_TILDE:
		return numbers(major, minor, any);
	case LN_SEMVER_CARET:
		if (major > 0 || !comparator->has_minor)
			return numbers(major, any, any);
		if (minor > 0)
			return numbers(major, minor, any);
		return numbers(major, minor, patch);
	case LN_SEMVER_EXACT:
	case LN_SEMVER_LESS_EQ:
	case LN_SEMVER_WILDCARD:
		break;
	}
	return numbers(major, minor, patch);
}

void ln_requirement_range(const struct ln_requirement *requirement,
			  struct ln_version *min, struct ln_version *max)
{
	const struct ln_comparator *all = comparators(requirement);

	*min = numbers(0, 0, 0);
	*max = numbers(UINT64_MAX, UINT64_MAX, UINT64_MAX);
	for (uint32_t i = 0; i < requirement->count; i++) {
		struct ln_version low =
			numbers(all[i].major, all[i].minor, all[i].patch);
		struct ln_version high = highest(&all[i]);

		if (all[i].op != LN_SEMVER_LESS &&
		    all[i].op != LN_SEMVER_LESS_EQ &&
		    ln_version_compare_numbers(&low, min) > 0)
			*min = low;
		if (ln_version_compare_numbers(&high, max) < 0)
			*max = high;
	}
}
