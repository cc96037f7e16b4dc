#include "control/filter.h"

#include <string.h>

void ln_filter_read(struct ln_filter *filter,
		    struct ln_control_request *request)
{
	filter->environment = ln_control_number(request, "environment", -1);
	filter->state = ln_control_text(request, "state", NULL);
	filter->name = ln_control_text(request, "name", NULL);
}

bool ln_filter_matches(const struct ln_filter *filter,
		       const struct ln_process_info *info)
{
	if (filter->environment >= 0 &&
	    info->environment != (uint64_t)filter->environment)
		return false;
	if (filter->state != NULL &&
	    strcmp(ln_process_state_name(info->state), filter->state) != 0)
		return false;
	return filter->name == NULL ||
	       strstr(info->name, filter->name) != NULL ||
	       strstr(info->label, filter->name) != NULL;
}
