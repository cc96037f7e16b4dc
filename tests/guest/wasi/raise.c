// Signals: those that do nothing, those that cannot be had, one that ends.
// exit: 134
// stderr~ the guest raised signal 6
#include "check.h"

__attribute__((import_module("wasi_snapshot_preview1"),
	       import_name("proc_raise"))) int32_t
raise_signal(int32_t number);

int main(void)
{
	CHECK_ERRNO(raise_signal(0), SUCCESS);
	CHECK_ERRNO(raise_signal(16), SUCCESS);
	CHECK_ERRNO(raise_signal(17), SUCCESS);
	CHECK_ERRNO(raise_signal(22), SUCCESS);
	CHECK_ERRNO(raise_signal(27), SUCCESS);
	for (int32_t number = 18; number < 22; number++)
		CHECK_ERRNO(raise_signal(number), NOTSUP);
	CHECK_ERRNO(raise_signal(31), INVAL);
	CHECK_ERRNO(raise_signal(-1), INVAL);
	raise_signal(6);
	CHECK(0);
}
