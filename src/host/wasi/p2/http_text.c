/* Values of wasi:http as components get them. */
#include "host/wasi/p2/http_text.h"

#include <string.h>

#include "base/error.h"
#include "host/wasi/p2/p2.h"
#include "host/wasi/table.h"

/* The cases of a variant that have no text, in its order. */
static const char *const methods[] = { "GET",     "HEAD",   "POST",
				       "PUT",     "DELETE", "CONNECT",
				       "OPTIONS", "TRACE",  "PATCH" };
static const char *const schemes[] = { "http", "https" };

#define METHODS (sizeof(methods) / sizeof(methods[0]))
#define SCHEMES (sizeof(schemes) / sizeof(schemes[0]))

const char *ln_p2_method_named(uint32_t number)
{
	return number < METHODS ? methods[number] : NULL;
}

const char *ln_p2_scheme_named(uint32_t number)
{
	return number < SCHEMES ? schemes[number] : NULL;
}

/* Writes a variant whose last case, `count`, is another text. */
static int put(struct ln_p2_call *call, unsigned index, uint32_t size,
	       uint32_t at_byte, const char *const *words, uint8_t count,
	       const char *text)
{
	uint32_t address = 0, len = 0;
	uint8_t number = 0;
	uint8_t *at;
	int error = 0;

	while (number < count && strcmp(words[number], text) != 0)
		number++;
	if (number == count)
		error = ln_p2_string(call, text, &address, &len);
	if (error == 0)
		error = ln_p2_result(call, index, size, 4, &at);
	if (error != 0)
		return error;
	if (at_byte > 0)
		at[0] = 1;
	at[at_byte] = number;
	ln_wasi_store32(at + at_byte + 4, address);
	ln_wasi_store32(at + at_byte + 8, len);
	return 0;
}

int ln_p2_method_answer(struct ln_p2_call *call, unsigned index,
			const char *method)
{
	return put(call, index, 12, 0, methods, METHODS, method);
}

int ln_p2_scheme_answer(struct ln_p2_call *call, unsigned index,
			const char *scheme)
{
	uint8_t *at;

	if (scheme == NULL)
		return ln_p2_result(call, index, 16, 4, &at);
	return put(call, index, 16, 4, schemes, SCHEMES, scheme);
}

int ln_p2_text_answer(struct ln_p2_call *call, unsigned index, const char *text)
{
	uint32_t address = 0, len = 0;
	uint8_t *at;
	int error = 0;

	if (text != NULL)
		error = ln_p2_string(call, text, &address, &len);
	if (error == 0)
		error = ln_p2_result(call, index, 12, 4, &at);
	if (error != 0 || text == NULL)
		return error;
	at[0] = 1;
	ln_wasi_store32(at + 4, address);
	ln_wasi_store32(at + 8, len);
	return 0;
}
