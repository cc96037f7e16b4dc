/* `log` tells up to which level lines are written, or sets it for all of the
 * program. */
#include "base/log.h"

#include "control/method.h"
#include "control/methods.h"

static void step(struct ln_control_request *request)
{
	const char *level = ln_control_text(request, "level", NULL);
	const char *before = ln_log_level_name(ln_log_threshold());

	if (level != NULL && !ln_log_set_level(level)) {
		ln_control_fail(request, "bad-argument",
				"there is no level '%s': there are error, "
				"warn, info and debug",
				level);
		return;
	}
	level = ln_log_level_name(ln_log_threshold());
	ln_control_result(request, json_pack("{s:s,s:s}", "level", level,
					     "before", before));
}

static const struct ln_control_argument arguments[] = {
	{ "level", LN_CONTROL_TEXT, 1, 16, false,
	  "error, warn, info or debug; without it nothing changes" },
	{ .name = NULL },
};

const struct ln_control_method ln_control_log = {
	.name = "log",
	.help = "tells up to which level the program writes lines to its log, "
		"or sets it",
	.arguments = arguments,
	.step = step,
};
