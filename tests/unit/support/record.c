#include "support/record.h"

#include <errno.h>
#include <pwd.h>
#include <stddef.h>
#include <string.h>

const char *test_record_home;
int test_record_error;

int __wrap_getpwuid_r(uid_t user, struct passwd *record, char *room,
		      size_t size, struct passwd **found);

int __wrap_getpwuid_r(uid_t user, struct passwd *record, char *room,
		      size_t size, struct passwd **found)
{
	*found = NULL;
	if (test_record_error != 0 || test_record_home == NULL)
		return test_record_error;
	if (strlen(test_record_home) >= size)
		return ERANGE;
	strcpy(room, test_record_home);
	*record = (struct passwd){ .pw_uid = user, .pw_dir = room };
	*found = record;
	return 0;
}
