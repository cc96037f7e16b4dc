/*
 * From what was given to a binary that is worth a look: text is assembled.
 *
 * Threads: any; no state. Needs the stack of a thread.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "engine/code.h"
#include "engine/engine_class.h"
#include "engine/refusal.h"

/* Parsing text takes a hundred times its size in memory and is meant for what
 * people write by hand. */
#define WASM_TEXT_MAX ((size_t)4 << 20)

struct binary {
	uint8_t *bytes;
	size_t len;
};

static bool is_text(const uint8_t *bytes, size_t len)
{
	size_t i = 0;

	while (i < len && (bytes[i] == ' ' || bytes[i] == '\t' ||
			   bytes[i] == '\n' || bytes[i] == '\r'))
		i++;
	if (i == len || (bytes[i] != '(' && bytes[i] != ';'))
		return false;
	for (; i < len; i++) {
		if (bytes[i] < ' ' && bytes[i] != '\t' && bytes[i] != '\n' &&
		    bytes[i] != '\r')
			return false;
	}
	return true;
}

static int fail_size(char **error, size_t len, size_t bound)
{
	return ln_refuse(
		error, LN_ELIMIT,
		"the module is too large: it has %zu bytes, at most %zu "
		"are allowed; strip its debug information, or raise the limit",
		len, bound);
}

static int keep_bytes(struct binary *self, const void *bytes, size_t len)
{
	self->bytes = malloc(len > 0 ? len : 1);
	if (self->bytes == NULL)
		return LN_ENOMEM;
	if (len > 0)
		memcpy(self->bytes, bytes, len);
	self->len = len;
	return 0;
}

/* Where an assembled binary goes. */
struct assembly {
	struct binary *binary;
	size_t max_bytes;
	char **error;
};

static int keep_binary(void *argument, const uint8_t *bytes, size_t len)
{
	const struct assembly *assembly = argument;

	if (len > assembly->max_bytes)
		return fail_size(assembly->error, len, assembly->max_bytes);
	return keep_bytes(assembly->binary, bytes, len);
}

static int assemble(struct binary *self, const uint8_t *text, size_t len,
		    size_t max_bytes, char **error)
{
	struct assembly assembly = { self, max_bytes, error };

	if (len > WASM_TEXT_MAX)
		return ln_refuse(
			error, LN_ELIMIT,
			"the module's text is too large: it has %zu bytes, "
			"at most %zu are allowed; assemble it first, for "
			"example with wat2wasm",
			len, WASM_TEXT_MAX);
	return ln_engine_default()->assemble(text, len, keep_binary, &assembly,
					     error);
}

static int take_bytes(struct binary *self, const uint8_t *bytes, size_t len,
		      size_t max_bytes, char **error)
{
	if (len > max_bytes)
		return fail_size(error, len, max_bytes);
	if (len > 0 && bytes[0] != '\0') {
		if (is_text(bytes, len))
			return assemble(self, bytes, len, max_bytes, error);
		return ln_refuse(
			error, LN_EFORMAT,
			"not a WebAssembly module: neither a .wasm binary "
			"nor WebAssembly text");
	}
	return keep_bytes(self, bytes, len);
}

int ln_code_binary(const uint8_t *bytes, size_t len, size_t max_bytes,
		   uint8_t **binary, size_t *binary_len, char **error)
{
	struct binary self = { 0 };
	int code;

	*error = NULL;
	code = take_bytes(&self, bytes, len, max_bytes, error);
	if (code < 0)
		return code;
	*binary = self.bytes;
	*binary_len = self.len;
	return 0;
}
