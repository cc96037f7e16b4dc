/*
 * A value of wasm as compiled code and host functions exchange it: nothing says
 * of which type it is, the function's signature does. Numbers are little-endian
 * in memory. Each engine asserts that its own form is laid out like this.
 */
#ifndef LN_ENGINE_VALUE_H
#define LN_ENGINE_VALUE_H

#include <stdint.h>

union ln_value {
	int32_t i32;
	int64_t i64;
	float f32;
	double f64;
	uint8_t v128[16];
};

#endif
