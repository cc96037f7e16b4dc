/* Looks for the instructions that write to a table. */
#include "engine/tables.h"

#include "engine/binary.h"
#include "engine/cursor.h"
#include "engine/opcode.h"

#define CODE_MAX ((size_t)4 << 20) /* bytes that are looked through */

/* Behind LN_OPCODE_MISC. */
enum misc_kind {
	TABLE_INIT = 12,
	TABLE_COPY = 14,
	TABLE_GROW = 15,
	TABLE_FILL = 17,
};

static bool writes(const struct ln_opcode *found)
{
	if (found->opcode == LN_OPCODE_TABLE_SET)
		return true;
	return found->opcode == LN_OPCODE_MISC &&
	       (found->kind == TABLE_INIT || found->kind == TABLE_COPY ||
		found->kind == TABLE_GROW || found->kind == TABLE_FILL);
}

static bool body_writes(struct ln_cursor body)
{
	struct ln_opcode found;
	uint64_t locals;

	if (!ln_opcode_locals(&body, &locals))
		return true;
	while (body.at < body.end) {
		if (!ln_opcode_next(&body, &found) || writes(&found))
			return true;
	}
	return false;
}

bool ln_tables_change(const uint8_t *bytes, size_t len)
{
	struct ln_cursor code = ln_binary_find(bytes, len, LN_SECTION_CODE);
	uint64_t count, size;

	if (ln_cursor_len(code) == 0)
		return false;
	if (ln_cursor_len(code) > CODE_MAX ||
	    !ln_cursor_number(&code, 32, &count))
		return true;
	for (; count > 0; count--) {
		struct ln_cursor body;

		if (!ln_cursor_number(&code, 32, &size) ||
		    !ln_cursor_part(&code, size, &body) || body_writes(body))
			return true;
	}
	return false;
}
