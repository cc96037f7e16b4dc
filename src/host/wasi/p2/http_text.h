/* Values of wasi:http that requests of both directions have in common: methods,
 * schemes, texts that may be missing, errors. */
#ifndef LN_HOST_WASI_P2_HTTP_TEXT_H
#define LN_HOST_WASI_P2_HTTP_TEXT_H

#include <stdint.h>

struct ln_p2_call;

/* error-code: its cases that are used, and how large it is. */
#define LN_P2_HTTP_CONNECTION_TERMINATED 7
#define LN_P2_HTTP_RESPONSE_INCOMPLETE 25
#define LN_P2_HTTP_ERROR_SIZE 32

/* Where things are in an option<result<result<T,error-code>,_>>. */
#define LN_P2_FUTURE_SIZE 56
#define LN_P2_FUTURE_TAKEN 8
#define LN_P2_FUTURE_FAILED 16
#define LN_P2_FUTURE_VALUE 24

/* A result<_,error-code>, or of a handle. */
#define LN_P2_HTTP_RESULT_SIZE 40
#define LN_P2_HTTP_RESULT_VALUE 8

/* Write a method; an option<scheme>; an option<string> (NULL: none); as the
 * result at the address in that value. */
int ln_p2_method_answer(struct ln_p2_call *call, unsigned index,
			const char *method);
int ln_p2_scheme_answer(struct ln_p2_call *call, unsigned index,
			const char *scheme);
int ln_p2_text_answer(struct ln_p2_call *call, unsigned index,
		      const char *text);

#endif
