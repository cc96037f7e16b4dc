/* lunatic::trap: the guest goes on after a trap. */
#include <stdlib.h>

#include "base/error.h"
#include "engine/instance.h"
#include "engine/report.h"
#include "engine/value.h"
#include "host/abi_gen.h"

#define EXPORT "_lunatic_catch_trap"

/* What the engine has to do for a trap, about, in instructions. */
#define TRAP_FUEL 10000

/* The trap that has been caught left its text. */
static int forget_trap(struct ln_guest *guest)
{
	free(guest->trap_text);
	guest->trap_text = NULL;
	ln_guest_pay(guest, TRAP_FUEL);
	return 0;
}

/* Ends the guest with the trap that must not be caught, either by the innermost
 * call, which notes why, or by those around it. */
static int pass_on(struct ln_guest *guest, const struct ln_report *report)
{
	if (guest->trap_text != NULL)
		return LN_ETRAP;
	if (report == NULL)
		return LN_ENOMEM;
	return ln_guest_trap(guest,
			     "%s; not caught, since its fuel is not known",
			     ln_report_reason(report));
}

int ln_host_v13_trap_catch(struct ln_guest *guest, uint32_t function,
			   uint32_t pointer, uint32_t *result)
{
	const struct ln_entry *entry =
		ln_instance_export(guest->instance, EXPORT, "ii", 'i');
	union ln_value values[2] = { { .i32 = (int32_t)function },
				     { .i32 = (int32_t)pointer } };
	struct ln_report *report = NULL;
	int error;

	if (entry == NULL)
		return ln_guest_trap(guest, "the module exports no function "
					    "`" EXPORT "` of type (i32, i32) "
					    "-> i32");
	error = ln_instance_reenter(guest->instance, entry, values,
				    guest->metered ? &report : NULL);
	*result = error == 0 ? (uint32_t)values[0].i32 : 0;
	if (error == LN_ETRAP)
		error = forget_trap(guest);
	else if (error == LN_ELIMIT)
		error = pass_on(guest, report);
	else if (error == LN_EFULL)
		error = ln_guest_trap(guest,
				      "more than %d calls within each "
				      "other",
				      LN_INSTANCE_REENTRIES);
	else if (error == LN_EINVAL)
		error = ln_guest_trap(guest, "the module is still being "
					     "instantiated");
	ln_report_free(report);
	return error;
}
