// Parameters of all three types arrive as they were given, whatever their
// number and order.
//
// cflags: -msimd128
// stdout: passed
#include <wasm_simd128.h>

#include "../check.h"

static const int32_t ints[] = { 0, 1, -1, INT32_MIN, INT32_MAX, -1234567 };
static const int64_t longs[] = { 0,         1,         -1,         INT64_MIN,
				 INT64_MAX, 1ll << 32, -9876543210 };

static void tell(uint64_t number)
{
	CHECK_EQ(receive_any(SOON), DATA);
	send_number(lunatic_message_take_process(0), 0, (int64_t)number);
}

ENTRY(one_int)(int32_t a)
{
	tell((uint64_t)(int64_t)a);
}

ENTRY(one_long)(int64_t a)
{
	tell((uint64_t)a);
}

ENTRY(one_vector)(v128_t a)
{
	uint8_t bytes[16];

	wasm_v128_store(bytes, a);
	for (int i = 0; i < 16; i++)
		CHECK_EQ(bytes[i], i * 17);
	tell(1);
}

ENTRY(mixed)(int64_t a, v128_t b, int32_t c, v128_t d, int32_t e, int64_t f)
{
	CHECK_EQ(a, INT64_MIN);
	CHECK_EQ(wasm_i64x2_extract_lane(b, 0), 2);
	CHECK_EQ(wasm_i64x2_extract_lane(b, 1), -3);
	CHECK_EQ(c, -4);
	CHECK_EQ(wasm_i64x2_extract_lane(d, 0), -5);
	CHECK_EQ(wasm_i64x2_extract_lane(d, 1), 6);
	CHECK_EQ(e, INT32_MAX);
	CHECK_EQ(f, 8);
	tell(2);
}

#define TEN(x)                                                                \
	int64_t x##0, int64_t x##1, int64_t x##2, int64_t x##3, int64_t x##4, \
		int64_t x##5, int64_t x##6, int64_t x##7, int64_t x##8,       \
		int64_t x##9

ENTRY(thirty)(TEN(a), TEN(b), TEN(c))
{
	CHECK_EQ(a0, 0);
	CHECK_EQ(a1 + a2 + a3 + a4 + a5 + a6 + a7 + a8 + a9, 45);
	CHECK_EQ(b0 + b1 + b2 + b3 + b4 + b5 + b6 + b7 + b8 + b9, 145);
	CHECK_EQ(c0 + c1 + c2 + c3 + c4 + c5 + c6 + c7 + c8, 216);
	CHECK_EQ(c9, 29);
	tell(3);
}

static uint8_t params[64 * PARAM_SIZE];
static size_t len;

static void param(uint8_t type, const void *value, size_t size)
{
	params[len] = type;
	// What a type does not need of the 16 bytes does not matter.
	memset(params + len + 1, 0xee, 16);
	memcpy(params + len + 1, value, size);
	len += PARAM_SIZE;
}

static void param_int(int32_t value)
{
	param(I32, &value, sizeof(value));
}

static void param_long(int64_t value)
{
	param(I64, &value, sizeof(value));
}

static void param_vector(int64_t low, int64_t high)
{
	const int64_t value[] = { low, high };

	param(V128, value, sizeof(value));
}

static void call(const char *entry, int64_t answer)
{
	uint64_t process;

	CHECK_EQ(lunatic_process_inherit_spawn(7, entry, strlen(entry), params,
					       len, &process),
		 0);
	// The parameters were copied.
	memset(params, 0xff, sizeof(params));
	len = 0;
	send_this(process, 0);
	expect_number(0, answer);
	lunatic_process_drop_process(process);
}

int main(void)
{
	uint8_t bytes[16];

	for (size_t i = 0; i < sizeof(ints) / sizeof(ints[0]); i++) {
		param_int(ints[i]);
		call("one_int", ints[i]);
	}
	for (size_t i = 0; i < sizeof(longs) / sizeof(longs[0]); i++) {
		param_long(longs[i]);
		call("one_long", longs[i]);
	}
	for (int i = 0; i < 16; i++)
		bytes[i] = (uint8_t)(i * 17);
	param(V128, bytes, sizeof(bytes));
	call("one_vector", 1);
	param_long(INT64_MIN);
	param_vector(2, -3);
	param_int(-4);
	param_vector(-5, 6);
	param_int(INT32_MAX);
	param_long(8);
	call("mixed", 2);
	for (int i = 0; i < 30; i++)
		param_long(i);
	call("thirty", 3);
	puts("passed");
	return 0;
}
