/* Reads the element section. Threads: any; immutable once made. */
#include "engine/elements.h"

#include <stdlib.h>

#include "base/error.h"
#include "engine/binary.h"
#include "engine/cursor.h"

#define HEADER 8
#define ELEMENT_SECTION 9
#define NOT_KNOWN UINT32_MAX

/* Opcodes of the expression that says where a segment begins. */
#define I32_CONST 0x41
#define END 0x0b
#define SIGN 0x40 /* in the last byte of a negative number */

struct ln_elements {
	uint32_t count;
	uint32_t functions[]; /* by index; NOT_KNOWN */
};

/* A segment of functions at a constant index of the first table; false: what
 * follows is of another form, and cannot be skipped without decoding it. */
static bool read_segment(struct ln_cursor *section, uint64_t *start,
			 uint64_t *count)
{
	uint64_t form;

	if (!ln_cursor_number(section, 32, &form) || form != 0 ||
	    ln_cursor_len(*section) < 2 || *section->at != I32_CONST)
		return false;
	section->at++;
	/* A positive number reads the same with and without a sign. */
	if (!ln_cursor_number(section, 32, start) ||
	    (section->at[-1] & SIGN) != 0 || ln_cursor_len(*section) == 0 ||
	    *section->at != END)
		return false;
	section->at++;
	return ln_cursor_number(section, 32, count);
}

/* Goes through the segments; with `elements` it notes their functions. Returns
 * how many indices are used. */
static uint32_t walk(struct ln_cursor section, struct ln_elements *elements)
{
	uint64_t segments, start, count, function;
	uint64_t used = 0;

	if (!ln_cursor_number(&section, 32, &segments))
		return 0;
	for (; segments > 0 && read_segment(&section, &start, &count);
	     segments--) {
		for (uint64_t i = 0; i < count; i++) {
			uint64_t at = start + i;

			if (!ln_cursor_number(&section, 32, &function))
				return (uint32_t)used;
			if (at >= LN_ELEMENTS_MAX)
				continue;
			if (at >= used)
				used = at + 1;
			if (elements != NULL)
				elements->functions[at] = (uint32_t)function;
		}
	}
	return (uint32_t)used;
}

int ln_elements_new(const uint8_t *bytes, size_t len, struct ln_elements **out)
{
	struct ln_cursor cursor = { bytes, bytes + len };
	struct ln_elements *elements;
	struct ln_cursor section;
	uint32_t count = 0;
	uint8_t id = 0;

	*out = NULL;
	if (!ln_cursor_skip(&cursor, HEADER))
		return 0;
	while (id != ELEMENT_SECTION &&
	       ln_binary_section(&cursor, &id, &section))
		;
	if (id == ELEMENT_SECTION)
		count = walk(section, NULL);
	if (count == 0)
		return 0;
	elements = malloc(sizeof(*elements) +
			  count * sizeof(elements->functions[0]));
	if (elements == NULL)
		return LN_ENOMEM;
	elements->count = count;
	for (uint32_t i = 0; i < count; i++)
		elements->functions[i] = NOT_KNOWN;
	walk(section, elements);
	*out = elements;
	return 0;
}

void ln_elements_free(struct ln_elements *elements)
{
	free(elements);
}

bool ln_elements_function(const struct ln_elements *elements, uint32_t index,
			  uint32_t *function)
{
	if (elements == NULL || index >= elements->count ||
	    elements->functions[index] == NOT_KNOWN)
		return false;
	*function = elements->functions[index];
	return true;
}
