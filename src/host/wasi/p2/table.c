/* Rows of the tables, ours included, as the engine sees them. Immutable. */
#include "host/wasi/p2/table.h"

#include "host/wasi/p2/functions.h"
#include "host/wasi/p2/http.h"
#include "host/wasi/p2/p2.h"

#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x)
#define OWN(kind) "own<" TEXT(kind) ">"
#define BORROW(kind) "borrow<" TEXT(kind) ">"

static const struct ln_component_function functions[] = {
#define RESOURCE(interface, name, kind)
#define FUNCTION(interface, name, function, type)              \
	{ { interface, name, "", "", LN_ABI_COMPONENT, NULL }, \
	  type,                                                \
	  ln_p2_enter,                                         \
	  (void (*)(void))ln_p2_##function },
#include "host/wasi/p2/functions.def"
#include "host/wasi/p2/lunatic/functions.def"
#undef RESOURCE
#undef FUNCTION
};

static const struct ln_component_resource resources[] = {
#define RESOURCE(interface, name, kind) { interface, name, kind, ln_p2_drop },
#define FUNCTION(interface, name, function, type)
#include "host/wasi/p2/functions.def"
#include "host/wasi/p2/lunatic/functions.def"
#undef RESOURCE
#undef FUNCTION
};

static const struct ln_component_package packages[] = {
	{ "wasi:", "0.2.8" },
	{ "lunatic:process/", "0.1.0" },
};

static const struct ln_component_handler handler = {
	.kinds = { LN_P2_INCOMING_REQUEST, LN_P2_RESPONSE_OUTPARAM },
	.begin = ln_p2_http_begin,
};

const struct ln_component_table ln_p2_components = {
	.packages = packages,
	.functions = functions,
	.count = sizeof(functions) / sizeof(functions[0]),
	.resources = resources,
	.resource_count = sizeof(resources) / sizeof(resources[0]),
	.handler = &handler,
};
