// Random bytes: they fill what was asked for, however long, and only that.
#include "check.h"

#define LONG (3u << 20)

static uint8_t bytes[LONG + 2];

/* Whether some byte of every 64 is not what it was. */
static int filled(const uint8_t *at, size_t len, uint8_t before)
{
	for (size_t i = 0; i + 64 <= len; i += 64) {
		int changed = 0;

		for (size_t j = 0; j < 64; j++)
			changed |= at[i + j] != before;
		if (!changed)
			return 0;
	}
	return 1;
}

int main(void)
{
	uint8_t one[32];
	uint8_t other[32];

	CHECK_OK(__wasi_random_get(one, sizeof(one)));
	CHECK_OK(__wasi_random_get(other, sizeof(other)));
	CHECK(memcmp(one, other, sizeof(one)) != 0);

	memset(bytes, 'x', sizeof(bytes));
	CHECK_OK(__wasi_random_get(bytes + 1, LONG));
	CHECK(filled(bytes + 1, LONG, 'x'));
	CHECK(bytes[0] == 'x' && bytes[LONG + 1] == 'x');

	CHECK_OK(__wasi_random_get(bytes, 0));
	CHECK(bytes[0] == 'x');
	CHECK_OK(__wasi_random_get(before_end(0), 0));
	CHECK_OK(__wasi_random_get(before_end(100), 100));
	CHECK_ERRNO(__wasi_random_get(before_end(100), 101), FAULT);
	CHECK_ERRNO(__wasi_random_get(before_end(0), 1), FAULT);
	CHECK_ERRNO(__wasi_random_get(bytes, UINT32_MAX), FAULT);
	return 0;
}
