#include "base/versions.h"

uint32_t ln_versions_position(const struct ln_versions *versions,
			      const struct ln_version *version)
{
	uint32_t low = 0;
	uint32_t high = versions->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (ln_version_compare(versions->at(versions->list, middle),
				       version) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool ln_versions_has(const struct ln_versions *versions, uint32_t index,
		     const struct ln_version *version)
{
	return index < versions->count &&
	       ln_version_compare(versions->at(versions->list, index),
				  version) == 0;
}

/* The number of entries whose numbers are not above those of `max`. */
static uint32_t count_up_to(const struct ln_versions *versions,
			    const struct ln_version *max)
{
	uint32_t low = 0;
	uint32_t high = versions->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (ln_version_compare_numbers(
			    versions->at(versions->list, middle), max) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool ln_versions_highest(const struct ln_versions *versions,
			 const struct ln_requirement *requirement,
			 uint32_t *compared, uint32_t *index)
{
	struct ln_version min;
	struct ln_version max;

	ln_requirement_range(requirement, &min, &max);
	for (uint32_t i = count_up_to(versions, &max); i > 0; i--) {
		const struct ln_version *version =
			versions->at(versions->list, i - 1);

		++*compared;
		if (ln_version_compare_numbers(version, &min) < 0)
			return false;
		if (ln_requirement_matches(requirement, version)) {
			*index = i - 1;
			return true;
		}
	}
	return false;
}
