/* Loading libnats; see library.h. It stays loaded: it has threads. */
#include "nats/library.h"

#include <stdio.h>

#if LUNATIC_NATS
#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct ln_nats_library library;
static bool loaded;
static char problem[256];

static void load(void)
{
	void *handle = dlopen(LUNATIC_NATS_SONAME, RTLD_NOW | RTLD_LOCAL);
	const char *missing = NULL;

	if (handle == NULL) {
		snprintf(problem, sizeof(problem), "%s", dlerror());
		return;
	}
#define FIND(name)                                              \
	do {                                                    \
		*(void **)&library.name = dlsym(handle, #name); \
		if (library.name == NULL)                       \
			missing = #name;                        \
	} while (0);
	LN_NATS_FUNCTIONS(FIND)
#undef FIND
	loaded = missing == NULL;
	if (!loaded)
		snprintf(problem, sizeof(problem), "%s has no function %s",
			 LUNATIC_NATS_SONAME, missing);
}

const struct ln_nats_library *ln_nats_library_load(char *reason, size_t size)
{
	pthread_once(&once, load);
	if (loaded)
		return &library;
	snprintf(reason, size,
		 "cannot load the client library for NATS: %s; install it "
		 "(Debian: libnats3.4)",
		 problem);
	return NULL;
}
#else
const struct ln_nats_library *ln_nats_library_load(char *reason, size_t size)
{
	snprintf(reason, size,
		 "this lunatic was built without NATS; install libnats-dev and "
		 "build it again, or leave out --fabric to use the mesh");
	return NULL;
}
#endif
