/* Values of wasi:http that requests of both directions have in common: methods,
 * schemes, texts that may be missing, errors. */
#ifndef LN_HOST_WASI_P2_HTTP_TEXT_H
#define LN_HOST_WASI_P2_HTTP_TEXT_H

#include <stdint.h>

struct ln_p2_call;

/* error-code: its cases that are used. */
#define LN_P2_HTTP_CONNECTION_TERMINATED 7
#define LN_P2_HTTP_CONNECTION_LIMIT 11
#define LN_P2_HTTP_REQUEST_DENIED 15
#define LN_P2_HTTP_URI_INVALID 19

/* Where things are in an option<result<result<T,error-code>,_>>. */
#define LN_P2_FUTURE_SIZE 56
#define LN_P2_FUTURE_TAKEN 8
#define LN_P2_FUTURE_FAILED 16
#define LN_P2_FUTURE_VALUE 24

/* A result<_,error-code>, or of a handle. */
#define LN_P2_HTTP_RESULT_SIZE 40
#define LN_P2_HTTP_RESULT_VALUE 8

/* The text of a case; NULL: it is the one that has a text of its own. */
const char *ln_p2_method_named(uint32_t number);
const char *ln_p2_scheme_named(uint32_t number);

/* Write a method; an option<scheme>; an option<string> (NULL: none); as the
 * result at the address in that value. */
int ln_p2_method_answer(struct ln_p2_call *call, unsigned index,
			const char *method);
int ln_p2_scheme_answer(struct ln_p2_call *call, unsigned index,
			const char *scheme);
int ln_p2_text_answer(struct ln_p2_call *call, unsigned index,
		      const char *text);

#endif
