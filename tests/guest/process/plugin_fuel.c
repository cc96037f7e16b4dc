// What a plugin computes is paid by who adds the module: here it takes more
// than this process has, and less than a plugin may.
//
// options: --max-fuel 3000
// exit: 134
// stdout: adding
// stderr~ trapped: all fuel consumed by WebAssembly$
#include "env.h"

static const char busy[] =
	"(module (func (export \"lunatic_create_module_hook\") (local i32)"
	" (local.set 0 (i32.const 100000000))"
	" (loop $more"
	"  (local.set 0 (i32.sub (local.get 0) (i32.const 1)))"
	"  (br_if $more (local.get 0)))))";
static const char module[] = "(module)";

int main(void)
{
	uint64_t config = lunatic_process_create_config(MEMORY, 0);
	uint64_t environment, id;

	CHECK_EQ(lunatic_process_add_plugin(config, busy, strlen(busy), &id),
		 0);
	CHECK_EQ(lunatic_process_create_environment(config, &environment), 0);
	puts("adding");
	fflush(stdout);
	lunatic_process_add_module(environment, module, strlen(module), &id);
	puts("added");
	return 0;
}
