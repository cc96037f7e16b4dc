/* What the files of this engine share; see engine/engine_class.h. */
#ifndef LN_ENGINE_WASMI_WASMI_IMPL_H
#define LN_ENGINE_WASMI_WASMI_IMPL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/engine_class.h"
#include "engine/instance.h"
#include "engine/value.h"
#include "engine/wasmi/rust.h"

/* wasmi gets values as they are. */
_Static_assert(sizeof(union ln_value) == 16, "a value is two words");

struct ln_variant {
	struct ln_memories *memories; /* NULL: it compiles only */
	size_t stack;                 /* bytes of guests' frames */
	bool metered;
};

/* In instance->state_room. */
struct __attribute__((may_alias)) ln_instance_state {
	struct lunatic_wasmi_store *store;
	uint64_t later; /* fuel for later slices */
	const void *at; /* where the guest is, while its slice ends; NULL */
	uint64_t left;  /* of the slice, meanwhile */
	const char *refusal; /* why it has no memory; NULL: it was given */
};

_Static_assert(sizeof(struct ln_instance_state) <= LN_INSTANCE_STATE_ROOM,
	       "an instance has too little room for the state");

/* ---- code.c ---- */

struct ln_variant *ln_wasmi_variant_new(const struct ln_engine *engine,
					unsigned flags);
void ln_wasmi_variant_free(struct ln_variant *variant);
int ln_wasmi_validate(struct ln_variant *variant, const uint8_t *bytes,
		      size_t len, char **error);
int ln_wasmi_compile(struct ln_variant *variant, const uint8_t *bytes,
		     size_t len, struct ln_compiled **code, char **error);
void ln_wasmi_compiled_free(struct ln_compiled *code);
const uint8_t *ln_wasmi_image(const struct ln_compiled *code, size_t *size);
struct ln_host_imports *ln_wasmi_imports_new(struct ln_variant *variant,
					     const struct ln_host_table *table,
					     enum ln_abi_generation generation,
					     const uint64_t *allowed);
void ln_wasmi_imports_free(struct ln_host_imports *imports);
int ln_wasmi_link(struct ln_host_imports *imports,
		  const struct ln_compiled *code, struct ln_linked **linked,
		  char **error);
void ln_wasmi_linked_free(struct ln_linked *linked);

/* ---- hooks.c ---- */

/* Sets what wasmi calls back, once for the program. */
void ln_wasmi_set_hooks(void);

/* What a slice begins with, of so much fuel; *later: what is left of that. */
uint64_t ln_wasmi_slice(uint64_t fuel, uint64_t required, uint64_t *later);

/* The instance that this thread makes or runs, or NULL. */
struct ln_instance *ln_wasmi_making(void);

/* The thread of the pool makes an instance, or none (NULL). */
void ln_wasmi_set_making(struct ln_instance *instance);

/* ---- store.c ---- */

int ln_wasmi_open(struct ln_instance *instance, uint32_t elements);
int ln_wasmi_instantiate(struct ln_instance *instance,
			 struct ln_report **report);
enum ln_stop ln_wasmi_call(struct ln_instance *instance,
			   const struct ln_entry *entry,
			   const union ln_value *params,
			   struct ln_report **report);
int ln_wasmi_reenter(struct ln_instance *instance, const struct ln_entry *entry,
		     union ln_value *values, struct ln_report **report);
void ln_wasmi_close(struct ln_instance *instance);
uint64_t ln_wasmi_fuel(const struct ln_instance *instance);
void ln_wasmi_set_fuel(struct ln_instance *instance, uint64_t fuel);
void ln_wasmi_new_slice(struct ln_instance *instance);
void ln_wasmi_record_trap(const char *text, size_t len);
size_t ln_wasmi_where(struct ln_instance *instance, uint32_t *functions,
		      size_t *offsets, size_t max);
int ln_wasmi_backtrace(struct ln_instance *instance,
		       const struct ln_entry *trapping, uint32_t *functions,
		       size_t max, size_t *count);

#endif
