// The own environment, and spawning from a module that was added to it.
//
// stdout: passed
#include "../check.h"

ENTRY(answer)(int32_t number)
{
	CHECK_EQ(receive_any(SOON), DATA);
	send_number(lunatic_message_take_process(0), 0, number * 2);
}

ENTRY(fail)(void)
{
	exit(1);
}

int main(void)
{
	uint8_t params[PARAM_SIZE] = { I32, 21 };
	uint64_t a = lunatic_process_this_env();
	uint64_t b = lunatic_process_this_env();
	uint64_t module, other, process;

	CHECK(a != b);
	CHECK_EQ(lunatic_process_add_this_module(a, &module), 0);
	CHECK_EQ(lunatic_process_add_this_module(b, &other), 0);
	CHECK(module != other);
	lunatic_process_drop_module(other);
	// A module stays when its environment's ids are gone.
	lunatic_process_drop_environment(a);
	lunatic_process_drop_environment(b);
	CHECK(lunatic_process_this_env() > b);
	CHECK_EQ(lunatic_process_spawn(0, module, "answer", 6, params,
				       sizeof(params), &process),
		 0);
	// A process stays when its module's id is gone.
	lunatic_process_drop_module(module);
	send_this(process, 0);
	expect_number(0, 42);

	CHECK_EQ(lunatic_process_add_this_module(lunatic_process_this_env(),
						 &module),
		 0);
	lunatic_process_die_when_link_dies(0);
	CHECK_EQ(
		lunatic_process_spawn(-9, module, "fail", 4, NULL, 0, &process),
		0);
	expect_link_died(-9);
	CHECK_EQ(lunatic_process_spawn(9, module, "fall", 4, NULL, 0, &process),
		 1);
	CHECK(lunatic_error_string_size(process) > 0);
	for (int i = 0; i < 10000; i++) {
		uint64_t environment = lunatic_process_this_env();

		CHECK_EQ(lunatic_process_add_this_module(environment, &module),
			 0);
		lunatic_process_drop_module(module);
		lunatic_process_drop_environment(environment);
	}
	puts("passed");
	return 0;
}
