/*
 * Lists whose entries are in the order of their versions: where a version
 * belongs, and which entry a requirement finds. Whoever has a list says what it
 * is; nothing is allocated. Any thread that may read it.
 */
#ifndef LN_BASE_VERSIONS_H
#define LN_BASE_VERSIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/semver.h"

struct ln_versions {
	const void *list;
	uint32_t count;
	/* That of the entry at an index below `count`. */
	const struct ln_version *(*at)(const void *list, uint32_t index);
};

/* The index of the first entry that is not below the version, or `count`. */
uint32_t ln_versions_position(const struct ln_versions *versions,
			      const struct ln_version *version);

/* Whether the entry at an index, which may be `count`, has the version. */
bool ln_versions_has(const struct ln_versions *versions, uint32_t index,
		     const struct ln_version *version);

/* Finds the highest entry that the requirement matches: those that its numbers
 * allow are looked at from the highest down, and added to *compared. False: it
 * matches none. */
bool ln_versions_highest(const struct ln_versions *versions,
			 const struct ln_requirement *requirement,
			 uint32_t *compared, uint32_t *index);

#endif
