/*
 * The names of a module's functions, and its own, as its name section has them.
 * The engine never sees that section: it would copy names for each trap,
 * whatever their length. Reports take them from here, by a function's number.
 */
#ifndef LN_ENGINE_NAMES_H
#define LN_ENGINE_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ln_lines;
struct ln_names;

/* Bytes of a function's name that are looked at. Mangled ones are longer than
 * what they stand for. */
#define LN_NAMES_FUNCTION_MAX 1024

/* Bytes of a module's name, with its end. */
#define LN_NAMES_MODULE_SIZE 64

/* Finds the names in a wasm binary of any content; `functions` is how many it
 * has, imported ones included. The bytes must stay as long as the names. Time
 * in proportion to `len`, memory to `functions`. LN_ENOMEM. */
int ln_names_new(const uint8_t *bytes, size_t len, uint64_t functions,
		 struct ln_names **names);

/* The same for a component: its functions are those of its core modules, one
 * module after the other, in the order of its bytes. LN_ENOMEM. */
int ln_names_new_component(const uint8_t *bytes, size_t len,
			   struct ln_names **names);

/* A function of a component that is in none of its core modules: the engine has
 * made it. */
#define LN_NAMES_NOWHERE UINT32_MAX

/* The number of a function that has the number `function` in its core module,
 * and an instruction at that offset in the bytes; LN_NAMES_NOWHERE. Of a
 * module, and without names, that is `function`. Goes through the core
 * modules. */
uint32_t ln_names_number(const struct ln_names *names, uint32_t function,
			 size_t offset);

/* The same of a function of the core module `module`, from 0 on. */
uint32_t ln_names_number_in(const struct ln_names *names, uint32_t module,
			    uint32_t function);

/* The number that it has in its own module. */
uint32_t ln_names_own_number(const struct ln_names *names, uint32_t function);

/* Files and lines of the module, which stay as long as the names; NULL: none.
 */
void ln_names_set_lines(struct ln_names *names, struct ln_lines *lines);
struct ln_lines *ln_names_lines(const struct ln_names *names);

/* NULL is fine. */
void ln_names_free(struct ln_names *names);

/* The name of a function, any bytes, cut to LN_NAMES_FUNCTION_MAX; NULL: it has
 * none. Any thread, constant time, but for the number of core modules. */
const char *ln_names_function(const struct ln_names *names, uint32_t function,
			      size_t *len);

/* The same, or "<wasm function 7>" when it has none, "<adapter>" when it is
 * nowhere, as a text of its own, to
 * be freed by the caller; zero bytes in it are '?'. NULL when memory is short.
 */
char *ln_names_copy(const struct ln_names *names, uint32_t function);

/* Whether a function is, by its name, one of a library through which guests use
 * lunatic: that for C, or the Rust crate. `names` may be NULL. */
bool ln_names_of_library(const struct ln_names *names, uint32_t function);

/* Of functions, at least one: the first that is not of a library; the very
 * first if all are. */
uint32_t ln_names_first_own(const struct ln_names *names,
			    const uint32_t *functions, size_t count);

/* The own name of the module that a function is of, clean; "<unknown>" when it
 * has none. */
const char *ln_names_module(const struct ln_names *names, uint32_t function);

/* The binary with its name sections made into ones of no meaning, so that all
 * else stays where it is; owned by the caller. *copy is NULL when it has none.
 * LN_ENOMEM. */
int ln_names_hide(const uint8_t *bytes, size_t len, uint8_t **copy);

#endif
