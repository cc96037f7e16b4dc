/* lunatic::metrics: what guests count and measure, process/metrics.h. */
#include "process/metrics.h"
#include "base/utf8.h"
#include "host/abi_gen.h"
#include "process/environment.h"
#include "process/guest.h"
#include "process/runtime.h"

/* What a new name costs a metered guest: memory is made for it. */
#define NEW_FUEL 1000

static int check_name(struct ln_guest *guest, struct ln_slice name)
{
	if (name.len > LN_METRIC_NAME_MAX)
		return ln_guest_trap(guest,
				     "the name has %zu bytes, more than %d",
				     name.len, LN_METRIC_NAME_MAX);
	if (!ln_utf8_valid(name.data, name.len))
		return ln_guest_trap(guest, "the name is not UTF-8");
	return 0;
}

static struct ln_metrics *metrics_of(const struct ln_guest *guest)
{
	return guest->environment->runtime->metrics;
}

/* The end of each function. A guest is not told that there was no room: it
 * could do nothing about that. */
static int done(struct ln_guest *guest, int result)
{
	if (result > 0)
		ln_guest_pay(guest, NEW_FUEL);
	return 0;
}

int ln_host_v13_metrics_counter(struct ln_guest *guest, struct ln_slice name,
				uint64_t value)
{
	int error = check_name(guest, name);

	if (error < 0)
		return error;
	return done(guest, ln_metrics_count(metrics_of(guest), name.data,
					    name.len, value));
}

int ln_host_v13_metrics_increment_counter(struct ln_guest *guest,
					  struct ln_slice name)
{
	return ln_host_v13_metrics_counter(guest, name, 1);
}

int ln_host_v13_metrics_gauge(struct ln_guest *guest, struct ln_slice name,
			      double value)
{
	int error = check_name(guest, name);

	if (error < 0)
		return error;
	return done(guest, ln_metrics_set(metrics_of(guest), name.data,
					  name.len, value));
}

int ln_host_v13_metrics_increment_gauge(struct ln_guest *guest,
					struct ln_slice name, double value)
{
	int error = check_name(guest, name);

	if (error < 0)
		return error;
	return done(guest, ln_metrics_add(metrics_of(guest), name.data,
					  name.len, value));
}

int ln_host_v13_metrics_decrement_gauge(struct ln_guest *guest,
					struct ln_slice name, double value)
{
	return ln_host_v13_metrics_increment_gauge(guest, name, -value);
}

int ln_host_v13_metrics_histogram(struct ln_guest *guest, struct ln_slice name,
				  double value)
{
	int error = check_name(guest, name);

	if (error < 0)
		return error;
	return done(guest, ln_metrics_record(metrics_of(guest), name.data,
					     name.len, value));
}
