/* The texts of the error vocabulary, and its translation from errno. */
#include "base/error.h"

#include <errno.h>

const char *ln_error_text(int error)
{
	switch (error) {
	case 0:
		return "success";
#define LN_ERROR_CASE(name, number, text) \
	case LN_E##name:                  \
		return text;
		LN_ERROR_MAP(LN_ERROR_CASE)
#undef LN_ERROR_CASE
	default:
		return "unknown error";
	}
}

int ln_error_from_errno(int number)
{
	switch (number) {
	case 0:
		return 0;
	case ENOMEM:
		return LN_ENOMEM;
	case EINVAL:
		return LN_EINVAL;
	case ENOENT:
		return LN_ENOENT;
	case EEXIST:
		return LN_EEXIST;
	case ETIMEDOUT:
		return LN_ETIMEDOUT;
	case EAGAIN:
		return LN_EAGAIN;
	case EACCES:
	case EPERM:
		return LN_EPERM;
	case ENOSYS:
	case ENOTSUP:
		return LN_EUNSUP;
	case EMFILE:
	case ENFILE:
		return LN_ELIMIT;
	default:
		return LN_EIO;
	}
}
