#include "control/filter.h"

#include <string.h>

#include "base/bytes.h"

static bool is_state(const char *word)
{
	for (int i = 0; i < LN_STATES; i++) {
		if (strcmp(ln_process_state_name((enum ln_process_state)i),
			   word) == 0)
			return true;
	}
	return false;
}

static void refuse_state(struct ln_control_request *request, const char *word)
{
	struct ln_bytes states = { .max = 1024 };

	for (int i = 0; i < LN_STATES; i++) {
		const char *name =
			ln_process_state_name((enum ln_process_state)i);

		ln_bytes_add(&states, ", ", i > 0 ? 2 : 0);
		ln_bytes_add(&states, name, strlen(name));
	}
	ln_control_fail(request, "bad-argument",
			"'%s' is no state of a process; these are: %.*s", word,
			(int)states.len, (const char *)states.data);
	ln_bytes_deinit(&states);
}

bool ln_filter_read(struct ln_filter *filter,
		    struct ln_control_request *request)
{
	filter->environment = ln_control_number(request, "environment", -1);
	filter->state = ln_control_text(request, "state", NULL);
	filter->name = ln_control_text(request, "name", NULL);
	if (filter->state == NULL || is_state(filter->state))
		return true;
	refuse_state(request, filter->state);
	return false;
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
