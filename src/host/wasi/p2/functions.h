/* The functions of WASI 0.2 and of our own interfaces, as the tables list them;
 * see p2.h. */
#ifndef LN_HOST_WASI_P2_FUNCTIONS_H
#define LN_HOST_WASI_P2_FUNCTIONS_H

#include "host/wasi/p2/p2.h"

/* Several rows may have one function. */
#define RESOURCE(interface, name, kind)
#define FUNCTION(interface, name, function, type) \
	ln_p2_function ln_p2_##function;
#define OWN(kind) ""
#define BORROW(kind) ""
#include "host/wasi/p2/functions.def"
#include "host/wasi/p2/lunatic/functions.def"
#undef RESOURCE
#undef FUNCTION
#undef OWN
#undef BORROW

#endif
