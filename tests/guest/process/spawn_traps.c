// How spawning must not be asked for.
//
// stdout: passed
// stderr~ 0x7e or 0x7b\) and 16 bytes \(lunatic::process::inherit_spawn\)$
// stderr~ the function's name is not UTF-8 \(lunatic::process::inherit_spawn\)$
// stderr~ outside of the exported memory \(lunatic::process::inherit_spawn\)$
// stderr~ outside of the exported memory \(lunatic::process::inherit_spawn\)$
// stderr~ outside of the exported memory \(lunatic::process::inherit_spawn\)$
// stderr~ trapped: module 0 does not exist \(lunatic::process::spawn\)$
// stderr~ trapped: module 1 does not exist \(lunatic::process::spawn\)$
// stderr~ !short_param$
// stderr~ !long_param$
// stderr~ !float_param$
// stderr~ !type_0_param$
// stderr~ !second_param$
// stderr~ !name_cut$
// stderr~ !name_surrogate$
// stderr~ !name_overlong$
// stderr~ !name_latin_1$
// stderr~ !name_outside$
// stderr~ !params_outside$
// stderr~ !id_outside$
// stderr~ !no_module$
// stderr~ !dropped_module$
#include "../check.h"

ENTRY(target)(int32_t a)
{
	(void)a;
}

static void with_params(const void *params, size_t len)
{
	uint64_t id;

	lunatic_process_inherit_spawn(0, "target", 6, params, len, &id);
}

ENTRY(short_param)(void)
{
	with_params((uint8_t[16]){ I32 }, 16);
}

ENTRY(long_param)(void)
{
	with_params((uint8_t[18]){ I32 }, 18);
}

ENTRY(float_param)(void)
{
	with_params((uint8_t[17]){ 0x7d }, 17);
}

ENTRY(type_0_param)(void)
{
	with_params((uint8_t[17]){ 0 }, 17);
}

ENTRY(second_param)(void)
{
	with_params((uint8_t[34]){ I32, [17] = 0x70 }, 34);
}

static void with_name(const char *name, size_t len)
{
	uint64_t id;

	lunatic_process_inherit_spawn(0, name, len, NULL, 0, &id);
}

ENTRY(name_cut)(void)
{
	with_name("target\xc3", 7);
}

ENTRY(name_surrogate)(void)
{
	with_name("\xed\xa0\x80", 3);
}

ENTRY(name_overlong)(void)
{
	with_name("\xc1\xb4", 2);
}

ENTRY(name_latin_1)(void)
{
	with_name("gr\xfc\xdf", 4);
}

ENTRY(name_outside)(void)
{
	with_name((const char *)(uintptr_t)-4, 8);
}

ENTRY(params_outside)(void)
{
	with_params((const void *)(uintptr_t)-4, 17);
}

ENTRY(id_outside)(void)
{
	lunatic_process_inherit_spawn(0, "target", 6, (uint8_t[17]){ I32 }, 17,
				      (uint64_t *)(uintptr_t)-4);
}

ENTRY(no_module)(void)
{
	uint64_t id;

	lunatic_process_this_env();
	lunatic_process_spawn(0, 0, "target", 6, (uint8_t[17]){ I32 }, 17, &id);
}

ENTRY(dropped_module)(void)
{
	uint64_t environment = lunatic_process_this_env();
	uint64_t module, id;

	CHECK_EQ(lunatic_process_add_this_module(environment, &module), 0);
	CHECK_EQ(lunatic_process_add_this_module(environment, &module), 0);
	lunatic_process_drop_module(module);
	lunatic_process_spawn(0, module, "target", 6, (uint8_t[17]){ I32 }, 17,
			      &id);
}

int main(void)
{
	lunatic_process_die_when_link_dies(0);
	must_fail("short_param");
	must_fail("long_param");
	must_fail("float_param");
	must_fail("type_0_param");
	must_fail("second_param");
	must_fail("name_cut");
	must_fail("name_surrogate");
	must_fail("name_overlong");
	must_fail("name_latin_1");
	must_fail("name_outside");
	must_fail("params_outside");
	must_fail("id_outside");
	must_fail("no_module");
	must_fail("dropped_module");
	puts("passed");
	return 0;
}
