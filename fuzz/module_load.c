/* Bytes of any content as a module: binary or text, with the real table of host
 * functions, up to code that could be instantiated. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "engine/engine.h"
#include "engine/linker.h"
#include "engine/module.h"
#include "engine/scan.h"
#include "host/abi_gen.h"

/* More is only scanned: the compiler's time is not what is looked for. */
#define COMPILED_MAX 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct ln_compiled_limits limits = {
		.max_bytes = COMPILED_MAX,
	};
	static struct ln_engine *engine;
	static struct ln_linker *linker;
	struct ln_compiled *module;
	struct ln_scan scan;
	char problem[192];
	char *error;

	if (engine == NULL) {
		setenv("LUNATIC_CACHE", "off", 1);
		if (ln_engine_new(ln_engine_default(), &ln_host_abi,
				  LN_PREEMPTION_SIGNAL, &engine) != 0 ||
		    ln_linker_new(engine, 0, NULL, NULL, &linker) != 0)
			abort();
	}
	(void)ln_scan_module(data, size, &scan, problem, sizeof(problem));
	if (ln_compiled_new(engine, NULL, 0, linker, data, size, &limits,
			    &module, &error) == 0) {
		(void)ln_compiled_entry(module, "_start", 6);
		ln_compiled_release(module);
	}
	free(error);
	return 0;
}
