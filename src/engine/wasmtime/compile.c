/*
 * Code: from text and binaries, as bytes and back.
 *
 * Threads: any; no state. Deep, and as slow as the compiler.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "engine/component.h"
#include "engine/refusal.h"
#include "engine/wasmtime/cause.h"
#include "engine/wasmtime/wasmtime_impl.h"

/* The parser's message is "reason\n  --> <anon>:line:column\n" and a picture.
 */
static int fail_text(char **error, wasmtime_error_t *cause)
{
	static const char marker[] = "--> <anon>:";
	wasm_byte_vec_t message;
	const char *end, *where;
	unsigned line = 0, column = 0;
	char *text;
	int code;

	wasmtime_error_message(cause, &message);
	wasmtime_error_delete(cause);
	text = strndup(message.data, message.size);
	wasm_byte_vec_delete(&message);
	if (text == NULL)
		return LN_ENOMEM;
	end = strchrnul(text, '\n');
	where = strstr(end, marker);
	if (where != NULL &&
	    sscanf(where + strlen(marker), "%9u:%9u", &line, &column) == 2)
		code = ln_refuse(
			error, LN_EFORMAT,
			"the module's text is not valid: %.*s, at line %u, "
			"column %u",
			(int)(end - text), text, line, column);
	else
		code = ln_refuse(error, LN_EFORMAT,
				 "the module's text is not valid: %.*s",
				 (int)(end - text), text);
	free(text);
	return code;
}

int ln_wasmtime_assemble(const uint8_t *text, size_t len, ln_bytes_taker *take,
			 void *argument, char **error)
{
	wasm_byte_vec_t binary;
	wasmtime_error_t *cause;
	int code;

	*error = NULL;
	cause = wasmtime_wat2wasm((const char *)text, len, &binary);
	if (cause != NULL)
		return fail_text(error, cause);
	code = take(argument, (const uint8_t *)binary.data, binary.size);
	wasm_byte_vec_delete(&binary);
	return code;
}

int ln_wasmtime_validate(struct ln_variant *variant, const uint8_t *bytes,
			 size_t len, char **error)
{
	wasmtime_error_t *cause =
		wasmtime_module_validate(variant->engine, bytes, len);

	*error = NULL;
	if (cause != NULL)
		return ln_cause_refuse(error, "it is not valid", cause);
	return 0;
}

int ln_wasmtime_compile(struct ln_variant *variant, const uint8_t *bytes,
			size_t len, struct ln_compiled **code, char **error)
{
	wasmtime_module_t *module;
	wasmtime_error_t *cause;

	*error = NULL;
	if (ln_component_is(bytes, len))
		return ln_wasmtime_component_compile(variant, bytes, len, code,
						     error);
	cause = wasmtime_module_new(variant->engine, bytes, len, &module);
	if (cause != NULL)
		return ln_cause_refuse(error, "the module is not valid", cause);
	*code = (struct ln_compiled *)module;
	return 0;
}

void ln_wasmtime_compiled_free(struct ln_compiled *code)
{
	if (ln_wasmtime_is_component(code))
		ln_wasmtime_component_free(code);
	else
		wasmtime_module_delete((wasmtime_module_t *)code);
}

const uint8_t *ln_wasmtime_image(const struct ln_compiled *code, size_t *size)
{
	void *start;
	void *end;

	if (ln_wasmtime_is_component(code))
		return ln_wasmtime_component_image(code, size);
	wasmtime_module_image_range(ln_wasmtime_module(code), &start, &end);
	*size = (size_t)((uint8_t *)end - (uint8_t *)start);
	return start;
}

int ln_wasmtime_serialize(const struct ln_compiled *code, ln_bytes_taker *take,
			  void *argument)
{
	wasm_byte_vec_t bytes;
	wasmtime_error_t *cause =
		ln_wasmtime_is_component(code)
			? ln_wasmtime_component_serialize(code, &bytes)
			: wasmtime_module_serialize(ln_wasmtime_module(code),
						    &bytes);
	int result;

	if (cause != NULL) {
		wasmtime_error_delete(cause);
		return LN_ENOMEM;
	}
	result = take(argument, (const uint8_t *)bytes.data, bytes.size);
	wasm_byte_vec_delete(&bytes);
	return result;
}

int ln_wasmtime_deserialize(struct ln_variant *variant, const uint8_t *bytes,
			    size_t len, struct ln_compiled **code, char **error)
{
	wasmtime_module_t *module;
	wasmtime_error_t *cause;

	*error = NULL;
	if (ln_wasmtime_component_is_code(bytes, len))
		return ln_wasmtime_component_deserialize(variant, bytes, len,
							 code, error);
	cause = wasmtime_module_deserialize(variant->engine, bytes, len,
					    &module);
	if (cause != NULL)
		return ln_cause_refuse(
			error, "the compiler made code that cannot be loaded",
			cause);
	*code = (struct ln_compiled *)module;
	return 0;
}
